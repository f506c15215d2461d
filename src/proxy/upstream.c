#include "upstream.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accesslog.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "body.h"
#include "count.h"
#include "edit.h"
#include "errorpage.h"
#include "exchange.h"
#include "forward.h"
#include "h1_write.h"
#include "location.h"
#include "net/listener.h"
#include "session.h"
#include "tls/client.h"
#include "tunnel.h"
#include "worker.h"

#define UPSTREAM_MAGIC 0x75707374u

/* A backend that takes no byte of an upload for so long has gone. */
#define UPSTREAM_STALL_MS 300000

static struct upstream *
upstream_from(void *arg)
{
	struct upstream *upstream = arg;

	assert(upstream->magic == UPSTREAM_MAGIC);
	return upstream;
}

static void
upstream_free(void *arg)
{
	struct upstream *upstream = upstream_from(arg);

	buf_release(&upstream->in);
	upstream->magic = 0;
	free(upstream);
}

void
upstream_close(struct upstream *upstream)
{
	struct worker *worker = upstream->backend->worker;

	if (upstream->state == UPSTREAM_CLOSED)
		return;
	if (upstream->state == UPSTREAM_IDLE)
		backend_remove_idle(upstream->backend, upstream);
	upstream->state = UPSTREAM_CLOSED;
	count_connect_gone(upstream->backend);
	if (upstream->exchange != NULL)
		upstream->exchange->upstream = NULL;
	upstream->exchange = NULL;
	timeout_cancel(&worker->timeouts, &upstream->timeout);
	conn_close(&upstream->conn);
}

/* Ends the exchange badly; the upstream is gone before that one hears it. */
static void
upstream_fail(struct upstream *upstream, enum exchange_failure why)
{
	struct exchange *ex = upstream->exchange;

	if (why == EXCHANGE_BROKEN && upstream->reused && !upstream->any_input)
		why = EXCHANGE_STALE;
	upstream_close(upstream);
	exchange_failed(ex, why);
}

static void
upstream_late(void *arg)
{
	struct upstream *upstream = upstream_from(arg);
	struct error err;

	switch (upstream->state) {
	case UPSTREAM_CONNECTING:
		log_warn("backend %s: no connection within %u s",
		    upstream->backend->config->host,
		    upstream->backend->config->connect_timeout);
		backend_refused(upstream->backend);
		upstream_fail(upstream, EXCHANGE_REFUSED);
		break;
	case UPSTREAM_HANDSHAKE:
		error_set(&err, ERR_TIMEOUT, "no TLS handshake within %u s",
		    upstream->backend->config->connect_timeout);
		backend_distrusted(upstream->backend, &err);
		upstream_fail(upstream, EXCHANGE_NO_TLS);
		break;
	case UPSTREAM_BUSY:
		upstream_fail(upstream, EXCHANGE_LATE);
		break;
	case UPSTREAM_IDLE:
		upstream_close(upstream);
		break;
	case UPSTREAM_CLOSED:
		break;
	}
}

static void
set_timeout(struct upstream *upstream, int64_t ms)
{
	timeout_set(
	    &upstream->backend->worker->timeouts, &upstream->timeout, ms);
}

/* Which deadline applies while a request goes out and its answer is awaited. */
static void
watch_request(struct upstream *upstream)
{
	struct worker *worker = upstream->backend->worker;

	if (upstream->in_body)
		return;
	if (upstream->exchange->request_done)
		set_timeout(upstream,
		    (int64_t)upstream->backend->config->timeout * 1000);
	else if (conn_blocked(&upstream->conn))
		set_timeout(upstream, UPSTREAM_STALL_MS);
	else
		timeout_cancel(&worker->timeouts, &upstream->timeout);
}

/* Regenerates the head behind which the first body bytes go. */
static void
begin_request(struct upstream *upstream, struct buf *head)
{
	upstream->head_sent = true;
	upstream->chunked_out =
	    upstream->exchange->body.framing == HTTP_CHUNKED;
	buf_clear(head);
	forward_request(upstream->exchange, head);
}

