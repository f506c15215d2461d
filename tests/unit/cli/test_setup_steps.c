/*
 * The steps of `gatehouse setup`, in a world of this test's own: what each
 * failure exits with, what is said then, and what is left on the disk.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "command.h"
#include "doctor.h"
#include "doctor_port.h"
#include "reach.h"
#include "setup.h"

#define HOST "home.duckdns.org"
#define STAGING "https://staging.test/"
#define PRODUCTION "https://ca.test/"

/* What the world is like. Zeroed, nothing goes wrong. */
static struct {
	bool no_ha;
	const char *holder;
	uint16_t held;
	bool runs; /* the gateway */
	bool start_fails;
	const char *ddns; /* the state of the section, and its problem */
	const char *problem;
	const char *portmap;
	bool staging_fails, production_fails;
	bool port80_closed;       /* the first way of the rehearsal fails */
	const char *acme_problem; /* NULL: one of the ports */
	enum reach_end http01, tls_alpn01;
	enum ha_trust_end trust;
	bool hairpin;      /* the doctor only finds a way that failed */
	const char *cause; /* or that this check of it has failed */

	/* What was done. */
	unsigned asked; /* since a start */
	unsigned starts, reloads, removals, renewals;
	bool production; /* the gateway has read the last configuration */
	bool trusted_with_token;
	bool inside; /* the doctor asked nobody outside */
	int64_t now;
} world;

static int
find(const char *given, struct ha_found *found, struct error *err)
{
	if (world.no_ha)
		return error_set(err, ERR_NOTFOUND,
		    "no Home Assistant was found at %s", given);
	*found = (struct ha_found){ .place = xstrdup(given),
		.version = xstrdup("2026.9.1"),
		.trusts = world.trust == HA_TRUST_ALREADY };
	addr_parse(&found->addr, "127.0.0.1", 8123);
	return 0;
}

static bool
resolves(const char *host)
{
	return strcmp(host, "home.example.org") == 0;
}

static void
look_at_port(uint16_t number, struct doctor_port *port)
{
	port->taken = world.runs || number == world.held;
	port->other = port->taken ? 812 : 0;
	snprintf(port->name, sizeof(port->name), "%s",
	    number == world.held ? world.holder : "gatehouse-proxy");
}

static bool
is_running(const char *file)
{
	(void)file;
	return world.runs;
}

static void
read_file(const char *file)
{
	FILE *in = fopen(file, "r");
	char text[4096];
	size_t len = fread(text, 1, sizeof(text) - 1, in);

	text[len] = '\0';
	fclose(in);
	world.production = strstr(text, "staging") == NULL;
}

static int
start(enum service_way way, const char *file, struct service **service,
    struct error *err)
{
	(void)way;
	(void)service;
	if (world.start_fails)
		return error_set(err, ERR_SYS, "gatehoused: no memory");
	world.starts++;
	world.asked = 0;
	world.runs = true;
	read_file(file);
	return 0;
}

static int
reload(const char *file, struct error *err)
{
	(void)err;
	world.reloads++;
	read_file(file);
	return 0;
}

static void
end(struct service *service)
{
	assert_null(service);
}

static int
take_away(const char *file, struct error *err)
{
	(void)file;
	(void)err;
	world.removals++;
	world.runs = false;
	return 0;
}

static char *
cert_row(void)
{
	bool fails = world.production ? world.production_fails
	                              : world.staging_fails ||
	        (world.port80_closed && world.renewals == 0);
	const char *url = world.production ? PRODUCTION : STAGING;

	return xasprintf("{\"names\":[\"" HOST "\"],\"state\":\"%s\","
	                 "\"source\":\"acme\",\"issued_by\":\"%s\","
	                 "\"directory\":\"%s\",\"attempts\":%u,"
	                 "\"problem\":\"%s\",\"next_attempt\":1803168000,"
	                 "\"not_after\":1803168000}",
	    fails && world.asked++ < 4 ? "issuing"
	        : fails                ? "failing"
	                               : "valid",
	    fails ? STAGING : url, url, 1 + world.renewals,
	    !fails                           ? ""
	        : world.acme_problem != NULL ? world.acme_problem
	                                     : "urn:ietf:params:acme:error:"
	                                       "connection: Timeout");
}

