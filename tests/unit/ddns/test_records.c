/* Providers whose records can be read: what is asked, and what comes of it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fetch/fetch.h"
#include "job.h"
#include "records.h"

#include "script.h"

#define HOST "home.b.example"
#define PROOF "_acme-challenge." HOST

static struct refusal refusal;

static int
run(const struct family *family, const struct ddns_job *job, const char *ipv4,
    const char *ipv6)
{
	const struct update wanted = { .host = HOST,
		.ipv4 = ipv4,
		.ipv6 = ipv6,
		.drop4 = ipv4 == NULL,
		.drop6 = ipv6 == NULL };
	int r = provider_update(family, NULL, job, &wanted, 1, &refusal);

	SCRIPT_END();
	return r;
}

static int
set_txt(const struct family *family, const struct ddns_job *job)
{
	const struct record record = { .name = PROOF, .value = "v1" };
	int r = provider_txt(family, NULL, job, &record, true, &refusal);

	SCRIPT_END();
	return r;
}

static int
clear_txt(const struct family *family, const struct ddns_job *job)
{
	const struct record record = { .name = PROOF, .value = "v1" };
	int r = provider_txt(family, NULL, job, &record, false, &refusal);

	SCRIPT_END();
	return r;
}

/* --- Cloudflare */

#define CF "https://api.cloudflare.com/client/v4/zones"
#define BEARER "Authorization: Bearer t0ken"
#define CF_NONE "{\"success\":true,\"result\":[]}"
#define CF_ZONE "{\"success\":true,\"result\":[{\"id\":\"z1\"}]}"
#define CF_FIND                                                                \
	{ "GET", CF "?name=" HOST, BEARER, NULL, 200, CF_NONE },               \
	{                                                                      \
		"GET", CF "?name=b.example", BEARER, NULL, 200, CF_ZONE        \
	}
#define CF_LIST(type, name)                                                    \
	"GET", CF "/z1/dns_records?type=" type "&name=" name "&per_page=100",  \
	    BEARER, NULL, 200
#define CF_RECORD(id, type, name, value)                                       \
	"{\"id\":\"" id "\",\"type\":\"" type "\",\"name\":\"" name            \
	"\",\"content\":\"" value "\",\"proxied\":true,\"ttl\":1}"
#define CF_RECORDS(records) "{\"success\":true,\"result\":[" records "]}"

static void
test_cloudflare_changes(void **state)
{
	const struct ddns_job job = job_for("api.cloudflare.com", "");
	SCRIPT(CF_FIND,
	    { CF_LIST("A", HOST),
	        CF_RECORDS(CF_RECORD("r1", "A", HOST, "192.0.2.9")) },
	    { "PATCH", CF "/z1/dns_records/r1", BEARER,
	        "{\"content\":\"192.0.2.1\"}", 200, CF_NONE },
	    { CF_LIST("AAAA", HOST), CF_NONE },
	    { "POST", CF "/z1/dns_records", BEARER,
	        "{\"type\":\"AAAA\",\"name\":\"" HOST
	        "\",\"content\":\"2001:db8::1\",\"ttl\":60,"
	        "\"proxied\":false}",
	        200, CF_NONE });

	(void)state;
	assert_int_equal(
	    run(&family_cloudflare, &job, "192.0.2.1", "2001:db8::1"), 1);
}

/* Nothing is asked about a family that we never published. */
static void
test_cloudflare_is_so_already(void **state)
{
	const struct ddns_job job = job_for("api.cloudflare.com", "b.example");
	SCRIPT({ "GET", CF "?name=b.example", BEARER, NULL, 200, CF_ZONE },
	    { CF_LIST("AAAA", HOST),
	        CF_RECORDS(CF_RECORD("r1", "AAAA", HOST, "2001:DB8:0::1")) });

	(void)state;
	assert_int_equal(run(&family_cloudflare, &job, NULL, "2001:db8::1"), 0);
}

