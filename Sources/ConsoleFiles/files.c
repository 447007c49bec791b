// Made by scripts/console-files: run it after adding, renaming or removing a file.
#include "ConsoleFiles.h"
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char file0[] = {
#embed "web/app.js"
};

static const unsigned char file1[] = {
#embed "web/core/ansi.js"
};

static const unsigned char file2[] = {
#embed "web/core/api.js"
};

static const unsigned char file3[] = {
#embed "web/core/civil.js"
};

static const unsigned char file4[] = {
#embed "web/core/element.js"
};

static const unsigned char file5[] = {
#embed "web/core/events.js"
};

static const unsigned char file6[] = {
#embed "web/core/format.js"
};

static const unsigned char file7[] = {
#embed "web/core/html.js"
};

static const unsigned char file8[] = {
#embed "web/core/i18n.js"
};

static const unsigned char file9[] = {
#embed "web/core/keys.js"
};

static const unsigned char file10[] = {
#embed "web/core/pages.js"
};

static const unsigned char file11[] = {
#embed "web/core/params.js"
};

static const unsigned char file12[] = {
#embed "web/core/router.js"
};

static const unsigned char file13[] = {
#embed "web/core/scale.js"
};

static const unsigned char file14[] = {
#embed "web/core/signal.js"
};

static const unsigned char file15[] = {
#embed "web/core/soon.js"
};

static const unsigned char file16[] = {
#embed "web/core/stream-worker.js"
};

static const unsigned char file17[] = {
#embed "web/core/stream.js"
};

static const unsigned char file18[] = {
#embed "web/core/theme.js"
};

static const unsigned char file19[] = {
#embed "web/core/url.js"
};

static const unsigned char file20[] = {
#embed "web/core/window.js"
};

static const unsigned char file21[] = {
#embed "web/icon.svg"
};

static const unsigned char file22[] = {
#embed "web/index.html"
};

static const unsigned char file23[] = {
#embed "web/pages.js"
};

static const unsigned char file24[] = {
#embed "web/pages/audit.js"
};

static const unsigned char file25[] = {
#embed "web/pages/backups.js"
};

static const unsigned char file26[] = {
#embed "web/pages/job-api-allocation.js"
};

static const unsigned char file27[] = {
#embed "web/pages/job-api-job.js"
};

static const unsigned char file28[] = {
#embed "web/pages/job-api.js"
};

static const unsigned char file29[] = {
#embed "web/pages/job.js"
};

static const unsigned char file30[] = {
#embed "web/pages/jobs.js"
};

static const unsigned char file31[] = {
#embed "web/pages/login.js"
};

static const unsigned char file32[] = {
#embed "web/pages/notices.js"
};

static const unsigned char file33[] = {
#embed "web/pages/overview.js"
};

static const unsigned char file34[] = {
#embed "web/pages/run.js"
};

static const unsigned char file35[] = {
#embed "web/pages/runs.js"
};

static const unsigned char file36[] = {
#embed "web/pages/schedule.js"
};

static const unsigned char file37[] = {
#embed "web/pages/schedules.js"
};

static const unsigned char file38[] = {
#embed "web/pages/tokens.js"
};

static const unsigned char file39[] = {
#embed "web/pages/version.js"
};

static const unsigned char file40[] = {
#embed "web/pages/volume.js"
};

static const unsigned char file41[] = {
#embed "web/style.css"
};

static const unsigned char file42[] = {
#embed "web/text/audit.js"
};

static const unsigned char file43[] = {
#embed "web/text/backups.js"
};

static const unsigned char file44[] = {
#embed "web/text/common.js"
};

static const unsigned char file45[] = {
#embed "web/text/fires.js"
};

static const unsigned char file46[] = {
#embed "web/text/form.js"
};

static const unsigned char file47[] = {
#embed "web/text/job-api-allocation.js"
};

static const unsigned char file48[] = {
#embed "web/text/job-api-job.js"
};

static const unsigned char file49[] = {
#embed "web/text/job-api.js"
};

static const unsigned char file50[] = {
#embed "web/text/job.js"
};

static const unsigned char file51[] = {
#embed "web/text/jobs.js"
};

static const unsigned char file52[] = {
#embed "web/text/login.js"
};

static const unsigned char file53[] = {
#embed "web/text/notices.js"
};

static const unsigned char file54[] = {
#embed "web/text/overview.js"
};

static const unsigned char file55[] = {
#embed "web/text/run.js"
};

static const unsigned char file56[] = {
#embed "web/text/runs.js"
};

static const unsigned char file57[] = {
#embed "web/text/schedule-form.js"
};

static const unsigned char file58[] = {
#embed "web/text/schedule.js"
};

static const unsigned char file59[] = {
#embed "web/text/schedules.js"
};

static const unsigned char file60[] = {
#embed "web/text/tokens.js"
};

static const unsigned char file61[] = {
#embed "web/text/version.js"
};

static const unsigned char file62[] = {
#embed "web/text/volume.js"
};

static const unsigned char file63[] = {
#embed "web/ui/calendar.js"
};

static const unsigned char file64[] = {
#embed "web/ui/dialog.js"
};

static const unsigned char file65[] = {
#embed "web/ui/form.js"
};

