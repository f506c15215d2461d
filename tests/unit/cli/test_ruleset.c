/*
 * Firewalls, as nft 1.0.6 prints those that ufw, firewalld and Docker make: of
 * the first two the chains at the input.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "doctor_firewall.h"
#include "doctor_ruleset.h"
#include "json/json.h"

static struct json *
parse(const char *text)
{
	struct error err;
	struct json *doc = json_parse(text, strlen(text), &err);

	if (doc == NULL)
		fail_msg("%s", err.msg);
	return doc;
}

static struct json *
read_ruleset(const char *name)
{
	struct buf text = { 0 };
	struct error err;
	struct json *doc;
	char path[128];

	snprintf(path, sizeof(path), "tests/unit/cli/rulesets/%s.json", name);
	if (file_read(path, 1 << 20, &text, &err) == -1)
		fail_msg("%s", err.msg);
	buf_append(&text, "", 1);
	doc = parse((const char *)buf_data(&text));
	buf_release(&text);
	return doc;
}

/* The chains that keep the port closed: "ip filter INPUT, ip6 …". */
static const char *
closed(const struct json *ruleset, unsigned port, const char *iface)
{
	const struct doctor_packet packet = { port, iface };
	const struct json *chain = NULL;
	static char text[256];
	size_t len = 0;

	text[0] = '\0';
	while ((chain = doctor_ruleset_closed(ruleset, &packet, chain)) != NULL)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s %s %s", len > 0 ? ", " : "",
		    json_str(chain, "family"), json_str(chain, "table"),
		    json_str(chain, "name"));
	return text;
}

static void
test_nothing_there(void **state)
{
	struct json *ruleset = parse("{\"nftables\": []}");

	(void)state;
	assert_string_equal(closed(ruleset, 443, "eth0"), "");
	json_free(ruleset);
	ruleset = parse("{}");
	assert_string_equal(closed(ruleset, 443, "eth0"), "");
	json_free(ruleset);
}

static void
test_by_hand(void **state)
{
	static const char first[] = "inet filter input";
	static const struct {
		unsigned port;
		const char *iface;
		bool open;
	} cases[] = {
		{ 22, "eth0", true },    /* in a set */
		{ 443, "eth0", false },  /* a goto to what refuses */
		{ 443, "wg0", true },    /* by its interface */
		{ 443, "", true },       /* which is not known */
		{ 80, "eth0", true },    /* in a named set */
		{ 8005, "eth0", true },  /* in a range of it */
		{ 8011, "eth0", false }, /* returned to the policy */
		{ 9443, "eth0", true },  /* in a map of verdicts */
		{ 9999, "eth0", false }, /* the same */
	};
	struct json *ruleset = read_ruleset("plain");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    closed(ruleset, cases[i].port, cases[i].iface),
		    cases[i].open ? "" : first);
	json_free(ruleset);
}

static void
test_ufw(void **state)
{
	struct json *ruleset = read_ruleset("ufw");

	(void)state;
	assert_string_equal(closed(ruleset, 22, "eth0"), "");
	assert_string_equal(
	    closed(ruleset, 443, "eth0"), "ip filter INPUT, ip6 filter INPUT");
	assert_string_equal(
	    closed(ruleset, 443, ""), "ip filter INPUT, ip6 filter INPUT");
	json_free(ruleset);
}

/* A rule of this text in a chain that drops the rest. */
static bool
lets_in(const char *expr)
{
	static const char format[] =
	    "{\"nftables\":[{\"chain\":{\"family\":\"ip\",\"table\":\"t\","
	    "\"name\":\"c\",\"type\":\"filter\",\"hook\":\"input\","
	    "\"policy\":\"drop\"}},{\"rule\":{\"family\":\"ip\",\"table\":"
	    "\"t\",\"chain\":\"c\",\"expr\":[%s]}}]}";
	struct json *ruleset;
	char text[1024];
	bool open;

	snprintf(text, sizeof(text), format, expr);
	ruleset = parse(text);
	open = closed(ruleset, 443, "eth0")[0] == '\0';
	json_free(ruleset);
	return open;
}

