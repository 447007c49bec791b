#pragma once
#include <stddef.h>

/// A file of the console, as it is inside of the program.
struct console_file {
    /// Its path below `web`.
    const char *path;
    const unsigned char *bytes;
    size_t size;
};

/// Nil behind the last one.
const struct console_file *console_file_at(size_t number);
