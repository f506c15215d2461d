/* Requests and services, fields and patterns, methods and levels. */

#include "reading.h"

#include "http/message.h"

static struct http_field
field(const char *name, const char *value)
{
	struct http_field f = {
		.name = { name, strlen(name) },
		.value = { value, strlen(value) },
	};

	return f;
}

/* The URL of the redirect that a request gets, or "none". */
static const char *
redirect_for(const struct reading *reading, const struct config_request *req)
{
	const struct config_service *service = config_find_service(
	    reading->config, reading->config->listeners, req);

	return service != NULL ? service->redirect->url : "none";
}

static void
test_own_services_first_then_those_of_all(void **state)
{
	struct config_request req = { .host = "a", .path = { "/", 1 } };
	struct reading reading;

	(void)state;
	reading_init_clean(&reading,
	    "Service\nHost a\nRedirect https://all-a\nEnd\n"
	    "ListenHTTP\n"
	    "Service\nHost b\nRedirect https://own-b\nEnd\n"
	    "Service\nHost b\nRedirect https://second-b\nEnd\n"
	    "End\n"
	    "Service\nHost b\nRedirect https://all-b\nEnd\n");
	assert_string_equal(redirect_for(&reading, &req), "https://all-a");
	req.host = "b";
	assert_string_equal(redirect_for(&reading, &req), "https://own-b");
	req.host = "c";
	assert_string_equal(redirect_for(&reading, &req), "none");
	req.host = "";
	assert_string_equal(redirect_for(&reading, &req), "none");
	reading_release(&reading);
}

static void
test_fields(void **state)
{
	const struct http_field fields[] = { field("Host", "x.example.org"),
		field("Cookie", "a=1; b=2") };
	static const struct {
		const char *line;
		bool matches;
	} cases[] = {
		{ "HeadRequire \"^cookie: A=\"", true },
		{ "HeadRequire \"^Cookie: .*b=2$\"", true },
		{ "HeadRequire \"Host: (x|y)\\.example\\.org\"", true },
		{ "HeadRequire \"Host:x.example.org\"", true },
		{ "HeadRequire \"Host: x.example\"", false },
		{ "HeadRequire \"^a=1\"", false },
		{ "HeadRequire \"orgCookie\"", false },
		{ "HeadDeny \"^cookie:\"", false },
		{ "HeadDeny \"^X-\"", true },
		{ "Header cookie\nHeadDeny host", false },
		{ "Header cookie\nHeader host", true },
		{ "Header cookie\nHeader nothing", false },
		{ "Header Cookie \"^a=1;\"", true },
		{ "Header cookie -beg \"A=\"", true },
		{ "Header Cookie -case -beg \"A=\"", false },
		{ "Header Cook \"a\"", false },
		{ "Header -exact \"host: X.example.org\"", true },
		{ "Header -exact \"x.example.org\"", false },
		{ "HeadDeny Cookie -contain b=3", true },
		{ "Not HeadDeny Cookie -end b=2", true },
	};
	struct config_request req = {
		.host = "x.example.org",
		.path = { "/", 1 },
		.fields = fields,
		.nfields = 2,
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct reading reading;
		char text[256];

		snprintf(text, sizeof(text),
		    "ListenHTTP\nEnd\nService\n%s\nRedirect https://x\nEnd\n",
		    cases[i].line);
		reading_init_clean(&reading, text);
		if (config_service_matches(reading.config->services, &req) !=
		    cases[i].matches)
			fail_msg("%s", cases[i].line);
		reading_release(&reading);
	}
}

