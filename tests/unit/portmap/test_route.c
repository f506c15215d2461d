/* The table of routes. */

#include "route.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define HEAD                                                                   \
	"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\t"   \
	"MTU\tWindow\tIRTT\n"
#define LAN "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"

/* Addresses in the file lie as they do in memory, of any byte order. */
static void
assert_gateway(const char *before, const char *want, const char *after)
{
	struct in_addr gateway = { 0 };
	char table[512];

	assert_int_equal(inet_pton(AF_INET, want, &gateway), 1);
	snprintf(
	    table, sizeof(table), "%s%08X%s", before, gateway.s_addr, after);
	gateway.s_addr = 0;
	assert_true(route_parse(table, &gateway));
	assert_string_equal(inet_ntoa(gateway), want);
}

static void
test_the_default_route(void **state)
{
	(void)state;
	assert_gateway(HEAD LAN "eth0\t00000000\t", "192.168.1.1",
	    "\t0003\t0\t0\t100\t00000000\t0\t0\t0\n");
	/* Without the last newline. */
	assert_gateway(
	    "wlan0 00000000 ", "10.0.0.1", " 0003 0 0 0 00000000 0 0 0");
}

static void
test_the_lowest_metric(void **state)
{
	(void)state;
	assert_gateway("wlan0 00000000 0100000A 0003 0 0 600 00000000 0 0 0\n"
	               "eth0 00000000 ",
	    "192.168.1.1",
	    " 0003 0 0 100 00000000 0 0 0\n"
	    "eth1 00000000 0200000A 0003 0 0 200 00000000 0 0 0\n");
}

static void
test_none(void **state)
{
	static const char *const tables[] = { "", HEAD, HEAD LAN,
		/* down; without a gateway; rejected; a part of the world */
		"eth0 00000000 0101A8C0 0002 0 0 0 00000000 0 0 0\n",
		"ppp0 00000000 00000000 0001 0 0 0 00000000 0 0 0\n",
		"lo 00000000 0101A8C0 0203 0 0 0 00000000 0 0 0\n",
		"tun0 00000000 0101A8C0 0003 0 0 0 00000080 0 0 0\n",
		"eth0 00000000 0101A8C0\n", "\n\n" };
	struct in_addr gateway;

	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		assert_false(route_parse(tables[i], &gateway));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_default_route),
		cmocka_unit_test(test_the_lowest_metric),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
