#include "generation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accessfile.h"
#include "addresses.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "bind.h"
#include "challenge.h"
#include "child.h"
#include "config/config.h"
#include "ddns.h"
#include "mqtt.h"
#include "plan.h"
#include "renewal.h"
#include "slot.h"
#include "stats/stats.h"
#include "supervisor.h"
#include "swap.h"
#include "worker.h"

/* The same certificate keeps its slot, and with it everything known of it. */
static struct slot *
find_slot(const struct generation *old, const struct config_cert *config)
{
	if (old == NULL)
		return NULL;
	for (unsigned i = 0; i < old->nslots; i++)
		if (slot_serves(old->slots[i], config))
			return old->slots[i];
	return NULL;
}

static int
make_slots(struct generation *generation, struct diag *diag)
{
	const struct config *config = generation->plan->config;
	struct supervisor *sup = generation->sup;
	int rc = 0;

	generation->slots = xcalloc(config->ncerts, sizeof(struct slot *));
	for (unsigned i = 0; i < config->ncerts; i++) {
		struct slot *slot = find_slot(sup->current, config->certs[i]);

		if (slot != NULL)
			slot_ref(slot);
		else
			slot = slot_new(sup, config->certs[i], diag);
		if (slot == NULL)
			rc = -1; /* and on, to find every error in one go */
		else
			generation->slots[generation->nslots++] = slot;
	}
	return rc;
}

/* What the old monitor knows is true until the new one knows better. */
static void
inherit_backends(struct generation *generation, const struct generation *old)
{
	const struct config *ours = generation->plan->config;
	const struct config *theirs = old->plan->config;

	for (unsigned i = 0; i < ours->nbackends; i++)
		for (unsigned j = 0; j < theirs->nbackends; j++) {
			struct backend_state *state = &generation->backends[i];
			const struct backend_state *known = &old->backends[j];

			if (!known->known || state->known ||
			    ours->backends[i]->port !=
			        theirs->backends[j]->port ||
			    strcmp(ours->backends[i]->host,
			        theirs->backends[j]->host) != 0)
				continue;
			state->known = true;
			state->up = known->up;
			state->reached = known->reached;
			buf_append(&state->addresses,
			    buf_data(&known->addresses),
			    buf_len(&known->addresses));
		}
}

static void
make_workers(struct generation *generation)
{
	generation->nworkers = generation->plan->config->workers;
	generation->workers =
	    xcalloc(generation->nworkers, sizeof(*generation->workers));
	for (unsigned i = 0; i < generation->nworkers; i++)
		worker_init(&generation->workers[i], generation, i);
}

static int
open_access_log(struct generation *generation, struct diag *diag)
{
	const struct config *config = generation->plan->config;
	struct error err;

	if (config->access_log == NULL)
		return 0;
	generation->access_fd = accessfile_open(config->access_log, &err);
	if (generation->access_fd != -1)
		return 0;
	diag_add(
	    diag, DIAG_ERROR, config->access_log_pos, "AccessLog: %s", err.msg);
	return -1;
}

/* Before anybody looks for them: every backend and listener has a row. */
static void
name_figures(struct generation *generation)
{
	const struct config *config = generation->plan->config;
	struct stats *stats = generation->sup->stats;
	const struct config_listener *listener;
	char name[CONFIG_LABEL_SIZE];

	for (unsigned i = 0; i < config->nbackends; i++)
		stats_name(stats, STATS_BACKENDS,
		    config_backend_label(config->backends[i], name));
	for (listener = config->listeners; listener != NULL;
	     listener = listener->next)
		stats_name(stats, STATS_LISTENERS,
		    config_listener_label(listener, name));
}

int
generation_begin(struct supervisor *sup, struct plan *plan, struct diag *diag)
{
	struct generation *generation = xcalloc(1, sizeof(*generation));
	const struct bindings *held =
	    sup->current == NULL ? NULL : sup->current->bindings;

	assert(sup->starting == NULL);
	generation->sup = sup;
	generation->plan = plan;
	generation->backends =
	    xcalloc(plan->config->nbackends, sizeof(*generation->backends));
	generation->access_fd = -1;
	monitor_init(&generation->monitor, generation);
	if (open_access_log(generation, diag) == -1 ||
	    make_slots(generation, diag) == -1) {
		generation_free(generation);
		return -1;
	}
	generation->bindings = bindings_open(plan->config, held, diag);
	if (generation->bindings == NULL) {
		generation_free(generation);
		return -1;
	}
	make_workers(generation);
	if (sup->current != NULL)
		inherit_backends(generation, sup->current);
	name_figures(generation);
	generation->number = ++sup->generations;
	sup->starting = generation;
	for (unsigned i = 0; i < generation->nslots; i++)
		swap_need_pair(generation->slots[i]);
	generation_check(generation);
	return 0;
}

