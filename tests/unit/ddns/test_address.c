/* Which addresses are published, and what is none. */

#include "address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/if_addr.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
test_read(void **state)
{
	static const struct {
		int family;
		const char *text;
		const char *normal; /* NULL: not public */
	} rows[] = {
		{ AF_INET, "93.184.216.34", "93.184.216.34" },
		{ AF_INET, "100.63.255.255", "100.63.255.255" },
		{ AF_INET, "100.64.0.1", NULL },
		{ AF_INET, "100.127.255.255", NULL },
		{ AF_INET, "100.128.0.1", "100.128.0.1" },
		{ AF_INET, "0.0.0.0", NULL },
		{ AF_INET, "10.1.2.3", NULL },
		{ AF_INET, "127.0.0.1", NULL },
		{ AF_INET, "169.254.1.1", NULL },
		{ AF_INET, "172.15.0.1", "172.15.0.1" },
		{ AF_INET, "172.16.0.1", NULL },
		{ AF_INET, "172.31.255.255", NULL },
		{ AF_INET, "172.32.0.1", "172.32.0.1" },
		{ AF_INET, "192.0.0.1", NULL },
		{ AF_INET, "192.0.2.1", NULL },
		{ AF_INET, "192.168.1.1", NULL },
		{ AF_INET, "198.19.0.1", NULL },
		{ AF_INET, "198.51.100.1", NULL },
		{ AF_INET, "203.0.113.1", NULL },
		{ AF_INET, "223.255.255.1", "223.255.255.1" },
		{ AF_INET, "224.0.0.1", NULL },
		{ AF_INET, "255.255.255.255", NULL },
		{ AF_INET, "1.2.3", NULL },
		{ AF_INET, "1.2.3.4 ", NULL },
		{ AF_INET, "", NULL },
		{ AF_INET, "2a00::1", NULL },
		{ AF_INET6, "2A00:0:0::1", "2a00::1" },
		{ AF_INET6, "2001:db8::1", NULL },
		{ AF_INET6, "2001:0:1::1", NULL },
		{ AF_INET6, "2001:200::1", "2001:200::1" },
		{ AF_INET6, "2002:102:304::1", NULL },
		{ AF_INET6, "3fff::1", NULL },
		{ AF_INET6, "3ffe::1", "3ffe::1" },
		{ AF_INET6, "fd00::1", NULL },
		{ AF_INET6, "fe80::1", NULL },
		{ AF_INET6, "ff02::1", NULL },
		{ AF_INET6, "::1", NULL },
		{ AF_INET6, "::ffff:1.2.3.4", NULL },
		{ AF_INET6, "64:ff9b::1", NULL },
		{ AF_INET6, "93.184.216.34", NULL },
	};
	char text[ADDRESS_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool ok = address_read(
		    rows[i].family, rows[i].text, strlen(rows[i].text), text);

		if (ok != (rows[i].normal != NULL))
			fail_msg("%s: %d", rows[i].text, ok);
		if (ok)
			assert_string_equal(text, rows[i].normal);
	}
}

static void
test_answer(void **state)
{
	static const struct {
		int family;
		const char *body;
		const char *address;
	} rows[] = {
		{ AF_INET, "93.184.216.34", "93.184.216.34" },
		{ AF_INET, " 93.184.216.34\r\n", "93.184.216.34" },
		{ AF_INET, "{\"ip\": \"93.184.216.34\"}", "93.184.216.34" },
		{ AF_INET, "{\"ip\": 4}", NULL },
		{ AF_INET, "{\"ip\"", NULL },
		{ AF_INET, "fl=1\nh=1.1.1.1\nip=93.184.216.34\nts=2\n",
		    "93.184.216.34" },
		{ AF_INET, "fl=1\nxip=93.184.216.34\n", NULL },
		{ AF_INET, "fl=1\nip=192.168.1.1\n", NULL },
		{ AF_INET, "<html>93.184.216.34</html>", NULL },
		{ AF_INET, "93.184.216.34 5.6.7.8", NULL },
		{ AF_INET, "2a00::1", NULL },
		{ AF_INET, "", NULL },
		{ AF_INET, "\n", NULL },
		{ AF_INET6, "2a00::1\n", "2a00::1" },
		{ AF_INET6, "93.184.216.34", NULL },
	};
	char text[ADDRESS_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool ok = address_in_answer(
		    rows[i].family, rows[i].body, strlen(rows[i].body), text);

		if (ok != (rows[i].address != NULL))
			fail_msg("%s: %d", rows[i].body, ok);
		if (ok)
			assert_string_equal(text, rows[i].address);
	}
}

static struct candidate
candidate(int family, const char *text, unsigned flags)
{
	struct candidate made = { .family = family, .flags = flags };

	assert_int_equal(inet_pton(family, text, made.address), 1);
	return made;
}

static const char *
chosen(const struct candidate *candidate)
{
	static char text[ADDRESS_SIZE];

	return candidate != NULL ? address_text(candidate, text) : "none";
}

static void
test_choose(void **state)
{
	const struct candidate list[] = {
		candidate(AF_INET6, "fe80::1", IFA_F_PERMANENT),
		candidate(AF_INET6, "2a00::1", IFA_F_TEMPORARY),
		candidate(AF_INET6, "2a00::2", IFA_F_DEPRECATED),
		candidate(AF_INET6, "2a00::3", IFA_F_TENTATIVE),
		candidate(AF_INET6, "2a00::4", IFA_F_DADFAILED),
		candidate(AF_INET, "192.168.1.1", IFA_F_PERMANENT),
		candidate(AF_INET, "93.184.216.34", IFA_F_SECONDARY),
		candidate(AF_INET6, "2a00::5", 0),
		candidate(AF_INET6, "2a00::6", IFA_F_PERMANENT),
	};
	size_t n = COUNT(list);

	(void)state;
	assert_string_equal(
	    chosen(address_choose(list, n, AF_INET, "")), "93.184.216.34");
	assert_string_equal(
	    chosen(address_choose(list, n, AF_INET6, "")), "2a00::5");
	assert_string_equal(
	    chosen(address_choose(list, n, AF_INET6, "2a00::6")), "2a00::6");
	assert_string_equal(
	    chosen(address_choose(list, n, AF_INET6, "2a00::1")), "2a00::5");
	assert_null(address_choose(list, 6, AF_INET6, ""));
	assert_null(address_choose(list, 6, AF_INET, ""));
}

static void
test_choose_beside(void **state)
{
	const struct candidate list[] = {
		candidate(AF_INET6, "2a00:0:0:1::1", IFA_F_TEMPORARY),
		candidate(AF_INET6, "2a00:0:0:2::2", 0),
		candidate(AF_INET6, "2a00:0:0:1::3", 0),
		candidate(AF_INET6, "2a00:0:0:1::4", 0),
		candidate(AF_INET6, "2a00:0:0:3::1", IFA_F_TEMPORARY),
	};
	size_t n = COUNT(list);

	(void)state;
	assert_string_equal(
	    chosen(address_choose_beside(list, n, "2a00:0:0:1::1")),
	    "2a00:0:0:1::3");
	assert_string_equal(
	    chosen(address_choose_beside(list, n, "2a00:0:0:1::4")),
	    "2a00:0:0:1::4");
	assert_null(address_choose_beside(list, n, "2a00:0:0:1::9"));
	assert_null(address_choose_beside(list, n, "2a00:0:0:3::1"));
	assert_null(address_choose_beside(list, n, "1.2.3.4"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_choose_beside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
