#include "dial.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/ready.h"
#include "base/version.h"
#include "http/h1.h"
#include "net/sock.h"
#include "tls/client.h"

#define READ_SIZE 4096
#define FRAME_SHORT 126 /* lengths below it are in the second byte */

struct call {
	struct sock sock;
	struct tls_session *tls; /* NULL: without */
	struct buf in, out;
	int64_t deadline;
};

static int
wait_for(struct call *call, short events, struct error *err)
{
	if (ready_wait(call->sock.fd, events, call->deadline) == 0)
		return 0;
	if (errno == ETIMEDOUT)
		return error_set(
		    err, ERR_TIMEOUT, "no answer within %d s", DIAL_MS / 1000);
	return error_sys(err, "waiting");
}

static int
flush(struct call *call, struct error *err)
{
	while (buf_len(&call->out) > 0) {
		ssize_t n = sock_write(
		    &call->sock, buf_data(&call->out), buf_len(&call->out));

		if (n == -1)
			return 0; /* reading tells what there was to say */
		buf_consume(&call->out, (size_t)n);
		if (n == 0 && wait_for(call, POLLOUT, err) == -1)
			return -1;
		call->sock.writable = true;
	}
	return 0;
}

static int
connect_to(const struct dial *dial, struct call *call,
    struct dial_answer *answer, struct error *err)
{
	socklen_t size = sizeof(answer->local.u);
	bool connected;
	int fd, why = 0;
	socklen_t len = sizeof(why);

	fd = dial->path != NULL ? sock_connect_unix(dial->path, &connected)
	                        : sock_connect(&dial->addr, &connected);
	if (fd == -1)
		return error_set(err, ERR_SYS, "%s", strerror(errno));
	sock_init(&call->sock, fd);
	if (!connected && wait_for(call, POLLOUT, err) == -1)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) == 0 && why != 0)
		return error_set(err, ERR_SYS, "%s", strerror(why));
	if (getsockname(fd, &answer->local.u.sa, &size) == 0)
		answer->local.len = size;
	return 0;
}

static int
shake_hands(struct call *call, struct error *err)
{
	for (;;) {
		switch (tls_session_handshake(call->tls, &call->out, err)) {
		case TLS_DONE:
			return flush(call, err);
		case TLS_AGAIN:
			if (flush(call, err) == -1 ||
			    wait_for(call, POLLIN, err) == -1)
				return -1;
			sock_ready(&call->sock, true, false, false);
			break;
		case TLS_PLAIN_HTTP:
		case TLS_FAILED:
			flush(call, NULL);
			return -1;
		}
	}
}

static int
say_it(struct call *call, const struct dial *dial, struct error *err)
{
	struct buf head = { 0 };
	struct iovec iov;
	int rc = 0;

	buf_printf(&head,
	    "GET %s HTTP/1.1\r\nHost: %s\r\n"
	    "User-Agent: Gatehouse/" GATEHOUSE_VERSION
	    "\r\nAccept: */*\r\n%s\r\n",
	    dial->target, dial->host,
	    dial->more != NULL ? dial->more : "Connection: close\r\n");
	iov = (struct iovec){ buf_data(&head), buf_len(&head) };
	if (call->tls == NULL)
		rc = buf_append(&call->out, iov.iov_base, iov.iov_len);
	else
		rc = tls_session_writev(call->tls, &iov, 1, &call->out);
	buf_release(&head);
	if (rc == -1)
		return error_set(err, ERR_CRYPTO, "cannot be asked");
	return flush(call, err);
}

/* Waits for more bytes. Their number, 0 at the end, -1. */
static ssize_t
receive(struct call *call, struct error *err)
{
	char data[READ_SIZE];
	ssize_t n;

	for (;;) {
		n = call->tls != NULL
		    ? tls_session_read(
		          call->tls, data, sizeof(data), &call->out)
		    : sock_read(&call->sock, data, sizeof(data));
		if (n != -1 || errno != EAGAIN)
			break;
		if (flush(call, err) == -1 || wait_for(call, POLLIN, err) == -1)
			return -1;
		sock_ready(&call->sock, true, false, false);
	}
	if (n == -1)
		return error_set(err, ERR_SYS, "%s", strerror(errno));
	if (n > 0 && buf_append(&call->in, data, (size_t)n) == -1)
		return error_set(err, ERR_LIMIT, "too long an answer");
	return n;
}

