#ifndef NET_LOOP_H
#define NET_LOOP_H

/*
 * The event loop of a process: the seam to libevent. Watchers are embedded in
 * the objects that own them, so watching costs no allocation; they start
 * zeroed, with `fn` and `arg` set by their owner. A callback may remove any
 * watcher, its own too; once removed, the loop touches it no more. Whoever must
 * not free an object that callers up the stack use leaves that to loop_later().
 */

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *loop);
void loop_run(struct loop *loop); /* until loop_stop() */
void loop_stop(struct loop *loop);

enum loop_events {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	LOOP_CLOSED = 4, /* the peer's FIN; a RST is LOOP_READ | LOOP_WRITE */
	LOOP_EDGE = 8    /* edge-triggered */
};

struct loop_io {
	struct event ev;
	void (*fn)(void *arg, enum loop_events what);
	void *arg;
};

/* Starts watching at once and until loop_io_del(). */
void loop_io_add(
    struct loop *loop, struct loop_io *io, int fd, enum loop_events events);
void loop_io_del(struct loop_io *io); /* fine when not added */

struct loop_timer {
	struct event ev;
	void (*fn)(void *arg);
	void *arg;
};

/* One shot, `ms` from now; replaces an earlier setting. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t ms);
void loop_timer_cancel(struct loop_timer *timer); /* fine when not set */

/* Calls fn once, when every callback of this round has returned. */
struct loop_later {
	struct loop_later *next;
	void (*fn)(void *arg);
	void *arg;
	bool queued; /* asking again before it ran changes nothing */
};

void loop_later(struct loop *loop, struct loop_later *later);

struct loop_signal {
	struct event ev;
	void (*fn)(void *arg);
	void *arg;
};

void loop_signal_add(struct loop *loop, struct loop_signal *sig, int signo);
void loop_signal_del(struct loop_signal *sig);

#endif
