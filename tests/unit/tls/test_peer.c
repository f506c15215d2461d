/* Certificates of clients: what each level makes of good and bad ones. */

#include "lab.h"

#include <openssl/pem.h>

static char path[64];

/* One that is for anything, from 2023-11-14 for a long time. */
static X509 *
self_signed(EVP_PKEY *key, const char *name)
{
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	ASN1_INTEGER_set_uint64(
	    X509_get_serialNumber(cert), 18446744073709551615u);
	ASN1_TIME_set(X509_getm_notBefore(cert), 1700000000);
	ASN1_TIME_set(X509_getm_notAfter(cert), 4000000000);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, subject);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

/* A certificate that vouches for itself, which the client shows. */
static void
equip(struct lab *lab, const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = self_signed(key, name);
	FILE *file = fopen(path, "w");

	assert_int_equal(SSL_CTX_use_certificate(lab->client, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(lab->client, key), 1);
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, cert), 1);
	assert_int_equal(fclose(file), 0);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void
listen_for(struct lab *lab, struct tls_clients clients)
{
	static const unsigned slots[] = { 0 };
	const struct tls_settings settings = { .min_version = TLS_1_2,
		.clients = clients,
		.slots = slots,
		.nslots = 1 };
	struct error err;

	tls_server_free(lab->server);
	lab->server = tls_server_new(&settings, lab->certs, lab->tickets, &err);
	assert_non_null(lab->server);
	lab_set(lab, 0, "host.example");
}

static int
set_up(void **state)
{
	int fd;

	lab_open(state);
	snprintf(path, sizeof(path), "/tmp/gh-peer-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd != -1);
	close(fd);
	return 0;
}

static int
tear_down(void **state)
{
	unlink(path);
	return lab_close(state);
}

static struct tls_trust *
trust_in(const char *file)
{
	struct error err;
	struct tls_trust *trust = tls_trust_new(file, &err);

	if (trust == NULL)
		fail_msg("%s", err.msg);
	return trust;
}

static void
test_good_one(void **state)
{
	struct lab *lab = *state;
	const struct tls_peer *peer;
	struct tls_trust *trust;
	struct pair pair;

	equip(lab, "phone.example");
	trust = trust_in(path);
	listen_for(
	    lab, (struct tls_clients){ TLS_REQUIRE, 9, trust, NULL, trust });
	pair_open(&pair, lab);
	pair_connect(&pair);
	assert_true(tls_session_is_trusted(pair.session));
	assert_true(tls_session_is_vouched(pair.session, trust));
	peer = tls_session_peer(pair.session);
	assert_non_null(peer);
	assert_ptr_equal(peer, tls_session_peer(pair.session));
	assert_string_equal(peer->facts[TLS_SUBJECT], "CN = phone.example");
	assert_string_equal(peer->facts[TLS_ISSUER], "CN = phone.example");
	assert_string_equal(
	    peer->facts[TLS_NOT_BEFORE], "Nov 14 22:13:20 2023 GMT");
	assert_null(strpbrk(peer->facts[TLS_PEM], "\r\n"));
	assert_string_equal(peer->facts[TLS_SERIAL], "18446744073709551615");
	assert_int_equal(
	    SSL_SESSION_has_ticket(SSL_get_session(pair.client)), 0);
	pair_close(&pair);
	tls_trust_free(trust);
}

static void
test_bad_one(void **state)
{
	struct lab *lab = *state;
	struct tls_trust *trust;
	struct pair pair;

	equip(lab, "other.example");
	trust = trust_in(path);
	equip(lab, "phone.example");
	listen_for(
	    lab, (struct tls_clients){ TLS_REQUIRE, 9, trust, NULL, NULL });
	pair_open(&pair, lab);
	assert_int_equal(pair_handshake(&pair), TLS_FAILED);
	assert_int_equal(pair.err.kind, ERR_DENIED);
	assert_non_null(strstr(pair.err.msg, "nobody in VerifyList"));
	pair_close(&pair);

	listen_for(lab, (struct tls_clients){ TLS_ASK, 9, trust, NULL, NULL });
	pair_open(&pair, lab);
	pair_connect(&pair);
	assert_false(tls_session_is_trusted(pair.session));
	assert_false(tls_session_is_vouched(pair.session, trust));
	assert_non_null(tls_session_peer(pair.session));
	pair_close(&pair);

	listen_for(
	    lab, (struct tls_clients){ TLS_ASK_ONLY, 9, trust, NULL, NULL });
	pair_open(&pair, lab);
	pair_connect(&pair);
	assert_false(tls_session_is_trusted(pair.session));
	pair_close(&pair);
	tls_trust_free(trust);
}

static void
test_none(void **state)
{
	struct lab *lab = *state;
	struct tls_trust *trust;
	struct pair pair;

	equip(lab, "phone.example");
	trust = trust_in(path);
	SSL_CTX_free(lab->client);
	lab->client = SSL_CTX_new(TLS_client_method());
	listen_for(
	    lab, (struct tls_clients){ TLS_REQUIRE, 9, trust, NULL, NULL });
	pair_open(&pair, lab);
	assert_int_equal(pair_handshake(&pair), TLS_FAILED);
	assert_int_equal(pair.err.kind, ERR_DENIED);
	assert_non_null(strstr(pair.err.msg, "it has shown none"));
	pair_close(&pair);

	listen_for(lab, (struct tls_clients){ TLS_ASK, 9, trust, NULL, NULL });
	pair_open(&pair, lab);
	pair_connect(&pair);
	assert_null(tls_session_peer(pair.session));
	assert_false(tls_session_is_trusted(pair.session));
	assert_false(tls_session_is_vouched(pair.session, trust));
	pair_close(&pair);
	tls_trust_free(trust);
}

static void
test_files(void **state)
{
	struct error err;

	equip(*state, "phone.example");
	assert_null(tls_crls_new(path, &err));
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_non_null(strstr(err.msg, "revocation lists"));
	assert_null(tls_crls_new("/nonexistent/list", &err));
	assert_int_equal(err.kind, ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_good_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_bad_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
