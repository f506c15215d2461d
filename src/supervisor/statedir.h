#ifndef SUPERVISOR_STATEDIR_H
#define SUPERVISOR_STATEDIR_H

/*
 * The state directory, held by one gateway at a time: a lock of the kernel on
 * an open file, which no crash can leave behind.
 */

#include <stdbool.h>

#include "base/error.h"

struct statedir {
	int fd;
	int lock;
	char *path;
	bool read_only; /* nothing can be kept there */
};

/*
 * What a predecessor that was just killed still holds is free again within
 * moments; this long is waited for it, here and for its sockets.
 */
#define STATEDIR_PATIENCE_MS 2000

/* Calls `attempt` until it returns true; false when the patience is over. */
bool statedir_patiently(bool (*attempt)(void *arg), void *arg);

/*
 * Makes the directory (0700) if it is missing. One on a file system that is
 * read-only is taken as it is: what is there can be served.
 */
int statedir_open(struct statedir *dir, const char *path, struct error *err);
void statedir_close(struct statedir *dir);

/*
 * The listening socket of the `gatehouse` command, in this directory. ERR_SYS
 * if none can be made there, ERR_DENIED if another gateway answers at it.
 */
int statedir_listen(const struct statedir *dir, struct error *err);
void statedir_unlisten(const struct statedir *dir);

/* The process id in a file named by a person; atomically. */
int pid_file_write(const char *path, struct error *err);

#endif
