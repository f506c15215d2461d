#ifndef CLI_PROGRAM_READ_H
#define CLI_PROGRAM_READ_H

/* What a program of this machine prints. */

#include <stdint.h>

#include "base/error.h"

struct buf;

/*
 * Runs argv[0], which is looked for where a system has its programs, without
 * a shell, and appends to `out` what it writes to its standard output, within
 * the cap of that; what it complains about is dropped. At the deadline, in
 * milliseconds, it is killed. ERR_NOTFOUND: there is no such program;
 * ERR_DENIED: it ran, and failed.
 */
int program_read(
    const char *const *argv, int64_t ms, struct buf *out, struct error *err);

#endif
