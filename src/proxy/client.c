#include "client.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "count.h"
#include "guests.h"
#include "tls/server.h"
#include "worker.h"

#define CLIENT_MAGIC 0x636c6e74u

static struct client *
client_from(void *arg)
{
	struct client *client = arg;

	assert(client->magic == CLIENT_MAGIC);
	return client;
}

static void
client_free(void *arg)
{
	struct client *client = client_from(arg);

	client->magic = 0;
	free(client);
}

void
client_abort(struct client *client)
{
	struct worker *worker = client->worker;

	if (client->conn.closed)
		return;
	h1_server_release(&client->h1);
	timeout_cancel(&worker->timeouts, &client->timeout);
	TAILQ_REMOVE(&worker->clients, client, link);
	if (client->guest != NULL)
		guests_leave(worker->guests, client->guest, client->pending);
	count_client_gone(client->listener);
	conn_close(&client->conn);
	worker_client_gone(client->listener);
}

/*
 * Closing a socket with unread bytes makes the kernel send RST, which can wipe
 * out our answer on its way: so FIN goes first and the rest is read away.
 */
static void
linger(struct client *client)
{
	struct conn *conn = &client->conn;
	struct worker *worker = client->worker;
	ssize_t n;

	if (conn_flush(conn) == -1) {
		client_abort(client);
		return;
	}
	if (conn_blocked(conn))
		return;
	conn_finish(conn);
	if (!conn_readable(conn) && !conn->sock.eof)
		return;
	n = conn_read(conn, worker->scratch, WORKER_SCRATCH_SIZE);
	if (n > 0)
		conn_again(conn);
	else if (n == 0 || errno != EAGAIN)
		client_abort(client);
}

void
client_finish(struct client *client)
{
	if (client->conn.closed || client->state == CLIENT_LINGER)
		return;
	client->state = CLIENT_LINGER;
	h1_server_release(&client->h1);
	linger(client);
	client_watch(client);
}

/* Somebody typed http:// with the port of https://. */
static void
refuse_plain_http(struct client *client)
{
	static const char text[] =
	    "This port speaks HTTPS: use https:// in the address.\n";
	struct answer answer;

	tls_session_free(client->conn.tls);
	client->conn.tls = NULL;
	answer_init(&answer, 400);
	answer_body(&answer, "text/plain; charset=utf-8",
	    (struct slice){ text, sizeof text - 1 });
	h1_server_refuse(&client->h1, &answer);
}

/* Once for a connection: a certificate that goes bad meanwhile serves on. */
static void
look_at_certificate(struct client *client)
{
	enum config_client_cert level = client->listener->config->client_cert;
	struct tls_session *tls = client->conn.tls;

	if (level == CLIENT_CERT_NONE)
		return;
	client->client_cas = clientcert_judge(client->worker->client_cas, tls);
	if (level == CLIENT_CERT_UNVERIFIED || client->client_cas != 0 ||
	    tls_session_is_trusted(tls))
		client->cert = tls_session_peer(tls);
}

/*
 * A client of TLS 1.3 is through with its handshake before it learns that its
 * certificate is refused, and may have sent a request: with bytes unread, a
 * close would destroy the alert on its way.
 */
static void
refuse_certificate(struct client *client, const char *reason)
{
	log_info("%s: TLS: %s", client->peer, reason);
	tls_session_free(client->conn.tls);
	client->conn.tls = NULL;
	client_finish(client);
}

static void
handshake(struct client *client)
{
	struct error err;
	char text[ERROR_MSG_SIZE];

	switch (conn_handshake(&client->conn, &err)) {
	case TLS_DONE:
		count_handshake(client);
		client->state = CLIENT_OPEN;
		if (tls_session_proves(client->conn.tls)) {
			client_finish(client);
			break;
		}
		look_at_certificate(client);
		h1_server_ready(&client->h1);
		break;
	case TLS_AGAIN:
		break;
	case TLS_PLAIN_HTTP:
		count_handshake_failed(client);
		client->state = CLIENT_OPEN;
		refuse_plain_http(client);
		break;
	case TLS_FAILED:
		count_handshake_failed(client);
		if (err.kind == ERR_DENIED) {
			refuse_certificate(client, err.msg);
			break;
		}
		log_debug("%s: TLS: %s", client->peer,
		    log_escape(text, sizeof text, err.msg, strlen(err.msg)));
		client_abort(client);
		break;
	}
}