static int
ask(const char *file, const char *request, char **answer, struct error *err)
{
	char *cert;

	(void)file;
	(void)err;
	if (strcmp(request, "status") != 0) {
		assert_string_equal(request, "renew " HOST);
		world.renewals++;
		*answer = xstrdup("");
		return 0;
	}
	cert = cert_row();
	*answer =
	    xasprintf("{\"certificates\":[%s],\"ddns\":[{\"names\":[\"" HOST
	              "\"],\"state\":\"%s\",\"provider\":\"duckdns\","
	              "\"published4\":\"203.0.113.9\","
	              "\"dns4\":\"198.51.100.4\",\"problem\":\"%s\"}],"
	              "\"portmap\":{\"state\":\"%s\",\"ports\":\"80:80\","
	              "\"protocol\":\"UPnP\",\"problem\":\"%s\"}}",
	        cert, world.ddns != NULL ? world.ddns : "published",
	        world.problem != NULL ? world.problem : "",
	        world.portmap != NULL ? "failing" : "mapped",
	        world.portmap != NULL ? world.portmap : "");
	free(cert);
	return 0;
}

static void
reach(const char *file, const char *name, const char *challenge,
    struct reach *result)
{
	(void)file;
	assert_string_equal(name, HOST);
	result->end =
	    strcmp(challenge, "http-01") == 0 ? world.http01 : world.tls_alpn01;
	result->evidence = xasprintf("%s looked", challenge);
	result->advice = xstrdup("");
}

static void
trust(const struct ha_trust_wish *wish, struct ha_trust_result *result)
{
	world.trusted_with_token = wish->token != NULL;
	if (wish->token != NULL)
		assert_string_equal(wish->external_url, "https://" HOST);
	*result = (struct ha_trust_result){ .end = world.trust,
		.text = xstrdup("http:\n  trusted_proxies:\n    - 127.0.0.1") };
}

static void
examine(const struct doctor_wish *wish, struct doctor_report *report)
{
	const struct doctor_finding finding = {
		.verdict = world.hairpin || world.cause != NULL ? DOCTOR_FAIL
		                                                : DOCTOR_OK,
		.check = world.cause != NULL ? world.cause : "ways",
		.subject = xstrdup("way of " HOST),
		.evidence = xstrdup("seen"),
		.cure = world.hairpin ? xstrdup("Cure it.") : NULL,
	};

	world.inside = wish->inside;
	*report = (struct doctor_report){ 0 };
	doctor_add(report, &finding);
}

static int64_t
now(void)
{
	return world.now;
}

static void
pause_for(unsigned ms)
{
	world.now += ms;
}

static const struct setup_parts parts = { find, resolves, look_at_port,
	is_running, start, reload, end, take_away, ask, reach, trust, examine,
	now, pause_for };

/* --- one run -------------------------------------------------------------- */

static char *dir;

static char *
path_of(const char *name)
{
	return xasprintf("%s/%s", dir, name);
}

static bool
is_there(const char *name)
{
	char *path = path_of(name);
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

static void
write_file(const char *name, const char *text)
{
	char *path = path_of(name);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	free(path);
}

static char *
read_back(const char *name)
{
	char *path = path_of(name), text[8192];
	FILE *in = fopen(path, "r");
	size_t len;

	assert_non_null(in);
	len = fread(text, 1, sizeof(text) - 1, in);
	text[len] = '\0';
	fclose(in);
	free(path);
	return xstrdup(text);
}

static int
make_world(void **state)
{
	char template[] = "/tmp/test-setup-XXXXXX";

	(void)state;
	memset(&world, 0, sizeof(world));
	dir = xstrdup(mkdtemp(template));
	write_file("given", "the-token\n");
	return 0;
}

static int
end_world(void **state)
{
	static const char *const names[] = { "given", "gatehouse.conf",
		"gatehouse.conf" SETUP_BESIDE, "duckdns.token",
		"duckdns.token" SETUP_BESIDE };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = path_of(names[i]);

		unlink(path);
		free(path);
	}
	assert_int_equal(rmdir(dir), 0);
	free(dir);
	return 0;
}

/* What was shown; the caller frees. */
static char *said;

/* However the lines are broken. */
static void
join_lines(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++)
		if (strchr(" \n", *from) == NULL)
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
}

