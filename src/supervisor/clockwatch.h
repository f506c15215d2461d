#ifndef SUPERVISOR_CLOCKWATCH_H
#define SUPERVISOR_CLOCKWATCH_H

/*
 * Whether a decision may rest on the wall clock. A small machine without a
 * clock of its own boots in the past, until the network has told it the time;
 * a date before this program was made is none. A clock that went back may be
 * wrong now or may have been wrong before: it is believed when it has stood for
 * ten minutes. Serving never waits for any of this. Pure; wall times are
 * seconds since the epoch, the other clock is monotonic.
 */

#include <stdint.h>

#define CLOCKWATCH_BACK 3600 /* seconds back that are nothing to wonder at */
#define CLOCKWATCH_DOUBT_MS (10 * 60 * 1000)
#define CLOCKWATCH_AGAIN 10 /* seconds between looks at a doubtful clock */

struct clockwatch {
	int64_t latest;   /* the latest wall time that was seen, or stored */
	int64_t since_ms; /* monotonic: doubtful from then on; 0 = it is not */
};

enum clockwatch_verdict {
	CLOCK_GOOD,
	CLOCK_EARLY,    /* before this program was made */
	CLOCK_DOUBTFUL, /* it went back */
	CLOCK_BACK /* it went back, and is to be believed: by `latest` - now */
};

/* What was stored at that time: the clock has been there. */
void clockwatch_stored(struct clockwatch *watch, int64_t wall);

/* After CLOCK_BACK the watch goes on from `wall`. */
enum clockwatch_verdict clockwatch_look(
    struct clockwatch *watch, int64_t wall, int64_t mono_ms, int64_t *back);

#endif
