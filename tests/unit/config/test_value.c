/* The types of values: what each takes, and what it comes to. */

#include "reading.h"

#include <syslog.h>

#include "tree.h"
#include "value.h"

static struct tree tree;

static int
setup(void **state)
{
	(void)state;
	tree.arena = arena_new(0);
	tree.diag = diag_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	diag_free(tree.diag);
	arena_free(tree.arena);
	return 0;
}

/* Checks `word value` in the scope. NULL if the value was refused. */
static const struct value *
check(enum scope scope, const char *word, const char *text)
{
	static const struct config_pos pos = { "t", 1, 1 };
	struct source *source = arena_alloc(tree.arena, sizeof(*source));
	struct directive *line = tree_add(&tree, NULL, word, pos);

	source->path = arena_strdup(tree.arena, "/etc/gatehouse/t");
	line->source = source;
	line->row = schema_find(scope, word);
	assert_non_null(line->row);
	tree_add_value(&tree, line, text, pos);
	value_check(&tree, line);
	return line->bad ? NULL : line->values;
}

static void
assert_number(
    enum scope scope, const char *word, const char *text, int expected)
{
	const struct value *value = check(scope, word, text);

	if (value == NULL)
		fail_msg("%s %s is refused", word, text);
	else if (value->number != expected)
		fail_msg("%s %s is %d", word, text, value->number);
}

static void
assert_text(
    enum scope scope, const char *word, const char *text, const char *expected)
{
	const struct value *value = check(scope, word, text);

	if (value == NULL)
		fail_msg("%s %s is refused", word, text);
	else
		assert_string_equal(value->text, expected);
}

static void
assert_refused(enum scope scope, const char *word, const char *text)
{
	if (check(scope, word, text) != NULL)
		fail_msg("%s %s is taken", word, text);
}

static void
test_numbers(void **state)
{
	(void)state;
	assert_number(SCOPE_HTTP, "Port", "0", 0);
	assert_number(SCOPE_HTTP, "Port", "65535", 65535);
	assert_number(SCOPE_HTTP, "Port", "0080", 80);
	assert_refused(SCOPE_HTTP, "Port", "65536");
	assert_refused(SCOPE_HTTP, "Port", "80a");
	assert_refused(SCOPE_HTTP, "Port", "-1");
	assert_refused(SCOPE_HTTP, "Port", "");
	assert_refused(SCOPE_BACKEND, "Port", "0");
	assert_number(SCOPE_GLOBAL, "Workers", "auto", 0);
	assert_number(SCOPE_GLOBAL, "Workers", "64", 64);
	assert_refused(SCOPE_GLOBAL, "Workers", "0");
	assert_refused(SCOPE_GLOBAL, "Workers", "65");
}

static void
test_booleans(void **state)
{
	static const char *const yes[] = { "1", "yes", "TRUE", "on" };
	static const char *const no[] = { "0", "no", "False", "off" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(yes); i++) {
		assert_number(SCOPE_GLOBAL, "Daemon", yes[i], 1);
		assert_number(SCOPE_GLOBAL, "Daemon", no[i], 0);
	}
	assert_refused(SCOPE_GLOBAL, "IgnoreCase", "2");
	assert_refused(SCOPE_GLOBAL, "IgnoreCase", "y");
}

static void
test_durations(void **state)
{
	(void)state;
	assert_number(SCOPE_GLOBAL, "Client", "30", 30);
	assert_number(SCOPE_GLOBAL, "Client", "30s", 30);
	assert_number(SCOPE_GLOBAL, "Client", "1m30s", 90);
	assert_number(SCOPE_GLOBAL, "Client", "2h", 7200);
	assert_number(SCOPE_GLOBAL, "Client", "1d", 86400);
	assert_number(SCOPE_GLOBAL, "Client", "30d", DURATION_MAX);
	assert_number(SCOPE_GLOBAL, "WSTimeOut", "0", 0);
	assert_number(SCOPE_GLOBAL, "WSTimeOut", "0s", 0);
	assert_refused(SCOPE_GLOBAL, "Client", "0");
	assert_refused(SCOPE_GLOBAL, "Alive", "0");
	assert_refused(SCOPE_GLOBAL, "Client", "30d1s");
	assert_refused(SCOPE_GLOBAL, "Client", "2592001");
	assert_refused(SCOPE_GLOBAL, "Client", "1m30");
	assert_refused(SCOPE_GLOBAL, "Client", "m");
	assert_refused(SCOPE_GLOBAL, "Client", "1.5m");
	assert_refused(SCOPE_GLOBAL, "WSTimeOut", "");
	assert_refused(SCOPE_GLOBAL, "Client", "99999999999999999999s");
}

