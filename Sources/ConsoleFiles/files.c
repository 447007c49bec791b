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
#embed "web/core/deeds.js"
};

static const unsigned char file5[] = {
#embed "web/core/element.js"
};

static const unsigned char file6[] = {
#embed "web/core/events.js"
};

static const unsigned char file7[] = {
#embed "web/core/format.js"
};

static const unsigned char file8[] = {
#embed "web/core/html.js"
};

static const unsigned char file9[] = {
#embed "web/core/i18n.js"
};

static const unsigned char file10[] = {
#embed "web/core/idle.js"
};

static const unsigned char file11[] = {
#embed "web/core/keys.js"
};

static const unsigned char file12[] = {
#embed "web/core/pages.js"
};

static const unsigned char file13[] = {
#embed "web/core/params.js"
};

static const unsigned char file14[] = {
#embed "web/core/router.js"
};

static const unsigned char file15[] = {
#embed "web/core/scale.js"
};

static const unsigned char file16[] = {
#embed "web/core/signal.js"
};

static const unsigned char file17[] = {
#embed "web/core/stream-worker.js"
};

static const unsigned char file18[] = {
#embed "web/core/stream.js"
};

static const unsigned char file19[] = {
#embed "web/core/theme.js"
};

static const unsigned char file20[] = {
#embed "web/core/unsaved.js"
};

static const unsigned char file21[] = {
#embed "web/core/url.js"
};

static const unsigned char file22[] = {
#embed "web/core/visible.js"
};

static const unsigned char file23[] = {
#embed "web/core/window.js"
};

static const unsigned char file24[] = {
#embed "web/icon.svg"
};

static const unsigned char file25[] = {
#embed "web/index.html"
};

static const unsigned char file26[] = {
#embed "web/pages.js"
};

static const unsigned char file27[] = {
#embed "web/pages/audit.js"
};

static const unsigned char file28[] = {
#embed "web/pages/backups.js"
};

static const unsigned char file29[] = {
#embed "web/pages/cluster-hosts.js"
};

static const unsigned char file30[] = {
#embed "web/pages/cluster-templates.js"
};

static const unsigned char file31[] = {
#embed "web/pages/clusters.js"
};

static const unsigned char file32[] = {
#embed "web/pages/clusters/captions.js"
};

static const unsigned char file33[] = {
#embed "web/pages/clusters/desk.js"
};

static const unsigned char file34[] = {
#embed "web/pages/clusters/dialogs.js"
};

static const unsigned char file35[] = {
#embed "web/pages/clusters/editor.js"
};

static const unsigned char file36[] = {
#embed "web/pages/clusters/model.js"
};

static const unsigned char file37[] = {
#embed "web/pages/clusters/parts.js"
};

static const unsigned char file38[] = {
#embed "web/pages/clusters/playbook.js"
};

static const unsigned char file39[] = {
#embed "web/pages/clusters/run.js"
};

static const unsigned char file40[] = {
#embed "web/pages/job-api-allocation.js"
};

static const unsigned char file41[] = {
#embed "web/pages/job-api-job.js"
};

static const unsigned char file42[] = {
#embed "web/pages/job-api.js"
};

static const unsigned char file43[] = {
#embed "web/pages/job.js"
};

static const unsigned char file44[] = {
#embed "web/pages/jobs.js"
};

static const unsigned char file45[] = {
#embed "web/pages/login.js"
};

static const unsigned char file46[] = {
#embed "web/pages/notices.js"
};

static const unsigned char file47[] = {
#embed "web/pages/overview.js"
};

static const unsigned char file48[] = {
#embed "web/pages/run.js"
};

static const unsigned char file49[] = {
#embed "web/pages/runs.js"
};

static const unsigned char file50[] = {
#embed "web/pages/schedule.js"
};

static const unsigned char file51[] = {
#embed "web/pages/schedules.js"
};

static const unsigned char file52[] = {
#embed "web/pages/settings.js"
};

static const unsigned char file53[] = {
#embed "web/pages/tokens.js"
};

static const unsigned char file54[] = {
#embed "web/pages/version.js"
};

static const unsigned char file55[] = {
#embed "web/pages/volume.js"
};

static const unsigned char file56[] = {
#embed "web/style.css"
};

static const unsigned char file57[] = {
#embed "web/text/audit.js"
};

static const unsigned char file58[] = {
#embed "web/text/backups.js"
};

static const unsigned char file59[] = {
#embed "web/text/belongs.js"
};

static const unsigned char file60[] = {
#embed "web/text/cluster-hosts.js"
};

static const unsigned char file61[] = {
#embed "web/text/cluster-templates.js"
};

static const unsigned char file62[] = {
#embed "web/text/clusters-shared.js"
};

