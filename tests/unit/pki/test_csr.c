/* Signing requests, read back with libcrypto. */

#include "pki/csr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "pki/key.h"

static X509_REQ *
request(enum pki_key_type type, const char *const *names, size_t nnames)
{
	struct error err;
	struct pki_key *key = pki_key_generate(type, &err);
	unsigned char *der;
	const unsigned char *at;
	size_t len;
	X509_REQ *req;

	assert_non_null(key);
	if (pki_csr(key, names, nnames, &der, &len, &err) == -1)
		fail_msg("%s", err.msg);
	at = der;
	req = d2i_X509_REQ(NULL, &at, (long)len);
	assert_non_null(req);
	assert_ptr_equal(at, der + len);
	assert_int_equal(
	    EVP_PKEY_eq(X509_REQ_get0_pubkey(req), pki_key_evp(key)), 1);
	free(der);
	pki_key_free(key);
	return req;
}

static void
test_names_in_order(void **state)
{
	static const char *const names[] = { "gate.example.org", "192.0.2.7",
		"*.example.org", "2001:db8::7" };
	static const char *const want[] = { "DNS:gate.example.org",
		"IP Address:192.0.2.7", "DNS:*.example.org",
		"IP Address:2001:DB8:0:0:0:0:0:7" };
	X509_REQ *req = request(PKI_P256, names, 4);
	struct stack_st_X509_EXTENSION *list = X509_REQ_get_extensions(req);
	X509_EXTENSION *san;
	GENERAL_NAMES *got;

	(void)state;
	assert_int_equal(sk_X509_EXTENSION_num(list), 1);
	san = sk_X509_EXTENSION_value(list, 0);
	assert_int_equal(
	    OBJ_obj2nid(X509_EXTENSION_get_object(san)), NID_subject_alt_name);
	got = X509V3_EXT_d2i(san);
	assert_int_equal(sk_GENERAL_NAME_num(got), 4);
	for (int i = 0; i < 4; i++) {
		BIO *bio = BIO_new(BIO_s_mem());
		char text[64] = "";

		GENERAL_NAME_print(bio, sk_GENERAL_NAME_value(got, i));
		BIO_read(bio, text, sizeof(text) - 1);
		assert_string_equal(text, want[i]);
		BIO_free(bio);
	}
	GENERAL_NAMES_free(got);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	X509_REQ_free(req);
}

static void
test_signed_subject_empty(void **state)
{
	static const struct {
		enum pki_key_type type;
		int nid;
	} rows[] = {
		{ PKI_P256, NID_ecdsa_with_SHA256 },
		{ PKI_P384, NID_ecdsa_with_SHA384 },
		{ PKI_RSA2048, NID_sha256WithRSAEncryption },
	};
	static const char *const names[] = { "x.example" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509_REQ *req = request(rows[i].type, names, 1);

		assert_int_equal(
		    X509_NAME_entry_count(X509_REQ_get_subject_name(req)), 0);
		assert_int_equal(X509_REQ_get_version(req), 0);
		assert_int_equal(X509_REQ_get_signature_nid(req), rows[i].nid);
		assert_int_equal(
		    X509_REQ_verify(req, X509_REQ_get0_pubkey(req)), 1);
		X509_REQ_free(req);
	}
}

static void
test_refuses_what_is_no_host(void **state)
{
	static const char *const bad[] = { "", "a b", "a,DNS:evil.example",
		"host\n", "m\303\274nchen.example", "http://x/", "::g" };
	struct error err;
	struct pki_key *key = pki_key_generate(PKI_P256, &err);
	unsigned char *der = NULL;
	char long_name[300];
	const char *name = long_name;
	size_t len = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *names[] = { "good.example", bad[i] };

		assert_int_equal(pki_csr(key, names, 2, &der, &len, &err), -1);
		assert_int_equal(err.kind, ERR_SYNTAX);
	}
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(pki_csr(key, &name, 1, &der, &len, &err), -1);
	assert_int_equal(pki_csr(key, NULL, 0, &der, &len, &err), -1);
	assert_null(der);
	assert_int_equal(len, 77);
	assert_int_equal(ERR_peek_error(), 0);
	pki_key_free(key);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_in_order),
		cmocka_unit_test(test_signed_subject_empty),
		cmocka_unit_test(test_refuses_what_is_no_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
