/* Which certificate, which protocol, which cipher a client is served. */

#include "lab.h"

static void
connect_to(struct lab *lab, const char *sni, const char *served)
{
	struct pair pair;

	pair_open(&pair, lab);
	if (sni != NULL)
		pair_ask_for(&pair, sni);
	pair_connect(&pair);
	pair_served(&pair, served);
	pair_close(&pair);
}

static void
test_sni(void **state)
{
	static const char *const second[] = { "Two.Example", "*.two.example",
		"shared.example", "exact.wild.example" };
	static const char *const third[] = { "three.example", "shared.example",
		"*.wild.example" };
	struct lab *lab = *state;

	lab_set(lab, 0, "default.example");
	lab_set_key(lab, 1, PKI_P256, second, 4);
	lab_set_key(lab, 3, PKI_P256, third, 3);
	connect_to(lab, NULL, "default.example");
	connect_to(lab, "default.example", "default.example");
	connect_to(lab, "two.example", "two.example");
	connect_to(lab, "TWO.eXample", "two.example");
	connect_to(lab, "two.example.", "two.example");
	connect_to(lab, "a.two.example", "two.example");
	connect_to(lab, "a.b.two.example", "default.example");
	connect_to(lab, "three.example", "three.example");
	connect_to(lab, "www.three.example", "default.example");
	connect_to(lab, "any.wild.example", "three.example");
	connect_to(lab, "exact.wild.example", "two.example");
	connect_to(lab, "shared.example", "two.example");
	connect_to(lab, "unknown.example", "default.example");
	connect_to(lab, "127.0.0.1", "default.example");
	connect_to(lab, "*.two.example", "default.example");
	connect_to(lab, ".two.example", "default.example");
	connect_to(lab, ".", "default.example");
	connect_to(lab, "two.example\n", "default.example");
}

static void
test_sni_is_told(void **state)
{
	struct lab *lab = *state;
	static const struct {
		const char *sent, *told;
	} rows[] = {
		{ NULL, NULL },
		{ "Gate.Example", "gate.example" },
		{ "gate.example.", "gate.example" },
		{ "other.example", "other.example" },
		{ "x y", NULL },
		{ "x\"y", NULL },
	};

	lab_set(lab, 0, "gate.example");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair pair;
		const char *told;

		pair_open(&pair, lab);
		assert_null(tls_session_sni(pair.session));
		if (rows[i].sent != NULL)
			pair_ask_for(&pair, rows[i].sent);
		pair_connect(&pair);
		told = tls_session_sni(pair.session);
		if (rows[i].told == NULL)
			assert_null(told);
		else
			assert_string_equal(told, rows[i].told);
		pair_close(&pair);
	}
}

/* Names by the hundred, each found, and on the first slot that has it. */
static void
test_many_names(void **state)
{
	struct lab *lab = *state;
	static char text[2][100][32];
	const char *names[2][101];

	for (unsigned i = 0; i < 200; i++) {
		snprintf(text[i % 2][i / 2], sizeof(text[0][0]),
		    "host%u.example", i * 7919 % 1000);
		names[i % 2][i / 2] = text[i % 2][i / 2];
	}
	names[0][100] = names[1][100] = "late.example";
	lab_set_key(lab, 0, PKI_P256, names[0], 100);
	lab_set_key(lab, 1, PKI_P256, names[1], 100);
	lab_set_key(lab, 2, PKI_P256, names[0], 101);
	lab_set_key(lab, 3, PKI_P256, names[1], 101);
	for (unsigned i = 0; i < 200; i++) {
		struct pair pair;

		pair_open(&pair, lab);
		pair_ask_for(&pair, names[i % 2][i / 2]);
		pair_connect(&pair);
		pair_served(&pair, names[i % 2][i / 2]);
		assert_false(pair_is_served(&pair, "late.example"));
		pair_close(&pair);
	}
}

static void
test_no_certificate(void **state)
{
	struct lab *lab = *state;
	struct pair pair;

	pair_open(&pair, lab);
	assert_int_equal(pair_handshake(&pair), TLS_FAILED);
	assert_int_equal(pair_client_alert(), SSL_AD_INTERNAL_ERROR);
	assert_string_equal(
	    pair.err.msg, "TLS handshake: no certificate to serve");
	pair_close(&pair);
}

