/*
 * Bodies: the same payload, verdict and end of message for every cut, and
 * nothing but exact chunk framing.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/h1.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(s) (s), sizeof(s) - 1
#define PAYLOAD_MAX 4096

struct decoded {
	enum h1_result result;
	size_t used; /* of the input, up to the end or the offending byte */
	size_t len;
	char payload[PAYLOAD_MAX];
};

static const struct http_body chunked = { .framing = HTTP_CHUNKED };

/* Feeds data[from .. to), in an allocation of its own, until it is used up. */
static void
feed(struct h1_body *body, const char *data, size_t from, size_t to,
    struct decoded *out)
{
	size_t len = to - from, pos = 0, before;
	char *piece = malloc(len);
	struct slice payload;

	assert_true(piece != NULL || len == 0);
	memcpy(piece, data + from, len);
	do {
		before = pos;
		out->result = h1_body_next(body, piece, len, &pos, &payload);
		assert_true(pos >= before && pos <= len);
		if (payload.len > 0) {
			assert_int_equal(out->result, H1_MORE);
			assert_true(payload.p >= piece + before &&
			    payload.p + payload.len == piece + pos);
			assert_true(out->len + payload.len <= PAYLOAD_MAX);
			memcpy(out->payload + out->len, payload.p, payload.len);
			out->len += payload.len;
		}
	} while (payload.len > 0);
	if (out->result == H1_MORE)
		assert_int_equal(pos, len);
	out->used = from + pos;
	free(piece);
}

/* Decodes in pieces that end at `cut`, at `cut` + 1, and at the end. */
static void
decode_cut(const struct http_body *how, const char *data, size_t len,
    size_t cut, struct decoded *out)
{
	size_t ends[] = { cut, cut < len ? cut + 1 : len, len }, i, from = 0;
	struct h1_body body;

	*out = (struct decoded){ .result = H1_MORE };
	h1_body_init(&body, how);
	for (i = 0; i < COUNT(ends) && out->result == H1_MORE; i++) {
		feed(&body, data, from, ends[i], out);
		from = ends[i];
	}
	assert_int_equal(body.done, out->result == H1_DONE);
}

static void
decode_bytewise(const struct http_body *how, const char *data, size_t len,
    struct decoded *out)
{
	struct h1_body body;
	size_t i;

	*out = (struct decoded){ .result = H1_MORE };
	h1_body_init(&body, how);
	feed(&body, data, 0, 0, out);
	for (i = 0; i < len && out->result == H1_MORE; i++)
		feed(&body, data, i, i + 1, out);
}

static void
assert_same(const struct decoded *a, const struct decoded *b, const char *data)
{
	if (a->result != b->result || a->used != b->used || a->len != b->len ||
	    memcmp(a->payload, b->payload, a->len) != 0)
		fail_msg("cuts matter for '%s'", data);
}

static void
decode(const struct http_body *how, const char *data, size_t len,
    struct decoded *out)
{
	struct decoded other;
	size_t cut;

	decode_cut(how, data, len, len, out);
	decode_bytewise(how, data, len, &other);
	assert_same(out, &other, data);
	for (cut = 0; cut < len; cut++) {
		decode_cut(how, data, len, cut, &other);
		assert_same(out, &other, data);
	}
}

static void
test_chunks_are_joined(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *payload, *rest;
	} cases[] = {
		{ TEXT("0\r\n\r\n"), "", "" },
		{ TEXT("5\r\nhello\r\n0\r\n\r\n"), "hello", "" },
		{ TEXT("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /"),
		    "hello world", "GET /" },
		{ TEXT("a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n"),
		    "0123456789abcdefghij", "" },
		{ TEXT("0000000000000002\r\nab\r\n00\r\n\r\n"), "ab", "" },
		{ TEXT("2\r\n\r\n\r\n0\r\n\r\n\r\n"), "\r\n", "\r\n" },
		/* extensions */
		{ TEXT("1;\r\na\r\n0\r\n\r\n"), "a", "" },
		{ TEXT("1;a\r\nb\r\n0;c=d\r\n\r\n"), "b", "" },
		{ TEXT("1; a = b ;\tc\r\nd\r\n0\r\n\r\n"), "d", "" },
		{ TEXT("1;a=\"b;c d\"\r\ne\r\n0\r\n\r\n"), "e", "" },
		{ TEXT("1;a=\"\\\"\\\\\"\r\nb\r\n0\r\n\r\n"), "b", "" },
		{ TEXT("1;a\\\r\nb\r\n0\r\n\r\n"), "b", "" },
		{ TEXT("1;\xc3\xa4\r\nb\r\n0\r\n\r\n"), "b", "" },
		/* trailers */
		{ TEXT("0\r\nA: b\r\n\r\nx"), "", "x" },
		{ TEXT("0\r\nA:\r\nB: c\t\xff \r\n\r\n"), "", "" },
		{ TEXT("0\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n"
		       "hello"),
		    "", "hello" },
	};
	struct decoded out;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		decode(&chunked, cases[i].text, cases[i].len, &out);
		if (out.result != H1_DONE)
			fail_msg("%d for '%s'", out.result, cases[i].text);
		assert_int_equal(out.len, strlen(cases[i].payload));
		assert_memory_equal(out.payload, cases[i].payload, out.len);
		assert_string_equal(cases[i].text + out.used, cases[i].rest);
	}
}

