#include "count.h"

#include <string.h>

#include "backend.h"
#include "client.h"
#include "exchange.h"
#include "stats/stats.h"
#include "worker.h"

void
count_in(struct worker *worker, struct stats *shared)
{
	char name[CONFIG_LABEL_SIZE];

	worker->shared = shared;
	worker->stats = stats_own(shared);
	for (unsigned i = 0; i < worker->config->nlisteners; i++) {
		struct worker_listener *listener = &worker->listeners[i];

		listener->row = stats_row(shared, STATS_LISTENERS,
		    config_listener_label(listener->config, name));
	}
	backends_find_rows(worker->backends, shared);
}

void
count_release(struct worker *worker)
{
	worker->stats = &worker->uncounted;
	stats_free(worker->shared);
	worker->shared = NULL;
}

void
count_client(const struct worker_listener *listener)
{
	struct stats_figures *own = listener->worker->stats;

	stats_add(&own->connections, 1);
	stats_add(&own->listeners[listener->row].connections, 1);
	stats_add(&own->open.clients, 1);
	stats_add(&own->open.listeners[listener->row], 1);
}

void
count_client_gone(const struct worker_listener *listener)
{
	struct stats_figures *own = listener->worker->stats;

	stats_sub(&own->open.clients, 1);
	stats_sub(&own->open.listeners[listener->row], 1);
}

void
count_turned_away(const struct worker_listener *listener)
{
	stats_turn_away(listener->worker->stats);
}

void
count_handshake(const struct client *client)
{
	const struct tls_session *tls = client->conn.tls;
	struct stats_figures *own = client->worker->stats;
	enum stats_tls version =
	    strcmp(tls_session_version(tls), "TLSv1.3") == 0 ? STATS_TLS_1_3
	                                                     : STATS_TLS_1_2;

	stats_add(&own->handshakes[version], 1);
	if (tls_session_resumed(tls))
		stats_add(&own->resumed[version], 1);
}

void
count_handshake_failed(const struct client *client)
{
	stats_add(&client->worker->stats->handshakes_failed, 1);
}

void
count_refusal(const struct worker_listener *listener, unsigned status)
{
	struct stats_figures *own = listener->worker->stats;

	stats_add(&own->listeners[listener->row].requests, 1);
	stats_answer(own, status);
	stats_refusal(own, status);
}

void
count_received(struct exchange *ex, uint64_t n)
{
	ex->received += n;
	stats_add(&ex->worker->stats->received, n);
}

void
count_sent(struct exchange *ex, uint64_t n)
{
	ex->sent += n;
	stats_add(&ex->worker->stats->sent, n);
}

void
count_own_answer(const struct exchange *ex)
{
	stats_refusal(ex->worker->stats, ex->status);
}

void
count_exchange(const struct exchange *ex)
{
	struct stats_figures *own = ex->worker->stats;

	stats_add(&own->listeners[ex->listener->row].requests, 1);
	stats_answer(own, ex->status);
	if (ex->backend != NULL && ex->answered > 0)
		stats_time(&own->backends[ex->backend->row],
		    ex->answered - ex->started);
}

void
count_tunnel(const struct exchange *ex)
{
	struct stats_figures *own = ex->worker->stats;

	stats_add(&own->tunnels, 1);
	stats_add(&own->open.tunnels, 1);
}

void
count_tunnel_gone(const struct exchange *ex)
{
	stats_sub(&ex->worker->stats->open.tunnels, 1);
}

void
count_request(const struct exchange *ex, const struct backend *backend)
{
	stats_add(&ex->worker->stats->backends[backend->row].requests, 1);
}

void
count_failure(const struct exchange *ex)
{
	stats_add(&ex->worker->stats->backends[ex->backend->row].errors, 1);
}

void
count_retry(const struct exchange *ex)
{
	stats_add(&ex->worker->stats->retries, 1);
}

void
count_connect(const struct backend *backend)
{
	struct stats_figures *own = backend->worker->stats;

	stats_add(&own->backends[backend->row].connects, 1);
	stats_add(&own->open.backends[backend->row], 1);
}

void
count_connect_gone(const struct backend *backend)
{
	stats_sub(&backend->worker->stats->open.backends[backend->row], 1);
}
