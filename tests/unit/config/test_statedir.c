/* The state directory, found in texts that are right, wrong or silent. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

static void
assert_finds(const char *content, const char *want)
{
	struct config_text *text =
	    config_text_new("x.conf", content, strlen(content));
	char *dir = config_find_state_dir(text);

	assert_string_equal(dir, want);
	free(dir);
	config_text_free(text);
}

static void
test_named(void **state)
{
	(void)state;
	assert_finds("StateDir \"/srv/g\"\n", "/srv/g");
	assert_finds("ListenHTTP\nEnd\nStateDir \"/srv/g\"\n", "/srv/g");
}

static void
test_named_among_mistakes(void **state)
{
	(void)state;
	assert_finds("Nonsense 5\nStateDir \"/srv/g\"\nListenHTTP\n\tPort x\n",
	    "/srv/g");
}

static void
test_not_named(void **state)
{
	(void)state;
	assert_finds("", CONFIG_DEFAULT_STATE_DIR);
	assert_finds("StateDir\n", CONFIG_DEFAULT_STATE_DIR);
	assert_finds(
	    "ListenHTTP\nStateDir \"/srv/g\"\nEnd\n", CONFIG_DEFAULT_STATE_DIR);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_named_among_mistakes),
		cmocka_unit_test(test_not_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
