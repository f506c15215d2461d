#ifndef SUPERVISOR_DDNS_SCHEDULE_H
#define SUPERVISOR_DDNS_SCHEDULE_H

/*
 * When a section of dynamic DNS looks at our addresses, and when it may ask its
 * provider. Pure: the time (seconds since the epoch, which may jump) and the
 * randomness come from the caller. Looking costs the provider nothing and is
 * done as often as one likes; a request is made when there is something to
 * publish, and never sooner than the provider wants it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/ddns.h"
#include "schedule.h"

#define DDNS_REFRESH (25 * 24 * 3600) /* seconds; providers forget names */
#define DDNS_SETTLE 600           /* an order waits so long for a new address */
#define DDNS_BORN 60              /* … and so long for the first look */
#define DDNS_SETTLE_LOOK 10       /* seconds between two looks meanwhile … */
#define DDNS_SETTLE_FIRST 2       /* … and at first */
#define DDNS_WAIT_MAX (24 * 3600) /* the longest that a failure makes wait */

struct ddns_schedule {
	/* Kept on disk; 0 = never, or none. */
	int64_t requested_at; /* the provider was asked, or was about to be */
	int64_t published_at; /* it said that what we have is published */
	int64_t repeats;      /* of that in a row, with nothing new */
	int64_t changed_at;   /* a new address was found, or published */
	int64_t failures;     /* in a row */
	int64_t not_before;   /* after a failure */
	int64_t stopped_at;   /* until the configuration changes */

	/* Of this run of the gateway. */
	int64_t born_at; /* when it began to be served */
	int64_t look_at; /* 0 = now */
	bool looked;     /* a look has ended */
	bool wanted;     /* there is, or may be, something to publish */
	bool hidden;     /* the zone's servers say something else */
	bool differs;    /* what was found last is not published */
};

struct ddns_pace {
	int64_t seconds;  /* between two requests, at least */
	int64_t interval; /* between two looks */
};

/* What is done next; `when` may lie in the past. */
struct ddns_errand {
	enum ddns_kind kind; /* DDNS_LOOK or DDNS_UPDATE */
	int64_t when;
};

struct ddns_errand ddns_schedule_next(
    const struct ddns_schedule *schedule, const struct ddns_pace *pace);

/* The provider may be asked from then on, whoever wants it. */
int64_t ddns_schedule_free(
    const struct ddns_schedule *schedule, const struct ddns_pace *pace);

/* When it was read, and when its configuration is another one. */
void ddns_schedule_begin(struct ddns_schedule *schedule, int64_t now);
void ddns_schedule_renew(struct ddns_schedule *schedule);

/* Addresses may have changed. */
void ddns_schedule_event(struct ddns_schedule *schedule);

/*
 * The clock may have gone back: what lies ahead and cannot is moved, so that a
 * wrong clock once does not mean silence.
 */
void ddns_schedule_clock(
    struct ddns_schedule *schedule, const struct ddns_pace *pace, int64_t now);

/* Before a job that may ask the provider starts. */
void ddns_schedule_started(struct ddns_schedule *schedule, int64_t now);

/*
 * What a job found. same: it is what was published last. visible: as in
 * DDNS_FOUND.
 */
void ddns_schedule_found(
    struct ddns_schedule *schedule, bool same, uint32_t visible, int64_t now);

/* A look ended, whatever it found. */
void ddns_schedule_looked(struct ddns_schedule *schedule,
    const struct ddns_pace *pace, struct schedule_moment moment);

/* It was published; changed: something else than before. */
void ddns_schedule_published(
    struct ddns_schedule *schedule, bool changed, int64_t now);

/*
 * The provider refused, or nobody knows. retry_after: seconds at least, below 1
 * = it named none. Without its word 1, 2, 4 … 60 minutes, each a fifth more or
 * less.
 */
void ddns_schedule_failed(struct ddns_schedule *schedule,
    enum ddns_failure kind, int64_t retry_after, struct schedule_moment moment);

/*
 * There was no address, so nobody was asked. requested_at: what it was before
 * the job. Tried again as after a failure, but at least at each look.
 */
void ddns_schedule_nowhere(struct ddns_schedule *schedule,
    const struct ddns_pace *pace, int64_t requested_at,
    struct schedule_moment moment);

/*
 * An order for one of its names waits until then: for a new address to be
 * visible, or for the first look. 0 = no need.
 */
int64_t ddns_schedule_settled(
    const struct ddns_schedule *schedule, int64_t now);

#endif
