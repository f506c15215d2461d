/* Figures that processes share: who counts where, and what outlives whom. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stats/stats.h"

static int
set_up(void **state)
{
	*state = stats_new(NULL);
	assert_non_null(*state);
	return 0;
}

static int
tear_down(void **state)
{
	stats_free(*state);
	return 0;
}

static struct stats_figures
sum(const struct stats *stats)
{
	static struct stats_figures total;

	stats_sum(stats, &total);
	return total;
}

/* A worker process: opens its slot, counts, and dies as the kernel kills. */
static void
worker_dies(struct stats *stats, int slot, unsigned requests)
{
	pid_t pid = fork();
	int status;

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		struct stats *mine =
		    stats_open(stats_writer_fd(stats), slot, NULL);
		struct stats_figures *own = stats_own(mine);

		for (unsigned i = 0; i < requests; i++)
			stats_answer(own, 200);
		stats_add(&own->open.clients, 3);
		stats_add(&own->open.backends[2], 1);
		stats_sub(&own->open.clients, 1);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void
test_counts_outlive_their_worker(void **state)
{
	struct stats *stats = *state;
	int slot = stats_take(stats), other = stats_take(stats);

	assert_int_not_equal(slot, other);
	worker_dies(stats, slot, 5);
	worker_dies(stats, other, 2);
	assert_int_equal(sum(stats).answers[1], 7);
	assert_int_equal(sum(stats).open.clients, 4);
	stats_leave(stats, slot);
	assert_int_equal(sum(stats).open.clients, 2);
	assert_int_equal(sum(stats).open.backends[2], 1);
	/* The next one counts on in the same place. */
	assert_int_equal(stats_take(stats), slot);
	worker_dies(stats, slot, 1);
	assert_int_equal(sum(stats).answers[1], 8);
	stats_leave(stats, slot);
	stats_leave(stats, other);
	assert_int_equal(sum(stats).open.clients, 0);
	assert_int_equal(sum(stats).answers[1], 8);
}

static void
test_slots_are_bounded(void **state)
{
	struct stats *stats = *state;

	for (int i = 0; i < STATS_SLOTS; i++)
		assert_int_equal(stats_take(stats), i);
	assert_int_equal(stats_take(stats), -1);
	stats_leave(stats, -1);
	assert_int_equal(stats_take(stats), -1);
	stats_leave(stats, 7);
	assert_int_equal(stats_take(stats), 7);
}

static void
test_a_name_keeps_its_row(void **state)
{
	struct stats *stats = *state, *reader;
	char name[STATS_NAME_SIZE], text[32];

	stats_name(stats, STATS_BACKENDS, "ha:8123");
	stats_name(stats, STATS_LISTENERS, "https *:443");
	stats_name(stats, STATS_BACKENDS, "other:80");
	stats_name(stats, STATS_BACKENDS, "ha:8123");
	reader = stats_open(stats_reader_fd(stats), STATS_READ, NULL);
	assert_non_null(reader);
	assert_int_equal(stats_row(reader, STATS_BACKENDS, "ha:8123"), 1);
	assert_int_equal(stats_row(reader, STATS_BACKENDS, "other:80"), 2);
	assert_int_equal(stats_row(reader, STATS_LISTENERS, "https *:443"), 1);
	assert_int_equal(
	    stats_row(reader, STATS_LISTENERS, "ha:8123"), STATS_ROW_OTHER);
	assert_true(stats_row_name(reader, STATS_BACKENDS, 2, name));
	assert_string_equal(name, "other:80");
	assert_false(stats_row_name(reader, STATS_BACKENDS, 3, name));
	for (int i = 0; i < 2 * STATS_ROWS; i++) {
		snprintf(text, sizeof(text), "backend:%d", i);
		stats_name(stats, STATS_BACKENDS, text);
	}
	assert_int_equal(stats_row(reader, STATS_BACKENDS, "backend:60"), 63);
	assert_int_equal(
	    stats_row(reader, STATS_BACKENDS, "backend:61"), STATS_ROW_OTHER);
	assert_int_equal(stats_row(reader, STATS_BACKENDS, "ha:8123"), 1);
	stats_free(reader);
}

static void
test_a_reader_cannot_write(void **state)
{
	struct stats *stats = *state;
	int fd = stats_reader_fd(stats);

	assert_ptr_equal(
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
	    MAP_FAILED);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(stats_writer_fd(stats), 4096), -1);
	assert_null(stats_open(fd, 0, NULL)); /* a slot is for writing */
}

