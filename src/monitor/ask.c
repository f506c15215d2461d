#include "ask.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/version.h"
#include "config/config.h"
#include "tls/client.h"

#define ASK_MAGIC 0x61736b21
#define READ_SIZE 4096
#define WHY_SIZE 640

static struct ask *
ask_from(void *arg)
{
	struct ask *ask = arg;

	assert(ask->magic == ASK_MAGIC);
	return ask;
}

void
ask_stop(struct ask *ask)
{
	if (ask->magic != ASK_MAGIC)
		return;
	ask->magic = 0;
	loop_io_del(&ask->io);
	tls_session_free(ask->tls);
	ask->tls = NULL;
	sock_close(&ask->sock);
	buf_release(&ask->out);
	buf_release(&ask->in);
}

static void
finish(struct ask *ask, const char *why)
{
	ask_stop(ask);
	ask->fn(ask->arg, why);
}

const char *
ask_waits_for(const struct ask *ask)
{
	return ask->sent ? "answer" : "TLS handshake";
}

/* A write that fails is not the end: reading tells what there was to say. */
static void
flush(struct ask *ask)
{
	while (buf_len(&ask->out) > 0) {
		ssize_t n = sock_write(
		    &ask->sock, buf_data(&ask->out), buf_len(&ask->out));

		if (n <= 0)
			return;
		buf_consume(&ask->out, (size_t)n);
	}
}

/* An IPv6 address in a Host stands in brackets. */
static void
write_request(const struct ask *ask, struct buf *head)
{
	const struct config_backend *backend = ask->backend;
	const char *name = config_backend_identity(backend);
	bool v6 = strchr(name, ':') != NULL;

	buf_printf(head, "GET %s HTTP/1.1\r\nHost: %s%s%s", backend->probe,
	    v6 ? "[" : "", name, v6 ? "]" : "");
	if (backend->server_name == NULL && backend->path == NULL)
		buf_printf(head, ":%u", backend->port);
	buf_append_str(head,
	    "\r\nUser-Agent: Gatehouse/" GATEHOUSE_VERSION
	    "\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

static int
send_request(struct ask *ask)
{
	struct buf head = { 0 };
	struct iovec iov;
	int rc = 0;

	ask->sent = true;
	if (ask->tls == NULL) {
		write_request(ask, &ask->out);
		return 0;
	}
	write_request(ask, &head);
	iov = (struct iovec){ buf_data(&head), buf_len(&head) };
	rc = tls_session_writev(ask->tls, &iov, 1, &ask->out);
	buf_release(&head);
	return rc;
}

static ssize_t
receive(struct ask *ask, void *data, size_t len)
{
	return ask->tls != NULL
	    ? tls_session_read(ask->tls, data, len, &ask->out)
	    : sock_read(&ask->sock, data, len);
}

/* The X-Forwarded-For of a request is what Home Assistant refuses with 400. */
static void
judge(struct ask *ask, unsigned status)
{
	const char *path = ask->backend->probe;
	char why[WHY_SIZE];

	if (status == 200)
		why[0] = '\0';
	else if (status == 400)
		snprintf(why, sizeof(why),
		    "GET %.200s is answered with 400 although nothing was "
		    "forwarded: it is no matter of trusted_proxies%s",
		    path,
		    ask->tls == NULL ? "; does the backend speak HTTPS?" : "");
	else
		snprintf(why, sizeof(why),
		    "GET %.200s is answered with %u, not 200", path, status);
	finish(ask, why);
}

/* Returns whether more is to be read. */
static bool
read_heads(struct ask *ask)
{
	struct http_field fields[H1_RESPONSE_FIELDS_MAX];
	struct http_response res = { 0 };
	enum h1_result r;

	for (;;) {
		const char *data = (const char *)buf_data(&ask->in);

		r = h1_scan(&ask->scan, data, buf_len(&ask->in));
		if (r == H1_MORE)
			return true;
		if (r == H1_DONE)
			r = h1_parse_response(data, ask->scan.head_len, fields,
			    H1_RESPONSE_FIELDS_MAX, &res);
		if (r != H1_DONE) {
			finish(ask, "what it answers is not HTTP");
			return false;
		}
		if (res.status >= 200 || res.status == 101) {
			judge(ask, res.status);
			return false;
		}
		buf_consume(&ask->in, ask->scan.head_len);
		ask->scan = (struct h1_scan){ .response = true };
	}
}

static void
read_answer(struct ask *ask)
{
	char data[READ_SIZE];
	ssize_t n;

	do {
		/* A reset may have come with the bytes before it. */
		ask->sock.readable = true;
		n = receive(ask, data, sizeof(data));
		if (n > 0 && buf_append(&ask->in, data, (size_t)n) == -1) {
			finish(ask, "what it answers is too long");
			return;
		}
	} while (n > 0 && read_heads(ask));
	if (n > 0 || (n == -1 && errno == EAGAIN))
		return;
	finish(ask,
	    n == 0 ? "it closed the connection without an answer"
	           : strerror(errno));
}

static void
on_ready(void *arg, enum loop_events what)
{
	struct ask *ask = ask_from(arg);
	struct error err;

	sock_ready(&ask->sock, what & LOOP_READ, what & LOOP_WRITE,
	    what & LOOP_CLOSED);
	if (ask->tls != NULL && !ask->sent)
		switch (tls_session_handshake(ask->tls, &ask->out, &err)) {
		case TLS_DONE:
			break;
		case TLS_AGAIN:
			flush(ask);
			return;
		case TLS_PLAIN_HTTP:
		case TLS_FAILED:
			flush(ask);
			finish(ask, err.msg);
			return;
		}
	if (!ask->sent && send_request(ask) == -1) {
		finish(ask, strerror(errno));
		return;
	}
	flush(ask);
	read_answer(ask);
}

void
ask_start(struct ask *ask, const struct config_backend *backend,
    struct loop *loop, int fd, struct tls_client *tls)
{
	ask->magic = ASK_MAGIC;
	ask->backend = backend;
	ask->sent = false;
	ask->scan = (struct h1_scan){ .response = true };
	buf_init(&ask->in, H1_RESPONSE_HEAD_MAX + READ_SIZE);
	buf_init(&ask->out, 0);
	sock_init(&ask->sock, fd);
	if (tls != NULL) {
		ask->tls = tls_session_connect(tls, &ask->sock);
		if (ask->tls == NULL)
			fatal("no memory for a TLS session");
	}
	ask->io.fn = on_ready;
	ask->io.arg = ask;
	loop_io_add(loop, &ask->io, fd,
	    LOOP_READ | LOOP_WRITE | LOOP_CLOSED | LOOP_EDGE);
}
