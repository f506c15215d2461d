/* Files that are watched: what counts as a change, and what does not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "watch.h"

static char directory[] = "/tmp/watch-XXXXXX";
static char one[64], two[64], other[64];
static struct loop *loop;
static struct watch watch;
static struct loop_timer deadline;
static unsigned changes;

static void
on_changed(void *arg)
{
	(void)arg;
	changes++;
	loop_stop(loop);
}

static void
on_deadline(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void
write_file(const char *path)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs("x\n", out);
	assert_int_equal(fclose(out), 0);
}

/* Whether a change is told of, once, of all that was done before. */
static bool
is_told(int64_t within)
{
	changes = 0;
	loop_timer_set(loop, &deadline, within);
	loop_run(loop);
	loop_timer_cancel(&deadline);
	assert_in_range(changes, 0, 1);
	return changes == 1;
}

/* Longer than a change takes to be told of. */
#define LONG 60000
#define SHORT (3 * WATCH_DELAY_MS)

static void
test_changes_are_told_once(void **state)
{
	struct config_watched second = { .path = two };
	struct config_watched first = { .path = one, .next = &second };

	(void)state;
	watch_set(&watch, &first);
	write_file(one);
	write_file(one);
	write_file(two);
	assert_true(is_told(LONG));
	write_file(other);
	assert_int_equal(chmod(one, 0600), 0);
	assert_false(is_told(SHORT));
	assert_int_equal(rename(other, two), 0);
	assert_true(is_told(LONG));
	assert_int_equal(unlink(one), 0);
	assert_true(is_told(LONG));
	assert_int_equal(symlink(two, one), 0);
	assert_true(is_told(LONG));
}

static void
test_what_is_watched_changes(void **state)
{
	struct config_watched first = { .path = one };
	struct config_watched second = { .path = two };
	struct config_watched nowhere = { .path = "/nonexistent/x",
		.next = &second };

	(void)state;
	watch_set(&watch, &first);
	write_file(one);
	watch_set(&watch, &first);
	assert_true(is_told(LONG));
	watch_set(&watch, &nowhere);
	write_file(one);
	assert_false(is_told(SHORT));
	write_file(two);
	assert_true(is_told(LONG));
	watch_set(&watch, NULL);
	write_file(two);
	assert_false(is_told(SHORT));
	watch_set(&watch, &first);
	write_file(one);
	assert_true(is_told(LONG));
}

static int
set_up(void **state)
{
	(void)state;
	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(one, sizeof(one), "%s/one", directory);
	snprintf(two, sizeof(two), "%s/two", directory);
	snprintf(other, sizeof(other), "%s/other", directory);
	loop = loop_new();
	deadline = (struct loop_timer){ .fn = on_deadline };
	watch_init(&watch, loop);
	watch.changed = on_changed;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	watch_release(&watch);
	loop_free(loop);
	unlink(one);
	unlink(two);
	unlink(other);
	return rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_changes_are_told_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_what_is_watched_changes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
