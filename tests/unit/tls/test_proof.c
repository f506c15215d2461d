/* Names proven to a CA in the handshake (RFC 8737), and to nobody else. */

#include "lab.h"

static const char acme[] = "\012acme-tls/1";
static const char acme_and_http[] = "\012acme-tls/1\010http/1.1";

static char *
proof_pem(const char *name)
{
	static const unsigned char digest[PKI_SHA256_SIZE] = { 1, 2, 3 };
	struct pki_key *key = pki_key_generate(PKI_P256, NULL);
	char *key_pem = pki_key_pem(key, NULL);
	char *cert = pki_acme_proof(key, name, digest, 1700000000, NULL);
	char *pem = xasprintf("%s%s", cert, key_pem);

	free(cert);
	free(key_pem);
	pki_key_free(key);
	return pem;
}

static void
prove(struct lab *lab, const char *name)
{
	char *pem = proof_pem(name);
	struct error err;

	if (tls_certs_prove(lab->certs, name, pem, strlen(pem), &err) == -1)
		fail_msg("%s", err.msg);
	free(pem);
}

/* A client that offers these protocols and asks for the host. */
static enum tls_result
ask(struct pair *pair, struct lab *lab, const char *protocols, const char *host)
{
	pair_open(pair, lab);
	SSL_set_alpn_protos(pair->client, (const unsigned char *)protocols,
	    (unsigned)strlen(protocols));
	if (host != NULL)
		pair_ask_for(pair, host);
	return pair_handshake(pair);
}

static bool
speaks(const struct pair *pair, const char *protocol)
{
	const unsigned char *chosen;
	unsigned len;

	SSL_get0_alpn_selected(pair->client, &chosen, &len);
	return len == strlen(protocol) && memcmp(chosen, protocol, len) == 0;
}

/* Is the certificate served the one that says so to a CA? */
static bool
is_proof(struct pair *pair)
{
	X509 *cert = SSL_get0_peer_certificate(pair->client);
	ASN1_OBJECT *type = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
	bool found = X509_get_ext_by_OBJ(cert, type, -1) != -1;

	ASN1_OBJECT_free(type);
	return found;
}

static void
test_proof(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct lab *lab = *state;
	struct pair pair;

	unsigned char ticket_key[TLS_TICKET_KEY_SIZE] = { 7 };

	tls_tickets_push(lab->tickets, ticket_key);
	lab_set(lab, 0, "gate.example");
	prove(lab, "gate.example");
	for (size_t i = 0; i < 2; i++) {
		SSL_CTX_set_max_proto_version(lab->client, versions[i]);
		assert_int_equal(
		    ask(&pair, lab, acme, "GATE.example"), TLS_DONE);
		assert_true(speaks(&pair, "acme-tls/1"));
		assert_true(is_proof(&pair));
		assert_true(tls_session_proves(pair.session));
		assert_false(
		    SSL_SESSION_has_ticket(SSL_get0_session(pair.client)));
		pair_close(&pair);
	}
}

/* Not even to one that would take it besides. */
static void
test_nobody_else(void **state)
{
	struct lab *lab = *state;
	struct pair pair;

	lab_set(lab, 0, "gate.example");
	prove(lab, "gate.example");
	assert_int_equal(
	    ask(&pair, lab, acme_and_http, "gate.example"), TLS_DONE);
	assert_true(speaks(&pair, "http/1.1"));
	assert_false(is_proof(&pair));
	assert_false(tls_session_proves(pair.session));
	pair_close(&pair);
	assert_int_equal(
	    ask(&pair, lab, "\010http/1.1", "gate.example"), TLS_DONE);
	assert_false(is_proof(&pair));
	pair_close(&pair);
	pair_open(&pair, lab);
	pair_ask_for(&pair, "gate.example");
	pair_connect(&pair);
	assert_false(is_proof(&pair));
	pair_close(&pair);
}