static void
assert_said(const char *text)
{
	if (strstr(said, text) == NULL)
		fail_msg("no \"%s\" in:\n%s", text, said);
}

struct run {
	bool dry_run;
	bool staging;
	const char *http01;
	const char *email;
	bool token; /* for Home Assistant */
};

static int
run(const struct run *how)
{
	char *path = path_of("gatehouse.conf"), *given = path_of("given");
	struct arguments args = {
		.option = { [OPTION_HOST] = HOST,
		    [OPTION_DDNS_TOKEN_FILE] = given,
		    [OPTION_AGREE_TOS] = "",
		    [OPTION_BACKEND] = "127.0.0.1:8123",
		    [OPTION_EMAIL] = how->email,
		    [OPTION_HTTP01] = how->http01,
		    [OPTION_STAGING] = how->staging ? "" : NULL,
		    [OPTION_HA_TOKEN_FILE] = how->token ? given : NULL },
	};
	struct setup setup = { .args = &args,
		.parts = &parts,
		.dry_run = how->dry_run,
		.files.path = path };
	size_t len;
	int status;
	FILE *out;

	free(said);
	out = open_memstream(&said, &len);
	setup_screen_init(&setup.screen, out);
	status = setup_run(&setup);
	setup_release(&setup);
	fclose(out);
	join_lines(said);
	free(path);
	free(given);
	return status;
}

static const struct run plain;

static void
assert_ends(int status, const char *text)
{
	assert_int_equal(run(&plain), status);
	assert_said(text);
}

/* --- the tests ------------------------------------------------------------ */

static void
assert_mode(const char *name, mode_t mode)
{
	char *path = path_of(name);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, mode);
	free(path);
}

static void
test_from_nothing(void **state)
{
	char *text;

	(void)state;
	assert_ends(SETUP_GOOD, "Open https://" HOST);
	assert_int_equal(world.starts, 1);
	assert_int_equal(world.reloads, 1);
	assert_true(world.production && world.inside);
	assert_mode("gatehouse.conf", 0640);
	assert_mode("duckdns.token", 0600);
	text = read_back("gatehouse.conf");
	assert_null(strstr(text, "the-token"));
	assert_null(strstr(text, "staging"));
	free(text);
	text = read_back("duckdns.token");
	assert_string_equal(text, "the-token\n");
	free(text);
	assert_null(strstr(said, "the-token"));
}

static void
test_a_second_run_changes_nothing(void **state)
{
	char *before, *after;

	(void)state;
	assert_ends(SETUP_GOOD, "Open https://" HOST);
	before = read_back("gatehouse.conf");
	assert_ends(SETUP_GOOD, "Nothing had to be changed. Open https://");
	assert_said("is there and stays as it is");
	after = read_back("gatehouse.conf");
	assert_string_equal(before, after);
	assert_null(strstr(said, "Rehearsal"));
	assert_false(world.inside);
	free(before);
	free(after);
}

static void
test_edits_are_kept(void **state)
{
	char *text, *edited;

	(void)state;
	assert_ends(SETUP_GOOD, "Open https://" HOST);
	text = read_back("gatehouse.conf");
	edited = xasprintf("%s\nAlive 30\n", text);
	write_file("gatehouse.conf", edited);
	free(text);
	assert_ends(SETUP_GOOD, "with what you have changed");
	text = read_back("gatehouse.conf");
	assert_string_equal(text, edited);
	assert_false(is_there("gatehouse.conf" SETUP_BESIDE));
	free(text);
	free(edited);
}

static void
test_other_answers_lie_beside(void **state)
{
	const struct run other = { .email = "me@example.org" };
	char *before, *after;

	(void)state;
	assert_ends(SETUP_GOOD, "Open https://" HOST);
	before = read_back("gatehouse.conf");
	assert_int_equal(run(&other), SETUP_USAGE);
	assert_said("it stays as it is");
	after = read_back("gatehouse.conf");
	assert_string_equal(before, after);
	free(after);
	after = read_back("gatehouse.conf" SETUP_BESIDE);
	assert_non_null(strstr(after, "me@example.org"));
	free(before);
	free(after);
}

