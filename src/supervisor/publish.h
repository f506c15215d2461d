#ifndef SUPERVISOR_PUBLISH_H
#define SUPERVISOR_PUBLISH_H

/*
 * TXT records that a person's program publishes and takes away again (DNSHook).
 * One run at a time, in the order asked for: a name may have room for one value
 * only, so one must be gone before the next one comes.
 */

#include <sys/types.h>

struct supervisor;

struct publish_record {
	const char *program;
	const char *name;
	const char *value;
	uid_t uid;
	gid_t gid;
};

/* done() when it is published, or with the reason why not. Copies the record.
 */
void publish_present(struct supervisor *sup,
    const struct publish_record *record,
    void (*done)(void *arg, const char *error), void *arg);

/* Nobody waits for the end of this. */
void publish_cleanup(
    struct supervisor *sup, const struct publish_record *record);

/* The done() that has this argument will not be called. */
void publish_forget(struct supervisor *sup, const void *arg);

/* What was not begun never will be. */
void publish_release(struct supervisor *sup);

#endif
