/* The authority for clients, read back with libcrypto. */

#include "pki/clientca.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "pki/key.h"

#define DAY INT64_C(86400)
#define NOW INT64_C(1700000000)
#define PASSWORD "abcdefghjkmnpqrstuvw"

struct scene {
	char *cert, *key;
	struct pki_clientca *ca;
};

static int
set_up(void **state)
{
	static struct scene scene;
	struct error err;
	struct pki_key *key = pki_key_generate(PKI_P256, &err);

	scene.cert = pki_clientca_new(key, NOW, &err);
	scene.key = pki_key_pem(key, &err);
	pki_key_free(key);
	scene.ca = pki_clientca_open(
	    scene.cert, strlen(scene.cert), scene.key, strlen(scene.key), &err);
	*state = &scene;
	return scene.ca != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	pki_clientca_free(scene->ca);
	free(scene->cert);
	secret_free(scene->key);
	return 0;
}

static X509 *
read_cert(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	assert_non_null(cert);
	BIO_free(bio);
	return cert;
}

/* A certificate of the authority, read out of its PKCS#12. */
static X509 *
issue(struct scene *scene, const char *name, char serial[PKI_SERIAL_SIZE],
    PKCS12 **pack)
{
	const struct pki_client client = { name, PASSWORD, NOW,
		NOW + 10 * DAY };
	unsigned char *p12;
	const unsigned char *at;
	struct error err;
	size_t len;
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	struct stack_st_X509 *others = NULL;

	if (pki_clientca_issue(scene->ca, &client, serial, &p12, &len, &err) ==
	    -1)
		fail_msg("%s", err.msg);
	at = p12;
	*pack = d2i_PKCS12(NULL, &at, (long)len);
	assert_ptr_equal(at, p12 + len);
	assert_int_equal(
	    PKCS12_parse(*pack, PASSWORD, &key, &cert, &others), 1);
	assert_int_equal(X509_check_private_key(cert, key), 1);
	assert_int_equal(sk_X509_num(others) > 0 ? 1 : 0, 0);
	sk_X509_pop_free(others, X509_free);
	EVP_PKEY_free(key);
	free(p12);
	return cert;
}

/* What libcrypto says of it at this time. */
static int
verify(const struct scene *scene, X509 *cert, const char *crl, int64_t when)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *check = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	X509 *ca = read_cert(scene->cert);
	int result;

	X509_STORE_add_cert(store, ca);
	if (crl != NULL) {
		BIO *bio = BIO_new_mem_buf(crl, -1);
		X509_CRL *list = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);

		assert_non_null(list);
		X509_STORE_add_crl(store, list);
		X509_CRL_free(list);
		BIO_free(bio);
	}
	X509_STORE_CTX_init(check, store, cert, NULL);
	X509_STORE_CTX_set_default(check, "ssl_client");
	param = X509_STORE_CTX_get0_param(check);
	X509_VERIFY_PARAM_set_time(param, (time_t)when);
	X509_VERIFY_PARAM_set_flags(param,
	    X509_V_FLAG_X509_STRICT |
	        (crl != NULL ? X509_V_FLAG_CRL_CHECK : 0));
	X509_verify_cert(check);
	result = X509_STORE_CTX_get_error(check);
	X509_STORE_CTX_free(check);
	X509_STORE_free(store);
	X509_free(ca);
	ERR_clear_error();
	return result;
}

static void
test_authority(void **state)
{
	struct scene *scene = *state;
	X509 *cert = read_cert(scene->cert);
	struct pki_key *key = pki_key_generate(PKI_P256, NULL);
	char *other = pki_clientca_new(key, NOW, NULL);
	X509 *second = read_cert(other);

	assert_int_equal(X509_check_ca(cert), 1);
	assert_int_equal(X509_get_pathlen(cert), 0);
	assert_int_equal(
	    X509_get_key_usage(cert), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_CLIENT);
	assert_int_equal(
	    pki_clientca_not_after(scene->ca), NOW + PKI_CLIENTCA_DAYS * DAY);
	assert_int_not_equal(X509_NAME_cmp(X509_get_subject_name(cert),
	                         X509_get_subject_name(second)),
	    0);
	X509_free(second);
	X509_free(cert);
	free(other);
	pki_key_free(key);
}

