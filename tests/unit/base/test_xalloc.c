#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "child.h"

static void
test_copies(void **state)
{
	char *s;

	(void)state;
	s = xstrdup("text");
	assert_string_equal(s, "text");
	free(s);
	s = xstrndup("text", 2);
	assert_string_equal(s, "te");
	free(s);
	s = xstrndup("te", 99);
	assert_string_equal(s, "te");
	free(s);
	s = xstrndup(NULL, 0);
	assert_string_equal(s, "");
	free(s);
	s = xasprintf("%s-%d", "te", 9);
	assert_string_equal(s, "te-9");
	free(s);
}

static void
test_memory(void **state)
{
	static const char zero[600];
	char *p;

	(void)state;
	p = xcalloc(20, 30);
	assert_memory_equal(p, zero, 600);
	memset(p, 'x', 600);
	p = xreallocarray(p, 200, 30);
	assert_int_equal(p[599], 'x');
	free(p);
	free(xmalloc(0));
	free(xcalloc(0, 8));
	free(xreallocarray(NULL, 0, 8));
}

static void
ask_too_much(void *arg)
{
	size_t *count = arg;

	free(xreallocarray(NULL, *count, *count));
}

static void
test_out_of_memory_ends_the_process(void **state)
{
	size_t count = SIZE_MAX / 2;
	struct child child;

	(void)state;
	run_child(ask_too_much, &count, &child);
	assert_int_equal(child.exit_status, 1);
	assert_non_null(strstr(child.output, "out of memory"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_out_of_memory_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
