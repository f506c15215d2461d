#ifndef SUPERVISOR_SCHEDULE_H
#define SUPERVISOR_SCHEDULE_H

/*
 * When the next attempt for a certificate is due. Pure: the time (seconds since
 * the epoch, which may jump) and the randomness come from the caller. What it
 * remembers is kept on disk, so that neither a crash nor a restart can be used
 * to ask the CA more often than this.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/job.h"

struct schedule {
	int64_t failures;   /* in a row */
	int64_t retry_at;   /* the ladder: nothing before it; 0 = no wait */
	int64_t gate;       /* the CA's own word: outlives "renew now"; 0 */
	int64_t lost_at;    /* the last job that ended without an answer; 0 */
	int64_t started_at; /* a job is under way; 0 = none */
	int64_t saved_at;   /* when all this was written down; 0 = never */
};

/* The certificate in service. */
struct schedule_dates {
	int64_t not_before;
	int64_t not_after;
};

struct schedule_moment {
	int64_t now;
	uint32_t random;
};

/* At 2/3 of the lifetime, at 1/2 when it is under ten days. */
int64_t schedule_renewal(const struct schedule_dates *dates);

/* The next attempt; NULL dates: there is no certificate worth keeping. */
int64_t schedule_next(
    const struct schedule *schedule, const struct schedule_dates *dates);

/* Before a job starts, and when it succeeded. */
void schedule_started(struct schedule *schedule, int64_t now);
void schedule_succeeded(struct schedule *schedule);

/*
 * A job said why it failed. `retry_after`: seconds at least, below 1 = the CA
 * named none. Ladder: 1, 10, 100 minutes, then an eighth of the remaining life,
 * within one hour and one day; each plus or minus 20 %.
 */
void schedule_failed(struct schedule *schedule, enum job_failure kind,
    int64_t retry_after, const struct schedule_dates *dates,
    struct schedule_moment moment);

/*
 * A job that reached no verdict: it died, or met no CA. Once in ten minutes it
 * is tried again a second later, for its order can be resumed; more often, the
 * ladder is climbed.
 */
void schedule_lost(struct schedule *schedule,
    const struct schedule_dates *dates, struct schedule_moment moment);

/* "Renew now", or another set of names: forgets the ladder, not the gate. */
void schedule_clear(struct schedule *schedule);

/*
 * After it was read from disk. A clock that went back since then moves the
 * waits along, so that a wrong clock once does not mean silence for years. A
 * job that a dead supervisor left behind counts as lost, unless it left an
 * order that can be resumed: that costs the CA nothing.
 */
void schedule_loaded(
    struct schedule *schedule, bool resumable, struct schedule_moment moment);

#endif