/* The default is the first slot that has something, at each handshake. */
static void
test_empty_slots_are_skipped(void **state)
{
	struct lab *lab = *state;

	lab_set(lab, 2, "third.example");
	connect_to(lab, NULL, "third.example");
	lab_set(lab, 1, "second.example");
	connect_to(lab, NULL, "second.example");
	connect_to(lab, "third.example", "third.example");
}

static void
test_swap(void **state)
{
	struct lab *lab = *state;
	const struct pki_cert_info *info;
	struct pair old, midway;
	char serial[PKI_SERIAL_SIZE];
	char data[8];

	info = lab_set(lab, 0, "old.example");
	snprintf(serial, sizeof(serial), "%s", info->serial);
	pair_open(&old, lab);
	pair_connect(&old);
	pair_open(&midway, lab);
	SSL_do_handshake(midway.client);
	pair_send(&midway);
	tls_session_handshake(midway.session, &midway.out, &midway.err);

	info = lab_set(lab, 0, "new.example");
	assert_string_not_equal(info->serial, serial);
	assert_string_equal(info->names[0], "new.example");
	connect_to(lab, NULL, "new.example");
	connect_to(lab, "old.example", "new.example");

	pair_flush(&midway);
	pair_connect(&midway);
	pair_served(&midway, "old.example");
	pair_served(&old, "old.example");
	pair_say(&old, "still", 5);
	assert_int_equal(
	    tls_session_read(old.session, data, sizeof(data), &old.out), 5);
	pair_close(&midway);
	pair_close(&old);
}

static void
refused(struct lab *lab, const char *pem, const char *why)
{
	const struct pki_cert_info *info = NULL;
	struct error err;

	assert_int_equal(
	    tls_certs_set(lab->certs, 0, pem, strlen(pem), &info, &err), -1);
	if (strstr(err.msg, why) == NULL)
		fail_msg("'%s' lacks '%s'", err.msg, why);
	assert_null(info);
	assert_int_equal(ERR_peek_error(), 0);
	connect_to(lab, NULL, "served.example");
}

/* On a failure the slot serves what it served. */
static void
test_bad_certificates(void **state)
{
	static const char *const name = "new.example";
	struct lab *lab = *state;
	char *one = lab_pem(PKI_P256, &name, 1);
	char *two = lab_pem(PKI_P256, &name, 1);
	char *cert = strstr(two, "-----BEGIN CERT");
	char *mixed = xstrdup(one);

	lab_set(lab, 0, "served.example");
	refused(lab, "", "no certificate");
	refused(lab, cert, "no private key");
	strstr(mixed, "-----BEGIN CERT")[0] = '\0';
	refused(lab, mixed, "no certificate");
	free(mixed);
	mixed = xasprintf("%s%s", cert, one);
	refused(lab, mixed, "not the certificate's");
	free(mixed);
	free(one);
	free(two);
}

/* A key that libssl's default security level does not serve. */
static void
test_weak_certificate(void **state)
{
	struct lab *lab = *state;
	EVP_PKEY *evp = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)512);
	X509 *cert = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;

	X509_set_pubkey(cert, evp);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 1000);
	X509_sign(cert, evp, EVP_sha256());
	PEM_write_bio_PrivateKey(bio, evp, NULL, NULL, 0, NULL, NULL);
	PEM_write_bio_X509(bio, cert);
	BIO_write(bio, "", 1);
	BIO_get_mem_data(bio, &pem);
	lab_set(lab, 0, "served.example");
	refused(lab, pem, "key too small");
	BIO_free(bio);
	X509_free(cert);
	EVP_PKEY_free(evp);
}

/* The intermediate certificates are sent, the key's own kind is used. */
static void
test_chain_is_sent(void **state)
{
	static const char *const name = "leaf.example";
	struct lab *lab = *state;
	char *leaf = lab_pem(PKI_RSA2048, &name, 1);
	char *other = lab_pem(PKI_P256, &name, 1);
	char *pem = xasprintf("%s%s", leaf, strstr(other, "-----BEGIN CERT"));
	struct error err;
	struct pair pair;
	EVP_PKEY *key;

	if (tls_certs_set(lab->certs, 0, pem, strlen(pem), NULL, &err) == -1)
		fail_msg("%s", err.msg);
	pair_open(&pair, lab);
	pair_connect(&pair);
	assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(pair.client)), 2);
	key = X509_get0_pubkey(SSL_get0_peer_certificate(pair.client));
	assert_true(EVP_PKEY_is_a(key, "RSA"));
	pair_close(&pair);
	free(pem);
	free(other);
	free(leaf);
}

