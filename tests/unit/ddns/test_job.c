/* The job's copy of what it is told. */

#include "job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../ipc/wire.h"

static void
test_copy(void **state)
{
	const struct msg_DDNS_JOB msg = { .kind = DDNS_FORCE,
		.provider = "duckdns",
		.hosts = "a.example b.example",
		.login = "l",
		.password = "p",
		.token = "t",
		.zone = "z",
		.server = "s",
		.ca_file = "c",
		.url = "u",
		.method = "m",
		.headers = "A: 1 2\nB: 3",
		.body = "b",
		.success = "su",
		.ipv4 = DDNS_SOURCE_ROUTER,
		.ipv6 = DDNS_SOURCE_NONE,
		.listens = DDNS_IPV4,
		.services = "https://a/",
		.router = "r",
		.known4 = "4",
		.known6 = "6",
		.published = 7,
		.name = "n",
		.value = "v" };
	struct ddns_job job;

	(void)state;
	job_init(&job, &msg);
	assert_int_equal(job.kind, DDNS_FORCE);
	assert_int_equal(job.nhosts, 2);
	assert_string_equal(job.hosts[0], "a.example");
	assert_string_equal(job.hosts[1], "b.example");
	assert_string_equal(job.provider, "duckdns");
	assert_string_equal(job.login, "l");
	assert_string_equal(job.password, "p");
	assert_string_equal(job.token, "t");
	assert_string_equal(job.zone, "z");
	assert_string_equal(job.server, "s");
	assert_string_equal(job.ca_file, "c");
	assert_string_equal(job.url, "u");
	assert_string_equal(job.method, "m");
	assert_int_equal(job.nheaders, 2);
	assert_string_equal(job.headers[0], "A: 1 2");
	assert_string_equal(job.headers[1], "B: 3");
	assert_string_equal(job.body, "b");
	assert_string_equal(job.success, "su");
	assert_int_equal(job.ipv4, DDNS_SOURCE_ROUTER);
	assert_int_equal(job.ipv6, DDNS_SOURCE_NONE);
	assert_int_equal(job.listens, DDNS_IPV4);
	assert_int_equal(job.nservices, 1);
	assert_string_equal(job.services[0], "https://a/");
	assert_string_equal(job.router, "r");
	assert_string_equal(job.known4, "4");
	assert_string_equal(job.known6, "6");
	assert_int_equal(job.published, 7);
	assert_string_equal(job.name, "n");
	assert_string_equal(job.value, "v");
	job_release(&job);
	assert_null(job.token);
}

static void
test_server_of_the_provider(void **state)
{
	struct msg msg = over_the_wire((struct msg){
	    .kind = MSG_DDNS_JOB, .u.DDNS_JOB.provider = "duckdns" });
	struct ddns_job job;

	(void)state;
	job_init(&job, &msg.u.DDNS_JOB);
	assert_string_equal(job.server, "www.duckdns.org");
	assert_int_equal(job.nhosts, 0);
	job_release(&job);
	msg.u.DDNS_JOB.provider = "custom";
	job_init(&job, &msg.u.DDNS_JOB);
	assert_string_equal(job.server, "");
	job_release(&job);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_server_of_the_provider),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
