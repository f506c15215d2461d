#include "backend.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "ipc/chan.h"
#include "ipc/msg.h"
#include "tls/client.h"
#include "upstream.h"
#include "worker.h"

struct backends {
	unsigned count;
	uint64_t random; /* xorshift: nobody is hurt who foresees it */
	int64_t *credit; /* of the places of all services: what is owed them */
	struct backend backend[];
};

static int
at(const struct config_pos *pos, struct error *err)
{
	return error_wrap(err, "%s:%u:%u", pos->file, pos->line, pos->column);
}

static int
tls_init(struct backend *backend, struct tls_trust **system, struct error *err)
{
	const struct config_backend *config = backend->config;
	const struct tls_target target = { .name =
		                               config_backend_identity(config),
		.ca_file = config->ca_file,
		.insecure = config->insecure,
		.min_version = config->min_version,
		.ciphers = config->ciphers };

	if (!config->tls)
		return 0;
	backend->tls = tls_client_open(&target, system, err);
	if (backend->tls == NULL)
		return at(&config->ca_pos, err);
	if (config->cert.path != NULL &&
	    tls_client_identify(backend->tls, config->cert.path, err) == -1)
		return at(&config->cert.pos, err);
	return 0;
}

struct backends *
backends_new(struct worker *worker, struct error *err)
{
	const struct config *config = worker->config;
	struct backends *backends = xcalloc(
	    1, sizeof *backends + config->nbackends * sizeof(struct backend));
	struct tls_trust *system = NULL;
	int rc = 0;

	backends->count = config->nbackends;
	backends->random = (uint64_t)clock_mono_ms() << 16 | (unsigned)getpid();
	backends->credit = xcalloc(config->nplaces, sizeof(int64_t));
	for (unsigned i = 0; i < backends->count && rc == 0; i++) {
		struct backend *backend = &backends->backend[i];

		backend->worker = worker;
		backend->config = config->backends[i];
		backend->up = true;
		TAILQ_INIT(&backend->idle);
		if (backend->config->numeric) {
			backend->addresses[0] = backend->config->addr;
			backend->naddresses = 1;
		}
		backend->path = backend->config->path;
		if (backend->path != NULL && worker->jail != NULL)
			backend->path =
			    config_path_within(backend->path, worker->jail);
		rc = tls_init(backend, &system, err);
	}
	tls_trust_free(system);
	if (rc == 0)
		return backends;
	backends_free(backends);
	return NULL;
}

void
backends_free(struct backends *backends)
{
	if (backends == NULL)
		return;
	for (unsigned i = 0; i < backends->count; i++)
		tls_client_free(backends->backend[i].tls);
	free(backends->credit);
	free(backends);
}

void
backends_find_rows(struct backends *backends, const struct stats *stats)
{
	char name[CONFIG_LABEL_SIZE];

	for (unsigned i = 0; i < backends->count; i++) {
		struct backend *backend = &backends->backend[i];

		backend->row = stats_row(stats, STATS_BACKENDS,
		    config_backend_label(backend->config, name));
	}
}

void
backends_drop_idle(struct backends *backends)
{
	for (unsigned i = 0; i < backends->count; i++) {
		struct upstream *upstream, *next;

		TAILQ_FOREACH_SAFE(
		    upstream, &backends->backend[i].idle, link, next)
			upstream_close(upstream);
	}
}

void
backends_set_state(
    struct backends *backends, const struct msg_BACKEND_STATE *state)
{
	struct addr list[ADDR_LIST_MAX];
	struct backend *backend;
	int count;

	if (state->backend >= backends->count)
		return;
	backend = &backends->backend[state->backend];
	backend->up = state->up != 0;
	backend->ailing = !backend->up && state->reached != 0;
	backend->retry_at = 0;
	backend->refusals = 0;
	count = addr_list_read(list, state->addresses.p, state->addresses.len);
	if (backend->config->numeric || count <= 0)
		return;
	memcpy(backend->addresses, list, sizeof list);
	backend->naddresses = (unsigned)count;
	/* The one that answered the monitor is in front. */
	if (!backend->config->all_addresses)
		backend->next_address = 0;
}

struct backend *
backend_at(struct backends *backends, const struct config_service *service,
    unsigned at)
{
	return &backends->backend[service->backends[at]->id];
}

/* May it be tried: at all, and in a round that wants those that are up? */
static bool
is_eligible(struct backends *backends, const struct config_service *service,
    unsigned at, bool up)
{
	const struct backend *backend = backend_at(backends, service, at);

	if (service->priorities[at] == 0 || backend->up != up)
		return false;
	return up || backend->retry_at == 0 ||
	    clock_mono_ms() >= backend->retry_at;
}

static uint64_t
next_random(struct backends *backends)
{
	backends->random ^= backends->random << 13;
	backends->random ^= backends->random >> 7;
	backends->random ^= backends->random << 17;
	return backends->random;
}

