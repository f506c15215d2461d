#include "h1_server.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "accesslog.h"
#include "answer.h"
#include "base/clock.h"
#include "body.h"
#include "client.h"
#include "count.h"
#include "errorpage.h"
#include "exchange.h"
#include "h1_write.h"
#include "tls/server.h"
#include "tunnel.h"
#include "worker.h"

/* A partial head is read on in pieces of this size. */
#define H1_READ_SIZE (16u * 1024)

static const struct exchange_ops h1_ops;

void
h1_server_init(struct h1_server *h1, struct client *client)
{
	*h1 = (struct h1_server){ .client = client };
}

void
h1_server_release(struct h1_server *h1)
{
	exchange_end(h1->exchange);
	h1->exchange = NULL;
	buf_release(&h1->in);
}

/* Is this the last response on the connection? */
static bool
h1_is_last(const struct h1_server *h1)
{
	return !h1->keep_alive || !h1->exchange->request_done;
}

/*
 * A client that asked for the end and sent all it had will send nothing that a
 * reset could answer: so nothing has to be waited for.
 */
static bool
h1_is_over(const struct h1_server *h1)
{
	const struct http_request *req = &h1->exchange->req;

	return h1->exchange->request_done && buf_len(&h1->in) == 0 &&
	    !h1_keep_alive(req->version, req->fields, req->nfields) &&
	    conn_is_settled(&h1->client->conn);
}

/* The exchange is complete: on to the next request, or the end. */
static void
h1_next(struct h1_server *h1)
{
	struct client *client = h1->client;
	bool last = h1_is_last(h1);
	bool over = last && h1_is_over(h1);

	exchange_end(h1->exchange);
	h1->exchange = NULL;
	h1->scan = (struct h1_scan){ 0 };
	if (last) {
		if (over)
			client_abort(client);
		else
			client_finish(client);
		return;
	}
	if (buf_len(&h1->in) == 0)
		buf_release(&h1->in);
	if (buf_len(&h1->in) > 0 || conn_readable(&client->conn))
		conn_again(&client->conn);
	/* A wait of its own, even if the answer came between two looks. */
	client->wait = CLIENT_WAIT_NOTHING;
	client_watch(client);
}

static void
h1_write_parts(struct h1_server *h1, const struct iovec *iov, int n)
{
	if (n > 0 && conn_writev(&h1->client->conn, iov, n) == -1)
		client_abort(h1->client);
}

static void
h1_write_last(struct h1_server *h1, const struct iovec *iov, int n)
{
	if (conn_writev_last(&h1->client->conn, iov, n) == -1)
		client_abort(h1->client);
}

/*
 * What follows may be meant in another way than it would be read: after what
 * was malformed, and after a CONNECT, which bytes for a tunnel may follow.
 */
static bool
is_last(const struct exchange *ex)
{
	return ex->discard &&
	    (ex->status == 400 || slice_eq(ex->req.method, "CONNECT"));
}

/* Decides how this response is framed for this client (RFC 9112 section 6). */
static void
h1_frame(struct h1_server *h1, const struct http_body *how)
{
	const struct exchange *ex = h1->exchange;
	bool unknown =
	    how->framing == HTTP_CHUNKED || how->framing == HTTP_BY_CLOSE;

	h1->chunked = unknown && ex->req.version == HTTP_1_1;
	h1->close_delimited = unknown && !h1->chunked;
	h1->keep_alive = h1->keep_alive && ex->request_done &&
	    !h1->close_delimited && !h1->client->worker->draining &&
	    !is_last(ex);
}

static void
h1_respond(void *arg, const struct http_response *head,
    const struct http_body *how, struct slice payload, bool end)
{
	struct h1_server *h1 = arg;
	struct buf *out = &h1->client->worker->head;
	char chunk[H1_CHUNK_HEAD_MAX];
	struct iovec iov[4];
	int n = 0;

	if (head != NULL) {
		h1_frame(h1, how);
		buf_clear(out);
		h1_write_head(out, head);
		h1_write_framing(out, how, h1->chunked);
		h1_write_connection(
		    out, h1->keep_alive, h1->exchange->req.version);
		iov[n++] = (struct iovec){ buf_data(out), buf_len(out) };
	}
	if (h1->chunked && payload.len > 0)
		iov[n++] =
		    (struct iovec){ chunk, h1_chunk_head(chunk, payload.len) };
	if (payload.len > 0)
		iov[n++] =
		    (struct iovec){ (void *)(uintptr_t)payload.p, payload.len };
	if (h1->chunked)
		n += h1_write_chunk_end(&iov[n], payload.len > 0, end);
	if (end && h1_is_last(h1))
		h1_write_last(h1, iov, n);
	else
		h1_write_parts(h1, iov, n);
	if (h1->exchange == NULL)
		return;
	if (end)
		h1_next(h1);
	else
		client_watch(h1->client);
}