static void
test_bad_chunks(void **state)
{
	static const struct {
		const char *text;
		size_t len, used;
	} cases[] = {
		{ TEXT("\r\n"), 0 },
		{ TEXT("\n"), 0 },
		{ TEXT("x"), 0 },
		{ TEXT(";a\r\n"), 0 },
		{ TEXT(" 5\r\n"), 0 },
		{ TEXT("+5\r\n"), 0 },
		{ TEXT("-5\r\n"), 0 },
		{ TEXT("\0"), 0 },
		{ TEXT("0x5\r\n"), 1 },
		{ TEXT("5h\r\n"), 1 },
		{ TEXT("5_0\r\n"), 1 },
		{ TEXT("5,5\r\n"), 1 },
		{ TEXT("5 \r\n"), 1 },
		{ TEXT("5\t\r\n"), 1 },
		{ TEXT("5 ;a\r\n"), 1 },
		{ TEXT("5\0\r\n"), 1 },
		{ TEXT("5\xa0\r\n"), 1 },
		{ TEXT("5\n"), 1 },
		{ TEXT("5\r5"), 2 },
		{ TEXT("5\r\r\n"), 2 },
		{ TEXT("8000000000000000\r\n"), 15 },
		{ TEXT("ffffffffffffffff\r\n"), 15 },
		{ TEXT("00000000000000005\r\n"), 16 },
		{ TEXT("10000000000000005\r\n"), 16 },
		{ TEXT("5;a\n"), 3 },
		{ TEXT("5;a\rb"), 4 },
		{ TEXT("5;a\0\r\n"), 3 },
		{ TEXT("5;a\x7f\r\n"), 3 },
		{ TEXT("5;\x0b\r\n"), 2 },
		{ TEXT("5;a=\"\r\n"), 5 },
		{ TEXT("5;a=\"b\r\n"), 6 },
		{ TEXT("5;a=\"\\\r\n"), 6 },
		{ TEXT("5;a=\"b\n\"\r\n"), 6 },
		{ TEXT("1\r\nab"), 4 },
		{ TEXT("1\r\na\n0\r\n"), 4 },
		{ TEXT("1\r\na\rb"), 5 },
		{ TEXT("1\r\na\r\r\n"), 5 },
		{ TEXT("1\r\na0\r\n"), 4 },
		{ TEXT("1\r\na\r\n\r\n"), 6 },
		{ TEXT("0\r\n\n"), 3 },
		{ TEXT("0\r\n\r\r\n"), 4 },
		{ TEXT("0\r\n\rX"), 4 },
		{ TEXT("0\r\n A: b\r\n\r\n"), 3 },
		{ TEXT("0\r\n: b\r\n\r\n"), 3 },
		{ TEXT("0\r\nA\r\n\r\n"), 4 },
		{ TEXT("0\r\nA : b\r\n\r\n"), 4 },
		{ TEXT("0\r\nA: b\n\r\n"), 7 },
		{ TEXT("0\r\nA: \0\r\n\r\n"), 6 },
		{ TEXT("0\r\nA: b\r\n c\r\n\r\n"), 9 },
		{ TEXT("0\r\nA: b\rc\r\n\r\n"), 8 },
		{ TEXT("0\r\nGET / HTTP/1.1\r\n\r\n"), 6 },
	};
	struct decoded out;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		decode(&chunked, cases[i].text, cases[i].len, &out);
		if (out.result != H1_BAD || out.used != cases[i].used)
			fail_msg("%d at %zu for '%s'", out.result, out.used,
			    cases[i].text);
	}
}

