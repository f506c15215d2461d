#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pki/mac.h"

/* RFC 4231, test case 2: a key is filled up with zeros. */
static void
test_known_answer(void **state)
{
	static const unsigned char key[PKI_MAC_SIZE] = "Jefe";
	static const char data[] = "what do ya want for nothing?";
	static const unsigned char expected[PKI_MAC_SIZE] = { 0x5b, 0xdc, 0xc1,
		0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08,
		0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39,
		0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43 };
	unsigned char mac[PKI_MAC_SIZE];

	(void)state;
	pki_mac(key, data, strlen(data), mac);
	assert_memory_equal(mac, expected, sizeof(mac));
	assert_true(pki_mac_is(mac, expected));
	mac[PKI_MAC_SIZE - 1] ^= 1;
	assert_false(pki_mac_is(mac, expected));
}

/* FIPS 180-2, appendix B.1. */
static void
test_digest(void **state)
{
	static const unsigned char expected[PKI_DIGEST_SIZE] = { 0xba, 0x78,
		0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde,
		0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
		0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
	unsigned char digest[PKI_DIGEST_SIZE];

	(void)state;
	pki_digest("abc", 3, digest);
	assert_memory_equal(digest, expected, sizeof(digest));
}

/* The same, appendix A.1. */
static void
test_sha1(void **state)
{
	static const unsigned char expected[PKI_SHA1_SIZE] = { 0xa9, 0x99, 0x3e,
		0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78,
		0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d };
	unsigned char digest[PKI_SHA1_SIZE];

	(void)state;
	pki_sha1("abc", 3, digest);
	assert_memory_equal(digest, expected, sizeof(digest));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answer),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_sha1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
