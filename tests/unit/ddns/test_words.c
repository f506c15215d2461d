/* Answers in words, of each family that has them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "base/error.h"
#include "families.h"
#include "fetch/fetch.h"
#include "job.h"

#include "script.h"

enum { AGAIN = 10, STOP = 11 };

struct sample {
	unsigned status;
	const char *body;
	int outcome;
	int64_t retry_after;
};

static const struct sample ipv64[] = {
	{ 200, "good 192.0.2.1", 1, -1 },
	{ 200, "nochg 192.0.2.1", 0, -1 },
	{ 200, "{\"info\":\"good\",\"status\":\"200 OK\"}", 1, -1 },
	{ 200, "{\"info\":\"nochg\"}", 0, -1 },
	{ 200, "{\"info\":\"badauth\"}", STOP, -1 },
	{ 200, "{\"info\":\"\"}", AGAIN, -1 },
	{ 200, "{\"info\":", AGAIN, -1 },
	{ 200, "{\"info\":\"Unauthorized\",\"status\":\"401 Unauthorized\"}",
	    STOP, -1 },
	{ 401, "{\"info\":\"Unauthorized\"}", STOP, -1 },
	{ 429, "{\"info\":\"slow down\"}", AGAIN, 90 },
	{ 200, "", AGAIN, -1 },
	{ 200, "<!DOCTYPE html><p>good", AGAIN, -1 },
	{ 503, "good", AGAIN, -1 },
};

static const struct sample ddnss[] = {
	{ 200, "<html>\n<p>Updated 1 hostname.</p>", 1, -1 },
	{ 200, "good 192.0.2.1", 1, -1 },
	{ 200, "nochg 192.0.2.1", 0, -1 },
	{ 200, "badauth", STOP, -1 },
	{ 200, "<html><p>notfqdn", STOP, -1 },
	{ 200, "<html><p>welcome", AGAIN, -1 },
	{ 200, "<title>good OK updated</title> abuse@ddnss.de", AGAIN, -1 },
	{ 200, "<p>nochg</p>", AGAIN, -1 },
	{ 200, "<p>Updated 2 hostname.</p>", AGAIN, -1 },
	{ 200, "<p>Updated hostname.</p>", AGAIN, -1 },
	{ 200, "<p>Updated 1</p>", AGAIN, -1 },
	{ 200, "all is good", AGAIN, -1 },
	{ 200, "Updated 0 hostnames.", AGAIN, -1 },
	{ 200, "", AGAIN, -1 },
	{ 200, "dnserr", AGAIN, 1800 },
	{ 403, "no", STOP, -1 },
	{ 500, "Updated 1 hostname", AGAIN, -1 },
};

static const struct sample dynu[] = {
	{ 200, "good 192.0.2.1", 1, -1 },
	{ 200, "good", 1, -1 },
	{ 200, "nochg", 0, -1 },
	{ 200, "good 127.0.0.1", STOP, -1 },
	{ 200, "badauth", STOP, -1 },
	{ 200, "nohost", STOP, -1 },
	{ 200, "notfqdn", STOP, -1 },
	{ 200, "numhost", STOP, -1 },
	{ 200, "abuse", STOP, -1 },
	{ 200, "!donator", STOP, -1 },
	{ 200, "unknown", STOP, -1 },
	{ 200, "911", AGAIN, 600 },
	{ 200, "servererror", AGAIN, 600 },
	{ 200, "dnserr", AGAIN, 600 },
	{ 200, "goodbye", AGAIN, -1 },
	{ 200, "not good", AGAIN, -1 },
	{ 200, " \n", AGAIN, -1 },
	{ 200, "<html>good</html>", AGAIN, -1 },
	{ 401, "badauth", STOP, -1 },
};

static const struct sample dynv6[] = {
	{ 200, "addresses updated", 1, -1 },
	{ 200, "addresses unchanged", 0, -1 },
	{ 401, "invalid authentication token", STOP, -1 },
	{ 404, "zone not found", STOP, -1 },
	{ 200, "zone not found", STOP, -1 },
	{ 200, "", AGAIN, -1 },
	{ 200, "<html>hello</html>", AGAIN, -1 },
	{ 502, "addresses updated", AGAIN, -1 },
};

static const struct sample desec[] = {
	{ 200, "good", 1, -1 },
	{ 200, "good\n", 1, -1 },
	{ 200, "badauth", STOP, -1 },
	{ 401, "{\"detail\":\"Invalid token.\"}", STOP, -1 },
	{ 403, "", STOP, -1 },
	{ 404, "nohost", STOP, -1 },
	{ 429, "throttled", AGAIN, 90 },
	{ 200, "", AGAIN, -1 },
};

static const struct sample freedns[] = {
	{ 200, "Updated 1 host(s) a.example to 192.0.2.1 in 0.2 seconds", 1,
	    -1 },
	{ 200, "ERROR: Address 192.0.2.1 has not changed.", 0, -1 },
	{ 200,
	    "No IP change detected for a.example with IP 192.0.2.1, "
	    "skipping update",
	    0, -1 },
	{ 200, "ERROR: Invalid update URL (2)", STOP, -1 },
	{ 200, "ERROR: Unable to locate this record", STOP, -1 },
	{ 200, "ERROR: \"::1\" is an invalid IP address.", STOP, -1 },
	{ 200, "ERROR: nobody at home", AGAIN, -1 },
	{ 200, "fail", AGAIN, -1 },
	{ 200, "<html>Updated</html>", AGAIN, -1 },
	{ 200, "", AGAIN, -1 },
	{ 404, "gone", STOP, -1 },
};

#define NAMECHEAP(count, error)                                                \
	"<?xml version=\"1.0\"?><interface-response><Command>SETDNSHOST"       \
	"</Command><ErrCount>" count "</ErrCount><errors>" error               \
	"</errors><Done>true</Done></interface-response>"

static const struct sample namecheap[] = {
	{ 200, NAMECHEAP("0", ""), 1, -1 },
	{ 200, NAMECHEAP("1", "<Err1>Passwords do not match</Err1>"), STOP,
	    -1 },
	{ 200, NAMECHEAP("1", "<Err1>Domain name not found</Err1>"), STOP, -1 },
	{ 200, NAMECHEAP("1", "<Err1>No Records updated. A record not Found;"),
	    STOP, -1 },
	{ 200, NAMECHEAP("1", "<Err1>Try later</Err1>"), AGAIN, -1 },
	{ 200, NAMECHEAP("2", ""), AGAIN, -1 },
	{ 200, NAMECHEAP("", ""), AGAIN, -1 },
	{ 200, "<html>0</html>", AGAIN, -1 },
	{ 200, "", AGAIN, -1 },
	{ 500, NAMECHEAP("0", ""), AGAIN, -1 },
};

static void
check(api_reader *read, const struct api_rules *rules,
    const struct sample *samples, size_t n)
{
	struct api api = { .rules = rules };
	size_t i;

	for (i = 0; i < n; i++) {
		const struct sample *s = &samples[i];
		const struct fetch_response res = { .status = s->status,
			.body = strdup(s->body),
			.body_len = strlen(s->body),
			.retry_after = s->status == 429 ? 90 : -1 };
		struct refusal refusal = { .retry_after = -1 };
		int outcome = read(&api, &res, &refusal);

		free(res.body);

		if (outcome < 0)
			outcome = refusal.kind == DDNS_STOP ? STOP : AGAIN;
		if (outcome != s->outcome)
			fail_msg("%s, %u \"%s\": %d, not %d", rules->provider,
			    s->status, s->body, outcome, s->outcome);
		assert_int_equal(refusal.retry_after, s->retry_after);
		if (outcome == STOP)
			assert_true(*refusal.advice != '\0');
	}
}

#define FAMILY(family)                                                         \
	static void test_##family(void **state)                                \
	{                                                                      \
		(void)state;                                                   \
		check(family##_read, &family##_rules, family,                  \
		    sizeof(family) / sizeof(family[0]));                       \
	}
FAMILY(ipv64)
FAMILY(ddnss)
FAMILY(dynu)
FAMILY(dynv6)
FAMILY(desec)
FAMILY(freedns)
FAMILY(namecheap)

static void
test_secrets_are_not_repeated(void **state)
{
	const struct ddns_job job = job_for("", "");
	const struct api api = { .rules = &dynu_rules };
	char body[] = "no such key: passw0rd";
	const struct fetch_response res = {
		.status = 200, .body = body, .body_len = strlen(body)
	};
	struct refusal refusal;

	(void)state;
	assert_int_equal(dynu_read(&api, &res, &refusal), -1);
	provider_blank(&job, &refusal);
	assert_null(strstr(refusal.detail, "passw0rd"));
	assert_non_null(strstr(refusal.detail, "Dynu"));
}

static int
run(const struct family *family, const struct ddns_job *job, const char *ipv4,
    const char *ipv6, bool drop)
{
	const struct update wanted = { .host = "a.b.example",
		.ipv4 = ipv4,
		.ipv6 = ipv6,
		.drop4 = drop && ipv4 == NULL,
		.drop6 = drop && ipv6 == NULL };
	struct refusal refusal;
	int r = provider_update(family, NULL, job, &wanted, 1, &refusal);

	SCRIPT_END();
	return r;
}

static int
run_two(const struct family *family, const struct ddns_job *job)
{
	const struct update both[] = {
		{ .host = "a.example", .ipv4 = "192.0.2.1" },
		{ .host = "b.example", .ipv4 = "192.0.2.1" },
	};
	struct refusal refusal;
	int r = provider_update(family, NULL, job, both, 2, &refusal);

	SCRIPT_END();
	return r;
}

/* In one request, which has one answer or one for each. */
static void
test_several_names(void **state)
{
	struct ddns_job job = job_for("h", "");

	(void)state;
	{
		SCRIPT({ "GET",
		    "https://h/nic/update?key=t0ken"
		    "&domain=a.example,b.example&ip=192.0.2.1",
		    NULL, NULL, 200, "nochg" });
		assert_int_equal(run_two(&family_ipv64, &job), 0);
	}
	{
		SCRIPT({ "GET",
		    "https://h/upd.php?key=t0ken"
		    "&host=a.example,b.example&ip=192.0.2.1",
		    NULL, NULL, 200, "<p>Updated 2 hostname." });
		assert_int_equal(run_two(&family_ddnss, &job), 1);
	}
	job.token += strlen(job.token);
	{
		SCRIPT({ "GET",
		    "https://h/nic/update?hostname=a.example,b.example"
		    "&myip=192.0.2.1&myipv6=no",
		    NULL, NULL, 200, "nochg\ngood 192.0.2.1" });
		assert_int_equal(run_two(&family_dynu, &job), 1);
	}
	{
		SCRIPT({ "GET",
		    "https://h/nic/update?hostname=a.example,b.example"
		    "&myip=192.0.2.1&myipv6=no",
		    NULL, NULL, 200, "good\nnohost" });
		assert_int_equal(run_two(&family_dynu, &job), -1);
	}
}

