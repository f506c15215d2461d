#ifndef SUPERVISOR_AGENDA_H
#define SUPERVISOR_AGENDA_H

/*
 * What is to be done next for the certificates, and what follows from how it
 * ended: the decisions of renewal.c. Pure: it reads and changes slots and their
 * records; the time and the randomness come from the caller.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/job.h"
#include "schedule.h"

struct renewal_failure;
struct slot;

/* Something to be done for a slot. */
struct errand {
	struct slot *slot; /* NULL: nothing */
	enum job_kind kind;
	int64_t when;
};

/* What comes first; it may lie in the past. */
struct errand agenda_first(
    struct slot *const *slots, unsigned nslots, int64_t now);

/*
 * When the next attempt for this slot is due, and why; 0 = never, or now. An
 * address of its names that is on its way is waited for, whatever the hurry.
 */
int64_t agenda_next(
    const struct slot *slot, int64_t now, enum schedule_reason *reason);

/* A job for a certificate begins; how it ended. */
void agenda_started(struct slot *slot, int64_t now);
void agenda_succeeded(struct slot *slot, struct schedule_moment moment);
void agenda_failed(struct slot *slot, const struct renewal_failure *failure,
    struct schedule_moment moment);

/* The clock was ahead when the record was written; it is right now. */
void agenda_clock_went_back(struct slot *slot, int64_t now);

#endif
