#include "timeout.h"

#include "base/clock.h"

static void wheel_turn(void *arg);

static void
wheel_arm(struct timeouts *timeouts)
{
	loop_timer_set(timeouts->loop, &timeouts->tick, TIMEOUT_TICK_MS);
}

void
timeouts_init(struct timeouts *timeouts, struct loop *loop)
{
	*timeouts = (struct timeouts){ .loop = loop,
		.tick = { .fn = wheel_turn, .arg = timeouts } };
	for (unsigned i = 0; i <= TIMEOUT_SLOTS; i++)
		TAILQ_INIT(&timeouts->slots[i]);
}

void
timeouts_release(struct timeouts *timeouts)
{
	loop_timer_cancel(&timeouts->tick);
}

void
timeout_set(struct timeouts *timeouts, struct timeout *timeout, int64_t ms)
{
	int64_t now = clock_mono_ms();

	timeout_cancel(timeouts, timeout);
	if (timeouts->count == 0) {
		timeouts->done = now / TIMEOUT_TICK_MS;
		wheel_arm(timeouts);
	}
	timeout->when = now + ms;
	timeout->slot =
	    (unsigned)(timeout->when / TIMEOUT_TICK_MS + 1) % TIMEOUT_SLOTS;
	TAILQ_INSERT_TAIL(&timeouts->slots[timeout->slot], timeout, link);
	timeouts->count++;
}

void
timeout_cancel(struct timeouts *timeouts, struct timeout *timeout)
{
	if (timeout->when == 0)
		return;
	TAILQ_REMOVE(&timeouts->slots[timeout->slot], timeout, link);
	timeout->when = 0;
	timeouts->count--;
}

static void
move(struct timeouts *timeouts, struct timeout *timeout, unsigned slot)
{
	TAILQ_REMOVE(&timeouts->slots[timeout->slot], timeout, link);
	TAILQ_INSERT_TAIL(&timeouts->slots[slot], timeout, link);
	timeout->slot = slot;
}

/*
 * Serves one slot: what is due of it (the rest is for a later round) goes to a
 * list of its own first, for a handler may set and cancel as it likes.
 */
static void
wheel_serve(struct timeouts *timeouts, unsigned slot, int64_t now)
{
	struct timeout_list *due = &timeouts->slots[TIMEOUT_SLOTS];
	struct timeout *timeout, *next;

	TAILQ_FOREACH_SAFE(timeout, &timeouts->slots[slot], link, next)
		if (timeout->when <= now)
			move(timeouts, timeout, TIMEOUT_SLOTS);
	while ((timeout = TAILQ_FIRST(due)) != NULL) {
		timeout_cancel(timeouts, timeout);
		timeout->fn(timeout->arg);
	}
}

static void
wheel_turn(void *arg)
{
	struct timeouts *timeouts = arg;
	int64_t now = clock_mono_ms();
	int64_t tick = now / TIMEOUT_TICK_MS;

	if (tick - timeouts->done > TIMEOUT_SLOTS)
		timeouts->done = tick - TIMEOUT_SLOTS;
	while (timeouts->done < tick && timeouts->count > 0)
		wheel_serve(timeouts,
		    (unsigned)(++timeouts->done % TIMEOUT_SLOTS), now);
	timeouts->done = tick;
	if (timeouts->count > 0)
		wheel_arm(timeouts);
}
