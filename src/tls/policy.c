/*
 * What both sides offer apart from certificates: Mozilla's intermediate
 * guidelines 6.0, and the reads and buffers that the I/O design wants. Also
 * the judgement of a person's own list of ciphers.
 */

#include "tls_internal.h"

#include <openssl/err.h>
#include <string.h>

/*
 * One read of the socket takes up to this much, several records in a bulk
 * upload. Above it the copies leave the cache and gain nothing.
 */
#define READ_BUFFER_SIZE (64 * 1024)

/* Also how long a stolen ticket is of use; keys are rotated as often. */
#define TICKET_LIFETIME (24 * 60 * 60)

/* AES-128 first: it costs less, and nobody breaks it. */
static const char suites_1_3[] = "TLS_AES_128_GCM_SHA256"
                                 ":TLS_AES_256_GCM_SHA384"
                                 ":TLS_CHACHA20_POLY1305_SHA256";
static const char suites_1_2[] = "ECDHE-ECDSA-AES128-GCM-SHA256"
                                 ":ECDHE-RSA-AES128-GCM-SHA256"
                                 ":ECDHE-ECDSA-AES256-GCM-SHA384"
                                 ":ECDHE-RSA-AES256-GCM-SHA384"
                                 ":ECDHE-ECDSA-CHACHA20-POLY1305"
                                 ":ECDHE-RSA-CHACHA20-POLY1305";

/* Protocols by ALPN (RFC 7301), ours first, each with its length. */
static const unsigned char protocols[] = "\x08http/1.1";

