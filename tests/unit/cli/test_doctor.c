/* The doctor: its report, and its verdicts over facts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "doctor.h"
#include "doctor_dns.h"
#include "doctor_ha.h"
#include "doctor_port.h"
#include "doctor_report.h"
#include "doctor_status.h"
#include "json/json.h"

#define NOW 1800000000 /* 2027-01-15 08:00:00Z */

static void
find(struct doctor_report *report, enum doctor_verdict verdict,
    const char *evidence, const char *cure)
{
	const struct doctor_finding finding = {
		.verdict = verdict,
		.check = "test",
		.subject = xstrdup("thing"),
		.evidence = xstrdup(evidence),
		.cure = cure != NULL ? xstrdup(cure) : NULL,
	};

	doctor_add(report, &finding);
}

/* In place of a stream; the caller frees. */
static char *
printed(const struct doctor_report *report, bool colour, bool json)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (json)
		doctor_print_json(report, out);
	else
		doctor_print(report, colour, out);
	fclose(out);
	return text;
}

static void
assert_has(char *text, const char *want)
{
	if (strstr(text, want) == NULL)
		fail_msg("no \"%s\" in:\n%s", want, text);
	free(text);
}

static void
test_worst_is_the_exit_status(void **state)
{
	struct doctor_report report = { 0 };

	(void)state;
	assert_int_equal(doctor_exit_status(&report), 0);
	find(&report, DOCTOR_OK, "good", NULL);
	find(&report, DOCTOR_SKIPPED, "because", NULL);
	assert_int_equal(doctor_exit_status(&report), 0);
	find(&report, DOCTOR_WARN, "hm", NULL);
	find(&report, DOCTOR_OK, "good", NULL);
	assert_int_equal(doctor_exit_status(&report), 1);
	find(&report, DOCTOR_FAIL, "bad", NULL);
	find(&report, DOCTOR_WARN, "hm", NULL);
	assert_int_equal(doctor_exit_status(&report), 2);
	doctor_release(&report);
}

static void
test_report_is_bounded(void **state)
{
	struct doctor_report report = { 0 };

	(void)state;
	for (unsigned i = 0; i < DOCTOR_FINDINGS_MAX; i++)
		find(&report, DOCTOR_OK, "good", NULL);
	find(&report, DOCTOR_FAIL, "bad", "cure");
	assert_int_equal(report.n, DOCTOR_FINDINGS_MAX);
	assert_int_equal(doctor_exit_status(&report), 2);
	doctor_release(&report);
}

static void
test_lines(void **state)
{
	struct doctor_report report = { 0 };

	(void)state;
	find(&report, DOCTOR_OK, "good", NULL);
	find(&report, DOCTOR_FAIL,
	    "a text that is so long that there is no room for all of it in "
	    "one line",
	    "Do:\n  one\n    two");
	assert_has(printed(&report, false, false),
	    "ok    thing: good\n"
	    "FAIL  thing: a text that is so long that there is no room for "
	    "all of it in one\n"
	    "      line\n"
	    "      -> Do:\n"
	    "        one\n"
	    "          two\n");
	assert_has(printed(&report, false, false),
	    "\n1 ok, 0 to be looked after, 1 wrong, 0 skipped\n");
	assert_has(
	    printed(&report, true, false), "\033[31mFAIL\033[0m  thing: a");
	doctor_release(&report);
}

static void
test_peer_sends_no_controls_to_a_terminal(void **state)
{
	struct doctor_report report = { 0 };

	(void)state;
	find(&report, DOCTOR_WARN, "x\033[2Jy", NULL);
	assert_has(printed(&report, false, false), "thing: x?[2Jy\n");
	doctor_release(&report);
}

static void
test_json(void **state)
{
	struct doctor_report report = { 0 };

	(void)state;
	find(&report, DOCTOR_WARN, "hm", "cure");
	assert_has(printed(&report, true, true),
	    "{\"verdict\":\"warn\",\"checks\":[{\"check\":\"test\","
	    "\"subject\":\"thing\",\"verdict\":\"warn\",\"evidence\":\"hm\","
	    "\"cure\":\"cure\"}],\"not_checked\":\"");
	doctor_release(&report);
}

/* --- verdicts ------------------------------------------------------------- */

#define ROW4                                                                   \
	"   1: 0100007F:01BB 00000000:0000 %s 00000000:00000000 00:00000000 "  \
	"00000000     0        0 4711 1 0000000000000000 100 0 0 10 0"
#define ROW6                                                                   \
	"   0: 00000000000000000000000000000000:0050 "                         \
	"00000000000000000000000000000000:0000 0A 00000000:00000000 "          \
	"00:00000000 00000000     0        0 42 1 0000000000000000 100 0"

