/* The last hour and the last events. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/mman.h>

#include "stats/journal.h"

#define NOON 4102444800 /* a whole minute, and not today */

static int
set_up(void **state)
{
	*state = journal_new(NULL);
	assert_non_null(*state);
	return 0;
}

static int
tear_down(void **state)
{
	journal_free(*state);
	return 0;
}

static void
test_events_the_newest_first(void **state)
{
	struct journal_event list[JOURNAL_EVENTS];
	struct journal *other = journal_open(journal_fd(*state), NULL);
	char text[2 * JOURNAL_TEXT_SIZE];

	assert_non_null(other);
	assert_int_equal(journal_events(*state, list), 0);
	journal_event(*state, "reload", "generation %u", 2);
	journal_event(other, "backend-down", "ha:8123: %s", "refused");
	assert_int_equal(journal_events(other, list), 2);
	assert_string_equal(list[0].kind, "backend-down");
	assert_string_equal(list[0].text, "ha:8123: refused");
	assert_true(list[0].when >= list[1].when);
	assert_string_equal(list[1].text, "generation 2");
	for (int i = 0; i < 3 * JOURNAL_EVENTS; i++)
		journal_event(i % 2 == 0 ? *state : other, "n", "%d", i);
	assert_int_equal(journal_events(*state, list), JOURNAL_EVENTS);
	assert_string_equal(list[0].text, "191");
	assert_string_equal(list[JOURNAL_EVENTS - 1].text, "128");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	journal_event(*state, text, "%s", text);
	journal_events(*state, list);
	assert_int_equal(strlen(list[0].kind), JOURNAL_KIND_SIZE - 1);
	assert_int_equal(strlen(list[0].text), JOURNAL_TEXT_SIZE - 1);
	journal_free(other);
}

/* One request a second, every tenth a failure, for so many minutes. */
static void
live(struct journal *journal, struct stats_figures *total, int64_t from,
    int minutes)
{
	for (int second = 0; second < 60 * minutes; second++) {
		journal_sample(journal, from + second, total);
		total->answers[second % 10 == 0 ? 4 : 1]++;
		total->backends[1 + second % 2].times[3]++;
		total->sent += 10;
	}
}

static void
test_an_hour(void **state)
{
	static struct stats_figures total;
	struct journal_point list[JOURNAL_POINTS], all;

	memset(&total, 0, sizeof(total));
	assert_int_equal(journal_hour(*state, NOON, &total, list), 0);
	live(*state, &total, NOON, 2);
	assert_int_equal(journal_hour(*state, NOON + 120, &total, list), 2);
	assert_int_equal(list[0].from, NOON);
	assert_int_equal(list[1].to, NOON + 120);
	assert_int_equal(list[0].requests, 60);
	assert_int_equal(list[1].errors, 6);
	assert_int_equal(list[1].times[3], 60);
	assert_int_equal(list[1].sent, 600);
	/* Then 100 minutes more: of the first ones nothing is left. */
	live(*state, &total, NOON + 120, 100);
	assert_int_equal(
	    journal_hour(*state, NOON + 102 * 60 - 1, &total, list),
	    JOURNAL_POINTS);
	assert_int_equal(list[0].from, NOON + 41 * 60);
	all = journal_total(list, JOURNAL_POINTS);
	assert_int_equal(all.from, NOON + 41 * 60);
	assert_int_equal(all.to, NOON + 102 * 60 - 1);
	assert_int_equal(all.requests, 61 * 60);
	assert_int_equal(all.errors, 61 * 6);
	assert_int_equal(all.times[3], 61 * 60);
}

/* The monitor was not there for a while; then the clock was set back. */
static void
test_gaps(void **state)
{
	static struct stats_figures total;
	struct journal_point list[JOURNAL_POINTS];

	memset(&total, 0, sizeof(total));
	live(*state, &total, NOON, 1);
	live(*state, &total, NOON + 600, 1);
	assert_int_equal(journal_hour(*state, NOON + 659, &total, list), 2);
	assert_int_equal(list[0].to - list[0].from, 600);
	assert_int_equal(list[0].requests, 60);
	assert_int_equal(journal_hour(*state, NOON + 30, &total, list), 1);
	assert_int_equal(journal_hour(*state, NOON + 9999, &total, list), 0);
}

static void
test_nothing_in_it_is_believed(void **state)
{
	static struct stats_figures total;
	struct journal_point list[JOURNAL_POINTS];
	struct journal_event events[JOURNAL_EVENTS];
	static const int patterns[] = { 0xff, 0x7f, 0x01 };
	void *base = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
	    journal_fd(*state), 0);

	assert_ptr_not_equal(base, MAP_FAILED);
	for (int i = 0; i < 3; i++) {
		memset(base, patterns[i], 4096);
		journal_hour(*state, NOON, &total, list);
		for (unsigned n = journal_events(*state, events); n-- > 0;)
			assert_true(strlen(events[n].text) < JOURNAL_TEXT_SIZE);
		journal_event(*state, "still", "works");
		journal_events(*state, events);
		assert_string_equal(events[0].text, "works");
	}
	munmap(base, 4096);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_events_the_newest_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_an_hour, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gaps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_nothing_in_it_is_believed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
