#include "monitor.h"

#include <assert.h>
#include <stdlib.h>

#include "authority.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "bind.h"
#include "child.h"
#include "chore.h"
#include "config/config.h"
#include "ddns.h"
#include "ddns_ask.h"
#include "generation.h"
#include "job.h"
#include "mqtt.h"
#include "plan.h"
#include "portmap.h"
#include "reload.h"
#include "renewal.h"
#include "slot.h"
#include "stats/journal.h"
#include "stats/stats.h"
#include "supervisor.h"
#include "worker.h"

static const char *const state_names[] = {
	[WORKER_EMPTY] = "gone",
	[WORKER_STARTING] = "starting",
	[WORKER_SERVING] = "serving",
	[WORKER_LEAVING] = "draining",
};

struct monitor *
monitor_from(void *arg)
{
	struct monitor *monitor = arg;

	assert(monitor->magic == MONITOR_MAGIC);
	return monitor;
}

static void
on_timer(void *arg)
{
	monitor_start(monitor_from(arg));
}

void
monitor_init(struct monitor *monitor, struct generation *generation)
{
	*monitor = (struct monitor){ .magic = MONITOR_MAGIC,
		.generation = generation,
		.timer = { .fn = on_timer, .arg = monitor } };
}

void
monitor_release(struct monitor *monitor)
{
	loop_timer_cancel(&monitor->timer);
	monitor->magic = 0;
}

static void
restart(struct monitor *monitor)
{
	loop_timer_set(monitor->generation->sup->loop, &monitor->timer,
	    backoff_died(&monitor->backoff, clock_mono_ms()));
}

static void
after_exit(struct child *child, int status)
{
	struct monitor *monitor = monitor_from(child->owner);
	struct supervisor *sup = monitor->generation->sup;
	char text[CHILD_STATUS_SIZE];

	monitor->child = NULL;
	renewal_forget(sup, child);
	chore_forget(sup, child);
	ddns_ask_forget(sup, child);
	reload_forget(sup, child);
	portmap_forget(sup, child);
	if (!child->closing) {
		child_status_text(status, text);
		log_err("%s[%ld] %s", child->name, (long)child->pid, text);
		journal_event(sup->journal, "monitor-died", "%s", text);
	}
	if (monitor->generation == sup->current && !child->closing)
		restart(monitor);
	supervisor_sweep(sup);
}

/* The monitor of the generation that serves, NULL while there is none. */
static struct child *
current(const struct supervisor *sup)
{
	return sup->current == NULL ? NULL : sup->current->monitor.child;
}

static void
send_start(struct monitor *monitor)
{
	const struct generation *generation = monitor->generation;
	const struct supervisor *sup = generation->sup;
	struct msg msg = { .kind = MSG_START,
		.fd = generation->plan->sealed,
		.u.START = { SUPERVISOR_TERMS(sup, generation->plan),
		    .generation = generation->number,
		    .started = sup->started_at } };
	struct msg control = { .kind = MSG_CONTROL_LISTENER,
		.fd = sup->control_fd };

	child_send(monitor->child, &msg);
	if (sup->control_fd != -1)
		child_send(monitor->child, &control);
	if (generation->bindings != NULL &&
	    generation->bindings->status.fds != NULL) {
		msg = (struct msg){ .kind = MSG_STATUS_LISTENER,
			.fd = generation->bindings->status.fds[0] };
		child_send(monitor->child, &msg);
	}
	msg = (struct msg){ .kind = MSG_STATS,
		.fd = stats_reader_fd(sup->stats) };
	child_send(monitor->child, &msg);
	msg =
	    (struct msg){ .kind = MSG_JOURNAL, .fd = journal_fd(sup->journal) };
	child_send(monitor->child, &msg);
}

static void
show_listeners(struct child *child, const struct bindings *bindings)
{
	for (unsigned i = 0; i < bindings->count; i++) {
		char text[ADDR_TEXT_SIZE];
		struct msg msg = { .kind = MSG_SHOW_LISTENER,
			.fd = -1,
			.u.SHOW_LISTENER = { .listener = i,
			    .address =
			        addr_text(&bindings->list[i].actual, text) } };

		child_send(child, &msg);
	}
}

static void
show_workers(const struct generation *generation)
{
	for (unsigned i = 0; i < generation->nworkers; i++)
		if (generation->workers[i].state != WORKER_EMPTY)
			monitor_show_worker(&generation->workers[i]);
}

static void
show_everything(struct monitor *monitor)
{
	struct generation *generation = monitor->generation, *leaving;

	if (generation->bindings != NULL)
		show_listeners(monitor->child, generation->bindings);
	show_workers(generation);
	TAILQ_FOREACH(leaving, &generation->sup->leaving, entry)
		show_workers(leaving);
	for (unsigned i = 0; i < generation->nslots; i++)
		monitor_show_cert(generation->slots[i]);
	portmap_show(generation->sup);
	ddns_show_all(generation->sup);
	mqtt_show(generation->sup);
}