static const unsigned char file63[] = {
#embed "web/text/clusters.js"
};

static const unsigned char file64[] = {
#embed "web/text/common.js"
};

static const unsigned char file65[] = {
#embed "web/text/fires.js"
};

static const unsigned char file66[] = {
#embed "web/text/form.js"
};

static const unsigned char file67[] = {
#embed "web/text/job-api-allocation.js"
};

static const unsigned char file68[] = {
#embed "web/text/job-api-job.js"
};

static const unsigned char file69[] = {
#embed "web/text/job-api.js"
};

static const unsigned char file70[] = {
#embed "web/text/job.js"
};

static const unsigned char file71[] = {
#embed "web/text/jobs.js"
};

static const unsigned char file72[] = {
#embed "web/text/login.js"
};

static const unsigned char file73[] = {
#embed "web/text/notices.js"
};

static const unsigned char file74[] = {
#embed "web/text/overview.js"
};

static const unsigned char file75[] = {
#embed "web/text/replication.js"
};

static const unsigned char file76[] = {
#embed "web/text/run.js"
};

static const unsigned char file77[] = {
#embed "web/text/runs.js"
};

static const unsigned char file78[] = {
#embed "web/text/schedule-form.js"
};

static const unsigned char file79[] = {
#embed "web/text/schedule.js"
};

static const unsigned char file80[] = {
#embed "web/text/schedules.js"
};

static const unsigned char file81[] = {
#embed "web/text/setting-meanings.js"
};

static const unsigned char file82[] = {
#embed "web/text/settings.js"
};

static const unsigned char file83[] = {
#embed "web/text/tokens.js"
};

static const unsigned char file84[] = {
#embed "web/text/version.js"
};

static const unsigned char file85[] = {
#embed "web/text/volume.js"
};

static const unsigned char file86[] = {
#embed "web/ui/belongs.js"
};

static const unsigned char file87[] = {
#embed "web/ui/calendar.js"
};

static const unsigned char file88[] = {
#embed "web/ui/comparison.js"
};

static const unsigned char file89[] = {
#embed "web/ui/course.js"
};

static const unsigned char file90[] = {
#embed "web/ui/dialog.js"
};

static const unsigned char file91[] = {
#embed "web/ui/dispatch.js"
};

static const unsigned char file92[] = {
#embed "web/ui/form.js"
};

static const unsigned char file93[] = {
#embed "web/ui/icon.js"
};

static const unsigned char file94[] = {
#embed "web/ui/job-api.js"
};

static const unsigned char file95[] = {
#embed "web/ui/list.js"
};

static const unsigned char file96[] = {
#embed "web/ui/live.js"
};

static const unsigned char file97[] = {
#embed "web/ui/log.js"
};

static const unsigned char file98[] = {
#embed "web/ui/parts.js"
};

static const unsigned char file99[] = {
#embed "web/ui/plot.js"
};

static const unsigned char file100[] = {
#embed "web/ui/replication.js"
};

static const unsigned char file101[] = {
#embed "web/ui/schedule-form.js"
};

static const unsigned char file102[] = {
#embed "web/ui/schedule-parts.js"
};

static const unsigned char file103[] = {
#embed "web/ui/shell.js"
};

static const unsigned char file104[] = {
#embed "web/ui/sizes.js"
};

static const unsigned char file105[] = {
#embed "web/ui/volume-deeds.js"
};

