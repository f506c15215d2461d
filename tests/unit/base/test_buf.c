#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void
test_zeroed_is_empty(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	assert_int_equal(buf_len(&buf), 0);
	assert_null(buf_data(&buf));
	buf_consume(&buf, 0);
	buf_clear(&buf);
	buf_release(&buf);
	assert_int_equal(buf_append(&buf, NULL, 0), 0);
	assert_int_equal(buf_len(&buf), 0);
	buf_wipe(&buf);
}

static void
test_append_and_consume(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 0);
	assert_int_equal(buf_append(&buf, "abc", 3), 0);
	assert_int_equal(buf_append_str(&buf, "defg"), 0);
	assert_int_equal(buf_len(&buf), 7);
	assert_memory_equal(buf_data(&buf), "abcdefg", 7);
	buf_consume(&buf, 2);
	assert_memory_equal(buf_data(&buf), "cdefg", 5);
	buf_consume(&buf, 5);
	assert_int_equal(buf_len(&buf), 0);
	buf_release(&buf);
}

static void
write_some(struct buf *buf, size_t n, unsigned *written)
{
	unsigned char *p = buf_reserve(buf, n);
	size_t i;

	assert_non_null(p);
	for (i = 0; i < n; i++)
		p[i] = (unsigned char)((*written)++ % 251);
	buf_commit(buf, n);
}

/* A stream of bytes through the buffer, in steps of odd sizes. */
static void
test_stream_keeps_order_and_memory(void **state)
{
	unsigned written = 0, read = 0;
	struct buf buf;
	size_t n, i;

	(void)state;
	buf_init(&buf, 4096);
	while (read < 200000) {
		n = written % 613 + 1;
		if (n <= 4096 - buf_len(&buf))
			write_some(&buf, n, &written);
		n = buf_len(&buf) * 5 / 9 + 1;
		for (i = 0; i < n; i++)
			assert_int_equal(buf_data(&buf)[i], read++ % 251);
		buf_consume(&buf, n);
	}
	assert_true(buf.size <= 4096);
	buf_release(&buf);
}

static void
test_cap_is_of_unread_bytes(void **state)
{
	char block[1000];
	struct buf buf;

	(void)state;
	memset(block, 'x', sizeof(block));
	buf_init(&buf, 1500);
	assert_int_equal(buf_append(&buf, block, 1000), 0);
	assert_int_equal(buf_append(&buf, block, 501), -1);
	assert_int_equal(buf_len(&buf), 1000);
	assert_int_equal(buf_append(&buf, block, 500), 0);
	assert_null(buf_reserve(&buf, 1));
	assert_null(buf_reserve(&buf, SIZE_MAX));
	buf_consume(&buf, 1000);
	assert_int_equal(buf_append(&buf, block, 1000), 0);
	assert_int_equal(buf_len(&buf), 1500);
	buf_release(&buf);
	assert_int_equal(buf_append(&buf, block, 1000), 0);
	assert_int_equal(buf_append(&buf, block, 501), -1);
	buf_release(&buf);
}

static void
test_printf(void **state)
{
	char word[300];
	struct buf buf;

	(void)state;
	memset(word, 'w', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	buf_init(&buf, 600);
	assert_int_equal(buf_printf(&buf, "%d-%s", 42, "x"), 0);
	assert_memory_equal(buf_data(&buf), "42-x", 4);
	assert_int_equal(buf_printf(&buf, "%s", word), 0);
	assert_int_equal(buf_len(&buf), 4 + 299);
	assert_memory_equal(buf_data(&buf) + 4, word, 299);
	assert_int_equal(buf_printf(&buf, "%s", word), -1);
	assert_int_equal(buf_len(&buf), 4 + 299);
	buf_release(&buf);
}

static void
test_detach_gives_a_string(void **state)
{
	struct buf buf;
	size_t len;
	char *s;

	(void)state;
	buf_init(&buf, 6);
	assert_int_equal(buf_append_str(&buf, "xxtext"), 0);
	buf_consume(&buf, 2);
	s = buf_detach(&buf, &len);
	assert_int_equal(len, 4);
	assert_string_equal(s, "text");
	free(s);
	assert_int_equal(buf_len(&buf), 0);
	s = buf_detach(&buf, NULL);
	assert_string_equal(s, "");
	free(s);
	assert_int_equal(buf_append_str(&buf, "1234567"), -1);
	buf_release(&buf);
}

static void
test_numbers(void **state)
{
	static const struct {
		uint64_t value;
		const char *text;
	} rows[] = { { 0, "0" }, { 7, "7" }, { 10, "10" }, { 4096, "4096" },
		{ UINT64_MAX, "18446744073709551615" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf buf = { 0 };
		char *text;

		assert_int_equal(buf_append_u64(&buf, rows[i].value), 0);
		text = buf_detach(&buf, NULL);
		assert_string_equal(text, rows[i].text);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed_is_empty),
		cmocka_unit_test(test_append_and_consume),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_stream_keeps_order_and_memory),
		cmocka_unit_test(test_cap_is_of_unread_bytes),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_detach_gives_a_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
