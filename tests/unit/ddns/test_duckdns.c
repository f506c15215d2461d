/* What DuckDNS answers, and what it calls a name. */

#include "duckdns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
test_answers(void **state)
{
	static const struct {
		const char *body;
		int ret;
		enum ddns_failure kind;
	} rows[] = {
		{ "OK", 1, 0 },
		{ "OK\n1.2.3.4\n\nUPDATED", 1, 0 },
		{ "OK\n1.2.3.4\n2a00::1\nNOCHANGE\n", 0, 0 },
		{ "OKAY", -1, DDNS_AGAIN },
		{ "KO", -1, DDNS_STOP },
		{ "KO\n", -1, DDNS_STOP },
		{ "it is OK", -1, DDNS_AGAIN },
		{ "", -1, DDNS_AGAIN },
	};
	struct refusal refusal;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int ret = duckdns_read(rows[i].body, false, &refusal);

		if (ret != rows[i].ret)
			fail_msg("'%s': %d", rows[i].body, ret);
		if (ret == -1)
			assert_int_equal(refusal.kind, rows[i].kind);
	}
	assert_int_equal(duckdns_read("KO", true, &refusal), -1);
	assert_int_equal(refusal.kind, DDNS_AGAIN);
	assert_string_equal(refusal.problem, "KO");
}

static void
test_labels(void **state)
{
	static const struct {
		const char *host, *label;
	} rows[] = {
		{ "home.duckdns.org", "home" },
		{ "_acme-challenge.home.duckdns.org", "home" },
		{ "a.b.DuckDNS.org", "b" },
		{ "duckdns.org", NULL },
		{ ".duckdns.org", NULL },
		{ "home.example.org", NULL },
		{ "homeduckdns.org", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = 0;
		const char *label = duckdns_label(rows[i].host, &len);

		if ((label == NULL) != (rows[i].label == NULL))
			fail_msg("%s", rows[i].host);
		if (label == NULL)
			continue;
		assert_int_equal(len, strlen(rows[i].label));
		assert_memory_equal(label, rows[i].label, len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
