#ifndef PACE_H
#define PACE_H

/*
 * How often the CA is asked whether something is done: soon at first, for some
 * CAs answer within milliseconds, then more and more rarely, and not for ever.
 */

#include <stdint.h>

#define PACE_FIRST_MS 20
#define PACE_MOST_MS 3000
#define PACE_TOTAL_MS 120000

struct pace {
	int64_t deadline; /* on the monotonic clock */
	int64_t next_ms;
};

void pace_start(struct pace *pace, int64_t now_ms);

/*
 * Milliseconds to wait before the next question, at least Retry-After (seconds,
 * -1 = none) unless that is past the end; -1 when the time is over.
 */
int64_t pace_next(struct pace *pace, int64_t now_ms, int64_t retry_after);

#endif
