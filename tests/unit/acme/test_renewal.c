/* RenewalInfo objects as CAs write them. */

#include "renewal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "problem.h"
#include "json/json.h"

#define END "2030-01-01T00:00:00Z"

static int
parse(struct renewal *renewal, const char *start, const char *end)
{
	struct problem problem;
	struct json *doc;
	char text[256];
	int ret;

	snprintf(text, sizeof(text),
	    "{\"suggestedWindow\":{\"start\":\"%s\",\"end\":\"%s\"}}", start,
	    end);
	doc = json_parse(text, strlen(text), NULL);
	assert_non_null(doc);
	ret = renewal_parse(renewal, doc, 60, &problem);
	if (ret == -1)
		assert_int_equal(problem.type, PROBLEM_ANSWER);
	json_free(doc);
	return ret;
}

static void
test_dates(void **state)
{
	static const struct {
		const char *text;
		int64_t date;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T01:00:00+01:00", 0 },
		{ "1970-01-02T00:00:00-24:00", -1 },
		{ "2026-11-23T04:05:06Z", 1795406706 },
		{ "2026-11-23 04:05:06.5z", 1795406706 },
		{ "2026-11-22T23:35:06-04:30", 1795406706 },
		{ "2028-02-29T23:59:60Z", 1835481600 },
	};
	struct renewal renewal;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].date == -1) {
			assert_int_equal(
			    parse(&renewal, rows[i].text, END), -1);
			continue;
		}
		assert_int_equal(parse(&renewal, rows[i].text, END), 0);
		assert_int_equal(renewal.start, rows[i].date);
		assert_int_equal(renewal.end, 1893456000);
		assert_int_equal(renewal.retry_after, 60);
		assert_string_equal(renewal.page, "");
	}
}

static void
test_no_dates(void **state)
{
	static const char *const texts[] = { "", "2026", "2026-11-23",
		"2026-11-23T04:05:06", "2026-11-23T04:05:06.Z",
		"2026-11-23T04:05:06Z ", " 2026-11-23T04:05:06Z",
		"2026-13-23T04:05:06Z", "2026-00-23T04:05:06Z",
		"2026-11-00T04:05:06Z", "2026-11-23T24:05:06Z",
		"2026-11-23T04:05:06+0100", "2026-11-23T04:05:06+1:00",
		"+026-11-23T04:05:06Z", "1969-12-31T23:59:59Z",
		"2026-1-23T04:05:06Z", "0001-01-01T00:00:00Z" };
	struct renewal renewal;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(parse(&renewal, texts[i], END), -1);
}

static void
test_window_has_a_length(void **state)
{
	struct renewal renewal = { .start = 7 };

	(void)state;
	assert_int_equal(parse(&renewal, END, END), -1);
	assert_int_equal(parse(&renewal, "2030-01-01T00:00:01Z", END), -1);
	assert_int_equal(renewal.start, 7);
	assert_int_equal(parse(&renewal, "2029-12-31T23:59:59Z", END), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_no_dates),
		cmocka_unit_test(test_window_has_a_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