static void
test_what_is_asked_ipv64(void **state)
{
	const struct ddns_job job = job_for("h:8443", "");
	SCRIPT({ "GET",
	    "https://h:8443/nic/update?key=t0ken&domain=a.b.example"
	    "&ip=192.0.2.1&ip6=2001%3Adb8%3A%3A1",
	    NULL, NULL, 200, "good" });

	(void)state;
	assert_int_equal(
	    run(&family_ipv64, &job, "192.0.2.1", "2001:db8::1", false), 1);
}

static void
test_what_is_asked_ddnss(void **state)
{
	const struct ddns_job job = job_for("ddnss.de", "");
	SCRIPT({ "GET",
	    "https://ddnss.de/upd.php?key=t0ken&host=a.b.example"
	    "&ip6=2001%3Adb8%3A%3A1",
	    NULL, NULL, 200, "Updated 1 hostname." });

	(void)state;
	assert_int_equal(
	    run(&family_ddnss, &job, NULL, "2001:db8::1", false), 1);
}

static void
test_what_is_asked_desec(void **state)
{
	const struct ddns_job job = job_for("update.dedyn.io", "");
	SCRIPT({ "GET",
	           "https://update.dedyn.io/?hostname=a.b.example"
	           "&myipv4=192.0.2.1&myipv6=preserve",
	           "Authorization: Token t0ken", NULL, 200, "good" },
	    { "GET",
	        "https://update.dedyn.io/?hostname=a.b.example"
	        "&myipv4=192.0.2.1&myipv6=",
	        "Authorization: Token t0ken", NULL, 200, "good" });

	(void)state;
	assert_int_equal(
	    family_desec.update(NULL, &job,
	        &(struct update){ .host = "a.b.example", .ipv4 = "192.0.2.1" },
	        &(struct refusal){ 0 }),
	    1);
	assert_int_equal(run(&family_desec, &job, "192.0.2.1", NULL, true), 1);
}

