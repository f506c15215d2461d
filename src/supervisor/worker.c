#include "worker.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "bind.h"
#include "challenge.h"
#include "child.h"
#include "config/config.h"
#include "generation.h"
#include "ipc/affinity.h"
#include "monitor.h"
#include "plan.h"
#include "stats/journal.h"
#include "stats/stats.h"
#include "supervisor.h"
#include "swap.h"

struct worker *
worker_from(void *arg)
{
	struct worker *worker = arg;

	assert(worker->magic == WORKER_MAGIC);
	return worker;
}

static void
on_timer(void *arg)
{
	struct worker *worker = worker_from(arg);
	struct child *child = worker->child;

	if (worker->state == WORKER_EMPTY) {
		worker_start(worker);
		return;
	}
	log_err("worker %u (%s[%ld]) did not start within %d seconds",
	    worker->index, child->name, (long)child->pid,
	    WORKER_START_MS / 1000);
	child_kill(child);
	if (worker->generation == worker->generation->sup->starting)
		generation_fail(
		    worker->generation, "a worker did not start in time");
}

void
worker_init(
    struct worker *worker, struct generation *generation, unsigned index)
{
	*worker = (struct worker){ .magic = WORKER_MAGIC,
		.generation = generation,
		.index = index,
		.stats = -1,
		.timer = { .fn = on_timer, .arg = worker } };
	worker->swaps = xcalloc(generation->nslots, sizeof(*worker->swaps));
}

void
worker_release(struct worker *worker)
{
	loop_timer_cancel(&worker->timer);
	free(worker->swaps);
	worker->magic = 0;
}

static void
set_state(struct worker *worker, enum worker_state state)
{
	worker->state = state;
	monitor_show_worker(worker);
}

/* Those of the generation that serves are never missed for long. */
static void
restart(struct worker *worker)
{
	struct supervisor *sup = worker->generation->sup;
	int64_t wait = backoff_died(&worker->backoff, clock_mono_ms());

	if (wait > 0)
		log_warn("worker %u starts again in %lld ms", worker->index,
		    (long long)wait);
	loop_timer_set(sup->loop, &worker->timer, wait);
}

/* Each swap that the dead process has not answered is void. */
static void
empty(struct worker *worker)
{
	loop_timer_cancel(&worker->timer);
	set_state(worker, WORKER_EMPTY);
	worker->child = NULL;
	worker->ready = false;
	worker->draining = false;
	stats_leave(worker->generation->sup->stats, worker->stats);
	worker->stats = -1;
	for (unsigned i = 0; i < worker->generation->nslots; i++)
		worker->swaps[i] = (struct worker_swap){ 0 };
}

static void
after_exit(struct child *child, int status)
{
	struct worker *worker = worker_from(child->owner);
	struct generation *generation = worker->generation;
	struct supervisor *sup = generation->sup;
	bool expected = worker->state == WORKER_LEAVING;
	char text[CHILD_STATUS_SIZE];

	/* Before the log: who has read it may ask the monitor. */
	empty(worker);
	if (expected && status == 0) {
		log_info("worker %u of generation %u is gone", worker->index,
		    generation->number);
	} else {
		child_status_text(status, text);
		log_err("worker %u of generation %u (%s[%ld]) %s",
		    worker->index, generation->number, child->name,
		    (long)child->pid, text);
		journal_event(sup->journal, "worker-died",
		    "worker %u of generation %u %s", worker->index,
		    generation->number, text);
	}
	challenge_forget_worker(sup, worker);
	if (generation == sup->starting) {
		generation_fail(generation, "a worker died while starting");
	} else if (generation == sup->current && !expected) {
		restart(worker);
		generation_check_swaps(generation);
	}
	generation_check_replaced(sup);
	supervisor_sweep(sup);
}

static void
send_start(struct worker *worker)
{
	const struct generation *generation = worker->generation;
	const struct supervisor *sup = generation->sup;
	const struct plan *plan = generation->plan;
	struct msg msg = { .kind = MSG_START,
		.fd = plan->sealed,
		.u.START = { SUPERVISOR_TERMS(sup, plan),
		    .worker = worker->index, .generation = generation->number,
		    .root = plan->root, .started = sup->started_at } };

	child_send(worker->child, &msg);
}

/* More processes than slots: this one is not counted. */
static void
send_stats(struct worker *worker)
{
	const struct supervisor *sup = worker->generation->sup;
	struct msg msg = { .kind = MSG_STATS,
		.fd = stats_writer_fd(sup->stats) };

	worker->stats = stats_take(sup->stats);
	if (worker->stats == -1)
		return;
	msg.u.STATS.slot = (uint32_t)worker->stats;
	child_send(worker->child, &msg);
}

static void
send_listeners(struct worker *worker)
{
	const struct bindings *bindings = worker->generation->bindings;

	for (unsigned i = 0; i < bindings->count; i++) {
		struct msg msg = { .kind = MSG_LISTENER,
			.fd = bindings->list[i].fds[worker->index],
			.u.LISTENER = { .listener = i } };

		child_send(worker->child, &msg);
	}
}

