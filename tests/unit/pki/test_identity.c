/* Which certificate is meant: the example of RFC 9773 appendix A. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "pki/cert.h"
#include "pki/key.h"

static const char example[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt\n"
    "cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS\n"
    "BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu\n"
    "7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf\n"
    "qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B\n"
    "yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb\n"
    "+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK\n"
    "-----END CERTIFICATE-----\n";

static struct pki_chain *
parse(const char *pem)
{
	struct pki_chain *chain = pki_chain_parse(pem, strlen(pem), NULL);

	assert_non_null(chain);
	return chain;
}

static void
test_renewal_id(void **state)
{
	struct pki_chain *chain = parse(example);
	char *id = pki_chain_renewal_id(chain, NULL);

	(void)state;
	assert_string_equal(id, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
	free(id);
	pki_chain_free(chain);
}

static void
test_no_renewal_id(void **state)
{
	static const char *const names[] = { "gw.test" };
	struct pki_key *key = pki_key_generate(PKI_P256, NULL);
	char *pem = pki_self_signed(key, names, 1, 0, 1, NULL);
	struct pki_chain *chain = parse(pem);
	struct error err;

	(void)state;
	assert_null(pki_chain_renewal_id(chain, &err));
	assert_int_equal(err.kind, ERR_NOTFOUND);
	pki_chain_free(chain);
	free(pem);
	pki_key_free(key);
}

static void
test_leaf(void **state)
{
	struct pki_chain *chain = parse(example);
	const unsigned char *p;
	unsigned char *der;
	size_t len;
	X509 *leaf;

	(void)state;
	assert_int_equal(pki_chain_leaf(chain, &der, &len, NULL), 0);
	p = der;
	leaf = d2i_X509(NULL, &p, (long)len);
	assert_ptr_equal(p, der + len);
	assert_int_equal(X509_cmp(leaf, pki_chain_x509(chain, 0)), 0);
	X509_free(leaf);
	free(der);
	pki_chain_free(chain);
}

static void
test_end(void **state)
{
	struct pki_chain *chain = parse(example);

	(void)state;
	assert_true(pki_chain_ends_at(chain, "Example CA"));
	assert_false(pki_chain_ends_at(chain, "Example"));
	assert_false(pki_chain_ends_at(chain, "example.com"));
	assert_false(pki_chain_ends_at(chain, ""));
	pki_chain_free(chain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renewal_id),
		cmocka_unit_test(test_no_renewal_id),
		cmocka_unit_test(test_leaf),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
