/* What is remembered of a certificate, as people find it on disk. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "record.h"

static void
parse(struct record *record, const char *text)
{
	*record = (struct record){ 0 };
	record_parse(record, text, strlen(text));
}

static void
test_round_trip(void **state)
{
	struct record record = { .schedule = { .failures = 3,
		                     .retry_at = 1800000001,
		                     .window_start = 1800000002,
		                     .window_end = 1800000007,
		                     .chosen = 1800000008,
		                     .info_at = 1800000009,
		                     .info_failures = 2,
		                     .lost_at = 1800000003,
		                     .started_at = 1800000004,
		                     .saved_at = 1800000005 },
		.succeeded_at = 1800000006 };
	struct record copy = { 0 };
	struct buf text = { 0 };

	(void)state;
	record_set(&record.problem, "urn:ietf:params:acme:error:dns");
	record_set(&record.detail, "no address for gw.test: NXDOMAIN");
	record_set(&record.wanted, "https://ca.test/dir P-256 gw.test");
	record_print(&record, &text);
	record_parse(&copy, (const char *)buf_data(&text), buf_len(&text));
	assert_memory_equal(
	    &copy.schedule, &record.schedule, sizeof(copy.schedule));
	assert_int_equal(copy.succeeded_at, record.succeeded_at);
	assert_string_equal(copy.problem, record.problem);
	assert_string_equal(copy.detail, record.detail);
	assert_string_equal(copy.wanted, record.wanted);
	assert_null(copy.issued);
	buf_release(&text);
	record_release(&record);
	record_release(&copy);
}

/* What cannot be read is as if it had never been written; the rest is kept. */
static void
test_damage(void **state)
{
	struct record record;

	(void)state;
	parse(&record,
	    "failures: 2\nretry-at: -5\nchosen: 12x\nlost-at: \n"
	    "nonsense\nfuture: word\nproblem: dns\n");
	assert_int_equal(record.schedule.failures, 2);
	assert_int_equal(record.schedule.retry_at, 0);
	assert_int_equal(record.schedule.chosen, 0);
	assert_int_equal(record.schedule.lost_at, 0);
	assert_string_equal(record.problem, "dns");
	record_release(&record);

	parse(&record, "failures: 99999999999999999999\nproblem: cut of");
	assert_int_equal(record.schedule.failures, 0);
	assert_null(record.problem);
	record_release(&record);

	record = (struct record){ 0 };
	record_parse(&record, "\0\0\0\0\0\0\0\n\0\0", 10);
	assert_int_equal(record.schedule.failures, 0);
	record_release(&record);
}

/* A value stays on its line, or it could forge others. */
static void
test_one_line(void **state)
{
	struct record record = { 0 };

	(void)state;
	record_set(&record.detail, "bad\ngate: 0\r\x1b[2J");
	assert_string_equal(record.detail, "bad gate: 0  [2J");
	record_set(&record.detail, "");
	assert_null(record.detail);
	record_release(&record);
}

static void
test_said(void **state)
{
	char long_one[2 * RECORD_SAID_MAX];
	char *text;

	(void)state;
	text = record_said("no\nerror: all\x1b is lost");
	assert_string_equal(text, "no error: all  is lost");
	free(text);
	text = record_said("");
	assert_string_equal(text, "");
	free(text);
	memset(long_one, 'x', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	text = record_said(long_one);
	assert_int_equal(strlen(text), RECORD_SAID_MAX);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
