/* Chains: made here with libcrypto, read and judged with the library. */

#include "pki/cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "pki/key.h"

#define BEFORE 1790000000 /* 2026-09-21 */
#define AFTER (BEFORE + 90 * 86400)

/* root -> middle -> leaf, as a CA hands them out. */
struct lab {
	struct pki_key *root_key, *middle_key, *leaf_key;
	X509 *root, *middle, *leaf;
};

struct spec {
	const char *cn;  /* NULL: an empty subject */
	const char *san; /* libcrypto's words; NULL: none */
	bool ca;
};

static void
extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(ext);
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

static X509 *
certify(const struct spec *spec, const struct pki_key *key, X509 *issuer,
    const struct pki_key *issuer_key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set_uint64(
	    X509_get_serialNumber(cert), 0x87654321abcdef00);
	ASN1_TIME_set(X509_getm_notBefore(cert), BEFORE);
	ASN1_TIME_set(X509_getm_notAfter(cert), AFTER);
	if (spec->cn != NULL)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		    (const unsigned char *)spec->cn, -1, -1, 0);
	X509_set_subject_name(cert, name);
	X509_set_issuer_name(
	    cert, issuer != NULL ? X509_get_subject_name(issuer) : name);
	X509_set_pubkey(cert, pki_key_evp(key));
	if (spec->san != NULL)
		extend(cert, NID_subject_alt_name, spec->san);
	if (spec->ca)
		extend(cert, NID_basic_constraints, "critical,CA:TRUE");
	assert_int_not_equal(
	    X509_sign(cert, pki_key_evp(issuer_key), EVP_sha256()), 0);
	X509_NAME_free(name);
	return cert;
}

static int
lab_open(void **state)
{
	static const struct spec root = { "Lab Root", NULL, true };
	static const struct spec middle = { "Lab \"Middle\" M\303\274", NULL,
		true };
	static const struct spec leaf = { NULL,
		"critical,DNS:Gate.example.org,DNS:*.example.net,"
		"IP:192.0.2.7,IP:2001:db8::7,email:me@example.org",
		false };
	struct lab *lab = xcalloc(1, sizeof(*lab));

	lab->root_key = pki_key_generate(PKI_P256, NULL);
	lab->middle_key = pki_key_generate(PKI_P256, NULL);
	lab->leaf_key = pki_key_generate(PKI_P256, NULL);
	lab->root = certify(&root, lab->root_key, NULL, lab->root_key);
	lab->middle =
	    certify(&middle, lab->middle_key, lab->root, lab->root_key);
	lab->leaf = certify(&leaf, lab->leaf_key, lab->middle, lab->middle_key);
	*state = lab;
	return 0;
}

static int
lab_close(void **state)
{
	struct lab *lab = *state;

	X509_free(lab->root);
	X509_free(lab->middle);
	X509_free(lab->leaf);
	pki_key_free(lab->root_key);
	pki_key_free(lab->middle_key);
	pki_key_free(lab->leaf_key);
	free(lab);
	return 0;
}

static void
put(BIO *bio, X509 *cert)
{
	assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
}

static void
put_key(BIO *bio, const struct pki_key *key)
{
	char *pem = pki_key_pem(key, NULL);

	BIO_puts(bio, pem);
	free(pem);
}

/* Parses and frees what was written. */
static struct pki_chain *
parse(BIO *bio)
{
	struct error err;
	char *text;
	long len = BIO_get_mem_data(bio, &text);
	struct pki_chain *chain = pki_chain_parse(text, (size_t)len, &err);

	if (chain == NULL)
		fail_msg("%s", err.msg);
	BIO_free(bio);
	return chain;
}

static struct pki_chain *
parse_leaf(X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());

	put(bio, cert);
	return parse(bio);
}

