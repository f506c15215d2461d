/* Values of the access log: escaped, cut, and without credentials. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "redact.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct slice
slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

static void
assert_put(struct buf *out, const char *expected)
{
	buf_append(out, "", 1);
	assert_string_equal((const char *)buf_data(out), expected);
	buf_release(out);
}

static void
check(const char *text, bool json, const char *expected)
{
	struct buf out = { 0 };
	struct value value;

	value_begin(&value, &out, json);
	value_put(&value, slice_of(text));
	value_end(&value);
	assert_put(&out, expected);
}

static void
test_escapes(void **state)
{
	(void)state;
	check("plain ~", false, "plain ~");
	check("a\"b\\c\nd\177\xc3\xa9", false,
	    "a\\x22b\\x5cc\\x0ad\\x7f\\xc3\\xa9");
	check("plain", true, "\"plain\"");
	check("a\"b\\c\nd\177", true, "\"a\\\"b\\\\x5cc\\\\x0ad\\\\x7f\"");
}

static void
test_json_keeps_utf8_and_nothing_else(void **state)
{
	static const char *const good[] = { "\xc2\x80", "\xdf\xbf",
		"\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbd",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80", "\xc0\xaf", "\xc1\xbf",
		"\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82",
		"\xe2\x82(", "\xf0\x9f\x98" };
	char expected[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		snprintf(expected, sizeof(expected), "\"%s\"", good[i]);
		check(good[i], true, expected);
	}
	for (i = 0; i < COUNT(bad); i++) {
		size_t len = 0, j;

		for (j = 0; bad[i][j] != '\0'; j++) {
			unsigned char c = (unsigned char)bad[i][j];

			len += (size_t)snprintf(expected + len,
			    sizeof(expected) - len,
			    c < 0x80 ? "%c" : "\\\\x%02x", c);
		}
		expected[len] = '\0';
		memmove(expected + 1, expected, len + 1);
		expected[0] = '"';
		memcpy(expected + len + 1, "\"", 2);
		check(bad[i], true, expected);
	}
}

static void
test_long_values_are_cut_between_units(void **state)
{
	static const char filler[] = "xxxxxxx";
	bool json[] = { false, true };
	size_t i, skip;

	(void)state;
	for (i = 0; i < COUNT(json); i++)
		for (skip = 0; skip < sizeof(filler); skip++) {
			struct buf out = { 0 };
			struct value value;
			char text[3 * VALUE_MAX];
			size_t len;

			memset(text, '\n', sizeof(text));
			memcpy(text, filler, skip);
			value_begin(&value, &out, json[i]);
			value_put(&value, (struct slice){ text, sizeof(text) });
			value_put(&value, slice_of("never"));
			value_end(&value);
			len = buf_len(&out);
			assert_in_range(
			    len, VALUE_MAX - 2, VALUE_MAX + 3 + 2 * json[i]);
			len -= json[i];
			assert_memory_equal(
			    buf_data(&out) + len - 7, "\\x0a...", 7);
			buf_release(&out);
		}
	check("x", false, "x");
}

static void
check_query(const char *query, const char *expected)
{
	struct buf out = { 0 };
	struct value value;

	value_begin(&value, &out, false);
	value_put_query(&value, slice_of(query));
	value_end(&value);
	assert_put(&out, expected);
}

static void
test_credentials_in_queries(void **state)
{
	(void)state;
	check_query("", "");
	check_query("?", "?");
	check_query("?a=b&c", "?a=b&c");
	check_query("?authSig=eyJ.a.b", "?authSig=...");
	check_query("?a=1&token=x&b=2", "?a=1&token=...&b=2");
	check_query("?TOKEN=x", "?TOKEN=...");
	check_query("?auth%53ig=x&acce%73s%5Ftoken=y",
	    "?auth%53ig=...&acce%73s%5Ftoken=...");
	check_query("?code=c&state=s&refresh_token=r",
	    "?code=...&state=s&refresh_token=...");
	check_query("?token", "?token");
	check_query("?token=a=b", "?token=...");
	check_query("?tokens=1&xtoken=2", "?tokens=1&xtoken=2");
	check_query("&&token=x", "&&token=...");
	check_query("?%=%&token%=1", "?%=%&token%=1");
}

static void
check_field(const char *name, const char *bytes, const char *expected)
{
	struct buf out = { 0 };
	struct value value;

	value_begin(&value, &out, false);
	value_put_field(&value, slice_of(name), slice_of(bytes));
	value_end(&value);
	assert_put(&out, expected);
}

static void
test_credentials_in_fields(void **state)
{
	(void)state;
	check_field("authorization", "Bearer x", "...");
	check_field("Cookie", "a=b", "...");
	check_field("SET-COOKIE", "a=b; Secure", "...");
	check_field("X-Supervisor-Token", "t", "...");
	check_field("User-Agent", "curl/8", "curl/8");
	check_field("Referer", "https://h/p?a=b&authSig=x",
	    "https://h/p?a=b&authSig=...");
	check_field(
	    "Referer", "https://me:pass@h/p?token=1", "...@h/p?token=...");
	check_field("Referer", "https://h/me@x", "https://h/me@x");
	check_field("Location", "/?code=1", "/?code=...");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_json_keeps_utf8_and_nothing_else),
		cmocka_unit_test(test_long_values_are_cut_between_units),
		cmocka_unit_test(test_credentials_in_queries),
		cmocka_unit_test(test_credentials_in_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
