/* Which entities a status has, and how they are. */

#include "entity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "json/json.h"

static struct entities entities;

static void
init(const char *text)
{
	struct error err;
	struct json *status = json_parse(text, strlen(text), &err);

	assert_non_null(status);
	entities_init(&entities, status);
	json_free(status);
}

/* "component/class id [name] value attributes", a line each, but the first. */
static void
assert_entities(const char *status, const char *expected)
{
	char all[4096] = "";
	size_t len = 0;

	init(status);
	for (unsigned i = 1; i < entities.n; i++) {
		const struct entity *entity = &entities.list[i];
		char *attributes = json_dump(entity->attributes);

		len += (size_t)snprintf(all + len, sizeof(all) - len,
		    "%s/%s %s [%s] %s %s\n", entity->component,
		    entity->device_class != NULL ? entity->device_class : "",
		    entity->id, entity->name, entity->value, attributes);
		free(attributes);
	}
	assert_string_equal(all, expected);
	entities_release(&entities);
}

/* The entity of all that is wrong: the JSON of its texts. */
static void
assert_problems(const char *status, const char *expected)
{
	const struct entity *entity = &entities.list[0];
	char *attributes;

	init(status);
	assert_string_equal(entity->id, "problem");
	assert_string_equal(entity->device_class, "problem");
	assert_string_equal(
	    entity->value, strcmp(expected, "[]") == 0 ? "OFF" : "ON");
	attributes = json_dump(json_get(entity->attributes, "problems"));
	assert_string_equal(attributes, expected);
	free(attributes);
	entities_release(&entities);
}

static void
test_certificates(void **state)
{
	(void)state;
	assert_entities(
	    "{\"certificates\":[{\"names\":[\"*.a.example.org\",\"b\"],"
	    "\"state\":\"valid\",\"issuer\":\"CA\",\"not_after\":1803168000,"
	    "\"next_attempt\":0,\"problem\":\"p\",\"advice\":\"a\"}]}",
	    "sensor/timestamp certificate___a_example_org "
	    "[Certificate *.a.example.org] 2027-02-21T00:00:00+00:00 "
	    "{\"state\":\"valid\",\"issuer\":\"CA\",\"next_attempt\":\"None\","
	    "\"problem\":\"p\",\"advice\":\"a\"}\n");
}

static void
test_two_of_one_name(void **state)
{
	(void)state;
	assert_entities("{\"certificates\":[{\"names\":[\"a.b\"]},"
	                "{\"names\":[\"a_b\"]},{\"names\":[\"a.b\"]}]}",
	    "sensor/timestamp certificate_a_b [Certificate a.b] None "
	    "{\"state\":\"\",\"issuer\":\"\",\"next_attempt\":\"None\","
	    "\"problem\":\"\",\"advice\":\"\"}\n"
	    "sensor/timestamp certificate_a_b_2 [Certificate a_b] None "
	    "{\"state\":\"\",\"issuer\":\"\",\"next_attempt\":\"None\","
	    "\"problem\":\"\",\"advice\":\"\"}\n"
	    "sensor/timestamp certificate_a_b_3 [Certificate a.b] None "
	    "{\"state\":\"\",\"issuer\":\"\",\"next_attempt\":\"None\","
	    "\"problem\":\"\",\"advice\":\"\"}\n");
}

static void
test_backends(void **state)
{
	(void)state;
	assert_entities(
	    "{\"backends\":[{\"name\":\"[::1]:8123\",\"state\":\"up\"},"
	    "{\"name\":\"B\",\"state\":\"down\",\"since\":1,\"error\":\"e\"},"
	    "{\"name\":\"c\",\"state\":\"unknown\"},"
	    "{\"name\":\"B\",\"state\":\"down\"}]}",
	    "binary_sensor/connectivity backend____1__8123 "
	    "[Backend [::1]:8123] ON {\"since\":\"None\",\"error\":\"\"}\n"
	    "binary_sensor/connectivity backend_b [Backend B] OFF "
	    "{\"since\":\"1970-01-01T00:00:01+00:00\",\"error\":\"e\"}\n"
	    "binary_sensor/connectivity backend_c [Backend c] None "
	    "{\"since\":\"None\",\"error\":\"\"}\n");
}

static void
test_addresses(void **state)
{
	(void)state;
	assert_entities("{\"ddns\":[{\"names\":[\"a\",\"b\"],"
	                "\"ipv4\":\"203.0.113.9\",\"ipv6\":\"2001:db8::1\","
	                "\"provider\":\"p\",\"state\":\"s\"},"
	                "{\"names\":[\"b\",\"c\"],\"ipv4\":\"\","
	                "\"ipv6\":\"2001:db8::2\"},{\"names\":[\"d\"]}]}",
	    "sensor/ address_a [Address a] 203.0.113.9 "
	    "{\"ipv4\":\"203.0.113.9\",\"ipv6\":\"2001:db8::1\","
	    "\"provider\":\"p\",\"state\":\"s\",\"problem\":\"\","
	    "\"advice\":\"\"}\n"
	    "sensor/ address_b [Address b] 203.0.113.9 "
	    "{\"ipv4\":\"203.0.113.9\",\"ipv6\":\"2001:db8::1\","
	    "\"provider\":\"p\",\"state\":\"s\",\"problem\":\"\","
	    "\"advice\":\"\"}\n"
	    "sensor/ address_c [Address c] 2001:db8::2 "
	    "{\"ipv4\":\"\",\"ipv6\":\"2001:db8::2\",\"provider\":\"\","
	    "\"state\":\"\",\"problem\":\"\",\"advice\":\"\"}\n"
	    "sensor/ address_d [Address d] None "
	    "{\"ipv4\":\"\",\"ipv6\":\"\",\"provider\":\"\",\"state\":\"\","
	    "\"problem\":\"\",\"advice\":\"\"}\n");
}

static void
test_all_is_well_or_not(void **state)
{
	(void)state;
	assert_problems("{\"problems\":[]}", "[]");
	assert_problems("{\"problems\":[{\"what\":\"a\",\"advice\":\"\"},"
	                "{\"what\":\"b\",\"advice\":\"c\"}]}",
	    "[\"a\",\"b. c\"]");
}

static void
test_not_more_than_so_many(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_append_str(&text, "{\"backends\":[{}");
	for (unsigned i = 0; i < 2 * ENTITIES_MAX; i++)
		buf_printf(&text, ",{\"name\":\"%u\"}", i);
	buf_append_str(&text, "]}");
	buf_append(&text, "", 1);
	init((const char *)buf_data(&text));
	assert_int_equal(entities.n, ENTITIES_MAX);
	entities_release(&entities);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_two_of_one_name),
		cmocka_unit_test(test_backends),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_all_is_well_or_not),
		cmocka_unit_test(test_not_more_than_so_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
