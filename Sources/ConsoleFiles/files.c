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
#embed "web/pages/cluster-hosts.js"
};

static const unsigned char file27[] = {
#embed "web/pages/cluster-templates.js"
};

static const unsigned char file28[] = {
#embed "web/pages/clusters.js"
};

static const unsigned char file29[] = {
#embed "web/pages/clusters/captions.js"
};

static const unsigned char file30[] = {
#embed "web/pages/clusters/desk.js"
};

static const unsigned char file31[] = {
#embed "web/pages/clusters/dialogs.js"
};

static const unsigned char file32[] = {
#embed "web/pages/clusters/editor.js"
};

static const unsigned char file33[] = {
#embed "web/pages/clusters/model.js"
};

static const unsigned char file34[] = {
#embed "web/pages/clusters/parts.js"
};

static const unsigned char file35[] = {
#embed "web/pages/clusters/playbook.js"
};

static const unsigned char file36[] = {
#embed "web/pages/clusters/run.js"
};

static const unsigned char file37[] = {
#embed "web/pages/job-api-allocation.js"
};

static const unsigned char file38[] = {
#embed "web/pages/job-api-job.js"
};

static const unsigned char file39[] = {
#embed "web/pages/job-api.js"
};

static const unsigned char file40[] = {
#embed "web/pages/job.js"
};

static const unsigned char file41[] = {
#embed "web/pages/jobs.js"
};

static const unsigned char file42[] = {
#embed "web/pages/login.js"
};

static const unsigned char file43[] = {
#embed "web/pages/notices.js"
};

static const unsigned char file44[] = {
#embed "web/pages/overview.js"
};

static const unsigned char file45[] = {
#embed "web/pages/run.js"
};

static const unsigned char file46[] = {
#embed "web/pages/runs.js"
};

static const unsigned char file47[] = {
#embed "web/pages/schedule.js"
};

static const unsigned char file48[] = {
#embed "web/pages/schedules.js"
};

static const unsigned char file49[] = {
#embed "web/pages/tokens.js"
};

static const unsigned char file50[] = {
#embed "web/pages/version.js"
};

static const unsigned char file51[] = {
#embed "web/pages/volume.js"
};

static const unsigned char file52[] = {
#embed "web/style.css"
};

static const unsigned char file53[] = {
#embed "web/text/audit.js"
};

static const unsigned char file54[] = {
#embed "web/text/backups.js"
};

static const unsigned char file55[] = {
#embed "web/text/cluster-hosts.js"
};

static const unsigned char file56[] = {
#embed "web/text/cluster-templates.js"
};

static const unsigned char file57[] = {
#embed "web/text/clusters-shared.js"
};

static const unsigned char file58[] = {
#embed "web/text/clusters.js"
};

static const unsigned char file59[] = {
#embed "web/text/common.js"
};

static const unsigned char file60[] = {
#embed "web/text/fires.js"
};

static const unsigned char file61[] = {
#embed "web/text/form.js"
};

static const unsigned char file62[] = {
#embed "web/text/job-api-allocation.js"
};

static const unsigned char file63[] = {
#embed "web/text/job-api-job.js"
};

static const unsigned char file64[] = {
#embed "web/text/job-api.js"
};

static const unsigned char file65[] = {
#embed "web/text/job.js"
};

static const unsigned char file66[] = {
#embed "web/text/jobs.js"
};

static const unsigned char file67[] = {
#embed "web/text/login.js"
};

static const unsigned char file68[] = {
#embed "web/text/notices.js"
};

static const unsigned char file69[] = {
#embed "web/text/overview.js"
};

static const unsigned char file70[] = {
#embed "web/text/run.js"
};

static const unsigned char file71[] = {
#embed "web/text/runs.js"
};

static const unsigned char file72[] = {
#embed "web/text/schedule-form.js"
};

static const unsigned char file73[] = {
#embed "web/text/schedule.js"
};

static const unsigned char file74[] = {
#embed "web/text/schedules.js"
};

static const unsigned char file75[] = {
#embed "web/text/tokens.js"
};

static const unsigned char file76[] = {
#embed "web/text/version.js"
};

static const unsigned char file77[] = {
#embed "web/text/volume.js"
};

static const unsigned char file78[] = {
#embed "web/ui/calendar.js"
};

static const unsigned char file79[] = {
#embed "web/ui/dialog.js"
};

static const unsigned char file80[] = {
#embed "web/ui/form.js"
};

static const unsigned char file81[] = {
#embed "web/ui/icon.js"
};

static const unsigned char file82[] = {
#embed "web/ui/job-api.js"
};

