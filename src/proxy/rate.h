#ifndef PROXY_RATE_H
#define PROXY_RATE_H

/*
 * How often something may happen, for each of many keys: a token bucket for
 * each, in a table of fixed size. A worker counts for itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rates;

/* Keys that are remembered; of more, those that are nearest to full go. */
#define RATES_MAX 4096u

struct rates *rates_new(void);
void rates_free(struct rates *rates);

/*
 * Takes a token of this key's bucket, which holds `burst` of them and gains one
 * in `interval` microseconds. False if it is empty. `now` is clock_mono_ms().
 */
struct rate {
	uint64_t interval; /* 1..2^40 */
	unsigned burst;    /* 1..1000000 */
};
bool rates_take(struct rates *rates, const void *key, size_t len,
    const struct rate *rate, int64_t now);

#endif
