#include "dial.h"

#include <stdio.h>
#include <string.h>

#include "http/h1.h"
#include "wire.h"

#define FRAME_SHORT 126 /* lengths below it are in the second byte */

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
read_frame(struct wire *wire, struct dial_answer *answer, struct error *err)
{
	for (;;) {
		const unsigned char *p = buf_data(&wire->in);
		size_t len = buf_len(&wire->in);

		if (len >= 2 && (p[0] != 0x81 || p[1] >= FRAME_SHORT))
			return error_set(
			    err, ERR_PROTOCOL, "no text that is short");
		if (len >= 2 && len - 2 >= p[1]) {
			keep(answer, (const char *)p + 2, p[1]);
			return 0;
		}
		switch (wire_receive(wire, err)) {
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
read_body(struct wire *wire, const struct http_body *how,
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
			    (const char *)buf_data(&wire->in),
			    buf_len(&wire->in), &pos, &piece);
			if (r == H1_MORE && piece.len > 0)
				keep(answer, piece.p, piece.len);
		} while (r == H1_MORE && piece.len > 0);
		buf_consume(&wire->in, pos);
		if (r == H1_BAD)
			return error_set(
			    err, ERR_PROTOCOL, "what it answers is not HTTP");
		if (r == H1_DONE || body.done ||
		    answer->len == sizeof(answer->body) - 1)
			return 0;
		n = wire_receive(wire, err);
	} while (n > 0);
	if (n == 0 && !h1_body_eof(&body))
		return error_set(err, ERR_PROTOCOL, "the answer was cut short");
	return n == 0 ? 0 : -1;
}

static int
converse(const struct dial *dial, struct wire *wire, struct dial_answer *answer,
    struct error *err)
{
	struct wire_head head = { 0 };
	int rc = wire_open(wire, &dial->addr, dial->path, dial->tls, err);

	answer->local = wire->local;
	if (rc == -1 || dial->host == NULL)
		return rc;
	if (wire_get(wire, dial->host, dial->target,
	        dial->more != NULL ? dial->more : "Connection: close\r\n",
	        err) == -1 ||
	    wire_read_head(wire, &head, err) == -1)
		return -1;
	answer->status = head.status;
	snprintf(answer->date, sizeof(answer->date), "%s", head.date);
	return head.status == 101 ? read_frame(wire, answer, err)
	                          : read_body(wire, &head.body, answer, err);
}

int
dial_ask(const struct dial *dial, struct dial_answer *answer, struct error *err)
{
	struct wire wire;
	int rc;

	*answer = (struct dial_answer){ 0 };
	wire_init(&wire);
	wire_within(&wire, DIAL_MS);
	rc = converse(dial, &wire, answer, err);
	wire_close(&wire);
	return rc;
}
