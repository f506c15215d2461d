/* Answers to a question for services in the house. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "dns/mdns.h"

#define SERVICE "_home-assistant._tcp.local"

/* A response with so many answers and additional records; then SERVICE at 12.
 */
#define HEAD(an, ar) "\0\0\x84\0\0\0\0" an "\0\0\0" ar
#define PTR                                                                    \
	"\x0f_home-assistant\4_tcp\5local\0\0\x0c\0\1\0\0\0\x0a\0\7"           \
	"\4Home\xc0\x0c"
/* "Home" is at 50: 12, 28 of the name and 10. */
#define HOME "\xc0\x32"
#define SRV(port)                                                              \
	HOME "\0\x21\x80\1\0\0\0\x0a\0\x0b\0\0\0\0" port "\2ha\xc0\x21"
/* "ha" is at 77, "local" at 33. */
#define A(a, b) "\2ha\xc0\x21\0\1\x80\1\0\0\0\x0a\0\4\xc0\xa8" a b

static int
read_it(const char *data, size_t len, struct mdns_answer *answer)
{
	const struct dns_message message = { (const unsigned char *)data, len };
	struct in_addr sender = { htonl(0xc0a80109) };

	memset(answer, 0xff, sizeof(*answer));
	return mdns_read(&message, SERVICE, sender, answer, NULL);
}

#define READ(text, answer) read_it(text, sizeof(text) - 1, answer)

static void
expect(const struct mdns_place *place, const char *address, unsigned port)
{
	assert_string_equal(inet_ntoa(place->address), address);
	assert_int_equal(place->port, port);
}

static void
test_all_is_said(void **state)
{
	struct mdns_answer answer;

	(void)state;
	assert_int_equal(READ(HEAD("\1", "\3") PTR SRV("\x1f\xbb") A("\1", "\2")
	                          A("\1", "\3"),
	                     &answer),
	    0);
	assert_int_equal(answer.n, 2);
	expect(&answer.places[0], "192.168.1.2", 8123);
	expect(&answer.places[1], "192.168.1.3", 8123);
}

static void
test_order_does_not_matter(void **state)
{
	static const char text[] = HEAD(
	    "\2", "\0") "\2ha\5local\0\0\1\0\1\0\0\0\x0a\0\4\xc0\xa8\1\7" PTR;
	struct mdns_answer answer;

	(void)state;
	assert_int_equal(READ(text, &answer), 0);
	assert_int_equal(answer.n, 1);
}

static void
test_what_is_missing(void **state)
{
	struct mdns_answer answer;

	(void)state;
	assert_int_equal(READ(HEAD("\1", "\0") PTR, &answer), 0);
	assert_int_equal(answer.n, 1);
	expect(&answer.places[0], "192.168.1.9", 0);
	assert_int_equal(READ(HEAD("\1", "\1") PTR SRV("\0\x50"), &answer), 0);
	assert_int_equal(answer.n, 1);
	expect(&answer.places[0], "192.168.1.9", 80);
}

static void
test_nothing_of_use(void **state)
{
	static const char other[] = HEAD("\1", "\0") "\4_ipp\4_tcp\5local\0"
	                                             "\0\x0c\0\1\0\0\0\x0a\0\2"
	                                             "\xc0\x0c";
	struct mdns_answer answer;

	(void)state;
	assert_int_equal(READ(HEAD("\0", "\0"), &answer), 0);
	assert_int_equal(answer.n, 0);
	assert_int_equal(READ(other, &answer), 0);
	assert_int_equal(answer.n, 0);
	assert_int_equal(
	    READ(HEAD("\0", "\3") SRV("\x1f\xbb") A("\1", "\2"), &answer), -1);
}

static void
test_refused(void **state)
{
	static const char cut[] = HEAD("\1", "\0") PTR;
	static const char question[] = "\0\0\0\0\0\0\0\1\0\0\0\0" PTR;
	struct mdns_answer answer;

	(void)state;
	assert_int_equal(READ("", &answer), -1);
	assert_int_equal(READ(question, &answer), -1);
	assert_int_equal(READ(HEAD("\2", "\0") PTR, &answer), -1);
	assert_int_equal(read_it(cut, sizeof(cut) - 3, &answer), -1);
}

static void
test_many(void **state)
{
	struct mdns_answer answer;
	char text[12 + 100 * 49];
	size_t len = 12;

	(void)state;
	memcpy(text, HEAD("\0", "\0"), 12);
	for (int i = 0; i < 20; i++) {
		memcpy(text + len, PTR, sizeof(PTR) - 1);
		len += sizeof(PTR) - 1;
	}
	text[7] = 20;
	assert_int_equal(read_it(text, len, &answer), 0);
	assert_int_equal(answer.n, MDNS_PLACES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_is_said),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_nothing_of_use),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
