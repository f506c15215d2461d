/* Messages: their order, their form, and their bounds. */

#include "reading.h"

static const struct config_pos a3 = { "a", 3, 1 }, a1 = { "a", 1, 9 },
                               a1_early = { "a", 1, 2 }, b1 = { "b", 1, 1 };

static void
test_order_is_that_of_the_files(void **state)
{
	struct reading reading = { .diag = diag_new() };

	(void)state;
	diag_add(reading.diag, DIAG_ERROR, a3, "three");
	diag_add(reading.diag, DIAG_ERROR, b1, "other file");
	diag_add(reading.diag, DIAG_WARNING, a1, "one %s", "late");
	diag_add(reading.diag, DIAG_ERROR, a1_early, "one early");
	diag_add(reading.diag, DIAG_ERROR, a3, "three again");
	assert_messages(&reading,
	    "a:1:2: one early\n"
	    "a:1:9: warning: one late\n"
	    "a:3:1: three\n"
	    "a:3:1: three again\n"
	    "b:1:1: other file\n");
	assert_int_equal(diag_count(reading.diag, DIAG_ERROR), 4);
	assert_int_equal(diag_count(reading.diag, DIAG_WARNING), 1);
	assert_int_equal(diag_level(reading.diag, 0), DIAG_ERROR);
	assert_int_equal(diag_level(reading.diag, 1), DIAG_WARNING);
	diag_free(reading.diag);
}

static void
test_the_same_message_is_kept_once(void **state)
{
	struct reading reading = { .diag = diag_new() };

	(void)state;
	diag_add(reading.diag, DIAG_ERROR, a1, "same");
	diag_add(reading.diag, DIAG_ERROR, a1, "same");
	diag_add(reading.diag, DIAG_ERROR, a3, "same");
	assert_messages(&reading, "a:1:9: same\na:3:1: same\n");
	assert_int_equal(diag_count(reading.diag, DIAG_ERROR), 2);
	diag_free(reading.diag);
}

static void
test_bounds(void **state)
{
	struct diag *diag = diag_new();
	struct config_pos pos = { "a", 1, 1 };
	char long_text[1000];
	const char *line;

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	diag_add(diag, DIAG_ERROR, pos, "%s", long_text);
	line = diag_line(diag, 0);
	assert_true(strlen(line) < 500);
	assert_string_equal(line + strlen(line) - 4, "x...");
	for (pos.line = 2; pos.line <= DIAG_MAX + 5; pos.line++)
		diag_add(diag, DIAG_ERROR, pos, "one more");
	assert_int_equal(diag_count(diag, DIAG_ERROR), DIAG_MAX + 5);
	assert_non_null(diag_line(diag, DIAG_MAX - 1));
	assert_null(diag_line(diag, DIAG_MAX));
	diag_free(diag);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_is_that_of_the_files),
		cmocka_unit_test(test_the_same_message_is_kept_once),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
