/* The HTTP settings of Home Assistant: what is read, what is asked for. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ha_config.h"
#include "json/json.h"

static struct addr
address(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(&addr, text, 45678));
	return addr;
}

static struct json *
parse(const char *text)
{
	struct json *doc = json_parse(text, strlen(text), NULL);

	assert_non_null(doc);
	return doc;
}

static const struct {
	const char *answer, *proxy;
	const char *wanted; /* NULL: it trusts the proxy already */
} cases[] = {
	/* Another machine, on new settings; what is said about them goes. */
	{ "{\"active_config_type\":\"stable\",\"pending\":null,\"stable\":"
	  "{\"server_port\":8123,\"ip_ban_enabled\":true,"
	  "\"created_at\":\"2026-11-01\",\"error\":null,"
	  "\"error_message\":null}}",
	    "192.168.1.7",
	    "{\"server_port\":8123,\"ip_ban_enabled\":true,"
	    "\"trusted_proxies\":[\"192.168.1.7/32\"],"
	    "\"use_x_forwarded_for\":true}" },
	/* This machine, either address; the networks of others are kept. */
	{ "{\"active_config_type\":\"stable\",\"stable\":"
	  "{\"use_x_forwarded_for\":true,\"trusted_proxies\":"
	  "[\"172.30.33.5/24\",\"10.0.0.9\",\"2001:DB8::9/64\","
	  "\"10.0.0.9/32\",\"what\"],\"server_port\":80}}",
	    "127.0.0.1",
	    "{\"use_x_forwarded_for\":true,\"trusted_proxies\":"
	    "[\"172.30.33.0/24\",\"10.0.0.9/32\",\"2001:db8::/64\",\"what\","
	    "\"127.0.0.1/32\",\"::1/128\"],\"server_port\":80}" },
	{ "{\"active_config_type\":\"pending\",\"stable\":{\"server_port\":1},"
	  "\"pending\":{\"server_port\":2}}",
	    "2001:db8::7",
	    "{\"server_port\":2,\"trusted_proxies\":[\"2001:db8::7/128\"],"
	    "\"use_x_forwarded_for\":true}" },
	{ "{\"active_config_type\":\"default\",\"default\":"
	  "{\"server_port\":80}}",
	    "10.1.2.3",
	    "{\"server_port\":80,\"trusted_proxies\":[\"10.1.2.3/32\"],"
	    "\"use_x_forwarded_for\":true}" },
	{ "{\"active_config_type\":\"default_legacy_port\",\"default\":"
	  "{\"server_port\":80}}",
	    "10.1.2.3",
	    "{\"server_port\":8123,\"trusted_proxies\":[\"10.1.2.3/32\"],"
	    "\"use_x_forwarded_for\":true}" },
	/* A list that is not looked at is no trust. */
	{ "{\"active_config_type\":\"stable\",\"stable\":"
	  "{\"use_x_forwarded_for\":false,"
	  "\"trusted_proxies\":[\"10.1.2.3/32\"]}}",
	    "10.1.2.3",
	    "{\"use_x_forwarded_for\":true,"
	    "\"trusted_proxies\":[\"10.1.2.3/32\"]}" },
	/* A network that has it is enough, in any spelling. */
	{ "{\"active_config_type\":\"stable\",\"stable\":"
	  "{\"use_x_forwarded_for\":true,"
	  "\"trusted_proxies\":[\"10.1.2.9/24\"]}}",
	    "10.1.2.3", NULL },
	{ "{\"active_config_type\":\"stable\",\"stable\":"
	  "{\"use_x_forwarded_for\":true,\"trusted_proxies\":[\"::1\"]}}",
	    "::1", NULL },
};