/* No usual certificate is served to one who wants a proof. */
static void
test_no_proof(void **state)
{
	static const char *const hosts[] = { "gate.example",
		"www.other.example", NULL };
	struct lab *lab = *state;
	struct pair pair;

	lab_set(lab, 0, "gate.example");
	prove(lab, "other.example");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ask(&pair, lab, acme, hosts[i]), TLS_FAILED);
		assert_int_equal(
		    pair_client_alert(), SSL_AD_NO_APPLICATION_PROTOCOL);
		assert_non_null(strstr(pair.err.msg, "not being proven"));
		pair_close(&pair);
	}
	assert_int_equal(ask(&pair, lab, acme, "other.example"), TLS_DONE);
	pair_close(&pair);
	tls_certs_unprove(lab->certs, "other.example");
	assert_int_equal(ask(&pair, lab, acme, "other.example"), TLS_FAILED);
	pair_close(&pair);
}

/* Before there is any certificate for the listener. */
static void
test_first_certificate(void **state)
{
	struct lab *lab = *state;
	struct pair pair;

	prove(lab, "gate.example");
	assert_int_equal(ask(&pair, lab, acme, "gate.example"), TLS_DONE);
	pair_close(&pair);
}

/* The CA has no certificate to show, and its name need not be ours yet. */
static void
test_strict_listener(void **state)
{
	static const unsigned slots[] = { 0 };
	struct lab *lab = *state;
	const struct tls_settings settings = { .min_version = TLS_1_3,
		.require_name = true,
		.clients = { .ask = TLS_REQUIRE, .depth = 9 },
		.slots = slots,
		.nslots = 1 };
	struct pair pair;

	lab_set(lab, 0, "gate.example");
	tls_server_free(lab->server);
	lab->server = tls_server_new(&settings, lab->certs, lab->tickets, NULL);
	assert_non_null(lab->server);
	prove(lab, "new.example");
	assert_int_equal(ask(&pair, lab, acme, "new.example"), TLS_DONE);
	assert_true(tls_session_proves(pair.session));
	pair_close(&pair);
	assert_int_equal(
	    ask(&pair, lab, "\010http/1.1", "gate.example"), TLS_FAILED);
	pair_close(&pair);
}

/* For an address the CA asks for its name in the reverse tree (RFC 8738). */
static void
test_address(void **state)
{
	struct lab *lab = *state;
	char *pem = proof_pem("192.0.2.7");
	struct pair pair;

	assert_int_equal(tls_certs_prove(lab->certs, "7.2.0.192.in-addr.arpa",
	                     pem, strlen(pem), NULL),
	    0);
	assert_int_equal(
	    ask(&pair, lab, acme, "7.2.0.192.in-addr.arpa"), TLS_DONE);
	assert_int_equal(
	    X509_check_ip_asc(
	        SSL_get0_peer_certificate(pair.client), "192.0.2.7", 0),
	    1);
	pair_close(&pair);
	free(pem);
}

static void
test_bounds(void **state)
{
	struct lab *lab = *state;
	char *pem = proof_pem("gate.example");
	char name[300], first[] = "0.example";
	struct error err;

	for (int i = 0; i < TLS_PROOFS_MAX; i++) {
		snprintf(name, sizeof(name), "%d.example", i);
		assert_int_equal(
		    tls_certs_prove(lab->certs, name, pem, strlen(pem), &err),
		    0);
	}
	assert_int_equal(
	    tls_certs_prove(lab->certs, "more", pem, strlen(pem), &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(
	    tls_certs_prove(lab->certs, first, pem, strlen(pem), &err), 0);
	tls_certs_unprove(lab->certs, first);
	assert_int_equal(
	    tls_certs_prove(lab->certs, "bad", "none", 4, &err), -1);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(
	    tls_certs_prove(lab->certs, name, pem, strlen(pem), &err), -1);
	assert_int_equal(
	    tls_certs_prove(lab->certs, "", pem, strlen(pem), &err), -1);
	free(pem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define LAB_TEST(f) cmocka_unit_test_setup_teardown(f, lab_open, lab_close)
		LAB_TEST(test_proof),
		LAB_TEST(test_nobody_else),
		LAB_TEST(test_no_proof),
		LAB_TEST(test_first_certificate),
		LAB_TEST(test_strict_listener),
		LAB_TEST(test_address),
		LAB_TEST(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
