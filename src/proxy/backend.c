#include "backend.h"

#include <stdlib.h>
#include <string.h>

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
	unsigned turn; /* round robin */
	struct backend backend[];
};

static int
tls_init(struct backend *backend, struct tls_trust **system, struct error *err)
{
	const struct config_backend *config = backend->config;
	const struct tls_target target = { .name = config_backend_name(config),
		.ca_file = config->ca_file,
		.insecure = config->insecure };

	if (!config->tls)
		return 0;
	backend->tls = tls_client_open(&target, system, err);
	if (backend->tls != NULL)
		return 0;
	return error_wrap(err, "%s:%u:%u", config->ca_pos.file,
	    config->ca_pos.line, config->ca_pos.column);
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
	count = addr_list_read(list, state->addresses.p, state->addresses.len);
	if (backend->config->numeric || count <= 0)
		return;
	memcpy(backend->addresses, list, sizeof list);
	backend->naddresses = (unsigned)count;
}

/* Of the n backends of the service from `first` on. */
static struct backend *
pick_from(struct backends *backends, const struct config_service *service,
    uint64_t *tried, unsigned first, unsigned n)
{
	unsigned start = n > 1 ? backends->turn++ % n : 0;
	int64_t now = 0;

	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < n; i++) {
			unsigned at = first + (start + i) % n;
			uint64_t bit = (uint64_t)1 << at;
			struct backend *backend =
			    &backends->backend[service->backends[at]->id];

			if (*tried & bit)
				continue;
			if (!backend->up) {
				if (round == 0)
					continue;
				now = now ? now : clock_mono_ms();
				if (now < backend->retry_at)
					continue;
			}
			*tried |= bit;
			return backend;
		}
	}
	return NULL;
}

struct backend *
backend_pick(struct backends *backends, const struct config_service *service,
    uint64_t *tried)
{
	unsigned n = service->nbackends < 64 ? service->nbackends : 64;
	unsigned more = 64 - n;
	struct backend *backend = pick_from(backends, service, tried, 0, n);

	if (service->nemergencies < more)
		more = service->nemergencies;
	if (backend == NULL && more > 0)
		backend = pick_from(backends, service, tried, n, more);
	return backend;
}

const struct addr *
backend_address(struct backend *backend)
{
	if (backend->naddresses == 0)
		return NULL;
	return &backend->addresses[backend->next_address % backend->naddresses];
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
	backend->next_address++;
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
	log_warn("backend %s port %u: %s", backend->config->host,
	    backend->config->port, why->msg);
}

void
backend_answered(struct backend *backend)
{
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