static void
test_what_is_asked_dynv6(void **state)
{
	const struct ddns_job job = job_for("dynv6.com", "A.b.example");
	SCRIPT({ "GET",
	    "https://dynv6.com/api/update?zone=a.b.example&token=t0ken"
	    "&ipv4=-&ipv6=2001%3Adb8%3A%3A1",
	    NULL, NULL, 200, "addresses unchanged" });

	(void)state;
	assert_int_equal(
	    run(&family_dynv6, &job, NULL, "2001:db8::1", true), 0);
}

static void
test_what_is_asked_dynu(void **state)
{
	const struct ddns_job job = job_for("api.dynu.com", "");
	SCRIPT({ "GET", "https://api.dynu.com/v2/dns/getroot/a.b.example",
	           "API-Key: t0ken", NULL, 200,
	           "{\"statusCode\":200,\"id\":7,\"domainName\":\"b.example\","
	           "\"hostname\":\"a.b.example\",\"node\":\"a\"}" },
	    { "GET",
	        "https://api.dynu.com/nic/update?hostname=b.example&alias=a"
	        "&myip=192.0.2.1&myipv6=no",
	        NULL, NULL, 200, "good 192.0.2.1" });

	(void)state;
	assert_int_equal(run(&family_dynu, &job, "192.0.2.1", NULL, false), 1);
}

