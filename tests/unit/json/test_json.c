/* JSON: what is read, what is refused, what is written. */

#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct json *
parse(const char *text)
{
	struct json *doc = json_parse(text, strlen(text), NULL);

	assert_non_null(doc);
	return doc;
}

static void
test_getters(void **state)
{
	struct json *doc = parse("{\"s\":\"text\",\"i\":-7,\"b\":true,"
	                         "\"a\":[\"x\",8],\"o\":{\"s\":\"deep\"},"
	                         "\"n\":null,\"r\":1.5}");
	const struct json *array = json_get(doc, "a");

	(void)state;
	assert_string_equal(json_str(doc, "s"), "text");
	assert_string_equal(json_str(json_get(doc, "o"), "s"), "deep");
	assert_int_equal(json_int(doc, "i", 1), -7);
	assert_true(json_bool(doc, "b", false));
	assert_int_equal(json_count(array), 2);
	assert_string_equal(json_text(json_at(array, 0)), "x");

	assert_null(json_str(doc, "i"));
	assert_null(json_str(doc, "absent"));
	assert_null(json_str(doc, "n"));
	assert_string_equal(json_said(doc, "s"), "text");
	assert_string_equal(json_said(doc, "i"), "");
	assert_true(json_is(doc, "s", "text"));
	assert_false(json_is(doc, "s", "tex"));
	assert_true(json_is(doc, "absent", ""));
	assert_int_equal(json_int(doc, "s", 1), 1);
	assert_int_equal(json_int(doc, "r", 1), 1);
	assert_int_equal(json_int(doc, "absent", 1), 1);
	assert_true(json_bool(doc, "i", true));
	assert_null(json_text(json_at(array, 1)));
	assert_null(json_at(array, 2));
	json_free(doc);
}

static void
test_members(void **state)
{
	struct json *doc = parse("{\"one\":1,\"two\":{\"x\":2}}");
	struct json *array = parse("[\"one\"]");
	const char *first = json_next_member(doc, NULL);
	const char *second = json_next_member(doc, first);

	(void)state;
	assert_true(
	    json_get(doc, first) != NULL && json_get(doc, second) != NULL);
	assert_string_not_equal(first, second);
	assert_null(json_next_member(doc, second));
	assert_null(json_next_member(doc, "three"));
	assert_null(json_next_member(array, NULL));
	assert_null(json_next_member(NULL, NULL));
	json_free(array);
	json_free(doc);
}

static void
test_wrong_types_are_nothing(void **state)
{
	struct json *array = parse("[]"), *object = parse("{}");

	(void)state;
	assert_null(json_get(array, "x"));
	assert_null(json_get(NULL, "x"));
	assert_null(json_str(NULL, "x"));
	assert_int_equal(json_int(NULL, "x", 3), 3);
	assert_int_equal(json_count(object), 0);
	assert_int_equal(json_count(NULL), 0);
	assert_null(json_at(object, 0));
	assert_null(json_at(NULL, 0));
	assert_null(json_text(object));
	assert_null(json_text(NULL));
	json_free(object);
	json_free(array);
	json_free(NULL);
}

static void
test_malformed(void **state)
{
	static const char *const texts[] = { "", " ", "{", "[1,]", "{\"a\":}",
		"{} x", "\"bare\"", "7", "<html>", "{\"a\":1,\"a\":2}",
		"{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}", "[01]",
		"[\"\\ud800\"]" };
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		err.kind = 0;
		assert_null(json_parse(texts[i], strlen(texts[i]), &err));
		assert_int_equal(err.kind, ERR_SYNTAX);
	}
	assert_null(json_parse("{}", 1, NULL));
}

/* What a peer wrote is not for the log. */
static void
test_error_names_the_place_only(void **state)
{
	static const char text[] = "{\n  \"a\": secret\n}";
	struct error err;

	(void)state;
	assert_null(json_parse(text, strlen(text), &err));
	assert_string_equal(err.msg, "no valid JSON at line 2, column 13");
}

static void
test_depth_is_bounded(void **state)
{
	static char deep[100000];

	(void)state;
	memset(deep, '[', sizeof(deep));
	assert_null(json_parse(deep, sizeof(deep), NULL));
}

static void
test_building(void **state)
{
	struct json *doc = json_new_object(), *array = json_new_array();
	char *text;

	(void)state;
	json_set_str(doc, "s", "a\"\\\n");
	json_set_int(doc, "i", INT64_MIN);
	json_set_bool(doc, "t", true);
	json_set_bool(doc, "f", false);
	json_append(array, json_new_string("x"));
	json_append(array, json_new_object());
	json_set(doc, "a", array);
	json_set_str(doc, "i", "again");
	text = json_dump(doc);
	assert_string_equal(text,
	    "{\"s\":\"a\\\"\\\\\\n\",\"i\":\"again\",\"t\":true,"
	    "\"f\":false,\"a\":[\"x\",{}]}");
	free(text);
	json_free(doc);
}

static void
test_text_that_is_not_utf8(void **state)
{
	struct json *doc = json_new_object();

	(void)state;
	json_set_str(doc, "good", "caf\xc3\xa9");
	json_set_str(doc, "bad", "caf\xe9 \xc3(\xff");
	assert_string_equal(json_str(doc, "good"), "caf\xc3\xa9");
	assert_string_equal(json_str(doc, "bad"), "caf? ?(?");
	json_free(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_getters),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_wrong_types_are_nothing),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_error_names_the_place_only),
		cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_building),
		cmocka_unit_test(test_text_that_is_not_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
