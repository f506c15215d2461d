#include "web.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/xalloc.h"
#include "http/h1.h"
#include "http/uri.h"
#include "net/addr.h"
#include "net/listener.h"

#define CLIENT_MAGIC 0x77656263u

enum client_state {
	CLIENT_ASKING,
	CLIENT_ANSWERED, /* the answer is being sent */
	CLIENT_LINGERING /* all was sent: waits for the client's FIN */
};

struct client {
	unsigned magic;
	TAILQ_ENTRY(client) entry;
	struct web *web;
	enum client_state state;
	bool keep; /* another request may follow */
	int fd;
	struct loop_io io;
	struct loop_timer timer;
	struct buf in;
	struct h1_scan scan;
	struct buf out;
	char peer[ADDR_TEXT_SIZE];
};

struct web {
	struct loop *loop;
	int fd;
	struct loop_io io;
	struct web_handler handler;
	TAILQ_HEAD(, client) clients;
	unsigned nclients;
};

static struct client *
client_from(void *arg)
{
	struct client *client = arg;

	assert(client->magic == CLIENT_MAGIC);
	return client;
}

static void
client_free(struct client *client)
{
	struct web *web = client->web;

	TAILQ_REMOVE(&web->clients, client, entry);
	web->nclients--;
	loop_io_del(&client->io);
	loop_timer_cancel(&client->timer);
	close(client->fd);
	buf_release(&client->in);
	buf_release(&client->out);
	client->magic = 0;
	free(client);
}

/* Watches for what the client's state waits for, with its time limit. */
static void
client_enter(struct client *client, enum client_state state)
{
	static const struct {
		enum loop_events events;
		int64_t limit_ms;
	} states[] = {
		[CLIENT_ASKING] = { LOOP_READ, WEB_REQUEST_MS },
		[CLIENT_ANSWERED] = { LOOP_WRITE, WEB_ANSWER_MS },
		[CLIENT_LINGERING] = { LOOP_READ, WEB_LINGER_MS },
	};
	struct loop *loop = client->web->loop;

	client->state = state;
	loop_io_del(&client->io);
	loop_io_add(loop, &client->io, client->fd, states[state].events);
	loop_timer_set(loop, &client->timer, states[state].limit_ms);
}

/* --- answers ------------------------------------------------------------- */

static void
answer(struct client *client, unsigned status,
    const struct web_document *document, const struct buf *body, bool head_only)
{
	struct buf *out = &client->out;

	buf_printf(out,
	    "HTTP/1.1 %u %s\r\n"
	    "Content-Type: %s\r\n"
	    "Content-Length: %zu\r\n"
	    "Cache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "Content-Security-Policy: %s\r\n"
	    "%s%s\r\n",
	    status, http_reason(status), document->type, buf_len(body),
	    document->policy != NULL ? document->policy : "default-src 'none'",
	    status == 405 ? "Allow: GET, HEAD\r\n" : "",
	    client->keep ? "" : "Connection: close\r\n");
	if (!head_only)
		buf_append(out, buf_data(body), buf_len(body));
	client_enter(client, CLIENT_ANSWERED);
}

static const char index_text[] =
    "/             the status as a page\n"
    "/metrics      for Prometheus, in OpenMetrics\n"
    "/status.json  the whole status\n";

static void
refuse(struct client *client, unsigned status, bool head_only)
{
	const struct web_document plain = {
		.type = "text/plain; charset=utf-8",
	};
	struct buf body = { 0 };

	buf_printf(&body, "%u %s\n", status, http_reason(status));
	if (status == 404)
		buf_append_str(&body, index_text);
	answer(client, status, &plain, &body, head_only);
	buf_release(&body);
}

/* --- requests ------------------------------------------------------------ */

/* An address, "localhost", or a name that we know of. */
static bool
is_our_name(const struct web *web, struct slice host)
{
	char name[256];
	struct addr addr;

	if (host.len >= sizeof(name))
		return false;
	for (size_t i = 0; i < host.len; i++)
		name[i] = host.p[i] >= 'A' && host.p[i] <= 'Z'
		    ? (char)(host.p[i] | 0x20)
		    : host.p[i];
	name[host.len] = '\0';
	return addr_parse(&addr, name, 0) || strcmp(name, "localhost") == 0 ||
	    web->handler.is_named(web->handler.arg, name);
}

/* 0 or the status of a refusal (RFC 9112 section 3.2, RFC 9110 7.4). */
static unsigned
judge_host(const struct web *web, const struct http_request *req,
    const struct http_target *target)
{
	struct slice host = target->host;
	const struct http_field *named = NULL;
	uint16_t port;

	for (unsigned i = 0; i < req->nfields; i++) {
		if (req->fields[i].id != HTTP_HOST)
			continue;
		if (named != NULL)
			return 400;
		named = &req->fields[i];
	}
	if (named == NULL)
		return req->version == HTTP_1_0 && host.len == 0 ? 0 : 400;
	if (host.len == 0 && !uri_parse_authority(named->value, &host, &port))
		return 400;
	return is_our_name(web, host) ? 0 : 421;
}

/* 0 or the status of a refusal, after which the connection is closed. */
static unsigned
judge(struct client *client, const struct http_request *req,
    struct http_target *target)
{
	const struct web_handler *handler = &client->web->handler;
	struct http_body body;

