/* Fields, lists and reasons, whatever codec they came from. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "http/message.h"

#define FIELDS_MAX 8

static const struct {
	enum http_field_id id;
	const char *name;
} known[] = {
#define KNOWN(id, name) { HTTP_##id, name },
	HTTP_FIELDS(KNOWN)
#undef KNOWN
};

#define NKNOWN (sizeof(known) / sizeof(known[0]))

static struct slice
slice(const char *s)
{
	return (struct slice){ s, strlen(s) };
}

/* Fields from "name", "value" pairs up to NULL. */
static unsigned
make_fields(struct http_field fields[FIELDS_MAX], const char *const *pairs)
{
	unsigned n;

	for (n = 0; pairs[2 * n] != NULL; n++) {
		assert_true(n < FIELDS_MAX);
		fields[n].name = slice(pairs[2 * n]);
		fields[n].value = slice(pairs[2 * n + 1]);
		fields[n].id =
		    http_field_id(fields[n].name.p, fields[n].name.len);
	}
	return n;
}

static void
test_every_known_name_has_its_id(void **state)
{
	char name[64];
	size_t i, j;

	(void)state;
	for (i = 0; i < NKNOWN; i++) {
		size_t len = strlen(known[i].name);

		assert_int_equal(
		    http_field_id(known[i].name, len), known[i].id);
		for (j = 0; j < len; j++)
			name[j] = (char)toupper(known[i].name[j]);
		assert_int_equal(http_field_id(name, len), known[i].id);
		name[len / 2] = (char)tolower(name[len / 2]);
		assert_int_equal(http_field_id(name, len), known[i].id);
	}
}

static void
test_known_names_are_sorted(void **state)
{
	size_t i;

	(void)state;
	for (i = 1; i < NKNOWN; i++)
		assert_true(strcmp(known[i - 1].name, known[i].name) < 0);
}

/* No name that differs in one byte, or is one byte longer or shorter. */
static void
test_neighbours_of_known_names_are_other(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < NKNOWN; i++) {
		size_t len = strlen(known[i].name);
		char name[64];
		int c;

		for (j = 0; j < len; j++) {
			memcpy(name, known[i].name, len);
			for (c = 0; c < 256; c++) {
				name[j] = (char)c;
				if (tolower(c) == known[i].name[j])
					continue;
				assert_int_equal(
				    http_field_id(name, len), HTTP_OTHER);
			}
		}
		memcpy(name, known[i].name, len);
		name[len] = 's';
		assert_int_equal(http_field_id(name, len + 1), HTTP_OTHER);
		assert_int_equal(http_field_id(name, len - 1), HTTP_OTHER);
		assert_int_equal(http_field_id(name + 1, len - 1), HTTP_OTHER);
	}
}