static void
client_ready(void *arg)
{
	struct client *client = client_from(arg);
	size_t backlog = buf_len(&client->conn.backlog);

	if (conn_flush(&client->conn) == -1) {
		client_abort(client);
		return;
	}
	if (buf_len(&client->conn.backlog) < backlog)
		client->wait = CLIENT_WAIT_NOTHING;
	switch (client->state) {
	case CLIENT_HANDSHAKE:
		handshake(client);
		break;
	case CLIENT_OPEN:
		h1_server_ready(&client->h1);
		break;
	case CLIENT_LINGER:
		linger(client);
		break;
	}
	conn_look_later(&client->conn);
	client_watch(client);
}

static enum client_wait
waits_for(const struct client *client)
{
	if (client->state == CLIENT_HANDSHAKE)
		return CLIENT_WAIT_HANDSHAKE;
	if (client->state == CLIENT_LINGER)
		return CLIENT_WAIT_LINGER;
	if (conn_blocked(&client->conn))
		return CLIENT_WAIT_WRITE;
	return h1_server_waits_for(&client->h1);
}

static int64_t
deadline(const struct client *client, enum client_wait wait)
{
	switch (wait) {
	case CLIENT_WAIT_NOTHING:
		break;
	case CLIENT_WAIT_HANDSHAKE:
		return CLIENT_HANDSHAKE_MS;
	case CLIENT_WAIT_REQUEST:
		return client->worker->draining
		    ? CLIENT_DRAIN_IDLE_MS
		    : (int64_t)client->listener->config->client_timeout * 1000;
	case CLIENT_WAIT_HEAD:
		return CLIENT_HEAD_MS;
	case CLIENT_WAIT_BODY:
		return CLIENT_BODY_CHECK_MS;
	case CLIENT_WAIT_WRITE:
		return CLIENT_WRITE_STALL_MS;
	case CLIENT_WAIT_LINGER:
		return CLIENT_LINGER_MS;
	}
	return 0;
}

void
client_watch(struct client *client)
{
	struct timeouts *timeouts = &client->worker->timeouts;
	enum client_wait wait;

	if (client->conn.closed)
		return;
	wait = waits_for(client);
	if (wait == client->wait)
		return;
	client->wait = wait;
	if (wait == CLIENT_WAIT_NOTHING)
		timeout_cancel(timeouts, &client->timeout);
	else
		timeout_set(timeouts, &client->timeout, deadline(client, wait));
}

static void
client_late(void *arg)
{
	struct client *client = client_from(arg);
	enum client_wait wait = client->wait;

	client->wait = CLIENT_WAIT_NOTHING;
	switch (wait) {
	case CLIENT_WAIT_NOTHING:
		break;
	case CLIENT_WAIT_HANDSHAKE:
	case CLIENT_WAIT_LINGER:
		client_abort(client);
		break;
	case CLIENT_WAIT_WRITE:
		conn_reset_on_close(&client->conn);
		client_abort(client);
		break;
	case CLIENT_WAIT_REQUEST:
	case CLIENT_WAIT_HEAD:
	case CLIENT_WAIT_BODY:
		h1_server_late(&client->h1, wait);
		break;
	}
	client_watch(client);
}

void
client_asked(struct client *client)
{
	if (client->pending && client->guest != NULL)
		guests_settle(client->guest);
	client->pending = false;
}

void
client_drain(struct client *client)
{
	if (client->wait == CLIENT_WAIT_REQUEST) {
		client->wait = CLIENT_WAIT_NOTHING;
		client_watch(client);
	}
}

static const struct conn_owner client_owner = { .ready = client_ready,
	.free = client_free };

void
client_new(struct worker_listener *listener, int fd, const struct addr *peer,
    struct guest *guest)
{
	struct worker *worker = listener->worker;
	struct client *client = xcalloc(1, sizeof *client);

	client->magic = CLIENT_MAGIC;
	client->worker = worker;
	client->listener = listener;
	client->guest = guest;
	client->pending = true;
	client->timeout.fn = client_late;
	client->timeout.arg = client;
	addr_ip_text(peer, client->peer);
	conn_open(&client->conn, worker, fd, &client_owner, client);
	h1_server_init(&client->h1, client);
	TAILQ_INSERT_TAIL(&worker->clients, client, link);
	worker->nclients++;
	listener->nclients++;
	count_client(listener);
	client->state = CLIENT_OPEN;
	if (listener->tls != NULL) {
		client->state = CLIENT_HANDSHAKE;
		client->conn.tls =
		    tls_session_new(listener->tls, &client->conn.sock);
		if (client->conn.tls == NULL)
			client_abort(client); /* libssl is out of memory */
	}
	client_watch(client);
}
