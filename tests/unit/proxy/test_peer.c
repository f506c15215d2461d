/* Who a request is from, whatever it says of itself. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "scene.h"

#define BACKEND "Service\nBackEnd\nAddress 192.0.2.1\nPort 8123\nEnd\nEnd\n"

static const char config[] =
    "TrustedIP\n\"10.0.0.0/8\" \"2001:db8::/32\" \"203.0.113.9\"\nEnd\n"
    "ListenHTTP\nAddress 127.0.0.1\nPort 8080\nEnd\n"
    "ListenHTTP\nAddress 127.0.0.1\nPort 8081\n"
    "ForwardedHeader \"CF-Connecting-IP\"\nEnd\n"
    "ListenHTTP\nAddress 127.0.0.1\nPort 8082\n"
    "TrustedIP\n\"192.0.2.7\"\nEnd\nEnd\n" BACKEND;

enum { FORWARDED_FOR, OTHER_NAME, OTHER_LIST };

static int
set_up(void **state)
{
	(void)state;
	worker_for(config);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	worker_release(&worker);
	return 0;
}

static void
check(unsigned listener, const char *fields, const char *from, bool https)
{
	char head[4096];
	struct exchange *ex;

	snprintf(head, sizeof head,
	    "GET / HTTP/1.1\r\nHost: ha.example\r\n%s\r\n", fields);
	ex = exchange_for(head, listener);
	if (strcmp(ex->from, from) != 0 || ex->https != https)
		fail_msg("%s: %s, %d", fields, ex->from, ex->https);
	exchange_end(ex);
}

#define XFF "X-Forwarded-For: "
#define PEER "203.0.113.9"

static void
walks_from_the_nearest_hop(void **state)
{
	static const struct {
		const char *fields, *from;
	} table[] = {
		{ "", PEER },
		{ XFF "198.51.100.1\r\n", "198.51.100.1" },
		{ XFF "198.51.100.1, 198.51.100.2\r\n", "198.51.100.2" },
		{ XFF "6.6.6.6,\t198.51.100.2 , 10.1.2.3\r\n", "198.51.100.2" },
		{ XFF "10.0.0.1, 10.0.0.2\r\n", "10.0.0.1" },
		{ XFF "nonsense, 198.51.100.2\r\n", "198.51.100.2" },
		{ XFF "6.6.6.6\r\nx-forwarded-for: 198.51.100.2\r\n"
		      "Other: 7.7.7.7\r\n",
		    "198.51.100.2" },
		{ XFF "198.51.100.2\r\n" XFF "10.0.0.1\r\n", "198.51.100.2" },
		{ XFF "2001:DB9::0:1\r\n", "2001:db9::1" },
		{ XFF "2001:db9::1, 2001:db8::1\r\n", "2001:db9::1" },
		{ XFF "::ffff:198.51.100.1\r\n", "198.51.100.1" },
		{ XFF "198.51.100.1, ::ffff:10.0.0.1\r\n", "198.51.100.1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		check(FORWARDED_FOR, table[i].fields, table[i].from, false);
}

#define ENDLESS                                                                \
	"1111111111111111111111111111111111111111111111111111111111111111111"

static void
takes_the_peer_where_something_is_no_address(void **state)
{
	static const char *const values[] = { "", ",", "unknown",
		"198.51.100.1:4711", "[2001:db9::1]", "2001:db9::1%eth0",
		"fe80::1%1", "198.51.100.1,", "198.51.100.1, , 10.0.0.1",
		"198.51.100.01", "198.51.100.1 198.51.100.2",
		"\"198.51.100.1\"", "198.51.100.1, x, 10.0.0.1", ENDLESS };
	char fields[256];

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		snprintf(fields, sizeof fields, XFF "%s\r\n", values[i]);
		check(FORWARDED_FOR, fields, PEER, false);
	}
}

static void
bounds_the_walk(void **state)
{
	char fields[2048] = XFF "198.51.100.1";

	(void)state;
	for (unsigned i = 1; i < PEER_HOPS_MAX; i++)
		strncat(fields, ", 10.0.0.1", 11);
	strncat(fields, "\r\n", 3);
	check(FORWARDED_FOR, fields, "198.51.100.1", false);
	fields[strlen(fields) - 2] = '\0';
	strncat(fields, ", 10.0.0.1\r\n", 13);
	check(FORWARDED_FOR, fields, PEER, false);
}

#define PROTO "X-Forwarded-Proto: "

static void
believes_two_schemes_only(void **state)
{
	static const char *const others[] = { PROTO "HTTPS\r\n",
		PROTO "https,http\r\n", PROTO "https\r\n" PROTO "https\r\n",
		PROTO "wss\r\n", PROTO "\r\n", PROTO "http\r\n",
		"X-Forwarded-Ssl: on\r\n", "X-Forwarded_Proto: https\r\n" };

	(void)state;
	check(FORWARDED_FOR, PROTO "https\r\n", PEER, true);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		check(FORWARDED_FOR, others[i], PEER, false);
}

static void
reads_the_field_that_it_is_told(void **state)
{
	(void)state;
	check(OTHER_NAME,
	    "cf-connecting-ip: 198.51.100.1\r\n" XFF "6.6.6.6\r\n",
	    "198.51.100.1", false);
	check(OTHER_NAME, XFF "6.6.6.6\r\n", PEER, false);
}

/* A listener's list stands in place of that of the top level. */
static void
believes_nobody_else(void **state)
{
	(void)state;
	check(
	    OTHER_LIST, XFF "198.51.100.1\r\n" PROTO "https\r\n", PEER, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_from_the_nearest_hop),
		cmocka_unit_test(takes_the_peer_where_something_is_no_address),
		cmocka_unit_test(bounds_the_walk),
		cmocka_unit_test(believes_two_schemes_only),
		cmocka_unit_test(reads_the_field_that_it_is_told),
		cmocka_unit_test(believes_nobody_else),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