static void
test_rows_of_proc(void **state)
{
	char row[256], text[ADDR_TEXT_SIZE];
	struct addr addr;
	uint64_t inode;

	(void)state;
	snprintf(row, sizeof(row), ROW4, "0A");
	assert_true(doctor_read_row(row, &addr, &inode));
	assert_string_equal(addr_text(&addr, text), "127.0.0.1:443");
	assert_int_equal(inode, 4711);
	snprintf(row, sizeof(row), ROW4, "01");
	assert_false(doctor_read_row(row, &addr, &inode));
	assert_true(doctor_read_row(ROW6, &addr, &inode));
	assert_string_equal(addr_text(&addr, text), "[::]:80");
	assert_int_equal(inode, 42);
	assert_false(doctor_read_row("  sl  local_address", &addr, &inode));
	assert_false(doctor_read_row("", &addr, &inode));
}

static void
test_who_is_in_whose_way(void **state)
{
	static const struct {
		const char *a, *b;
		bool collide;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "0.0.0.0", "192.0.2.2", true },
		{ "192.0.2.2", "0.0.0.0", true },
		{ "::", "192.0.2.2", true },
		{ "192.0.2.2", "::", true },
		{ "::", "2001:db8::1", true },
		{ "0.0.0.0", "2001:db8::1", false },
		{ "2001:db8::2", "2001:db8::1", false },
	};
	struct addr a, b;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(addr_parse(&a, cases[i].a, 443));
		assert_true(addr_parse(&b, cases[i].b, 443));
		assert_int_equal(doctor_collide(&a, &b), cases[i].collide);
	}
	assert_true(addr_parse(&a, "0.0.0.0", 443));
	assert_true(addr_parse(&b, "0.0.0.0", 80));
	assert_false(doctor_collide(&a, &b));
}

static void
test_ports(void **state)
{
	struct doctor_port port = { .running = true };

	(void)state;
	assert_int_equal(doctor_judge_port(&port), DOCTOR_FAIL);
	port.taken = true;
	assert_int_equal(doctor_judge_port(&port), DOCTOR_OK);
	port.ours = true;
	assert_int_equal(doctor_judge_port(&port), DOCTOR_OK);
	port.other = 12;
	assert_int_equal(doctor_judge_port(&port), DOCTOR_FAIL);
	port = (struct doctor_port){ .taken = true };
	assert_int_equal(doctor_judge_port(&port), DOCTOR_FAIL);
	port.taken = false;
	assert_int_equal(doctor_judge_port(&port), DOCTOR_SKIPPED);
}

static void
test_manifest(void **state)
{
	static const char good[] = "{\"name\":\"Home Assistant\"}",
	                  other[] = "{\"name\":\"Another\"}",
	                  page[] = "<html>Home Assistant";

	(void)state;
	assert_true(doctor_is_ha(good, sizeof(good) - 1));
	assert_false(doctor_is_ha(other, sizeof(other) - 1));
	assert_false(doctor_is_ha(page, sizeof(page) - 1));
	assert_false(doctor_is_ha("", 0));
}

static void
test_dates(void **state)
{
	int64_t ahead;

	(void)state;
	assert_true(
	    doctor_date_ahead("Fri, 15 Jan 2027 08:01:00 GMT", NOW, &ahead));
	assert_int_equal(ahead, 60);
	assert_int_equal(doctor_judge_clock(ahead), DOCTOR_OK);
	assert_int_equal(doctor_judge_clock(61), DOCTOR_WARN);
	assert_int_equal(doctor_judge_clock(-61), DOCTOR_WARN);
	assert_false(doctor_date_ahead("", NOW, &ahead));
	assert_false(doctor_date_ahead("yesterday", NOW, &ahead));
}

static void
test_ways(void **state)
{
	(void)state;
	assert_int_equal(doctor_judge_way(true, 200), DOCTOR_WAY_GOOD);
	assert_int_equal(doctor_judge_way(true, 400), DOCTOR_WAY_DISTRUSTED);
	assert_int_equal(doctor_judge_way(true, 404), DOCTOR_WAY_BLOCKED);
	assert_int_equal(doctor_judge_way(false, 404), DOCTOR_WAY_GOOD);
	assert_int_equal(doctor_judge_way(false, 400), DOCTOR_WAY_GOOD);
	assert_int_equal(doctor_judge_way(false, 502), DOCTOR_WAY_BLOCKED);
}

