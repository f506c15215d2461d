/* Waiting for a descriptor, and for nothing beyond its time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ready.h"

static void
test_wait(void **state)
{
	int64_t deadline = clock_mono_ms() + 20;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(ready_wait(fds[1], POLLOUT, deadline + 60000), 0);
	errno = 0;
	assert_int_equal(ready_wait(fds[0], POLLIN, deadline), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_true(clock_mono_ms() >= deadline);

	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(ready_wait(fds[0], POLLIN, deadline + 60000), 0);
	/* Its time is over, however much there is to read. */
	errno = 0;
	assert_int_equal(ready_wait(fds[0], POLLIN, deadline), -1);
	assert_int_equal(errno, ETIMEDOUT);

	/* An end is something to be read. */
	assert_int_equal(read(fds[0], &(char){ 0 }, 1), 1);
	close(fds[1]);
	assert_int_equal(
	    ready_wait(fds[0], POLLIN, clock_mono_ms() + 60000), 0);
	close(fds[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_wait) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
