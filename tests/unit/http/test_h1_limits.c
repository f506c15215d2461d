/*
 * The bounds of heads, to the byte: what just fits, what is one too long, and
 * that nobody waits for the rest of what cannot fit any more.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "http/h1.h"
#include "scan.h"

/* A request line of `len` bytes, then `more`. The result must be freed. */
static char *
long_request(size_t len, const char *more)
{
	static const char start[] = "GET /", end[] = " HTTP/1.1";
	char *text = malloc(len + strlen(more) + 1);

	assert_non_null(text);
	memset(text, 'a', len);
	memcpy(text, start, strlen(start));
	memcpy(text + len - strlen(end), end, strlen(end));
	memcpy(text + len, more, strlen(more) + 1);
	return text;
}

static enum h1_result
scan_result(const char *text, size_t len, bool response)
{
	struct head whole = scan_cut(text, len, response, 0);

	assert_same(whole, scan_bytewise(text, len, response), "long");
	return whole.result;
}

static void
test_request_line_limit(void **state)
{
	char *text = long_request(H1_REQUEST_LINE_MAX, "\r\n\r\n");

	(void)state;
	assert_int_equal(scan_result(text, strlen(text), false), H1_DONE);
	assert_int_equal(
	    scan_result(text, H1_REQUEST_LINE_MAX, false), H1_MORE);
	free(text);

	text = long_request(H1_REQUEST_LINE_MAX + 1, "\r\n\r\n");
	assert_int_equal(
	    scan_result(text, strlen(text), false), H1_LINE_TOO_LONG);
	assert_int_equal(scan_result(text, H1_REQUEST_LINE_MAX + 1, false),
	    H1_LINE_TOO_LONG);
	free(text);

	/* Its length comes before what ends it and what is in it. */
	text = long_request(H1_REQUEST_LINE_MAX + 1, "\n");
	text[1] = '\x01';
	assert_int_equal(
	    scan_result(text, strlen(text), false), H1_LINE_TOO_LONG);
	text[0] = '\x01';
	assert_int_equal(scan_result(text, strlen(text), false), H1_BAD);
	free(text);
}

/* A head of exactly `len` bytes: the start line, then one long field. */
static char *
long_head(const char *start, size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, 'v', len);
	memcpy(text, start, strlen(start));
	memcpy(text + strlen(start), "A:", 2);
	memcpy(text + len - 4, "\r\n\r\n", 5);
	return text;
}

static void
check_head_limit(const char *start, size_t max, bool response)
{
	char *text = long_head(start, max);

	assert_int_equal(scan_result(text, max, response), H1_DONE);
	assert_int_equal(scan_result(text, max - 1, response), H1_MORE);
	free(text);

	text = long_head(start, max + 1);
	assert_int_equal(
	    scan_result(text, max + 1, response), H1_HEAD_TOO_LARGE);
	assert_int_equal(scan_result(text, max, response), H1_HEAD_TOO_LARGE);
	assert_int_equal(
	    scan_result(text, max - 1, response), H1_HEAD_TOO_LARGE);
	free(text);

	/* A line that cannot end in time is not waited for. */
	text = long_head(start, max + 1);
	memset(text + max - 3, 'v', 4);
	assert_int_equal(scan_result(text, max - 2, response), H1_MORE);
	assert_int_equal(
	    scan_result(text, max - 1, response), H1_HEAD_TOO_LARGE);
	free(text);
}

static void
test_head_limits(void **state)
{
	(void)state;
	check_head_limit("GET / HTTP/1.1\r\n", H1_REQUEST_HEAD_MAX, false);
	check_head_limit("HTTP/1.1 200\r\n", H1_RESPONSE_HEAD_MAX, true);
}

/* It has no bound of its own. */
static void
test_status_line_has_the_limit_of_the_head(void **state)
{
	char *text = long_request(H1_RESPONSE_HEAD_MAX, "");

	(void)state;
	memcpy(text, "HTTP/1.1 200 ", 13);
	assert_int_equal(
	    scan_result(text, H1_RESPONSE_HEAD_MAX - 2, true), H1_MORE);
	assert_int_equal(scan_result(text, H1_RESPONSE_HEAD_MAX - 1, true),
	    H1_HEAD_TOO_LARGE);
	free(text);
}

static void
check_field_limit(const char *start, unsigned max, bool response)
{
	static const char field[] = "a:\r\n";
	size_t len = strlen(start), n = sizeof(field) - 1;
	char *text = malloc(len + (max + 1) * n + 3);
	unsigned i;

	assert_non_null(text);
	memcpy(text, start, len);
	for (i = 0; i <= max; i++)
		memcpy(text + len + i * n, field, n);
	assert_int_equal(scan_result(text, len + max * n, response), H1_MORE);
	assert_int_equal(scan_result(text, len + (max + 1) * n, response),
	    H1_HEAD_TOO_LARGE);
	memcpy(text + len + max * n, "\r\n", 2);
	assert_int_equal(
	    scan_result(text, len + max * n + 2, response), H1_DONE);
	free(text);
}

static void
test_field_limits(void **state)
{
	(void)state;
	check_field_limit("GET / HTTP/1.1\r\n", H1_REQUEST_FIELDS_MAX, false);
	check_field_limit("HTTP/1.1 200\r\n", H1_RESPONSE_FIELDS_MAX, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_line_limit),
		cmocka_unit_test(test_head_limits),
		cmocka_unit_test(test_status_line_has_the_limit_of_the_head),
		cmocka_unit_test(test_field_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