void
upstream_send(struct upstream *upstream, struct slice payload, bool end)
{
	struct buf *head = &upstream->backend->worker->head;
	char chunk[H1_CHUNK_HEAD_MAX];
	struct iovec iov[4];
	int n = 0;

	if (!upstream->head_sent) {
		begin_request(upstream, head);
		iov[n++] = (struct iovec){ buf_data(head), buf_len(head) };
	}
	if (upstream->chunked_out && payload.len > 0)
		iov[n++] =
		    (struct iovec){ chunk, h1_chunk_head(chunk, payload.len) };
	if (payload.len > 0)
		iov[n++] =
		    (struct iovec){ (void *)(uintptr_t)payload.p, payload.len };
	if (upstream->chunked_out)
		n += h1_write_chunk_end(&iov[n], payload.len > 0, end);
	/*
	 * A write that fails is not the end: the backend may have answered
	 * before it closed. Reading tells.
	 */
	if (n > 0 && conn_writev(&upstream->conn, iov, n) == -1)
		conn_again(&upstream->conn);
	watch_request(upstream);
}

void
upstream_flush(struct upstream *upstream)
{
	if (upstream->state == UPSTREAM_BUSY && !upstream->head_sent)
		upstream_send(upstream, (struct slice){ 0 }, false);
}

bool
upstream_takes_body(const struct upstream *upstream)
{
	return upstream->state == UPSTREAM_BUSY &&
	    !conn_blocked(&upstream->conn);
}

/*
 * The response is complete: the connection is free before the client side is
 * told, because that may free the exchange. It is not kept if there may be
 * more to read: that would pass for the answer to the next request.
 */
static struct exchange *
detach(struct upstream *upstream)
{
	struct exchange *ex = upstream->exchange;

	timeout_cancel(
	    &upstream->backend->worker->timeouts, &upstream->timeout);
	upstream->keep = upstream->keep && ex->request_done &&
	    upstream->head_sent && !conn_blocked(&upstream->conn) &&
	    !conn_hung_up(&upstream->conn) && !conn_readable(&upstream->conn);
	upstream->exchange = NULL;
	ex->upstream = NULL;
	return ex;
}

static void
release(struct upstream *upstream, bool surplus)
{
	if (surplus || !upstream->keep ||
	    !backend_put_idle(upstream->backend, upstream)) {
		upstream_close(upstream);
		return;
	}
	upstream->state = UPSTREAM_IDLE;
	upstream->idle_since = clock_mono_ms();
	buf_release(&upstream->in);
	set_timeout(upstream, BACKEND_IDLE_MS);
}

static void
finish(struct upstream *upstream, const struct http_response *head,
    const struct http_body *how, struct slice payload, bool surplus)
{
	struct exchange *ex = detach(upstream);

	count_sent(ex, payload.len);
	ex->response_done = true;
	ex->ops->respond(ex->client, head, how, payload, true);
	release(upstream, surplus);
}

/*
 * Body bytes, behind the head if it is given. Calls back into the client, which
 * may close everything: nothing of the upstream is touched afterwards.
 */
static void
read_body(struct upstream *upstream, const struct http_response *head,
    const struct http_body *how, char *data, size_t len)
{
	struct exchange *ex = upstream->exchange;
	struct slice payload;
	size_t used = 0;
	enum h1_result r;

	r = body_decode(&upstream->body, data, len, &used, &payload);
	if (r == H1_DONE) {
		finish(upstream, head, how, payload, used < len);
		return;
	}
	if (head != NULL || payload.len > 0) {
		count_sent(ex, payload.len);
		ex->ops->respond(ex->client, head, how, payload, false);
	}
	if (r != H1_MORE && upstream->exchange != NULL)
		upstream_fail(upstream, EXCHANGE_BAD);
}

/*
 * The page, in place of a body that nobody is to see. What of that is not there
 * yet is not waited for: the connection ends with it.
 */
static void
put_page(struct upstream *upstream, const struct http_response *head,
    struct slice page, char *data, size_t len)
{
	struct http_body how = { HTTP_BY_LENGTH, page.len };
	struct slice unseen;
	size_t used = 0;
	bool whole;

