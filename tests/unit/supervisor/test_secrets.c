/* The keys of session tickets. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "secrets.h"

_Static_assert(TICKET_ROTATE_MS <= 24 * 3600 * 1000,
    "a stolen key is of use for a day at most");

static void
test_rotation(void **state)
{
	unsigned char first[TICKET_KEY_SIZE], second[TICKET_KEY_SIZE];
	struct ticket_keys keys;

	(void)state;
	ticket_keys_init(&keys);
	assert_int_equal(keys.count, 1);
	memcpy(first, keys.key[0], sizeof(first));
	ticket_keys_rotate(&keys);
	memcpy(second, ticket_keys_newest(&keys), sizeof(second));
	assert_int_equal(keys.count, 2);
	assert_memory_equal(keys.key[0], first, sizeof(first));
	assert_memory_not_equal(first, second, sizeof(first));

	/* The fourth key pushes the first one out. */
	ticket_keys_rotate(&keys);
	ticket_keys_rotate(&keys);
	assert_int_equal(keys.count, TICKET_KEYS_MAX);
	assert_memory_equal(keys.key[0], second, sizeof(second));
	assert_ptr_equal(ticket_keys_newest(&keys), keys.key[2]);
	assert_memory_not_equal(keys.key[1], keys.key[2], TICKET_KEY_SIZE);
	assert_null(memmem(&keys, sizeof(keys), first, sizeof(first)));
	ticket_keys_release(&keys);
}

static void
test_wiped(void **state)
{
	static const struct ticket_keys none;
	struct ticket_keys keys;

	(void)state;
	ticket_keys_init(&keys);
	ticket_keys_release(&keys);
	assert_memory_equal(&keys, &none, sizeof(keys));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
