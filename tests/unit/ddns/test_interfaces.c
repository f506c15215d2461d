/* The list of the kernel, and lists that it would not write. */

#include "interfaces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

struct message {
	struct nlmsghdr head;
	struct ifaddrmsg address;
	struct rtattr attribute;
	unsigned char bytes[16];
};

static struct message
message(int family, const char *text)
{
	size_t len = family == AF_INET ? 4 : 16;
	struct message made = {
		.head = { .nlmsg_type = RTM_NEWADDR },
		.address = { .ifa_family = (unsigned char)family,
		    .ifa_flags = IFA_F_PERMANENT },
		.attribute = { .rta_len = (unsigned short)RTA_LENGTH(len),
		    .rta_type = IFA_ADDRESS },
	};

	made.head.nlmsg_len = (unsigned)(sizeof(made) - 16 + len);
	assert_int_equal(inet_pton(family, text, made.bytes), 1);
	return made;
}

static void
test_read(void **state)
{
	struct candidate list[INTERFACES_MAX];
	struct message one = message(AF_INET6, "2a00::1");
	struct message other = message(AF_INET, "93.184.216.34");
	struct message home = message(AF_INET, "192.168.1.1");
	struct nlmsghdr done = { .nlmsg_len = sizeof(done),
		.nlmsg_type = NLMSG_DONE };
	size_t n = 0;

	(void)state;
	assert_int_equal(interfaces_read(&one, sizeof(one), list, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(list[0].family, AF_INET6);
	assert_int_equal(list[0].flags, IFA_F_PERMANENT);
	assert_memory_equal(list[0].address, one.bytes, 16);
	assert_int_equal(interfaces_read(&other, sizeof(other), list, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(interfaces_read(&home, sizeof(home), list, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(interfaces_read(&done, sizeof(done), list, &n), 1);
	for (size_t len = 0; len < sizeof(one); len++)
		interfaces_read(&one, len, list, &n);
	assert_int_equal(n, 2);
	one.attribute.rta_len = 60000;
	assert_int_equal(interfaces_read(&one, sizeof(one), list, &n), 0);
	assert_int_equal(n, 2);
	done.nlmsg_type = NLMSG_ERROR;
	assert_int_equal(interfaces_read(&done, sizeof(done), list, &n), -1);
}

static void
test_list_is_bounded(void **state)
{
	struct candidate list[INTERFACES_MAX];
	struct message one = message(AF_INET6, "2a00::1");
	size_t n = 0;

	(void)state;
	for (int i = 0; i < INTERFACES_MAX + 2; i++)
		interfaces_read(&one, sizeof(one), list, &n);
	assert_int_equal(n, INTERFACES_MAX);
}

static void
test_kernel_answers(void **state)
{
	struct candidate list[INTERFACES_MAX];
	struct error err;
	size_t n = 99;

	(void)state;
	assert_int_equal(interfaces_list(list, &n, &err), 0);
	assert_true(n <= INTERFACES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_list_is_bounded),
		cmocka_unit_test(test_kernel_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
