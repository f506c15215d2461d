#ifndef SUPERVISOR_RENEWAL_H
#define SUPERVISOR_RENEWAL_H

/*
 * Keeps every AutoCert fresh: runs the schedule of each slot, one job at a
 * time, and writes down how each ended. The wall clock is looked at again every
 * ten minutes, for it may jump, and the machine may have slept.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/job.h"
#include "schedule.h"
#include "supervisor.h"

struct slot;

struct renewal_failure {
	enum job_failure kind;
	const char *problem;
	const char *detail;
	const char *advice;    /* what a person can do; NULL or "" = nothing */
	int64_t retry_after;   /* seconds; -1 = none */
	const char *directory; /* of the CA that was asked */
};

/* Starts what is due, or sets the alarm. Call it when anything changed. */
void renewal_update(struct supervisor *sup);

/* When the next attempt for this slot is due, and why; 0 = never. */
int64_t renewal_next(const struct slot *slot, enum schedule_reason *reason);

/*
 * What the CA answered when it was asked for its window, and the page that says
 * why ("" = none), or that it did not.
 */
void renewal_informed(
    struct slot *slot, const struct schedule_info *info, const char *page);
void renewal_not_informed(struct slot *slot, const char *why);

/* How an attempt ended. */
void renewal_succeeded(struct slot *slot);
void renewal_failed(struct slot *slot, const struct renewal_failure *failure);

/*
 * A person wants it now: the one with this name, or all ("" ). Answered when
 * the attempts have ended.
 */
void renewal_ask(struct supervisor *sup, struct asker asker, const char *name);

/* What to say if no slot has the name, or ("") there is none. Caller frees. */
char *renewal_nobody(const char *name);

/*
 * A pair for this slot is about to be put into service: who asked for that is
 * answered when it serves or was refused, `line` first unless NULL.
 */
void renewal_await(
    struct slot *slot, struct asker asker, bool ok, const char *line);

/* Whoever asked gets this answer now. */
void renewal_dismiss(struct supervisor *sup, const char *text);

/* The monitor died, and who asked through it has gone with it. */
void renewal_forget(struct supervisor *sup, const struct child *monitor);

/* The slot is no longer served; what was asked of it has no end. */
void renewal_forget_slot(const struct slot *slot);

#endif
