/* The job's copy of what it is told. */

#include "job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "ipc/msg.h"

static void
init(struct job *job, const char *names)
{
	struct msg_JOB msg = { .kind = JOB_PLACEHOLDER,
		.names = names,
		.arg = "a",
		.directory = "d",
		.ca_file = "c",
		.email = "e",
		.eab_kid = "k",
		.eab_key = "h",
		.profile = "p",
		.chain = "ch",
		.challenges = "dns-01 odd http-01 tls-alpn-01 http-01",
		.http_address = "[::1]:80",
		.key_type = "t",
		.reuse_key = "rk",
		.certificate = "ce",
		.account_key = "ak",
		.account_url = "au",
		.order_url = "ou",
		.order_key = "ok" };

	job_init(job, NULL, &msg);
}

static void
test_fields(void **state)
{
	struct job job;

	(void)state;
	init(&job, "a");
	assert_int_equal(job.kind, JOB_PLACEHOLDER);
	assert_string_equal(job.arg, "a");
	assert_string_equal(job.directory, "d");
	assert_string_equal(job.ca_file, "c");
	assert_string_equal(job.email, "e");
	assert_string_equal(job.eab_kid, "k");
	assert_string_equal(job.eab_key, "h");
	assert_string_equal(job.profile, "p");
	assert_string_equal(job.chain, "ch");
	assert_string_equal(job.http_address, "[::1]:80");
	assert_int_equal(job.nways, 3);
	assert_int_equal(job.ways[0], JOB_DNS_01);
	assert_int_equal(job.ways[1], JOB_HTTP_01);
	assert_int_equal(job.ways[2], JOB_TLS_ALPN_01);
	job_drop_way(&job, JOB_HTTP_01);
	assert_int_equal(job.nways, 2);
	assert_int_equal(job.ways[1], JOB_TLS_ALPN_01);
	assert_string_equal(job.key_type, "t");
	assert_string_equal(job.reuse_key, "rk");
	assert_string_equal(job.certificate, "ce");
	assert_string_equal(job.account_key, "ak");
	assert_string_equal(job.account_url, "au");
	assert_string_equal(job.order_url, "ou");
	assert_string_equal(job.order_key, "ok");
	job_release(&job);
}

static void
test_names(void **state)
{
	static const char *const expected[] = { "home.example.org", "192.0.2.1",
		"2001:db8::1", "*.example.org" };
	struct job job;
	size_t i;

	(void)state;
	init(&job,
	    " Home.EXAMPLE.org 192.0.2.1  2001:0DB8:0::0001 "
	    "*.example.org ");
	assert_int_equal(job.nnames, 4);
	for (i = 0; i < 4; i++)
		assert_string_equal(job_names(&job)[i], expected[i]);
	assert_true(job_has_name(&job, "HOME.example.org"));
	assert_true(job_has_name(&job, "2001:db8::1"));
	assert_false(job_has_name(&job, "example.org"));
	assert_false(job_has_name(&job, ""));
	job_release(&job);

	init(&job, "");
	assert_int_equal(job.nnames, 0);
	assert_false(job_has_name(&job, ""));
	job_release(&job);
}

static void
test_addresses(void **state)
{
	(void)state;
	assert_true(job_is_address("192.0.2.1"));
	assert_true(job_is_address("::1"));
	assert_false(job_is_address("192.0.2"));
	assert_false(job_is_address("1.example.org"));
	assert_false(job_is_address("[::1]"));
}

static void
test_names_are_bounded(void **state)
{
	struct buf names = { 0 };
	struct job job;
	char *text;
	int i;

	(void)state;
	for (i = 0; i < JOB_NAMES_MAX + 10; i++)
		buf_printf(&names, "n%d.test ", i);
	text = buf_detach(&names, NULL);
	init(&job, text);
	assert_int_equal(job.nnames, JOB_NAMES_MAX);
	job_release(&job);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_names_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