static void
test_unfinished_chunks(void **state)
{
	static const char text[] =
	    "5;a=\"b\\\"\"\r\nhello\r\n0\r\nA: b\r\n\r\n";
	struct decoded out;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(text) - 1; len++) {
		decode(&chunked, text, len, &out);
		assert_int_equal(out.result, H1_MORE);
	}
	decode(&chunked, text, len, &out);
	assert_int_equal(out.result, H1_DONE);
}

static void
test_largest_chunk_is_waited_for(void **state)
{
	struct decoded out;

	(void)state;
	decode(&chunked, TEXT("7fffffffffffffff\r\nabc"), &out);
	assert_int_equal(out.result, H1_MORE);
	assert_int_equal(out.len, 3);
}

/* Appends a chunk of one byte whose line has `len` bytes; the new length. */
static size_t
append_chunk(char *text, size_t used, size_t len)
{
	char *line = text + used;

	memset(line, 'x', len);
	memcpy(line, "1;", 2);
	memcpy(line + len, "\r\na\r\n", 5);
	return used + len + 5;
}

static void
test_chunk_line_limit(void **state)
{
	char text[H1_CHUNK_LINE_MAX + 6];
	struct decoded out;

	(void)state;
	decode(&chunked, text, append_chunk(text, 0, H1_CHUNK_LINE_MAX), &out);
	assert_int_equal(out.result, H1_MORE);
	assert_int_equal(out.len, 1);
	decode(
	    &chunked, text, append_chunk(text, 0, H1_CHUNK_LINE_MAX + 1), &out);
	assert_int_equal(out.result, H1_BAD);
	assert_int_equal(out.used, H1_CHUNK_LINE_MAX);
}

/* Each line of 129 bytes has 128 of extensions. */
static void
test_chunk_extensions_limit(void **state)
{
	enum { LINE = 129, FIT = H1_CHUNK_EXTENSIONS_MAX / (LINE - 1) };
	static char text[(FIT + 1) * (LINE + 5)];
	struct decoded out;
	size_t len = 0;
	unsigned i;

	(void)state;
	for (i = 0; i < FIT; i++)
		len = append_chunk(text, len, LINE);
	decode_bytewise(&chunked, text, len, &out);
	assert_int_equal(out.result, H1_MORE);
	assert_int_equal(out.len, FIT);
	append_chunk(text, len, LINE);
	decode_bytewise(&chunked, text, len + 2, &out);
	assert_int_equal(out.result, H1_BAD);
	assert_int_equal(out.used, len + 1);
}

/* In the middle of an extension, too. */
static void
test_chunk_extensions_limit_within_a_line(void **state)
{
	enum { LINE = 200, FIT = H1_CHUNK_EXTENSIONS_MAX / (LINE - 1) };
	static char text[(FIT + 1) * (LINE + 5)];
	struct decoded out;
	size_t len = 0;
	unsigned i;

	(void)state;
	for (i = 0; i <= FIT; i++)
		len = append_chunk(text, len, LINE);
	decode_bytewise(&chunked, text, len, &out);
	assert_int_equal(out.result, H1_BAD);
	assert_int_equal(out.used,
	    FIT * (LINE + 5) + 1 + H1_CHUNK_EXTENSIONS_MAX % (LINE - 1));
}

static void
test_trailer_limit(void **state)
{
	static char text[H1_TRAILER_MAX + 4];
	struct decoded out;

	(void)state;
	memset(text, 'v', sizeof(text));
	memcpy(text, "0\r\nA:", 5);
	memcpy(text + H1_TRAILER_MAX - 1, "\r\n\r\n", 4);
	decode_bytewise(&chunked, text, H1_TRAILER_MAX + 3, &out);
	assert_int_equal(out.result, H1_DONE);
	memcpy(text + H1_TRAILER_MAX - 1, "v\r\n\r\n", 5);
	decode_bytewise(&chunked, text, H1_TRAILER_MAX + 4, &out);
	assert_int_equal(out.result, H1_BAD);
	assert_int_equal(out.used, H1_TRAILER_MAX + 3);
}

