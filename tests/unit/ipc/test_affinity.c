/* The table of sessions, also while several processes write into it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/affinity.h"

#define NOW INT64_C(1000)
#define WRITERS 4
#define SESSIONS 2000u

static int
set_up(void **state)
{
	struct error err;
	int fd = affinity_create(&err);

	assert_true(fd != -1);
	*state = affinity_open(fd, &err);
	assert_non_null(*state);
	close(fd);
	return 0;
}

static int
tear_down(void **state)
{
	affinity_close(*state);
	return 0;
}

static uint64_t
hash_of(const struct affinity *table, unsigned number)
{
	char key[16];
	int len = snprintf(key, sizeof(key), "s%u", number);

	return affinity_hash(table, key, (size_t)len);
}

static void
test_a_session_has_a_place_until_it_ends(void **state)
{
	struct affinity *table = *state;
	uint64_t hash = hash_of(table, 1);

	assert_int_equal(affinity_find(table, hash, NOW), -1);
	affinity_put(table, hash, 63, NOW, 10);
	assert_int_equal(affinity_find(table, hash, NOW), 63);
	assert_int_equal(affinity_find(table, hash, NOW + 9), 63);
	assert_int_equal(affinity_find(table, hash, NOW + 10), -1);
	assert_int_equal(affinity_find(table, hash_of(table, 2), NOW), -1);

	/* Each use makes it longer, and may move it. */
	affinity_put(table, hash, 63, NOW + 9, 10);
	assert_int_equal(affinity_find(table, hash, NOW + 18), 63);
	affinity_put(table, hash, 0, NOW + 9, 10);
	assert_int_equal(affinity_find(table, hash, NOW + 18), 0);
}

static void
test_the_clock_may_wrap(void **state)
{
	int64_t now = (INT64_C(1) << 26) - 5;
	struct affinity *table = *state;
	uint64_t hash = hash_of(table, 1);

	affinity_put(table, hash, 7, now, 10);
	assert_int_equal(affinity_find(table, hash, now + 9), 7);
	assert_int_equal(affinity_find(table, hash, now + 10), -1);
	affinity_put(table, hash, 7, now, AFFINITY_TTL_MAX);
	assert_int_equal(
	    affinity_find(table, hash, now + AFFINITY_TTL_MAX - 1), 7);
	assert_int_equal(
	    affinity_find(table, hash, now + AFFINITY_TTL_MAX), -1);
}

static void
test_a_full_bucket_forgets_what_ends_first(void **state)
{
	struct affinity *table = *state;

	/* The same bucket, other tags: the low bits choose the bucket. */
	for (uint64_t i = 1; i <= AFFINITY_WAYS; i++)
		affinity_put(
		    table, i << 32 | 5, (unsigned)i, NOW, i == 3 ? 10 : 100);
	affinity_put(table, UINT64_C(99) << 32 | 5, 9, NOW, 50);
	for (uint64_t i = 1; i <= AFFINITY_WAYS; i++)
		assert_int_equal(affinity_find(table, i << 32 | 5, NOW),
		    i == 3 ? -1 : (int)i);
	assert_int_equal(affinity_find(table, UINT64_C(99) << 32 | 5, NOW), 9);
}

static void
test_what_has_ended_makes_room(void **state)
{
	struct affinity *table = *state;

	for (uint64_t i = 1; i <= AFFINITY_WAYS; i++)
		affinity_put(table, i << 32, (unsigned)i, NOW, 10);
	for (uint64_t i = 11; i < 11 + AFFINITY_WAYS; i++)
		affinity_put(table, i << 32, (unsigned)i, NOW + 10, 10);
	for (uint64_t i = 11; i < 11 + AFFINITY_WAYS; i++)
		assert_int_equal(
		    affinity_find(table, i << 32, NOW + 10), (int)i);
}

static void
test_the_secret_is_the_tables_own(void **state)
{
	struct affinity *table = *state, *other;
	void *second;

	set_up(&second);
	other = second;
	assert_true(hash_of(table, 1) != hash_of(other, 1));
	affinity_close(other);
}

/* Every writer says of a session what can be derived from it. */
static _Noreturn void
write_all(struct affinity *table, unsigned writer)
{
	for (unsigned round = 0; round < 50; round++)
		for (unsigned i = 0; i < SESSIONS; i++) {
			uint64_t hash = hash_of(table, i);
			int found = affinity_find(table, hash, NOW + round);

			if (found != -1 && found / 16 != (int)(i % 4))
				_exit(1);
			affinity_put(table, hash, i % 4 * 16 + writer,
			    NOW + round, 100 + round);
		}
	_exit(0);
}

static void
test_processes_at_the_same_time(void **state)
{
	struct affinity *table = *state;
	pid_t pids[WRITERS];
	unsigned kept = 0;

	for (unsigned i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		assert_true(pids[i] != -1);
		if (pids[i] == 0)
			write_all(table, i);
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		int status = 1;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	for (unsigned i = 0; i < SESSIONS; i++) {
		int found = affinity_find(table, hash_of(table, i), NOW + 50);

		assert_true(found == -1 || found / 16 == (int)(i % 4));
		kept += found != -1;
	}
	assert_true(kept > SESSIONS * 99 / 100);
}

#define table_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		table_test(test_a_session_has_a_place_until_it_ends),
		table_test(test_the_clock_may_wrap),
		table_test(test_a_full_bucket_forgets_what_ends_first),
		table_test(test_what_has_ended_makes_room),
		table_test(test_the_secret_is_the_tables_own),
		table_test(test_processes_at_the_same_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
