#include "guests.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/secret.h"
#include "base/xalloc.h"

#define BUCKET_BITS_MIN 8
#define BUCKET_BITS_MAX 16

struct guest {
	LIST_ENTRY(guest) link; /* in its bucket */
	uint64_t net;           /* the IPv4 address, or half of the IPv6 one */
	int family;
	unsigned connections;
	unsigned pending;
};

LIST_HEAD(bucket, guest);

struct guests {
	struct guests_limits limits;
	struct bucket *buckets;
	unsigned bits; /* there are so many buckets, as a power of two */
	uint64_t multiplier;
	unsigned count;
};

struct guests *
guests_new(const struct guests_limits *limits, unsigned expected)
{
	struct guests *guests = xcalloc(1, sizeof *guests);

	guests->limits = *limits;
	guests->bits = BUCKET_BITS_MIN;
	while (guests->bits < BUCKET_BITS_MAX && expected >> guests->bits > 0)
		guests->bits++;
	guests->buckets =
	    xcalloc((size_t)1 << guests->bits, sizeof *guests->buckets);
	secret_random(&guests->multiplier, sizeof guests->multiplier);
	guests->multiplier |= 1;
	return guests;
}

void
guests_free(struct guests *guests)
{
	if (guests == NULL)
		return;
	assert(guests->count == 0);
	free(guests->buckets);
	free(guests);
}

static uint64_t
net_of(const struct addr *addr)
{
	uint64_t half = 0;

	if (addr->u.sa.sa_family == AF_INET)
		return addr->u.in.sin_addr.s_addr;
	memcpy(&half, &addr->u.in6.sin6_addr, sizeof half);
	return half;
}

/* Multiply-shift: universal, as long as nobody knows the multiplier. */
static struct bucket *
bucket_of(const struct guests *guests, uint64_t net)
{
	return &guests
	            ->buckets[net * guests->multiplier >> (64 - guests->bits)];
}

static struct guest *
find_or_make(struct guests *guests, const struct addr *addr)
{
	uint64_t net = net_of(addr);
	struct bucket *bucket = bucket_of(guests, net);
	struct guest *guest;

	LIST_FOREACH(guest, bucket, link)
		if (guest->net == net && guest->family == addr->u.sa.sa_family)
			return guest;
	guest = xcalloc(1, sizeof *guest);
	guest->net = net;
	guest->family = addr->u.sa.sa_family;
	LIST_INSERT_HEAD(bucket, guest, link);
	guests->count++;
	return guest;
}

static bool
is_reached(unsigned limit, unsigned n)
{
	return limit > 0 && n >= limit;
}

struct guest *
guests_enter(struct guests *guests, const struct addr *addr)
{
	struct guest *guest = find_or_make(guests, addr);

	if (is_reached(guests->limits.connections, guest->connections) ||
	    is_reached(guests->limits.pending, guest->pending))
		return NULL;
	guest->connections++;
	guest->pending++;
	return guest;
}

void
guests_settle(struct guest *guest)
{
	assert(guest->pending > 0);
	guest->pending--;
}

void
guests_leave(struct guests *guests, struct guest *guest, bool pending)
{
	assert(guest->connections > 0);
	if (pending)
		guests_settle(guest);
	if (--guest->connections > 0)
		return;
	LIST_REMOVE(guest, link);
	guests->count--;
	free(guest);
}

unsigned
guests_count(const struct guests *guests)
{
	return guests->count;
}
