/* Orders, outcomes, and what an address outside means. */

#include "order.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wan.h"

static void
test_ports_there_and_back(void **state)
{
	static const char *const lists[] = { "", "443:8443", "80:80 443:443",
		"1:65535 2:2 3:3 4:4 5:5 6:6 7:7 65535:1" };
	char text[ORDER_PORTS_SIZE];
	struct order order;

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		assert_int_equal(order_read_ports(&order, lists[i], NULL), 0);
		assert_string_equal(
		    order_print_ports(text, order.ports, order.nports),
		    lists[i]);
	}
}

static void
test_no_ports(void **state)
{
	static const char *const lists[] = { "443", "443:", ":443", "0:1",
		"1:0", "65536:1", "80:80  443:443", "80:80:80", "a:b",
		"80:80 443", "1:1 2:2 3:3 4:4 5:5 6:6 7:7 8:8 9:9" };
	struct order order = { .nports = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		assert_int_equal(order_read_ports(&order, lists[i], NULL), -1);
	assert_int_equal(order.nports, 7);
}

static void
test_the_shortest_lease_counts(void **state)
{
	const struct order_port port = { 80, 8080 };
	struct outcome outcome = { 0 };

	(void)state;
	outcome_mapped(&outcome, port, 0);
	assert_int_equal(outcome.lifetime, 0);
	outcome_mapped(&outcome, port, 3600);
	assert_int_equal(outcome.lifetime, 3600);
	outcome_mapped(&outcome, port, 0);
	outcome_mapped(&outcome, port, 600);
	outcome_mapped(&outcome, port, 900);
	assert_int_equal(outcome.lifetime, 600);
	assert_int_equal(outcome.nports, 5);
	for (unsigned i = 0; i < ORDER_PORTS_MAX; i++)
		outcome_mapped(&outcome, port, 600);
	assert_int_equal(outcome.nports, ORDER_PORTS_MAX);
}

static void
test_the_first_refusal_counts(void **state)
{
	struct outcome outcome = { 0 };

	(void)state;
	outcome_refused(&outcome, "one", "do this", "of %s", "\n\x1b");
	outcome_refused(&outcome, "two", "do that", "again");
	assert_string_equal(outcome.problem, "one");
	assert_string_equal(outcome.advice, "do this");
	assert_string_equal(outcome.detail, "of \\x0a\\x1b");
}

static void
test_no_address(void **state)
{
	struct outcome outcome = { 0 };

	(void)state;
	outcome_wan(&outcome, (struct in_addr){ htonl(0x08080404) });
	outcome_wan(&outcome, (struct in_addr){ 0 });
	assert_string_equal(outcome.wan, "8.8.4.4");
}

static void
test_addresses_outside(void **state)
{
	static const struct {
		const char *address;
		const char *word; /* of what is said; NULL: nothing */
	} rows[] = {
		{ "8.8.4.4", NULL },
		{ "9.255.255.255", NULL },
		{ "10.0.0.1", "double NAT" },
		{ "11.0.0.0", NULL },
		{ "100.63.255.255", NULL },
		{ "100.64.0.0", "CGNAT" },
		{ "100.127.255.255", "CGNAT" },
		{ "100.128.0.0", NULL },
		{ "172.15.255.255", NULL },
		{ "172.16.0.1", "double NAT" },
		{ "172.31.255.255", "double NAT" },
		{ "172.32.0.0", NULL },
		{ "192.168.255.1", "double NAT" },
		{ "192.169.0.0", NULL },
		{ "192.0.0.4", "CGNAT" },
		{ "192.0.1.0", NULL },
		{ "169.254.1.1", "connected" },
		{ "127.0.0.1", "connected" },
		{ "0.0.0.0", "connected" },
		{ "203.0.113.9", "connected" },
		{ "223.255.255.255", NULL },
		{ "224.0.0.1", "connected" },
		{ "255.255.255.255", "connected" },
		{ "", "connected" },
		{ "2001:db8::1", "connected" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct wan_flaw *flaw = wan_flaw(rows[i].address);
		char said[512] = "nothing";

		if (flaw != NULL)
			snprintf(said, sizeof(said), "%s. %s", flaw->why,
			    flaw->cure);
		if (rows[i].word == NULL ? flaw != NULL
		                         : strstr(said, rows[i].word) == NULL)
			fail_msg("%s: %s", rows[i].address, said);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports_there_and_back),
		cmocka_unit_test(test_no_ports),
		cmocka_unit_test(test_the_shortest_lease_counts),
		cmocka_unit_test(test_the_first_refusal_counts),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_addresses_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