static void
release_slots(struct generation *generation)
{
	struct slot **slots = generation->slots;
	unsigned nslots = generation->nslots;

	generation->slots = NULL;
	generation->nslots = 0;
	for (unsigned i = 0; i < nslots; i++)
		slot_unref(slots[i]);
	free(slots);
}

void
generation_free(struct generation *generation)
{
	if (generation == NULL)
		return;
	for (unsigned i = 0; i < generation->nworkers; i++)
		worker_release(&generation->workers[i]);
	free(generation->workers);
	monitor_release(&generation->monitor);
	release_slots(generation);
	bindings_free(generation->bindings);
	if (generation->access_fd != -1)
		close(generation->access_fd);
	for (unsigned i = 0; i < generation->plan->config->nbackends; i++)
		buf_release(&generation->backends[i].addresses);
	free(generation->backends);
	plan_free(generation->plan);
	free(generation);
}

static bool
is_alive(const struct generation *generation)
{
	if (generation->monitor.child != NULL ||
	    generation == generation->sup->replaced)
		return true;
	for (unsigned i = 0; i < generation->nworkers; i++)
		if (generation->workers[i].child != NULL)
			return true;
	return false;
}

void
generation_sweep(struct supervisor *sup)
{
	struct generation *generation, *next;

	TAILQ_FOREACH_SAFE(generation, &sup->leaving, entry, next)
		if (!is_alive(generation)) {
			TAILQ_REMOVE(&sup->leaving, generation, entry);
			generation_free(generation);
		}
}

/* More than a few that drain for a day would be a leak in all but name. */
static void
limit_leaving(struct supervisor *sup)
{
	struct generation *generation;
	unsigned count = 0;

	TAILQ_FOREACH(generation, &sup->leaving, entry) {
		if (++count <= GENERATIONS_LEAVING_MAX)
			continue;
		log_warn("generation %u drains no longer: %u newer ones do",
		    generation->number, GENERATIONS_LEAVING_MAX);
		for (unsigned i = 0; i < generation->nworkers; i++)
			worker_leave(&generation->workers[i]);
	}
}

void
generation_check_swaps(struct generation *generation)
{
	for (unsigned i = 0; i < generation->nslots; i++)
		swap_check(generation->slots[i]);
}

void
generation_unlisten(struct generation *generation)
{
	bindings_free(generation->bindings);
	generation->bindings = NULL;
}

static void
retire(struct generation *generation)
{
	struct supervisor *sup = generation->sup;

	generation->state = GENERATION_LEAVING;
	TAILQ_INSERT_HEAD(&sup->leaving, generation, entry);
	generation_unlisten(generation);
	release_slots(generation);
	for (unsigned i = 0; i < generation->nworkers; i++)
		challenge_forget_worker(sup, &generation->workers[i]);
	limit_leaving(sup);
	supervisor_sweep(sup);
}

/* What the old one's slots have learnt of the same names meanwhile. */
static void
catch_up(struct generation *generation)
{
	for (unsigned i = 0; i < generation->nslots; i++)
		if (slot_is_auto(generation->slots[i]) &&
		    generation->slots[i]->refs == 1)
			slot_read_record(generation->slots[i]);
}

/* The last step of a start and of a reload. */
static void
begin_service(struct supervisor *sup)
{
	struct generation *old = sup->replaced;

	sup->replaced = NULL;
	loop_timer_cancel(&sup->replace_timer);
	if (old != NULL)
		monitor_cease(&old->monitor);
	supervisor_started(
	    sup); /* the old monitor still has an answer to give */
	if (old != NULL)
		monitor_stop(&old->monitor);
	addresses_update(sup);
	ddns_update(sup);
	monitor_start(&sup->current->monitor);
	mqtt_update(sup);
	generation_check_swaps(sup->current);
	renewal_update(sup);
	supervisor_sweep(sup);
}

/* One that hangs keeps nobody waiting. */
static void
on_replace_timer(void *arg)
{
	begin_service(arg);
}

void
generation_check_replaced(struct supervisor *sup)
{
	if (sup->replaced == NULL)
		return;
	for (unsigned i = 0; i < sup->replaced->nworkers; i++)
		if (worker_accepts(&sup->replaced->workers[i]))
			return;
	begin_service(sup);
}

/*
 * The new one accepts already when the old one is told to stop, so at no moment
 * is nobody there. Slots that both have belong to the new configuration now.
 */
