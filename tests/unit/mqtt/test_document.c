/* What is kept at the broker, to the byte; and what there is ours. */

#include "document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json/json.h"

static struct entities entities;
static struct documents documents;

static void
init(const char *text)
{
	const struct document_scope scope = { .prefix = "homeassistant",
		.id = "House-1",
		.version = "1.2.3",
		.interval = 300 };
	struct error err;
	struct json *status = json_parse(text, strlen(text), &err);

	assert_non_null(status);
	entities_init(&entities, status);
	documents_init(&documents, &entities, &scope);
	entities_release(&entities);
	json_free(status);
}

static int
release(void **state)
{
	(void)state;
	documents_release(&documents);
	documents = (struct documents){ 0 };
	return 0;
}

#define WELL "\"problems\":[]"

static void
test_to_the_byte(void **state)
{
	(void)state;
	init("{" WELL ",\"backends\":[{\"name\":\"192.0.2.1:8123\","
	     "\"state\":\"up\",\"since\":946684800,\"error\":\"\"}]}");
	assert_int_equal(documents.n, 2);
	assert_string_equal(documents.node, "gatehouse_house_1");
	assert_string_equal(
	    documents.pattern, "homeassistant/+/gatehouse_house_1/+/config");
	assert_string_equal(documents.state.topic, "gatehouse/house_1/state");
	assert_string_equal(documents.state.payload,
	    "{\"problem\":{\"value\":\"OFF\",\"attributes\":{\"problems\":[]}},"
	    "\"backend_192_0_2_1_8123\":{\"value\":\"ON\",\"attributes\":{"
	    "\"since\":\"2000-01-01T00:00:00+00:00\",\"error\":\"\"}}}");
	assert_string_equal(documents.list[0].topic,
	    "homeassistant/binary_sensor/gatehouse_house_1/problem/config");
	assert_string_equal(documents.list[1].topic,
	    "homeassistant/binary_sensor/gatehouse_house_1/"
	    "backend_192_0_2_1_8123/config");
	assert_string_equal(documents.list[1].payload,
	    "{\"name\":\"Backend 192.0.2.1:8123\","
	    "\"unique_id\":\"gatehouse_house_1_backend_192_0_2_1_8123\","
	    "\"device_class\":\"connectivity\","
	    "\"state_topic\":\"gatehouse/house_1/state\","
	    "\"json_attributes_topic\":\"gatehouse/house_1/state\","
	    "\"value_template\":\"{{ value_json.backend_192_0_2_1_8123.value "
	    "if 'backend_192_0_2_1_8123' in value_json else 'None' }}\","
	    "\"json_attributes_template\":\"{{ "
	    "(value_json.backend_192_0_2_1_8123.attributes "
	    "if 'backend_192_0_2_1_8123' in value_json else {}) | tojson }}\","
	    "\"expire_after\":900,\"qos\":1,"
	    "\"device\":{\"identifiers\":[\"gatehouse_house_1\"],"
	    "\"name\":\"Gatehouse House-1\",\"sw_version\":\"1.2.3\"},"
	    "\"origin\":{\"name\":\"Gatehouse\",\"sw_version\":\"1.2.3\"}}");
}

static void
test_no_class_is_no_member(void **state)
{
	(void)state;
	init("{" WELL ",\"ddns\":[{\"names\":[\"a.example.org\"],"
	     "\"ipv4\":\"203.0.113.9\"}]}");
	assert_int_equal(documents.n, 2);
	assert_string_equal(documents.list[1].topic,
	    "homeassistant/sensor/gatehouse_house_1/address_a_example_org/"
	    "config");
	assert_null(strstr(documents.list[1].payload, "device_class"));
}

#define OURS "homeassistant/sensor/gatehouse_house_1/"
#define TODAYS "homeassistant/binary_sensor/gatehouse_house_1/problem/config"

static void
test_what_is_left_over(void **state)
{
	static const char *const others[] = { "", "homeassistant",
		"homeassistant/sensor/gatehouse_house_1", OURS, OURS "/config",
		OURS "a/config/", OURS "a/state", OURS "a/b/config",
		OURS "A/config", OURS "a+/config", OURS "#",
		"homeassistant/light/gatehouse_house_1/a/config",
		"homeassistant/sensor/gatehouse_house_11/a/config",
		"homeassistant/sensor/gatehouse_house_/a/config",
		"homeassistant2/sensor/gatehouse_house_1/a/config",
		"/homeassistant/sensor/gatehouse_house_1/a/config",
		"gatehouse/house_1/state", TODAYS };

	(void)state;
	init("{" WELL "}");
	assert_true(documents_is_leftover(&documents, OURS "a_1/config"));
	assert_true(documents_is_leftover(&documents,
	    "homeassistant/binary_sensor/gatehouse_house_1/a/config"));
	/* A kind that it was not before. */
	assert_true(documents_is_leftover(&documents, OURS "problem/config"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (documents_is_leftover(&documents, others[i]))
			fail_msg("%s is not ours", others[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_to_the_byte, release),
		cmocka_unit_test_teardown(test_no_class_is_no_member, release),
		cmocka_unit_test_teardown(test_what_is_left_over, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
