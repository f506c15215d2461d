/* What one address may take, and that the table forgets who has gone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guests.h"

#define MANY 3000

static struct addr
address(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(&addr, text, 4711));
	return addr;
}

static struct guest *
enter(struct guests *guests, const char *text)
{
	struct addr addr = address(text);

	return guests_enter(guests, &addr);
}

static void
counts_connections_of_each_address(void **state)
{
	const struct guests_limits limits = { .connections = 2 };
	struct guests *guests = guests_new(&limits, 16);
	struct guest *one, *other;

	(void)state;
	one = enter(guests, "192.0.2.1");
	assert_non_null(one);
	assert_ptr_equal(enter(guests, "192.0.2.1"), one);
	assert_null(enter(guests, "192.0.2.1"));
	other = enter(guests, "192.0.2.2");
	assert_non_null(other);
	assert_int_equal(guests_count(guests), 2);
	guests_leave(guests, one, true);
	assert_ptr_equal(enter(guests, "192.0.2.1"), one);
	assert_null(enter(guests, "192.0.2.1"));
	guests_leave(guests, other, true);
	guests_leave(guests, one, true);
	guests_leave(guests, one, true);
	assert_int_equal(guests_count(guests), 0);
	guests_free(guests);
}

static void
counts_who_has_not_asked_apart(void **state)
{
	const struct guests_limits limits = { .connections = 3, .pending = 1 };
	struct guests *guests = guests_new(&limits, 16);
	struct guest *guest;

	(void)state;
	guest = enter(guests, "192.0.2.1");
	assert_null(enter(guests, "192.0.2.1"));
	guests_settle(guest);
	assert_non_null(enter(guests, "192.0.2.1"));
	assert_null(enter(guests, "192.0.2.1"));
	guests_leave(guests, guest, true);
	assert_non_null(enter(guests, "192.0.2.1"));
	guests_settle(guest);
	assert_non_null(enter(guests, "192.0.2.1"));
	guests_settle(guest);
	assert_null(enter(guests, "192.0.2.1")); /* of three, all settled */
	for (int i = 0; i < 3; i++)
		guests_leave(guests, guest, false);
	assert_int_equal(guests_count(guests), 0);
	guests_free(guests);
}

static void
takes_a_network_of_64_bits_for_one(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} cases[] = {
		{ "2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true },
		{ "2001:db8:0:1::1", "2001:db8:0:2::1", false },
		{ "192.0.2.1", "192.0.2.129", false },
		/* The same bits in the place where they are looked for. */
		{ "0.0.0.0", "::", false },
		{ "32.1.13.184", "2001:db8::", false },
	};
	const struct guests_limits limits = { .connections = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct guests *guests = guests_new(&limits, 16);
		struct guest *one = enter(guests, cases[i].one);
		struct guest *other = enter(guests, cases[i].other);

		assert_int_equal(other == NULL, cases[i].same);
		guests_leave(guests, one, true);
		if (other != NULL)
			guests_leave(guests, other, true);
		guests_free(guests);
	}
}

static void
knows_many_and_forgets_them(void **state)
{
	const struct guests_limits limits = { 0 };
	struct guests *guests = guests_new(&limits, 1);
	struct guest **all = calloc(MANY, sizeof(struct guest *));
	char text[ADDR_TEXT_SIZE];

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < MANY; i++) {
			snprintf(
			    text, sizeof text, "10.0.%u.%u", i >> 8, i & 255);
			all[i] = enter(guests, text);
			assert_non_null(all[i]);
			assert_ptr_equal(enter(guests, text), all[i]);
		}
		assert_int_equal(guests_count(guests), MANY);
		for (unsigned i = 0; i < MANY; i++) {
			guests_leave(guests, all[i], true);
			guests_leave(guests, all[i], true);
		}
		assert_int_equal(guests_count(guests), 0);
	}
	free(all);
	guests_free(guests);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_connections_of_each_address),
		cmocka_unit_test(counts_who_has_not_asked_apart),
		cmocka_unit_test(takes_a_network_of_64_bits_for_one),
		cmocka_unit_test(knows_many_and_forgets_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