static const struct console_file console_files[] = {
    {"app.js", file0, sizeof file0},
    {"core/ansi.js", file1, sizeof file1},
    {"core/api.js", file2, sizeof file2},
    {"core/civil.js", file3, sizeof file3},
    {"core/deeds.js", file4, sizeof file4},
    {"core/element.js", file5, sizeof file5},
    {"core/events.js", file6, sizeof file6},
    {"core/format.js", file7, sizeof file7},
    {"core/html.js", file8, sizeof file8},
    {"core/i18n.js", file9, sizeof file9},
    {"core/idle.js", file10, sizeof file10},
    {"core/keys.js", file11, sizeof file11},
    {"core/pages.js", file12, sizeof file12},
    {"core/params.js", file13, sizeof file13},
    {"core/router.js", file14, sizeof file14},
    {"core/scale.js", file15, sizeof file15},
    {"core/signal.js", file16, sizeof file16},
    {"core/stream-worker.js", file17, sizeof file17},
    {"core/stream.js", file18, sizeof file18},
    {"core/theme.js", file19, sizeof file19},
    {"core/unsaved.js", file20, sizeof file20},
    {"core/url.js", file21, sizeof file21},
    {"core/visible.js", file22, sizeof file22},
    {"core/window.js", file23, sizeof file23},
    {"icon.svg", file24, sizeof file24},
    {"index.html", file25, sizeof file25},
    {"pages.js", file26, sizeof file26},
    {"pages/audit.js", file27, sizeof file27},
    {"pages/backups.js", file28, sizeof file28},
    {"pages/cluster-hosts.js", file29, sizeof file29},
    {"pages/cluster-templates.js", file30, sizeof file30},
    {"pages/clusters.js", file31, sizeof file31},
    {"pages/clusters/captions.js", file32, sizeof file32},
    {"pages/clusters/desk.js", file33, sizeof file33},
    {"pages/clusters/dialogs.js", file34, sizeof file34},
    {"pages/clusters/editor.js", file35, sizeof file35},
    {"pages/clusters/model.js", file36, sizeof file36},
    {"pages/clusters/parts.js", file37, sizeof file37},
    {"pages/clusters/playbook.js", file38, sizeof file38},
    {"pages/clusters/run.js", file39, sizeof file39},
    {"pages/job-api-allocation.js", file40, sizeof file40},
    {"pages/job-api-job.js", file41, sizeof file41},
    {"pages/job-api.js", file42, sizeof file42},
    {"pages/job.js", file43, sizeof file43},
    {"pages/jobs.js", file44, sizeof file44},
    {"pages/login.js", file45, sizeof file45},
    {"pages/notices.js", file46, sizeof file46},
    {"pages/overview.js", file47, sizeof file47},
    {"pages/run.js", file48, sizeof file48},
    {"pages/runs.js", file49, sizeof file49},
    {"pages/schedule.js", file50, sizeof file50},
    {"pages/schedules.js", file51, sizeof file51},
    {"pages/settings.js", file52, sizeof file52},
    {"pages/tokens.js", file53, sizeof file53},
    {"pages/version.js", file54, sizeof file54},
    {"pages/volume.js", file55, sizeof file55},
    {"style.css", file56, sizeof file56},
    {"text/audit.js", file57, sizeof file57},
    {"text/backups.js", file58, sizeof file58},
    {"text/belongs.js", file59, sizeof file59},
    {"text/cluster-hosts.js", file60, sizeof file60},
    {"text/cluster-templates.js", file61, sizeof file61},
    {"text/clusters-shared.js", file62, sizeof file62},
    {"text/clusters.js", file63, sizeof file63},
    {"text/common.js", file64, sizeof file64},
    {"text/fires.js", file65, sizeof file65},
    {"text/form.js", file66, sizeof file66},
    {"text/job-api-allocation.js", file67, sizeof file67},
    {"text/job-api-job.js", file68, sizeof file68},
    {"text/job-api.js", file69, sizeof file69},
    {"text/job.js", file70, sizeof file70},
    {"text/jobs.js", file71, sizeof file71},
    {"text/login.js", file72, sizeof file72},
    {"text/notices.js", file73, sizeof file73},
    {"text/overview.js", file74, sizeof file74},
    {"text/replication.js", file75, sizeof file75},
    {"text/run.js", file76, sizeof file76},
    {"text/runs.js", file77, sizeof file77},
    {"text/schedule-form.js", file78, sizeof file78},
    {"text/schedule.js", file79, sizeof file79},
    {"text/schedules.js", file80, sizeof file80},
    {"text/setting-meanings.js", file81, sizeof file81},
    {"text/settings.js", file82, sizeof file82},
    {"text/tokens.js", file83, sizeof file83},
    {"text/version.js", file84, sizeof file84},
    {"text/volume.js", file85, sizeof file85},
    {"ui/belongs.js", file86, sizeof file86},
    {"ui/calendar.js", file87, sizeof file87},
    {"ui/comparison.js", file88, sizeof file88},
    {"ui/course.js", file89, sizeof file89},
    {"ui/dialog.js", file90, sizeof file90},
    {"ui/dispatch.js", file91, sizeof file91},
    {"ui/form.js", file92, sizeof file92},
    {"ui/icon.js", file93, sizeof file93},
    {"ui/job-api.js", file94, sizeof file94},
    {"ui/list.js", file95, sizeof file95},
    {"ui/live.js", file96, sizeof file96},
    {"ui/log.js", file97, sizeof file97},
    {"ui/parts.js", file98, sizeof file98},
    {"ui/plot.js", file99, sizeof file99},
    {"ui/replication.js", file100, sizeof file100},
    {"ui/schedule-form.js", file101, sizeof file101},
    {"ui/schedule-parts.js", file102, sizeof file102},
    {"ui/shell.js", file103, sizeof file103},
    {"ui/sizes.js", file104, sizeof file104},
    {"ui/volume-deeds.js", file105, sizeof file105},
};

const struct console_file *console_file_at(size_t number) {
    return number < 106 ? &console_files[number] : 0;
}
