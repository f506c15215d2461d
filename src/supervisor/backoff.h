#ifndef SUPERVISOR_BACKOFF_H
#define SUPERVISOR_BACKOFF_H

/*
 * How long to wait before a resident child that died is started again: not at
 * all the first time, then longer and longer while it keeps dying young. Pure;
 * times are milliseconds of the monotonic clock.
 */

#include <stdint.h>

#define BACKOFF_YOUNG_MS 10000 /* who lives this long starts afresh */
#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000

struct backoff {
	int64_t started_ms;
	int64_t wait_ms; /* the last one */
	unsigned deaths; /* young ones, in a row */
};

void backoff_started(struct backoff *backoff, int64_t now_ms);

/* It died: the milliseconds to wait. */
int64_t backoff_died(struct backoff *backoff, int64_t now_ms);

#endif