#define XT(name) "{\"xt\":{\"type\":\"match\",\"name\":\"" name "\"}}"
#define DPORT(port)                                                            \
	"{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":"       \
	"\"tcp\",\"field\":\"dport\"}},\"right\":" port "}}"
#define SADDR(op)                                                              \
	"{\"match\":{\"op\":\"" op "\",\"left\":{\"payload\":{\"protocol\":"   \
	"\"ip\",\"field\":\"saddr\"}},\"right\":\"192.0.2.1\"}}"
#define ACCEPT "{\"accept\":null}"

/* What iptables alone can read, and what else may be asked. */
static void
test_conditions(void **state)
{
	(void)state;
	assert_true(lets_in(ACCEPT));
	assert_false(lets_in("{\"drop\":null}"));
	assert_false(lets_in(XT("conntrack") "," ACCEPT));
	assert_false(lets_in("{\"xt\":null}," ACCEPT));
	assert_true(lets_in(XT("conntrack") "," DPORT("443") "," ACCEPT));
	assert_false(lets_in(XT("conntrack") "," DPORT("80") "," ACCEPT));
	assert_true(lets_in(XT("multiport") "," ACCEPT));
	assert_false(lets_in(SADDR("==") "," ACCEPT));
	assert_true(lets_in(SADDR("!=") "," ACCEPT));
	assert_true(lets_in("{\"jump\":{\"target\":\"c\"}}")); /* endless */
	assert_false(lets_in("{\"jump\":{\"target\":\"none\"}}"));
}

/* A rule for all at the end is as good as the policy. */
static void
test_policy(void **state)
{
	static const char format[] =
	    "{\"nftables\":[{\"chain\":{\"family\":\"%s\",\"table\":\"t\","
	    "\"name\":\"c\",\"type\":\"filter\",\"hook\":\"%s\","
	    "\"policy\":\"accept\"}},{\"rule\":{\"family\":\"%s\",\"table\":"
	    "\"t\",\"chain\":\"c\",\"expr\":[{\"xt\":{\"type\":\"target\","
	    "\"name\":\"REJECT\"}}]}}]}";
	static const struct {
		const char *family, *hook;
		bool open;
	} cases[] = {
		{ "ip", "input", false },
		{ "inet", "input", false },
		{ "ip6", "input", false },
		{ "bridge", "input", true },
		{ "ip", "forward", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json *ruleset;
		char text[512];

		snprintf(text, sizeof(text), format, cases[i].family,
		    cases[i].hook, cases[i].family);
		ruleset = parse(text);
		assert_int_equal(
		    closed(ruleset, 443, "eth0")[0] == '\0', cases[i].open);
		json_free(ruleset);
	}
}

static void
test_firewalld(void **state)
{
	struct json *ruleset = read_ruleset("firewalld");

	(void)state;
	assert_string_equal(closed(ruleset, 22, "eth0"), "");
	assert_string_equal(
	    closed(ruleset, 443, "eth0"), "inet firewalld filter_INPUT");
	json_free(ruleset);
}

static void
test_docker(void **state)
{
	struct json *ruleset = read_ruleset("docker");

	(void)state;
	assert_string_equal(closed(ruleset, 443, "eth0"), "");
	json_free(ruleset);
}

static void
assert_cure(const char *name, unsigned port, const char *cure)
{
	struct json *ruleset = read_ruleset(name);
	const struct doctor_packet packet = { port, "eth0" };
	const struct json *chain =
	    doctor_ruleset_closed(ruleset, &packet, NULL);
	char *text;

	assert_non_null(chain);
	text = doctor_firewall_cure(ruleset, chain, port);
	if (strstr(text, cure) == NULL)
		fail_msg("'%s' has no '%s'", text, cure);
	free(text);
	json_free(ruleset);
}

static void
test_cures(void **state)
{
	(void)state;
	assert_cure("ufw", 443, "`ufw allow 443/tcp`");
	assert_cure("firewalld", 443, "--add-service=https ");
	assert_cure("firewalld", 80, "--add-service=http ");
	assert_cure("firewalld", 8443, "--add-port=8443/tcp ");
	assert_cure("plain", 443,
	    "`nft insert rule inet filter input tcp dport 443 accept`");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_ufw),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_firewalld),
		cmocka_unit_test(test_docker),
		cmocka_unit_test(test_cures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