static int
pick_by_chance(struct backends *backends, const struct config_service *service,
    uint64_t eligible)
{
	uint64_t sum = 0, drawn;
	unsigned at = 0;

	for (unsigned i = 0; i < CONFIG_BACKENDS_MAX; i++)
		if (eligible >> i & 1)
			sum += service->priorities[i];
	drawn = next_random(backends) % sum;
	for (;; at++) {
		if ((eligible >> at & 1) == 0)
			continue;
		if (drawn < service->priorities[at])
			return (int)at;
		drawn -= service->priorities[at];
	}
}

/*
 * Everybody is owed his share of each request, and the one who is owed most
 * gets it whole: shares are exact, and nobody gets many in a row.
 */
static int
pick_by_turns(struct backends *backends, const struct config_service *service,
    uint64_t eligible)
{
	int64_t *credit = backends->credit + service->first_place;
	int64_t sum = 0;
	int best = -1;

	for (unsigned i = 0; i < CONFIG_BACKENDS_MAX; i++) {
		if ((eligible >> i & 1) == 0)
			continue;
		credit[i] += service->priorities[i];
		sum += service->priorities[i];
		if (best == -1 || credit[i] > credit[best])
			best = (int)i;
	}
	credit[best] -= sum;
	return best;
}

/* Of the n backends of the service from `first` on; -1 if there is none. */
static int
pick_from(struct backends *backends, const struct config_service *service,
    uint64_t tried, unsigned first, unsigned n)
{
	for (int round = 0; round < 2; round++) {
		uint64_t eligible = 0;

		for (unsigned at = first; at < first + n; at++)
			if ((tried >> at & 1) == 0 &&
			    is_eligible(backends, service, at, round == 0))
				eligible |= (uint64_t)1 << at;
		if (eligible != 0)
			return service->balancer == BALANCE_RANDOM
			    ? pick_by_chance(backends, service, eligible)
			    : pick_by_turns(backends, service, eligible);
	}
	return -1;
}

int
backend_pick(struct backends *backends, const struct config_service *service,
    uint64_t tried, int wanted)
{
	int at;

	if (wanted >= 0 && (tried >> wanted & 1) == 0 &&
	    is_eligible(backends, service, (unsigned)wanted, true))
		return wanted;
	at = pick_from(backends, service, tried, 0, service->nbackends);
	if (at == -1)
		at = pick_from(backends, service, tried, service->nbackends,
		    service->nemergencies);
	return at;
}

const struct addr *
backend_address(struct backend *backend)
{
	if (backend->naddresses == 0)
		return NULL;
	return &backend->addresses[backend->next_address % backend->naddresses];
}

const struct addr *
backend_call(struct backend *backend)
{
	const struct addr *addr = backend_address(backend);

	if (backend->config->all_addresses)
		backend->next_address++;
	return addr;
}

static void
backend_mark(struct backend *backend, bool up)
{
	struct msg msg = { .kind = MSG_BACKEND_MARK, .fd = -1 };

	backend->up = up;
	msg.u.BACKEND_MARK.backend = backend->config->id;
	msg.u.BACKEND_MARK.up = up;
	chan_send(backend->worker->chan, &msg, NULL);
}

void
backend_refused(struct backend *backend)
{
	/* One that is taken in turn has been passed already. */
	if (!backend->config->all_addresses)
		backend->next_address++;
	if (++backend->refusals < backend->naddresses)
		return;
	backend->retry_at = clock_mono_ms() + BACKEND_RETRY_MS;
	if (backend->up || backend->ailing)
		backend_mark(backend, false);
	backend->ailing = false;
}

void
backend_distrusted(struct backend *backend, const struct error *why)
{
	int64_t now = clock_mono_ms();

	if (backend->told_at != 0 && now - backend->told_at < BACKEND_TELL_MS)
		return;
	backend->told_at = now;
	log_warn("backend %s: %s", backend->config->place, why->msg);
}

void
backend_answered(struct backend *backend)
{
	backend->refusals = 0;
	if (!backend->up && !backend->ailing)
		backend_mark(backend, true);
}

struct upstream *
backend_take_idle(struct backend *backend, bool fresh)
{
	struct upstream *upstream = TAILQ_FIRST(&backend->idle);

	if (upstream == NULL ||
	    (fresh &&
	        clock_mono_ms() - upstream->idle_since > BACKEND_FRESH_MS))
		return NULL;
	backend_remove_idle(backend, upstream);
	return upstream;
}

bool
backend_put_idle(struct backend *backend, struct upstream *upstream)
{
	if (backend->nidle >= BACKEND_IDLE_MAX || backend->worker->draining)
		return false;
	TAILQ_INSERT_HEAD(&backend->idle, upstream, link);
	backend->nidle++;
	return true;
}

void
backend_remove_idle(struct backend *backend, struct upstream *upstream)
{
	TAILQ_REMOVE(&backend->idle, upstream, link);
	backend->nidle--;
}
