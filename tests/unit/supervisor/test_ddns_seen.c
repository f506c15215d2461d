/* Is what was found what was published? */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ddns_record.h"
#include "ddns_seen.h"
#include "ipc/msg.h"
#include "record.h"

#define OLD "2001:db8::1"
#define NEW "2001:db8::2"

/* Of IPv6; IPv4 is 203.0.113.9 in all of them. */
static const struct {
	const char *known, *found, *source, *dns;
	bool published;
	const char *remembered;
} rows[] = {
	{ OLD, OLD, "interface", OLD, true, OLD },
	{ OLD, NEW, "interface", OLD, false, NEW },
	{ "", NEW, "interface", "", false, NEW },
	{ OLD, "", "", "", true, OLD },       /* not to be found now */
	{ OLD, "", "", OLD, false, NULL },    /* gone, and still told */
	{ OLD, "", "none", "", false, NULL }, /* gone */
	{ "", "", "none", "", true, NULL },   /* it was never there */
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct msg_DDNS_FOUND found = { .ipv4 = "203.0.113.9",
			.ipv6 = rows[i].found,
			.source4 = "router",
			.source6 = rows[i].source,
			.dns4 = "203.0.113.9",
			.dns6 = rows[i].dns };
		struct ddns_record record = { .schedule.published_at = 1 };
		struct ddns_seen seen = { 0 };

		record_set(&record.known4, "203.0.113.9");
		record_set(&record.known6, rows[i].known);
		ddns_seen_note(&seen, &found);
		assert_int_equal(
		    ddns_seen_is_published(&seen, &record), rows[i].published);
		ddns_seen_remember(&seen, &record);
		assert_true(ddns_same_text(record.known6, rows[i].remembered));
		record.schedule.published_at = 0;
		assert_false(ddns_seen_is_published(&seen, &record));
		ddns_seen_release(&seen);
		ddns_record_release(&record);
	}
}

static void
test_text(void **state)
{
	static const struct {
		const char *ipv4, *ipv6, *text;
	} texts[] = {
		{ "", "", "no address" },
		{ "203.0.113.9", "", "203.0.113.9" },
		{ "", OLD, OLD },
		{ "203.0.113.9", OLD, "203.0.113.9 and " OLD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct msg_DDNS_FOUND found = { .ipv4 = texts[i].ipv4,
			.ipv6 = texts[i].ipv6 };
		struct ddns_seen seen = { 0 };
		char *text;

		ddns_seen_note(&seen, &found);
		text = ddns_seen_text(&seen);
		assert_string_equal(text, texts[i].text);
		free(text);
		ddns_seen_release(&seen);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
