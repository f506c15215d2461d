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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
