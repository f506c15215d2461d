/*
 * The seam to libevent, and the only file that names it: raw events over epoll,
 * one per descriptor, added once. In every resident process.
 */

#include "net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"

struct loop {
	struct event_base *base;
	struct loop_later *first; /* asked for in this round, in order */
	struct loop_later **last;
	bool stopped;
};

/* Edge triggering and a FIN as an event of its own: that is epoll. */
static struct event_base *
base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config == NULL)
		return NULL;
	if (event_config_require_features(
	        config, EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE) == 0 &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

/*
 * libevent keeps a few bytes for every descriptor that it ever watched. Among
 * the memory of connections each would hold a page when they have gone; here
 * they lie together. Untouched cells cost nothing; malloc() has the rest.
 */
#define CELLS 65536u

static union cell {
	union cell *next; /* when free */
	alignas(max_align_t) unsigned char room[32];
} cells[CELLS];
static union cell *free_cells;
static unsigned fresh_cells;

static bool
is_cell(const void *block)
{
	uintptr_t at = (uintptr_t)block;

	return at >= (uintptr_t)cells && at < (uintptr_t)(cells + CELLS);
}

static void *
cell_malloc(size_t size)
{
	union cell *cell = free_cells;

	if (size > sizeof(*cell))
		return malloc(size);
	if (cell != NULL)
		free_cells = cell->next;
	else if (fresh_cells < CELLS)
		cell = &cells[fresh_cells++];
	else
		return malloc(size);
	return cell;
}

static void
cell_free(void *block)
{
	union cell *cell = block;

	if (!is_cell(block)) {
		free(block);
		return;
	}
	cell->next = free_cells;
	free_cells = cell;
}

static void *
cell_realloc(void *block, size_t size)
{
	void *grown;

	if (block == NULL)
		return cell_malloc(size);
	if (!is_cell(block))
		return realloc(block, size);
	if (size <= sizeof(union cell))
		return block;
	grown = malloc(size);
	if (grown == NULL)
		return NULL;
	memcpy(grown, block, sizeof(union cell));
	cell_free(block);
	return grown;
}

struct loop *
loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	event_set_mem_functions(cell_malloc, cell_realloc, cell_free);
	loop->base = base_new();
	if (loop->base == NULL)
		fatal("cannot make an event loop: %s", strerror(errno));
	loop->last = &loop->first;
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	event_base_free(loop->base);
	free(loop);
}

static void
run_later(struct loop *loop)
{
	struct loop_later *next = loop->first;

	loop->first = NULL;
	loop->last = &loop->first;
	while (next != NULL) {
		struct loop_later *later = next;

		next = later->next; /* fn may free it */
		later->queued = false;
		later->fn(later->arg);
	}
}

void
loop_run(struct loop *loop)
{
	run_later(loop);
	while (!loop->stopped) {
		int flags = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;

		if (loop->first != NULL)
			flags |= EVLOOP_NONBLOCK;
		if (event_base_loop(loop->base, flags) == -1)
			fatal("event loop: %s", strerror(errno));
		run_later(loop);
	}
	loop->stopped = false;
}

void
loop_stop(struct loop *loop)
{
	loop->stopped = true;
	event_base_loopbreak(loop->base);
}

void
loop_later(struct loop *loop, struct loop_later *later)
{
	if (later->queued)
		return;
	later->queued = true;
	later->next = NULL;
	*loop->last = later;
	loop->last = &later->next;
}

static void
arm(struct event *ev, const struct timeval *after)
{
	if (event_add(ev, after) == -1)
		fatal("cannot watch an event: %s", strerror(errno));
}

static void
disarm(struct event *ev)
{
	if (event_initialized(ev))
		event_del(ev);
}

static void
on_io(evutil_socket_t fd, short what, void *arg)
{
	struct loop_io *io = arg;
	enum loop_events events = 0;

	(void)fd;
	if (what & EV_READ)
		events |= LOOP_READ;
	if (what & EV_WRITE)
		events |= LOOP_WRITE;
	if (what & EV_CLOSED)
		events |= LOOP_CLOSED;
	io->fn(io->arg, events);
}

void
loop_io_add(
    struct loop *loop, struct loop_io *io, int fd, enum loop_events events)
{
	short what = EV_PERSIST;

	if (events & LOOP_READ)
		what |= EV_READ;
	if (events & LOOP_WRITE)
		what |= EV_WRITE;
	if (events & LOOP_CLOSED)
		what |= EV_CLOSED;
	if (events & LOOP_EDGE)
		what |= EV_ET;
	event_assign(&io->ev, loop->base, fd, what, on_io, io);
	arm(&io->ev, NULL);
}

void
loop_io_del(struct loop_io *io)
{
	disarm(&io->ev);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *timer = arg;

	(void)fd;
	(void)what;
	timer->fn(timer->arg);
}

void
loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t ms)
{
	const struct timeval after = { ms / 1000, ms % 1000 * 1000 };

	if (!event_initialized(&timer->ev))
		evtimer_assign(&timer->ev, loop->base, on_timer, timer);
	arm(&timer->ev, &after);
}

void
loop_timer_cancel(struct loop_timer *timer)
{
	disarm(&timer->ev);
}

static void
on_signal(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *sig = arg;

	(void)signo;
	(void)what;
	sig->fn(sig->arg);
}

void
loop_signal_add(struct loop *loop, struct loop_signal *sig, int signo)
{
	evsignal_assign(&sig->ev, loop->base, signo, on_signal, sig);
	arm(&sig->ev, NULL);
}

void
loop_signal_del(struct loop_signal *sig)
{
	disarm(&sig->ev);
}
