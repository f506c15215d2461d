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

/*
 * Seconds: longer than any rate limit lasts. What was written down with a wait
 * beyond it is damaged, and counts for nothing.
 */
#define SCHEDULE_WAIT_MAX (8 * 24 * 3600)

struct schedule {
	int64_t window_start;  /* when the CA would have it renewed; … */
	int64_t window_end;    /* … both 0 = it has not said (RFC 9773) */
	int64_t chosen;        /* a moment in that window */
	int64_t info_at;       /* when to ask for the window again; 0 = now */
	int64_t info_failures; /* of asking, in a row */
	int64_t failures;      /* in a row */
	int64_t retry_at;      /* the ladder: nothing before it; 0 = no wait */
	int64_t rest_until;    /* two came too fast; 0 = no */
	int64_t gate;          /* the CA's own word: outlives "renew now"; 0 */
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

/* Why the next attempt is when it is. */
enum schedule_reason {
	SCHEDULE_MISSING,   /* there is no certificate worth keeping */
	SCHEDULE_WINDOW,    /* the moment chosen in the CA's window */
	SCHEDULE_LIFE,      /* 2/3 of its life, 1/2 if that is under ten days */
	SCHEDULE_EMERGENCY, /* a twentieth of its life is left */
	SCHEDULE_RETRY,     /* the ladder after a failure */
	SCHEDULE_REST,      /* two came one right after the other */
	SCHEDULE_GATE,      /* the CA asked not to come back before */
	SCHEDULE_ADDRESS,   /* its new address is not visible yet */
	SCHEDULE_ROUTER,    /* it has not answered yet */
	SCHEDULE_ASKED      /* a person wants it */
};

/* In words, as a person would say it. */
const char *schedule_reason_text(enum schedule_reason reason);

/*
 * The next attempt, and why; NULL dates: there is no certificate worth keeping.
 * `reason` may be NULL.
 */
int64_t schedule_next(const struct schedule *schedule,
    const struct schedule_dates *dates, enum schedule_reason *reason);

/*
 * When a twentieth of the life is left: renewal comes first, whatever the CA
 * says, and somebody must be told.
 */
int64_t schedule_emergency(const struct schedule_dates *dates);

/*
 * When the CA is to be asked for its window again; 0 = never: there is nothing
 * to renew, it has expired, or the moment to renew has come.
 */
int64_t schedule_info_next(const struct schedule *schedule,
    const struct schedule_dates *dates, int64_t now);

/* What the CA says of the window; one that does not end after its start, and
 * after 1970, is none. */
struct schedule_info {
	int64_t start;
	int64_t end;
	int64_t retry_after; /* seconds; is held to 1 minute … 1 day */
};

/*
 * It was asked. The moment is chosen once for a window, uniformly: only another
 * window makes it another moment, and an answer without one says nothing
 * against the last. NULL: there was no answer, and it is asked again a minute
 * later, then ever later up to six hours.
 */
void schedule_informed(struct schedule *schedule,
    const struct schedule_info *info, struct schedule_moment moment);

/* Before a job starts. */
void schedule_started(struct schedule *schedule, int64_t now);

/*
 * There is another certificate; `before`: when there was the last one, 0 =
 * never. Two within a fiftieth of its life are followed by as long a rest: with
 * a clock that is ahead, or a CA whose windows lie in the past, each of them
 * would be due at once. Who has lost the last one does not rest.
 */
void schedule_succeeded(struct schedule *schedule,
    const struct schedule_dates *dates, int64_t before, int64_t now);

/* The window was another certificate's. */
void schedule_forget_window(struct schedule *schedule);

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
 * The clock was ahead when this was written down. The waits move along: a wrong
 * clock once must not mean silence for years.
 */
void schedule_clock_went_back(struct schedule *schedule, int64_t seconds);

/*
 * After it was read from disk, maybe before the clock is right: only the clock
 * watch tells which of the two is wrong. A job that a dead supervisor left
 * behind counts as lost, unless it left an order that can be resumed: that
 * costs the CA nothing.
 */
void schedule_loaded(
    struct schedule *schedule, bool resumable, struct schedule_moment moment);

#endif
