/* Records that have a form of their own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "dns/dns.h"
#include "dns/public.h"

/* An answer for "a.test" with one CAA record. */
#define HEAD                                                                   \
	"\0\7\x84\x80\0\1\0\1\0\0\0\0"                                         \
	"\1a\4test\0\1\1\0\1"                                                  \
	"\xc0\x0c\1\1\0\1\0\0\0\x3c\0"

static size_t
read_caa(const char *data, size_t len, struct dns_answer *answer)
{
	const struct dns_message message = { (const unsigned char *)data, len };
	struct error err;

	if (dns_read(&message, "a.test", DNS_CAA, answer, &err) == -1)
		fail_msg("%s", err.msg);
	return answer->n;
}

static void
test_caa(void **state)
{
	static const char good[] = HEAD "\x0d"
	                                "\0\5issueca.org",
	                  lies[] = HEAD "\x0d"
	                                "\0\xfeissueca.org",
	                  odd[] = HEAD "\x0d"
	                               "\0\5issueca\33org";
	struct dns_answer answer;

	(void)state;
	assert_int_equal(read_caa(good, sizeof(good) - 1, &answer), 1);
	assert_string_equal(answer.records[0], "issue ca.org");
	assert_int_equal(read_caa(lies, sizeof(lies) - 1, &answer), 0);
	assert_int_equal(read_caa(odd, sizeof(odd) - 1, &answer), 0);
}

static void
test_public(void **state)
{
	(void)state;
	assert_true(dns_is_public(
	    AF_INET, (const unsigned char[]){ 93, 184, 216, 34 }));
	assert_false(
	    dns_is_public(AF_INET, (const unsigned char[]){ 100, 64, 0, 1 }));
	assert_false(
	    dns_is_public(AF_INET, (const unsigned char[]){ 192, 168, 1, 2 }));
	assert_true(
	    dns_is_public(AF_INET6, (const unsigned char[16]){ 0x2a, 0x02 }));
	assert_false(
	    dns_is_public(AF_INET6, (const unsigned char[16]){ 0xfd }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caa),
		cmocka_unit_test(test_public),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
