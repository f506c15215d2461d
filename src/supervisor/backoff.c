#include "backoff.h"

void
backoff_started(struct backoff *backoff, int64_t now_ms)
{
	backoff->started_ms = now_ms;
}

int64_t
backoff_died(struct backoff *backoff, int64_t now_ms)
{
	if (now_ms - backoff->started_ms >= BACKOFF_YOUNG_MS)
		backoff->deaths = 0;
	if (backoff->deaths++ == 0)
		backoff->wait_ms = 0;
	else if (backoff->wait_ms == 0)
		backoff->wait_ms = BACKOFF_FIRST_MS;
	else
		backoff->wait_ms *= 2;
	if (backoff->wait_ms > BACKOFF_MAX_MS)
		backoff->wait_ms = BACKOFF_MAX_MS;
	return backoff->wait_ms;
}