static void
test_versions(void **state)
{
	static const struct {
		enum tls_version min;
		int client_max;
		enum tls_result result;
		const char *version;
	} rows[] = {
		{ TLS_1_2, TLS1_3_VERSION, TLS_DONE, "TLSv1.3" },
		{ TLS_1_2, TLS1_2_VERSION, TLS_DONE, "TLSv1.2" },
		{ TLS_1_2, TLS1_1_VERSION, TLS_FAILED, NULL },
		{ TLS_1_3, TLS1_3_VERSION, TLS_DONE, "TLSv1.3" },
		{ TLS_1_3, TLS1_2_VERSION, TLS_FAILED, NULL },
	};
	struct lab *lab = *state;

	lab_set(lab, 0, "gate.example");
	SSL_CTX_set_cipher_list(lab->client, "ALL:@SECLEVEL=0");
	SSL_CTX_set_min_proto_version(lab->client, TLS1_VERSION);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair pair;

		tls_server_free(lab->server);
		lab->server = lab_listen(lab, rows[i].min, NULL);
		SSL_CTX_set_max_proto_version(lab->client, rows[i].client_max);
		pair_open(&pair, lab);
		assert_int_equal(pair_handshake(&pair), rows[i].result);
		if (rows[i].result == TLS_DONE)
			assert_string_equal(
			    tls_session_version(pair.session), rows[i].version);
		else
			assert_int_equal(
			    pair_client_alert(), SSL_AD_PROTOCOL_VERSION);
		pair_close(&pair);
	}
}

static void
test_alpn(void **state)
{
	static const struct {
		const char *offered;
		enum tls_result result;
	} rows[] = {
		{ "\x08http/1.1", TLS_DONE },
		{ "\x02h2\x08http/1.1", TLS_DONE },
		{ "\x02h2", TLS_FAILED },
		{ "\x04\x00\x01\x02\x03\x07http/1.", TLS_FAILED },
	};
	struct lab *lab = *state;
	struct pair pair;
	const unsigned char *chosen;
	unsigned len;

	lab_set(lab, 0, "gate.example");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pair_open(&pair, lab);
		SSL_set_alpn_protos(pair.client,
		    (const unsigned char *)rows[i].offered,
		    i == 3 ? 13 : (unsigned)strlen(rows[i].offered));
		assert_int_equal(pair_handshake(&pair), rows[i].result);
		if (rows[i].result == TLS_DONE) {
			SSL_get0_alpn_selected(pair.client, &chosen, &len);
			assert_int_equal(len, 8);
			assert_memory_equal(chosen, "http/1.1", 8);
		} else {
			assert_int_equal(pair_client_alert(),
			    SSL_AD_NO_APPLICATION_PROTOCOL);
		}
		pair_close(&pair);
	}
	pair_open(&pair, lab);
	pair_connect(&pair);
	SSL_get0_alpn_selected(pair.client, &chosen, &len);
	assert_int_equal(len, 0);
	pair_close(&pair);
}

/* What is negotiated with a client that would take these, or NULL. */
static void
negotiates(
    struct lab *lab, const char *ciphers, const char *suites, const char *want)
{
	struct pair pair;

	pair_open(&pair, lab);
	if (suites == NULL)
		SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
	else
		assert_true(SSL_set_ciphersuites(pair.client, suites));
	assert_true(SSL_set_cipher_list(pair.client, ciphers));
	if (want == NULL) {
		assert_int_equal(pair_handshake(&pair), TLS_FAILED);
		assert_non_null(strstr(pair.err.msg, "no shared cipher"));
		assert_int_equal(pair_client_alert(), SSL_AD_HANDSHAKE_FAILURE);
	} else {
		pair_connect(&pair);
		assert_string_equal(SSL_get_cipher(pair.client), want);
	}
	pair_close(&pair);
}

static void
test_our_ciphers(void **state)
{
	struct lab *lab = *state;

	lab_set(lab, 0, "gate.example");
	negotiates(lab, "DEFAULT",
	    "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
	    "TLS_AES_128_GCM_SHA256");
	negotiates(lab, "DEFAULT",
	    "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256",
	    "TLS_CHACHA20_POLY1305_SHA256");
	negotiates(lab, "DEFAULT",
	    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
	    "TLS_AES_256_GCM_SHA384");
	negotiates(lab,
	    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256", NULL,
	    "ECDHE-ECDSA-AES128-GCM-SHA256");
	negotiates(lab,
	    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256", NULL,
	    "ECDHE-ECDSA-CHACHA20-POLY1305");
	negotiates(lab, "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA",
	    NULL, NULL);
	negotiates(lab, "ECDHE-RSA-AES128-GCM-SHA256", NULL, NULL);
}

