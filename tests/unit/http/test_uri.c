/* Targets, authorities and host names: what is one, and how it is split. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "http/uri.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct slice
slice(const char *s)
{
	return (struct slice){ s, strlen(s) };
}

static void
assert_slice(struct slice s, const char *expected)
{
	if (!slice_eq(s, expected))
		fail_msg("'%.*s' is not '%s'", (int)s.len, s.p, expected);
}

static void
test_targets_are_split(void **state)
{
	static const struct {
		const char *method, *target;
		const char *host, *authority, *path, *query;
	} cases[] = {
		{ "GET", "/", "", "", "/", "" },
		{ "GET", "/a/b.js?v=1&w=/?", "", "", "/a/b.js", "?v=1&w=/?" },
		{ "GET", "/?", "", "", "/", "?" },
		{ "GET", "//evil/..//%2F", "", "", "//evil/..//%2F", "" },
		{ "GET", "/{}|\\^`\"<>", "", "", "/{}|\\^`\"<>", "" },
		{ "GET", "/http://h/", "", "", "/http://h/", "" },
		{ "GET", "/a@b:c", "", "", "/a@b:c", "" },
		{ "OPTIONS", "*", "", "", "*", "" },
		{ "OPTIONS", "/x", "", "", "/x", "" },
		{ "GET", "http://h", "h", "h", "/", "" },
		{ "GET", "HTTPS://H:8443/x?y", "H", "H:8443", "/x", "?y" },
		{ "GET", "http://h?q", "h", "h", "/", "?q" },
		{ "GET", "http://[::1]:80/", "::1", "[::1]:80", "/", "" },
		{ "GET", "http://h//x", "h", "h", "//x", "" },
		{ "OPTIONS", "http://h:80", "h", "h:80", "*", "" },
		{ "OPTIONS", "http://h/", "h", "h", "/", "" },
		{ "OPTIONS", "http://h?q", "h", "h", "/", "?q" },
		{ "CONNECT", "h:443", "h", "h:443", "h:443", "" },
		{ "CONNECT", "[::1]:80", "::1", "[::1]:80", "[::1]:80", "" },
		{ "CONNECT", "/x?y", "", "", "/x", "?y" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct http_target target;

		assert_true(uri_parse_target(
		    slice(cases[i].target), slice(cases[i].method), &target));
		assert_slice(target.host, cases[i].host);
		assert_slice(target.authority, cases[i].authority);
		assert_slice(target.path, cases[i].path);
		assert_slice(target.query, cases[i].query);
	}
}

static void
test_bad_targets_are_refused(void **state)
{
	static const char *const targets[] = { "", "*", "a", "index.html", "*/",
		"**", "?q", "h:443", "h", "example.com:443", "ftp://h/",
		"http:/h/", "http//h/", "http:", "http://", "https://",
		"https:///path", "http://?q", "http://:80/", "http://h:/",
		"http://h:99999/", "http://u@h/", "http://u:p@h/",
		"http://h\\@x/", "http://h,i/", "http://[::1/", "http://h%41/",
		"/a#b", "/#", "http://h#f", "/a b", "/\t", "/\x7f", "/\x80",
		"/\xc3\xa4", "/\x01", "javascript:alert(1)", "//h/\r" };
	struct http_target target = { .path = { "kept", 4 } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(targets); i++) {
		if (uri_parse_target(slice(targets[i]), slice("GET"), &target))
			fail_msg("'%s' was accepted", targets[i]);
		assert_slice(target.path, "kept");
	}
	assert_false(uri_parse_target(
	    (struct slice){ "/\0", 2 }, slice("GET"), &target));
	assert_false(uri_parse_target(slice("*"), slice("options"), &target));
	assert_false(uri_parse_target(slice("*?q"), slice("OPTIONS"), &target));
	assert_false(uri_parse_target(slice("h"), slice("CONNECT"), &target));
	assert_false(
	    uri_parse_target(slice("u@h:443"), slice("CONNECT"), &target));
}

