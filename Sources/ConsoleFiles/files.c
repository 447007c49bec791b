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
#embed "web/core/element.js"
};

static const unsigned char file4[] = {
#embed "web/core/events.js"
};

static const unsigned char file5[] = {
#embed "web/core/format.js"
};

static const unsigned char file6[] = {
#embed "web/core/html.js"
};

static const unsigned char file7[] = {
#embed "web/core/i18n.js"
};

static const unsigned char file8[] = {
#embed "web/core/keys.js"
};

static const unsigned char file9[] = {
#embed "web/core/pages.js"
};

static const unsigned char file10[] = {
#embed "web/core/router.js"
};

static const unsigned char file11[] = {
#embed "web/core/scale.js"
};

static const unsigned char file12[] = {
#embed "web/core/signal.js"
};

static const unsigned char file13[] = {
#embed "web/core/stream-worker.js"
};

static const unsigned char file14[] = {
#embed "web/core/stream.js"
};

static const unsigned char file15[] = {
#embed "web/core/theme.js"
};

static const unsigned char file16[] = {
#embed "web/core/url.js"
};

static const unsigned char file17[] = {
#embed "web/core/window.js"
};

static const unsigned char file18[] = {
#embed "web/icon.svg"
};

static const unsigned char file19[] = {
#embed "web/index.html"
};

static const unsigned char file20[] = {
#embed "web/pages.js"
};

static const unsigned char file21[] = {
#embed "web/pages/login.js"
};

static const unsigned char file22[] = {
#embed "web/pages/overview.js"
};

static const unsigned char file23[] = {
#embed "web/pages/run.js"
};

static const unsigned char file24[] = {
#embed "web/pages/runs.js"
};

static const unsigned char file25[] = {
#embed "web/style.css"
};

static const unsigned char file26[] = {
#embed "web/text/common.js"
};

static const unsigned char file27[] = {
#embed "web/text/login.js"
};

static const unsigned char file28[] = {
#embed "web/text/overview.js"
};

static const unsigned char file29[] = {
#embed "web/text/run.js"
};

static const unsigned char file30[] = {
#embed "web/text/runs.js"
};

static const unsigned char file31[] = {
#embed "web/ui/dialog.js"
};

static const unsigned char file32[] = {
#embed "web/ui/icon.js"
};

static const unsigned char file33[] = {
#embed "web/ui/list.js"
};

static const unsigned char file34[] = {
#embed "web/ui/log.js"
};

static const unsigned char file35[] = {
#embed "web/ui/parts.js"
};

static const unsigned char file36[] = {
#embed "web/ui/plot.js"
};

static const unsigned char file37[] = {
#embed "web/ui/shell.js"
};

static const struct console_file console_files[] = {
    {"app.js", file0, sizeof file0},
    {"core/ansi.js", file1, sizeof file1},
    {"core/api.js", file2, sizeof file2},
    {"core/element.js", file3, sizeof file3},
    {"core/events.js", file4, sizeof file4},
    {"core/format.js", file5, sizeof file5},
    {"core/html.js", file6, sizeof file6},
    {"core/i18n.js", file7, sizeof file7},
    {"core/keys.js", file8, sizeof file8},
    {"core/pages.js", file9, sizeof file9},
    {"core/router.js", file10, sizeof file10},
    {"core/scale.js", file11, sizeof file11},
    {"core/signal.js", file12, sizeof file12},
    {"core/stream-worker.js", file13, sizeof file13},
    {"core/stream.js", file14, sizeof file14},
    {"core/theme.js", file15, sizeof file15},
    {"core/url.js", file16, sizeof file16},
    {"core/window.js", file17, sizeof file17},
    {"icon.svg", file18, sizeof file18},
    {"index.html", file19, sizeof file19},
    {"pages.js", file20, sizeof file20},
    {"pages/login.js", file21, sizeof file21},
    {"pages/overview.js", file22, sizeof file22},
    {"pages/run.js", file23, sizeof file23},
    {"pages/runs.js", file24, sizeof file24},
    {"style.css", file25, sizeof file25},
    {"text/common.js", file26, sizeof file26},
    {"text/login.js", file27, sizeof file27},
    {"text/overview.js", file28, sizeof file28},
    {"text/run.js", file29, sizeof file29},
    {"text/runs.js", file30, sizeof file30},
    {"ui/dialog.js", file31, sizeof file31},
    {"ui/icon.js", file32, sizeof file32},
    {"ui/list.js", file33, sizeof file33},
    {"ui/log.js", file34, sizeof file34},
    {"ui/parts.js", file35, sizeof file35},
    {"ui/plot.js", file36, sizeof file36},
    {"ui/shell.js", file37, sizeof file37},
};

const struct console_file *console_file_at(size_t number) {
    return number < 38 ? &console_files[number] : 0;
}