static void
take_over(struct generation *generation)
{
	struct supervisor *sup = generation->sup;
	struct generation *old = sup->current;

	generation->state = GENERATION_SERVING;
	sup->current = generation;
	sup->starting = NULL;
	watch_set(&sup->watch, generation->plan->config->watched);
	for (unsigned i = 0; i < generation->nslots; i++)
		generation->slots[i]->config =
		    generation->plan->config->certs[i];
	if (old == NULL) {
		begin_service(sup);
		return;
	}
	catch_up(generation);
	sup->replaced = old;
	sup->replace_timer.fn = on_replace_timer;
	sup->replace_timer.arg = sup;
	loop_timer_set(sup->loop, &sup->replace_timer, GENERATION_REPLACE_MS);
	retire(old);
	generation_drain(old, GENERATION_DRAIN_SECONDS);
	generation_check_replaced(sup);
}

static void
start_workers(struct generation *generation)
{
	generation->state = GENERATION_STARTING;
	for (unsigned i = 0; i < generation->nworkers &&
	     generation->state == GENERATION_STARTING;
	     i++)
		worker_start(&generation->workers[i]);
}

static bool
has_placeholders_pending(const struct generation *generation)
{
	for (unsigned i = 0; i < generation->nslots; i++)
		if (generation->slots[i]->placeholder != NULL)
			return true;
	return false;
}

static bool
all_serve(const struct generation *generation)
{
	for (unsigned i = 0; i < generation->nworkers; i++) {
		const struct worker *worker = &generation->workers[i];

		if (worker->state != WORKER_SERVING ||
		    !worker_is_settled(worker))
			return false;
	}
	return true;
}

void
generation_check(struct generation *generation)
{
	if (has_placeholders_pending(generation))
		return;
	if (generation->state == GENERATION_PREPARING)
		start_workers(generation);
	else if (generation->state == GENERATION_STARTING &&
	    all_serve(generation))
		take_over(generation);
}

void
generation_fail(struct generation *generation, const char *reason)
{
	struct supervisor *sup = generation->sup;

	assert(generation == sup->starting);
	sup->starting = NULL;
	for (unsigned i = 0; i < generation->nworkers; i++)
		worker_leave(&generation->workers[i]);
	retire(generation);
	supervisor_start_failed(sup, reason);
	if (sup->current != NULL)
		generation_check_swaps(sup->current);
}

void
generation_drain(struct generation *generation, unsigned seconds)
{
	for (unsigned i = 0; i < generation->nworkers; i++)
		worker_drain(&generation->workers[i], seconds);
}

void
generation_send(struct generation *generation, const struct msg *msg)
{
	for (unsigned i = 0; i < generation->nworkers; i++)
		if (generation->workers[i].child != NULL)
			child_send(generation->workers[i].child, msg);
}

int
generation_reopen(struct generation *generation, struct error *err)
{
	struct msg msg = { .kind = MSG_LOG_FILE };
	int fd;

	if (generation->access_fd == -1)
		return 0;
	fd = accessfile_open(generation->plan->config->access_log, err);
	if (fd == -1)
		return -1;
	close(generation->access_fd);
	generation->access_fd = msg.fd = fd;
	generation_send(generation, &msg);
	return 0;
}

int
generation_slot(const struct generation *generation, const struct slot *slot)
{
	for (unsigned i = 0; i < generation->nslots; i++)
		if (generation->slots[i] == slot)
			return (int)i;
	return -1;
}

static struct msg
backend_message(const struct generation *generation, unsigned backend)
{
	const struct backend_state *state = &generation->backends[backend];

	return (struct msg){ .kind = MSG_BACKEND_STATE,
		.fd = -1,
		.u.BACKEND_STATE = { .backend = backend,
		    .up = state->up,
		    .reached = state->reached,
		    .addresses = { buf_data(&state->addresses),
		        buf_len(&state->addresses) } } };
}

void
generation_send_backends(struct worker *worker)
{
	const struct generation *generation = worker->generation;

	for (unsigned i = 0; i < generation->plan->config->nbackends; i++)
		if (generation->backends[i].known) {
			struct msg msg = backend_message(generation, i);

			child_send(worker->child, &msg);
		}
}

void
generation_backend_state(struct child *child, const struct msg *msg)
{
	const struct msg_BACKEND_STATE *said = &msg->u.BACKEND_STATE;
	struct generation *generation = monitor_from(child->owner)->generation;
	struct backend_state *state;
	struct msg forward;

	if (said->backend >= generation->plan->config->nbackends)
		return;
	state = &generation->backends[said->backend];
	state->known = true;
	state->up = said->up != 0;
	state->reached = said->reached != 0;
	buf_clear(&state->addresses);
	buf_append(&state->addresses, said->addresses.p, said->addresses.len);
	forward = backend_message(generation, said->backend);
	generation_send(generation, &forward);
	mqtt_look(generation->sup);
}

/* A worker that drains may speak of another configuration's backends. */
void
generation_backend_mark(struct child *child, const struct msg *msg)
{
	struct generation *generation = worker_from(child->owner)->generation;

	if (generation == generation->sup->current &&
	    generation->monitor.child != NULL)
		child_send(generation->monitor.child, msg);
}
