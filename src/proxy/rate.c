/*
 * Token buckets. What a bucket lacks is a time: when it will be full again. So
 * a full one needs no memory, and is what an unknown key has. Keys are hashed
 * with a secret: a client cannot choose whose place it takes.
 */

#include "rate.h"

#include <stdlib.h>

#include "base/secret.h"
#include "base/xalloc.h"
#include "pki/mac.h"

#define WAYS 8 /* places that a key may have */
#define SETS (RATES_MAX / WAYS)

struct bucket {
	uint64_t key;
	uint64_t full; /* microseconds; in the past: nobody's */
};

struct rates {
	unsigned char secret[PKI_MAC_SIZE];
	struct bucket bucket[SETS][WAYS];
};

struct rates *
rates_new(void)
{
	struct rates *rates = xcalloc(1, sizeof *rates);

	secret_random(rates->secret, sizeof rates->secret);
	return rates;
}

void
rates_free(struct rates *rates)
{
	free(rates);
}

static uint64_t
hash(const struct rates *rates, const void *key, size_t len)
{
	unsigned char mac[PKI_MAC_SIZE];
	uint64_t number = 0;

	pki_mac(rates->secret, key, len, mac);
	for (unsigned i = 0; i < sizeof number; i++)
		number = number << 8 | mac[i];
	return number;
}

/* That of the key, or the one whose loss matters least. */
static struct bucket *
find_bucket(struct rates *rates, uint64_t key)
{
	struct bucket *set = rates->bucket[key % SETS], *least = set;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].full < least->full)
			least = &set[i];
	}
	*least = (struct bucket){ .key = key };
	return least;
}

bool
rates_take(struct rates *rates, const void *key, size_t len,
    const struct rate *rate, int64_t now)
{
	struct bucket *bucket = find_bucket(rates, hash(rates, key, len));
	uint64_t time = (uint64_t)now * 1000;
	uint64_t full = bucket->full > time ? bucket->full : time;

	if (full - time > (rate->burst - 1) * rate->interval)
		return false;
	bucket->full = full + rate->interval;
	return true;
}
