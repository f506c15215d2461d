#ifndef PROXY_TIMEOUT_H
#define PROXY_TIMEOUT_H

/*
 * Deadlines of connections: a timing wheel, so that setting and cancelling one
 * at every request costs a few instructions. A time-out fires up to one tick
 * late, never early. The wheel rests while no deadline is set.
 */

#include <stdint.h>

#include "base/list.h"
#include "net/loop.h"

#define TIMEOUT_TICK_MS 250
#define TIMEOUT_SLOTS 512

struct timeout {
	TAILQ_ENTRY(timeout) link;
	int64_t when; /* 0: not set */
	void (*fn)(void *arg);
	void *arg;
	unsigned slot;
};

TAILQ_HEAD(timeout_list, timeout);

struct timeouts {
	struct loop *loop;
	struct loop_timer tick;
	struct timeout_list slots[TIMEOUT_SLOTS + 1]; /* the last: due now */
	int64_t done; /* ticks up to this one have been served */
	unsigned count;
};

void timeouts_init(struct timeouts *timeouts, struct loop *loop);
void timeouts_release(struct timeouts *timeouts);

/* Replaces an earlier deadline of the same time-out. */
void timeout_set(
    struct timeouts *timeouts, struct timeout *timeout, int64_t ms);
void timeout_cancel(struct timeouts *timeouts, struct timeout *timeout);

#endif
