/*
 * Bodies of HTTP/1.1 messages, decoded in place from whatever pieces arrive.
 * Chunk framing is read byte by byte by a small automaton that buffers
 * nothing; only payload is handed on, in runs as long as the input allows.
 */

#include "http/h1.h"

#include <string.h>

#include "grammar.h"

#define CHUNK_SIZE_DIGITS 16

enum chunk_state {
	CHUNK_SIZE, /* digits */
	CHUNK_EXTENSION,
	CHUNK_QUOTED,  /* in a quoted string of an extension */
	CHUNK_ESCAPED, /* after a backslash in one */
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_BAD,
	TRAILER_START, /* of a line; this and all below count as trailer */
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	TRAILER_END_LF /* of the empty line */
};

void
h1_body_init(struct h1_body *body, const struct http_body *how)
{
	*body = (struct h1_body){ .framing = how->framing };
	if (how->framing == HTTP_BY_LENGTH)
		body->left = how->length;
	body->done = how->framing == HTTP_NO_BODY ||
	    (how->framing == HTTP_BY_LENGTH && how->length == 0);
}

static bool
is_class(char c, enum http_class class)
{
	return http_span(&c, 1, class) == 1;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static enum chunk_state
size_byte(struct h1_body *body, char c)
{
	int digit = hex_value(c);

	if (digit >= 0) {
		if (body->line_len == CHUNK_SIZE_DIGITS ||
		    body->left > (uint64_t)INT64_MAX >> 4)
			return CHUNK_BAD;
		body->left = body->left << 4 | (unsigned)digit;
		body->line_len++;
		return CHUNK_SIZE;
	}
	if (body->line_len == 0)
		return CHUNK_BAD;
	if (c == '\r')
		return CHUNK_SIZE_LF;
	if (c != ';' || ++body->extensions > H1_CHUNK_EXTENSIONS_MAX)
		return CHUNK_BAD;
	body->line_len++;
	return CHUNK_EXTENSION;
}

/* Anything printable, as long as the line closes the quotes it opened. */
static enum chunk_state
extension_byte(struct h1_body *body, char c)
{
	enum chunk_state state = body->state;

	if (c == '\r' && state == CHUNK_EXTENSION)
		return CHUNK_SIZE_LF;
	if (!is_class(c, CLASS_TEXT) || ++body->line_len > H1_CHUNK_LINE_MAX ||
	    ++body->extensions > H1_CHUNK_EXTENSIONS_MAX)
		return CHUNK_BAD;
	if (state == CHUNK_ESCAPED)
		return CHUNK_QUOTED;
	if (c == '"')
		return state == CHUNK_QUOTED ? CHUNK_EXTENSION : CHUNK_QUOTED;
	return c == '\\' && state == CHUNK_QUOTED ? CHUNK_ESCAPED : state;
}

static enum chunk_state
expect(bool seen, enum chunk_state next)
{
	return seen ? next : CHUNK_BAD;
}

/* One byte that is not payload: the state after it. */
static enum chunk_state
framing_byte(struct h1_body *body, char c)
{
	if (body->state >= TRAILER_START && ++body->trailer > H1_TRAILER_MAX)
		return CHUNK_BAD;
	switch ((enum chunk_state)body->state) {
	case CHUNK_SIZE:
		return size_byte(body, c);
	case CHUNK_EXTENSION:
	case CHUNK_QUOTED:
	case CHUNK_ESCAPED:
		return extension_byte(body, c);
	case CHUNK_SIZE_LF:
		body->line_len = 0;
		return expect(
		    c == '\n', body->left > 0 ? CHUNK_DATA : TRAILER_START);
	case CHUNK_DATA_CR:
		return expect(c == '\r', CHUNK_DATA_LF);
	case CHUNK_DATA_LF:
		return expect(c == '\n', CHUNK_SIZE);
	case TRAILER_START:
		if (c == '\r')
			return TRAILER_END_LF;
		return expect(is_class(c, CLASS_TOKEN), TRAILER_NAME);
	case TRAILER_NAME:
		if (c == ':')
			return TRAILER_VALUE;
		return expect(is_class(c, CLASS_TOKEN), TRAILER_NAME);
	case TRAILER_VALUE:
		if (c == '\r')
			return TRAILER_LF;
		return expect(is_class(c, CLASS_TEXT), TRAILER_VALUE);
	case TRAILER_LF:
		return expect(c == '\n', TRAILER_START);
	case TRAILER_END_LF:
		body->done = c == '\n';
		return expect(body->done, TRAILER_END_LF);
	case CHUNK_DATA:
	case CHUNK_BAD:
		break;
	}
	return CHUNK_BAD;
}

/* Hands on what is there of the next body->left payload bytes. */
static void
take_payload(struct h1_body *body, const char *data, size_t len, size_t *pos,
    struct slice *payload)
{
	size_t n = len - *pos;

	if (n > body->left)
		n = (size_t)body->left;
	*payload = (struct slice){ data + *pos, n };
	*pos += n;
	body->left -= n;
}

static enum h1_result
next_chunked(struct h1_body *body, const char *data, size_t len, size_t *pos,
    struct slice *payload)
{
	while (*pos < len && !body->done) {
		if (body->state == CHUNK_DATA) {
			take_payload(body, data, len, pos, payload);
			if (body->left == 0)
				body->state = CHUNK_DATA_CR;
			return H1_MORE;
		}
		body->state = framing_byte(body, data[*pos]);
		if (body->state == CHUNK_BAD)
			return H1_BAD;
		(*pos)++;
	}
	if (body->state == CHUNK_BAD)
		return H1_BAD;
	return body->done ? H1_DONE : H1_MORE;
}

enum h1_result
h1_body_next(struct h1_body *body, const char *data, size_t len, size_t *pos,
    struct slice *payload)
{
	*payload = (struct slice){ data, 0 };
	if (body->done)
		return H1_DONE;
	switch (body->framing) {
	case HTTP_CHUNKED:
		return next_chunked(body, data, len, pos, payload);
	case HTTP_BY_LENGTH:
		take_payload(body, data, len, pos, payload);
		body->done = body->left == 0;
		break;
	case HTTP_BY_CLOSE:
		*payload = (struct slice){ data + *pos, len - *pos };
		*pos = len;
		break;
	case HTTP_NO_BODY:
		break;
	}
	return H1_MORE;
}

bool
h1_body_eof(struct h1_body *body)
{
	if (body->framing == HTTP_BY_CLOSE)
		body->done = true;
	return body->done;
}

size_t
h1_chunk_head(char dst[H1_CHUNK_HEAD_MAX], uint64_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 1, i;

	while (n < CHUNK_SIZE_DIGITS && len >> (4 * n) != 0)
		n++;
	for (i = n; i-- > 0; len >>= 4)
		dst[i] = digits[len & 0xf];
	memcpy(dst + n, "\r\n", sizeof("\r\n"));
	return n + 2;
}