void
monitor_start(struct monitor *monitor)
{
	struct supervisor *sup = monitor->generation->sup;
	const struct child_spec spec = {
		.role = IPC_MONITOR, .owner = monitor, .on_exit = after_exit
	};
	struct msg go = { .kind = MSG_WORKER_GO, .fd = -1 };
	struct error err = { 0 };

	backoff_started(&monitor->backoff, clock_mono_ms());
	monitor->child = child_spawn(&sup->children, &spec, &err);
	if (monitor->child == NULL) {
		log_err("cannot start the monitor: %s", err.msg);
		restart(monitor);
		return;
	}
	send_start(monitor);
	show_everything(monitor);
	child_send(monitor->child, &go);
}

void
monitor_cease(struct monitor *monitor)
{
	struct msg msg = { .kind = MSG_CONTROL_CEASE, .fd = -1 };

	if (monitor->child != NULL)
		child_send(monitor->child, &msg);
}

void
monitor_stop(struct monitor *monitor)
{
	loop_timer_cancel(&monitor->timer);
	if (monitor->child != NULL)
		child_close(monitor->child);
}

void
monitor_show_worker(struct worker *worker)
{
	struct msg msg = { .kind = MSG_SHOW_WORKER,
		.fd = -1,
		.u.SHOW_WORKER = { .worker = worker->index,
		    .generation = worker->generation->number,
		    .state = state_names[worker->state] } };

	if (worker->child == NULL)
		return;
	msg.u.SHOW_WORKER.pid = worker->child->pid;
	monitor_tell(worker->generation->sup, &msg);
}

/* The names that the certificate has, or those that it is to have. */
static char *
names_of(const struct slot *slot)
{
	struct buf names = { 0 };

	if (slot->facts.known)
		return xstrdup(slot->facts.names);
	for (unsigned i = 0; i < slot->config->nnames; i++)
		buf_printf(
		    &names, "%s%s", i > 0 ? " " : "", slot->config->names[i]);
	return buf_detach(&names, NULL);
}

static char *
problem_of(const struct slot *slot)
{
	const struct record *record = &slot->record;

	if (record->problem == NULL)
		return xstrdup("");
	return xasprintf("%s: %s", record->problem,
	    record->detail == NULL ? "" : record->detail);
}

/* One word: how the certificate is, the worst of it first. */
static const char *
state_of(const struct slot *slot)
{
	const struct record *record = &slot->record;

	if (!slot_is_auto(slot))
		return "own";
	if (slot->fresh || (slot->job != NULL && slot->job->kind == JOB_ISSUE))
		return "issuing";
	if (record->schedule.failures > 0)
		return "failing";
	if (record->revoked != NULL && slot->facts.known &&
	    strcmp(record->revoked, slot->facts.serial) == 0)
		return "revoked";
	if (slot->facts.known && slot_dates(slot) == NULL)
		return "missing";
	if (slot->source == SLOT_NONE || slot->source == SLOT_PLACEHOLDER)
		return "missing";
	return "valid";
}

/* What is overdue is due now, unless the clock is not one to decide by. */
static void
show_next(const struct slot *slot, struct msg_SHOW_CERT *row)
{
	enum schedule_reason reason;
	int64_t next = renewal_next(slot, &reason), now = clock_wall();

	row->next_attempt = next > now ? next : now;
	row->reason = slot->sup->clock_is_good
	    ? schedule_reason_text(reason)
	    : "when the clock has been set right";
}

/* What is known of getting the next one. */
static void
show_renewal(const struct slot *slot, struct msg_SHOW_CERT *row)
{
	const struct record *record = &slot->record;
	const struct config_acme *acme = authority_next(slot, clock_wall());

	show_next(slot, row);
	row->issued_by = record->issuer;
	row->directory = acme->directory;
	row->profile = acme->profile;
	row->window_start = record->schedule.window_start;
	row->window_end = record->schedule.window_end;
	row->chosen = record->schedule.chosen;
	row->attempts = record->attempts;
	row->failures = record->schedule.failures;
	row->advice = record->advice;
}

void
monitor_show_cert(struct slot *slot)
{
	struct supervisor *sup = slot->sup;
	struct msg msg = { .kind = MSG_SHOW_CERT, .fd = -1 };
	struct msg_SHOW_CERT *row = &msg.u.SHOW_CERT;
	int index = -1;
	char *names, *problem;

	if (current(sup) != NULL)
		index = generation_slot(sup->current, slot);
	if (index == -1)
		return;
	names = names_of(slot);
	problem = problem_of(slot);
	row->slot = (uint32_t)index;
	row->names = names;
	row->source = slot_source_name(slot);
	row->state = state_of(slot);
	row->problem = problem;
	if (slot_is_auto(slot))
		show_renewal(slot, row);
	if (slot->facts.known) {
		row->serial = slot->facts.serial;
		row->issuer = slot->facts.issuer;
		row->not_before = slot->facts.dates.not_before;
		row->not_after = slot->facts.dates.not_after;
	}
	monitor_tell(sup, &msg);
	free(names);
	free(problem);
}

void
monitor_tell(struct supervisor *sup, const struct msg *msg)
{
	struct child *child = current(sup);

	if (child == NULL)
		return;
	child_send(child, msg);
	if (msg->kind != MSG_SHOW_MQTT && msg->kind != MSG_STATUS_WANTED)
		mqtt_look(sup);
}

void
monitor_on_failed(struct monitor *monitor, const char *reason)
{
	log_err("the monitor cannot serve: %s", reason);
	child_kill(monitor->child);
}
