#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/secret.h"
#include "base/xalloc.h"

static void
test_wipe(void **state)
{
	static const char zero[16];
	char key[16];

	(void)state;
	memset(key, 'k', sizeof(key));
	secret_wipe(key, 0);
	assert_int_equal(key[0], 'k');
	secret_wipe(key, sizeof(key));
	assert_memory_equal(key, zero, sizeof(key));
	secret_free(NULL);
	secret_free(xstrdup("password"));
}

/* More than one call of getrandom() returns at once without a wait. */
static void
test_random_fills_all(void **state)
{
	static unsigned char bytes[1 << 16];
	unsigned seen[256] = { 0 };
	size_t i;

	(void)state;
	secret_random(bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		seen[bytes[i]]++;
	/* 256 expected of each; 128 or 512 has odds of far under 2^-40. */
	for (i = 0; i < 256; i++)
		assert_in_range(seen[i], 128, 512);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wipe),
		cmocka_unit_test(test_random_fills_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