static void
test_certificate(void **state)
{
	char serial[PKI_SERIAL_SIZE], again[PKI_SERIAL_SIZE], text[64];
	PKCS12 *pack, *other;
	X509 *cert = issue(*state, "Zoe's phone", serial, &pack);
	X509 *second = issue(*state, "Zoe's phone", again, &other);
	char *name;
	BIGNUM *bn;

	assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_CLIENT);
	assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_check_ca(cert), 0);
	name =
	    X509_NAME_oneline(X509_get_subject_name(cert), text, sizeof(text));
	assert_string_equal(name, "/CN=Zoe's phone");
	bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	name = BN_bn2hex(bn);
	assert_int_equal(strlen(serial), 32);
	assert_int_equal(strcasecmp(name, serial), 0);
	assert_string_not_equal(serial, again);
	OPENSSL_free(name);
	BN_free(bn);
	X509_free(cert);
	X509_free(second);
	PKCS12_free(pack);
	PKCS12_free(other);
}

static void
test_dates_and_purpose(void **state)
{
	char serial[PKI_SERIAL_SIZE];
	PKCS12 *pack;
	X509 *cert = issue(*state, "phone", serial, &pack);

	assert_int_equal(verify(*state, cert, NULL, NOW), X509_V_OK);
	/* A telephone's clock may be behind. */
	assert_int_equal(verify(*state, cert, NULL, NOW - 3600), X509_V_OK);
	assert_int_equal(verify(*state, cert, NULL, NOW + 10 * DAY + 1),
	    X509_V_ERR_CERT_HAS_EXPIRED);
	X509_free(cert);
	PKCS12_free(pack);
}

/* The form that iOS before 18 and Android before 12 read. */
static void
test_form_of_the_file(void **state)
{
	char serial[PKI_SERIAL_SIZE];
	PKCS12 *pack;
	X509 *cert = issue(*state, "phone", serial, &pack);
	const X509_ALGOR *mac;
	const ASN1_OBJECT *kind;
	const ASN1_OCTET_STRING *salt;
	struct stack_st_PKCS7 *safes = PKCS12_unpack_authsafes(pack);
	unsigned encrypted = 0;

	PKCS12_get0_mac(NULL, &mac, &salt, NULL, pack);
	X509_ALGOR_get0(&kind, NULL, NULL, mac);
	assert_int_equal(OBJ_obj2nid(kind), NID_sha1);
	assert_int_equal(ASN1_STRING_length(salt), 8);
	for (int i = 0; i < sk_PKCS7_num(safes); i++) {
		PKCS7 *safe = sk_PKCS7_value(safes, i);
		const X509_ALGOR *how;

		if (!PKCS7_type_is_encrypted(safe))
			continue;
		encrypted++;
		how = safe->d.encrypted->enc_data->algorithm;
		X509_ALGOR_get0(&kind, NULL, NULL, how);
		assert_int_equal(
		    OBJ_obj2nid(kind), NID_pbe_WithSHA1And3_Key_TripleDES_CBC);
	}
	assert_int_equal(encrypted, 1);
	assert_int_equal(PKCS12_verify_mac(pack, "wrong", -1), 0);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	X509_free(cert);
	PKCS12_free(pack);
	ERR_clear_error();
}

