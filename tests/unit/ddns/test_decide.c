/* When a provider is asked. */

#include "decide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOW 1800000000
#define DAY 86400

static void
test_verdicts(void **state)
{
	static const struct {
		enum ddns_kind kind;
		const char *found4, *found6, *known4, *known6;
		bool drop6;
		int64_t age; /* -1: never published */
		enum shown shown;
		enum verdict verdict;
	} rows[] = {
		{ DDNS_LOOK, "1", "", "", "", 0, -1, SHOWN_NO, VERDICT_LOOKED },
		{ DDNS_FORCE, "1", "", "1", "", 0, 1, SHOWN_YES,
		    VERDICT_FORCED },
		{ DDNS_UPDATE, "1", "", "", "", 0, -1, SHOWN_NO,
		    VERDICT_FIRST },
		{ DDNS_UPDATE, "1", "", "", "", 0, -1, SHOWN_UNKNOWN,
		    VERDICT_FIRST },
		{ DDNS_UPDATE, "1", "", "", "", 0, -1, SHOWN_YES,
		    VERDICT_VISIBLE },
		{ DDNS_UPDATE, "1", "", "1", "", 0, 60, SHOWN_YES,
		    VERDICT_SAME },
		{ DDNS_UPDATE, "1", "", "1", "", 0, 60, SHOWN_UNKNOWN,
		    VERDICT_SAME },
		{ DDNS_UPDATE, "2", "", "1", "", 0, 60, SHOWN_NO,
		    VERDICT_CHANGED },
		{ DDNS_UPDATE, "2", "", "1", "", 0, 60, SHOWN_YES,
		    VERDICT_CHANGED },
		{ DDNS_UPDATE, "1", "6", "1", "", 0, 60, SHOWN_NO,
		    VERDICT_CHANGED },
		/* Not to be found now is no change. */
		{ DDNS_UPDATE, "1", "", "1", "6", 0, 60, SHOWN_YES,
		    VERDICT_SAME },
		{ DDNS_UPDATE, "1", "", "1", "6", 1, 60, SHOWN_NO,
		    VERDICT_CHANGED },
		{ DDNS_UPDATE, "1", "", "1", "", 0, 599, SHOWN_NO,
		    VERDICT_SPREADING },
		{ DDNS_UPDATE, "1", "", "1", "", 0, 3599, SHOWN_NO,
		    VERDICT_SPREADING },
		{ DDNS_UPDATE, "1", "", "1", "", 0, 3600, SHOWN_NO,
		    VERDICT_LOST },
		{ DDNS_UPDATE, "1", "", "1", "", 0, 3600, SHOWN_UNKNOWN,
		    VERDICT_SAME },
		{ DDNS_UPDATE, "1", "", "1", "", 0, 25 * DAY - 1, SHOWN_YES,
		    VERDICT_SAME },
		{ DDNS_UPDATE, "1", "", "1", "", 0, 25 * DAY, SHOWN_YES,
		    VERDICT_OLD },
		/* Our clock was ahead when it was published. */
		{ DDNS_UPDATE, "1", "", "1", "", 0, -DAY, SHOWN_NO,
		    VERDICT_SPREADING },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct outlook outlook = { .kind = rows[i].kind,
			.found4 = rows[i].found4,
			.found6 = rows[i].found6,
			.drop6 = rows[i].drop6,
			.known4 = rows[i].known4,
			.known6 = rows[i].known6,
			.published = rows[i].age == -1 ? 0 : NOW - rows[i].age,
			.now = NOW,
			.shown = rows[i].shown };
		enum verdict verdict = decide(&outlook);

		if (verdict != rows[i].verdict)
			fail_msg("row %zu: %s", i, verdict_text(verdict));
		assert_int_equal(
		    verdict_publishes(verdict), verdict >= VERDICT_FORCED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
