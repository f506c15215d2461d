/* Frames of a WebSocket server: what is one, and what must not be. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/websocket.h"

#define MAX 70000
#define FRAME(text)                                                            \
	{                                                                      \
		text, sizeof(text) - 1                                         \
	}

static const unsigned char mask[WEBSOCKET_MASK_SIZE] = { 1, 2, 3, 4 };

struct bytes {
	const char *p;
	size_t len;
};

static const struct {
	struct bytes in;
	enum websocket_result result;
	const char *text;
} cases[] = {
	{ FRAME(""), WEBSOCKET_MORE, NULL },
	{ FRAME("\x81"), WEBSOCKET_MORE, NULL },
	{ FRAME("\x81\x02h"), WEBSOCKET_MORE, NULL },
	{ FRAME("\x81\x02hi"), WEBSOCKET_TEXT, "hi" },
	{ FRAME("\x81\x00"), WEBSOCKET_TEXT, "" },
	{ FRAME("\x01\x01h\x80\x01i"), WEBSOCKET_TEXT, "hi" },
	{ FRAME("\x01\x01h\x8a\x01x\x00\x00\x80\x01i"), WEBSOCKET_TEXT, "hi" },
	{ FRAME("\x01\x01h\x89\x01x\x80\x01i"), WEBSOCKET_PING, "x" },
	{ FRAME("\x8a\x00\x88\x02\x03\xe8"), WEBSOCKET_CLOSE, NULL },
	{ FRAME("\x88\x00"), WEBSOCKET_CLOSE, NULL },
	{ FRAME("\x88\x01x"), WEBSOCKET_BAD, NULL },
	{ FRAME("\x80\x01i"), WEBSOCKET_BAD, NULL }, /* continues what */
	{ FRAME("\x01\x01h\x81\x01i"), WEBSOCKET_BAD, NULL }, /* two at once */
	{ FRAME("\x81\x82"), WEBSOCKET_BAD, NULL },           /* masked */
	{ FRAME("\xc1\x02"), WEBSOCKET_BAD, NULL },           /* compressed */
	{ FRAME("\x82\x02"), WEBSOCKET_BAD, NULL },           /* binary */
	{ FRAME("\x8b\x00"), WEBSOCKET_BAD, NULL },           /* unknown */
	{ FRAME("\x09\x00"), WEBSOCKET_BAD, NULL },           /* half a ping */
	{ FRAME("\x89\x7e"), WEBSOCKET_BAD, NULL },           /* a long one */
	{ FRAME("\x81\x7e\x00\x7d"), WEBSOCKET_BAD, NULL },   /* not minimal */
	{ FRAME("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), WEBSOCKET_BAD,
	    NULL },
	{ FRAME("\x81\x7f\x80\x00\x00\x00\x00\x01\x00\x00"), WEBSOCKET_BAD,
	    NULL },
	{ FRAME("\x81\x7f\x00\x00\x00\x00\x00\x01\x11\x71"),
	    WEBSOCKET_TOO_LARGE, NULL },
	{ FRAME("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"),
	    WEBSOCKET_TOO_LARGE, NULL },
	{ FRAME("\x01\x01h\x80\x7f\x00\x00\x00\x00\x00\x01\x11\x70"),
	    WEBSOCKET_TOO_LARGE, NULL },
};

/* The first thing that is not MORE, with so many bytes in each read. */
static enum websocket_result
read_all(struct websocket *ws, const struct bytes *in, size_t step,
    const unsigned char **content, size_t *size)
{
	const unsigned char *data = (const unsigned char *)in->p;
	enum websocket_result r = WEBSOCKET_MORE;
	size_t pos = 0;

	for (size_t len = 0; r == WEBSOCKET_MORE && len < in->len;) {
		len = len + step < in->len ? len + step : in->len;
		r = websocket_next(ws, data, len, &pos, content, size);
	}
	return r;
}

static void
check(size_t n, size_t step)
{
	struct websocket ws = { .max = MAX };
	const unsigned char *content = NULL;
	size_t size = 0;
	enum websocket_result r =
	    read_all(&ws, &cases[n].in, step, &content, &size);

	if (r != cases[n].result)
		fail_msg("case %zu in steps of %zu is %d", n, step, (int)r);
	if (r == WEBSOCKET_TEXT) {
		assert_int_equal(buf_len(&ws.message), strlen(cases[n].text));
		assert_memory_equal(buf_data(&ws.message), cases[n].text,
		    strlen(cases[n].text));
	}
	if (r == WEBSOCKET_PING) {
		assert_int_equal(size, strlen(cases[n].text));
		assert_memory_equal(content, cases[n].text, size);
	}
	websocket_release(&ws);
}

static void
test_frames_in_any_reads(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++)
		for (size_t step = 1; step < 16; step++)
			check(n, step);
}

static void
test_messages_follow_one_another(void **state)
{
	const struct bytes in = FRAME("\x81\x01"
	                              "a"
	                              "\x81\x02"
	                              "bc");
	struct websocket ws = { .max = MAX };
	const unsigned char *content;
	size_t pos = 0, size;

	(void)state;
	for (const char *text = "a"; text != NULL;
	     text = text[0] == 'a' ? "bc" : NULL) {
		assert_int_equal(
		    websocket_next(&ws, (const unsigned char *)in.p, in.len,
		        &pos, &content, &size),
		    WEBSOCKET_TEXT);
		assert_int_equal(buf_len(&ws.message), strlen(text));
		assert_memory_equal(buf_data(&ws.message), text, strlen(text));
	}
	assert_int_equal(pos, in.len);
	websocket_release(&ws);
}

/* What is written is masked; unmasked it is what a server would send. */
static void
check_written(size_t size)
{
	static unsigned char text[MAX];
	struct buf out = { 0 };
	struct websocket ws = { .max = MAX };
	const unsigned char *content;
	size_t pos = 0, head = size < 126 ? 2 : size < 65536 ? 4 : 10;
	unsigned char *p;

	memset(text, 'x', size);
	assert_int_equal(
	    websocket_put(&out, WEBSOCKET_OP_TEXT, text, size, mask), 0);
	assert_int_equal(buf_len(&out), head + 4 + size);
	p = buf_data(&out);
	assert_int_equal(p[1] & 0x80, 0x80);
	assert_memory_equal(p + head, mask, 4);
	for (size_t i = 0; i < size; i++)
		p[head + 4 + i] ^= mask[i % 4];
	p[1] &= 0x7f;
	memmove(p + 4, p, head);
	assert_int_equal(
	    websocket_next(&ws, p + 4, head + size, &pos, &content, &size),
	    WEBSOCKET_TEXT);
	assert_int_equal(buf_len(&ws.message), size);
	assert_memory_equal(buf_data(&ws.message), text, size);
	websocket_release(&ws);
	buf_release(&out);
}

static void
test_what_is_written(void **state)
{
	static const size_t sizes[] = { 0, 1, 125, 126, 65535, 65536 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_written(sizes[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_in_any_reads),
		cmocka_unit_test(test_messages_follow_one_another),
		cmocka_unit_test(test_what_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
