/* Whom a slot turns to, and who asked it to wait. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "authority.h"
#include "config/config.h"
#include "record.h"
#include "slot.h"

#define NOW ((int64_t)1800000000)
#define A "https://a.test/dir"
#define B "https://b.test/dir"
#define C "https://c.test/dir"

static const struct config_acme third = { .directory = C };
static const struct config_acme second = { .directory = B, .fallback = &third };
static const struct config_acme first = { .directory = A, .fallback = &second };
static const struct config_cert cert = { .kind = CERT_AUTO, .acme = &first };

static void
test_turns(void **state)
{
	const char *const turns[] = { A, A, A, B, C, A, B, C, A };
	struct slot slot = { .config = &cert };

	(void)state;
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		slot.record.schedule.failures = (int64_t)i;
		assert_string_equal(
		    authority_next(&slot, NOW)->directory, turns[i]);
	}
}

static void
test_who_must_not_be_asked_is_passed_over(void **state)
{
	struct slot slot = { .config = &cert };
	struct record *record = &slot.record;

	(void)state;
	authority_set_gate(record, A, NOW + 100, NOW);
	assert_ptr_equal(authority_next(&slot, NOW), &second);
	authority_set_gate(record, B, NOW + 50, NOW);
	assert_ptr_equal(authority_next(&slot, NOW), &third);
	authority_set_gate(record, C, NOW + 60, NOW);
	assert_ptr_equal(authority_next(&slot, NOW), &first);
	assert_ptr_equal(authority_next(&slot, NOW + 50), &second);
	assert_ptr_equal(authority_next(&slot, NOW + 100), &first);
	record_release(record);
}

static void
test_gates(void **state)
{
	struct record record = { 0 };

	(void)state;
	assert_int_equal(authority_gate(&record, A), 0);
	authority_set_gate(&record, A, NOW + 100, NOW);
	authority_set_gate(&record, B, NOW + 200, NOW);
	authority_set_gate(&record, A, NOW + 300, NOW);
	assert_int_equal(authority_gate(&record, A), NOW + 300);
	assert_int_equal(authority_gate(&record, B), NOW + 200);
	assert_int_equal(authority_gate(&record, "https://a.test/"), 0);

	authority_clock_went_back(&record, 50);
	assert_int_equal(authority_gate(&record, A), NOW + 250);
	authority_set_gate(&record, C, NOW + 400, NOW + 160);
	assert_int_equal(authority_gate(&record, B), 0); /* is over */
	assert_int_equal(authority_gate(&record, C), NOW + 400);
	authority_set_gate(&record, A, 0, NOW + 161);
	authority_set_gate(&record, C, 0, NOW + 161);
	assert_null(record.gates);

	record_set(&record.gates, "nonsense 12 13");
	assert_int_equal(authority_gate(&record, A), 0);
	authority_set_gate(&record, A, NOW + 1, NOW);
	assert_int_equal(authority_gate(&record, A), NOW + 1);
	record_release(&record);
}

static void
test_who_issued(void **state)
{
	struct slot slot = { .config = &cert };

	(void)state;
	assert_null(authority_issued(&slot));
	record_set(&slot.record.issuer, B);
	assert_null(authority_issued(&slot));
	record_set(&slot.record.serial, "02");
	slot.facts.serial = (char[]){ "01" };
	assert_null(authority_issued(&slot)); /* of another one */
	slot.facts.serial = (char[]){ "02" };
	assert_ptr_equal(authority_issued(&slot), &second);
	record_set(&slot.record.issuer, "https://gone.test/dir");
	assert_null(authority_issued(&slot));
	record_release(&slot.record);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_who_must_not_be_asked_is_passed_over),
		cmocka_unit_test(test_gates),
		cmocka_unit_test(test_who_issued),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