	whole =
	    body_decode(&upstream->body, data, len, &used, &unseen) == H1_DONE;
	if (slice_eq(upstream->exchange->req.method, "HEAD"))
		page.len = 0;
	finish(upstream, head, &how, page, !whole || used < len);
}

static void
switch_protocols(struct upstream *upstream, struct http_response *res,
    const char *rest, size_t len)
{
	struct exchange *ex = upstream->exchange;

	if (!ex->upgrade ||
	    !http_has_token(
	        res->fields, res->nfields, HTTP_UPGRADE, "websocket")) {
		upstream_fail(upstream, EXCHANGE_BAD);
		return;
	}
	timeout_cancel(
	    &upstream->backend->worker->timeouts, &upstream->timeout);
	forward_response(ex, res);
	accesslog_note(ex, res);
	tunnel_start(ex, res, (struct slice){ rest, len });
}

/*
 * aiohttp ends the chunks of a response to HEAD, which has none: whatever
 * announces a body that it may not have could send some of it.
 */
static bool
may_send_more(const struct http_response *res, const struct http_body *how)
{
	return how->framing == HTTP_NO_BODY &&
	    http_find(res->fields, res->nfields, HTTP_TRANSFER_ENCODING) !=
	    NULL;
}

static void
read_final(struct upstream *upstream, struct http_response *res, char *data,
    size_t len)
{
	struct exchange *ex = upstream->exchange;
	struct http_body how;
	struct slice page;
	bool replaced;

	if (h1_response_body(res, ex->req.method, &how) != H1_DONE) {
		upstream_fail(upstream, EXCHANGE_BAD);
		return;
	}
	upstream->keep = how.framing != HTTP_BY_CLOSE &&
	    !may_send_more(res, &how) &&
	    h1_keep_alive(res->version, res->fields, res->nfields);
	upstream->in_body = true;
	timeout_cancel(
	    &upstream->backend->worker->timeouts, &upstream->timeout);
	h1_body_init(&upstream->body, &how);
	ex->responded = true;
	ex->status = res->status;
	session_learn(ex, res);
	forward_response(ex, res);
	location_rewrite(ex, res);
	replaced = errorpage_replaces(ex, res, &page);
	edit_response(ex, res);
	accesslog_note(ex, res);
	if (replaced)
		put_page(upstream, res, page, data, len);
	else
		read_body(upstream, res, &how, data, len);
}

/* One complete response head, with what follows it. */
static void
read_head(struct upstream *upstream, char *data, size_t len)
{
	struct exchange *ex = upstream->exchange;
	unsigned nfields = upstream->scan.fields;
	size_t head_len = upstream->scan.head_len;
	struct http_response res = { 0 };
	struct http_field *fields =
	    arena_alloc(ex->arena, (nfields + 1) * sizeof *fields);

	if (fields == NULL ||
	    h1_parse_response(data, head_len, fields, nfields, &res) !=
	        H1_DONE) {
		upstream_fail(upstream, EXCHANGE_BAD);
		return;
	}
	ex->answered = clock_mono_ms();
	backend_answered(upstream->backend);
	upstream->scan = (struct h1_scan){ .response = true };
	if (res.status == 101) {
		switch_protocols(
		    upstream, &res, data + head_len, len - head_len);
	} else if (res.status >= 200) {
		read_final(upstream, &res, data + head_len, len - head_len);
	} else if (++upstream->interim > UPSTREAM_INTERIM_MAX) {
		upstream_fail(upstream, EXCHANGE_BAD);
	} else {
		forward_response(ex, &res);
		ex->ops->interim(ex->client, &res);
	}
}

/*
 * Bytes of the response head: a partial one waits in upstream->in. Interim
 * responses may stand before the final one in the same bytes.
 */