static const unsigned char file83[] = {
#embed "web/ui/list.js"
};

static const unsigned char file84[] = {
#embed "web/ui/live.js"
};

static const unsigned char file85[] = {
#embed "web/ui/log.js"
};

static const unsigned char file86[] = {
#embed "web/ui/parts.js"
};

static const unsigned char file87[] = {
#embed "web/ui/plot.js"
};

static const unsigned char file88[] = {
#embed "web/ui/schedule-form.js"
};

static const unsigned char file89[] = {
#embed "web/ui/schedule-parts.js"
};

static const unsigned char file90[] = {
#embed "web/ui/shell.js"
};

static const unsigned char file91[] = {
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
    {"pages/cluster-hosts.js", file26, sizeof file26},
    {"pages/cluster-templates.js", file27, sizeof file27},
    {"pages/clusters.js", file28, sizeof file28},
    {"pages/clusters/captions.js", file29, sizeof file29},
    {"pages/clusters/desk.js", file30, sizeof file30},
    {"pages/clusters/dialogs.js", file31, sizeof file31},
    {"pages/clusters/editor.js", file32, sizeof file32},
    {"pages/clusters/model.js", file33, sizeof file33},
    {"pages/clusters/parts.js", file34, sizeof file34},
    {"pages/clusters/playbook.js", file35, sizeof file35},
    {"pages/clusters/run.js", file36, sizeof file36},
    {"pages/job-api-allocation.js", file37, sizeof file37},
    {"pages/job-api-job.js", file38, sizeof file38},
    {"pages/job-api.js", file39, sizeof file39},
    {"pages/job.js", file40, sizeof file40},
    {"pages/jobs.js", file41, sizeof file41},
    {"pages/login.js", file42, sizeof file42},
    {"pages/notices.js", file43, sizeof file43},
    {"pages/overview.js", file44, sizeof file44},
    {"pages/run.js", file45, sizeof file45},
    {"pages/runs.js", file46, sizeof file46},
    {"pages/schedule.js", file47, sizeof file47},
    {"pages/schedules.js", file48, sizeof file48},
    {"pages/tokens.js", file49, sizeof file49},
    {"pages/version.js", file50, sizeof file50},
    {"pages/volume.js", file51, sizeof file51},
    {"style.css", file52, sizeof file52},
    {"text/audit.js", file53, sizeof file53},
    {"text/backups.js", file54, sizeof file54},
    {"text/cluster-hosts.js", file55, sizeof file55},
    {"text/cluster-templates.js", file56, sizeof file56},
    {"text/clusters-shared.js", file57, sizeof file57},
    {"text/clusters.js", file58, sizeof file58},
    {"text/common.js", file59, sizeof file59},
    {"text/fires.js", file60, sizeof file60},
    {"text/form.js", file61, sizeof file61},
    {"text/job-api-allocation.js", file62, sizeof file62},
    {"text/job-api-job.js", file63, sizeof file63},
    {"text/job-api.js", file64, sizeof file64},
    {"text/job.js", file65, sizeof file65},
    {"text/jobs.js", file66, sizeof file66},
    {"text/login.js", file67, sizeof file67},
    {"text/notices.js", file68, sizeof file68},
    {"text/overview.js", file69, sizeof file69},
    {"text/run.js", file70, sizeof file70},
    {"text/runs.js", file71, sizeof file71},
    {"text/schedule-form.js", file72, sizeof file72},
    {"text/schedule.js", file73, sizeof file73},
    {"text/schedules.js", file74, sizeof file74},
    {"text/tokens.js", file75, sizeof file75},
    {"text/version.js", file76, sizeof file76},
    {"text/volume.js", file77, sizeof file77},
    {"ui/calendar.js", file78, sizeof file78},
    {"ui/dialog.js", file79, sizeof file79},
    {"ui/form.js", file80, sizeof file80},
    {"ui/icon.js", file81, sizeof file81},
    {"ui/job-api.js", file82, sizeof file82},
    {"ui/list.js", file83, sizeof file83},
    {"ui/live.js", file84, sizeof file84},
    {"ui/log.js", file85, sizeof file85},
    {"ui/parts.js", file86, sizeof file86},
    {"ui/plot.js", file87, sizeof file87},
    {"ui/schedule-form.js", file88, sizeof file88},
    {"ui/schedule-parts.js", file89, sizeof file89},
    {"ui/shell.js", file90, sizeof file90},
    {"ui/sizes.js", file91, sizeof file91},
};

const struct console_file *console_file_at(size_t number) {
    return number < 92 ? &console_files[number] : 0;
}
