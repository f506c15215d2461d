/* What the doctor knows of the way from the internet to this machine. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "doctor_reach.h"
#include "doctor_route.h"
#include "procfs.h"
#include "program.h"

static void
find(struct doctor_report *report, const char *check, const char *subject,
    enum doctor_verdict verdict)
{
	const struct doctor_finding finding = {
		.verdict = verdict,
		.check = check,
		.subject = xstrdup(subject),
		.evidence = xstrdup("seen"),
		.cure = verdict >= DOCTOR_WARN ? xstrdup("do") : NULL,
	};

	doctor_add(report, &finding);
}

static void
assert_cause(const struct doctor_report *report, unsigned port, bool ipv6,
    const char *subject)
{
	const struct doctor_finding *cause =
	    doctor_reach_cause(report, "x.org", port, ipv6);

	if (subject == NULL)
		assert_null(cause);
	else
		assert_string_equal(cause->subject, subject);
}

/* What explains most comes first; what is about another port does not. */
static void
test_causes(void **state)
{
	struct doctor_report report = { 0 };

	(void)state;
	assert_cause(&report, 443, false, NULL);
	find(&report, "ports", "port 0.0.0.0:80", DOCTOR_FAIL);
	find(&report, "ports", "port 0.0.0.0:443", DOCTOR_OK);
	find(&report, "ports", "port 0.0.0.0:8443", DOCTOR_FAIL);
	find(&report, "portmap", "router", DOCTOR_OK);
	find(&report, "names", "x.org from inside", DOCTOR_WARN);
	find(&report, "names", "CAA of x.org", DOCTOR_FAIL);
	find(&report, "names", "A of www.x.org", DOCTOR_FAIL);
	assert_cause(&report, 443, false, NULL);
	assert_cause(&report, 80, false, "port 0.0.0.0:80");
	find(&report, "names", "AAAA of x.org", DOCTOR_FAIL);
	assert_cause(&report, 443, false, "AAAA of x.org");
	find(&report, "firewall", "firewall for port 443", DOCTOR_WARN);
	assert_cause(&report, 443, false, "firewall for port 443");
	assert_cause(&report, 443, true, "AAAA of x.org");
	find(&report, "portmap", "router", DOCTOR_WARN);
	assert_cause(&report, 443, false, "router");
	assert_cause(&report, 443, true, "AAAA of x.org");
	doctor_release(&report);
}

#define REST "00000000000000000000000000000000"

static void
test_routes(void **state)
{
	static const struct {
		int family;
		const char *line;
		const char *iface; /* NULL: no default route */
		uint32_t metric;
	} cases[] = {
		{ AF_INET,
		    "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0",
		    "eth0", 100 },
		{ AF_INET, "eth0 0001A8C0 00000000 0001 0 0 100 00FFFFFF 0 0",
		    NULL, 0 },
		{ AF_INET, "wg0 00000000 00000000 0001 0 0 0 00000080 0 0",
		    NULL, 0 },
		{ AF_INET, "eth0 00000000 0101A8C0 0002 0 0 0 00000000 0 0",
		    NULL, 0 },
		{ AF_INET, "* 00000000 00000000 0201 0 0 0 00000000 0 0", NULL,
		    0 },
		{ AF_INET,
		    "a-name-too-long-0 00000000 0 0003 0 0 0 00000000 0 0",
		    NULL, 0 },
		{ AF_INET, "", NULL, 0 },
		{ AF_INET, "Iface Destination Gateway Flags RefCnt", NULL, 0 },
		{ AF_INET6,
		    REST " 00 " REST
		         " 00 fe800000000000000000000000000001 00000400 "
		         "00000001 00000000 00000003     eth1",
		    "eth1", 0x400 },
		{ AF_INET6,
		    REST " 00 " REST " 00 " REST
		         " ffffffff 00000001 00000000 00200200       lo",
		    NULL, 0 },
		{ AF_INET6,
		    "fe800000000000000000000000000000 40 " REST " 00 " REST
		    " 00000100 00000001 00000000 00000001     eth1",
		    NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char iface[IF_NAMESIZE];
		uint32_t metric;
		bool is_default = doctor_read_route(
		    cases[i].family, cases[i].line, iface, &metric);

		assert_int_equal(is_default, cases[i].iface != NULL);
		if (!is_default)
			continue;
		assert_string_equal(iface, cases[i].iface);
		assert_int_equal(metric, cases[i].metric);
	}
}

static void
test_mtu(void **state)
{
	(void)state;
	assert_int_equal(doctor_judge_mtu(1279), DOCTOR_WARN);
	assert_int_equal(doctor_judge_mtu(1280), DOCTOR_OK);
	assert_int_equal(doctor_judge_mtu(1500), DOCTOR_OK);
}

static void
test_hex(void **state)
{
	uint32_t value;

	(void)state;
	assert_true(procfs_hex("0aF9", 4, &value));
	assert_int_equal(value, 0x0af9);
	assert_true(procfs_hex("ffffffff", 8, &value));
	assert_int_equal(value, UINT32_MAX);
	assert_false(procfs_hex("0fffffff0", 9, &value));
	assert_false(procfs_hex("", 0, &value));
	assert_false(procfs_hex("0x1", 3, &value));
}

static void
test_program(void **state)
{
	static const char *const echo[] = { "echo", "a", "b c", NULL };
	static const char *const yes[] = { "yes", NULL };
	static const char *const sleeps[] = { "sleep", "60", NULL };
	static const char *const fails[] = { "false", NULL };
	static const char *const none[] = { "no-such-program-here", NULL };
	struct error err;
	struct buf out;

	(void)state;
	buf_init(&out, 100000);
	assert_int_equal(program_read(echo, 10000, &out, &err), 0);
	assert_int_equal(buf_len(&out), 6);
	assert_memory_equal(buf_data(&out), "a b c\n", 6);
	assert_int_equal(program_read(yes, 10000, &out, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	buf_clear(&out);
	assert_int_equal(program_read(sleeps, 10, &out, &err), -1);
	assert_int_equal(err.kind, ERR_TIMEOUT);
	assert_int_equal(program_read(fails, 10000, &out, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_int_equal(program_read(none, 10000, &out, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	assert_string_equal(err.msg, "no-such-program-here is not installed");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