/* Of several the one that is right stays; others' names are left alone. */
static void
test_cloudflare_one_of_several(void **state)
{
	const struct ddns_job job = job_for("api.cloudflare.com", "b.example");
	SCRIPT({ "GET", CF "?name=b.example", BEARER, NULL, 200, CF_ZONE },
	    { CF_LIST("A", HOST),
	        CF_RECORDS(
	            CF_RECORD("r1", "A", HOST, "192.0.2.8") "," CF_RECORD(
	                "r2", "A", HOST, "192.0.2.1") "," CF_RECORD("r3", "A",
	                "x." HOST, "192.0.2.7") "," CF_RECORD("r4", "TXT", HOST,
	                "192.0.2.6")) },
	    { "DELETE", CF "/z1/dns_records/r1", BEARER, NULL, 200, CF_NONE });

	(void)state;
	assert_int_equal(run(&family_cloudflare, &job, "192.0.2.1", NULL), 1);
}

/* What somebody else has just removed may be created the next time. */
static void
test_cloudflare_record_has_gone(void **state)
{
	const struct ddns_job job = job_for("api.cloudflare.com", "b.example");
	SCRIPT({ "GET", CF "?name=b.example", BEARER, NULL, 200, CF_ZONE },
	    { CF_LIST("A", HOST),
	        CF_RECORDS(CF_RECORD("r1", "A", HOST, "192.0.2.9")) },
	    { "PATCH", CF "/z1/dns_records/r1", BEARER,
	        "{\"content\":\"192.0.2.1\"}", 404, "{\"success\":false}" });

	(void)state;
	assert_int_equal(run(&family_cloudflare, &job, "192.0.2.1", NULL), -1);
	assert_int_equal(refusal.kind, DDNS_AGAIN);
}

/* Only what we published goes. */
static void
test_cloudflare_withdraws(void **state)
{
	static char known[] = "2001:db8::1";
	struct ddns_job job = job_for("api.cloudflare.com", "b.example");
	SCRIPT({ "GET", CF "?name=b.example", BEARER, NULL, 200, CF_ZONE },
	    { CF_LIST("AAAA", HOST),
	        CF_RECORDS(
	            CF_RECORD("r1", "AAAA", HOST, "2001:db8::2") "," CF_RECORD(
	                "r2", "AAAA", HOST, "2001:db8:0::1")) },
	    { "DELETE", CF "/z1/dns_records/r2", BEARER, NULL, 404, "{}" });

	(void)state;
	job.known6 = known;
	assert_int_equal(run(&family_cloudflare, &job, NULL, NULL), 1);
}

static void
test_cloudflare_proofs(void **state)
{
	const struct ddns_job job = job_for("api.cloudflare.com", "");

	(void)state;
	{
		SCRIPT(CF_FIND,
		    { CF_LIST("TXT", PROOF),
		        CF_RECORDS(CF_RECORD("r1", "TXT", PROOF, "v0")) },
		    { "POST", CF "/z1/dns_records", BEARER,
		        "{\"type\":\"TXT\",\"name\":\"" PROOF
		        "\",\"content\":\"\\\"v1\\\"\",\"ttl\":60}",
		        200, CF_NONE });
		assert_int_equal(set_txt(&family_cloudflare, &job), 0);
	}
	{
		SCRIPT(CF_FIND,
		    { CF_LIST("TXT", PROOF),
		        CF_RECORDS(CF_RECORD("r1", "TXT", PROOF, "v1")) });
		assert_int_equal(set_txt(&family_cloudflare, &job), 0);
	}
	{
		SCRIPT(CF_FIND,
		    { CF_LIST("TXT", PROOF),
		        CF_RECORDS(
		            CF_RECORD("r1", "TXT", PROOF, "v0") "," CF_RECORD(
		                "r2", "TXT", PROOF, "\\\"v1\\\"")) },
		    { "DELETE", CF "/z1/dns_records/r2", BEARER, NULL, 200,
		        CF_NONE });
		assert_int_equal(clear_txt(&family_cloudflare, &job), 0);
	}
}