static void
test_no_configuration_is_touched(void **state)
{
	char *text;

	(void)state;
	write_file("gatehouse.conf", "this is none\n");
	assert_ends(SETUP_USAGE, "it stays as it is");
	text = read_back("gatehouse.conf");
	assert_string_equal(text, "this is none\n");
	assert_int_equal(world.starts, 0);
	assert_false(is_there("duckdns.token"));
	free(text);
}

static void
test_no_token_is_touched(void **state)
{
	char *text;

	(void)state;
	write_file("duckdns.token", "another\n");
	assert_ends(SETUP_USAGE, "holds another secret");
	text = read_back("duckdns.token");
	assert_string_equal(text, "another\n");
	free(text);
	text = read_back("duckdns.token" SETUP_BESIDE);
	assert_string_equal(text, "the-token\n");
	assert_mode("duckdns.token" SETUP_BESIDE, 0600);
	assert_false(is_there("gatehouse.conf"));
	free(text);
}

static void
test_without_home_assistant(void **state)
{
	(void)state;
	world.no_ha = true;
	assert_ends(SETUP_HA, "no Home Assistant was found at 127.0.0.1:8123");
	assert_false(is_there("gatehouse.conf"));
}

static void
test_a_refused_token_leaves_nothing(void **state)
{
	(void)state;
	world.ddns = "stopped";
	world.problem = "KO";
	assert_ends(SETUP_DNS, "what was written is removed");
	assert_said("KO");
	assert_int_equal(world.removals, 1);
	assert_false(is_there("gatehouse.conf"));
	assert_false(is_there("duckdns.token"));
}

static void
test_an_address_that_does_not_arrive(void **state)
{
	(void)state;
	world.ddns = "pending";
	assert_ends(SETUP_DNS, "the zone say 198.51.100.4");
	assert_true(world.now >= 120000 && world.now < 125000);
	/* A second run goes on from there. */
	world.ddns = NULL;
	assert_ends(SETUP_GOOD, "going on with");
	assert_said("Open https://" HOST);
}

static void
test_a_port_that_is_held(void **state)
{
	const struct run without = { .http01 = "no" };

	(void)state;
	world.held = 80;
	world.holder = "nginx";
	assert_ends(SETUP_PORT, "port 80 is held by nginx (process 812)");
	assert_said("--http01=no");
	assert_false(is_there("gatehouse.conf"));
	assert_int_equal(run(&without), SETUP_GOOD);
	assert_said("443 is free here, which is enough");
	assert_null(strstr(said, "Port 80"));
	world.runs = false;
	world.held = 443;
	assert_ends(SETUP_PORT, "port 443 is held by nginx");
}

static void
test_a_gateway_that_does_not_start(void **state)
{
	(void)state;
	world.start_fails = true;
	assert_ends(SETUP_PORT, "gatehoused: no memory");
	assert_said("gatehouse check -f");
}

static void
test_a_router_that_does_not_forward(void **state)
{
	(void)state;
	world.portmap = "no router answers";
	assert_ends(SETUP_GOOD, "no router answers");
	assert_said("forward TCP port 80 to port 80 of");
}

static void
test_a_rehearsal_that_fails(void **state)
{
	(void)state;
	world.staging_fails = true;
	assert_ends(SETUP_PORT, "connection: Timeout");
	assert_null(strstr(said, "urn:"));
	assert_false(world.production);
	assert_int_equal(world.reloads, 0);
	/* What has failed is tried again at once, and by another way. */
	assert_int_equal(world.renewals, 1);
	world.acme_problem = "dns: NXDOMAIN";
	assert_ends(SETUP_DNS, "NXDOMAIN");
	world.acme_problem = "rateLimited: too many";
	assert_ends(SETUP_ACME, "too many");
	world.staging_fails = false;
	assert_ends(SETUP_GOOD, "Open https://" HOST);
}

static void
test_a_rehearsal_by_the_other_port(void **state)
{
	(void)state;
	world.port80_closed = true;
	world.http01 = REACH_NOT;
	assert_ends(SETUP_GOOD, "http-01 looked warn");
	assert_int_equal(world.renewals, 1);
	assert_true(world.production);
}

