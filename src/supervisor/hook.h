#ifndef SUPERVISOR_HOOK_H
#define SUPERVISOR_HOOK_H

/*
 * Programs of the person that the supervisor runs: by the user that the workers
 * run as, without a descriptor or a variable of ours, in a session of their
 * own. What they print goes to the log. Nothing waits for them: the event loop
 * hears when they end.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct children;
struct hook;

#define HOOK_MS 120000
#define HOOK_LINES_MAX 64 /* of what it prints; the rest is not logged */

struct hook_spec {
	const char *const *argv; /* the program by its absolute path first */
	const char *const *env;  /* "NAME=value" beside PATH; NULL: none */
	uid_t uid;               /* (uid_t)-1: stay who we are */
	gid_t gid;               /* (gid_t)-1: the same */
	int64_t timeout_ms;      /* then it is killed with its group */

	/* Once, after it has ended. error: why it did not do its work, or NULL.
	 * NULL: nobody wants to know. */
	void (*done)(void *arg, const char *error);
	void *arg;
};

/* Copies nothing of the spec but what it must: argv and env may go. */
struct hook *hook_start(
    struct children *children, const struct hook_spec *spec, struct error *err);

/* done() will not be called; the program goes on. NULL is fine. */
void hook_forget(struct hook *hook);

/* For child.c: it is not one of the children. False: not one of ours either. */
bool hook_reaped(struct children *children, pid_t pid, int status);

/* Kills those that run, with their groups; done() is not called. */
void hooks_release(struct children *children);

#endif
