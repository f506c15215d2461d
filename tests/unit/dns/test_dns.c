/* Records that have a form of their own. */

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "dns/dns.h"
#include "dns/public.h"
#include "dns/zone.h"

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

/* A server that takes questions and answers none. Returns its socket. */
static int
listen_silently(struct dns_server *server)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_int_not_equal(fd, -1);
	*server = (struct dns_server){ .len = sizeof(struct sockaddr_in) };
	((struct sockaddr_in *)&server->address)->sin_family = AF_INET;
	((struct sockaddr_in *)&server->address)->sin_addr.s_addr =
	    htonl(INADDR_LOOPBACK);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&server->address, server->len), 0);
	assert_int_equal(
	    getsockname(fd, (struct sockaddr *)&server->address, &server->len),
	    0);
	return fd;
}

/* Each of these would be waited for twice, two seconds each time. */
static void
test_many_dead_servers_take_no_more_than_there_is(void **state)
{
	static struct dns_zone zone = { .name = "a.test",
		.nhosts = DNS_RECORDS_MAX };
	static struct dns_answer answer;
	int64_t begun = clock_mono_ms();
	struct dns_server server;
	struct error err;
	bool all;
	int fd = listen_silently(&server);

	(void)state;
	for (size_t i = 0; i < zone.nhosts; i++) {
		zone.hosts[i].naddresses = DNS_ADDRESSES_MAX;
		for (size_t n = 0; n < DNS_ADDRESSES_MAX; n++)
			zone.hosts[i].addresses[n] = server;
	}
	assert_int_equal(
	    dns_zone_says(&zone, DNS_A, NULL, begun + 100, &answer, &all, &err),
	    -1);
	assert_in_range(clock_mono_ms() - begun, 100, 1900);
	close(fd);
}

static void
test_nobody_is_asked_when_the_time_is_up(void **state)
{
	static struct dns_answer answer;
	int64_t now = clock_mono_ms();
	struct dns_server server;
	struct error err;
	char data[512];
	int fd = listen_silently(&server);

	(void)state;
	assert_int_equal(
	    dns_ask(&server, "a.test", DNS_A, now, &answer, &err), -1);
	assert_string_equal(err.msg, "no answer: Connection timed out");
	assert_int_equal(recv(fd, data, sizeof(data), 0), -1);
	assert_int_equal(dns_resolve("a.test", DNS_A, now, &answer, &err), -1);
	assert_string_equal(err.msg, "the time is up");
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_caa),
		cmocka_unit_test(test_public),
		cmocka_unit_test(
		    test_many_dead_servers_take_no_more_than_there_is),
		cmocka_unit_test(test_nobody_is_asked_when_the_time_is_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