static void
test_unknown_names_are_other(void **state)
{
	static const char *const names[] = { "", "a", "cookie", "location",
		"accept-encoding", "access-control-allow-credentials",
		"x-forwarded-for", "content_length", "content-type" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(
		    http_field_id(names[i], strlen(names[i])), HTTP_OTHER);
}

static void
test_slices_compare_whole(void **state)
{
	static const char text[] = "GETX";
	struct slice get = { text, 3 }, none = { NULL, 0 };

	(void)state;
	assert_true(slice_eq(get, "GET"));
	assert_false(slice_eq(get, "get"));
	assert_false(slice_eq(get, "GETX"));
	assert_false(slice_eq(get, "GE"));
	assert_true(slice_ieq(get, "gEt"));
	assert_false(slice_ieq(get, "ge"));
	assert_false(slice_ieq(get, "getx"));
	assert_true(slice_eq(none, ""));
	assert_true(slice_ieq((struct slice){ text, 0 }, ""));
	assert_false(slice_eq(none, "a"));
}

static void
test_find_gives_the_first(void **state)
{
	static const char *const pairs[] = { "Accept", "*/*", "HOST", "one",
		"host", "two", NULL };
	static const struct slice host = { "hOSt", 4 },
	                          others[] = { { "hos", 3 }, { "hosts", 5 },
		                          { "", 0 } };
	struct http_field fields[FIELDS_MAX];
	unsigned n = make_fields(fields, pairs);

	(void)state;
	assert_ptr_equal(http_find(fields, n, HTTP_HOST), &fields[1]);
	assert_null(http_find(fields, n, HTTP_DATE));
	assert_null(http_find(fields, 0, HTTP_HOST));
	assert_ptr_equal(http_find_name(fields, n, host), &fields[1]);
	assert_null(http_find_name(fields, 0, host));
	assert_true(slice_eq(http_value(fields, n, host), "one"));
	assert_true(slice_eq(http_value(fields, 0, host), ""));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(http_find_name(fields, n, others[i]));
}

static void
test_list_skips_empty_elements(void **state)
{
	static const struct {
		const char *list;
		const char *elements; /* joined with '|' */
	} cases[] = {
		{ "", "" },
		{ " \t ", "" },
		{ ",", "" },
		{ ", ,\t,", "" },
		{ "close", "close|" },
		{ "  close\t", "close|" },
		{ "keep-alive, Upgrade", "keep-alive|Upgrade|" },
		{ ",a,, b c ,\td,", "a|b c|d|" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice rest = slice(cases[i].list), element;
		char joined[64] = "";
		int n = 0;

		while (http_list_next(&rest, &element))
			n += snprintf(joined + n, sizeof(joined) - (size_t)n,
			    "%.*s|", (int)element.len, element.p);
		assert_string_equal(joined, cases[i].elements);
		assert_false(http_list_next(&rest, &element));
	}
}

static void
test_tokens_are_found_in_any_field(void **state)
{
	static const char *const pairs[] = { "Connection", "foo, Close",
		"Upgrade", "keep-alive", "connection", "Upgrade-Insecure",
		NULL };
	struct http_field fields[FIELDS_MAX];
	unsigned n = make_fields(fields, pairs);

	(void)state;
	assert_true(http_has_token(fields, n, HTTP_CONNECTION, "close"));
	assert_true(
	    http_has_token(fields, n, HTTP_CONNECTION, "upgrade-insecure"));
	assert_false(http_has_token(fields, n, HTTP_CONNECTION, "upgrade"));
	assert_false(http_has_token(fields, n, HTTP_CONNECTION, "keep-alive"));
	assert_false(http_has_token(fields, n, HTTP_TE, "close"));
}

static void
test_hop_by_hop_fields(void **state)
{
	static const char *const hop[] = { "Connection", "Keep-Alive",
		"Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization",
		"TE", "Trailer", "Transfer-Encoding", "Upgrade",
		"HTTP2-Settings" };
	static const char *const end[] = { "Content-Length", "Host",
		"Authorization", "Upgrade-Insecure-Requests", "Expect" };
	struct http_field field;
	size_t i;

	(void)state;
	field.value = slice("x");
	for (i = 0; i < sizeof(hop) / sizeof(hop[0]); i++) {
		field.name = slice(hop[i]);
		field.id = http_field_id(field.name.p, field.name.len);
		assert_true(http_is_hop_by_hop(&field, &field, 1));
	}
	for (i = 0; i < sizeof(end) / sizeof(end[0]); i++) {
		field.name = slice(end[i]);
		field.id = http_field_id(field.name.p, field.name.len);
		assert_false(http_is_hop_by_hop(&field, &field, 1));
	}
}

static void
test_connection_options_are_hop_by_hop(void **state)
{
	static const char *const pairs[] = { "X-Mine", "1", "x-min", "2",
		"Connection", "close", "CONNECTION", ", host,X-mINE", "Host",
		"h", "X-Mind", "3", NULL };
	struct http_field fields[FIELDS_MAX];
	unsigned n = make_fields(fields, pairs);

	(void)state;
	assert_true(http_is_hop_by_hop(&fields[0], fields, n));
	assert_false(http_is_hop_by_hop(&fields[1], fields, n));
	assert_true(http_is_hop_by_hop(&fields[4], fields, n));
	assert_false(http_is_hop_by_hop(&fields[5], fields, n));
}

static void
test_connection_options_are_bounded(void **state)
{
	char padding[HTTP_CONNECTION_MAX];
	const char *pairs[] = { "Connection", padding, "Connection", "x-a,x-b",
		"X-A", "1", "X-B", "2", NULL };
	struct http_field fields[FIELDS_MAX];
	unsigned n;

	(void)state;
	memset(padding, ',', sizeof(padding) - 4);
	padding[sizeof(padding) - 4] = '\0';
	n = make_fields(fields, pairs);
	assert_true(http_is_hop_by_hop(&fields[2], fields, n));
	assert_false(http_is_hop_by_hop(&fields[3], fields, n));
}

static void
test_reasons(void **state)
{
	(void)state;
	assert_string_equal(http_reason(100), "Continue");
	assert_string_equal(http_reason(404), "Not Found");
	assert_string_equal(
	    http_reason(431), "Request Header Fields Too Large");
	assert_string_equal(
	    http_reason(511), "Network Authentication Required");
	assert_string_equal(http_reason(0), "");
	assert_string_equal(http_reason(299), "");
	assert_string_equal(http_reason(999), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_known_name_has_its_id),
		cmocka_unit_test(test_known_names_are_sorted),
		cmocka_unit_test(test_neighbours_of_known_names_are_other),
		cmocka_unit_test(test_unknown_names_are_other),
		cmocka_unit_test(test_slices_compare_whole),
		cmocka_unit_test(test_find_gives_the_first),
		cmocka_unit_test(test_list_skips_empty_elements),
		cmocka_unit_test(test_tokens_are_found_in_any_field),
		cmocka_unit_test(test_hop_by_hop_fields),
		cmocka_unit_test(test_connection_options_are_hop_by_hop),
		cmocka_unit_test(test_connection_options_are_bounded),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