static void
test_what_is_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json *answer = parse(cases[i].answer), *wanted;
		struct addr proxy = address(cases[i].proxy);
		struct ha_config config;
		char *text;

		assert_int_equal(ha_config_read(answer, &config, NULL), 0);
		assert_int_equal(ha_config_trusts(config.active, &proxy),
		    cases[i].wanted == NULL);
		if (cases[i].wanted != NULL) {
			wanted = ha_config_wanted(&config, &proxy);
			text = json_dump(wanted);
			assert_string_equal(text, cases[i].wanted);
			assert_true(ha_config_trusts(wanted, &proxy));
			free(text);
			json_free(wanted);
		}
		json_free(answer);
	}
}

static void
test_how_a_trial_goes(void **state)
{
	static const struct {
		const char *answer;
		bool on_trial, waiting;
		const char *failure, *when;
	} trials[] = {
		{ "{\"active_config_type\":\"stable\",\"stable\":{\"a\":1},"
		  "\"pending\":null,\"revert_at\":null}",
		    false, false, NULL, "" },
		{ "{\"active_config_type\":\"stable\",\"stable\":{\"a\":1},"
		  "\"pending\":{\"a\":2,\"error\":null}}",
		    false, true, NULL, "" },
		{ "{\"active_config_type\":\"pending\",\"stable\":{\"a\":1},"
		  "\"pending\":{\"a\":2},"
		  "\"revert_at\":\"2026-11-23T14:20:05.12+00:00\"}",
		    true, false, NULL, "2026-11-23 14:20:05Z" },
		{ "{\"active_config_type\":\"pending\",\"stable\":{\"a\":1},"
		  "\"pending\":{\"a\":2},"
		  "\"revert_at\":\"2026-11-23T14:20:05+01:00\"}",
		    true, false, NULL, "" },
		{ "{\"active_config_type\":\"stable\",\"stable\":{\"a\":1},"
		  "\"pending\":{\"a\":2,\"error\":\"not_promoted\"},"
		  "\"revert_at\":\"+00:00\"}",
		    false, false, "not_promoted", "" },
		{ "{\"active_config_type\":\"stable\",\"stable\":{\"a\":1},"
		  "\"pending\":{\"a\":2,\"error\":\"apply_failed\","
		  "\"error_message\":\"port taken\"},"
		  "\"revert_at\":\"soon, I should think!+00:00\"}",
		    false, false, "port taken", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		struct json *answer = parse(trials[i].answer);
		struct ha_config config;

		assert_int_equal(ha_config_read(answer, &config, NULL), 0);
		assert_int_equal(config.on_trial, trials[i].on_trial);
		assert_int_equal(config.waiting, trials[i].waiting);
		assert_string_equal(config.when, trials[i].when);
		if (trials[i].failure == NULL)
			assert_null(config.failure);
		else
			assert_string_equal(config.failure, trials[i].failure);
		json_free(answer);
	}
}

static void
test_nonsense(void **state)
{
	static const char *const answers[] = { "{}", "[]",
		"{\"active_config_type\":\"stable\"}",
		"{\"active_config_type\":\"stable\",\"stable\":null}",
		"{\"active_config_type\":\"stable\",\"stable\":[]}",
		"{\"active_config_type\":\"other\",\"stable\":{\"a\":1}}",
		"{\"active_config_type\":7,\"stable\":{\"a\":1}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct json *answer = parse(answers[i]);
		struct ha_config config;

		assert_int_equal(ha_config_read(answer, &config, NULL), -1);
		json_free(answer);
	}
}

static void
test_networks_that_are_refused(void **state)
{
	static const struct {
		const char *list, *bad;
	} lists[] = {
		{ "{}", NULL },
		{ "{\"trusted_proxies\":[\"10.0.0.0/8\",\"::1\"]}", NULL },
		{ "{\"trusted_proxies\":[\"::1\",\"10.0.0.1/8\"]}",
		    "10.0.0.1/8" },
		{ "{\"trusted_proxies\":[\"10.0.0.0/33\"]}", "10.0.0.0/33" },
		{ "{\"trusted_proxies\":[\"10.0.0.0/\"]}", "10.0.0.0/" },
		{ "{\"trusted_proxies\":[\"2001:db8::1/64\"]}",
		    "2001:db8::1/64" },
		{ "{\"trusted_proxies\":[\"router\"]}", "router" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct json *slot = parse(lists[i].list);
		const char *bad = ha_config_bad_network(slot);

		if (lists[i].bad == NULL)
			assert_null(bad);
		else
			assert_string_equal(bad, lists[i].bad);
		json_free(slot);
	}
}

static void
assert_text(char *text, const char *expected)
{
	assert_string_equal(text, expected);
	free(text);
}

static void
test_texts(void **state)
{
	struct addr here = address("127.0.0.1"), there = address("10.1.2.3");

	(void)state;
	assert_text(ha_config_added(&here), "127.0.0.1/32 and ::1/128");
	assert_text(ha_config_added(&there), "10.1.2.3/32");
	assert_text(ha_config_yaml(&here),
	    "  http:\n    use_x_forwarded_for: true\n    trusted_proxies:\n"
	    "      - 127.0.0.1\n      - ::1");
	assert_text(ha_config_yaml(&there),
	    "  http:\n    use_x_forwarded_for: true\n    trusted_proxies:\n"
	    "      - 10.1.2.3");
}

static void
test_versions(void **state)
{
	(void)state;
	assert_true(ha_config_wants_yaml("2025.12.3"));
	assert_true(ha_config_wants_yaml("2026.4.2"));
	assert_true(ha_config_wants_yaml("2026.7.0b1"));
	assert_false(ha_config_wants_yaml("2026.8.0"));
	assert_false(ha_config_wants_yaml("2026.10.1"));
	assert_false(ha_config_wants_yaml("2027.1.0"));
	assert_false(ha_config_wants_yaml(""));
	assert_false(ha_config_wants_yaml("2026"));
	assert_false(ha_config_wants_yaml("new.1"));
}

static void
test_urls(void **state)
{
	(void)state;
	assert_true(ha_config_is_url("https://a", "https://a"));
	assert_true(ha_config_is_url("https://a/", "https://a"));
	assert_false(ha_config_is_url("https://a/b", "https://a"));
	assert_false(ha_config_is_url("https://ab", "https://a"));
	assert_false(ha_config_is_url("https://", "https://a"));
	assert_false(ha_config_is_url(NULL, "https://a"));
}

static void
test_what_its_log_says(void **state)
{
	static const struct {
		const char *log, *address; /* NULL: it does not say */
	} logs[] = {
		{ "[{\"message\":[\"Something else\"]},{\"message\":"
		  "[\"Received X-Forwarded-For header from an untrusted proxy "
		  "172.17.0.1\"]}]",
		    "172.17.0.1" },
		{ "[{\"message\":[\"A request from a reverse proxy was "
		  "received from 2001:db8::5, but your HTTP integration is "
		  "not set-up for reverse proxies\"]}]",
		    "2001:db8::5" },
		{ "[{\"message\":[\"Received X-Forwarded-For header from an "
		  "untrusted proxy 10.0.0.1.\"]}]",
		    "10.0.0.1" },
		{ "[{\"message\":[\"Received X-Forwarded-For header from an "
		  "untrusted proxy somewhere\"]}]",
		    NULL },
		{ "[{\"message\":[7]},{\"message\":\"text\"},8]", NULL },
		{ "{}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		struct json *log = parse(logs[i].log);
		struct addr addr;
		char text[ADDR_TEXT_SIZE];
		bool found = ha_config_refused(log, &addr);

		assert_int_equal(found, logs[i].address != NULL);
		if (found)
			assert_string_equal(
			    addr_ip_text(&addr, text), logs[i].address);
		json_free(log);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_wanted),
		cmocka_unit_test(test_how_a_trial_goes),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_networks_that_are_refused),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_what_its_log_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
