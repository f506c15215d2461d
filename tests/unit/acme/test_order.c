/* Orders as CAs describe them. */

#include "order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../ipc/wire.h"
#include "ipc/msg.h"
#include "job.h"
#include "json/json.h"

#define NAMES                                                                  \
	"\"identifiers\":[{\"type\":\"dns\",\"value\":\"B.test\"},"            \
	"{\"type\":\"ip\",\"value\":\"2001:db8::1\"},"                         \
	"{\"type\":\"dns\",\"value\":\"a.test\"}]"
#define LISTS "\"authorizations\":[\"z1\",\"z2\",\"z3\"],\"finalize\":\"f\""

static int
parse(struct order_state *order, const char *text, struct problem *problem)
{
	const struct msg msg = over_the_wire((struct msg){
	    .kind = MSG_JOB, .u.JOB.names = "a.test b.test 2001:DB8:0::1" });
	struct json *doc = json_parse(text, strlen(text), NULL);
	struct job job;
	int ret;

	assert_non_null(doc);
	job_init(&job, NULL, &msg.u.JOB);
	ret = order_state_parse(order, doc, &job, problem);
	job_release(&job);
	json_free(doc);
	return ret;
}

static void
test_pending(void **state)
{
	struct order_state order;
	struct problem problem;

	(void)state;
	assert_int_equal(
	    parse(&order, "{\"status\":\"pending\"," NAMES "," LISTS "}",
	        &problem),
	    0);
	assert_int_equal(order.status, ACME_PENDING);
	assert_string_equal(order.finalize, "f");
	assert_null(order.certificate);
	assert_int_equal(order.nauthorizations, 3);
	assert_string_equal(order.authorizations[2], "z3");
	order_state_release(&order);
}

static void
test_valid(void **state)
{
	struct order_state order;
	struct problem problem;

	(void)state;
	assert_int_equal(parse(&order,
	                     "{\"status\":\"valid\"," NAMES "," LISTS
	                     ",\"certificate\":\"c\"}",
	                     &problem),
	    0);
	assert_int_equal(order.status, ACME_VALID);
	assert_string_equal(order.certificate, "c");
	order_state_release(&order);
}

static void
test_invalid(void **state)
{
	struct order_state order;
	struct problem problem;

	(void)state;
	assert_int_equal(
	    parse(&order,
	        "{\"status\":\"invalid\"," NAMES "," LISTS ",\"error\":"
	        "{\"type\":\"urn:ietf:params:acme:error:caa\","
	        "\"detail\":\"no\"}}",
	        &problem),
	    0);
	assert_int_equal(order.status, ACME_INVALID);
	assert_int_equal(order.problem.type, PROBLEM_CAA);
	order_state_release(&order);

	assert_int_equal(
	    parse(&order, "{\"status\":\"invalid\"," NAMES "," LISTS "}",
	        &problem),
	    0);
	assert_int_equal(order.problem.type, PROBLEM_OTHER);
	assert_non_null(strstr(order.problem.detail, "does not say why"));
	order_state_release(&order);
}

static void
test_no_order(void **state)
{
	static const char *const texts[] = { "[]", "{}",
		"{\"status\":\"pending\"," NAMES "}",
		"{\"status\":\"odd\"," NAMES "," LISTS "}",
		"{\"status\":\"pending\"," LISTS "}",
		"{\"status\":\"valid\"," NAMES "," LISTS "}",
		"{\"status\":\"pending\"," NAMES
		",\"authorizations\":[],\"finalize\":\"f\"}",
		"{\"status\":\"pending\"," NAMES
		",\"authorizations\":[\"z\",7],\"finalize\":\"f\"}",
		"{\"status\":\"pending\"," NAMES
		",\"authorizations\":[\"z\"],\"finalize\":7}" };
	struct order_state order = { .finalize = NULL };
	struct problem problem;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(parse(&order, texts[i], &problem), -1);
		assert_int_equal(problem.type, PROBLEM_ANSWER);
	}
	assert_null(order.finalize);
}

static void
test_other_names(void **state)
{
	static const char *const lists[] = { "[]", "7",
		"[{\"value\":\"a.test\"},{\"value\":\"b.test\"}]",
		"[{\"value\":\"a.test\"},{\"value\":\"b.test\"},"
		"{\"value\":\"2001:db8::1\"},{\"value\":\"c.test\"}]",
		"[{\"value\":\"a.test\"},{\"value\":\"b.test\"},"
		"{\"value\":\"c.test\"}]",
		"[{\"value\":\"a.test\"},{\"value\":\"b.test\"},{}]" };
	struct order_state order;
	struct problem problem;
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		snprintf(text, sizeof(text),
		    "{\"status\":\"ready\",\"identifiers\":%s," LISTS "}",
		    lists[i]);
		assert_int_equal(parse(&order, text, &problem), -1);
		assert_string_equal(
		    problem.detail, "the CA's order is for other names");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_no_order),
		cmocka_unit_test(test_other_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