static void
test_verdicts_repeat(void **state)
{
	struct slice payload;
	struct h1_body body;
	size_t pos = 0;

	(void)state;
	h1_body_init(&body, &chunked);
	assert_int_equal(
	    h1_body_next(&body, TEXT("5\n"), &pos, &payload), H1_BAD);
	assert_int_equal(pos, 1);
	pos = 0;
	assert_int_equal(
	    h1_body_next(&body, TEXT("0\r\n\r\n"), &pos, &payload), H1_BAD);
	assert_int_equal(h1_body_next(&body, "", 0, &pos, &payload), H1_BAD);
	assert_int_equal(pos, 0);
	assert_false(h1_body_eof(&body));

	h1_body_init(&body, &chunked);
	assert_int_equal(
	    h1_body_next(&body, TEXT("0\r\n\r\n"), &pos, &payload), H1_DONE);
	assert_int_equal(pos, 5);
	pos = 0;
	assert_int_equal(
	    h1_body_next(&body, TEXT("x"), &pos, &payload), H1_DONE);
	assert_int_equal(pos, 0);
	assert_int_equal(payload.len, 0);
	assert_true(h1_body_eof(&body));
}

static void
test_by_length(void **state)
{
	struct http_body how = { HTTP_BY_LENGTH, 5 };
	struct decoded out;
	struct h1_body body;

	(void)state;
	decode(&how, TEXT("helloGET"), &out);
	assert_int_equal(out.result, H1_DONE);
	assert_int_equal(out.used, 5);
	assert_memory_equal(out.payload, "hello", 5);
	decode(&how, TEXT("hell"), &out);
	assert_int_equal(out.result, H1_MORE);
	assert_int_equal(out.len, 4);

	h1_body_init(&body, &how);
	assert_false(body.done);
	assert_false(h1_body_eof(&body));
	how.length = 0;
	decode(&how, TEXT("GET"), &out);
	assert_int_equal(out.result, H1_DONE);
	assert_int_equal(out.used, 0);
	h1_body_init(&body, &how);
	assert_true(body.done);
}

static void
test_end_of_length_is_known_with_its_last_byte(void **state)
{
	struct http_body how = { HTTP_BY_LENGTH, 5 };
	struct slice payload;
	struct h1_body body;
	size_t pos = 0;

	(void)state;
	h1_body_init(&body, &how);
	assert_int_equal(
	    h1_body_next(&body, TEXT("hello"), &pos, &payload), H1_MORE);
	assert_int_equal(payload.len, 5);
	assert_true(body.done);
}

static void
test_by_close(void **state)
{
	struct http_body how = { HTTP_BY_CLOSE, 0 };
	struct decoded out;
	struct h1_body body;

	(void)state;
	decode(&how, TEXT("0\r\n\r\n\0"), &out);
	assert_int_equal(out.result, H1_MORE);
	assert_int_equal(out.len, 6);
	h1_body_init(&body, &how);
	assert_false(body.done);
	assert_true(h1_body_eof(&body));
	assert_true(body.done);
}

static void
test_no_body(void **state)
{
	struct http_body how = { HTTP_NO_BODY, 0 };
	struct decoded out;

	(void)state;
	decode(&how, TEXT("GET"), &out);
	assert_int_equal(out.result, H1_DONE);
	assert_int_equal(out.used, 0);
}

static void
test_chunk_heads(void **state)
{
	static const struct {
		uint64_t len;
		const char *head;
	} cases[] = {
		{ 1, "1\r\n" },
		{ 15, "f\r\n" },
		{ 16, "10\r\n" },
		{ 0x4a0b, "4a0b\r\n" },
		{ 0x100000000, "100000000\r\n" },
		{ INT64_MAX, "7fffffffffffffff\r\n" },
		{ UINT64_MAX, "ffffffffffffffff\r\n" },
	};
	char head[H1_CHUNK_HEAD_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
		    h1_chunk_head(head, cases[i].len), strlen(cases[i].head));
		assert_string_equal(head, cases[i].head);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chunks_are_joined),
		cmocka_unit_test(test_bad_chunks),
		cmocka_unit_test(test_unfinished_chunks),
		cmocka_unit_test(test_largest_chunk_is_waited_for),
		cmocka_unit_test(test_chunk_line_limit),
		cmocka_unit_test(test_chunk_extensions_limit),
		cmocka_unit_test(test_chunk_extensions_limit_within_a_line),
		cmocka_unit_test(test_trailer_limit),
		cmocka_unit_test(test_verdicts_repeat),
		cmocka_unit_test(test_by_length),
		cmocka_unit_test(
		    test_end_of_length_is_known_with_its_last_byte),
		cmocka_unit_test(test_by_close),
		cmocka_unit_test(test_no_body),
		cmocka_unit_test(test_chunk_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
