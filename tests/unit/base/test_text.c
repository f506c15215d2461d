#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void
test_u64(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool good;
		uint64_t value;
	} rows[] = {
		{ "0", 0, true, 0 },
		{ "007", 7, true, 7 },
		{ "65535", 65535, true, 65535 },
		{ "65536", 65535, false, 0 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999", UINT64_MAX, false, 0 },
		{ "5", 4, false, 0 },
		{ "10", 9, false, 0 },
		{ "", 9, false, 0 },
		{ "+1", 9, false, 0 },
		{ "-1", 9, false, 0 },
		{ " 1", 9, false, 0 },
		{ "1 ", 9, false, 0 },
		{ "0x1", 9, false, 0 },
		{ "1:", 9, false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t value = 12345;

		assert_int_equal(text_u64(rows[i].text, strlen(rows[i].text),
		                     rows[i].max, &value),
		    rows[i].good);
		assert_true(value == (rows[i].good ? rows[i].value : 12345));
	}
}

static void
test_u64_reads_len_bytes_only(void **state)
{
	uint64_t value;

	(void)state;
	assert_true(text_u64("123", 2, 99, &value));
	assert_int_equal(value, 12);
	assert_false(text_u64("1\0002", 3, 999, &value));
}

static void
test_ieq(void **state)
{
	(void)state;
	assert_true(text_ieq("HoSt", 4, "hOsT"));
	assert_true(text_ieq("host: x", 4, "Host"));
	assert_true(text_ieq("", 0, ""));
	assert_false(text_ieq("hos", 3, "host"));
	assert_false(text_ieq("hosts", 5, "host"));
	assert_false(text_ieq("[", 1, "{"));
	assert_false(text_ieq("a\0b", 3, "a"));
}

static void
test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} rows[] = {
		{ "", "", 0 },
		{ "", "end", 3 },
		{ "Backend", "backEND", 0 },
		{ "Bakend", "Backend", 1 },
		{ "Backendd", "Backend", 1 },
		{ "Backemd", "Backend", 1 },
		{ "Bcakend", "Backend", 1 },
		{ "kitten", "sitting", 3 },
		{ "abcdef", "uvwxyz", 6 },
	};
	char longest[65];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    text_distance(rows[i].a, rows[i].b), rows[i].distance);
		assert_int_equal(
		    text_distance(rows[i].b, rows[i].a), rows[i].distance);
	}
	memset(longest, 'x', 64);
	longest[64] = '\0';
	assert_int_equal(text_distance(longest, "x"), UINT_MAX);
	longest[63] = '\0';
	assert_int_equal(text_distance(longest, "x"), 62);
}

static void
test_base64url_vectors(void **state)
{
	static const struct {
		const char *plain, *encoded;
	} rows[] = {
		/* RFC 4648 section 10, without padding */
		{ "", "" },
		{ "f", "Zg" },
		{ "fo", "Zm8" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg" },
		{ "fooba", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "-_-_" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].plain), got = SIZE_MAX;
		char *s = text_base64url(rows[i].plain, len), plain[8];

		assert_string_equal(s, rows[i].encoded);
		assert_true(text_unbase64url(s, plain, len, &got));
		assert_int_equal(got, len);
		assert_memory_equal(plain, rows[i].plain, len);
		if (len > 0)
			assert_false(text_unbase64url(s, plain, len - 1, &got));
		free(s);
	}
}

static void
test_base64url_every_byte(void **state)
{
	unsigned char bytes[256], back[256];
	size_t i, len;
	char *s;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	s = text_base64url(bytes, sizeof(bytes));
	assert_true(text_unbase64url(s, back, sizeof(back), &len));
	assert_int_equal(len, sizeof(bytes));
	assert_memory_equal(back, bytes, sizeof(bytes));
	free(s);
}

static void
test_base64url_refusals(void **state)
{
	static const char *const rows[] = { "Z", "Zm9vY", "Zg==", "Zm+v",
		"Zm/v", "Zm 9", "Zm9v\n", "Zh", "Zm9", "\xc3\xa9" };
	unsigned char dst[64];
	size_t i, len = 99;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(text_unbase64url(rows[i], dst, sizeof(dst), &len));
	assert_int_equal(len, 99);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_u64_reads_len_bytes_only),
		cmocka_unit_test(test_ieq),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_base64url_vectors),
		cmocka_unit_test(test_base64url_every_byte),
		cmocka_unit_test(test_base64url_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
