#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/ready.h"
#include "base/version.h"
#include "http/h1.h"
#include "tls/client.h"

#define READ_SIZE 4096

void
wire_init(struct wire *wire)
{
	*wire = (struct wire){ .sock.fd = -1 };
}

/* What was sent and what came may hold a token. */
void
wire_close(struct wire *wire)
{
	tls_session_free(wire->tls);
	if (wire->sock.fd != -1)
		sock_close(&wire->sock);
	buf_wipe(&wire->in);
	buf_wipe(&wire->out);
	wire_init(wire);
}

void
wire_within(struct wire *wire, unsigned ms)
{
	wire->ms = ms;
	wire->deadline = clock_mono_ms() + ms;
}

static int
wait_for(struct wire *wire, short events, struct error *err)
{
	if (ready_wait(wire->sock.fd, events, wire->deadline) == 0)
		return 0;
	if (errno == ETIMEDOUT)
		return error_set(
		    err, ERR_TIMEOUT, "no answer within %u s", wire->ms / 1000);
	return error_sys(err, "waiting");
}

static int
flush(struct wire *wire, struct error *err)
{
	while (buf_len(&wire->out) > 0) {
		ssize_t n = sock_write(
		    &wire->sock, buf_data(&wire->out), buf_len(&wire->out));

		if (n == -1)
			return 0; /* reading tells what there was to say */
		buf_consume(&wire->out, (size_t)n);
		if (n == 0 && wait_for(wire, POLLOUT, err) == -1)
			return -1;
		wire->sock.writable = true;
	}
	return 0;
}

static int
connect_to(struct wire *wire, const struct addr *addr, const char *path,
    struct error *err)
{
	socklen_t size = sizeof(wire->local.u);
	bool connected;
	int fd, why = 0;
	socklen_t len = sizeof(why);

	fd = path != NULL ? sock_connect_unix(path, &connected)
	                  : sock_connect(addr, &connected);
	if (fd == -1)
		return error_set(err, ERR_SYS, "%s", strerror(errno));
	sock_init(&wire->sock, fd);
	if (!connected && wait_for(wire, POLLOUT, err) == -1)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) == 0 && why != 0)
		return error_set(err, ERR_SYS, "%s", strerror(why));
	if (getsockname(fd, &wire->local.u.sa, &size) == 0)
		wire->local.len = size;
	return 0;
}

static int
shake_hands(struct wire *wire, struct error *err)
{
	for (;;) {
		switch (tls_session_handshake(wire->tls, &wire->out, err)) {
		case TLS_DONE:
			return flush(wire, err);
		case TLS_AGAIN:
			if (flush(wire, err) == -1 ||
			    wait_for(wire, POLLIN, err) == -1)
				return -1;
			sock_ready(&wire->sock, true, false, false);
			break;
		case TLS_PLAIN_HTTP:
		case TLS_FAILED:
			flush(wire, NULL);
			return -1;
		}
	}
}

int
wire_open(struct wire *wire, const struct addr *addr, const char *path,
    struct tls_client *tls, struct error *err)
{
	if (connect_to(wire, addr, path, err) == -1)
		return -1;
	if (tls == NULL)
		return 0;
	wire->tls = tls_session_connect(tls, &wire->sock);
	if (wire->tls == NULL)
		return error_set(err, ERR_CRYPTO, "no session of TLS");
	return shake_hands(wire, err);
}

int
wire_send(struct wire *wire, const struct buf *data, struct error *err)
{
	const struct iovec iov = { buf_data(data), buf_len(data) };
	int rc = wire->tls == NULL
	    ? buf_append(&wire->out, iov.iov_base, iov.iov_len)
	    : tls_session_writev(wire->tls, &iov, 1, &wire->out);

	if (rc == -1)
		return error_set(err, ERR_CRYPTO, "cannot be asked");
	return flush(wire, err);
}

int
wire_get(struct wire *wire, const char *host, const char *target,
    const char *more, struct error *err)
{
	struct buf head = { 0 };
	int rc;

	buf_printf(&head,
	    "GET %s HTTP/1.1\r\nHost: %s\r\n"
	    "User-Agent: Gatehouse/" GATEHOUSE_VERSION
	    "\r\nAccept: */*\r\n%s\r\n",
	    target, host, more);
	rc = wire_send(wire, &head, err);
	buf_release(&head);
	return rc;
}

ssize_t
wire_receive(struct wire *wire, struct error *err)
{
	char data[READ_SIZE];
	ssize_t n;

	for (;;) {
		n = wire->tls != NULL
		    ? tls_session_read(
		          wire->tls, data, sizeof(data), &wire->out)
		    : sock_read(&wire->sock, data, sizeof(data));
		if (n != -1 || errno != EAGAIN)
			break;
		if (flush(wire, err) == -1 || wait_for(wire, POLLIN, err) == -1)
			return -1;
		sock_ready(&wire->sock, true, false, false);
	}
	if (n == -1)
		return error_set(err, ERR_SYS, "%s", strerror(errno));
	if (n > 0 && buf_append(&wire->in, data, (size_t)n) == -1)
		return error_set(err, ERR_LIMIT, "too long an answer");
	return n;
}

static void
copy_value(
    char *dst, size_t size, const struct http_response *res, const char *name)
{
	struct slice value = http_value(
	    res->fields, res->nfields, (struct slice){ name, strlen(name) });

	snprintf(
	    dst, size, "%.*s", (int)value.len, value.p != NULL ? value.p : "");
}

int
wire_read_head(struct wire *wire, struct wire_head *head, struct error *err)
{
	struct http_field fields[H1_RESPONSE_FIELDS_MAX];
	struct h1_scan scan = { .response = true };
	struct http_response res = { 0 };
	struct slice get = { "GET", 3 };
	const char *data;
	enum h1_result r;

	for (;;) {
		data = (const char *)buf_data(&wire->in);
		r = data == NULL ? H1_MORE
		                 : h1_scan(&scan, data, buf_len(&wire->in));
		if (r != H1_MORE)
			break;
		switch (wire_receive(wire, err)) {
		case -1:
			return -1;
		case 0:
			return error_set(err, ERR_PROTOCOL,
			    "it closed the connection without an answer");
		}
	}
	if (r == H1_DONE)
		r = h1_parse_response(
		    data, scan.head_len, fields, H1_RESPONSE_FIELDS_MAX, &res);
	if (r == H1_DONE && h1_response_body(&res, get, &head->body) != H1_DONE)
		r = H1_BAD;
	if (r != H1_DONE)
		return error_set(
		    err, ERR_PROTOCOL, "what it answers is not HTTP");
	copy_value(head->date, sizeof(head->date), &res, "Date");
	copy_value(
	    head->accept, sizeof(head->accept), &res, "Sec-WebSocket-Accept");
	head->status = res.status;
	buf_consume(&wire->in, scan.head_len);
	return 0;
}
