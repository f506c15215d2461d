#ifndef SUPERVISOR_MONITOR_H
#define SUPERVISOR_MONITOR_H

/*
 * The supervisor's side of gatehouse-monitor: one process for the generation
 * that serves. It answers `gatehouse status` from rows that are sent when they
 * change, and all together to a new one.
 */

#include "backoff.h"
#include "ipc/msg.h"
#include "net/loop.h"

struct child;
struct generation;
struct slot;
struct supervisor;
struct worker;

#define MONITOR_MAGIC 0x6d6f6e69u

struct monitor {
	unsigned magic;
	struct generation *generation;
	struct child *child; /* NULL: none, or it is being restarted */
	struct backoff backoff;
	struct loop_timer timer;
};

struct monitor *monitor_from(void *arg);

void monitor_init(struct monitor *monitor, struct generation *generation);
void monitor_release(struct monitor *monitor);
void monitor_start(struct monitor *monitor);

/* Answers nobody who asks from now on: what it knows is out of date. */
void monitor_cease(struct monitor *monitor);

/* It may deliver what it was told, then exits. */
void monitor_stop(struct monitor *monitor);

/* Rows, to the monitor of the current generation if there is one. */
void monitor_show_worker(struct worker *worker);
void monitor_show_cert(struct slot *slot);

/* Any other row; a new one is told to Home Assistant, too. */
void monitor_tell(struct supervisor *sup, const struct msg *msg);

/* Messages. */
void monitor_on_failed(struct monitor *monitor, const char *reason);

#endif
