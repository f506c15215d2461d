/* Texts that a request fills in, wherever they go. */

#include "reading.h"

#include "base/arena.h"
#include "template.h"

static struct config_found
match(const char *tag, const char *whole, const char *part,
    const struct config_found *before)
{
	struct config_found found = { .tag = tag, .before = before };

	for (size_t i = 0; i < CONFIG_GROUPS; i++)
		found.groups[i] = (struct slice){ "", 0 };
	found.groups[0] = (struct slice){ whole, strlen(whole) };
	found.groups[1] = (struct slice){ part, strlen(part) };
	return found;
}

/*
 * GET /a"b/%20?x=1&y=a%0D&z for A.test:81, with a field; the last conditions
 * that held matched "one" with "$2%[url]", and before that, tagged "t", "two"
 * with "é\r\n&?".
 */
static bool
fill(const char *text, enum config_place place, char out[CONFIG_FILLED_MAX + 1])
{
	static const char query[] = "?x=1&y=a%0D&z";
	const struct config_found first =
	    match("t", "two", "\xc3\xa9\r\n&?", NULL);
	const struct config_found last = match(NULL, "one", "$2%[url]", &first);
	struct config_memory memory = { .last = &last };
	const struct http_field fields[] = {
		{ .name = { "X-Name", 6 }, .value = { "a \"b\"", 5 } },
		{ .name = { "X-Name", 6 }, .value = { "c", 1 } },
		{ .name = { "X-Host", 6 }, .value = { "b.test/c", 8 } },
		{ .name = { "authorization", 13 },
		    .value = { "Basic w6k6Yg==", 14 } },
	};
	struct config_request req = {
		.host = "a.test",
		.peer = "192.0.2.1",
		.client = "2001:db8::1",
		.authority = { "A.test:81", 9 },
		.path = { "/a\"b/%20", 8 },
		.query = { query, sizeof(query) - 1 },
		.fields = fields,
		.nfields = 4,
		.memory = &memory,
	};
	struct arena *arena = arena_new(0);
	struct config_part *parts;
	struct slice filled;
	const char *why;
	bool good;

	parts = template_parse(arena, text, &why);
	assert_non_null(parts);
	good = config_fill(parts, &req, place, arena, &filled);
	if (good) {
		memcpy(out, filled.p, filled.len);
		out[filled.len] = '\0';
	}
	arena_free(arena);
	return good;
}

static void
test_what_is_filled_in(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "", "" },
		{ "plain $ % $x %x $", "plain $ % $x %x $" },
		{ "$$1 $%[url] $$$$", "$1 %[url] $$" },
		{ "a$$b$$c", "a$b$c" },
		{ "$0", "one" },
		{ "[$1]", "[$2%[url]]" },
		{ "$2", "" },
		{ "${0}1(0)", "one1(0)" },
		{ "$0(0)$0(1)${0(1)}", "onetwotwo" },
		{ "$0(t)(t)", "two(t)" },
		{ "$0(2)", "" },
		{ "%[host]%[port]", "a.test:81" },
		{ "%[url]", "/a\"b/%20?x=1&y=a%0D&z" },
		{ "%[PATH]|%[query]", "/a\"b/%20|x=1&y=a%0D&z" },
		{ "%[param x]|%[param y]|%[param z]|%[param q]", "1|a%0D||" },
		{ "%[header x-name]|%[header no]", "a \"b\"|" },
		{ "%[user]", "\xc3\xa9" },
		{ "%[remoteip]|%[remoteip 0]", "2001:db8::1|192.0.2.1" },
	};
	char out[CONFIG_FILLED_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(fill(cases[i].text, PLACE_TEXT, out));
		assert_string_equal(out, cases[i].expected);
	}
}

static void
test_each_place_has_its_bytes(void **state)
{
	static const struct {
		enum config_place place;
		const char *expected;
	} cases[] = {
		{ PLACE_TEXT, "/\xc3\xa9\r\n&?/a \"b\"/a%0D" },
		{ PLACE_FIELD, "/\xc3\xa9%0D%0A&?/a \"b\"/a%0D" },
		{ PLACE_TARGET, "/%C3%A9%0D%0A&?/a%20%22b%22/a%0D" },
		{ PLACE_PATH, "/%C3%A9%0D%0A&%3F/a%20%22b%22/a%0D" },
		{ PLACE_QUERY, "/%C3%A9%0D%0A&?/a%20%22b%22/a%0D" },
		{ PLACE_PARAMETER, "/%C3%A9%0D%0A%26?/a%20%22b%22/a%0D" },
	};
	char out[CONFIG_FILLED_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(fill(
		    "/$1(t)/%[header x-name]/%[param y]", cases[i].place, out));
		assert_string_equal(out, cases[i].expected);
	}
}

static void
test_urls_keep_their_host(void **state)
{
	static const struct {
		const char *text, *expected; /* NULL: refused */
	} cases[] = {
		{ "https://%[host]%[url]",
		    "https://a.test/a%22b/%20?x=1&y=a%0D&z" },
		{ "https://%[host]%[port]/", "https://a.test:81/" },
		{ "http://x.test%[path]", "http://x.test/a%22b/%20" },
		{ "https://x.test/%[header x-name]",
		    "https://x.test/a%20%22b%22" },
		{ "https://x.test?%[host]", "https://x.test?a.test" },
		{ "https://www.$0.test", "https://www.one.test" },
		{ "https://$0", "https://one" },
		{ "https://x.test$0", NULL },
		{ "https://x.test:80$0", NULL },
		{ "https://www-$0.test", "https://www-one.test" },
		{ "https://%[path].test", NULL },
		{ "https://x-%[header x-host]", "https://x-b.test/c" },
		{ "https://%[header x-host]/", "https://b.test/c/" },
		{ "https://%[header x-host].test/", NULL },
		{ "https://$1/", NULL },
		{ "https://$2/", NULL },
		{ "https://%[remoteip]/", NULL },
		{ "https://[%[remoteip]]/", "https://[2001:db8::1]/" },
		{ "https://x.test/$1(t)", "https://x.test/%C3%A9%0D%0A&?" },
	};
	char out[CONFIG_FILLED_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (fill(cases[i].text, PLACE_URL, out) !=
		    (cases[i].expected != NULL))
			fail_msg("%s", cases[i].text);
		if (cases[i].expected != NULL)
			assert_string_equal(out, cases[i].expected);
	}
}

static void
test_results_are_bounded(void **state)
{
	static char text[2 * CONFIG_FILLED_MAX];
	char out[CONFIG_FILLED_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < CONFIG_FILLED_MAX / 6; i++)
		memcpy(text + 2 * i, "$0", 2);
	assert_true(fill(text, PLACE_TEXT, out));
	for (; i < CONFIG_FILLED_MAX / 3 + 1; i++)
		memcpy(text + 2 * i, "$0", 2);
	assert_false(fill(text, PLACE_TEXT, out));
}

static void
test_what_is_no_template(void **state)
{
	static const char *const cases[] = { "$10", "${", "${1", "${x}", "$1(",
		"$1()", "$1(a", "%[", "%[host", "%[hosts]", "%[]", "%[param]",
		"%[header]", "%[header a b]", "%[host x]", "%[remoteip 2]",
		"%[param a b]" };
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *why = NULL;

		if (template_parse(arena, cases[i], &why) != NULL)
			fail_msg("%s", cases[i]);
		assert_non_null(why);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_filled_in),
		cmocka_unit_test(test_each_place_has_its_bytes),
		cmocka_unit_test(test_urls_keep_their_host),
		cmocka_unit_test(test_results_are_bounded),
		cmocka_unit_test(test_what_is_no_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
