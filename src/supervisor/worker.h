#ifndef SUPERVISOR_WORKER_H
#define SUPERVISOR_WORKER_H

/*
 * The place of one gatehouse-proxy in a generation: it is filled again when the
 * process in it dies, on the same sockets. What a new process must know is
 * replayed to it before it may accept.
 */

#include <stdbool.h>
#include <stdint.h>

#include "backoff.h"
#include "ipc/msg.h"
#include "net/loop.h"

struct buf;
struct child;
struct generation;

#define WORKER_MAGIC 0x776f726bu
#define WORKER_START_MS 10000 /* until WORKER_READY and every answer */

enum worker_state {
	WORKER_EMPTY, /* no process: not yet, or waiting for a restart */
	WORKER_STARTING,
	WORKER_SERVING,
	WORKER_LEAVING /* it drains, or was told to exit */
};

/* The last pair sent for a slot, and the last answer, by their numbers. */
struct worker_swap {
	uint32_t sent; /* 0 = none */
	uint32_t answered;
};

struct worker {
	unsigned magic;
	struct generation *generation;
	unsigned index;
	struct child *child; /* NULL when empty */
	enum worker_state state;
	bool ready;                /* it said so */
	bool draining;             /* the same: it accepts no more */
	int stats;                 /* where it counts; -1 = nowhere */
	struct worker_swap *swaps; /* one per slot */
	struct backoff backoff;
	struct loop_timer timer; /* the start's end, or the next start */
};

struct worker *worker_from(void *arg);

void worker_init(
    struct worker *worker, struct generation *generation, unsigned index);
void worker_release(struct worker *worker); /* it must be empty */

/* Starts a process; if that fails, again later by itself, or the generation. */
void worker_start(struct worker *worker);

/* Sends a pair for a slot; `number` comes back with the answer. */
void worker_swap(struct worker *worker, unsigned slot, uint32_t number,
    const struct buf *pem);

/* Stop accepting, exit within so many seconds; also when it drains already. */
void worker_drain(struct worker *worker, unsigned seconds);

/* May a client still come to it? */
bool worker_accepts(const struct worker *worker);

/* It never served: it is to exit. */
void worker_leave(struct worker *worker);

/* Has it answered every pair that it was sent? */
bool worker_is_settled(const struct worker *worker);

/* Counts as serving, if it is ready and settled. */
void worker_check(struct worker *worker);

/* Messages. */
void worker_on_ready(struct worker *worker);
void worker_on_failed(struct worker *worker, const char *reason);
void worker_on_draining(struct worker *worker);

#endif
