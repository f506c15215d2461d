/* The packets of NAT-PMP and PCP, byte by byte. */

#include "pmp.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NONCE "abcdefghijkl"

static struct pmp_map
wish(void)
{
	struct pmp_map map = {
		.inside = 8443, .outside = 443, .lifetime = 3600
	};

	inet_pton(AF_INET, "192.168.1.5", &map.own);
	memcpy(map.nonce, NONCE, PCP_NONCE_SIZE);
	return map;
}

static void
test_requests_of_natpmp(void **state)
{
	static const unsigned char add[] = { 0, 2, 0, 0, 0x20, 0xfb, 1, 0xbb, 0,
		0, 0x0e, 0x10 };
	static const unsigned char drop[] = { 0, 2, 0, 0, 0x20, 0xfb, 0, 0, 0,
		0, 0, 0 };
	unsigned char packet[PMP_PACKET_MAX];
	struct pmp_map map = wish();

	(void)state;
	assert_int_equal(pmp_put_address(packet), 2);
	assert_memory_equal(packet, "\0\0", 2);
	assert_int_equal(pmp_put_map(packet, &map), sizeof(add));
	assert_memory_equal(packet, add, sizeof(add));
	map.lifetime = 0;
	assert_int_equal(pmp_put_map(packet, &map), sizeof(drop));
	assert_memory_equal(packet, drop, sizeof(drop));
}

/* A port outside that is given or not; nothing of the kind to end a mapping. */
static void
test_requests_of_pcp(void **state)
{
	static const unsigned char head[] = { 2, 1, 0, 0, 0, 0, 0x0e, 0x10, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 1, 5 };
	static const unsigned char rest[] = { 6, 0, 0, 0, 0x20, 0xfb, 1, 0xbb,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 2, 0, 0,
		0 };
	unsigned char packet[PMP_PACKET_MAX];
	struct pmp_map map = wish();

	(void)state;
	assert_int_equal(pcp_put_map(packet, &map), 64);
	assert_memory_equal(packet, head, 24);
	assert_memory_equal(packet + 24, NONCE, 12);
	assert_memory_equal(packet + 36, rest, sizeof(rest));
	map.lifetime = 0;
	assert_int_equal(pcp_put_map(packet, &map), 60);
	assert_memory_equal(packet + 4, "\0\0\0\0", 4);
}

static void
test_address_of_natpmp(void **state)
{
	unsigned char data[] = { 0, 128, 0, 0, 0, 0, 0, 9, 8, 8, 4, 4 };
	struct pmp_answer answer;
	char text[INET_ADDRSTRLEN];

	(void)state;
	assert_int_equal(pmp_get_address(data, 12, &answer), PMP_OK);
	assert_string_equal(
	    inet_ntop(AF_INET, &answer.wan, text, sizeof(text)), "8.8.4.4");
	assert_int_equal(pmp_get_address(data, 11, &answer), PMP_FOREIGN);
	data[3] = 3;
	assert_int_equal(pmp_get_address(data, 8, &answer), PMP_REFUSED);
	assert_string_equal(pmp_result(answer.code), "network failure");
	data[3] = 1;
	assert_int_equal(pmp_get_address(data, 8, &answer), PMP_VERSION);
	data[0] = 2;
	assert_int_equal(pmp_get_address(data, 8, &answer), PMP_VERSION);
	data[0] = 0;
	data[1] = 0;
	assert_int_equal(pmp_get_address(data, 12, &answer), PMP_FOREIGN);
}

static void
test_answers_of_natpmp(void **state)
{
	unsigned char data[] = { 0, 130, 0, 0, 0, 0, 0, 9, 0x20, 0xfb, 1, 0xbb,
		0, 0, 2, 0x58 };
	const struct pmp_map map = wish();
	struct pmp_answer answer;

	(void)state;
	assert_int_equal(pmp_get_map(data, 16, &map, &answer), PMP_OK);
	assert_int_equal(answer.outside, 443);
	assert_int_equal(answer.lifetime, 600);
	assert_int_equal(pmp_get_map(data, 15, &map, &answer), PMP_FOREIGN);
	data[9]++; /* of another port */
	assert_int_equal(pmp_get_map(data, 16, &map, &answer), PMP_FOREIGN);
	data[9]--;
	data[1] = 129; /* UDP */
	assert_int_equal(pmp_get_map(data, 16, &map, &answer), PMP_FOREIGN);
	data[1] = 130;
	data[3] = 2;
	assert_int_equal(pmp_get_map(data, 8, &map, &answer), PMP_REFUSED);
	assert_int_equal(answer.code, 2);
}

