/* Where people say that Home Assistant is, and what it says of itself. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ha_look.h"
#include "ha_where.h"

/* "8123 8123s 80 443s" */
static const char *
ways_of(const struct ha_where *where)
{
	static char text[64];
	struct ha_way ways[HA_WAYS_MAX];
	size_t n = ha_where_ways(where, ways), len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		len +=
		    (size_t)snprintf(text + len, sizeof(text) - len, "%s%u%s",
		        i > 0 ? " " : "", ways[i].port, ways[i].tls ? "s" : "");
	return text;
}

static void
test_forms(void **state)
{
	static const struct {
		const char *text, *host, *ways;
	} rows[] = {
		{ "192.168.1.2", "192.168.1.2", "8123 8123s 80 443s" },
		{ "192.168.1.2:80", "192.168.1.2", "80 80s" },
		{ "192.168.1.2:443", "192.168.1.2", "443s" },
		{ "homeassistant.local", "homeassistant.local",
		    "8123 8123s 80 443s" },
		{ "http://ha.test:8124/lovelace?x", "ha.test", "8124" },
		{ "HTTP://ha.test/", "ha.test", "8123 80" },
		{ "https://ha.test", "ha.test", "8123s 443s" },
		{ "https://ha.test:8123", "ha.test", "8123s" },
		{ "http://ha.test:443", "ha.test", "443" },
		{ "2001:db8::1", "2001:db8::1", "8123 8123s 80 443s" },
		{ "[2001:db8::1]:80", "2001:db8::1", "80 80s" },
		{ "http://[fd00::2]", "fd00::2", "8123 80" },
	};
	struct ha_where where;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (ha_where_parse(rows[i].text, &where, &err) == -1)
			fail_msg("%s: %s", rows[i].text, err.msg);
		assert_string_equal(where.host, rows[i].host);
		assert_string_equal(ways_of(&where), rows[i].ways);
	}
}

static void
test_no_forms(void **state)
{
	static const char *const texts[] = { "", "http://",
		"ha.test:", "ha.test:65536", "ha.test:80:80", ":80", "ha test",
		"ha.test\r\nX: y", "user@ha.test", "-ha", "ftp://ha.test",
		"[::1", "[ha.test]:80" };
	struct ha_where where;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (ha_where_parse(texts[i], &where, &err) == 0)
			fail_msg("'%s' is taken", texts[i]);
}

static void
expect_version(const char *frame, const char *expected)
{
	char *version = ha_read_version(frame, strlen(frame));

	assert_string_equal(version, expected);
	free(version);
}

static void
test_version(void **state)
{
	(void)state;
	expect_version(
	    "{\"type\":\"auth_required\",\"ha_version\":\"2026.9.1\"}",
	    "2026.9.1");
	expect_version(
	    "{\"type\":\"auth_required\",\"ha_version\":\"2026.10.0b2\"}",
	    "2026.10.0b2");
	expect_version("{\"type\":\"auth_required\"}", "");
	expect_version(
	    "{\"type\":\"auth_ok\",\"ha_version\":\"2026.9.1\"}", "");
	expect_version(
	    "{\"type\":\"auth_required\",\"ha_version\":\"\\u001b[2J\"}", "");
	expect_version("no", "");
	expect_version("", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_no_forms),
		cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
