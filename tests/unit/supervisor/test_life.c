/* Start, reload, restart and end of generations, with stand-ins as children. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "house.h"

static void
test_start_and_stop(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "ready: 2 listeners, 2 workers, generation 1");
	house_wait(house, "the monitor goes");
	house_wait(house, "backend 0 is up");
	house_stop(house);
	assert_true(house_said(house, "drain 0"));
	assert_true(house_said(house, "stopped"));
}

/* The first generation cannot serve: the reason, and an exit status. */
static void
test_start_fails(void **state)
{
	struct house *house = *state;

	house_tell(house, "fail", "no more room");
	house_start(house);
	house_wait(house, "cannot start: no more room");
	assert_int_equal(house_end(house), 1);
	assert_false(house_said(house, "ready:"));
}

static void
test_start_dies(void **state)
{
	struct house *house = *state;

	house_tell(house, "die", "");
	house_start(house);
	house_wait(house, "was killed by signal 9");
	house_wait(house, "cannot start: a worker died while starting");
	assert_int_equal(house_end(house), 1);
}

static void
test_reload(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "the monitor goes");
	house_command(house, "reload");
	house_wait(house, "the monitor hears nobody else");
	house_wait(house, "reply 7: ok: reloaded, generation 2");
	kill(house->pid, SIGHUP);
	house_wait(house, "ready: 2 listeners, 2 workers, generation 3");
	house_stop(house);
	assert_true(house_said(house, "drain 86400"));
}

/* Known backends are known to the next generation before it may accept. */
static void
test_reload_inherits_backends(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "worker 1: backend 0 is up");
	kill(house->pid, SIGHUP);
	house_wait(house, "worker 0: backend 0 is up");
	house_wait(house, "worker 0 goes");
	house_wait(house, "ready: 2 listeners, 2 workers, generation 2");
	house_stop(house);
}

/* Also that one of them takes connections and fails its probe. */
static void
test_reload_inherits_an_ailing_backend(void **state)
{
	struct house *house = *state;

	house_tell(house, "ailing", "");
	house_start(house);
	house_wait(house, "worker 1: backend 0 is ailing");
	kill(house->pid, SIGHUP);
	house_wait(house, "ready: 2 listeners, 2 workers, generation 2");
	house_stop(house);
	assert_false(house_said(house, "backend 0 is down"));
}

static void
test_reload_refused(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "the monitor goes");
	house_tell(house, "conf", "ListenHTTP\n  Prot 80\nEnd\n");
	house_command(house, "reload");
	house_wait(house, "reply 7: error: ");
	house_wait(house, "/conf:2:3: ");
	house_configure(house, "AutoCert \"gw.test\"");
	house_command(house, "reload");
	house_wait(house, "reply 7: ok: reloaded, generation 2");
	house_stop(house);
}

/* A good configuration whose workers do not come up changes nothing. */
static void
test_reload_fails(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "the monitor goes");
	house_tell(house, "fail", "no more room");
	house_command(house, "reload");
	house_wait(house, "reload failed: no more room; generation 1 serves");
	house_wait(house, "reply 7: error: no more room");
	assert_false(house_said(house, "drain"));
	house_tell(house, "fail", NULL);
	house_command(house, "reload");
	house_wait(house, "reply 7: ok: reloaded, generation 3");
	house_stop(house);
}

static void
test_reload_elsewhere(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "the monitor goes");
	house_tell(house, "conf",
	    "StateDir \"/nowhere\"\nListenHTTP\n  Port 0\n  Service\n"
	    "    Redirect \"https://gw.test\"\n  End\nEnd\n");
	house_command(house, "reload");
	house_wait(house, "reply 7: error: ");
	house_wait(house, "conf:1:");
	house_wait(house, "StateDir cannot change in a reload");
	house_stop(house);
}

/* Of those that drain for a day, the oldest gives way. */
static void
test_many_reloads(void **state)
{
	struct house *house = *state;
	char line[32];

	house_tell(house, "linger", "");
	house_start(house);
	for (int n = 1; n < 7; n++) {
		snprintf(line, sizeof(line), "workers, generation %d", n);
		house_wait(house, line);
		kill(house->pid, SIGHUP);
	}
	house_wait(house, "generation 2 drains no longer");
	house_wait(house, "workers, generation 7");
	assert_true(house_said(house, "generation 1 drains no longer"));
	house_stop(house);
}