static void
fill(unsigned char data[60])
{
	static const unsigned char wan[] = { [10] = 0xff, 0xff, 8, 8, 4, 4 };

	memset(data, 0, 60);
	data[0] = 2;
	data[1] = 0x81;
	data[7] = 120;
	memcpy(data + 24, NONCE, 12);
	data[36] = 6;
	memcpy(data + 40, "\x20\xfb\x01\xbb", 4);
	memcpy(data + 44, wan, sizeof(wan));
}

static void
test_answers_of_pcp(void **state)
{
	const struct pmp_map map = wish();
	unsigned char data[60];
	struct pmp_answer answer;

	(void)state;
	fill(data);
	assert_int_equal(pcp_get_map(data, 60, &map, &answer), PMP_OK);
	assert_int_equal(answer.lifetime, 120);
	assert_int_equal(answer.outside, 443);
	assert_int_equal(answer.wan.s_addr, htonl(0x08080404));
	data[44] = 0x20; /* an address of IPv6 is none */
	assert_int_equal(pcp_get_map(data, 60, &map, &answer), PMP_OK);
	assert_int_equal(answer.wan.s_addr, 0);
	data[3] = 11;
	assert_int_equal(pcp_get_map(data, 60, &map, &answer), PMP_REFUSED);
	assert_string_equal(
	    pcp_result(answer.code), "cannot provide this external port");
	assert_int_equal(pcp_get_map(data, 59, &map, &answer), PMP_FOREIGN);
}

/* Each of what an answer must repeat. */
static void
test_foreign_answers_of_pcp(void **state)
{
	static const size_t places[] = { 1, 24, 35, 36, 40, 41 };
	const struct pmp_map map = wish();
	struct pmp_answer answer = { .code = 77 };
	unsigned char data[60];

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		fill(data);
		data[places[i]] ^= 0x40;
		assert_int_equal(
		    pcp_get_map(data, 60, &map, &answer), PMP_FOREIGN);
	}
	assert_int_equal(answer.code, 77);
}

static void
test_pcp_is_not_spoken(void **state)
{
	/* RFC 6886 section 3.5, RFC 6887 appendix A. */
	static const unsigned char natpmp[] = { 0, 128, 0, 1, 0, 0, 0, 9 };
	const struct pmp_map map = wish();
	unsigned char pcp[24] = { 2, 0x81, 0, 1 };
	struct pmp_answer answer;

	(void)state;
	assert_int_equal(
	    pcp_get_map(natpmp, sizeof(natpmp), &map, &answer), PMP_VERSION);
	assert_int_equal(
	    pcp_get_map(pcp, sizeof(pcp), &map, &answer), PMP_VERSION);
	assert_int_equal(pcp_get_map(pcp, 3, &map, &answer), PMP_FOREIGN);
}

static void
test_every_result_has_a_word(void **state)
{
	(void)state;
	assert_string_equal(pmp_result(5), "unsupported opcode");
	assert_string_equal(pmp_result(6), "an unknown result");
	assert_string_equal(pcp_result(13), "excessive remote peers");
	assert_string_equal(pcp_result(14), "an unknown result");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests_of_natpmp),
		cmocka_unit_test(test_requests_of_pcp),
		cmocka_unit_test(test_address_of_natpmp),
		cmocka_unit_test(test_answers_of_natpmp),
		cmocka_unit_test(test_answers_of_pcp),
		cmocka_unit_test(test_foreign_answers_of_pcp),
		cmocka_unit_test(test_pcp_is_not_spoken),
		cmocka_unit_test(test_every_result_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