static void
test_ports_that_are_not_reached(void **state)
{
	(void)state;
	world.http01 = REACH_NOT;
	assert_ends(SETUP_GOOD, "http-01 looked");
	assert_said("warn");
	world.production = world.runs = false;
	end_world(NULL);
	make_world(NULL);
	world.tls_alpn01 = REACH_NOT;
	assert_ends(SETUP_PORT, "tls-alpn-01 looked");
	assert_false(world.production);
	/* Nothing is known: the certificate is tried for all the same. */
	world.tls_alpn01 = REACH_UNKNOWN;
	assert_ends(SETUP_GOOD, "Open https://" HOST);
}

static void
test_what_may_be_the_cause(void **state)
{
	(void)state;
	world.tls_alpn01 = REACH_NOT;
	world.cause = "firewall";
	assert_ends(SETUP_PORT, "way of " HOST ": seen");
	assert_true(world.inside);
	world.cause = "names";
	assert_ends(SETUP_PORT, "way of " HOST ": seen");
	world.cause = "certificates";
	assert_ends(SETUP_PORT, "tls-alpn-01 looked");
	assert_null(strstr(said, "way of"));
	world.cause = "firewall";
	world.staging_fails = true;
	assert_ends(SETUP_PORT, "connection: Timeout");
	assert_said("way of " HOST ": seen");
}

static void
test_an_order_that_fails(void **state)
{
	(void)state;
	world.production_fails = true;
	assert_ends(SETUP_ACME, "connection: Timeout; it is tried again at");
	assert_true(world.production);
	world.production_fails = false;
	assert_ends(SETUP_GOOD, "Open https://" HOST);
	assert_null(strstr(said, "Rehearsal"));
}

static void
test_home_assistant_does_not_trust_us(void **state)
{
	const struct run with = { .token = true };

	(void)state;
	world.trust = HA_TRUST_YAML;
	assert_ends(SETUP_HA_CONFIG, "trusted_proxies:");
	assert_false(world.trusted_with_token);
	world.trust = HA_TRUST_REVERTED;
	assert_int_equal(run(&with), SETUP_HA_CONFIG);
	assert_true(world.trusted_with_token);
	world.trust = HA_TRUST_DONE;
	assert_int_equal(run(&with), SETUP_GOOD);
	assert_null(strstr(said, "the-token"));
}

static void
test_what_the_doctor_finds(void **state)
{
	(void)state;
	world.hairpin = true;
	assert_ends(SETUP_HA_CONFIG, "way of " HOST ": seen");
	assert_said("-> Cure it.");
}

static void
test_a_dry_run(void **state)
{
	const struct run dry = { .dry_run = true };

	(void)state;
	assert_int_equal(run(&dry), SETUP_GOOD);
	assert_said("Gateway \"" HOST "\"");
	assert_said("Nothing was changed.");
	assert_int_equal(world.starts, 0);
	assert_false(is_there("gatehouse.conf"));
	assert_false(is_there("duckdns.token"));
}

static void
test_staging_stops_after_the_rehearsal(void **state)
{
	const struct run staging = { .staging = true };

	(void)state;
	assert_int_equal(run(&staging), SETUP_GOOD);
	assert_false(world.production);
	assert_said("Rehearsal");
	/* It is where a whole run goes on. */
	assert_ends(SETUP_GOOD, "going on with");
	assert_true(world.production);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, make_world, end_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_from_nothing),
		TEST(test_a_second_run_changes_nothing),
		TEST(test_edits_are_kept),
		TEST(test_other_answers_lie_beside),
		TEST(test_no_configuration_is_touched),
		TEST(test_no_token_is_touched),
		TEST(test_without_home_assistant),
		TEST(test_a_refused_token_leaves_nothing),
		TEST(test_an_address_that_does_not_arrive),
		TEST(test_a_port_that_is_held),
		TEST(test_a_gateway_that_does_not_start),
		TEST(test_a_router_that_does_not_forward),
		TEST(test_a_rehearsal_that_fails),
		TEST(test_a_rehearsal_by_the_other_port),
		TEST(test_ports_that_are_not_reached),
		TEST(test_what_may_be_the_cause),
		TEST(test_an_order_that_fails),
		TEST(test_home_assistant_does_not_trust_us),
		TEST(test_what_the_doctor_finds),
		TEST(test_a_dry_run),
		TEST(test_staging_stops_after_the_rehearsal),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(said);
	return failed;
}