static void
test_authorities_are_split(void **state)
{
	static const struct {
		const char *authority, *host;
		uint16_t port;
	} cases[] = {
		{ "h", "h", 0 },
		{ "Example.COM", "Example.COM", 0 },
		{ "example.com.", "example.com.", 0 },
		{ "home_assistant.local:8123", "home_assistant.local", 8123 },
		{ "h:1", "h", 1 },
		{ "h:65535", "h", 65535 },
		{ "h:00443", "h", 443 },
		{ "192.168.1.2:80", "192.168.1.2", 80 },
		{ "a-b~c.d", "a-b~c.d", 0 },
		{ "[::1]", "::1", 0 },
		{ "[2001:DB8::a]:443", "2001:DB8::a", 443 },
		{ "[::ffff:203.0.113.9]:1", "::ffff:203.0.113.9", 1 },
		{ "[1111:2222:3333:4444:5555:6666:123.123.123.123]",
		    "1111:2222:3333:4444:5555:6666:123.123.123.123", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct slice host;
		uint16_t port;

		assert_true(uri_parse_authority(
		    slice(cases[i].authority), &host, &port));
		assert_slice(host, cases[i].host);
		assert_int_equal(port, cases[i].port);
	}
}

static void
test_bad_authorities_are_refused(void **state)
{
	static const char *const authorities[] = { "", ":", ":80", "h:", "h:0",
		"h:00000", "h:65536", "h:99999", "h:000080", "h:+80", "h:-1",
		"h:8o", "h: 80", "h:80 ", "h:80:80", "h:0x50", " h", "h ",
		"h i", "h\t", "u@h", "@", "h/", "h\\", "h#", "h?", "h<", "h>",
		"h,i", "h;", "h!", "h$", "h&", "h'", "h(", "h*", "h+",
		"h=", "h%41", "h%", "h\"", "h^", "h`", "h|", "h{", "h\x7f",
		"h\x80", "h\xff", "[", "]", "[]", "[]:80", "[::1", "::1",
		"::1]", "[::1]x", "[::1]80", "[::1]:", "[::1]:0", "[::1]]",
		"[[::1]]", "[::1%eth0]", "[::1%25eth0]", "[fe80::1%1]",
		"[v1.x]", "[127.0.0.1]", "[h]", "[:::]", "[1:2:3:4:5:6:7:8:9]",
		"[ ::1]", "[::1 ]", "[::12345]", "[::g]",
		"[1111:2222:3333:4444:5555:6666:0123.123.123.123]",
		"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb]" };
	struct slice host = slice("kept");
	uint16_t port = 7;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(authorities); i++) {
		if (uri_parse_authority(slice(authorities[i]), &host, &port))
			fail_msg("'%s' was accepted", authorities[i]);
		assert_slice(host, "kept");
		assert_int_equal(port, 7);
	}
	assert_false(
	    uri_parse_authority((struct slice){ "[::1\0]", 6 }, &host, &port));
	assert_false(
	    uri_parse_authority((struct slice){ "h\0", 2 }, &host, &port));
	assert_false(
	    uri_parse_authority((struct slice){ "h:80\0", 5 }, &host, &port));
}

static void
test_hostnames(void **state)
{
	static const struct {
		const char *name;
		bool plain, wildcard;
	} cases[] = {
		{ "h", true, true },
		{ "home.example.com", true, true },
		{ "XN--BCHER-KVA.example", true, true },
		{ "3com.com", true, true },
		{ "a--b.c", true, true },
		{ "", false, false },
		{ ".", false, false },
		{ "a.", false, false },
		{ ".a", false, false },
		{ "a..b", false, false },
		{ "-a.b", false, false },
		{ "a-.b", false, false },
		{ "a.-b", false, false },
		{ "-", false, false },
		{ "a_b.c", false, false },
		{ "a~b.c", false, false },
		{ "a b", false, false },
		{ "a/b", false, false },
		{ "a:80", false, false },
		{ "b\xc3\xbc.de", false, false },
		{ "*.example.com", false, true },
		{ "*.a", false, true },
		{ "*", false, false },
		{ "*.", false, false },
		{ "*.*.a", false, false },
		{ "*.*", false, false },
		{ "a.*.b", false, false },
		{ "a*.b", false, false },
		{ "*a.b", false, false },
		{ "**.b", false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const char *name = cases[i].name;

		if (uri_is_hostname(name, strlen(name), false) !=
		        cases[i].plain ||
		    uri_is_hostname(name, strlen(name), true) !=
		        cases[i].wildcard)
			fail_msg("'%s'", name);
	}
	assert_false(uri_is_hostname("a\0b", 3, false));
	assert_false(uri_is_hostname("a.b\0", 4, false));
}

static void
test_hostname_lengths(void **state)
{
	char name[256];
	size_t i;

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_true(uri_is_hostname(name, 63, false));
	assert_false(uri_is_hostname(name, 64, false));
	for (i = 63; i < sizeof(name); i += 64)
		name[i] = '.';
	assert_true(uri_is_hostname(name, 253, false));
	assert_false(uri_is_hostname(name, 254, false));
	name[0] = '*';
	name[1] = '.';
	assert_true(uri_is_hostname(name, 253, true));
	assert_false(uri_is_hostname(name, 254, true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets_are_split),
		cmocka_unit_test(test_bad_targets_are_refused),
		cmocka_unit_test(test_authorities_are_split),
		cmocka_unit_test(test_bad_authorities_are_refused),
		cmocka_unit_test(test_hostnames),
		cmocka_unit_test(test_hostname_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
