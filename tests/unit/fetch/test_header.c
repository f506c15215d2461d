/* Header values of servers. */

#include "header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/fetch.h"

/* RFC 9110 section 5.6.7 writes this one moment in its three forms. */
#define MOMENT 784111777

static void
test_dates(void **state)
{
	(void)state;
	assert_int_equal(header_date("Sun, 06 Nov 1994 08:49:37 GMT"), MOMENT);
	assert_int_equal(header_date("Sunday, 06-Nov-94 08:49:37 GMT"), MOMENT);
	assert_int_equal(header_date("Sun Nov  6 08:49:37 1994"), MOMENT);
	assert_int_equal(
	    header_date("Thu, 01 Jan 2065 00:00:00 GMT"), INT64_C(2997993600));
	assert_int_equal(header_date(""), -1);
	assert_int_equal(header_date("tomorrow"), -1);
	assert_int_equal(header_date("Sun, 06 Nov 1994 08:49:37 CET"), -1);
	assert_int_equal(header_date("Sun, 06 Nov 1994 08:49:37 GMT!"), -1);
	assert_int_equal(header_date("Sun, 06 Now 1994 08:49:37 GMT"), -1);
}

static void
test_retry_after(void **state)
{
	static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";

	(void)state;
	assert_int_equal(header_retry_after("0", 0), 0);
	assert_int_equal(header_retry_after("120", MOMENT), 120);
	assert_int_equal(header_retry_after("99999999999999999999999", 0),
	    FETCH_RETRY_AFTER_MAX);
	assert_int_equal(header_retry_after(date, MOMENT - 60), 60);
	assert_int_equal(header_retry_after(date, MOMENT + 60), 0);
	assert_int_equal(header_retry_after(date, 0), FETCH_RETRY_AFTER_MAX);
	assert_int_equal(header_retry_after("", 0), -1);
	assert_int_equal(header_retry_after("-1", 0), -1);
	assert_int_equal(header_retry_after("1.5", 0), -1);
	assert_int_equal(header_retry_after("soon", 0), -1);
}

static void
assert_media_type(const char *value, const char *expected)
{
	char *type = header_media_type(value);

	assert_string_equal(type, expected);
	free(type);
}

static void
test_media_type(void **state)
{
	(void)state;
	assert_media_type("", "");
	assert_media_type("application/json", "application/json");
	assert_media_type(
	    "Application/JSON; charset=utf-8", "application/json");
	assert_media_type("text/html ;q", "text/html");
	assert_media_type("text/\x1b[m", "");
}

static void
test_text(void **state)
{
	char value[FETCH_HEADER_MAX + 2], *text;
	size_t len;

	(void)state;
	text = header_text("https://ca.test/a?b c~");
	assert_string_equal(text, "https://ca.test/a?b c~");
	free(text);
	text = header_text("caf\xc3\xa9");
	assert_string_equal(text, "");
	free(text);
	for (len = FETCH_HEADER_MAX; len <= FETCH_HEADER_MAX + 1; len++) {
		memset(value, 'a', len);
		value[len] = '\0';
		text = header_text(value);
		assert_int_equal(
		    strlen(text), len == FETCH_HEADER_MAX ? len : 0);
		free(text);
	}
}

static void
test_alternates(void **state)
{
	const char *value = "<https://ca.test/dir>;rel=\"index\", "
	                    "<https://ca.test/c/1?a,b>;title=\"x, y\"; "
	                    "rel=\"alternate\" , </c/2>;rel=alternate,"
	                    "<c3>;rel=\"Alternate up\",<c4>;rel=alternates,"
	                    "c5;rel=alternate,<c6;rel=alternate";
	static const char *const expected[] = {
		"https://ca.test/c/1?a,b",
		"/c/2",
		"c3",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		char *target = header_next_alternate(&value);

		assert_string_equal(target, expected[i]);
		free(target);
	}
	assert_null(header_next_alternate(&value));
	assert_int_equal(*value, '\0');
	assert_null(header_next_alternate(&value));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_media_type),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_alternates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
