#ifndef SUPERVISOR_GENERATION_H
#define SUPERVISOR_GENERATION_H

/*
 * A generation: one configuration and the processes that serve it. It starts
 * beside the one that serves, takes over when every worker of it is ready, and
 * lets its predecessor's connections end in peace. Start, reload and the
 * restart of a worker are this one path; a start that fails leaves everything
 * as it was.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/list.h"
#include "ipc/msg.h"
#include "monitor.h"
#include "net/loop.h"

struct bindings;
struct child;
struct diag;
struct plan;
struct slot;
struct supervisor;
struct worker;

enum generation_state {
	GENERATION_PREPARING, /* waits for placeholder certificates */
	GENERATION_STARTING,  /* waits for its workers */
	GENERATION_SERVING,
	GENERATION_LEAVING /* drains, or failed to start */
};

#define GENERATION_DRAIN_SECONDS 86400 /* WebSockets outlive a reload */
#define GENERATIONS_LEAVING_MAX 4
#define GENERATION_REPLACE_MS 5000 /* until its workers accept no more */

/* What the monitor said last of a backend; replayed to new workers. */
struct backend_state {
	bool known;
	bool up;
	bool reached;
	struct buf addresses;
};

struct generation {
	TAILQ_ENTRY(generation) entry; /* while leaving */
	struct supervisor *sup;
	unsigned number;
	enum generation_state state;
	struct plan *plan;
	int access_fd;             /* of its AccessLog; -1 = none */
	struct bindings *bindings; /* NULL once it drains or is leaving */
	struct slot **slots;       /* as config->certs; NULL once leaving */
	unsigned nslots;
	struct worker *workers;
	unsigned nworkers;
	struct backend_state *backends; /* as config->backends */
	struct monitor monitor;
};

/*
 * Takes the plan, and starts it as sup->starting. -1: nothing was started, and
 * diag says why.
 */
int generation_begin(
    struct supervisor *sup, struct plan *plan, struct diag *diag);

/* Goes on with a start, if what it waited for has come. */
void generation_check(struct generation *generation);

/* The start failed: sup->starting goes away, sup->current serves on. */
void generation_fail(struct generation *generation, const char *reason);

/*
 * A reload is over when the workers of sup->replaced accept no more: whoever
 * comes after its answer meets the new configuration. Ends it, if that is so.
 */
void generation_check_replaced(struct supervisor *sup);

/* Somebody whose answers were waited for is gone. */
void generation_check_swaps(struct generation *generation);

/* Closes its sockets, so far as no other generation has them. */
void generation_unlisten(struct generation *generation);

/* Tells every worker to finish within so many seconds. */
void generation_drain(struct generation *generation, unsigned seconds);

/* Frees those that are leaving and have no child left. */
void generation_sweep(struct supervisor *sup);

/* Frees it; its children must be gone or forgotten. */
void generation_free(struct generation *generation);

/* Opens its AccessLog anew, for every worker; else all stays as it is. */
int generation_reopen(struct generation *generation, struct error *err);

/* To every worker of it that runs. */
void generation_send(struct generation *generation, const struct msg *msg);

/* All that is known of the backends, to a worker that starts. */
void generation_send_backends(struct worker *worker);

/* The slot's number in this generation, or -1. */
int generation_slot(
    const struct generation *generation, const struct slot *slot);

/* Messages. */
void generation_backend_state(struct child *child, const struct msg *msg);
void generation_backend_mark(struct child *child, const struct msg *msg);

#endif
