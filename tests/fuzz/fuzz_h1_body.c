/*
 * Bodies: the input is decoded as chunks, by length and until the close. Cuts
 * must not matter, the reference must find the same payload, and the payload
 * written as chunks again must come back.
 */

#include "http/h1.h"
#include "reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct decoded {
	enum h1_result result;
	size_t used;
	char *payload; /* freed by its user */
	size_t len;
};

/* One read of data[from .. to). */
static void
feed(struct h1_body *body, const uint8_t *data, size_t from, size_t to,
    struct decoded *out)
{
	size_t len = to - from, pos = 0, before;
	char *copy = exact_copy(data + from, len);
	struct slice payload;

	do {
		before = pos;
		out->result = h1_body_next(body, copy, len, &pos, &payload);
		assert(pos >= before && pos <= len);
		if (payload.len > 0) {
			assert(out->result == H1_MORE);
			assert(payload.p >= copy + before);
			assert(payload.p + payload.len == copy + pos);
			memcpy(out->payload + out->len, payload.p, payload.len);
			out->len += payload.len;
		}
	} while (payload.len > 0);
	assert(out->result != H1_MORE || pos == len);
	out->used = from + pos;
	free(copy);
}

static struct decoded
decode(const struct http_body *how, const uint8_t *data, const size_t *cuts,
    size_t ncuts)
{
	struct decoded out = { .result = H1_MORE };
	size_t from = 0, i;
	struct h1_body body;

	out.payload = malloc(cuts[ncuts - 1] + 1);
	assert(out.payload != NULL);
	h1_body_init(&body, how);
	for (i = 0; i < ncuts && out.result == H1_MORE; i++) {
		feed(&body, data, from, cuts[i], &out);
		from = cuts[i];
	}
	assert(body.done == (out.result == H1_DONE));
	assert(h1_body_eof(&body) ==
	    (out.result == H1_DONE || how->framing == HTTP_BY_CLOSE));
	return out;
}

/* The length of the line at data, without its CRLF. False: it has none. */
static bool
find_line(const uint8_t *data, size_t size, size_t *len)
{
	const uint8_t *lf = size > 0 ? memchr(data, '\n', size) : NULL;

	if (lf == NULL || lf == data || lf[-1] != '\r')
		return false;
	*len = (size_t)(lf - data) - 1;
	return true;
}

static bool
refer_trailers(const uint8_t *data, size_t size, size_t *used)
{
	static struct pattern field = { .text = FIELD_LINE };
	size_t start = *used, len;

	while (find_line(data + *used, size - *used, &len)) {
		if (*used + len + 2 - start > H1_TRAILER_MAX)
			return false;
		if (len > 0 && !matches(&field, data + *used, len))
			return false;
		*used += len + 2;
		if (len == 0)
			return true;
	}
	return false;
}

/* Whether the reference sees a complete chunked body; its payload and size. */
static bool
refer(const uint8_t *data, size_t size, struct decoded *out)
{
	static struct pattern chunk = {
		.text = "^[0-9A-Fa-f]{1,16}"
		        "(;([\t !#-~\x80-\xff]"
		        "|\"([]\t !#-[^-~\x80-\xff]|\\\\[" TEXT "])*\")*)?$"
	};
	size_t extensions = 0, len, digits;
	unsigned __int128 n;

	while (find_line(data + out->used, size - out->used, &len)) {
		const uint8_t *line = data + out->used;

		if (len > H1_CHUNK_LINE_MAX || !matches(&chunk, line, len))
			return false;
		for (n = 0, digits = 0; digits < len && line[digits] != ';';
		     digits++)
			n = n * 16 +
			    (line[digits] <= '9'
			            ? line[digits] - '0'
			            : (line[digits] | 0x20) - 'a' + 10);
		extensions += len - digits;
		out->used += len + 2;
		if (n > INT64_MAX || extensions > H1_CHUNK_EXTENSIONS_MAX)
			return false;
		if (n == 0)
			return refer_trailers(data, size, &out->used);
		if (n > size - out->used || size - out->used - n < 2 ||
		    memcmp(data + out->used + n, "\r\n", 2) != 0)
			return false;
		memcpy(out->payload + out->len, data + out->used, (size_t)n);
		out->len += (size_t)n;
		out->used += (size_t)n + 2;
	}
	return false;
}

static void
assert_equal(const struct decoded *a, const struct decoded *b)
{
	assert(a->result == b->result);
	assert(a->used == b->used);
	assert(a->len == b->len);
	assert(memcmp(a->payload, b->payload, a->len) == 0);
}

/* Decodes whole and in pieces. The payload is freed by the caller. */
static struct decoded
decode_both(const struct http_body *how, const uint8_t *data, size_t size)
{
	struct decoded whole, pieces;
	size_t cuts[CUTS];

	choose_cuts(data, size, cuts);
	whole = decode(how, data, &size, 1);
	pieces = decode(how, data, cuts, CUTS);
	assert_equal(&whole, &pieces);
	free(pieces.payload);
	return whole;
}

static void
check_chunked(const uint8_t *data, size_t size)
{
	static const struct http_body how = { .framing = HTTP_CHUNKED };
	struct decoded decoded = decode_both(&how, data, size);
	struct decoded reference = { .result = H1_DONE };

	reference.payload = malloc(size + 1);
	assert(reference.payload != NULL);
	if (refer(data, size, &reference))
		assert_equal(&decoded, &reference);
	else
		assert(decoded.result != H1_DONE);
	free(reference.payload);
	free(decoded.payload);
}

static void
check_length(const uint8_t *data, size_t size)
{
	struct http_body how = { HTTP_BY_LENGTH,
		hash(data, size) % (2 * size + 1) };
	struct decoded decoded = decode_both(&how, data, size);
	size_t len = how.length < size ? (size_t)how.length : size;

	assert((decoded.result == H1_DONE) == (how.length <= size));
	assert(decoded.used == len && decoded.len == len);
	assert(memcmp(decoded.payload, data, len) == 0);
	free(decoded.payload);
}

static void
check_close(const uint8_t *data, size_t size)
{
	static const struct http_body how = { .framing = HTTP_BY_CLOSE };
	struct decoded decoded = decode_both(&how, data, size);

	assert(decoded.result == H1_MORE && decoded.len == size);
	assert(memcmp(decoded.payload, data, size) == 0);
	free(decoded.payload);
}

/* The input as one chunk and the last one. */
static void
check_round_trip(const uint8_t *data, size_t size)
{
	static const struct http_body how = { .framing = HTTP_CHUNKED };
	size_t room = size + 2 * H1_CHUNK_HEAD_MAX, len;
	uint8_t *text = malloc(room);
	struct decoded decoded;

	assert(text != NULL);
	len = h1_chunk_head((char *)text, size);
	memcpy(text + len, data, size);
	len += size;
	memcpy(text + len, "\r\n0\r\n\r\n", 7);
	len += 7;
	assert(len <= room);
	decoded = decode_both(&how, text, len);
	assert(decoded.result == H1_DONE);
	assert(decoded.used == len && decoded.len == size);
	assert(memcmp(decoded.payload, data, size) == 0);
	free(decoded.payload);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_chunked(data, size);
	check_length(data, size);
	check_close(data, size);
	if (size > 0)
		check_round_trip(data, size);
	return 0;
}