static int
read_head(struct call *call, struct dial_answer *answer, struct http_body *body,
    struct error *err)
{
	struct http_field fields[H1_RESPONSE_FIELDS_MAX];
	struct h1_scan scan = { .response = true };
	struct http_response res = { 0 };
	struct slice date, get = { "GET", 3 };
	const char *data;
	enum h1_result r;

	for (;;) {
		data = (const char *)buf_data(&call->in);
		r = data == NULL ? H1_MORE
		                 : h1_scan(&scan, data, buf_len(&call->in));
		if (r != H1_MORE)
			break;
		switch (receive(call, err)) {
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
	if (r == H1_DONE && h1_response_body(&res, get, body) != H1_DONE)
		r = H1_BAD;
	if (r != H1_DONE)
		return error_set(
		    err, ERR_PROTOCOL, "what it answers is not HTTP");
	date = http_value(fields, res.nfields, (struct slice){ "Date", 4 });
	snprintf(answer->date, sizeof(answer->date), "%.*s", (int)date.len,
	    date.p != NULL ? date.p : "");
	answer->status = res.status;
	buf_consume(&call->in, scan.head_len);
	return 0;
}

static void
keep(struct dial_answer *answer, const char *data, size_t len)
{
	size_t room = sizeof(answer->body) - 1 - answer->len;

	if (len > room)
		len = room;
	memcpy(answer->body + answer->len, data, len);
	answer->len += len;
	answer->body[answer->len] = '\0';
}

/* What follows a 101: a short text frame, unmasked (RFC 6455 section 5.2). */
static int
read_frame(struct call *call, struct dial_answer *answer, struct error *err)
{
	for (;;) {
		const unsigned char *p = buf_data(&call->in);
		size_t len = buf_len(&call->in);

		if (len >= 2 && (p[0] != 0x81 || p[1] >= FRAME_SHORT))
			return error_set(
			    err, ERR_PROTOCOL, "no text that is short");
		if (len >= 2 && len - 2 >= p[1]) {
			keep(answer, (const char *)p + 2, p[1]);
			return 0;
		}
		switch (receive(call, err)) {
		case -1:
			return -1;
		case 0:
			return error_set(
			    err, ERR_PROTOCOL, "it was closed without a word");
		}
	}
}

/* As much of it as there is room for. */
static int
read_body(struct call *call, const struct http_body *how,
    struct dial_answer *answer, struct error *err)
{
	struct h1_body body;
	struct slice piece;
	enum h1_result r;
	size_t pos;
	ssize_t n;

	h1_body_init(&body, how);
	do {
		pos = 0;
		do {
			r = h1_body_next(&body,
			    (const char *)buf_data(&call->in),
			    buf_len(&call->in), &pos, &piece);
			if (r == H1_MORE && piece.len > 0)
				keep(answer, piece.p, piece.len);
		} while (r == H1_MORE && piece.len > 0);
		buf_consume(&call->in, pos);
		if (r == H1_BAD)
			return error_set(
			    err, ERR_PROTOCOL, "what it answers is not HTTP");
		if (r == H1_DONE || body.done ||
		    answer->len == sizeof(answer->body) - 1)
			return 0;
		n = receive(call, err);
	} while (n > 0);
	if (n == 0 && !h1_body_eof(&body))
		return error_set(err, ERR_PROTOCOL, "the answer was cut short");
	return n == 0 ? 0 : -1;
}

static int
converse(const struct dial *dial, struct call *call, struct dial_answer *answer,
    struct error *err)
{
	struct http_body body;

	if (connect_to(dial, call, answer, err) == -1)
		return -1;
	if (dial->tls != NULL) {
		call->tls = tls_session_connect(dial->tls, &call->sock);
		if (call->tls == NULL)
			return error_set(err, ERR_CRYPTO, "no session of TLS");
		if (shake_hands(call, err) == -1)
			return -1;
	}
	if (dial->host == NULL)
		return 0;
	if (say_it(call, dial, err) == -1 ||
	    read_head(call, answer, &body, err) == -1)
		return -1;
	return answer->status == 101 ? read_frame(call, answer, err)
	                             : read_body(call, &body, answer, err);
}

int
dial_ask(const struct dial *dial, struct dial_answer *answer, struct error *err)
{
	struct call call = { .sock.fd = -1 };
	int rc;

	*answer = (struct dial_answer){ 0 };
	call.deadline = clock_mono_ms() + DIAL_MS;
	rc = converse(dial, &call, answer, err);
	tls_session_free(call.tls);
	if (call.sock.fd != -1)
		sock_close(&call.sock);
	buf_release(&call.in);
	buf_release(&call.out);
	return rc;
}
