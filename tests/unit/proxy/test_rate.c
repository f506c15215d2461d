/* Token buckets: how many, how soon again, and whose. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rate.h"

static unsigned
take_all(
    struct rates *rates, const char *key, const struct rate *rate, int64_t now)
{
	unsigned n = 0;

	while (n < 100 && rates_take(rates, key, 1, rate, now))
		n++;
	return n;
}

static void
test_a_bucket_holds_its_burst(void **state)
{
	static const struct rate one = { 1000000, 1 }, three = { 500000, 3 };
	struct rates *rates = rates_new();

	(void)state;
	assert_int_equal(take_all(rates, "a", &one, 5000), 1);
	assert_int_equal(take_all(rates, "b", &three, 5000), 3);
	assert_int_equal(take_all(rates, "a", &one, 5999), 0);
	assert_int_equal(take_all(rates, "a", &one, 6000), 1);
	assert_int_equal(take_all(rates, "b", &three, 5499), 0);
	assert_int_equal(take_all(rates, "b", &three, 5500), 1);
	assert_int_equal(take_all(rates, "b", &three, 6600), 2);
	assert_int_equal(take_all(rates, "b", &three, 1000000), 3);
	rates_free(rates);
}

static void
test_parts_of_a_millisecond_add_up(void **state)
{
	static const struct rate rate = { 300, 2 };
	struct rates *rates = rates_new();
	unsigned n = 0;

	(void)state;
	for (int64_t now = 1; now <= 30; now++)
		n += take_all(rates, "a", &rate, now);
	assert_in_range(n, 58, 62);
	rates_free(rates);
}

/* The bound holds, and a key in use is not lost to keys that are new. */
static void
test_many_keys(void **state)
{
	static const struct rate slow = { 60000000, 1000 };
	struct rates *rates = rates_new();
	unsigned n = 1000;

	(void)state;
	while (n > 0 && rates_take(rates, "a", 1, &slow, 1000))
		n--;
	assert_int_equal(n, 0);
	for (unsigned key = 0; key < 10 * RATES_MAX; key++)
		assert_true(rates_take(rates, &key, sizeof key, &slow, 1000));
	assert_false(rates_take(rates, "a", 1, &slow, 1000));
	rates_free(rates);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_bucket_holds_its_burst),
		cmocka_unit_test(test_parts_of_a_millisecond_add_up),
		cmocka_unit_test(test_many_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
