/* Telling Home Assistant, with stand-ins for the job and the monitor. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "house.h"

/* The listener's own End is that of the section here. */
static void
configure(struct house *house, const char *password)
{
	char *text = xasprintf("AutoCert \"gw.test\"\nEnd\nMQTT \"broker\"\n"
	                       "Login \"me\"\nPassword \"%s\"",
	    password);

	house_configure(house, text);
	free(text);
}

static void
test_told(void **state)
{
	struct house *house = *state;

	configure(house, "first");
	house_start(house);
	house_wait(house, "mqtt row: waiting at 'broker', failures 0");
	house_wait_both(house, "the status is wanted",
	    "mqtt: broker:1883 as 'me' with 'first'");
	house_wait_both(house,
	    "MQTT: Home Assistant is told of 3 entities, through broker",
	    "mqtt row: told at 'broker', failures 0, problem ''");
	house_stop(house);
}

/* What stands in the way is told once, and another section begins anew. */
static void
test_refused_until_a_reload(void **state)
{
	struct house *house = *state;

	house_tell(house, "broker", "login");
	configure(house, "wrong");
	house_start(house);
	house_wait_both(house, "warning: MQTT: login: as told",
	    "mqtt row: failing at 'broker', failures 1, problem "
	    "'login: as told'");
	house_tell(house, "broker", NULL);
	configure(house, "right");
	house_command(house, "reload");
	house_wait(house, "mqtt row: waiting at 'broker', failures 0");
	house_wait(house, "mqtt: broker:1883 as 'me' with 'right'");
	house_wait(house, "mqtt row: told at 'broker', failures 0");
	house_stop(house);
}

static void
test_job_that_dies(void **state)
{
	struct house *house = *state;

	house_tell(house, "broker", "die");
	configure(house, "first");
	house_start(house);
	house_wait(house,
	    "mqtt row: failing at 'broker', failures 1, problem "
	    "'lost: gatehouse-mqtt was killed by signal 9'");
	house_stop(house);
}

static void
test_taken_out_of_the_file(void **state)
{
	struct house *house = *state;

	configure(house, "first");
	house_start(house);
	house_wait(house, "mqtt row: told");
	house_configure(house, "AutoCert \"gw.test\"");
	house_command(house, "reload");
	house_wait(house, "mqtt row: off at ''");
	house_stop(house);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(test_told),
		HOUSE_TEST(test_refused_until_a_reload),
		HOUSE_TEST(test_job_that_dies),
		HOUSE_TEST(test_taken_out_of_the_file),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