static void
test_choices(void **state)
{
	(void)state;
	assert_text(SCOPE_ACME, "KeyType", "rsa-2048", "RSA-2048");
	assert_refused(SCOPE_ACME, "KeyType", "RSA");
	assert_text(SCOPE_HTTPS, "Disable", "tlsv1_1", "TLSv1_1");
	assert_refused(SCOPE_HTTPS, "Disable", "TLSv1_3");
}

static void
test_log_facilities(void **state)
{
	(void)state;
	assert_number(SCOPE_GLOBAL, "LogFacility", "LOCAL3", LOG_LOCAL3);
	assert_number(SCOPE_GLOBAL, "LogFacility", "-", -1);
	assert_int_equal(diag_count(tree.diag, DIAG_WARNING), 0);
	assert_number(SCOPE_GLOBAL, "LogFacility", "sylog", LOG_DAEMON);
	assert_string_equal(diag_line(tree.diag, 0),
	    "t:1:1: warning: 'sylog' is not a log facility; daemon is used "
	    "(did you mean 'syslog'?)");
}

static void
test_paths(void **state)
{
	(void)state;
	assert_text(SCOPE_HTTPS, "Cert", "/a/b.pem", "/a/b.pem");
	assert_text(SCOPE_HTTPS, "Cert", "b.pem", "/etc/gatehouse/b.pem");
	assert_refused(SCOPE_HTTPS, "Cert", "");
	assert_text(SCOPE_GLOBAL, "StateDir", "/srv/g", "/srv/g");
	assert_refused(SCOPE_GLOBAL, "StateDir", "srv");
	assert_refused(SCOPE_GLOBAL, "RootJail", "./jail");
}

static void
test_addresses(void **state)
{
	(void)state;
	assert_text(SCOPE_HTTP, "Address", "127.0.0.1", "127.0.0.1");
	assert_text(SCOPE_HTTP, "Address", "[::1]", "::1");
	assert_refused(SCOPE_HTTP, "Address", "localhost");
	assert_refused(SCOPE_HTTP, "Address", "*");
	assert_refused(SCOPE_HTTP, "Address", "127.0.0.1:80");
	assert_text(SCOPE_BACKEND, "Address", "ha_1.local", "ha_1.local");
	assert_text(SCOPE_BACKEND, "Address", "2001:db8::1", "2001:db8::1");
	assert_refused(SCOPE_BACKEND, "Address", "/run/../ha.sock");
	assert_refused(SCOPE_BACKEND, "Address", "http://10.0.0.1");
	assert_refused(SCOPE_BACKEND, "Address", "10.0.0.1:8123");
	assert_refused(SCOPE_BACKEND, "Address", "-x");
	assert_refused(SCOPE_BACKEND, "Address", "");
	assert_text(SCOPE_GATEWAY, "Forward", "[::1]:80", "[::1]:80");
	assert_text(SCOPE_GATEWAY, "Forward", "::1", "::1");
	assert_text(SCOPE_GATEWAY, "Forward", "ha.local", "ha.local");
	assert_refused(SCOPE_GATEWAY, "Forward", "http://ha.local");
	assert_refused(SCOPE_GATEWAY, "Forward", "ha.local:0");
	assert_refused(SCOPE_GATEWAY, "Forward", "ha.local:x");
	assert_refused(SCOPE_GATEWAY, "Forward", "ha local");
}

static void
test_host_names(void **state)
{
	(void)state;
	assert_text(SCOPE_SERVICE, "Host", "Ha.Example.ORG", "ha.example.org");
	assert_text(SCOPE_SERVICE, "Host", "2001:DB8::1", "2001:db8::1");
	assert_refused(SCOPE_SERVICE, "Host", "ha.example.org:8443");
	assert_refused(SCOPE_SERVICE, "Host", "*.example.org");
	assert_text(
	    SCOPE_HTTPS, "AutoCert", "Ha.Example.org", "ha.example.org");
	assert_text(SCOPE_HTTPS, "AutoCert", "192.168.1.2", "192.168.1.2");
	assert_text(SCOPE_HTTPS, "AutoCert", "2001:DB8::1", "2001:db8::1");
	assert_text(SCOPE_HTTPS, "AutoCert", "*.Example.org", "*.example.org");
	assert_refused(SCOPE_HTTPS, "AutoCert", "*.*.example.org");
	assert_refused(SCOPE_HTTPS, "AutoCert", "a.*.example.org");
	assert_refused(SCOPE_GLOBAL, "Gateway", "192.168.1.2");
	assert_refused(SCOPE_GLOBAL, "Gateway", "*.example.org");
	assert_refused(SCOPE_HTTPS, "AutoCert", "https://example.org");
	assert_refused(SCOPE_HTTPS, "AutoCert", "a_b.example.org");
	assert_refused(SCOPE_HTTPS, "AutoCert", "example.org.");
}

