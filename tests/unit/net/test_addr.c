/* Socket addresses: reading, printing, comparing. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/addr.h"

static void
test_numeric_addresses_print_as_they_are_read(void **state)
{
	static const struct {
		const char *host, *ip, *text;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", "192.0.2.1:8123" },
		{ "2001:DB8::1", "2001:db8::1", "[2001:db8::1]:8123" },
		{ "::", "::", "[::]:8123" },
		{ "fe80::1%lo", "fe80::1%lo", "[fe80::1%lo]:8123" },
		{ "fe80::1%1", "fe80::1%lo", "[fe80::1%lo]:8123" },
		{ "fe80::1%4000000000", "fe80::1%4000000000",
		    "[fe80::1%4000000000]:8123" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[ADDR_TEXT_SIZE];
		struct addr addr;

		assert_true(addr_parse(&addr, cases[i].host, 8123));
		assert_int_equal(addr_port(&addr), 8123);
		assert_string_equal(addr_ip_text(&addr, text), cases[i].ip);
		assert_string_equal(addr_text(&addr, text), cases[i].text);
	}
}

static void
test_names_and_near_misses_are_no_addresses(void **state)
{
	static const char *const hosts[] = { "", "localhost", "192.0.2",
		"192.0.2.256", "192.0.2.1 ", "0192.0.2.1", "[::1]", "::g",
		"fe80::1%", "fe80::1%nosuchinterface", "192.0.2.1%lo",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0001:0000" };
	struct addr addr;

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		assert_false(addr_parse(&addr, hosts[i], 1));
}

static void
test_longest_text_fits(void **state)
{
	char text[ADDR_TEXT_SIZE];
	struct addr addr;

	(void)state;
	assert_true(addr_parse(&addr,
	    "fe80:1111:2222:3333:4444:5555:6666:7777%4294967295", 65535));
	assert_string_equal(addr_text(&addr, text),
	    "[fe80:1111:2222:3333:4444:5555:6666:7777%4294967295]:65535");
}

static void
test_no_address(void **state)
{
	struct addr none = { .len = 0 };
	char text[ADDR_TEXT_SIZE];

	(void)state;
	assert_string_equal(addr_text(&none, text), "-");
	assert_string_equal(addr_ip_text(&none, text), "-");
	assert_int_equal(addr_port(&none), 0);
	assert_false(addr_is_loopback(&none));
}

static void
test_split(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} good[] = {
		{ "192.168.1.2:8123", "192.168.1.2", 8123 },
		{ "homeassistant.local:8123", "homeassistant.local", 8123 },
		{ "homeassistant.local", "homeassistant.local", 7 },
		{ "[2001:db8::1]:80", "2001:db8::1", 80 },
		{ "[2001:db8::1]", "2001:db8::1", 7 },
		{ "2001:db8::1", "2001:db8::1", 7 },
		{ "[fe80::1%eth7]:80", "fe80::1%eth7", 80 },
		{ "h:0", "h", 0 },
		{ "h:65535", "h", 65535 },
	};
	static const char *const bad[] = { "", ":80", "h:", "h:65536", "h:-1",
		"h: 80", "h:80x", "[::1", "[::1]80", "[::1]:", "[]:80",
		"[h]:80", "a:b:c", "[::1]:80:90" };
	char host[32];
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		port = 7;
		assert_true(
		    addr_split(good[i].text, host, sizeof(host), &port));
		assert_string_equal(host, good[i].host);
		assert_int_equal(port, good[i].port);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(host, sizeof(host), "untouched");
		port = 7;
		assert_false(addr_split(bad[i], host, sizeof(host), &port));
		assert_string_equal(host, "untouched");
		assert_int_equal(port, 7);
	}
	assert_false(addr_split("abcd:1", host, 4, &port));
	assert_true(addr_split("abcd:1", host, 5, &port));
}

static void
test_mapped_ipv4_becomes_ipv4(void **state)
{
	struct addr mapped, plain, got;

	(void)state;
	assert_true(addr_parse(&mapped, "::ffff:192.0.2.7", 443));
	assert_true(addr_parse(&plain, "192.0.2.7", 443));
	addr_from_sockaddr(&got, &mapped.u.sa, mapped.len);
	assert_int_equal(got.u.sa.sa_family, AF_INET);
	assert_true(addr_eq(&got, &plain));

	addr_from_sockaddr(&got, &plain.u.sa, plain.len);
	assert_true(addr_eq(&got, &plain));
	addr_from_sockaddr(&got, &plain.u.sa, sizeof(sa_family_t));
	assert_int_equal(got.len, 0);
}

static void
test_equality_and_loopback(void **state)
{
	struct addr a, b;

	(void)state;
	addr_parse(&a, "127.0.0.1", 80);
	addr_parse(&b, "127.0.0.1", 81);
	assert_false(addr_eq(&a, &b));
	assert_true(addr_is_loopback(&a));
	addr_parse(&b, "127.0.0.2", 80);
	assert_false(addr_eq(&a, &b));
	assert_true(addr_is_loopback(&b));
	addr_parse(&a, "::1", 80);
	assert_true(addr_is_loopback(&a));
	assert_false(addr_eq(&a, &b));
	addr_parse(&b, "::1", 80);
	assert_true(addr_eq(&a, &b));
	addr_parse(&a, "fe80::1%1", 80);
	addr_parse(&b, "fe80::1%2", 80);
	assert_false(addr_eq(&a, &b));
	assert_false(addr_is_loopback(&a));
}

static void
test_mask_keeps_the_front(void **state)
{
	static const struct {
		const char *text, *masked;
		unsigned bits4, bits6;
	} cases[] = {
		{ "203.0.113.255", "203.0.113.0", 24, 48 },
		{ "203.0.113.255", "203.0.113.254", 31, 0 },
		{ "203.0.113.255", "203.0.113.255", 32, 0 },
		{ "203.0.113.255", "0.0.0.0", 0, 128 },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1::", 24, 48 },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", 32, 64 },
		{ "2001:db8:1:ffff::", "2001:db8:1:8000::", 0, 49 },
		{ "2001:db8::6", "2001:db8::6", 0, 128 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[ADDR_TEXT_SIZE];
		struct addr addr;

		assert_true(addr_parse(&addr, cases[i].text, 80));
		addr.u.in6.sin6_scope_id =
		    addr.u.sa.sa_family == AF_INET6 ? 1 : 0;
		addr_mask(&addr, cases[i].bits4, cases[i].bits6);
		assert_string_equal(addr_ip_text(&addr, text), cases[i].masked);
		assert_int_equal(addr_port(&addr), 0);
	}
}

static void
test_list_is_read_back_and_checked(void **state)
{
	struct addr sent[ADDR_LIST_MAX + 1], got[ADDR_LIST_MAX];

	(void)state;
	memset(sent, 0, sizeof(sent));
	for (size_t i = 0; i <= ADDR_LIST_MAX; i++)
		addr_parse(
		    &sent[i], i % 2 ? "::1" : "192.0.2.1", (uint16_t)(i + 1));
	assert_int_equal(addr_list_read(got, sent, 0), 0);
	assert_int_equal(
	    addr_list_read(got, sent, sizeof(sent[0]) * ADDR_LIST_MAX),
	    ADDR_LIST_MAX);
	for (size_t i = 0; i < ADDR_LIST_MAX; i++)
		assert_true(addr_eq(&got[i], &sent[i]));
	assert_int_equal(addr_list_read(got, sent, sizeof(sent)), -1);
	assert_int_equal(addr_list_read(got, sent, sizeof(sent[0]) - 1), -1);
	sent[1].len = sizeof(sent[1].u) + 1;
	assert_int_equal(addr_list_read(got, sent, sizeof(sent[0]) * 2), -1);
	sent[1].len = sizeof(sent[1].u.in6);
	sent[1].u.sa.sa_family = AF_UNIX;
	assert_int_equal(addr_list_read(got, sent, sizeof(sent[0]) * 2), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numeric_addresses_print_as_they_are_read),
		cmocka_unit_test(test_names_and_near_misses_are_no_addresses),
		cmocka_unit_test(test_longest_text_fits),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_mapped_ipv4_becomes_ipv4),
		cmocka_unit_test(test_equality_and_loopback),
		cmocka_unit_test(test_mask_keeps_the_front),
		cmocka_unit_test(test_list_is_read_back_and_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
