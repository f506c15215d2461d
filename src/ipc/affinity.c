#include "ipc/affinity.h"

#include <assert.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/siphash.h"
#include "base/xalloc.h"

#define PLACE_BITS 6
#define TIME_BITS 26
#define TIME_MASK ((1u << TIME_BITS) - 1)
#define TRIES 4 /* of a word that others change at the same moment */

/* What is in the memory. The secret fills a line of its own. */
struct shared {
	_Alignas(64) unsigned char secret[SIPHASH_KEY_SIZE];
	_Alignas(64) _Atomic uint64_t words[AFFINITY_BUCKETS][AFFINITY_WAYS];
};

struct affinity {
	struct shared *shared;
};

int
affinity_create(struct error *err)
{
	unsigned char secret[SIPHASH_KEY_SIZE];
	int fd = memfd_create("sessions", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	secret_random(secret, sizeof(secret));
	if (fd == -1)
		return error_sys(err, "no memory for sessions");
	if (ftruncate(fd, sizeof(struct shared)) == 0 &&
	    write(fd, secret, sizeof(secret)) == (ssize_t)sizeof(secret) &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ==
	        0)
		return fd;
	error_sys(err, "no memory for sessions");
	close(fd);
	return -1;
}

struct affinity *
affinity_open(int fd, struct error *err)
{
	struct affinity *table;
	void *at = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);

	if (at == MAP_FAILED) {
		error_sys(err, "cannot map the sessions");
		return NULL;
	}
	table = xcalloc(1, sizeof(*table));
	table->shared = at;
	return table;
}

void
affinity_close(struct affinity *table)
{
	if (table == NULL)
		return;
	munmap(table->shared, sizeof(*table->shared));
	free(table);
}

uint64_t
affinity_hash(const struct affinity *table, const void *key, size_t len)
{
	return siphash(table->shared->secret, key, len);
}

static uint64_t
make_word(uint64_t hash, unsigned place, int64_t end)
{
	return (hash >> 32) << 32 | (uint64_t)place << TIME_BITS |
	    ((uint64_t)end & TIME_MASK);
}

/* Seconds that are left of it; 0: it has ended, or never was. */
static unsigned
seconds_left(uint64_t word, int64_t now)
{
	unsigned left = ((unsigned)word - (unsigned)now) & TIME_MASK;

	return word != 0 && left <= AFFINITY_TTL_MAX ? left : 0;
}

static bool
is_of(uint64_t word, uint64_t hash)
{
	return word >> 32 == hash >> 32;
}

static _Atomic uint64_t *
bucket_of(const struct affinity *table, uint64_t hash)
{
	return table->shared->words[hash % AFFINITY_BUCKETS];
}

int
affinity_find(const struct affinity *table, uint64_t hash, int64_t now)
{
	_Atomic uint64_t *bucket = bucket_of(table, hash);

	for (unsigned i = 0; i < AFFINITY_WAYS; i++) {
		uint64_t word =
		    atomic_load_explicit(&bucket[i], memory_order_relaxed);

		if (is_of(word, hash) && seconds_left(word, now) > 0)
			return (int)(word >> TIME_BITS & (AFFINITY_PLACES - 1));
	}
	return -1;
}

/* Its own way, else the one that ends first: what is free has ended. */
static unsigned
choose_way(_Atomic uint64_t *bucket, uint64_t hash, int64_t now, uint64_t *word)
{
	unsigned best = 0, least = ~0u;

	for (unsigned i = 0; i < AFFINITY_WAYS; i++) {
		uint64_t found =
		    atomic_load_explicit(&bucket[i], memory_order_relaxed);
		unsigned left = seconds_left(found, now);

		if (left > 0 && is_of(found, hash)) {
			*word = found;
			return i;
		}
		if (left >= least)
			continue;
		least = left;
		best = i;
		*word = found;
	}
	return best;
}

void
affinity_put(struct affinity *table, uint64_t hash, unsigned place, int64_t now,
    unsigned ttl)
{
	_Atomic uint64_t *bucket = bucket_of(table, hash);
	uint64_t new = make_word(hash, place, now + ttl);

	assert(place < AFFINITY_PLACES && ttl > 0 && ttl <= AFFINITY_TTL_MAX);
	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t old = 0;
		unsigned way = choose_way(bucket, hash, now, &old);

		/* In most seconds nothing is new: the line stays shared. */
		if (old == new ||
		    atomic_compare_exchange_strong_explicit(&bucket[way], &old,
		        new, memory_order_relaxed, memory_order_relaxed))
			return;
	}
}
