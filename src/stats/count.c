/* What is counted where, and what the counts tell. */

#include "stats/stats.h"

static const unsigned refusals[STATS_REFUSAL_COUNT] = {
#define STATS_ROW(status) [STATS_REFUSED_##status] = status,
	STATS_REFUSALS(STATS_ROW)
#undef STATS_ROW
};

static enum stats_refusal
find_refusal(unsigned status)
{
	enum stats_refusal refusal = 0;

	while (refusal < STATS_REFUSED_OTHER && refusals[refusal] != status)
		refusal++;
	return refusal;
}

unsigned
stats_refusal_status(enum stats_refusal refusal)
{
	return refusals[refusal];
}

void
stats_answer(struct stats_figures *own, unsigned status)
{
	if (status >= 100 && status < 600)
		stats_add(&own->answers[status / 100 - 1], 1);
}

void
stats_refusal(struct stats_figures *own, unsigned status)
{
	if (status >= 400)
		stats_add(&own->refused[find_refusal(status)], 1);
}

void
stats_time(struct stats_backend *backend, int64_t ms)
{
	uint64_t time = ms > 0 ? (uint64_t)ms : 0;
	unsigned bucket =
	    time <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(time - 1);

	if (bucket >= STATS_BUCKETS)
		bucket = STATS_BUCKETS - 1;
	stats_add(&backend->times[bucket], 1);
	stats_add(&backend->ms, time);
}

/* Evenly spread within its bucket; the last one has no end. */
uint64_t
stats_quantile(const uint64_t times[STATS_BUCKETS], unsigned per_thousand)
{
	uint64_t all = 0, before = 0, wanted;
	unsigned i;

	for (i = 0; i < STATS_BUCKETS; i++)
		all += times[i];
	if (all == 0)
		return 0;
	wanted = all / 1000 * per_thousand +
	    (all % 1000 * per_thousand + 999) / 1000;
	for (i = 0; i < STATS_BUCKETS - 1; i++) {
		uint64_t low = i == 0 ? 0 : UINT64_C(1) << (i - 1);
		uint64_t high = UINT64_C(1) << i;

		if (before + times[i] >= wanted && times[i] > 0)
			return low +
			    (high - low) * (wanted - before) / times[i];
		before += times[i];
	}
	return UINT64_C(1) << (STATS_BUCKETS - 2);
}