static void
read_heads(struct upstream *upstream, char *data, size_t len)
{
	struct buf *in = &upstream->in;

	if (buf_len(in) > 0) {
		if (buf_append(in, data, len) == -1) {
			upstream_fail(upstream, EXCHANGE_BAD);
			return;
		}
		data = (char *)buf_data(in);
		len = buf_len(in);
	}
	while (upstream->exchange != NULL && !upstream->in_body &&
	    upstream->exchange->tunnel == NULL) {
		enum h1_result r = h1_scan(&upstream->scan, data, len);
		size_t head_len = upstream->scan.head_len;

		if (r == H1_MORE) {
			if (data == (char *)buf_data(in))
				return;
			struct buf rest = { 0 };
			if (len > 0 && buf_append(&rest, data, len) == -1)
				upstream_fail(upstream, EXCHANGE_BAD);
			buf_release(in);
			*in = rest;
			return;
		}
		if (r != H1_DONE) {
			upstream_fail(upstream, EXCHANGE_BAD);
			return;
		}
		read_head(upstream, data, len);
		data += head_len;
		len -= head_len;
	}
}

static void
read_end(struct upstream *upstream)
{
	upstream->keep = false;
	if (upstream->in_body && h1_body_eof(&upstream->body))
		finish(upstream, NULL, NULL, (struct slice){ 0 }, false);
	else
		upstream_fail(upstream, EXCHANGE_BROKEN);
}

/* Reads while the client takes it, one buffer a turn. */
static void
upstream_pump(struct upstream *upstream)
{
	struct exchange *ex = upstream->exchange;
	struct worker *worker = upstream->backend->worker;
	char *data = (char *)worker->scratch;
	ssize_t n;

	if (!conn_readable(&upstream->conn) || ex->ops->blocked(ex->client))
		return;
	n = conn_read(&upstream->conn, data, WORKER_SCRATCH_SIZE);
	if (n == -1 && errno == EAGAIN)
		return;
	if (n == -1) {
		upstream_fail(upstream, EXCHANGE_BROKEN);
		return;
	}
	if (n == 0) {
		read_end(upstream);
		return;
	}
	upstream->any_input = true;
	if (upstream->in_body)
		read_body(upstream, NULL, NULL, data, (size_t)n);
	else
		read_heads(upstream, data, (size_t)n);
	if (upstream->state == UPSTREAM_BUSY)
		conn_read_on(&upstream->conn);
}

/*
 * A free local port that the kernel happens to choose as our own connects to
 * itself (simultaneous open): nobody is there.
 */
static bool
is_connected_to_itself(int fd, const struct addr *addr)
{
	struct addr local;

	return addr_is_loopback(addr) && listener_addr(fd, &local) == 0 &&
	    addr_eq(&local, addr);
}

/* The connection is there: the request may go. */
static void
upstream_open(struct upstream *upstream)
{
	struct exchange *ex = upstream->exchange;

	upstream->state = UPSTREAM_BUSY;
	watch_request(upstream);
	ex->ops->resume(ex->client);
}

static void
upstream_handshake(struct upstream *upstream)
{
	struct error err;

	conn_flush(&upstream->conn);
	switch (conn_handshake(&upstream->conn, &err)) {
	case TLS_AGAIN:
		break;
	case TLS_DONE:
		/* What was read ahead announces itself to nobody. */
		conn_again(&upstream->conn);
		upstream_open(upstream);
		break;
	case TLS_PLAIN_HTTP:
	case TLS_FAILED:
		backend_distrusted(upstream->backend, &err);
		upstream_fail(upstream, EXCHANGE_NO_TLS);
		break;
	}
}

static void
upstream_connected(struct upstream *upstream)
{
	socklen_t len = sizeof(int);
	int error = 0;

	getsockopt(upstream->conn.sock.fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0 || conn_hung_up(&upstream->conn) ||
	    is_connected_to_itself(upstream->conn.sock.fd, &upstream->addr)) {
		backend_refused(upstream->backend);
		upstream_fail(upstream, EXCHANGE_REFUSED);
		return;
	}
	if (upstream->backend->tls == NULL) {
		upstream_open(upstream);
		return;
	}
	upstream->conn.tls =
	    tls_session_connect(upstream->backend->tls, &upstream->conn.sock);
	if (upstream->conn.tls == NULL) {
		upstream_fail(upstream, EXCHANGE_NO_TLS);
		return;
	}
	upstream->state = UPSTREAM_HANDSHAKE;
	upstream_handshake(upstream);
}

