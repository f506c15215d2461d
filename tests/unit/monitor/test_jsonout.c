/* The JSON that the monitor writes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "jsonout.h"

static void
assert_written(struct buf *buf, const char *want)
{
	buf_append(buf, "", 1);
	assert_string_equal((char *)buf_data(buf), want);
	buf_release(buf);
}

static void
test_nesting_and_commas(void **state)
{
	struct buf buf = { 0 };
	struct jsonout json;

	(void)state;
	jsonout_init(&json, &buf);
	jsonout_object(&json, NULL);
	jsonout_array(&json, "empty");
	jsonout_array_end(&json);
	jsonout_array(&json, "list");
	jsonout_str(&json, NULL, "a");
	jsonout_int(&json, NULL, -1);
	jsonout_object(&json, NULL);
	jsonout_int(&json, "max", INT64_MAX);
	jsonout_int(&json, "min", INT64_MIN);
	jsonout_object_end(&json);
	jsonout_object(&json, NULL);
	jsonout_object_end(&json);
	jsonout_array_end(&json);
	jsonout_str(&json, "last", "z");
	jsonout_object_end(&json);
	assert_written(&buf,
	    "{\"empty\":[],\"list\":[\"a\",-1,"
	    "{\"max\":9223372036854775807,\"min\":-9223372036854775808},{}],"
	    "\"last\":\"z\"}");
}

static void
assert_string_written(const char *value, const char *want)
{
	struct buf buf = { 0 };
	struct jsonout json;

	jsonout_init(&json, &buf);
	jsonout_str(&json, NULL, value);
	assert_written(&buf, want);
}

static void
test_strings_are_escaped(void **state)
{
	(void)state;
	assert_string_written(NULL, "\"\"");
	assert_string_written("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	assert_string_written(
	    "\x01\n\x1f\x7f", "\"\\u0001\\u000a\\u001f\x7f\"");
}

static void
test_utf8_passes_and_nothing_else(void **state)
{
	(void)state;
	assert_string_written("K\xc3\xbc"
	                      "che",
	    "\"K\xc3\xbc"
	    "che\"");
	assert_string_written("\xe2\x82\xac", "\"\xe2\x82\xac\"");
	assert_string_written("\xf0\x9f\x8f\xa0", "\"\xf0\x9f\x8f\xa0\"");
	assert_string_written("\xff", "\"\\ufffd\"");
	assert_string_written("\x80", "\"\\ufffd\"");
	assert_string_written("\xc3", "\"\\ufffd\"");
	assert_string_written("\xc3(", "\"\\ufffd(\"");
	assert_string_written("\xe2\x82", "\"\\ufffd\\ufffd\"");
	/* Overlong, surrogate, beyond U+10FFFF. */
	assert_string_written("\xc0\xaf", "\"\\ufffd\\ufffd\"");
	assert_string_written("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	assert_string_written(
	    "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nesting_and_commas),
		cmocka_unit_test(test_strings_are_escaped),
		cmocka_unit_test(test_utf8_passes_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