/* The list of Home Assistant's guide for Pound leaves static RSA only. */
static void
test_users_ciphers(void **state)
{
	static const char *const name = "gate.example";
	static const char list[] = "ALL:!RC4:!ECDH:!DH";
	struct lab *lab = *state;

	lab_set_key(lab, 0, PKI_RSA2048, &name, 1);
	tls_server_free(lab->server);
	lab->server = lab_listen(lab, TLS_1_2, list);
	negotiates(lab, "ECDHE+AES", NULL, NULL);
	negotiates(lab, "AES128-SHA:AES256-SHA", NULL, "AES128-SHA");
	negotiates(lab, "AES256-SHA:AES128-SHA", NULL, "AES256-SHA");
	negotiates(
	    lab, "DEFAULT", "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384");
	lab_set(lab, 0, name);
	negotiates(lab, "DEFAULT", NULL, NULL);
	tls_server_free(lab->server);
	lab_set_key(lab, 0, PKI_RSA2048, &name, 1);
	lab->server = lab_listen(lab, TLS_1_2, "DHE+AESGCM");
	negotiates(lab, "ALL", NULL, "DHE-RSA-AES256-GCM-SHA384");
}

/* Is the client, with these ciphers or signatures, served this kind of key? */
static void
served_key(struct lab *lab, const char *host, const char *ciphers,
    const char *signatures, int kind)
{
	struct pair pair;
	X509 *cert;

	pair_open(&pair, lab);
	if (ciphers != NULL) {
		SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
		SSL_set_cipher_list(pair.client, ciphers);
	}
	if (signatures != NULL) {
		char *copy = xstrdup(signatures);

		assert_int_equal(SSL_set1_sigalgs_list(pair.client, copy), 1);
		free(copy);
	}
	if (host != NULL)
		pair_ask_for(&pair, host);
	pair_connect(&pair);
	cert = SSL_get0_peer_certificate(pair.client);
	assert_int_equal(EVP_PKEY_get_base_id(X509_get0_pubkey(cert)), kind);
	pair_close(&pair);
}

/* One name, two keys: each client gets what it can use. */
static void
test_two_keys(void **state)
{
	static const char *const names[] = { "gate.example", "*.gate.example" };
	static const char *const hosts[] = { "gate.example", "a.gate.example",
		"unknown.example", NULL };
	struct lab *lab = *state;

	lab_set_key(lab, 0, PKI_P256, names, 2);
	lab_set_key(lab, 1, PKI_RSA2048, names, 2);
	for (size_t i = 0; i < 4; i++) {
		served_key(lab, hosts[i], "ECDHE+ECDSA", NULL, EVP_PKEY_EC);
		served_key(lab, hosts[i], "ECDHE+aRSA", NULL, EVP_PKEY_RSA);
		served_key(lab, hosts[i], NULL, "ECDSA+SHA256", EVP_PKEY_EC);
		served_key(
		    lab, hosts[i], NULL, "rsa_pss_rsae_sha256", EVP_PKEY_RSA);
	}
	lab_set_key(lab, 1, PKI_P256, names, 2);
	served_key(lab, "gate.example", "ECDHE+ECDSA", NULL, EVP_PKEY_EC);
}

/* A list that one of them is no use for is served with the other. */
static void
test_two_keys_and_users_ciphers(void **state)
{
	static const char *const name = "gate.example";
	struct lab *lab = *state;

	lab_set(lab, 0, name);
	lab_set_key(lab, 1, PKI_RSA2048, &name, 1);
	tls_server_free(lab->server);
	lab->server = lab_listen(lab, TLS_1_2, "ALL:!RC4:!ECDH:!DH");
	served_key(lab, name, "AES128-SHA", NULL, EVP_PKEY_RSA);
	served_key(lab, name, NULL, "ECDSA+SHA256", EVP_PKEY_EC);
}

