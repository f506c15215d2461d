/* Which listeners the router is to lead to. */

#include "portlist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bind.h"
#include "config/config.h"

#define LISTENERS_MAX 4

struct scene {
	struct config config;
	struct config_listener listeners[LISTENERS_MAX];
	struct binding bound[LISTENERS_MAX];
};

static void
add(struct scene *scene, bool tls, const char *host, uint16_t port)
{
	unsigned n = scene->config.nlisteners++;
	struct config_listener *listener = &scene->listeners[n];

	assert_true(n < LISTENERS_MAX);
	listener->index = n;
	listener->tls = tls;
	assert_true(addr_parse(&scene->bound[n].actual, host, port));
	if (n > 0)
		scene->listeners[n - 1].next = listener;
	scene->config.listeners = scene->listeners;
}

static uint16_t
port(const struct scene *scene, bool tls)
{
	return portlist_choose(&scene->config, scene->bound, tls).port;
}

static void
test_of_each_kind(void **state)
{
	struct scene scene = { 0 };

	(void)state;
	assert_int_equal(port(&scene, true), 0);
	add(&scene, false, "0.0.0.0", 8080);
	add(&scene, true, "192.168.1.5", 8443);
	assert_int_equal(port(&scene, false), 8080);
	assert_int_equal(port(&scene, true), 8443);
}

static void
test_the_usual_port_is_the_first_choice(void **state)
{
	struct scene scene = { 0 };

	(void)state;
	add(&scene, true, "0.0.0.0", 9000);
	add(&scene, true, "0.0.0.0", 9001);
	assert_int_equal(port(&scene, true), 9000);
	add(&scene, true, "0.0.0.0", 443);
	add(&scene, true, "0.0.0.0", 9002);
	assert_int_equal(port(&scene, true), 443);
}

static void
test_where_no_router_gets_to(void **state)
{
	struct scene scene = { 0 };
	struct portlist_choice choice;

	(void)state;
	add(&scene, true, "127.0.0.1", 443);
	add(&scene, true, "::1", 443);
	add(&scene, true, "2001:db8::1", 443);
	choice = portlist_choose(&scene.config, scene.bound, true);
	assert_int_equal(choice.port, 0);
	assert_ptr_equal(choice.shut, &scene.listeners[0]);
	add(&scene, true, "::", 444);
	assert_int_equal(port(&scene, true), 0);
	scene.bound[3].dual = true;
	assert_int_equal(port(&scene, true), 444);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_each_kind),
		cmocka_unit_test(test_the_usual_port_is_the_first_choice),
		cmocka_unit_test(test_where_no_router_gets_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