static void
test_revocations(void **state)
{
	struct scene *scene = *state;
	char lost_serial[PKI_SERIAL_SIZE], serial[PKI_SERIAL_SIZE];
	PKCS12 *first, *second;
	X509 *lost = issue(scene, "lost", lost_serial, &first);
	X509 *kept = issue(scene, "kept", serial, &second);
	const struct pki_revoked revoked = { lost_serial, NOW };
	char *none = pki_clientca_crl(scene->ca, NULL, 0, 1, NOW, NULL);
	char *one = pki_clientca_crl(scene->ca, &revoked, 1, 7, NOW, NULL);
	uint64_t number = 0;

	assert_int_equal(verify(scene, lost, none, NOW), X509_V_OK);
	assert_int_equal(
	    verify(scene, lost, one, NOW), X509_V_ERR_CERT_REVOKED);
	assert_int_equal(verify(scene, kept, one, NOW), X509_V_OK);
	/* It is good as long as any certificate can be. */
	assert_int_equal(
	    verify(scene, kept, one, NOW + 10 * DAY - 1), X509_V_OK);
	assert_int_equal(pki_crl_number(one, strlen(one), &number, NULL), 0);
	assert_int_equal(number, 7);
	free(none);
	free(one);
	X509_free(lost);
	X509_free(kept);
	PKCS12_free(first);
	PKCS12_free(second);
}

static void
test_list_lasts_as_long_as_the_authority(void **state)
{
	struct scene *scene = *state;
	char *text = pki_clientca_crl(scene->ca, NULL, 0, 1, NOW, NULL);
	BIO *bio = BIO_new_mem_buf(text, -1);
	X509_CRL *crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	X509 *cert = read_cert(scene->cert);

	assert_int_equal(ASN1_TIME_compare(X509_CRL_get0_nextUpdate(crl),
	                     X509_get0_notAfter(cert)),
	    0);
	X509_free(cert);
	X509_CRL_free(crl);
	BIO_free(bio);
	free(text);
}

static void
refused(const char *cert, const char *key, enum error_kind kind)
{
	struct error err = { 0 };

	assert_null(
	    pki_clientca_open(cert, strlen(cert), key, strlen(key), &err));
	assert_int_equal(err.kind, kind);
}

static void
test_what_does_not_belong_together(void **state)
{
	static const char *const names[] = { "x.test" };
	struct scene *scene = *state;
	struct pki_key *key = pki_key_generate(PKI_P256, NULL);
	char *other = pki_key_pem(key, NULL);
	char *server = pki_self_signed(key, names, 1, NOW, NOW + DAY, NULL);
	struct error err = { 0 };
	uint64_t number;

	refused(scene->cert, other, ERR_DENIED);
	refused(server, other, ERR_DENIED);
	refused(scene->cert, "rubbish", ERR_SYNTAX);
	refused(scene->cert, "", ERR_SYNTAX);
	refused("rubbish", scene->key, ERR_SYNTAX);
	assert_int_equal(pki_crl_number("rubbish", 7, &number, &err), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_int_equal(
	    pki_crl_number(scene->cert, strlen(scene->cert), &number, &err),
	    -1);
	secret_free(other);
	free(server);
	pki_key_free(key);
}

static void
test_name_that_no_certificate_can_have(void **state)
{
	struct scene *scene = *state;
	char serial[PKI_SERIAL_SIZE], name[66];
	struct pki_client client = { name, PASSWORD, NOW, NOW + DAY };
	unsigned char *p12 = NULL;
	struct error err = { 0 };
	size_t len;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(
	    pki_clientca_issue(scene->ca, &client, serial, &p12, &len, &err),
	    -1);
	assert_int_equal(err.kind, ERR_CRYPTO);
	assert_null(p12);
	name[64] = '\0';
	assert_int_equal(
	    pki_clientca_issue(scene->ca, &client, serial, &p12, &len, &err),
	    0);
	free(p12);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_authority),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_dates_and_purpose),
		cmocka_unit_test(test_form_of_the_file),
		cmocka_unit_test(test_revocations),
		cmocka_unit_test(test_list_lasts_as_long_as_the_authority),
		cmocka_unit_test(test_what_does_not_belong_together),
		cmocka_unit_test(test_name_that_no_certificate_can_have),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