/* A pair whose certificate a CA did not issue yet is nobody's second choice. */
static void
test_placeholder_is_the_last_resort(void **state)
{
	static const char *const name = "gate.example";
	struct lab *lab = *state;
	struct pki_key *key = pki_key_generate(PKI_RSA2048, NULL);
	unsigned char digest[PKI_SHA256_SIZE] = { 0 };
	char *cert = pki_acme_proof(key, name, digest, 1700000000, NULL);
	char *key_pem = pki_key_pem(key, NULL);
	char *pem = xasprintf("%s%s", key_pem, cert); /* issued, so to say */

	lab_set(lab, 0, name);
	assert_int_equal(
	    tls_certs_set(lab->certs, 1, pem, strlen(pem), NULL, NULL), 0);
	served_key(lab, name, NULL, NULL, EVP_PKEY_RSA);
	served_key(lab, NULL, NULL, NULL, EVP_PKEY_RSA);
	free(pem);
	free(key_pem);
	free(cert);
	pki_key_free(key);
}

/* With SSLHonorCipherOrder the server's order counts, for every slot. */
static void
test_users_order(void **state)
{
	static const unsigned slots[] = { 0, 1 };
	const struct tls_settings settings = {
		.min_version = TLS_1_2,
		.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384:"
		           "ECDHE-ECDSA-AES128-GCM-SHA256",
		.prefer_server_order = true,
		.slots = slots,
		.nslots = 2,
	};
	struct lab *lab = *state;
	struct pair pair;

	lab_set(lab, 0, "zero.example");
	lab_set(lab, 1, "one.example");
	tls_server_free(lab->server);
	lab->server = tls_server_new(&settings, lab->certs, lab->tickets, NULL);
	pair_open(&pair, lab);
	SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
	SSL_set_cipher_list(pair.client, "ECDHE+AESGCM+AES128:ECDHE+AESGCM");
	pair_ask_for(&pair, "one.example");
	pair_connect(&pair);
	pair_served(&pair, "one.example");
	assert_string_equal(
	    SSL_get_cipher(pair.client), "ECDHE-ECDSA-AES256-GCM-SHA384");
	pair_close(&pair);
}

/* Only whoever asks for a name that is there gets to see a certificate. */
static void
test_required_name(void **state)
{
	static const unsigned slots[] = { 0, 1 };
	const struct tls_settings settings = { .min_version = TLS_1_2,
		.require_name = true,
		.slots = slots,
		.nslots = 2 };
	static const struct {
		const char *host;
		bool served;
	} cases[] = { { "zero.example", true }, { "a.one.example", true },
		{ "ZERO.example", true }, { "one.example", false },
		{ "a.b.one.example", false }, { "zero.example.evil", false },
		{ "192.0.2.1", false }, { NULL, false } };
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct lab *lab = *state;
	struct pair pair;

	lab_set(lab, 0, "zero.example");
	lab_set(lab, 1, "*.one.example");
	tls_server_free(lab->server);
	lab->server = tls_server_new(&settings, lab->certs, lab->tickets, NULL);
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		const char *host = cases[i / 2].host;

		pair_open(&pair, lab);
		SSL_set_max_proto_version(pair.client, versions[i % 2]);
		if (host != NULL)
			pair_ask_for(&pair, host);
		if (cases[i / 2].served) {
			pair_connect(&pair);
			pair_close(&pair);
			continue;
		}
		assert_int_equal(pair_handshake(&pair), TLS_FAILED);
		assert_int_equal(pair_client_alert(), SSL_AD_UNRECOGNIZED_NAME);
		assert_int_equal(pair.nraw, 7); /* the alert and no more */
		assert_null(SSL_get0_peer_certificate(pair.client));
		pair_close(&pair);
	}
}

/* A level that the listener's list asks for binds its certificates too. */
static void
test_users_security_level(void **state)
{
	static const char *const name = "gate.example";
	struct lab *lab = *state;
	struct pair pair;

	lab_set_key(lab, 0, PKI_RSA2048, &name, 1);
	tls_server_free(lab->server);
	lab->server = lab_listen(lab, TLS_1_2, "HIGH:@SECLEVEL=3");
	pair_open(&pair, lab);
	assert_int_equal(pair_handshake(&pair), TLS_FAILED);
	assert_non_null(strstr(pair.err.msg, "refuses the certificate"));
	pair_close(&pair);
}

static void
test_bad_ciphers(void **state)
{
	static const unsigned slot = 0;
	const struct tls_settings settings = {
		.min_version = TLS_1_2,
		.ciphers = "no:such:cipher",
		.slots = &slot,
		.nslots = 1,
	};
	struct lab *lab = *state;
	struct error err;

	assert_null(tls_server_new(&settings, lab->certs, lab->tickets, &err));
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_non_null(strstr(err.msg, "no cipher match"));
}

