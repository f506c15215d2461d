/* The MQTT section: what it says, what it leaves open, what is refused. */

#include "reading.h"

#include "base/xalloc.h"

/* Something to serve, behind the section. */
#define SITE "ListenHTTP\nPort 8099\nService\nSuccess\nEnd\nEnd\n"

static void
init(struct reading *reading, const char *text)
{
	char *whole = xasprintf("%s" SITE, text);

	reading_init(reading, whole);
	free(whole);
}

static const struct config_mqtt *
init_clean(struct reading *reading, const char *text)
{
	init(reading, text);
	assert_messages(reading, "");
	assert_non_null(reading->config);
	return reading->config->mqtt;
}

static void
assert_said(const char *text, const char *expected)
{
	struct reading reading;

	init(&reading, text);
	assert_messages(&reading, expected);
	reading_release(&reading);
}

static void
test_all_that_a_section_says(void **state)
{
	const struct config_mqtt *mqtt;
	struct reading reading;

	(void)state;
	mqtt = init_clean(&reading,
	    "MQTT broker.example.org:8884\nLogin gatehouse\n"
	    "Password \"two words\"\nTLS yes\nCAFile /ca.pem\n"
	    "Prefix home/found\nID house\nInterval 10m\nEnd\n");
	assert_string_equal(mqtt->server, "broker.example.org:8884");
	assert_string_equal(mqtt->host, "broker.example.org");
	assert_int_equal(mqtt->port, 8884);
	assert_true(mqtt->tls);
	assert_string_equal(mqtt->login, "gatehouse");
	assert_string_equal(mqtt->password, "two words");
	assert_string_equal(mqtt->ca_file, "/ca.pem");
	assert_int_equal(mqtt->ca_pos.line, 5);
	assert_string_equal(mqtt->prefix, "home/found");
	assert_string_equal(mqtt->id, "house");
	assert_int_equal(mqtt->interval, 600);
	reading_release(&reading);
}

static void
test_what_nothing_is_said_of(void **state)
{
	const struct config_mqtt *mqtt;
	struct reading reading;

	(void)state;
	assert_null(init_clean(&reading, ""));
	reading_release(&reading);
	mqtt = init_clean(&reading, "MQTT 192.0.2.1\nEnd\n");
	assert_string_equal(mqtt->host, "192.0.2.1");
	assert_int_equal(mqtt->port, 1883);
	assert_false(mqtt->tls);
	assert_null(mqtt->login);
	assert_null(mqtt->password);
	assert_null(mqtt->id);
	assert_string_equal(mqtt->prefix, "homeassistant");
	assert_int_equal(mqtt->interval, 300);
	reading_release(&reading);
}

static void
test_port_and_tls_follow_from_each_other(void **state)
{
	static const struct {
		const char *text;
		unsigned port;
		bool tls;
	} cases[] = {
		{ "MQTT [2001:db8::1]:8883\nEnd\n", 8883, true },
		{ "MQTT [2001:db8::1]:8883\nTLS no\nEnd\n", 8883, false },
		{ "MQTT [2001:db8::1]\nTLS yes\nEnd\n", 8883, true },
		{ "MQTT [2001:db8::1]:1883\nTLS yes\nEnd\n", 1883, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading reading;
		const struct config_mqtt *mqtt =
		    init_clean(&reading, cases[i].text);

		assert_string_equal(mqtt->host, "2001:db8::1");
		assert_int_equal(mqtt->port, cases[i].port);
		assert_int_equal(mqtt->tls, cases[i].tls);
		reading_release(&reading);
	}
}

static void
test_refusals(void **state)
{
	(void)state;
	assert_said("MQTT mqtt://broker\nEnd\n",
	    "t:1:6: 'MQTT' needs a host such as \"dyndns.example.org\", "
	    "perhaps with a port, not 'mqtt://broker' (the name alone, without "
	    "what ends in ://)\n");
	assert_said("MQTT broker\nPrefix a/#\nID \"a b\"\nEnd\n",
	    "t:2:8: 'Prefix' needs a topic such as homeassistant, without "
	    "blanks, +, # and $\n"
	    "t:3:4: 'ID' needs a name of at most 32 letters, digits, '_', '-' "
	    "and '.', not 'a b'\n");
	assert_said("MQTT broker\nPassword a\nCAFile /a\nEnd\n",
	    "t:1:1: 'MQTT' has a password, but no Login: the user at the "
	    "broker\n"
	    "t:3:8: 'CAFile' is for TLS, which this broker is not spoken to "
	    "over; say 'TLS yes', or leave it out\n");
	assert_said("MQTT broker\nLogin a\nPassword a\nPasswordFile /a\n"
	            "Interval 29\nEnd\n",
	    "t:4:1: 'PasswordFile' and Password say the same; leave one out\n"
	    "t:5:10: 'Interval' needs a time from 30s to 30d, such as 90 or "
	    "1m30s, not '29'\n");
	assert_said("MQTT broker\nEnd\nMQTT broker\nEnd\n",
	    "t:3:1: 'MQTT' is already given on line 1\n");
}

static void
test_password_is_blanked(void **state)
{
	struct reading reading;
	char *text;

	(void)state;
	init_clean(
	    &reading, "MQTT broker\nLogin a\nPassword secret-one\nEnd\n");
	text = config_expand(reading.text, reading.diag);
	assert_non_null(text);
	assert_null(strstr(text, "secret-one"));
	assert_non_null(strstr(text, "Password\t\"********\""));
	free(text);
	reading_release(&reading);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_that_a_section_says),
		cmocka_unit_test(test_what_nothing_is_said_of),
		cmocka_unit_test(test_port_and_tls_follow_from_each_other),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_password_is_blanked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