static void
h1_interim(void *arg, const struct http_response *head)
{
	struct h1_server *h1 = arg;
	struct buf *out = &h1->client->worker->head;
	struct iovec iov;

	if (h1->exchange->req.version == HTTP_1_0)
		return;
	buf_clear(out);
	h1_write_head(out, head);
	buf_append_str(out, "\r\n");
	iov = (struct iovec){ buf_data(out), buf_len(out) };
	h1_write_parts(h1, &iov, 1);
}

/* Bytes sent before the 101 are not the tunnel's: nobody agreed to it yet. */
static bool
h1_is_early(const struct h1_server *h1)
{
	const struct conn *conn = &h1->client->conn;

	return buf_len(&h1->in) > 0 || sock_peek(&conn->sock) == SOCK_DATA;
}

static struct conn *
h1_upgrade(void *arg, const struct http_response *head)
{
	struct h1_server *h1 = arg;
	struct client *client = h1->client;
	struct buf *out = &client->worker->head;
	struct iovec iov;

	if (h1_is_early(h1)) {
		h1->keep_alive = false;
		exchange_refuse(h1->exchange, 400);
		return NULL;
	}
	buf_clear(out);
	h1_write_head(out, head);
	buf_append_str(
	    out, "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
	iov = (struct iovec){ buf_data(out), buf_len(out) };
	h1_write_parts(h1, &iov, 1);
	return h1->exchange != NULL ? &client->conn : NULL;
}

/*
 * A response that ends with the connection would look complete after a FIN, so
 * the connection is reset; with a length or chunks the gap shows by itself.
 */
static void
h1_cut(void *arg)
{
	struct h1_server *h1 = arg;
	struct client *client = h1->client;

	if (h1->exchange->tunnel != NULL) {
		client_abort(client);
	} else if (h1->close_delimited) {
		conn_reset_on_close(&client->conn);
		client_abort(client);
	} else {
		client_finish(client);
	}
}

static bool
h1_blocked(void *arg)
{
	struct h1_server *h1 = arg;

	return conn_blocked(&h1->client->conn);
}

void
h1_server_refuse(struct h1_server *h1, const struct answer *answer)
{
	struct client *client = h1->client;
	struct buf *out = &client->worker->head;
	struct http_body how = { HTTP_BY_LENGTH, answer->body.len };
	struct iovec iov;

	count_refusal(client->listener, answer->head.status);
	buf_clear(out);
	h1_write_head(out, &answer->head);
	h1_write_framing(out, &how, false);
	h1_write_connection(out, false, HTTP_1_1);
	buf_append(out, answer->body.p, answer->body.len);
	iov = (struct iovec){ buf_data(out), buf_len(out) };
	accesslog_refused(client, answer->head.status);
	h1_write_last(h1, &iov, 1);
	client_finish(client);
}

static void
refuse(struct h1_server *h1, unsigned status)
{
	struct answer answer;

	answer_init(&answer, status);
	errorpage_configured(h1->client->listener->config, &answer);
	h1_server_refuse(h1, &answer);
}

/* A fault in the middle of an exchange: told if there is still a way to. */
static void
fail(struct h1_server *h1, unsigned status)
{
	h1->keep_alive = false;
	if (h1->exchange->responded)
		h1_cut(h1);
	else
		exchange_refuse(h1->exchange, status);
}

/* A body that tells its length was asked for it before. */
static bool
is_too_large(const struct exchange *ex, size_t more)
{
	uint64_t most = ex->listener->config->max_request;

	return most > 0 && !ex->discard && ex->received + more > most;
}

/* Passes on body bytes; returns how many of them were used. */
static size_t
h1_pass_body(struct h1_server *h1, char *data, size_t len)
{
	struct exchange *ex = h1->exchange;
	struct slice payload;
	size_t used = 0;
	enum h1_result r;

	if (len == 0 || !exchange_takes_body(ex))
		return 0;
	r = body_decode(&h1->body, data, len, &used, &payload);
	if (r != H1_MORE && r != H1_DONE)
		fail(h1, 400);
	else if (is_too_large(ex, payload.len))
		fail(h1, 413);
	else
		exchange_pass_body(ex, payload, r == H1_DONE);
	return used;
}

static void
h1_begin(struct h1_server *h1, const char *head, size_t len)
{
	struct client *client = h1->client;
	unsigned status = 400;
	struct exchange *ex =
	    exchange_new(client->worker, head, len, h1->scan.fields, &status);

	if (ex == NULL) {
		refuse(h1, status);
		return;
	}
	client_asked(client);
	ex->listener = client->listener;
	ex->ops = &h1_ops;
	ex->client = h1;
	ex->peer = client->peer;
	if (client->conn.tls != NULL) {
		ex->sni = tls_session_sni(client->conn.tls);
		ex->tls_version = tls_session_version(client->conn.tls);
		ex->tls_cipher = tls_session_cipher(client->conn.tls);
		ex->client_cas = client->client_cas;
		ex->client_cert = client->cert;
	}
	h1->exchange = ex;
	h1->keep_alive =
	    h1_keep_alive(ex->req.version, ex->req.fields, ex->req.nfields);
	h1->chunked = false;
	h1->close_delimited = false;
	h1->body_seen = 0;
	h1->body_quiet = 0;
	h1_body_init(&h1->body, &ex->body);
	exchange_start(ex);
}

/*
 * Bytes from the client, from the start of a head or inside a body. Returns how
 * many were used; the others are to be given again with what follows.
 */
static size_t
h1_input(struct h1_server *h1, char *data, size_t len)
{
	size_t used = 0;

	if (h1->exchange == NULL) {
		enum h1_result r = h1_scan(&h1->scan, data, len);

		if (r == H1_MORE)
			return 0;
		if (r != H1_DONE) {
			refuse(h1, exchange_refusal(r));
			return len;
		}
		used = h1->scan.head_len;
		h1_begin(h1, data, used);
		/* Bytes sent before the 101 are not the tunnel's. */
		if (h1->exchange != NULL && h1->exchange->upgrade && used < len)
			fail(h1, 400);
	}
	if (h1->exchange != NULL && !h1->exchange->request_done)
		used += h1_pass_body(h1, data + used, len - used);
	if (h1->exchange != NULL)
		exchange_flush(h1->exchange);
	return used;
}

static void
h1_client_ended(struct h1_server *h1)
{
	if (h1->exchange == NULL && buf_len(&h1->in) == 0)
		client_finish(h1->client);
	else
		client_abort(h1->client);
}

/* Reads once and uses it. True: it may go on. */
static bool
h1_read(struct h1_server *h1)
{
	struct client *client = h1->client;
	struct buf *in = &h1->in;
	char *data = (char *)client->worker->scratch;
	size_t size = WORKER_SCRATCH_SIZE, used;
	ssize_t n;

	if (buf_len(in) > 0) {
		size = H1_READ_SIZE;
		data = buf_reserve(in, size);
		if (data == NULL) {
			client_abort(client);
			return false;
		}
	}
	n = conn_read(&client->conn, data, size);
	if (n <= 0) {
		if (n == 0)
			h1_client_ended(h1);
		else if (errno != EAGAIN)
			client_abort(client);
		return false;
	}
	if (buf_len(in) > 0) {
		buf_commit(in, (size_t)n);
		used = h1_input(h1, (char *)buf_data(in), buf_len(in));
		if (buf_len(in) >= used)
			buf_consume(in, used);
	} else {
		used = h1_input(h1, data, (size_t)n);
		if (used < (size_t)n && client->state == CLIENT_OPEN &&
		    !client->conn.closed &&
		    buf_append(in, data + used, (size_t)n - used) == -1)
			client_abort(client);
	}
	return true;
}

/* May another byte of this client be used now? */
static bool
h1_wants_input(const struct h1_server *h1)
{
	const struct client *client = h1->client;

	if (client->conn.closed || client->state != CLIENT_OPEN ||
	    conn_blocked(&client->conn))
		return false;
	if (h1->exchange == NULL)
		return true;
	return !h1->exchange->request_done && exchange_takes_body(h1->exchange);
}

/* Uses what was kept, unless it is a head that needs more. */
static void
h1_use_kept(struct h1_server *h1)
{
	size_t used = 1;

	while (used > 0 && buf_len(&h1->in) > 0 && h1_wants_input(h1)) {
		used =
		    h1_input(h1, (char *)buf_data(&h1->in), buf_len(&h1->in));
		if (used > buf_len(&h1->in))
			return;
		buf_consume(&h1->in, used);
	}
	if (buf_len(&h1->in) == 0)
		buf_release(&h1->in);
}

/*
 * While a response is awaited nobody reads from the client. Its FIN means that
 * it has gone, over TLS; over plain HTTP it may be a half-close.
 */
static bool
h1_client_gone(struct conn *conn)
{
	return (conn->tls != NULL && conn_hung_up(conn)) ||
	    sock_peek(&conn->sock) == SOCK_BROKEN;
}

void
h1_server_ready(struct h1_server *h1)
{
	struct client *client = h1->client;
	struct conn *conn = &client->conn;

	if (h1->exchange != NULL && h1->exchange->tunnel != NULL) {
		tunnel_pump(h1->exchange->tunnel);
		return;
	}
	if (h1->exchange != NULL && h1->exchange->request_done &&
	    h1_client_gone(conn)) {
		client_abort(client);
		return;
	}
	if (h1->exchange != NULL && !conn_blocked(conn))
		exchange_resume(h1->exchange);
	h1_use_kept(h1);
	if (!h1_wants_input(h1) || !conn_readable(conn) || !h1_read(h1))
		return;
	h1_use_kept(h1);
	if (h1_wants_input(h1))
		conn_read_more(conn);
}

static void
h1_resume(void *arg)
{
	struct h1_server *h1 = arg;
	size_t used;

	if (!h1->exchange->request_done && buf_len(&h1->in) > 0) {
		used = h1_pass_body(
		    h1, (char *)buf_data(&h1->in), buf_len(&h1->in));
		if (h1->exchange == NULL)
			return;
		buf_consume(&h1->in, used);
	}
	exchange_flush(h1->exchange);
	if (h1_wants_input(h1) && conn_readable(&h1->client->conn))
		conn_again(&h1->client->conn);
	client_watch(h1->client);
}

static void
h1_later(void *arg)
{
	struct h1_server *h1 = arg;

	conn_again(&h1->client->conn);
}

enum client_wait
h1_server_waits_for(const struct h1_server *h1)
{
	const struct exchange *ex = h1->exchange;

	if (ex == NULL)
		return buf_len(&h1->in) > 0 ? CLIENT_WAIT_HEAD
		                            : CLIENT_WAIT_REQUEST;
	return ex->request_done ? CLIENT_WAIT_NOTHING : CLIENT_WAIT_BODY;
}

/*
 * A body may take as long as it likes, but not by dripping: an average rate
 * after a grace period, and no endless pause. A pause of the backend's making
 * does not count.
 */
static bool
body_is_too_slow(struct h1_server *h1)
{
	struct exchange *ex = h1->exchange;
	int64_t elapsed = clock_mono_ms() - ex->started;

	if (!exchange_takes_body(ex))
		return false;
	h1->body_quiet = ex->received == h1->body_seen
	    ? h1->body_quiet + CLIENT_BODY_CHECK_MS
	    : 0;
	h1->body_seen = ex->received;
	return h1->body_quiet >= CLIENT_BODY_IDLE_MS ||
	    ex->received < (uint64_t)(elapsed - CLIENT_BODY_CHECK_MS) *
	        CLIENT_BODY_RATE_MIN / 1000;
}

void
h1_server_late(struct h1_server *h1, enum client_wait wait)
{
	if (wait == CLIENT_WAIT_REQUEST)
		client_finish(h1->client);
	else if (wait == CLIENT_WAIT_HEAD)
		refuse(h1, 408);
	else if (body_is_too_slow(h1))
		fail(h1, 408);
}

static const struct exchange_ops h1_ops = { .respond = h1_respond,
	.interim = h1_interim,
	.resume = h1_resume,
	.later = h1_later,
	.cut = h1_cut,
	.upgrade = h1_upgrade,
	.blocked = h1_blocked };