static void
test_what_is_asked_dynu_without_a_key(void **state)
{
	struct ddns_job job = job_for("api.dynu.com", "");
	SCRIPT({ "GET",
	    "https://api.dynu.com/nic/update?hostname=a.b.example"
	    "&myip=192.0.2.1&myipv6=no",
	    NULL, NULL, 200, "nochg" });

	(void)state;
	job.token += strlen(job.token);
	assert_int_equal(run(&family_dynu, &job, "192.0.2.1", NULL, false), 0);
}

static void
test_what_is_asked_freedns(void **state)
{
	const struct ddns_job job = job_for("sync.afraid.org", "");
	SCRIPT({ "GET", "https://sync.afraid.org/u/t0ken/?address=192.0.2.1",
	    NULL, NULL, 200, "Updated 1 host(s)" });

	(void)state;
	assert_int_equal(
	    run(&family_freedns, &job, "192.0.2.1", NULL, true), 1);
}

static void
test_what_is_asked_namecheap(void **state)
{
	struct ddns_job job = job_for("nc.example", "b.example");
	SCRIPT({ "GET",
	    "https://nc.example/update?host=a&domain=b.example"
	    "&password=passw0rd&ip=192.0.2.1",
	    NULL, NULL, 200, NAMECHEAP("0", "") });

	(void)state;
	assert_int_equal(
	    run(&family_namecheap, &job, "192.0.2.1", NULL, false), 1);
	/* Nothing is asked: it takes no IPv6, and the zone is another one. */
	assert_int_equal(
	    run(&family_namecheap, &job, NULL, "2001:db8::1", false), 0);
	job = job_for("nc.example", "other.example");
	assert_int_equal(
	    run(&family_namecheap, &job, "192.0.2.1", NULL, false), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv64),
		cmocka_unit_test(test_ddnss),
		cmocka_unit_test(test_dynu),
		cmocka_unit_test(test_dynv6),
		cmocka_unit_test(test_desec),
		cmocka_unit_test(test_freedns),
		cmocka_unit_test(test_namecheap),
		cmocka_unit_test(test_secrets_are_not_repeated),
		cmocka_unit_test(test_several_names),
		cmocka_unit_test(test_what_is_asked_ipv64),
		cmocka_unit_test(test_what_is_asked_ddnss),
		cmocka_unit_test(test_what_is_asked_desec),
		cmocka_unit_test(test_what_is_asked_dynv6),
		cmocka_unit_test(test_what_is_asked_dynu),
		cmocka_unit_test(test_what_is_asked_dynu_without_a_key),
		cmocka_unit_test(test_what_is_asked_freedns),
		cmocka_unit_test(test_what_is_asked_namecheap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
