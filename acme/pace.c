/* The intervals of polling: see pace.h. Reads no clock, sleeps nowhere. */

#include "pace.h"

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void
pace_start(struct pace *pace, int64_t now_ms)
{
	pace->deadline = now_ms + PACE_TOTAL_MS;
	pace->next_ms = PACE_FIRST_MS;
}

int64_t
pace_next(struct pace *pace, int64_t now_ms, int64_t retry_after)
{
	int64_t wait = pace->next_ms, left = pace->deadline - now_ms;

	if (left <= 0)
		return -1;
	pace->next_ms = least(pace->next_ms * 2, PACE_MOST_MS);
	if (retry_after * 1000 > wait)
		wait = retry_after * 1000;
	return least(wait, left);
}
