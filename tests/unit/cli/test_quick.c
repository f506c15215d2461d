/* The configuration that a few options stand for. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "config/config.h"
#include "quick.h"

static struct quick
example(void)
{
	return (struct quick){ .host = "ha.example.org",
		.backend = "192.168.1.2:8123",
		.state_dir = "/var/lib/x \"y\\z" };
}

static struct config *
parse(struct config_text **text, const char *content)
{
	struct diag *diag = diag_new();
	struct config *config;

	*text = config_text_new("quick", content, strlen(content));
	config = config_parse(*text, diag);
	if (diag_line(diag, 0) != NULL)
		fail_msg("%s", diag_line(diag, 0));
	diag_free(diag);
	return config;
}

static void
test_what_it_stands_for(void **state)
{
	struct quick quick = example();
	struct error err;
	struct config_text *text;
	struct config *config;
	char *content;

	(void)state;
	quick.email = "me@example.org";
	quick.unprivileged = true;
	content = quick_text(&quick, &err);
	assert_non_null(content);
	config = parse(&text, content);
	assert_string_equal(config->state_dir, quick.state_dir);
	assert_string_equal(config->user, "nobody");
	assert_int_equal(config->log_facility, -1);
	assert_false(config->daemonize);
	assert_int_equal(config->nlisteners, 2);
	assert_int_equal(config->nbackends, 1);
	assert_string_equal(config->backends[0]->host, "192.168.1.2");
	assert_int_equal(config->backends[0]->port, 8123);
	assert_int_equal(config->ncerts, 1);
	assert_int_equal(config->certs[0]->kind, CERT_AUTO);
	assert_string_equal(config->certs[0]->names[0], "ha.example.org");
	assert_string_equal(config->certs[0]->acme->email, "me@example.org");
	config_free(config);
	config_text_free(text);
	free(content);
}

static void
test_optional_parts(void **state)
{
	struct quick quick = example();
	struct error err;
	struct config_text *text;
	struct config *config;
	char *content = quick_text(&quick, &err);

	(void)state;
	assert_non_null(content);
	config = parse(&text, content);
	assert_null(config->user);
	assert_null(config->certs[0]->acme->email);
	config_free(config);
	config_text_free(text);
	free(content);
}

static void
assert_refused(const struct quick *quick)
{
	struct error err = { 0 };

	assert_null(quick_text(quick, &err));
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_true(strlen(err.msg) > 0);
	/* No place in a file that nobody has seen. */
	assert_null(strstr(err.msg, "run:"));
}

static void
test_bad_values_are_refused(void **state)
{
	struct quick quick = example();

	(void)state;
	quick.host = "not a name";
	assert_refused(&quick);
	quick = example();
	quick.host = "x\"\nInclude \"/etc/passwd";
	assert_refused(&quick);
	quick = example();
	quick.backend = "192.168.1.2:99999";
	assert_refused(&quick);
}

static void
test_state_directory(void **state)
{
	struct error err;
	char *dir;

	(void)state;
	setenv("XDG_STATE_HOME", "/x/state", 1);
	dir = quick_state_dir(&err);
	assert_string_equal(
	    dir, geteuid() == 0 ? "/var/lib/gatehouse" : "/x/state/gatehouse");
	free(dir);
	setenv("XDG_STATE_HOME", "relative", 1);
	setenv("HOME", "/x", 1);
	dir = quick_state_dir(&err);
	assert_string_equal(dir,
	    geteuid() == 0 ? "/var/lib/gatehouse"
	                   : "/x/.local/state/gatehouse");
	free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_it_stands_for),
		cmocka_unit_test(test_optional_parts),
		cmocka_unit_test(test_bad_values_are_refused),
		cmocka_unit_test(test_state_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
