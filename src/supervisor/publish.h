#ifndef SUPERVISOR_PUBLISH_H
#define SUPERVISOR_PUBLISH_H

/*
 * TXT records that somebody publishes for us and takes away again: a person's
 * program (DNSHook), or the provider of a DDNS section. One at a time with each
 * of them, in the order asked for: a name may have room for one value only, so
 * one must be gone before the next one comes.
 */

#include <sys/types.h>

struct renewal_failure;
struct supervisor;

struct publish_record {
	const char *program; /* NULL: the provider, … */
	const char *section; /* … the name of its section, see ddns.h */
	const char *name;
	const char *value;
	uid_t uid; /* of the program */
	gid_t gid;
};

/*
 * How it ended. error: why not, in one line; NULL = it is published. refusal:
 * what that means for the order; NULL: what its job makes of it.
 */
typedef void publish_done(
    void *arg, const char *error, const struct renewal_failure *refusal);

/* Copies the record. */
void publish_present(struct supervisor *sup,
    const struct publish_record *record, publish_done *done, void *arg);

/* Nobody waits for the end of this. */
void publish_cleanup(
    struct supervisor *sup, const struct publish_record *record);

/* Begins what had to wait for a section. */
void publish_go_on(struct supervisor *sup);

/* The done() that has this argument will not be called. */
void publish_forget(struct supervisor *sup, const void *arg);

/* What was not begun never will be. */
void publish_release(struct supervisor *sup);

#endif
