/*
 * Every record with every pair, at a start: what the certificate itself says
 * comes before what was written down about it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "authority.h"
#include "certstore.h"
#include "house.h"
#include "record.h"

#define CA "https://ca.test/dir"
#define WANTED CA " P-256 gw.test"
#define DAY ((int64_t)86400)

enum pair {
	PAIR_MISSING,
	PAIR_VALID,
	PAIR_EXPIRED,
	PAIR_DUE,     /* two thirds of its life are over */
	PAIR_DAMAGED, /* and none before it */
	PAIR_COUNT
};

static const char *const pair_names[] = { "missing", "valid", "expired", "due",
	"damaged" };

enum action {
	ASKS,       /* at once, or within seconds */
	WAITS,      /* there is nothing to do yet */
	STAYS_AWAY, /* it would, but must not yet */
	ACTION_COUNT
};

/* The log must have the line for it, and it alone. */
static const char *const actions[] = {
	[ASKS] = "certificate for gw.test: asking",
	[WAITS] = "next in 518",
	[STAYS_AWAY] = "next in 604",
};

static void
nothing(struct record *record)
{
	record_set(&record->wanted, NULL);
}

static void
issued(struct record *record)
{
	record_set(&record->issued, WANTED);
	record_set(&record->serial, "here");
	record_set(&record->issuer, CA);
	record->succeeded_at = clock_wall() - 5;
	record->schedule.info_at = clock_wall() + DAY;
}

/* The window of a certificate that is no more. */
static void
issued_another(struct record *record)
{
	issued(record);
	record_set(&record->serial, "lost");
	record->schedule.window_start = clock_wall() + 80 * DAY;
	record->schedule.window_end = clock_wall() + 81 * DAY;
	record->schedule.chosen = record->schedule.window_start;
}

static void
failed(struct record *record)
{
	record->schedule.failures = 4;
	record->schedule.retry_at = clock_wall() + 7 * DAY;
}

static void
failed_long_ago(struct record *record)
{
	record->schedule.failures = 4;
	record->schedule.retry_at = clock_wall() - DAY;
}

static void
started(struct record *record)
{
	record->schedule.started_at = clock_wall() - 5;
}

static void
gated(struct record *record)
{
	authority_set_gate(record, CA, clock_wall() + 7 * DAY, clock_wall());
}

static void
other_names(struct record *record)
{
	failed(record);
	record_set(&record->wanted, CA " P-256 old.test");
	record_set(&record->issued, CA " P-256 old.test");
}

static const struct row {
	const char *name;
	void (*fill)(struct record *record);
	enum action actions[PAIR_COUNT]; /* in the order of enum pair */
} rows[] = {
	{ "missing", nothing, { ASKS, WAITS, ASKS, ASKS, ASKS } },
	{ "issued", issued, { ASKS, WAITS, ASKS, ASKS, ASKS } },
	{ "issued another", issued_another, { ASKS, WAITS, ASKS, ASKS, ASKS } },
	{ "failed", failed,
	    { STAYS_AWAY, WAITS, STAYS_AWAY, STAYS_AWAY, STAYS_AWAY } },
	{ "failed long ago", failed_long_ago,
	    { ASKS, WAITS, ASKS, ASKS, ASKS } },
	{ "started", started, { ASKS, WAITS, ASKS, ASKS, ASKS } },
	{ "gated", gated,
	    { STAYS_AWAY, WAITS, STAYS_AWAY, STAYS_AWAY, STAYS_AWAY } },
	{ "other names", other_names, { ASKS, ASKS, ASKS, ASKS, ASKS } },
};

static void
write_pair(const struct certstore *store, enum pair pair)
{
	const int64_t now = clock_wall();
	const struct {
		int64_t not_before, not_after;
	} dates[] = {
		[PAIR_VALID] = { now, now + 90 * DAY },
		[PAIR_EXPIRED] = { now - 90 * DAY, now - 1 },
		[PAIR_DUE] = { now - 70 * DAY, now + 20 * DAY },
		[PAIR_DAMAGED] = { now, now + 90 * DAY },
	};
	char pem[512];
	int len;

	if (pair == PAIR_MISSING)
		return;
	len = snprintf(pem, sizeof(pem),
	    "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
	    "-----BEGIN CERTIFICATE-----\npair here %lld %lld\n%s",
	    (long long)dates[pair].not_before, (long long)dates[pair].not_after,
	    pair == PAIR_DAMAGED ? "" : "-----END CERTIFICATE-----\n");
	assert_int_equal(
	    certstore_replace(store, "gw.test", pem, (size_t)len, NULL), 0);
}

static void
furnish(struct house *house, const struct row *row, enum pair pair)
{
	struct certstore store;
	struct record record = { .schedule.saved_at = clock_wall() };
	char path[128];

	snprintf(path, sizeof(path), "%s/state", house->dir);
	assert_int_equal(certstore_open(&store, path, NULL), 0);
	write_pair(&store, pair);
	record_set(&record.wanted, WANTED);
	row->fill(&record);
	if (record.wanted != NULL)
		assert_int_equal(
		    certstore_write_record(&store, "gw.test", &record, NULL),
		    0);
	record_release(&record);
	certstore_close(&store);
}

static bool
has_pair(enum pair pair)
{
	return pair != PAIR_MISSING && pair != PAIR_DAMAGED;
}

/* Whatever is to happen next: what there is serves. */
static void
check(const struct row *row, enum pair pair)
{
	enum action action = row->actions[pair];
	struct house *house;
	void *state;

	house_set_up(&state);
	house = state;
	house_tell(house, "job", "fail 0 0\n");
	furnish(house, row, pair);
	house_start(house);
	house_wait(house, has_pair(pair) ? "pair here serves" : "pair self");
	house_wait(house, "ready: ");
	house_wait(house, actions[action]);
	house_stop(house);
	if (action != ASKS && house_said(house, actions[ASKS]))
		house_fail(house, "it asks");
	house_tear_down(&state);
}

static void
test_matrix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (enum pair pair = 0; pair < PAIR_COUNT; pair++) {
			print_message("record %s, pair %s\n", rows[i].name,
			    pair_names[pair]);
			check(&rows[i], pair);
		}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
