/* What is kept safe when a reload fails, and what is not begun without that. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "house.h"

#define TWO_NAMES "AutoCert \"gw.test\" \"www.gw.test\""

static void
begin_order(struct house *house)
{
	house_tell(house, "deaf", "0");
	house_tell(house, "job",
	    "order https://ca.test/order/1 0\n"
	    "challenge token 0\n");
	house_start(house);
	house_wait(house, "worker 0: challenge token");
}

/* The order under way is not the new configuration's to throw away. */
static void
test_reload_that_fails_keeps_the_order(void **state)
{
	struct house *house = *state;

	begin_order(house);
	house_configure(house, TWO_NAMES);
	house_tell(house, "fail", "as told");
	house_command(house, "reload");
	house_wait(house, "reply 7: error: ");
	kill(house->pid, SIGKILL);
	house_end(house);

	house_tell(house, "fail", NULL);
	house_configure(house, "AutoCert \"gw.test\"");
	house_tell(house, "job", "issue first 7776000\n");
	house_start(house);
	house_wait(house, "order 'https://ca.test/order/1'");
	house_wait(house, "in service: serial first");
	house_stop(house);
}

/* One that succeeds does not resume an order for other names. */
static void
test_order_of_other_names(void **state)
{
	struct house *house = *state;

	begin_order(house);
	house_configure(house, TWO_NAMES);
	house_tell(house, "job", "issue second 7776000\n");
	kill(house->pid, SIGHUP);
	house_wait(house, "job: names 'gw.test www.gw.test', order ''");
	house_wait(house, "in service: serial second");
	house_stop(house);
}

/* An attempt that cannot be written down could be made for ever. */
static void
test_disk_that_keeps_nothing(void **state)
{
	struct house *house = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/state", house->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/state/certs", house->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(
	    path, sizeof(path), "%s/state/certs/gw.test.state", house->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	house_start(house);
	house_wait(house, "cannot write the record of gw.test");
	house_wait(house, "certificate for gw.test: store: ");
	while (!house_said(house, "failures 1")) /* before or after it */
		assert_true(house_read(house));
	house_stop(house);
	assert_false(house_said(house, "certificate for gw.test: asking"));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(test_reload_that_fails_keeps_the_order),
		HOUSE_TEST(test_order_of_other_names),
		HOUSE_TEST(test_disk_that_keeps_nothing),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