/* One table for all generations. Who has none can serve all the same. */
static void
send_sessions(struct worker *worker)
{
	struct supervisor *sup = worker->generation->sup;
	struct msg msg = { .kind = MSG_SESSIONS };
	struct error err;

	if (worker->generation->plan->config->nsessions == 0)
		return;
	if (sup->sessions_fd == -1)
		sup->sessions_fd = affinity_create(&err);
	if (sup->sessions_fd == -1) {
		log_err("%s", err.msg);
		return;
	}
	msg.fd = sup->sessions_fd;
	child_send(worker->child, &msg);
}

static void
send_log_file(struct worker *worker)
{
	struct msg msg = { .kind = MSG_LOG_FILE,
		.fd = worker->generation->access_fd };

	if (msg.fd != -1)
		child_send(worker->child, &msg);
}

static void
send_ticket_keys(struct worker *worker)
{
	const struct ticket_keys *keys = &worker->generation->sup->tickets;

	for (size_t i = 0; i < keys->count; i++) {
		struct msg msg = { .kind = MSG_TICKET_KEY,
			.fd = -1,
			.u.TICKET_KEY.key = { keys->key[i], TICKET_KEY_SIZE } };

		child_send(worker->child, &msg);
	}
}

void
worker_start(struct worker *worker)
{
	struct generation *generation = worker->generation;
	struct supervisor *sup = generation->sup;
	const struct child_spec spec = {
		.role = IPC_PROXY, .owner = worker, .on_exit = after_exit
	};
	struct msg go = { .kind = MSG_WORKER_GO, .fd = -1 };
	struct error err = { 0 };

	backoff_started(&worker->backoff, clock_mono_ms());
	worker->child = child_spawn(&sup->children, &spec, &err);
	if (worker->child == NULL) {
		log_err("cannot start worker %u: %s", worker->index, err.msg);
		if (generation == sup->starting)
			generation_fail(generation, err.msg);
		else
			restart(worker);
		return;
	}
	set_state(worker, WORKER_STARTING);
	loop_timer_set(sup->loop, &worker->timer, WORKER_START_MS);
	send_start(worker);
	send_stats(worker);
	send_listeners(worker);
	send_log_file(worker);
	send_sessions(worker);
	send_ticket_keys(worker);
	for (unsigned i = 0; i < generation->nslots; i++)
		swap_replay(generation->slots[i], worker, i);
	generation_send_backends(worker);
	challenge_replay(sup, worker);
	child_send(worker->child, &go);
}

void
worker_swap(struct worker *worker, unsigned slot, uint32_t number,
    const struct buf *pem)
{
	struct msg msg = { .kind = MSG_CERT_SWAP,
		.fd = -1,
		.u.CERT_SWAP = { .slot = slot,
		    .serial_number = number,
		    .pem = { buf_data(pem), buf_len(pem) } } };

	worker->swaps[slot].sent = number;
	child_send(worker->child, &msg);
}

void
worker_drain(struct worker *worker, unsigned seconds)
{
	struct msg msg = { .kind = MSG_WORKER_DRAIN,
		.fd = -1,
		.u.WORKER_DRAIN = { .seconds = seconds } };

	loop_timer_cancel(&worker->timer);
	if (worker->child == NULL)
		return;
	set_state(worker, WORKER_LEAVING);
	child_send(worker->child, &msg);
	child_kill_after(
	    worker->child, 1000 * (int64_t)seconds + CHILD_EXIT_MS);
}

bool
worker_accepts(const struct worker *worker)
{
	return worker->child != NULL && worker->state == WORKER_LEAVING &&
	    !worker->draining;
}

void
worker_on_draining(struct worker *worker)
{
	worker->draining = true;
	generation_check_replaced(worker->generation->sup);
}

void
worker_leave(struct worker *worker)
{
	loop_timer_cancel(&worker->timer);
	if (worker->child == NULL)
		return;
	set_state(worker, WORKER_LEAVING);
	child_close(worker->child);
}

bool
worker_is_settled(const struct worker *worker)
{
	for (unsigned i = 0; i < worker->generation->nslots; i++)
		if (worker->swaps[i].sent != worker->swaps[i].answered)
			return false;
	return true;
}

void
worker_check(struct worker *worker)
{
	struct generation *generation = worker->generation;

	if (worker->state == WORKER_STARTING && worker->ready &&
	    worker_is_settled(worker)) {
		loop_timer_cancel(&worker->timer);
		set_state(worker, WORKER_SERVING);
		if (generation->state == GENERATION_SERVING)
			log_info("worker %u of generation %u is back",
			    worker->index, generation->number);
	}
	generation_check(generation);
}

void
worker_on_ready(struct worker *worker)
{
	worker->ready = true;
	worker_check(worker);
}

void
worker_on_failed(struct worker *worker, const char *reason)
{
	struct generation *generation = worker->generation;

	log_err("worker %u of generation %u cannot serve: %s", worker->index,
	    generation->number, reason);
	if (generation == generation->sup->starting)
		generation_fail(generation, reason);
	else
		child_kill(worker->child);
}
