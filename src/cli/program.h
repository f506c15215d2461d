#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

/*
 * Another program, started without a shell, heard and waited for. What it says
 * on both of its outputs is kept, the last of it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/* A zeroed one is none. */
struct program {
	const char *name; /* borrowed: of argv */
	pid_t pid;        /* 0: it has been waited for */
	int pidfd, pipe;
	bool whole;      /* as in program_how */
	bool overflowed; /* and there was more than said may hold */
	struct buf said;
};

struct program_how {
	const char *const *argv; /* [0] is looked for in PATH, or has a '/' */
	const char *notify;      /* its NOTIFY_SOCKET; NULL: none */
	bool leaves_with_us;     /* it gets SIGTERM when we end */
	size_t whole; /* all of its standard output is kept, up to this, and
	               * its complaints are not; 0: the last of both */
};

/* Where a program of ours is, from "../sbin/gatehoused". The caller frees. */
char *program_find(const char *relative);

int program_start(
    struct program *program, const struct program_how *how, struct error *err);

/*
 * Until it ends, or until `watched` (-1: nothing) can be read: 1 then. 0: it
 * has ended well. -1: it has not, with what it said at the end of the error, or
 * the deadline on the monotonic clock has come (ERR_TIMEOUT) and it runs.
 */
int program_wait(struct program *program, int watched, int64_t deadline_ms,
    struct error *err);

/* Its end: asked for, waited for so many milliseconds, then forced. */
void program_end(struct program *program, int patience_ms);

/* Hears it no more; one that runs, runs on. */
void program_release(struct program *program);

/* Starts it and waits for its end. */
int program_run(
    const char *const *argv, int limit_ms, struct buf *said, struct error *err);

/*
 * Runs argv[0], which is looked for where a system has its programs, and
 * appends all that it writes to its standard output, within the cap of `out`.
 * ERR_NOTFOUND: there is no such program; ERR_LIMIT: it prints more;
 * ERR_DENIED: it ran, and failed; ERR_TIMEOUT.
 */
int program_read(
    const char *const *argv, int limit_ms, struct buf *out, struct error *err);

/* The last words of a log, as one line for an error. The caller frees. */
char *program_last_words(const struct buf *said);

#endif
