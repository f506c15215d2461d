/* Other programs: what they say and how they end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "program.h"

#define LIMIT_MS 20000

static int
run(const char *script, struct buf *said, struct error *err)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	return program_run(argv, LIMIT_MS, said, err);
}

static void
test_what_it_says(void **state)
{
	struct buf said = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(run("echo one; echo two >&2", &said, &err), 0);
	assert_int_equal(buf_len(&said), 8);
	assert_memory_equal(buf_data(&said), "one\ntwo\n", 8);
	buf_release(&said);
}

static void
test_how_it_fails(void **state)
{
	static const char *const nothing[] = { "/nowhere/prog", NULL };
	struct error err;

	(void)state;
	assert_int_equal(
	    run("echo 'prog[12]: error: no'; echo why; exit 3", NULL, &err),
	    -1);
	assert_string_equal(err.msg, "sh: error: no; why");
	assert_int_equal(run("exit 3", NULL, &err), -1);
	assert_string_equal(err.msg, "sh failed with status 3");
	assert_int_equal(run("kill -9 $$", NULL, &err), -1);
	assert_string_equal(err.msg, "sh was ended by signal 9");
	assert_int_equal(program_run(nothing, LIMIT_MS, NULL, &err), -1);
	assert_string_equal(
	    err.msg, "prog: it cannot be run: No such file or directory");
}

/* However much it says, it is not held up, and the end of it is kept. */
static void
test_a_lot(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(
	    run("head -c 1000000 /dev/zero; echo; echo last; exit 1", NULL,
	        &err),
	    -1);
	assert_string_equal(err.msg, "sh: last");
}

static void
test_too_long(void **state)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	struct error err;

	(void)state;
	assert_int_equal(program_run(argv, 1, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_TIMEOUT);
}

/* A child of it that holds the output is not waited for. */
static void
test_what_it_leaves_behind(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(run("sleep 3 &", NULL, &err), 0);
}

static void
test_something_else_happens(void **state)
{
	static const char *const argv[] = { "sleep", "1000", NULL };
	const struct program_how how = { .argv = argv, .leaves_with_us = true };
	struct program program;
	struct error err;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(program_start(&program, &how, &err), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(
	    program_wait(&program, fds[0], clock_mono_ms() + LIMIT_MS, &err),
	    1);
	program_end(&program, LIMIT_MS);
	assert_int_equal(program.pid, 0);
	program_release(&program);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_it_says),
		cmocka_unit_test(test_how_it_fails),
		cmocka_unit_test(test_a_lot),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_what_it_leaves_behind),
		cmocka_unit_test(test_something_else_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