static void
test_info(void **state)
{
	static const char *const names[] = { "Gate.example.org",
		"*.example.net", "192.0.2.7", "2001:db8::7" };
	struct lab *lab = *state;
	struct pki_chain *chain = parse_leaf(lab->leaf);
	const struct pki_cert_info *info = pki_chain_info(chain);

	assert_string_equal(info->serial, "87654321abcdef00");
	assert_string_equal(info->issuer, "Lab \\x22Middle\\x22 M\\xc3\\xbc");
	assert_true(info->not_before == BEFORE);
	assert_true(info->not_after == AFTER);
	assert_string_equal(info->key_kind, "ECDSA");
	assert_int_equal(info->nnames, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(info->names[i], names[i]);
	pki_chain_free(chain);
}

/* Key first, comments, CRLF, an old label: as people's files are. */
static void
test_mixed_text(void **state)
{
	struct lab *lab = *state;
	BIO *unix_lines = BIO_new(BIO_s_mem()), *bio = BIO_new(BIO_s_mem());
	struct pki_chain *chain;
	char *text;
	long len;

	BIO_puts(unix_lines, "Bag Attributes\n    friendlyName: gate\n");
	put_key(unix_lines, lab->leaf_key);
	BIO_puts(unix_lines, "subject=\n\nissuer=CN = Lab Middle\n");
	put(unix_lines, lab->leaf);
	BIO_puts(unix_lines,
	    "-----BEGIN DH PARAMETERS-----\nAAAA\n"
	    "-----END DH PARAMETERS-----\n");
	put(unix_lines, lab->middle);
	BIO_puts(unix_lines, "the end");
	len = BIO_get_mem_data(unix_lines, &text);
	for (long i = 0; i < len; i++) {
		if (text[i] == '\n')
			BIO_write(bio, "\r", 1);
		BIO_write(bio, text + i, 1);
	}
	BIO_free(unix_lines);
	chain = parse(bio);
	assert_int_equal(X509_cmp(pki_chain_x509(chain, 0), lab->leaf), 0);
	assert_int_equal(X509_cmp(pki_chain_x509(chain, 1), lab->middle), 0);
	assert_null(pki_chain_x509(chain, 2));
	pki_chain_free(chain);
}

static void
test_pem_holds_certificates_only(void **state)
{
	struct lab *lab = *state;
	BIO *bio = BIO_new(BIO_s_mem()), *want = BIO_new(BIO_s_mem());
	struct pki_chain *chain;
	struct error err;
	char *pem, *text;
	long len;

	put(bio, lab->leaf);
	put_key(bio, lab->leaf_key);
	put(bio, lab->middle);
	put(bio, lab->root);
	put(want, lab->leaf);
	put(want, lab->middle);
	put(want, lab->root);
	chain = parse(bio);
	pem = pki_chain_pem(chain, &err);
	len = BIO_get_mem_data(want, &text);
	assert_int_equal(strlen(pem), len);
	assert_memory_equal(pem, text, (size_t)len);
	free(pem);
	BIO_free(want);
	pki_chain_free(chain);
}

static void
refused(const char *text, enum error_kind kind, const char *why)
{
	struct error err;

	assert_null(pki_chain_parse(text, strlen(text), &err));
	assert_int_equal(err.kind, kind);
	if (strstr(err.msg, why) == NULL)
		fail_msg("'%s' lacks '%s'", err.msg, why);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
test_parse_refusals(void **state)
{
	struct lab *lab = *state;
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;

	refused("", ERR_SYNTAX, "no certificate");
	refused("-----BEGIN CERTIFICATE-----\nAAAA\n"
	        "-----END CERTIFICATE-----\n",
	    ERR_SYNTAX, "malformed certificate");
	refused(
	    "-----BEGIN CERTIFICATE-----\nAAAA\n", ERR_SYNTAX, "malformed PEM");
	for (int i = 0; i <= PKI_CHAIN_MAX; i++)
		put(bio, lab->root);
	BIO_write(bio, "", 1);
	BIO_get_mem_data(bio, &text);
	refused(text, ERR_LIMIT, "more than 16");
	BIO_free(bio);
}

static void
test_sixteen_are_fine(void **state)
{
	struct lab *lab = *state;
	BIO *bio = BIO_new(BIO_s_mem());
	struct pki_chain *chain;

	for (int i = 0; i < PKI_CHAIN_MAX; i++)
		put(bio, lab->root);
	chain = parse(bio);
	assert_non_null(pki_chain_x509(chain, PKI_CHAIN_MAX - 1));
	assert_null(pki_chain_x509(chain, PKI_CHAIN_MAX));
	pki_chain_free(chain);
}

/* Without subjectAltName the common name counts, if it can be a host. */
static void
test_common_name(void **state)
{
	static const struct {
		struct spec spec;
		const char *name; /* NULL: none */
	} rows[] = {
		{ { "old.example", NULL, false }, "old.example" },
		{ { "Living Room", NULL, false }, NULL },
		{ { "cn.example", "DNS:san.example", false }, "san.example" },
		{ { "cn.example", "email:a@b.c", false }, "cn.example" },
		{ { NULL, NULL, false }, NULL },
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509 *cert =
		    certify(&rows[i].spec, lab->leaf_key, NULL, lab->leaf_key);
		struct pki_chain *chain = parse_leaf(cert);
		const struct pki_cert_info *info = pki_chain_info(chain);

		assert_int_equal(info->nnames, rows[i].name != NULL);
		if (rows[i].name != NULL)
			assert_string_equal(info->names[0], rows[i].name);
		pki_chain_free(chain);
		X509_free(cert);
	}
}

/* A name with a NUL in it is not the name before the NUL. */
static void
test_name_with_nul(void **state)
{
	struct lab *lab = *state;
	static const struct spec plain = { NULL, NULL, false };
	X509 *cert = certify(&plain, lab->leaf_key, NULL, lab->leaf_key);
	GENERAL_NAMES *san = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *value = ASN1_IA5STRING_new();
	struct pki_chain *chain;

	ASN1_STRING_set(value, "good.example\0.evil.example", 26);
	GENERAL_NAME_set0_value(name, GEN_DNS, value);
	sk_GENERAL_NAME_push(san, name);
	X509_add1_ext_i2d(cert, NID_subject_alt_name, san, 0, 0);
	X509_sign(cert, pki_key_evp(lab->leaf_key), EVP_sha256());
	chain = parse_leaf(cert);
	assert_int_equal(pki_chain_info(chain)->nnames, 0);
	pki_chain_free(chain);
	GENERAL_NAMES_free(san);
	X509_free(cert);
}

static void
test_many_names(void **state)
{
	struct lab *lab = *state;
	struct spec spec = { NULL, NULL, false };
	BIO *bio = BIO_new(BIO_s_mem());
	struct pki_chain *chain;
	char *text;
	X509 *cert;

	for (int i = 0; i < 300; i++)
		BIO_printf(bio, "%sDNS:n%d.example", i > 0 ? "," : "", i);
	BIO_write(bio, "", 1);
	BIO_get_mem_data(bio, &text);
	spec.san = text;
	cert = certify(&spec, lab->leaf_key, NULL, lab->leaf_key);
	chain = parse_leaf(cert);
	assert_int_equal(pki_chain_info(chain)->nnames, 128);
	assert_string_equal(pki_chain_info(chain)->names[127], "n127.example");
	pki_chain_free(chain);
	X509_free(cert);
	BIO_free(bio);
}

static void
test_name_covers(void **state)
{
	static const struct {
		const char *pattern, *host;
		bool covers;
	} rows[] = {
		{ "example.org", "example.org", true },
		{ "Example.ORG", "eXample.org", true },
		{ "example.org", "example.org.", false },
		{ "example.org", "www.example.org", false },
		{ "*.example.org", "www.example.org", true },
		{ "*.example.org", "WWW.EXAMPLE.ORG", true },
		{ "*.example.org", "*.example.org", true },
		{ "*.example.org", "example.org", false },
		{ "*.example.org", "a.b.example.org", false },
		{ "*.example.org", ".example.org", false },
		{ "*.example.org", "www.example.com", false },
		{ "w*.example.org", "www.example.org", false },
		{ "*", "example", false },
		{ "www.*.org", "www.example.org", false },
		{ "192.0.2.7", "192.0.2.7", true },
		{ "2001:db8::7", "2001:DB8::7", true },
		{ "*.example.org", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (pki_name_covers(rows[i].pattern, rows[i].host) !=
		    rows[i].covers)
			fail_msg("%s, %s", rows[i].pattern, rows[i].host);
}

/* The chain of the lab with one thing wrong, or nothing. */
static void
judge(struct lab *lab, X509 *last, const struct pki_key *key, int64_t now,
    const char *why)
{
	static const char *const names[] = { "gate.example.org",
		"any.example.net", "192.0.2.7", "2001:DB8:0:0::7" };
	BIO *bio = BIO_new(BIO_s_mem());
	struct pki_chain *chain;
	struct error err = { 0 };
	int rc;

	put(bio, lab->leaf);
	put(bio, last);
	chain = parse(bio);
	rc = pki_chain_check(chain, key, names, 4, now, &err);
	assert_int_equal(rc, why != NULL ? -1 : 0);
	if (why != NULL && strstr(err.msg, why) == NULL)
		fail_msg("'%s' lacks '%s'", err.msg, why);
	assert_int_equal(err.kind, why != NULL ? ERR_DENIED : 0);
	assert_int_equal(ERR_peek_error(), 0);
	pki_chain_free(chain);
}

static void
test_check(void **state)
{
	struct lab *lab = *state;
	const struct pki_key *key = lab->leaf_key;

	judge(lab, lab->middle, key, BEFORE, NULL);
	judge(lab, lab->middle, key, AFTER, NULL);
	judge(lab, lab->middle, key, BEFORE - 1, "not valid before 2026-09-2");
	judge(lab, lab->middle, key, AFTER + 1, "expired at 2026-12-2");
	judge(lab, lab->middle, lab->middle_key, BEFORE, "key is not");
	judge(lab, lab->root, key, BEFORE, "certificate 1 of the chain");
}

/* Neither the right name with another key is a link, nor the reverse. */
static void
test_check_false_issuers(void **state)
{
	static const struct spec same_name = { "Lab \"Middle\" M\303\274", NULL,
		true };
	static const struct spec other_name = { "Lab Outer", NULL, true };
	struct lab *lab = *state;
	X509 *forged =
	    certify(&same_name, lab->root_key, lab->root, lab->root_key);
	X509 *renamed =
	    certify(&other_name, lab->middle_key, lab->root, lab->root_key);

	judge(lab, forged, lab->leaf_key, BEFORE, "certificate 1 of");
	judge(lab, renamed, lab->leaf_key, BEFORE, "certificate 1 of");
	X509_free(forged);
	X509_free(renamed);
}

static void
test_check_names(void **state)
{
	static const struct {
		const char *name;
		int rc;
	} rows[] = {
		{ "gate.example.org", 0 },
		{ "x.example.net", 0 },
		{ "example.net", -1 },
		{ "a.b.example.net", -1 },
		{ "www.gate.example.org", -1 },
		{ "192.0.2.8", -1 },
		{ "2001:db8::8", -1 },
	};
	struct lab *lab = *state;
	struct pki_chain *chain = parse_leaf(lab->leaf);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *names[] = { "gate.example.org", rows[i].name };
		struct error err = { 0 };

		assert_int_equal(pki_chain_check(chain, lab->leaf_key, names, 2,
		                     BEFORE, &err),
		    rows[i].rc);
		if (rows[i].rc == -1)
			assert_non_null(strstr(err.msg, rows[i].name));
	}
	pki_chain_free(chain);
}

/* What a client that trusts it would check. */
static void
placeholder(enum pki_key_type type, const char *kind)
{
	static const char *const names[] = { "gate.example.org",
		"*.example.net", "127.0.0.1", "::1" };
	struct error err;
	struct pki_key *key = pki_key_generate(type, &err);
	char *pem = pki_self_signed(key, names, 4, BEFORE, AFTER, &err);
	struct pki_chain *chain = pki_chain_parse(pem, strlen(pem), &err);
	const struct pki_cert_info *info = pki_chain_info(chain);
	X509 *cert = pki_chain_x509(chain, 0);

	assert_string_equal(info->issuer, "Gatehouse placeholder");
	assert_true(pki_is_placeholder(info));
	assert_string_equal(info->key_kind, kind);
	assert_int_equal(info->nnames, 4);
	assert_string_equal(info->names[3], "::1");
	assert_int_equal(strlen(info->serial), 32);
	assert_true(info->serial[0] >= '4' && info->serial[0] <= '7');
	assert_int_equal(
	    pki_chain_check(chain, key, names, 4, BEFORE, &err), 0);
	assert_int_equal(X509_verify(cert, pki_key_evp(key)), 1);
	assert_int_equal(
	    X509_check_purpose(cert, X509_PURPOSE_SSL_SERVER, 0), 1);
	assert_int_equal(
	    X509_check_purpose(cert, X509_PURPOSE_SSL_CLIENT, 0), 0);
	assert_int_equal(X509_check_ca(cert), 0);
	assert_int_equal(X509_check_host(cert, "a.example.net", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
	pki_chain_free(chain);
	pki_key_free(key);
	free(pem);
}

static void
test_self_signed(void **state)
{
	(void)state;
	placeholder(PKI_P256, "ECDSA");
	placeholder(PKI_RSA2048, "RSA");
}

static void
test_self_signed_serials_differ(void **state)
{
	struct lab *lab = *state;
	static const char *const names[] = { "x.example" };
	char serials[2][PKI_SERIAL_SIZE];

	for (int i = 0; i < 2; i++) {
		char *pem = pki_self_signed(
		    lab->leaf_key, names, 1, BEFORE, AFTER, NULL);
		struct pki_chain *chain =
		    pki_chain_parse(pem, strlen(pem), NULL);

		strncpy(
		    serials[i], pki_chain_info(chain)->serial, PKI_SERIAL_SIZE);
		pki_chain_free(chain);
		free(pem);
	}
	assert_string_not_equal(serials[0], serials[1]);
}

static void
test_self_signed_needs_names(void **state)
{
	struct lab *lab = *state;
	static const char *const bad[] = { "no host" };
	struct error err;

	assert_null(
	    pki_self_signed(lab->leaf_key, NULL, 0, BEFORE, AFTER, &err));
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_null(
	    pki_self_signed(lab->leaf_key, bad, 1, BEFORE, AFTER, &err));
	assert_non_null(strstr(err.msg, "\"no host\""));
}

/* RFC 8737 section 3: one name, and a critical acmeIdentifier. */
static void
acme_proof(const char *name, int is_address)
{
	unsigned char digest[PKI_SHA256_SIZE], *der = NULL;
	struct error err;
	struct pki_key *key = pki_key_generate(PKI_P256, &err);
	struct pki_chain *chain;
	ASN1_OBJECT *type = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
	X509_EXTENSION *extension;
	X509 *cert;
	char *pem;

	assert_int_equal(pki_sha256("token.print", 11, digest, &err), 0);
	pem = pki_acme_proof(key, name, digest, 1700000000, &err);
	chain = pki_chain_parse(pem, strlen(pem), &err);
	assert_int_equal(
	    pki_chain_check(chain, key, &name, 1, 1700000000, &err), 0);
	assert_int_equal(pki_chain_info(chain)->nnames, 1);
	assert_false(pki_is_placeholder(pki_chain_info(chain)));
	cert = pki_chain_x509(chain, 0);
	assert_int_equal(
	    X509_check_ip_asc(cert, "192.0.2.7", 0) == 1, is_address);
	extension = X509_get_ext(cert, X509_get_ext_by_OBJ(cert, type, -1));
	assert_non_null(extension);
	assert_int_equal(X509_EXTENSION_get_critical(extension), 1);
	assert_int_equal(
	    i2d_ASN1_OCTET_STRING(X509_EXTENSION_get_data(extension), &der),
	    2 + 2 + PKI_SHA256_SIZE);
	assert_memory_equal(der, "\x04\x22\x04\x20", 4);
	assert_memory_equal(der + 4, digest, PKI_SHA256_SIZE);
	OPENSSL_free(der);
	ASN1_OBJECT_free(type);
	pki_chain_free(chain);
	pki_key_free(key);
	free(pem);
}

static void
test_acme_proof(void **state)
{
	struct error err;
	unsigned char digest[PKI_SHA256_SIZE] = { 0 };
	struct lab *lab = *state;

	acme_proof("gate.example.org", 0);
	acme_proof("192.0.2.7", 1);
	assert_null(pki_acme_proof(lab->leaf_key, "no host", digest, 0, &err));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_mixed_text),
		cmocka_unit_test(test_pem_holds_certificates_only),
		cmocka_unit_test(test_parse_refusals),
		cmocka_unit_test(test_sixteen_are_fine),
		cmocka_unit_test(test_common_name),
		cmocka_unit_test(test_name_with_nul),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_name_covers),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_false_issuers),
		cmocka_unit_test(test_check_names),
		cmocka_unit_test(test_self_signed),
		cmocka_unit_test(test_self_signed_serials_differ),
		cmocka_unit_test(test_self_signed_needs_names),
		cmocka_unit_test(test_acme_proof),
	};

	return cmocka_run_group_tests(tests, lab_open, lab_close);
}