#define CF_ERROR(code, text)                                                   \
	"{\"success\":false,\"errors\":[{\"code\":" code                       \
	",\"message\":\"" text "\"}]}"

static void
test_cloudflare_refuses(void **state)
{
	const struct ddns_job job = job_for("api.cloudflare.com", "");
	static const struct {
		unsigned status;
		const char *answer;
		enum ddns_failure kind;
		bool advice;
	} samples[] = {
		{ 403, CF_ERROR("9109", "Invalid access token"), DDNS_STOP,
		    true },
		{ 400, CF_ERROR("6003", "Invalid request headers"), DDNS_STOP,
		    true },
		{ 400, CF_ERROR("81058", "identical"), DDNS_AGAIN, false },
		{ 401, "", DDNS_STOP, true },
		{ 403, "<html>go away</html>", DDNS_AGAIN, false },
		{ 404, CF_ERROR("7003", "no route"), DDNS_STOP, true },
		{ 429, CF_ERROR("971", "slow"), DDNS_AGAIN, false },
		{ 500, "<html></html>", DDNS_AGAIN, false },
		{ 200, "<html></html>", DDNS_AGAIN, false },
		{ 200, "", DDNS_AGAIN, false },
		{ 200, "{}", DDNS_AGAIN, false },
		{ 302, "", DDNS_AGAIN, false },
		{ 200, "{\"success\":true,\"result\":[{\"id\":\"../x\"}]}",
		    DDNS_AGAIN, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct line line = { "GET", CF "?name=" HOST, BEARER,
			NULL, samples[i].status, samples[i].answer };

		script_next = &line;
		script_left = 1;
		assert_int_equal(
		    run(&family_cloudflare, &job, "192.0.2.1", NULL), -1);
		assert_int_equal(refusal.kind, samples[i].kind);
		assert_int_equal(*refusal.advice != '\0', samples[i].advice);
		assert_int_equal(
		    refusal.retry_after, samples[i].status == 429 ? 90 : -1);
	}
}

static void
test_cloudflare_without_a_zone(void **state)
{
	const struct ddns_job job = job_for("api.cloudflare.com", "");
	SCRIPT({ "GET", CF "?name=" HOST, BEARER, NULL, 200, CF_NONE },
	    { "GET", CF "?name=b.example", BEARER, NULL, 200, CF_NONE });

	(void)state;
	assert_int_equal(set_txt(&family_cloudflare, &job), -1);
	assert_int_equal(refusal.kind, DDNS_STOP);
	assert_non_null(strstr(refusal.advice, "Zone:Read"));
}

/* --- dynv6 */

#define V6 "https://dynv6.com/api/v2/zones"
#define V6_FIND                                                                \
	{ "GET", V6 "/by-name/" HOST, BEARER, NULL, 404, "not found" },        \
	{                                                                      \
		"GET", V6 "/by-name/b.example", BEARER, NULL, 200,             \
		    "{\"id\":12,\"name\":\"b.example\"}"                       \
	}

static void
test_dynv6_proofs(void **state)
{
	const struct ddns_job job = job_for("dynv6.com", "");

	(void)state;
	{
		SCRIPT(V6_FIND,
		    { "GET", V6 "/12/records", BEARER, NULL, 200, "[]" },
		    { "POST", V6 "/12/records", BEARER,
		        "{\"name\":\"_acme-challenge.home\",\"type\":\"TXT\","
		        "\"data\":\"v1\"}",
		        200, "{\"id\":3}" });
		assert_int_equal(set_txt(&family_dynv6, &job), 0);
	}
	{
		SCRIPT(V6_FIND,
		    { "GET", V6 "/12/records", BEARER, NULL, 200,
		        "[{\"id\":1,\"name\":\"_acme-challenge.home\","
		        "\"type\":\"TXT\",\"data\":\"v0\"},"
		        "{\"id\":2,\"name\":\"_acme-challenge.home\","
		        "\"type\":\"TXT\",\"data\":\"v1\"},"
		        "{\"id\":3,\"name\":\"\",\"type\":\"TXT\","
		        "\"data\":\"v1\"}]" },
		    { "DELETE", V6 "/12/records/2", BEARER, NULL, 204, "" });
		assert_int_equal(clear_txt(&family_dynv6, &job), 0);
	}
}

/* A name within a zone is a record like any other. */
static void
test_dynv6_name_in_a_zone(void **state)
{
	const struct ddns_job job = job_for("dynv6.com", "b.example");
	SCRIPT({ "GET", V6 "/by-name/b.example", BEARER, NULL, 200,
	           "{\"id\":12}" },
	    { "GET", V6 "/12/records", BEARER, NULL, 200,
	        "[{\"id\":5,\"name\":\"home\",\"type\":\"A\","
	        "\"data\":\"192.0.2.9\"}]" },
	    { "PATCH", V6 "/12/records/5", BEARER, "{\"data\":\"192.0.2.1\"}",
	        200, "{\"id\":5}" });

	(void)state;
	assert_int_equal(run(&family_dynv6, &job, "192.0.2.1", NULL), 1);
}

/* --- Dynu */

#define DYNU "https://api.dynu.com/v2/dns"
#define KEY "API-Key: t0ken"
#define DYNU_FIND                                                              \
	{                                                                      \
		"GET", DYNU "/getroot/" PROOF, KEY, NULL, 200,                 \
		    "{\"statusCode\":200,\"id\":7,"                            \
		    "\"domainName\":\"b.example\"}"                            \
	}

static void
test_dynu_proofs(void **state)
{
	struct ddns_job job = job_for("api.dynu.com", "");

	(void)state;
	{
		SCRIPT(DYNU_FIND,
		    { "GET", DYNU "/7/record", KEY, NULL, 200,
		        "{\"statusCode\":200,\"dnsRecords\":[]}" },
		    { "POST", DYNU "/7/record", KEY,
		        "{\"nodeName\":\"_acme-challenge.home\","
		        "\"recordType\":\"TXT\",\"textData\":\"v1\","
		        "\"ttl\":60,\"state\":true}",
		        200, "{\"statusCode\":200,\"id\":9}" });
		assert_int_equal(set_txt(&family_dynu, &job), 0);
	}
	{
		SCRIPT(DYNU_FIND,
		    { "GET", DYNU "/7/record", KEY, NULL, 200,
		        "{\"statusCode\":200,\"dnsRecords\":[{\"id\":9,"
		        "\"hostname\":\"" PROOF "\",\"recordType\":\"TXT\","
		        "\"textData\":\"v1\"}]}" },
		    { "DELETE", DYNU "/7/record/9", KEY, NULL, 200,
		        "{\"statusCode\":501,\"message\":\"Invalid.\"}" });
		assert_int_equal(clear_txt(&family_dynu, &job), 0);
	}
	{
		SCRIPT({ "GET", DYNU "/getroot/" PROOF, KEY, NULL, 200,
		    "{\"statusCode\":501,\"message\":\"Invalid.\"}" });
		assert_int_equal(set_txt(&family_dynu, &job), -1);
		assert_int_equal(refusal.kind, DDNS_STOP);
		assert_true(*refusal.advice != '\0');
	}
	job.token += strlen(job.token);
	assert_int_equal(set_txt(&family_dynu, &job), -1);
	assert_string_equal(refusal.problem, "no token");
}

/* --- deSEC */

#define DESEC "https://desec.io/api/v1/domains/"
#define TOKEN "Authorization: Token t0ken"
#define DESEC_SET(values)                                                      \
	"[{\"subname\":\"_acme-challenge.home\",\"type\":\"TXT\","             \
	"\"ttl\":3600,\"records\":[" values "]}]"

static void
test_desec_proofs(void **state)
{
	struct ddns_job job = job_for("update.dedyn.io", "");

	(void)state;
	{
		SCRIPT({ "GET", DESEC "?owns_qname=" PROOF, TOKEN, NULL, 200,
		           "[{\"name\":\"b.example\","
		           "\"minimum_ttl\":3600}]" },
		    { "GET", DESEC "b.example/rrsets/_acme-challenge.home/TXT/",
		        TOKEN, NULL, 200, "{\"records\":[\"\\\"v0\\\"\"]}" },
		    { "PUT", DESEC "b.example/rrsets/", TOKEN,
		        DESEC_SET("\"\\\"v0\\\"\",\"\\\"v1\\\"\""), 200,
		        "[]" });
		assert_int_equal(set_txt(&family_desec, &job), 0);
	}
	/* The server that the section says is the one of both interfaces. */
	job = job_for("h:1", "b.example");
	{
		SCRIPT(
		    { "GET", "https://h:1/api/v1/domains/?owns_qname=b.example",
		        TOKEN, NULL, 200,
		        "[{\"name\":\"b.example\",\"minimum_ttl\":3600}]" },
		    { "GET",
		        "https://h:1/api/v1/domains/b.example/rrsets/"
		        "_acme-challenge.home/TXT/",
		        TOKEN, NULL, 200, "{\"records\":[\"\\\"v1\\\"\"]}" },
		    { "PUT", "https://h:1/api/v1/domains/b.example/rrsets/",
		        TOKEN, DESEC_SET(""), 200, "[]" });
		assert_int_equal(clear_txt(&family_desec, &job), 0);
	}
}

static void
test_desec_without_a_domain(void **state)
{
	const struct ddns_job job = job_for("update.dedyn.io", "");
	SCRIPT({ "GET", DESEC "?owns_qname=" PROOF, TOKEN, NULL, 200, "[]" });

	(void)state;
	assert_int_equal(set_txt(&family_desec, &job), -1);
	assert_int_equal(refusal.kind, DDNS_STOP);
}

/* --- Gandi */

#define GANDI "https://api.gandi.net/v5/livedns/domains/b.example/records/"

static void
test_gandi(void **state)
{
	const struct ddns_job job = job_for("api.gandi.net", "b.example");

	(void)state;
	{
		SCRIPT({ "GET", GANDI "home/A", BEARER, NULL, 404,
		           "{\"message\":\"no record\"}" },
		    { "PUT", GANDI "home/A", BEARER,
		        "{\"rrset_values\":[\"192.0.2.1\"],\"rrset_ttl\":300}",
		        201, "{\"message\":\"DNS Record Created\"}" });
		assert_int_equal(
		    run(&family_gandi, &job, "192.0.2.1", NULL), 1);
	}
	{
		SCRIPT({ "GET", GANDI "_acme-challenge.home/TXT", BEARER, NULL,
		           200, "{\"rrset_values\":[\"\\\"v1\\\"\"]}" },
		    { "DELETE", GANDI "_acme-challenge.home/TXT", BEARER, NULL,
		        204, "" });
		assert_int_equal(clear_txt(&family_gandi, &job), 0);
	}
	{
		SCRIPT({ "GET", GANDI "home/A", BEARER, NULL, 404, "{}" },
		    { "PUT", GANDI "home/A", BEARER,
		        "{\"rrset_values\":[\"192.0.2.1\"],\"rrset_ttl\":300}",
		        404, "{\"message\":\"no domain\"}" });
		assert_int_equal(
		    run(&family_gandi, &job, "192.0.2.1", NULL), -1);
		assert_int_equal(refusal.kind, DDNS_STOP);
		assert_non_null(strstr(refusal.detail, "no domain"));
	}
}

/* --- GoDaddy */

#define GODADDY "https://api.godaddy.com/v1/domains/b.example/records/"
#define SSO "Authorization: sso-key l0gin:passw0rd"

static void
test_godaddy(void **state)
{
	const struct ddns_job job = job_for("api.godaddy.com", "b.example");

	(void)state;
	{
		SCRIPT({ "GET", GODADDY "A/home", SSO, NULL, 200, "[]" },
		    { "PUT", GODADDY "A/home", SSO,
		        "[{\"data\":\"192.0.2.1\",\"ttl\":600}]", 200, "" });
		assert_int_equal(
		    run(&family_godaddy, &job, "192.0.2.1", NULL), 1);
	}
	{
		SCRIPT(
		    { "GET", GODADDY "TXT/_acme-challenge.home", SSO, NULL, 200,
		        "[{\"data\":\"v0\",\"type\":\"TXT\","
		        "\"name\":\"_acme-challenge.home\"}]" },
		    { "PUT", GODADDY "TXT/_acme-challenge.home", SSO,
		        "[{\"data\":\"v0\",\"ttl\":600},"
		        "{\"data\":\"v1\",\"ttl\":600}]",
		        200, "" });
		assert_int_equal(set_txt(&family_godaddy, &job), 0);
	}
	{
		SCRIPT(
		    { "GET", GODADDY "TXT/_acme-challenge.home", SSO, NULL, 200,
		        "[{\"data\":\"v1\",\"type\":\"TXT\","
		        "\"name\":\"_acme-challenge.home\"}]" },
		    { "DELETE", GODADDY "TXT/_acme-challenge.home", SSO, NULL,
		        204, "" });
		assert_int_equal(clear_txt(&family_godaddy, &job), 0);
	}
	{
		SCRIPT({ "GET", GODADDY "A/home", SSO, NULL, 403,
		    "{\"code\":\"ACCESS_DENIED\",\"message\":\"Authenticated "
		    "user is not allowed access\"}" });
		assert_int_equal(
		    run(&family_godaddy, &job, "192.0.2.1", NULL), -1);
		assert_int_equal(refusal.kind, DDNS_STOP);
		assert_non_null(strstr(refusal.advice, "ten domains"));
	}
	{
		SCRIPT({ "GET", GODADDY "A/home", SSO, NULL, 200,
		    "{\"name\":\"home\"}" });
		assert_int_equal(
		    run(&family_godaddy, &job, "192.0.2.1", NULL), -1);
		assert_int_equal(refusal.kind, DDNS_AGAIN);
	}
}

/* --- Hetzner */

#define HETZNER "https://api.hetzner.cloud/v1"
#define SETS HETZNER "/zones/b.example/rrsets"
#define ACTION(status) "{\"action\":{\"id\":4,\"status\":\"" status "\"}}"

static void
test_hetzner(void **state)
{
	const struct ddns_job job = job_for("api.hetzner.cloud", "b.example");

	(void)state;
	{
		SCRIPT({ "GET", SETS "/home/A", BEARER, NULL, 404,
		           "{\"error\":{\"code\":\"not_found\"}}" },
		    { "POST", SETS, BEARER,
		        "{\"records\":[{\"value\":\"192.0.2.1\"}],"
		        "\"name\":\"home\",\"type\":\"A\",\"ttl\":60}",
		        201, ACTION("running") },
		    { "GET", HETZNER "/actions/4", BEARER, NULL, 200,
		        ACTION("success") });
		assert_int_equal(
		    run(&family_hetzner, &job, "192.0.2.1", NULL), 1);
	}
	{
		SCRIPT({ "GET", SETS "/_acme-challenge.home/TXT", BEARER, NULL,
		           200,
		           "{\"rrset\":{\"records\":[{\"value\":\"\\\"v0\\\"\","
		           "\"comment\":\"c\"}]}}" },
		    { "POST",
		        SETS "/_acme-challenge.home/TXT/actions/set_records",
		        BEARER,
		        "{\"records\":[{\"value\":\"\\\"v0\\\"\","
		        "\"comment\":\"c\"},{\"value\":\"\\\"v1\\\"\"}]}",
		        201, ACTION("success") });
		assert_int_equal(set_txt(&family_hetzner, &job), 0);
	}
	{
		SCRIPT({ "GET", SETS "/_acme-challenge.home/TXT", BEARER, NULL,
		           200,
		           "{\"rrset\":{\"records\":"
		           "[{\"value\":\"\\\"v1\\\"\"}]}}" },
		    { "DELETE", SETS "/_acme-challenge.home/TXT", BEARER, NULL,
		        200,
		        "{\"action\":{\"id\":4,\"status\":\"error\",\"error\":"
		        "{\"code\":\"x\",\"message\":\"it broke\"}}}" });
		assert_int_equal(clear_txt(&family_hetzner, &job), -1);
		assert_int_equal(refusal.kind, DDNS_AGAIN);
		assert_non_null(strstr(refusal.detail, "it broke"));
	}
}

/* --- Porkbun */

#define PORKBUN "https://api.porkbun.com/api/json/v3/dns/"
#define KEYS "\"apikey\":\"l0gin\",\"secretapikey\":\"passw0rd\""
#define DONE "{\"status\":\"SUCCESS\"}"
#define PB_RECORDS(records) "{\"status\":\"SUCCESS\",\"records\":[" records "]}"

static void
test_porkbun(void **state)
{
	const struct ddns_job job = job_for("api.porkbun.com", "b.example");

	(void)state;
	{
		SCRIPT({ "POST", PORKBUN "retrieveByNameType/b.example/A/home",
		           NULL, "{" KEYS "}", 200,
		           PB_RECORDS("{\"id\":\"5\",\"name\":\"" HOST
		                      "\",\"type\":\"A\",\"content\":"
		                      "\"192.0.2.9\"}") },
		    { "POST", PORKBUN "editByNameType/b.example/A/home", NULL,
		        "{" KEYS ",\"content\":\"192.0.2.1\",\"ttl\":\"600\"}",
		        200, DONE });
		assert_int_equal(
		    run(&family_porkbun, &job, "192.0.2.1", NULL), 1);
	}
	{
		SCRIPT({ "POST",
		           PORKBUN "retrieveByNameType/b.example/TXT/"
		                   "_acme-challenge.home",
		           NULL, "{" KEYS "}", 200, PB_RECORDS("") },
		    { "POST", PORKBUN "create/b.example", NULL,
		        "{" KEYS ",\"name\":\"_acme-challenge.home\","
		        "\"type\":\"TXT\",\"content\":\"v1\","
		        "\"ttl\":\"600\"}",
		        200, DONE });
		assert_int_equal(set_txt(&family_porkbun, &job), 0);
	}
	{
		SCRIPT({ "POST",
		           PORKBUN "retrieveByNameType/b.example/TXT/"
		                   "_acme-challenge.home",
		           NULL, "{" KEYS "}", 200,
		           PB_RECORDS("{\"id\":\"6\",\"name\":\"" PROOF
		                      "\",\"type\":\"TXT\",\"content\":"
		                      "\"v1\"}") },
		    { "POST", PORKBUN "delete/b.example/6", NULL, "{" KEYS "}",
		        400,
		        "{\"status\":\"ERROR\",\"message\":"
		        "\"Invalid record ID.\"}" });
		assert_int_equal(clear_txt(&family_porkbun, &job), 0);
	}
	{
		SCRIPT({ "POST", PORKBUN "retrieveByNameType/b.example/A/home",
		    NULL, "{" KEYS "}", 400,
		    "{\"status\":\"ERROR\",\"message\":\"Domain is not opted "
		    "in to API access.\"}" });
		assert_int_equal(
		    run(&family_porkbun, &job, "192.0.2.1", NULL), -1);
		assert_int_equal(refusal.kind, DDNS_STOP);
		assert_non_null(strstr(refusal.advice, "API Access"));
	}
}

static void
test_another_zone(void **state)
{
	const struct ddns_job job = job_for("api.gandi.net", "c.example");

	(void)state;
	script_left = 0;
	assert_int_equal(run(&family_gandi, &job, "192.0.2.1", NULL), -1);
	assert_int_equal(refusal.kind, DDNS_STOP);
	assert_string_equal(refusal.problem, "zone");
}

static void
test_relative_names(void **state)
{
	static const struct {
		const char *host, *zone, *relative;
	} samples[] = {
		{ "b.example", "B.example", "@" },
		{ "a.b.example", "b.example", "a" },
		{ "*.b.example", "b.example", "*" },
		{ "x.a.b.example", "b.example", "x.a" },
		{ "ab.example", "b.example", NULL },
		{ ".b.example", "b.example", NULL },
		{ "b.example", "a.b.example", NULL },
		{ "b.example", "", NULL },
	};
	char relative[ZONE_NAME_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		bool in =
		    zone_relative(samples[i].host, samples[i].zone, relative);

		assert_int_equal(in, samples[i].relative != NULL);
		if (in)
			assert_string_equal(relative, samples[i].relative);
	}
}

static void
test_paths(void **state)
{
	char *path = api_path("/a/%s/%s?x=%s%%20", "*.b", "@", "a b&@/\xc3");

	(void)state;
	path = api_add(path, "none", NULL);
	path = api_add(path, "some", "1:2");
	assert_string_equal(path, "/a/*.b/@?x=a%20b%26%40%2F%C3%20&some=1%3A2");
	free(path);
	assert_true(api_is_id("aZ_0-9"));
	assert_false(api_is_id(""));
	assert_false(api_is_id("a/b"));
	assert_false(api_is_id("a.b"));
	assert_true(api_is_id("0123456789012345678901234567890123456789"
	                      "012345678901234567890123"));
	assert_false(api_is_id("0123456789012345678901234567890123456789"
	                       "0123456789012345678901234"));
}

/* More of them than anybody has: none is added, changed or removed. */
static void
test_too_many_records(void **state)
{
	const struct ddns_job job = job_for("api.gandi.net", "b.example");
	char answer[4096];
	struct line line = { "GET", GANDI "_acme-challenge.home/TXT", BEARER,
		NULL, 200, answer };
	size_t len, i;

	(void)state;
	len = (size_t)snprintf(answer, sizeof(answer), "{\"rrset_values\":[");
	for (i = 0; i < RECORDS_MAX; i++)
		len += (size_t)snprintf(answer + len, sizeof(answer) - len,
		    "%s\"v\"", i > 0 ? "," : "");
	snprintf(answer + len, sizeof(answer) - len, "]}");
	script_next = &line;
	script_left = 1;
	assert_int_equal(set_txt(&family_gandi, &job), -1);
	assert_int_equal(refusal.kind, DDNS_STOP);
	snprintf(answer + len, sizeof(answer) - len, ",\"v1\"]}");
	script_next = &line;
	script_left = 1;
	assert_int_equal(clear_txt(&family_gandi, &job), -1);
	assert_int_equal(refusal.kind, DDNS_STOP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cloudflare_changes),
		cmocka_unit_test(test_cloudflare_is_so_already),
		cmocka_unit_test(test_cloudflare_one_of_several),
		cmocka_unit_test(test_cloudflare_record_has_gone),
		cmocka_unit_test(test_cloudflare_withdraws),
		cmocka_unit_test(test_cloudflare_proofs),
		cmocka_unit_test(test_cloudflare_refuses),
		cmocka_unit_test(test_cloudflare_without_a_zone),
		cmocka_unit_test(test_dynv6_proofs),
		cmocka_unit_test(test_dynv6_name_in_a_zone),
		cmocka_unit_test(test_dynu_proofs),
		cmocka_unit_test(test_desec_proofs),
		cmocka_unit_test(test_desec_without_a_domain),
		cmocka_unit_test(test_gandi),
		cmocka_unit_test(test_godaddy),
		cmocka_unit_test(test_hetzner),
		cmocka_unit_test(test_porkbun),
		cmocka_unit_test(test_another_zone),
		cmocka_unit_test(test_relative_names),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_too_many_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
