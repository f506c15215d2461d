#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void
test_mono_follows_the_kernel(void **state)
{
	struct timespec before, after;
	int64_t now;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	now = clock_mono_ms();
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(now >= before.tv_sec * 1000 + before.tv_nsec / 1000000);
	assert_true(now <= after.tv_sec * 1000 + after.tv_nsec / 1000000);
}

static void
test_wall_is_the_time(void **state)
{
	time_t before = time(NULL);
	int64_t now = clock_wall();

	(void)state;
	assert_true(now >= before && now <= time(NULL));
}

static void
test_date(void **state)
{
	static const struct {
		int64_t wall;
		const char *date;
	} rows[] = {
		{ 0, "1970-01-01 00:00:00Z" },
		{ -1, "1969-12-31 23:59:59Z" },
		{ 951782400, "2000-02-29 00:00:00Z" },
		{ 1795406706, "2026-11-23 04:05:06Z" },
		{ INT64_C(4102444799), "2099-12-31 23:59:59Z" },
		{ INT64_MAX, "(no date)" },
		{ INT64_MIN, "(no date)" },
	};
	char date[CLOCK_DATE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(
		    clock_date(date, rows[i].wall), rows[i].date);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mono_follows_the_kernel),
		cmocka_unit_test(test_wall_is_the_time),
		cmocka_unit_test(test_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
