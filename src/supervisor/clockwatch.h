#ifndef SUPERVISOR_CLOCKWATCH_H
#define SUPERVISOR_CLOCKWATCH_H

/*
 * Whether a decision may rest on the wall clock. A small machine without a
 * clock of its own boots in the past, until the network has told it the time;
 * a date before this program was made is none. A clock that is behind what is
 * known of the past may be wrong now, or what is known may be: it is believed
 * when it has stood for ten minutes. Serving never waits for any of this. Pure;
 * wall times are seconds since the epoch, the other clock is monotonic.
 */

#include <stdbool.h>
#include <stdint.h>

#define CLOCKWATCH_BACK 3600 /* seconds back that are nothing to wonder at */
#define CLOCKWATCH_DOUBT_MS (10 * 60 * 1000)
#define CLOCKWATCH_AGAIN 10 /* seconds between looks at a doubtful clock */
#define CLOCKWATCH_STEP 60  /* a clock that steps so far does not stand */

struct clockwatch {
	int64_t latest;   /* the latest wall time that was seen, or stored */
	int64_t refuted;  /* nothing that was stored up to here counts */
	int64_t since_ms; /* monotonic: doubtful from then on; 0 = it is not */
	int64_t since_wall; /* what it said then */
};

enum clockwatch_verdict {
	CLOCK_GOOD,
	CLOCK_EARLY,    /* before this program was made */
	CLOCK_DOUBTFUL, /* it went back */
	CLOCK_BACK      /* it went back, and is believed from now on */
};

/* Something says that it was that late already: a record, a certificate. */
void clockwatch_stored(struct clockwatch *watch, int64_t wall);

enum clockwatch_verdict clockwatch_look(
    struct clockwatch *watch, int64_t wall, int64_t mono_ms);

/* Is there nothing to say against this time? */
bool clockwatch_trusts(const struct clockwatch *watch, int64_t wall);

/*
 * The time to write down for `wall`: the latest that was seen instead of one
 * that cannot be right, for else a wait that begins now would be none.
 */
int64_t clockwatch_note(const struct clockwatch *watch, int64_t wall);

#endif