static void
test_urls(void **state)
{
	static const struct {
		const char *top, *own, *target;
		bool matches;
	} cases[] = {
		{ "", "", "/api/x", true },
		{ "", "", "/x/api/", false },
		{ "", "", "/API/", false },
		{ "IgnoreCase 1", "", "/API/?q", true },
		{ "", "IgnoreCase 1", "/API/?q", true },
		{ "IgnoreCase 1", "IgnoreCase 0", "/API/", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct config_request req = { .host = "" };
		struct reading reading;
		char text[256];

		snprintf(text, sizeof(text),
		    "%s\nListenHTTP\nEnd\n"
		    "Service\n%s\nURL \"^/api/\"\nRedirect https://x\nEnd\n",
		    cases[i].top, cases[i].own);
		req.path.p = cases[i].target;
		req.path.len = strcspn(cases[i].target, "?");
		req.query.p = cases[i].target + req.path.len;
		req.query.len = strlen(req.query.p);
		reading_init_clean(&reading, text);
		assert_int_equal(
		    config_service_matches(reading.config->services, &req),
		    cases[i].matches);
		reading_release(&reading);
	}
}

/* PUT /Api/States?A=1&b=two&c&b=2 for x.example.org. */
static void
test_every_kind_of_condition(void **state)
{
	static const struct {
		const char *lines;
		bool hold;
	} cases[] = {
		{ "Host X.Example.org", true },
		{ "Host -re \"^[a-z]\\.EXAMPLE\\.\"", true },
		{ "Host -beg x.", true },
		{ "Host -end -case .ORG", true },
		{ "Host -contain ample", true },
		{ "Host -contain sample", false },
		{ "Not Host other", true },
		{ "Not Host other\nNot Host x.example.org", false },
		{ "Method PUT", true },
		{ "Method put", false },
		{ "Method -icase put", true },
		{ "Method -re \"^(PUT|POST)$\"", true },
		{ "Method PU", false },
		{ "Path \"^/Api/\"", true },
		{ "Path \"^/api/\"", false },
		{ "Path -icase \"^/api/\"", true },
		{ "IgnoreCase 1\nPath \"^/api/\"", true },
		{ "IgnoreCase 1\nPath -case \"^/api/\"", false },
		{ "IgnoreCase 1\nMatch OR\nPath \"^/api/\"\nEnd", true },
		{ "Path -exact /Api/States", true },
		{ "Path -exact /Api/States?A=1", false },
		{ "Path -exact /Api/State", false },
		{ "Path -end -icase /STATES", true },
		{ "Path -contain /S", true },
		{ "Path -contain -icase I/s", true },
		{ "Path A=1", false },
		{ "URL \"States.A=1&\"", true },
		{ "URL -end b=2", true },
		{ "Query -beg A=1", true },
		{ "Query \"^A=1\"", true },
		{ "Query \"[?]\"", false },
		{ "Query States", false },
		{ "QueryParam A 1", true },
		{ "QueryParam a 1", false },
		{ "QueryParam A -exact 1&b", false },
		{ "QueryParam b -exact two", true },
		{ "QueryParam b -exact 2", true },
		{ "QueryParam b \"^(one)?$\"", false },
		{ "QueryParam c \"^$\"", true },
		{ "QueryParam d \".*\"", false },
		{ "Match AND\nHost x.example.org\nMethod PUT\nEnd", true },
		{ "Match and\nHost x.example.org\nMethod GET\nEnd", false },
		{ "Match OR\nHost a\nHost b\nHost x.example.org\nEnd", true },
		{ "Match OR\nHost a\nHost b\nEnd", false },
		{ "Not Match OR\nHost a\nHost b\nEnd", true },
		{ "Not Match AND\nMethod PUT\nNot Path -beg /Api\nEnd", true },
		{ "Not Not Host x.example.org", true },
		{ "Match OR\nHost a\nMatch AND\nMethod PUT\n"
		  "Not Host b\nEnd\nEnd",
		    true },
		{ "Method PUT\nMatch OR\nHost a\nHost b\nEnd", false },
	};
	static const char query[] = "?A=1&b=two&c&b=2";
	struct config_request req = {
		.host = "x.example.org",
		.method = { "PUT", 3 },
		.path = { "/Api/States", 11 },
		.query = { query, sizeof(query) - 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct reading reading;
		char text[256];

		snprintf(text, sizeof(text),
		    "ListenHTTP\nEnd\nService\n%s\nRedirect https://x\nEnd\n",
		    cases[i].lines);
		reading_init_clean(&reading, text);
		if (config_service_matches(reading.config->services, &req) !=
		    cases[i].hold)
			fail_msg("%s", cases[i].lines);
		reading_release(&reading);
	}
}

static void
test_addresses(void **state)
{
	static const struct {
		const char *list, *client;
		bool hold;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.0.1", true },
		{ "10.0.0.0/8", "11.0.0.1", false },
		{ "10.0.0.128/25", "10.0.0.127", false },
		{ "10.0.0.128/25", "10.0.0.200", true },
		{ "10.0.0.1", "10.0.0.1", true },
		{ "10.0.0.1", "10.0.0.2", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "203.0.113.9", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "10.0.0.1 \"::1\"\n10.0.0.2", "::1", true },
		{ "10.0.0.1 \"::1\"\n10.0.0.2", "10.0.0.2", true },
		{ "", "10.0.0.1", false },
		{ "0.0.0.0/0", "-", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct config_request req = {
			.host = "",
			.peer = cases[i].client,
			.path = { "/", 1 },
		};
		struct reading reading;
		char text[256];

		snprintf(text, sizeof(text),
		    "Service\nACL \"a\"\nNot Not ACL\n%s\nEnd\n"
		    "Redirect https://x\nEnd\n"
		    "ListenHTTP\nEnd\nACL \"a\"\n%s\nEnd\n",
		    cases[i].list, cases[i].list);
		reading_init_clean(&reading, text);
		if (config_service_matches(reading.config->services, &req) !=
		    cases[i].hold)
			fail_msg("%s: %s", cases[i].list, cases[i].client);
		reading_release(&reading);
	}
}

static void
test_addresses_behind_a_proxy(void **state)
{
	struct config_request req = { .host = "",
		.peer = "192.0.2.1",
		.client = "10.0.0.1",
		.path = { "/", 1 } };
	struct reading reading;

	(void)state;
	reading_init_clean(&reading,
	    "ACL a\n10.0.0.1\nEnd\nListenHTTP\nEnd\n"
	    "Service\nACL a\nRedirect https://x\nEnd\n"
	    "Service\nACL -forwarded a\nRedirect https://x\nEnd\n"
	    "Service\nACL -forwarded\n10.0.0.2\nEnd\n"
	    "Redirect https://x\nEnd\n");
	assert_ptr_equal(config_find_service(
	                     reading.config, reading.config->listeners, &req),
	    reading.config->services->next);
	req.peer = "10.0.0.1%eth0";
	assert_true(config_service_matches(reading.config->services, &req));
	reading_release(&reading);
}

static void
test_request_without_query(void **state)
{
	struct config_request req = { .host = "", .path = { "/", 1 } };
	struct reading reading;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nEnd\nService\nURL \"^/$\"\nQuery \"^$\"\n"
	    "Not QueryParam a \".*\"\nRedirect https://x\nEnd\n");
	assert_true(config_service_matches(reading.config->services, &req));
	req.query = (struct slice){ "?", 1 };
	assert_false(config_service_matches(reading.config->services, &req));
	reading_release(&reading);
}

static void
test_patterns_of_fields_to_remove(void **state)
{
	struct reading reading;
	const struct config_pattern *remove;
	struct http_field f = field("x-FORWARDED-for", "1.2.3.4");
	char *huge = malloc(200000);

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nHeadRemove \"X-Forwarded-For\"\n"
	    "HeaderRemove \"^Cookie: evil$\"\nEnd\n");
	remove = reading.config->listeners->head_remove;
	assert_true(config_pattern_matches(remove, &f));
	f = field("Cookie", "evil");
	assert_true(config_pattern_matches(remove, &f));
	f = field("Cookie", "evil; not");
	assert_false(config_pattern_matches(remove, &f));
	f = field("X-Note", "about x-forwarded-for");
	assert_true(config_pattern_matches(remove, &f));
	f = field("Host", "");
	assert_false(config_pattern_matches(remove, &f));
	assert_false(config_pattern_matches(NULL, &f));

	/* Far beyond what a head can hold: no byte past the buffer. */
	memset(huge, 'a', 200000);
	f.value.p = huge;
	f.value.len = 200000;
	assert_false(config_pattern_matches(remove, &f));
	f.name = f.value;
	assert_false(config_pattern_matches(remove, &f));
	free(huge);
	reading_release(&reading);
}

static void
test_methods(void **state)
{
	static const struct {
		const char *method;
		unsigned least; /* 4: never */
	} methods[] = { { "GET", 0 }, { "HEAD", 0 }, { "POST", 0 },
		{ "PUT", 1 }, { "DELETE", 1 }, { "PATCH", 1 }, { "OPTIONS", 2 },
		{ "PROPFIND", 2 }, { "REPORT", 2 }, { "NOTIFY", 3 },
		{ "BDELETE", 3 }, { "CONNECT", 4 }, { "TRACE", 4 } };
	static const char *const unknown[] = { "get", "BREW", "", "GETS",
		"GE" };
	unsigned level;
	size_t i;

	(void)state;
	for (level = 0; level <= 3; level++) {
		for (i = 0; i < COUNT(methods); i++)
			assert_int_equal(
			    config_method_allowed(level, methods[i].method,
			        strlen(methods[i].method)),
			    level >= methods[i].least ? METHOD_ALLOWED
			                              : METHOD_NOT_ALLOWED);
		for (i = 0; i < COUNT(unknown); i++)
			assert_int_equal(config_method_allowed(level,
			                     unknown[i], strlen(unknown[i])),
			    METHOD_UNKNOWN);
	}
	assert_int_equal(config_method_allowed(0, "GETX", 3), METHOD_ALLOWED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_services_first_then_those_of_all),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_every_kind_of_condition),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_addresses_behind_a_proxy),
		cmocka_unit_test(test_request_without_query),
		cmocka_unit_test(test_patterns_of_fields_to_remove),
		cmocka_unit_test(test_methods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