static int
on_alpn(SSL *ssl, const unsigned char **chosen, unsigned char *len,
    const unsigned char *offered, unsigned offered_len, void *arg)
{
	const struct tls_session *session = SSL_get_app_data(ssl);
	unsigned char *match;

	(void)arg;
	if (session->proves) { /* acme-tls/1 is all that was offered */
		*chosen = offered + 1;
		*len = offered[0];
		return SSL_TLSEXT_ERR_OK;
	}
	if (SSL_select_next_proto(&match, len, protocols, sizeof(protocols) - 1,
	        offered, offered_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*chosen = match;
	return SSL_TLSEXT_ERR_OK;
}

/* libssl's macro wants the lists writable. */
static int
set_groups(SSL_CTX *ctx)
{
	char groups[] = "X25519MLKEM768:X25519:P-256:P-384";
	char before_3_5[] = "X25519:P-256:P-384";

	return SSL_CTX_set1_groups_list(ctx, groups) ||
	    SSL_CTX_set1_groups_list(ctx, before_3_5);
}

static bool
is_suite(SSL_CTX *ctx, const char *name, size_t len)
{
	const struct stack_st_SSL_CIPHER *all = SSL_CTX_get_ciphers(ctx);

	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(all, i);
		const char *known = SSL_CIPHER_get_name(cipher);

		if (SSL_CIPHER_get_kx_nid(cipher) == NID_kx_any &&
		    strlen(known) == len && memcmp(known, name, len) == 0)
			return true;
	}
	return false;
}

/* libssl takes an empty list, and some versions skip what they do not know. */
static int
set_suites(SSL_CTX *ctx, const char *list, struct error *err)
{
	const char *word = list;
	size_t len;

	if (!SSL_CTX_set_ciphersuites(ctx, list))
		return pki_error(
		    err, ERR_SYNTAX, "bad list of TLS 1.3 cipher suites");
	do {
		len = strcspn(word, ":");
		if (!is_suite(ctx, word, len))
			return error_set(err, ERR_SYNTAX,
			    "no cipher suite of TLS 1.3 is called '%.*s'",
			    len < 80 ? (int)len : 80, word);
		word += len + 1;
	} while (word[-1] != '\0');
	return 0;
}

static int
set_ciphers(
    SSL_CTX *ctx, const struct tls_settings *settings, struct error *err)
{
	const char *list =
	    settings->ciphers != NULL ? settings->ciphers : suites_1_2;

	if (set_suites(ctx,
	        settings->ciphersuites != NULL ? settings->ciphersuites
	                                       : suites_1_3,
	        err) == -1)
		return -1;
	if (!SSL_CTX_set_cipher_list(ctx, list))
		return pki_error(err, ERR_SYNTAX, "bad list of ciphers");
	if (settings->ciphers == NULL || settings->prefer_server_order)
		SSL_CTX_set_options(ctx,
		    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	/* Only a person's own list can ask for finite-field DH. */
	if (settings->ciphers != NULL)
		SSL_CTX_set_dh_auto(ctx, 1);
	return 0;
}

/* What a listener and a connection to a backend have in common. */
static bool
apply_common(SSL_CTX *ctx, int min_version)
{
	SSL_CTX_set_options(
	    ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_default_read_buffer_len(ctx, READ_BUFFER_SIZE);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_min_proto_version(ctx, min_version) &&
	    set_groups(ctx);
}

int
tls_policy_apply(
    SSL_CTX *ctx, const struct tls_settings *settings, struct error *err)
{
	/* A FIN without close_notify is an end like any other: the framing of
	 * HTTP tells a truncated request from a whole one. */
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_timeout(ctx, TICKET_LIFETIME);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	if (!apply_common(ctx, (int)settings->min_version) ||
	    !SSL_CTX_set_num_tickets(ctx, 1) ||
	    !SSL_CTX_set_max_early_data(ctx, 0))
		return pki_error(err, ERR_CRYPTO, "cannot set up TLS");
	ERR_clear_error();
	return set_ciphers(ctx, settings, err);
}

/*
 * A response may end with its connection: then only close_notify tells the end
 * from a cut, so that a FIN without it is an error here.
 */
int
tls_policy_apply_client(SSL_CTX *ctx, struct error *err)
{
	if (!apply_common(ctx, TLS1_2_VERSION) ||
	    !SSL_CTX_set_ciphersuites(ctx, suites_1_3) ||
	    !SSL_CTX_set_cipher_list(ctx, suites_1_2) ||
	    SSL_CTX_set_alpn_protos(ctx, protocols, sizeof(protocols) - 1) != 0)
		return pki_error(err, ERR_CRYPTO, "cannot set up TLS");
	ERR_clear_error();
	return 0;
}

static void
report_cipher(const SSL_CIPHER *cipher, struct tls_cipher_report *report)
{
	int exchange = SSL_CIPHER_get_kx_nid(cipher);
	int auth = SSL_CIPHER_get_auth_nid(cipher);

	if (auth != NID_auth_rsa && auth != NID_auth_ecdsa)
		return;
	report->rsa |= auth == NID_auth_rsa;
	report->ecdsa |= auth == NID_auth_ecdsa;
	report->forward_secrecy |=
	    exchange == NID_kx_ecdhe || exchange == NID_kx_dhe;
}

/* What is left of the list when the security level has had its say. */
static struct stack_st_SSL_CIPHER *
usable_ciphers(SSL_CTX *ctx)
{
	struct stack_st_SSL_CIPHER *usable = NULL;
	SSL *ssl;

	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	ssl = SSL_new(ctx);
	if (ssl != NULL)
		usable = SSL_get1_supported_ciphers(ssl);
	SSL_free(ssl);
	return usable;
}

int
tls_cipher_check(
    const char *ciphers, struct tls_cipher_report *report, struct error *err)
{
	struct tls_cipher_report found = { false, false, false };
	struct stack_st_SSL_CIPHER *usable;
	SSL_CTX *ctx;

	ERR_clear_error();
	ctx = SSL_CTX_new(TLS_method());
	if (ctx == NULL)
		return pki_error(err, ERR_CRYPTO, "cannot use TLS");
	if (!SSL_CTX_set_cipher_list(ctx, ciphers)) {
		SSL_CTX_free(ctx);
		return pki_error(err, ERR_SYNTAX, "bad list of ciphers");
	}
	usable = usable_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(usable); i++)
		report_cipher(sk_SSL_CIPHER_value(usable, i), &found);
	sk_SSL_CIPHER_free(usable);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	*report = found;
	return 0;
}

int
tls_suites_check(const char *ciphersuites, struct error *err)
{
	SSL_CTX *ctx;
	int rc;

	ERR_clear_error();
	ctx = SSL_CTX_new(TLS_method());
	if (ctx == NULL)
		return pki_error(err, ERR_CRYPTO, "cannot use TLS");
	rc = set_suites(ctx, ciphersuites, err);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return rc;
}