static enum doctor_verdict
judge_cert(const char *text)
{
	struct error err;
	struct json *cert = json_parse(text, strlen(text), &err);
	enum doctor_verdict verdict;

	if (cert == NULL)
		fail_msg("%s", err.msg);
	verdict = doctor_judge_cert(cert, NOW);
	json_free(cert);
	return verdict;
}

static void
test_certs(void **state)
{
	(void)state;
	assert_int_equal(judge_cert("{\"source\":\"acme\","
	                            "\"not_after\":1800000001}"),
	    DOCTOR_OK);
	assert_int_equal(judge_cert("{\"source\":\"acme\","
	                            "\"not_after\":1800000000}"),
	    DOCTOR_FAIL);
	assert_int_equal(judge_cert("{\"source\":\"self-signed\","
	                            "\"not_after\":1900000000}"),
	    DOCTOR_FAIL);
	assert_int_equal(judge_cert("{\"source\":\"none\",\"state\":"
	                            "\"issuing\"}"),
	    DOCTOR_WARN);
	assert_int_equal(judge_cert("{\"source\":\"none\",\"state\":"
	                            "\"issuing\",\"failures\":1}"),
	    DOCTOR_FAIL);
	assert_int_equal(judge_cert("{\"source\":\"acme\",\"state\":"
	                            "\"revoked\",\"not_after\":1900000000}"),
	    DOCTOR_FAIL);
	assert_int_equal(judge_cert("{\"source\":\"acme\",\"failures\":1,"
	                            "\"not_after\":1900000000}"),
	    DOCTOR_WARN);
	assert_int_equal(judge_cert("{\"source\":\"file\",\"state\":\"own\","
	                            "\"not_after\":1800086400}"),
	    DOCTOR_WARN);
}

#define STAGING "https://acme-staging-v02.api.letsencrypt.org/directory"

