/* What `status --watch` draws. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "watch.h"

static void
assert_draws(
    const char *text, unsigned rows, unsigned columns, const char *want)
{
	struct buf out = { 0 };
	char *drawn;

	watch_draw(&out, text, "footer", rows, columns);
	drawn = buf_detach(&out, NULL);
	assert_string_equal(drawn, want);
	free(drawn);
}

static void
test_what_fits(void **state)
{
	(void)state;
	assert_draws("one\n\ntwo\n", 4, 80,
	    "\033[Hone\033[K\r\n\033[K\r\ntwo\033[K\r\n\033[J\033[4Hfooter");
	assert_draws(
	    "no end", 2, 80, "\033[Hno end\033[K\r\n\033[J\033[2Hfooter");
	assert_draws("", 1, 80, "\033[H\033[J\033[1Hfooter");
}

static void
test_what_does_not_fit(void **state)
{
	(void)state;
	assert_draws("one\ntwo\nthree\n", 3, 80,
	    "\033[Hone\033[K\r\ntwo\033[K\r\n\033[J"
	    "\033[3H2 of 3 lines fit; footer");
	assert_draws(
	    "one\n", 1, 80, "\033[H\033[J\033[1H0 of 1 lines fit; footer");
	assert_draws("longer\n", 2, 4, "\033[Hlong\033[K\r\n\033[J\033[2Hfoot");
	/* Characters count, and none is cut in two. */
	assert_draws("\xc3\xa4\xe2\x82\xac\xc3\xb6x\n", 2, 2,
	    "\033[H\xc3\xa4\xe2\x82\xac\033[K\r\n\033[J\033[2Hfo");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_fits),
		cmocka_unit_test(test_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