/* An idle connection has nothing to say: bytes and FIN both end it. */
static void
idle_ready(struct upstream *upstream)
{
	char byte;

	if (conn_read(&upstream->conn, &byte, 1) == -1 && errno == EAGAIN)
		return;
	upstream_close(upstream);
}

static void
busy_ready(struct upstream *upstream)
{
	struct exchange *ex = upstream->exchange;
	bool blocked = conn_blocked(&upstream->conn);

	if (ex->tunnel != NULL) {
		tunnel_pump(ex->tunnel);
		return;
	}
	conn_flush(&upstream->conn);
	if (blocked && !conn_blocked(&upstream->conn)) {
		watch_request(upstream);
		if (!ex->request_done)
			ex->ops->resume(ex->client);
	}
	if (upstream->state == UPSTREAM_BUSY)
		upstream_pump(upstream);
}

static void
upstream_ready(void *arg)
{
	struct upstream *upstream = upstream_from(arg);

	switch (upstream->state) {
	case UPSTREAM_CONNECTING:
		upstream_connected(upstream);
		break;
	case UPSTREAM_HANDSHAKE:
		upstream_handshake(upstream);
		break;
	case UPSTREAM_BUSY:
		busy_ready(upstream);
		break;
	case UPSTREAM_IDLE:
		idle_ready(upstream);
		break;
	case UPSTREAM_CLOSED:
		break;
	}
}

void
upstream_resume(struct upstream *upstream)
{
	if (upstream->state != UPSTREAM_BUSY)
		return;
	if (upstream->exchange->tunnel != NULL)
		tunnel_pump(upstream->exchange->tunnel);
	else
		upstream_pump(upstream);
}

static void
attach(struct upstream *upstream, struct exchange *ex)
{
	count_request(ex, upstream->backend);
	upstream->exchange = ex;
	upstream->head_sent = false;
	upstream->chunked_out = false;
	upstream->in_body = false;
	upstream->keep = false;
	upstream->any_input = false;
	upstream->interim = 0;
	upstream->scan = (struct h1_scan){ .response = true };
}

static int
open_socket(const struct addr *addr, bool *connected)
{
	int one = 1;
	int fd = sock_connect(addr, connected);

	if (fd == -1)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	if (*connected && is_connected_to_itself(fd, addr)) {
		close(fd);
		return -1;
	}
	return fd;
}

static const struct conn_owner upstream_owner = { .ready = upstream_ready,
	.free = upstream_free };

struct upstream *
upstream_fresh(struct exchange *ex, struct backend *backend)
{
	const struct addr *addr = backend_call(backend);
	struct upstream *upstream;
	bool connected = false;
	int fd = -1;

	if (backend->path != NULL)
		fd = sock_connect_unix(backend->path, &connected);
	else if (addr != NULL)
		fd = open_socket(addr, &connected);
	if (fd == -1) {
		backend_refused(backend);
		return NULL;
	}
	upstream = xcalloc(1, sizeof *upstream);
	upstream->magic = UPSTREAM_MAGIC;
	upstream->backend = backend;
	upstream->addr = *addr;
	upstream->timeout.fn = upstream_late;
	upstream->timeout.arg = upstream;
	conn_open(
	    &upstream->conn, backend->worker, fd, &upstream_owner, upstream);
	count_connect(backend);
	attach(upstream, ex);
	connected = connected && backend->tls == NULL;
	upstream->state = connected ? UPSTREAM_BUSY : UPSTREAM_CONNECTING;
	if (!connected)
		set_timeout(
		    upstream, (int64_t)backend->config->connect_timeout * 1000);
	return upstream;
}

struct upstream *
upstream_start(struct exchange *ex, struct backend *backend)
{
	bool fresh = ex->upgrade || !exchange_is_repeatable(ex);
	struct upstream *upstream = backend_take_idle(backend, fresh);

	if (upstream == NULL)
		return upstream_fresh(ex, backend);
	attach(upstream, ex);
	upstream->reused = true;
	upstream->state = UPSTREAM_BUSY;
	return upstream;
}
