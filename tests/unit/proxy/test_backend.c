/* Which backend gets the next request. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ipc/msg.h"
#include "scene.h"

#define BACKEND(port, more)                                                    \
	"BackEnd\nAddress 127.0.0.1\nPort " #port "\n" more "\nEnd\n"
#define ROUNDS 6000

static void
serve(const char *backends)
{
	char text[2048];

	snprintf(text, sizeof(text),
	    "ListenHTTP\nPort 0\nEnd\nService\n%sEnd\n", backends);
	worker_for(text);
}

static int
tear_down(void **state)
{
	(void)state;
	worker_release(&worker);
	return 0;
}

static void
set_state(unsigned id, bool up, bool reached)
{
	const struct msg_BACKEND_STATE state = {
		.backend = id, .up = up, .reached = reached
	};

	backends_set_state(worker.backends, &state);
}

/* The port of whoever is next; 0 = nobody. */
static unsigned
pick(uint64_t *tried)
{
	const struct config_service *service = worker.config->services;
	int at = backend_pick(worker.backends, service, *tried, -1);

	if (at == -1)
		return 0;
	*tried |= (uint64_t)1 << at;
	return service->backends[at]->port;
}

static void
count(unsigned counts[10], unsigned rounds)
{
	memset(counts, 0, 10 * sizeof(counts[0]));
	for (unsigned i = 0; i < rounds; i++) {
		uint64_t tried = 0;

		counts[pick(&tried)]++;
	}
}

static void
test_shares_are_exact(void **state)
{
	unsigned counts[10];

	(void)state;
	serve(BACKEND(1, "Priority 1") BACKEND(2, "Priority 3")
	        BACKEND(3, "Disabled") BACKEND(4, "Priority 2"));
	for (unsigned i = 0; i < 5; i++) {
		count(counts, 6);
		assert_int_equal(counts[1], 1);
		assert_int_equal(counts[2], 3);
		assert_int_equal(counts[3], 0);
		assert_int_equal(counts[4], 2);
	}
}

static void
test_shares_by_chance(void **state)
{
	unsigned counts[10];

	(void)state;
	serve("Balancer random\n" BACKEND(1, "Priority 1") BACKEND(
	    2, "Priority 3") BACKEND(3, "Disabled") BACKEND(4, "Priority 2"));
	count(counts, ROUNDS);
	/* More than six standard deviations to either side. */
	assert_in_range(counts[1], 1000 - 180, 1000 + 180);
	assert_in_range(counts[2], 3000 - 240, 3000 + 240);
	assert_in_range(counts[4], 2000 - 220, 2000 + 220);
	assert_int_equal(counts[3], 0);
}

static void
test_every_one_is_tried_once(void **state)
{
	uint64_t tried = 0;
	unsigned seen = 0;

	(void)state;
	serve(BACKEND(1, "") BACKEND(2, "")
	        BACKEND(3, "") "Emergency\nAddress 127.0.0.1\nPort 4\nEnd\n");
	for (unsigned i = 0; i < 3; i++)
		seen |= 1u << pick(&tried);
	assert_int_equal(seen, 0xe);
	assert_int_equal(pick(&tried), 4);
	assert_int_equal(pick(&tried), 0);
}

static void
test_who_is_down_comes_last(void **state)
{
	unsigned counts[10];
	uint64_t tried = 0;

	(void)state;
	serve(BACKEND(1, "Priority 100") BACKEND(2, "Priority 1"));
	set_state(0, false, true);
	count(counts, 10);
	assert_int_equal(counts[2], 10);
	assert_int_equal(pick(&tried), 2);
	/* He answers, if not the probe. */
	assert_int_equal(pick(&tried), 1);
	assert_int_equal(pick(&tried), 0);
	set_state(0, true, true);
	count(counts, 101);
	assert_int_equal(counts[1], 100);
}

static void
test_who_refused_is_left_alone_for_a_while(void **state)
{
	struct backend *backend;
	uint64_t tried = 0;

	(void)state;
	serve(BACKEND(1, ""));
	backend = backend_at(worker.backends, worker.config->services, 0);
	backend->retry_at = INT64_MAX;
	set_state(0, false, false);
	assert_int_equal(pick(&tried), 1);
	backend->retry_at = INT64_MAX;
	tried = 0;
	assert_int_equal(pick(&tried), 0);
}

static void
test_the_wanted_one_if_it_is_up(void **state)
{
	const struct config_service *service;

	(void)state;
	serve(BACKEND(1, "") BACKEND(2, "") BACKEND(
	    3, "Disabled") "Emergency\nAddress 127.0.0.1\nPort 4\nEnd\n");
	service = worker.config->services;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(
		    backend_pick(worker.backends, service, 0, 1), 1);
		assert_int_equal(
		    backend_pick(worker.backends, service, 0, 3), 3);
		assert_true(backend_pick(worker.backends, service, 0, 2) < 2);
		assert_int_equal(
		    backend_pick(worker.backends, service, 1u << 1, 1), 0);
	}
	set_state(1, false, true);
	assert_int_equal(backend_pick(worker.backends, service, 0, 1), 0);
}

#define picking_test(f) cmocka_unit_test_teardown(f, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		picking_test(test_shares_are_exact),
		picking_test(test_shares_by_chance),
		picking_test(test_every_one_is_tried_once),
		picking_test(test_who_is_down_comes_last),
		picking_test(test_who_refused_is_left_alone_for_a_while),
		picking_test(test_the_wanted_one_if_it_is_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