static void
test_urls(void **state)
{
	(void)state;
	assert_text(SCOPE_SERVICE, "Redirect", "https://[::1]:8443/x?y",
	    "https://[::1]:8443/x?y");
	assert_refused(SCOPE_SERVICE, "Redirect", "ftp://x");
	assert_refused(SCOPE_SERVICE, "Redirect", "//x/");
	assert_refused(SCOPE_SERVICE, "Redirect", "https://");
	assert_refused(SCOPE_SERVICE, "Redirect", "https:///path");
	assert_refused(SCOPE_SERVICE, "Redirect", "https://me@x/");
	assert_refused(SCOPE_SERVICE, "Redirect", "https://x/a b");
	assert_refused(SCOPE_SERVICE, "Redirect", "https://x/\"");
	assert_text(SCOPE_SERVICE, "Redirect", "https://%[host]/$1",
	    "https://%[host]/$1");
	assert_refused(SCOPE_SERVICE, "Redirect", "%[path]");
	assert_refused(SCOPE_SERVICE, "Redirect", "$1://x");
	assert_refused(SCOPE_SERVICE, "Redirect", "https://x/$1 ");
	assert_refused(SCOPE_SERVICE, "Redirect", "https://$1/%[uri]");
	assert_text(
	    SCOPE_SERVICE, "Redirect", "https://x/?a=$b", "https://x/?a=$b");
	assert_text(SCOPE_ACME, "Directory", "LetsEncrypt", "letsencrypt");
	assert_text(SCOPE_ACME, "Directory", "https://ca.lan:14000/dir",
	    "https://ca.lan:14000/dir");
	assert_refused(SCOPE_ACME, "Directory", "http://ca.lan/dir");
	assert_text(SCOPE_ACME, "Directory", "ZeroSSL", "zerossl");
	assert_refused(SCOPE_ACME, "Directory", "buypass");
}

static void
test_addresses_of_mail(void **state)
{
	(void)state;
	assert_text(SCOPE_ACME, "Email", "a+b@example.org", "a+b@example.org");
	assert_refused(SCOPE_ACME, "Email", "mailto:a@example.org");
	assert_refused(SCOPE_ACME, "Email", "@example.org");
	assert_refused(SCOPE_ACME, "Email", "a@");
	assert_refused(SCOPE_ACME, "Email", "a@b@example.org");
	assert_refused(SCOPE_ACME, "Email", "A <a@example.org>");
	assert_refused(SCOPE_ACME, "Email", "a@example.org,b@example.org");
}

/* Whether "EAB kid key" is taken. */
static bool
takes_key(const char *key)
{
	char text[256];
	struct reading reading;
	bool taken;
	unsigned i;

	snprintf(text, sizeof(text),
	    "ListenHTTP\nEnd\nACME\nEAB kid \"%s\"\nEnd\n", key);
	reading_init(&reading, text);
	taken = reading.config != NULL;
	for (i = 0; diag_line(reading.diag, i) != NULL; i++)
		assert_null(strstr(diag_line(reading.diag, i), key));
	reading_release(&reading);
	return taken;
}

static void
test_secrets_are_checked_and_never_shown(void **state)
{
	(void)state;
	assert_true(takes_key("c2VjcmV0LWtleQ"));
	assert_true(takes_key("-a-_c2Vj"));
	assert_true(takes_key("**************"));
	assert_false(takes_key("c2VjcmV0+key="));
	assert_false(takes_key("c2Vjc****"));
	assert_false(takes_key("/"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_booleans, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_durations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_choices, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_log_facilities, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_host_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_urls, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_addresses_of_mail, setup, teardown),
		cmocka_unit_test(test_secrets_are_checked_and_never_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
