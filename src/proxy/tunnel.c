#include "tunnel.h"

#include <errno.h>

#include "base/arena.h"
#include "conn.h"
#include "count.h"
#include "exchange.h"
#include "timeout.h"
#include "upstream.h"
#include "worker.h"

struct direction {
	struct conn *from, *to;
	void (*count)(struct exchange *ex, uint64_t n);
	bool ended;    /* `from` has said its last byte */
	bool finished; /* `to` was told so */
};

struct tunnel {
	struct exchange *ex;
	struct direction down, up; /* to the client, to the backend */
	struct timeout timeout;
	int64_t idle_ms; /* 0: a quiet tunnel may live for ever */
};

static void
tunnel_end(struct tunnel *tunnel)
{
	struct exchange *ex = tunnel->ex;

	ex->response_done = true;
	ex->ops->cut(ex->client);
}

static void
tunnel_late(void *arg)
{
	tunnel_end(arg);
}

/*
 * One buffer in one direction. Returns -1 when the connection broke, else
 * whether anything moved.
 */
static int
move(struct tunnel *tunnel, struct direction *way)
{
	struct worker *worker = tunnel->ex->worker;
	struct iovec iov = { .iov_base = worker->scratch };
	ssize_t n;

	if (conn_flush(way->to) == -1)
		return -1;
	if (!way->ended && conn_readable(way->from) && !conn_blocked(way->to)) {
		n = conn_read(way->from, worker->scratch, WORKER_SCRATCH_SIZE);
		if (n > 0) {
			iov.iov_len = (size_t)n;
			way->count(tunnel->ex, (size_t)n);
			conn_read_more(way->from);
			return conn_writev(way->to, &iov, 1) == -1 ? -1 : 1;
		}
		/*
		 * FIN without close_notify: frames have ends of their own, so
		 * that there is no telling a cut apart to be had from TLS.
		 */
		way->ended = n == 0 ||
		    (n == -1 && errno == EPROTO && way->from->sock.eof);
		if (n == -1 && errno != EAGAIN && !way->ended)
			return -1;
	}
	if (way->ended && !way->finished && !conn_blocked(way->to)) {
		way->finished = true;
		conn_finish(way->to);
		return 1;
	}
	return 0;
}

void
tunnel_pump(struct tunnel *tunnel)
{
	struct worker *worker = tunnel->ex->worker;
	int up = move(tunnel, &tunnel->up);
	int down = up == -1 ? -1 : move(tunnel, &tunnel->down);

	if (down == -1 || (tunnel->up.finished && tunnel->down.finished)) {
		tunnel_end(tunnel);
		return;
	}
	if (up + down == 0)
		return;
	if (tunnel->up.finished || tunnel->down.finished)
		timeout_set(
		    &worker->timeouts, &tunnel->timeout, TUNNEL_HALF_CLOSED_MS);
	else if (tunnel->idle_ms > 0)
		timeout_set(
		    &worker->timeouts, &tunnel->timeout, tunnel->idle_ms);
}

void
tunnel_start(
    struct exchange *ex, const struct http_response *head, struct slice rest)
{
	struct conn *backend = &ex->upstream->conn;
	struct conn *client = ex->ops->upgrade(ex->client, head);
	struct tunnel *tunnel;
	struct iovec iov = { .iov_base = (void *)(uintptr_t)rest.p,
		.iov_len = rest.len };

	if (client == NULL)
		return;
	ex->responded = true;
	ex->status = head->status;
	tunnel = arena_alloc(ex->arena, sizeof *tunnel);
	if (tunnel == NULL) {
		ex->ops->cut(ex->client);
		return;
	}
	*tunnel = (struct tunnel){ .ex = ex,
		.down = { .from = backend, .to = client, .count = count_sent },
		.up = { .from = client,
		    .to = backend,
		    .count = count_received },
		.timeout = { .fn = tunnel_late, .arg = tunnel },
		.idle_ms = (int64_t)ex->backend->config->ws_timeout * 1000 };
	ex->tunnel = tunnel;
	count_tunnel(ex);
	count_sent(ex, rest.len);
	if (rest.len > 0)
		conn_writev(client, &iov, 1);
	tunnel_pump(tunnel);
}

void
tunnel_release(struct tunnel *tunnel)
{
	count_tunnel_gone(tunnel->ex);
	timeout_cancel(&tunnel->ex->worker->timeouts, &tunnel->timeout);
}