static void
test_worker_restarts(void **state)
{
	struct house *house = *state;
	const char *line;

	house_start(house);
	line = house_wait(house, "worker 0 goes");
	house_wait(house, "the monitor goes");
	kill(house_pid_of(house, line), SIGKILL);
	house_wait(house, "worker 0 of generation 1 (gatehouse-proxy[");
	line = house_wait(house, "worker 0 goes");
	house_wait(house, "worker 0 of generation 1 is back");
	kill(house_pid_of(house, line), SIGKILL);
	house_wait(house, "worker 0 starts again in 100 ms");
	house_wait(house, "worker 0 of generation 1 is back");
	house_stop(house);
}

static void
test_monitor_restarts(void **state)
{
	struct house *house = *state;
	const char *line;

	house_start(house);
	line = house_wait(house, "the monitor goes");
	kill(house_pid_of(house, line), SIGKILL);
	house_wait(house, "was killed by signal 9");
	house_wait(house, "row: ");
	house_wait(house, "the monitor goes");
	house_stop(house);
}

/* What cannot be understood is not argued with. */
static void
test_babble(void **state)
{
	struct house *house = *state;

	house_tell(house, "babble", "");
	house_start(house);
	house_wait(house, ": killing it");
	house_wait(house, "cannot start");
	assert_int_equal(house_end(house), 1);
}

static void
test_drain(void **state)
{
	struct house *house = *state;

	house_tell(house, "linger", "");
	house_start(house);
	house_wait(house, "the monitor goes");
	kill(house->pid, SIGINT);
	house_wait(house, ": drain 9");
	house_wait(house, ": drain 9");
	kill(house->pid, SIGINT);
	house_wait(house, "drain 0");
	assert_int_equal(house_end(house), 0);
}

/* When the last connection has ended there is nothing to wait for. */
static void
test_drain_ends(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "the monitor goes");
	house_command(house, "drain");
	house_wait(house, "drain 9");
	assert_int_equal(house_end(house), 0);
	assert_true(house_said(house, "reply 7: ok: draining"));
}

static void
test_stop_command(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "the monitor goes");
	house_command(house, "stop");
	assert_int_equal(house_end(house), 0);
	assert_true(house_said(house, "reply 7: ok: stopping"));
}

static void
test_unknown_command(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "the monitor goes");
	house_command(house, "dance");
	house_wait(house, "reply 7: error: there is no such command");
	house_stop(house);
}

/* Its children notice by themselves, and the next one takes over at once. */
static void
test_killed(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "the monitor goes");
	kill(house->pid, SIGKILL);
	assert_int_equal(house_end(house), -1);
	house_start(house);
	house_wait(house, "ready: ");
	house_stop(house);
}

static void
test_one_at_a_time(void **state)
{
	struct house *house = *state;
	struct house second = *house; /* the same directory */

	house_start(house);
	house_wait(house, "ready: ");
	house_start(&second);
	house_wait(&second, "belongs to another gateway that is running");
	assert_int_equal(house_end(&second), 1);
	close(second.log_fd);
	house_stop(house);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(test_start_and_stop),
		HOUSE_TEST(test_start_fails),
		HOUSE_TEST(test_start_dies),
		HOUSE_TEST(test_reload),
		HOUSE_TEST(test_reload_inherits_backends),
		HOUSE_TEST(test_reload_inherits_an_ailing_backend),
		HOUSE_TEST(test_reload_refused),
		HOUSE_TEST(test_reload_fails),
		HOUSE_TEST(test_reload_elsewhere),
		HOUSE_TEST(test_many_reloads),
		HOUSE_TEST(test_worker_restarts),
		HOUSE_TEST(test_monitor_restarts),
		HOUSE_TEST(test_babble),
		HOUSE_TEST(test_drain),
		HOUSE_TEST(test_drain_ends),
		HOUSE_TEST(test_stop_command),
		HOUSE_TEST(test_unknown_command),
		HOUSE_TEST(test_killed),
		HOUSE_TEST(test_one_at_a_time),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