/* P-256 and P-384 are there for whoever has no X25519; after a retry too. */
static void
test_groups(void **state)
{
	static const struct {
		const char *offered;
		int nid;
	} rows[] = {
		{ "X25519:P-256", NID_X25519 },
		{ "P-256:X25519", NID_X9_62_prime256v1 },
		{ "P-384", NID_secp384r1 },
		{ "P-521:P-384", NID_secp384r1 },
	};
	struct lab *lab = *state;

	lab_set(lab, 0, "default.example");
	lab_set(lab, 1, "gate.example");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair pair;

		pair_open(&pair, lab);
		pair_ask_for(&pair, "gate.example");
		assert_true(pair_groups(&pair, rows[i].offered));
		pair_connect(&pair);
		assert_int_equal(
		    SSL_get_negotiated_group(pair.client), rows[i].nid);
		pair_served(&pair, "gate.example");
		assert_string_equal(
		    tls_session_sni(pair.session), "gate.example");
		pair_close(&pair);
	}
}

/* The slot changes between a HelloRetryRequest and the client's second try. */
static void
test_swap_during_retry(void **state)
{
	struct lab *lab = *state;
	struct pair pair;

	lab_set(lab, 0, "old.example");
	pair_open(&pair, lab);
	pair_groups(&pair, "P-521:P-384");
	SSL_do_handshake(pair.client);
	pair_send(&pair);
	assert_int_equal(
	    tls_session_handshake(pair.session, &pair.out, &pair.err),
	    TLS_AGAIN);
	assert_true(buf_len(&pair.out) > 0);
	pair_flush(&pair);
	lab_set(lab, 0, "new.example");
	pair_connect(&pair);
	pair_served(&pair, "new.example");
	pair_close(&pair);
}

static void
test_hybrid_group(void **state)
{
	struct lab *lab = *state;
	struct pair pair;

	lab_set(lab, 0, "gate.example");
	pair_open(&pair, lab);
	if (!pair_groups(&pair, "X25519MLKEM768:X25519")) {
		pair_close(&pair);
		skip();
	}
	pair_connect(&pair);
	assert_string_equal(SSL_group_to_name(pair.client,
	                        SSL_get_negotiated_group(pair.client)),
	    "X25519MLKEM768");
	pair_close(&pair);
}

static void
test_no_renegotiation(void **state)
{
	struct lab *lab = *state;
	struct pair pair;
	char data[8];

	lab_set(lab, 0, "gate.example");
	pair_open(&pair, lab);
	SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
	pair_connect(&pair);
	SSL_renegotiate(pair.client);
	SSL_do_handshake(pair.client);
	while (pair_send(&pair) > 0)
		continue;
	assert_int_equal(
	    tls_session_read(pair.session, data, sizeof(data), &pair.out), -1);
	assert_int_equal(errno, EAGAIN);
	pair_flush(&pair);
	ERR_clear_error();
	assert_int_equal(SSL_do_handshake(pair.client), -1);
	assert_int_equal(
	    ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
	pair_close(&pair);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define LAB_TEST(f) cmocka_unit_test_setup_teardown(f, lab_open, lab_close)
		LAB_TEST(test_sni),
		LAB_TEST(test_sni_is_told),
		LAB_TEST(test_many_names),
		LAB_TEST(test_no_certificate),
		LAB_TEST(test_empty_slots_are_skipped),
		LAB_TEST(test_swap),
		LAB_TEST(test_bad_certificates),
		LAB_TEST(test_weak_certificate),
		LAB_TEST(test_chain_is_sent),
		LAB_TEST(test_versions),
		LAB_TEST(test_alpn),
		LAB_TEST(test_our_ciphers),
		LAB_TEST(test_users_ciphers),
		LAB_TEST(test_two_keys),
		LAB_TEST(test_two_keys_and_users_ciphers),
		LAB_TEST(test_placeholder_is_the_last_resort),
		LAB_TEST(test_users_order),
		LAB_TEST(test_required_name),
		LAB_TEST(test_users_security_level),
		LAB_TEST(test_bad_ciphers),
		LAB_TEST(test_groups),
		LAB_TEST(test_swap_during_retry),
		LAB_TEST(test_hybrid_group),
		LAB_TEST(test_no_renegotiation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
