#ifndef SUPERVISOR_WATCH_H
#define SUPERVISOR_WATCH_H

/*
 * The files that the configuration wants to be watched (-filewatch): tells some
 * time after one of them was written, replaced or made. What is watched is the
 * directory, so a file may go and come back.
 */

#include "config/config.h"
#include "net/loop.h"

/* From the first sign of a change: more of them may follow. */
#define WATCH_DELAY_MS 300

struct watched_file;

struct watch {
	struct loop *loop;
	int fd; /* of inotify; -1: nothing was watched so far */
	struct loop_io io;
	struct loop_timer timer;
	struct watched_file *files;
	void (*changed)(void *arg); /* set by the owner, like this: */
	void *arg;
};

void watch_init(struct watch *watch, struct loop *loop);
void watch_release(struct watch *watch);

/*
 * From now on these files and no others. A change of one that was watched
 * before, and that has not been told of yet, is still told.
 */
void watch_set(struct watch *watch, const struct config_watched *files);

#endif