static const unsigned char file66[] = {
#embed "web/ui/icon.js"
};

static const unsigned char file67[] = {
#embed "web/ui/job-api.js"
};

static const unsigned char file68[] = {
#embed "web/ui/list.js"
};

static const unsigned char file69[] = {
#embed "web/ui/live.js"
};

static const unsigned char file70[] = {
#embed "web/ui/log.js"
};

static const unsigned char file71[] = {
#embed "web/ui/parts.js"
};

static const unsigned char file72[] = {
#embed "web/ui/plot.js"
};

static const unsigned char file73[] = {
#embed "web/ui/schedule-form.js"
};

static const unsigned char file74[] = {
#embed "web/ui/schedule-parts.js"
};

static const unsigned char file75[] = {
#embed "web/ui/shell.js"
};

static const unsigned char file76[] = {
#embed "web/ui/sizes.js"
};

static const struct console_file console_files[] = {
    {"app.js", file0, sizeof file0},
    {"core/ansi.js", file1, sizeof file1},
    {"core/api.js", file2, sizeof file2},
    {"core/civil.js", file3, sizeof file3},
    {"core/element.js", file4, sizeof file4},
    {"core/events.js", file5, sizeof file5},
    {"core/format.js", file6, sizeof file6},
    {"core/html.js", file7, sizeof file7},
    {"core/i18n.js", file8, sizeof file8},
    {"core/keys.js", file9, sizeof file9},
    {"core/pages.js", file10, sizeof file10},
    {"core/params.js", file11, sizeof file11},
    {"core/router.js", file12, sizeof file12},
    {"core/scale.js", file13, sizeof file13},
    {"core/signal.js", file14, sizeof file14},
    {"core/soon.js", file15, sizeof file15},
    {"core/stream-worker.js", file16, sizeof file16},
    {"core/stream.js", file17, sizeof file17},
    {"core/theme.js", file18, sizeof file18},
    {"core/url.js", file19, sizeof file19},
    {"core/window.js", file20, sizeof file20},
    {"icon.svg", file21, sizeof file21},
    {"index.html", file22, sizeof file22},
    {"pages.js", file23, sizeof file23},
    {"pages/audit.js", file24, sizeof file24},
    {"pages/backups.js", file25, sizeof file25},
    {"pages/job-api-allocation.js", file26, sizeof file26},
    {"pages/job-api-job.js", file27, sizeof file27},
    {"pages/job-api.js", file28, sizeof file28},
    {"pages/job.js", file29, sizeof file29},
    {"pages/jobs.js", file30, sizeof file30},
    {"pages/login.js", file31, sizeof file31},
    {"pages/notices.js", file32, sizeof file32},
    {"pages/overview.js", file33, sizeof file33},
    {"pages/run.js", file34, sizeof file34},
    {"pages/runs.js", file35, sizeof file35},
    {"pages/schedule.js", file36, sizeof file36},
    {"pages/schedules.js", file37, sizeof file37},
    {"pages/tokens.js", file38, sizeof file38},
    {"pages/version.js", file39, sizeof file39},
    {"pages/volume.js", file40, sizeof file40},
    {"style.css", file41, sizeof file41},
    {"text/audit.js", file42, sizeof file42},
    {"text/backups.js", file43, sizeof file43},
    {"text/common.js", file44, sizeof file44},
    {"text/fires.js", file45, sizeof file45},
    {"text/form.js", file46, sizeof file46},
    {"text/job-api-allocation.js", file47, sizeof file47},
    {"text/job-api-job.js", file48, sizeof file48},
    {"text/job-api.js", file49, sizeof file49},
    {"text/job.js", file50, sizeof file50},
    {"text/jobs.js", file51, sizeof file51},
    {"text/login.js", file52, sizeof file52},
    {"text/notices.js", file53, sizeof file53},
    {"text/overview.js", file54, sizeof file54},
    {"text/run.js", file55, sizeof file55},
    {"text/runs.js", file56, sizeof file56},
    {"text/schedule-form.js", file57, sizeof file57},
    {"text/schedule.js", file58, sizeof file58},
    {"text/schedules.js", file59, sizeof file59},
    {"text/tokens.js", file60, sizeof file60},
    {"text/version.js", file61, sizeof file61},
    {"text/volume.js", file62, sizeof file62},
    {"ui/calendar.js", file63, sizeof file63},
    {"ui/dialog.js", file64, sizeof file64},
    {"ui/form.js", file65, sizeof file65},
    {"ui/icon.js", file66, sizeof file66},
    {"ui/job-api.js", file67, sizeof file67},
    {"ui/list.js", file68, sizeof file68},
    {"ui/live.js", file69, sizeof file69},
    {"ui/log.js", file70, sizeof file70},
    {"ui/parts.js", file71, sizeof file71},
    {"ui/plot.js", file72, sizeof file72},
    {"ui/schedule-form.js", file73, sizeof file73},
    {"ui/schedule-parts.js", file74, sizeof file74},
    {"ui/shell.js", file75, sizeof file75},
    {"ui/sizes.js", file76, sizeof file76},
};

const struct console_file *console_file_at(size_t number) {
    return number < 77 ? &console_files[number] : 0;
}
