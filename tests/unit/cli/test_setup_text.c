/* Answers, and the configuration that they make. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "config/config.h"
#include "setup_answers.h"

#define HOST "home.duckdns.org"

static struct setup_answers
example(void)
{
	return (struct setup_answers){
		.host = xstrdup(HOST),
		.backend = xstrdup("192.168.1.2:8123"),
		.port_map = true,
		.http01 = true,
	};
}

static const struct setup_place place = { "gatehouse", "/run/empty", NULL };

/* What a text means; the caller frees. */
static struct config *
parse(struct config_text **text, char *content)
{
	struct diag *diag = diag_new();
	struct config *config;

	*text = config_text_new("setup", content, strlen(content));
	config = config_parse(*text, diag);
	if (config == NULL)
		fail_msg("%s\n%s", diag_line(diag, 0), content);
	diag_free(diag);
	free(content);
	return config;
}

/* What was answered is what is read. */
static void
assert_round_trip(struct setup_answers *answers, bool rehearsal)
{
	struct setup_answers read = { 0 };
	struct config_text *text;
	struct config *config =
	    parse(&text, setup_text(answers, &place, rehearsal));

	assert_true(setup_answers_read(config, NULL, &read));
	assert_int_equal(read.staging, rehearsal || answers->staging);
	read.staging = answers->staging;
	assert_true(setup_answers_eq(&read, answers));
	setup_answers_release(&read);
	assert_true(setup_answers_read(config, answers->host, &read));
	setup_answers_release(&read);
	assert_false(setup_answers_read(config, "other.org", &read));
	config_free(config);
	config_text_free(text);
	setup_answers_release(answers);
}

static void
test_what_is_written(void **state)
{
	struct setup_answers answers = example();
	struct setup_place here = place;
	char *text;

	(void)state;
	answers.ddns = ddns_provider("duckdns");
	answers.email = xstrdup("me@example.org");
	here.secret_file = "/etc/gatehouse/duckdns.token";
	text = setup_text(&answers, &here, true);
	assert_string_equal(strstr(text, "\n\n") + 2,
	    "User\t\"gatehouse\"\t# who the workers run as\n"
	    "RootJail\t\"/run/empty\"\t# all that they see of the disk\n"
	    "PortMap\tauto\t# the router forwards ports 80 and 443 to us\n\n"
	    "# A rehearsal: browsers do not accept these certificates. "
	    "`gatehouse\n# setup` goes on from here.\n"
	    "ACME\n\tDirectory\t\"letsencrypt-staging\"\nEnd\n\n"
	    "Gateway \"" HOST "\"\n"
	    "\tForward\t\"192.168.1.2:8123\"\t# Home Assistant\n"
	    "\tEmail\t\"me@example.org\"\t# for the certificate authority\n"
	    "\tDDNS \"duckdns\"\t# keeps the address of the name\n"
	    "\t\tTokenFile\t\"/etc/gatehouse/duckdns.token\"\n"
	    "\tEnd\nEnd\n");
	free(text);
	setup_answers_release(&answers);
}

static void
test_no_line_is_wide(void **state)
{
	struct setup_answers answers = example();
	char *text = setup_text(&answers, &place, true);

	(void)state;
	for (const char *line = text; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		assert_true(len <= 72);
		line += len + 1;
	}
	free(text);
	setup_answers_release(&answers);
}

static void
test_round_trips(void **state)
{
	struct setup_answers answers;

	(void)state;
	for (int rehearsal = 0; rehearsal < 2; rehearsal++) {
		answers = example();
		assert_round_trip(&answers, rehearsal);
		answers = example();
		answers.email = xstrdup("a@b.org");
		answers.port_map = false;
		answers.http01 = false;
		assert_round_trip(&answers, rehearsal);
		answers = example();
		answers.staging = true;
		answers.state_dir = xstrdup("/srv/gatehouse");
		assert_round_trip(&answers, rehearsal);
		answers = example();
		free(answers.backend);
		answers.backend = xstrdup("https://[2001:db8::2]:443");
		assert_round_trip(&answers, rehearsal);
		answers = example();
		free(answers.backend);
		answers.backend = xstrdup("ha.lan:80");
		assert_round_trip(&answers, rehearsal);
	}
}

static void
test_another_answer_is_another(void **state)
{
	struct setup_answers a = example(), b = example();

	(void)state;
	assert_true(setup_answers_eq(&a, &b));
	b.secret = xstrdup("x");
	assert_true(setup_answers_eq(&a, &b));
	a.secret = xstrdup("y");
	assert_false(setup_answers_eq(&a, &b));
	free(a.secret);
	a.secret = xstrdup("x");
	assert_true(setup_answers_eq(&a, &b));
	a.ddns = ddns_provider("duckdns");
	assert_false(setup_answers_eq(&a, &b));
	a.ddns = NULL;
	a.email = xstrdup("me@example.org");
	assert_false(setup_answers_eq(&a, &b));
	setup_answers_release(&a);
	setup_answers_release(&b);
}

static void
test_a_port_of_another_program(void **state)
{
	struct setup_answers answers = example();
	struct config_text *text;
	struct config *config;

	(void)state;
	answers.port80_taken = true;
	answers.http01 = false;
	config = parse(&text, setup_text(&answers, &place, false));
	assert_int_equal(addr_port(&config->listeners->addr), 0);
	assert_int_equal(config->acmes->nchallenges, 1);
	assert_int_equal(config->acmes->challenges[0], CHALLENGE_TLS_ALPN_01);
	config_free(config);
	config_text_free(text);
	setup_answers_release(&answers);
}

/* Every provider that setup knows is in the table, and can be set up. */
static void
test_names_tell_their_provider(void **state)
{
	static const struct {
		const char *host;
		const char *provider;
	} rows[] = {
		{ "a.duckdns.org", "duckdns" },
		{ "a.b.dedyn.io", "desec" },
		{ "A.DynV6.net", "dynv6" },
		{ "x.ddns.net", "noip" },
		{ "x.mooo.com", "freedns" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ddns_provider *provider =
		    setup_provider_of(rows[i].host);

		assert_non_null(provider);
		assert_string_equal(provider->name, rows[i].provider);
		assert_int_equal(setup_check_provider(provider, NULL), 0);
	}
	assert_null(setup_provider_of("home.example.org"));
	assert_null(setup_provider_of("notduckdns.org"));
	assert_int_equal(
	    setup_check_provider(ddns_provider("custom"), NULL), -1);
	assert_int_equal(
	    setup_check_provider(ddns_provider("dyndns2"), NULL), -1);
}

static void
test_values(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(setup_check_host(HOST, &err), 0);
	assert_int_equal(setup_check_host("a b.org", &err), -1);
	assert_int_equal(setup_check_host("192.168.1.2", &err), -1);
	assert_int_equal(setup_check_host("x\"\nUser \"root", &err), -1);
	assert_int_equal(setup_check_host("localhost", &err), -1);
	assert_non_null(strstr(err.msg, "has a dot in it"));
	assert_int_equal(setup_check_email("me@example.org", &err), 0);
	assert_int_equal(setup_check_email("me", &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written),
		cmocka_unit_test(test_no_line_is_wide),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_another_answer_is_another),
		cmocka_unit_test(test_a_port_of_another_program),
		cmocka_unit_test(test_names_tell_their_provider),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