	if (!handler->admits(handler->arg, client->peer))
		return 403;
	if (h1_request_body(req, &body) != H1_DONE ||
	    !uri_parse_target(req->target, req->method, target))
		return 400;
	if (body.framing == HTTP_CHUNKED ||
	    (body.framing == HTTP_BY_LENGTH && body.length > 0))
		return 413;
	return judge_host(client->web, req, target);
}

static void
respond(struct client *client, const struct http_request *req)
{
	const struct web_handler *handler = &client->web->handler;
	bool head = slice_eq(req->method, "HEAD");
	struct http_target target;
	struct buf body = { 0 };
	struct web_document document = { NULL, NULL };
	unsigned status = judge(client, req, &target);

	client->keep = status == 0 && req->version == HTTP_1_1 &&
	    h1_keep_alive(req->version, req->fields, req->nfields);
	if (status == 0 && !head && !slice_eq(req->method, "GET"))
		status = 405;
	if (status != 0) {
		refuse(client, status, head);
		return;
	}
	if (handler->render(handler->arg, target.path, &body, &document))
		answer(client, 200, &document, &body, head);
	else
		refuse(client, 404, head);
	buf_release(&body);
}

/* What was read so far, up to the end of a head. False if there is none. */
static bool
use_input(struct client *client)
{
	struct http_field fields[H1_REQUEST_FIELDS_MAX];
	struct http_request req;
	struct buf *in = &client->in;
	enum h1_result r =
	    h1_scan(&client->scan, (const char *)buf_data(in), buf_len(in));
	size_t len = client->scan.head_len;

	if (r == H1_MORE && buf_len(in) < WEB_HEAD_MAX)
		return false;
	if (r == H1_DONE)
		r = h1_parse_request((const char *)buf_data(in), len, fields,
		    client->scan.fields, &req);
	if (r == H1_DONE) {
		respond(client, &req);
		buf_consume(in, len);
		client->scan = (struct h1_scan){ 0 };
		return true;
	}
	client->keep = false;
	refuse(client,
	    r == H1_MORE || r == H1_HEAD_TOO_LARGE ? 431
	        : r == H1_LINE_TOO_LONG            ? 414
	                                           : 400,
	    false);
	return true;
}

static void
client_read(struct client *client)
{
	size_t room = WEB_HEAD_MAX - buf_len(&client->in);
	void *to = buf_reserve(&client->in, room);
	ssize_t n = recv(client->fd, to, room, MSG_DONTWAIT);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_free(client);
		return;
	}
	buf_commit(&client->in, (size_t)n);
	use_input(client);
}

static void
client_send(struct client *client)
{
	struct buf *out = &client->out;
	ssize_t n = send(client->fd, buf_data(out), buf_len(out),
	    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		client_free(client);
		return;
	}
	buf_consume(out, (size_t)n);
	if (buf_len(out) > 0)
		return;
	buf_release(out);
	if (!client->keep) {
		/* Closing now could wipe the answer out: see RFC 9112 9.6. */
		shutdown(client->fd, SHUT_WR);
		client_enter(client, CLIENT_LINGERING);
	} else if (buf_len(&client->in) == 0 || !use_input(client)) {
		client_enter(client, CLIENT_ASKING);
	}
}

static void
client_linger(struct client *client)
{
	char away[4096];
	ssize_t n = recv(client->fd, away, sizeof(away), MSG_DONTWAIT);

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		client_free(client);
}

static void
on_client(void *arg, enum loop_events what)
{
	struct client *client = client_from(arg);

	(void)what;
	switch (client->state) {
	case CLIENT_ASKING:
		client_read(client);
		break;
	case CLIENT_ANSWERED:
		client_send(client);
		break;
	case CLIENT_LINGERING:
		client_linger(client);
		break;
	}
}

static void
on_time_out(void *arg)
{
	client_free(client_from(arg));
}

static void
on_connection(void *arg, enum loop_events what)
{
	struct web *web = arg;
	struct client *client;
	struct addr peer;
	int fd;

	(void)what;
	fd = listener_accept(web->fd, &peer);
	if (fd == -1)
		return;
	if (web->nclients == WEB_CONNECTIONS_MAX) {
		close(fd);
		return;
	}
	client = xcalloc(1, sizeof(*client));
	client->magic = CLIENT_MAGIC;
	client->web = web;
	client->fd = fd;
	client->io.fn = on_client;
	client->timer.fn = on_time_out;
	client->io.arg = client->timer.arg = client;
	addr_ip_text(&peer, client->peer);
	TAILQ_INSERT_TAIL(&web->clients, client, entry);
	web->nclients++;
	client_enter(client, CLIENT_ASKING);
}

struct web *
web_new(struct loop *loop, int fd, const struct web_handler *handler)
{
	struct web *web = xcalloc(1, sizeof(*web));

	web->loop = loop;
	web->fd = fd;
	web->handler = *handler;
	web->io.fn = on_connection;
	web->io.arg = web;
	TAILQ_INIT(&web->clients);
	loop_io_add(loop, &web->io, fd, LOOP_READ);
	return web;
}

void
web_free(struct web *web)
{
	if (web == NULL)
		return;
	while (!TAILQ_EMPTY(&web->clients))
		client_free(TAILQ_FIRST(&web->clients));
	loop_io_del(&web->io);
	close(web->fd);
	free(web);
}
