#ifndef PROXY_LOGFILE_H
#define PROXY_LOGFILE_H

/*
 * Where the lines of the access log go: they are gathered while the callbacks
 * of a round run, and leave together when it is over, to a file that the
 * supervisor opened, or else to the log of the process. So a crash loses those
 * of one round at most.
 */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "net/loop.h"

struct logfile {
	struct loop *loop;
	struct loop_later flush;
	struct buf lines; /* gathered, each ended by '\n' */
	int fd;           /* -1: the log of the process */
	bool torn;        /* the file ends in the middle of a line */
	uint64_t lost;    /* lines, since the file could be written last */
};

void logfile_init(struct logfile *file, struct loop *loop);

/* Writes what is gathered, and closes the file. */
void logfile_release(struct logfile *file);

/* Takes the descriptor over: further lines go there. */
void logfile_set(struct logfile *file, int fd);

/* The last line that was put into file->lines is complete. */
void logfile_line(struct logfile *file);

#endif