static void
test_what_is_not_shared_memory_is_refused(void **state)
{
	struct error err = { 0 };
	int fd = memfd_create("test", MFD_CLOEXEC);

	(void)state;
	assert_null(stats_open(fd, STATS_READ, &err));
	assert_string_equal(err.msg, "not the shared memory of a gateway");
	close(fd);
}

/* A worker that was taken over writes what it likes where it likes. */
static void
test_nothing_in_it_is_believed(void **state)
{
	struct stats *stats = *state;
	struct stats *reader =
	    stats_open(stats_reader_fd(stats), STATS_READ, NULL);
	char name[STATS_NAME_SIZE];
	void *base;

	stats_name(stats, STATS_BACKENDS, "ha:8123");
	base = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED,
	    stats_writer_fd(stats), 0);
	assert_ptr_not_equal(base, MAP_FAILED);
	memset(base, 0xff, 65536);
	sum(reader);
	assert_true(
	    stats_row_name(reader, STATS_BACKENDS, STATS_ROWS - 1, name));
	assert_int_equal(strlen(name), STATS_NAME_SIZE - 1);
	assert_false(stats_row_name(reader, STATS_BACKENDS, STATS_ROWS, name));
	/* The supervisor goes by what it wrote. */
	stats_name(stats, STATS_BACKENDS, "next:1");
	assert_int_equal(stats_row(reader, STATS_BACKENDS, "next:1"), 2);
	assert_int_equal(stats_take(stats), 0);
	munmap(base, 65536);
	stats_free(reader);
}

static void
test_answers_and_refusals(void **state)
{
	static struct stats_figures own;

	(void)state;
	stats_answer(&own, 101);
	stats_answer(&own, 204);
	stats_answer(&own, 404);
	stats_answer(&own, 413);
	stats_refusal(&own, 413);
	stats_answer(&own, 418);
	stats_refusal(&own, 418);
	stats_answer(&own, 301);
	stats_refusal(&own, 301);
	stats_answer(&own, 599);
	stats_answer(&own, 0);
	stats_answer(&own, 999);
	stats_refusal(&own, 999);
	assert_int_equal(own.answers[0], 1);
	assert_int_equal(own.answers[1], 1);
	assert_int_equal(own.answers[2], 1);
	assert_int_equal(own.answers[3], 3);
	assert_int_equal(own.answers[4], 1);
	assert_int_equal(own.refused[STATS_REFUSED_404], 0);
	assert_int_equal(own.refused[STATS_REFUSED_413], 1);
	assert_int_equal(own.refused[STATS_REFUSED_OTHER], 2);
	assert_int_equal(stats_refusal_status(STATS_REFUSED_431), 431);
	assert_int_equal(stats_refusal_status(STATS_REFUSED_OTHER), 0);
}

static void
test_times(void **state)
{
	static const struct {
		int64_t ms;
		unsigned bucket;
	} cases[] = { { -5, 0 }, { 0, 0 }, { 1, 0 }, { 2, 1 }, { 3, 2 },
		{ 4, 2 }, { 5, 3 }, { 1024, 10 }, { 1025, 11 }, { 65536, 16 },
		{ 65537, 17 }, { INT64_MAX, 17 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stats_backend backend = { 0 };

		stats_time(&backend, cases[i].ms);
		assert_int_equal(backend.times[cases[i].bucket], 1);
		assert_int_equal(backend.ms, cases[i].ms > 0 ? cases[i].ms : 0);
	}
}

static void
test_quantiles(void **state)
{
	uint64_t times[STATS_BUCKETS] = { 0 };

	(void)state;
	assert_int_equal(stats_quantile(times, 500), 0);
	times[3] = 100; /* 4 to 8 ms */
	assert_int_equal(stats_quantile(times, 500), 6);
	assert_int_equal(stats_quantile(times, 1000), 8);
	times[10] = 100; /* 512 to 1024 ms */
	assert_int_equal(stats_quantile(times, 500), 8);
	assert_int_equal(stats_quantile(times, 750), 768);
	times[STATS_BUCKETS - 1] = 1000;
	assert_int_equal(stats_quantile(times, 950), 65536);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_counts_outlive_their_worker, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_slots_are_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_a_name_keeps_its_row, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_a_reader_cannot_write, set_up, tear_down),
		cmocka_unit_test(test_what_is_not_shared_memory_is_refused),
		cmocka_unit_test_setup_teardown(
		    test_nothing_in_it_is_believed, set_up, tear_down),
		cmocka_unit_test(test_answers_and_refusals),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_quantiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