static void
test_staging_certs(void **state)
{
	static const struct {
		const char *directory; /* by now */
		const char *cure;      /* how it begins */
	} rows[] = {
		{ STAGING,
		    "Say Directory \"letsencrypt\" in the ACME section" },
		{ "https://acme-v02.api.letsencrypt.org/directory",
		    "The configuration names another authority by now" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json *cert;
		char *cure;

		snprintf(text, sizeof(text),
		    "{\"source\":\"acme\",\"not_after\":1900000000,"
		    "\"issued_by\":\"" STAGING "\",\"directory\":\"%s\"}",
		    rows[i].directory);
		assert_int_equal(judge_cert(text), DOCTOR_WARN);
		cert = json_parse(text, strlen(text), NULL);
		cure = doctor_staging_cure(cert);
		assert_non_null(cure);
		assert_memory_equal(cure, rows[i].cure, strlen(rows[i].cure));
		free(cure);
		json_free(cert);
	}
	/* What serves meanwhile is a placeholder. */
	assert_int_equal(judge_cert("{\"source\":\"self-signed\","
	                            "\"not_after\":1900000000,"
	                            "\"issued_by\":\"" STAGING "\"}"),
	    DOCTOR_FAIL);
}

/* The only finding that a check has over this status. */
static void
assert_finds(void (*check)(struct doctor *), const char *status,
    enum doctor_verdict verdict, const char *evidence, const char *cure)
{
	struct error err;
	struct doctor doctor = { .check = "test" };
	const struct doctor_finding *found = doctor.report.findings;

	doctor.status = json_parse(status, strlen(status), &err);
	if (doctor.status == NULL)
		fail_msg("%s", err.msg);
	check(&doctor);
	assert_int_equal(doctor.report.n, 1);
	assert_int_equal(found->verdict, verdict);
	assert_string_equal(found->evidence, evidence);
	if (cure == NULL)
		assert_null(found->cure);
	else
		assert_string_equal(found->cure, cure);
	doctor_release(&doctor.report);
	json_free(doctor.status);
}

static void
test_ddns(void **state)
{
	(void)state;
	assert_finds(doctor_check_ddns,
	    "{\"ddns\":[{\"names\":[\"a.org\"],\"provider\":\"duckdns\","
	    "\"published4\":\"192.0.2.1\",\"published6\":\"2001:db8::1\"}]}",
	    DOCTOR_OK, "duckdns has published 192.0.2.1 and 2001:db8::1", NULL);
	assert_finds(doctor_check_ddns,
	    "{\"ddns\":[{\"names\":[\"a.org\"],\"provider\":\"duckdns\"}]}",
	    DOCTOR_WARN, "duckdns has published none yet",
	    "Look at `gatehouse ddns status` in a minute.");
	assert_finds(doctor_check_ddns,
	    "{\"ddns\":[{\"names\":[\"a.org\"],\"problem\":\"no\","
	    "\"advice\":\"Pay.\"}]}",
	    DOCTOR_FAIL, "no", "Pay.");
}

static void
test_router(void **state)
{
	(void)state;
	assert_finds(doctor_check_portmap,
	    "{\"portmap\":{\"state\":\"mapped\",\"ports\":\"80, 443\"}}",
	    DOCTOR_OK, "mapped 80, 443", NULL);
	assert_finds(doctor_check_portmap,
	    "{\"portmap\":{\"state\":\"asking\"}}", DOCTOR_SKIPPED,
	    "because it has not answered yet", NULL);
	assert_finds(doctor_check_portmap,
	    "{\"portmap\":{\"state\":\"address\"}}", DOCTOR_SKIPPED,
	    "because it has not answered yet", NULL);
	assert_finds(doctor_check_portmap,
	    "{\"portmap\":{\"state\":\"address\",\"wan\":\"8.8.4.4\"}}",
	    DOCTOR_OK, "its address outside is 8.8.4.4", NULL);
	assert_finds(doctor_check_portmap, "{\"portmap\":{\"state\":\"held\"}}",
	    DOCTOR_SKIPPED, "because `gatehouse portmap off` was said", NULL);
	assert_finds(doctor_check_portmap,
	    "{\"portmap\":{\"state\":\"failing\",\"problem\":\"no\","
	    "\"advice\":\"Switch it on.\"}}",
	    DOCTOR_FAIL, "no", "Switch it on.");
	assert_finds(doctor_check_portmap,
	    "{\"portmap\":{\"state\":\"mapped\",\"warning\":\"CGNAT\"}}",
	    DOCTOR_WARN, "CGNAT",
	    "If the other router is yours, make it a bridge; else ask the "
	    "provider of your internet access for a public IPv4 address, or "
	    "publish only IPv6.");
}

static void
test_addresses(void **state)
{
	struct doctor_own own = { .n = 0 };

	(void)state;
	doctor_own_add(&own, "192.168.1.2");
	doctor_own_add(&own, "");
	doctor_own_add(&own, "93.184.216.34");
	doctor_own_add(&own, "93.184.216.34");
	assert_int_equal(own.n, 1);
	assert_string_equal(doctor_own_first(&own, AF_INET), "93.184.216.34");
	assert_null(doctor_own_first(&own, AF_INET6));
	assert_int_equal(doctor_judge_address(AF_INET, "93.184.216.34", &own),
	    DOCTOR_PLACE_OURS);
	assert_int_equal(doctor_judge_address(AF_INET, "93.184.216.35", &own),
	    DOCTOR_PLACE_OTHER);
	assert_int_equal(doctor_judge_address(AF_INET, "100.64.1.2", &own),
	    DOCTOR_PLACE_PRIVATE);
	assert_int_equal(doctor_judge_address(AF_INET6, "fe80::1", &own),
	    DOCTOR_PLACE_PRIVATE);
	assert_int_equal(doctor_judge_address(AF_INET6, "2a02::1", &own),
	    DOCTOR_PLACE_UNKNOWN);
}

static void
test_caa(void **state)
{
	static const struct {
		const char *records[2];
		bool plain, wildcard;
	} cases[] = {
		{ { "issue ca.org" }, true, true },
		{ { "ISSUE CA.ORG; a=b" }, true, true },
		{ { "issue ;" }, false, false },
		{ { "issue other.org" }, false, false },
		{ { "issue other.org", "issue ca.org" }, true, true },
		{ { "issue ca.org", "issuewild ;" }, true, false },
		{ { "issue ;", "issuewild ca.org" }, false, true },
		{ { "issuewild other.org" }, true, false },
		{ { "iodef mailto:a@b.org" }, true, true },
		{ { "issue ca.org.evil.org" }, false, false },
	};
	static struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (answer.n = 0;
		     answer.n < 2 && cases[i].records[answer.n] != NULL;
		     answer.n++)
			snprintf(answer.records[answer.n], DNS_TEXT_SIZE, "%s",
			    cases[i].records[answer.n]);
		assert_int_equal(doctor_caa_permits(&answer, false, "ca.org"),
		    cases[i].plain);
		assert_int_equal(doctor_caa_permits(&answer, true, "ca.org"),
		    cases[i].wildcard);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worst_is_the_exit_status),
		cmocka_unit_test(test_report_is_bounded),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_peer_sends_no_controls_to_a_terminal),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_rows_of_proc),
		cmocka_unit_test(test_who_is_in_whose_way),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_certs),
		cmocka_unit_test(test_staging_certs),
		cmocka_unit_test(test_ddns),
		cmocka_unit_test(test_router),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_caa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
