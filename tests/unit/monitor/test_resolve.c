/* Look-ups in a child, without any name server. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>

#include "resolve.h"

struct scene {
	struct loop *loop;
	struct loop_timer guard;
	struct resolver resolver;
	struct addr list[ADDR_LIST_MAX];
	int n;
	unsigned calls;
	char why[128];
};

static void
on_guard(void *arg)
{
	(void)arg;
	fail_msg("no answer");
}

static void
on_result(void *arg, const struct addr *list, int n, const char *why)
{
	struct scene *scene = arg;

	scene->calls++;
	scene->n = n;
	if (n > 0)
		memcpy(scene->list, list, (size_t)n * sizeof(list[0]));
	else
		snprintf(scene->why, sizeof(scene->why), "%s", why);
	loop_stop(scene->loop);
}

static int
set_up(void **state)
{
	static struct scene scene;

	memset(&scene, 0, sizeof(scene));
	scene.loop = loop_new();
	scene.guard.fn = on_guard;
	scene.resolver.fn = on_result;
	scene.resolver.arg = &scene;
	scene.resolver.every_ms = 60000;
	scene.resolver.retry_ms = 5000;
	loop_timer_set(scene.loop, &scene.guard, 20000);
	*state = &scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	resolver_stop(&scene->resolver);
	loop_timer_cancel(&scene->guard);
	loop_free(scene->loop);
	return 0;
}

static void
resolve(struct scene *scene, const char *host, uint16_t port)
{
	scene->resolver.host = host;
	scene->resolver.port = port;
	resolver_start(&scene->resolver, scene->loop);
	assert_int_equal(scene->calls, 0);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 1);
}

static void
assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
test_localhost(void **state)
{
	struct scene *scene = *state;

	resolve(scene, "localhost", 8123);
	assert_true(scene->n >= 1);
	for (int i = 0; i < scene->n; i++) {
		assert_true(addr_is_loopback(&scene->list[i]));
		assert_int_equal(addr_port(&scene->list[i]), 8123);
	}
	assert_no_child();
}

static void
test_a_name_that_cannot_be(void **state)
{
	struct scene *scene = *state;

	resolve(scene, "no such host", 80);
	assert_int_equal(scene->n, 0);
	assert_true(strlen(scene->why) > 0);
	assert_no_child();
}

static int
open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
test_stop_ends_the_child(void **state)
{
	struct scene *scene = *state;
	int before = open_fds();

	scene->resolver.host = "localhost";
	resolver_start(&scene->resolver, scene->loop);
	loop_timer_set(scene->loop, &scene->guard, 0);
	scene->guard.fn = (void (*)(void *))loop_stop;
	scene->guard.arg = scene->loop;
	loop_run(scene->loop);
	resolver_stop(&scene->resolver);
	assert_no_child();
	assert_int_equal(open_fds(), before);
	resolver_stop(&scene->resolver);
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(test_localhost),
		scene_test(test_a_name_that_cannot_be),
		scene_test(test_stop_ends_the_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
