/*
 * Clients that show a certificate: who is asked for one, whether it is good,
 * and what it says. The verdict of libssl is not left to its defaults, since
 * where a certificate is only asked for, a bad one must not end the handshake.
 */

#include "tls_internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Of a chain; it is held in memory, and its first one goes to the backend. */
#define CHAIN_SIZE_MAX (32 * 1024)

/* --- asking --------------------------------------------------------------- */

/* In place of X509_verify_cert(). */
static int
on_verify(X509_STORE_CTX *check, void *arg)
{
	const struct tls_server *server = arg;
	SSL *ssl = X509_STORE_CTX_get_ex_data(
	    check, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_session *session = SSL_get_app_data(ssl);

	if (server->clients.ask == TLS_ASK_ONLY)
		return 1;
	tls_crls_apply(server->clients.crls, check);
	session->verdict =
	    X509_verify_cert(check) == 1 ? PEER_TRUSTED : PEER_REFUSED;
	ERR_clear_error();
	return session->verdict == PEER_TRUSTED ||
	    server->clients.ask == TLS_ASK;
}

int
tls_clients_apply(struct tls_server *server, struct error *err)
{
	const struct tls_clients *clients = &server->clients;
	int mode = SSL_VERIFY_PEER;
	struct stack_st_X509_NAME *names;

	if (clients->ask == TLS_ASK_NOT)
		return 0;
	if (clients->ask == TLS_REQUIRE)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(server->ctx, mode, NULL);
	SSL_CTX_set_verify_depth(server->ctx, (int)clients->depth);
	SSL_CTX_set_cert_verify_callback(server->ctx, on_verify, server);
	SSL_CTX_set_max_cert_list(server->ctx, CHAIN_SIZE_MAX);
	if (clients->trust != NULL)
		SSL_CTX_set1_verify_cert_store(
		    server->ctx, clients->trust->store);
	if (clients->names == NULL)
		return 0;
	names = tls_trust_names(clients->names);
	if (names == NULL)
		return pki_error(err, ERR_CRYPTO, "cannot list authorities");
	SSL_CTX_set_client_CA_list(server->ctx, names);
	return 0;
}

/* --- judging -------------------------------------------------------------- */

const char *
tls_clients_problem(const struct tls_session *session)
{
	unsigned long code = ERR_peek_error();
	long result = SSL_get_verify_result(session->ssl);

	if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		return "it has shown none";
	if (session->verdict != PEER_REFUSED ||
	    SSL_get_verify_mode(session->ssl) == SSL_VERIFY_PEER)
		return NULL;
	switch (result) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return "nobody in VerifyList vouches for it";
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return "it has expired";
	case X509_V_ERR_CERT_REVOKED:
		return "it has been revoked";
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
		return "CRLlist has no list of its authority";
	case X509_V_ERR_CRL_HAS_EXPIRED:
		return "the list of its authority in CRLlist has expired; "
		       "fetch the new one and reload";
	default:
		return X509_verify_cert_error_string(result);
	}
}

bool
tls_session_is_trusted(const struct tls_session *session)
{
	return session->verdict == PEER_TRUSTED;
}

bool
tls_session_is_vouched(
    const struct tls_session *session, const struct tls_trust *trust)
{
	const struct tls_clients *clients = session->clients;
	X509 *cert = SSL_get0_peer_certificate(session->ssl);
	X509_STORE_CTX *check = X509_STORE_CTX_new();
	bool good = false;

	if (cert != NULL && check != NULL &&
	    X509_STORE_CTX_init(check, trust->store, cert,
	        SSL_get_peer_cert_chain(session->ssl)) == 1 &&
	    X509_STORE_CTX_set_default(check, "ssl_client") == 1) {
		X509_STORE_CTX_set_depth(check, (int)clients->depth);
		tls_crls_apply(clients->crls, check);
		good = X509_verify_cert(check) == 1;
	}
	X509_STORE_CTX_free(check);
	ERR_clear_error();
	return good;
}

/* --- telling -------------------------------------------------------------- */

/* What was written, with blanks for line ends; the BIO is emptied. */
static char *
take_text(BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);
	char *text = xstrndup(data, len > 0 ? (size_t)len : 0);

	for (char *p = text; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	len = (long)strlen(text);
	if (len > 0 && text[len - 1] == ' ')
		text[len - 1] = '\0';
	(void)BIO_reset(bio);
	return text;
}

static char *
name_text(BIO *bio, const X509_NAME *name)
{
	X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE);
	return take_text(bio);
}

static char *
time_text(BIO *bio, const ASN1_TIME *when)
{
	ASN1_TIME_print(bio, when);
	return take_text(bio);
}

static char *
serial_text(const X509 *cert)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *digits = number != NULL ? BN_bn2dec(number) : NULL;
	char *text = xstrdup(digits != NULL ? digits : "");

	OPENSSL_free(digits);
	BN_free(number);
	return text;
}

static struct tls_peer *
peer_new(X509 *cert, BIO *bio)
{
	struct tls_peer *peer = xcalloc(1, sizeof(*peer));
	char **facts = peer->facts;

	facts[TLS_SUBJECT] = name_text(bio, X509_get_subject_name(cert));
	facts[TLS_ISSUER] = name_text(bio, X509_get_issuer_name(cert));
	facts[TLS_NOT_BEFORE] = time_text(bio, X509_get0_notBefore(cert));
	facts[TLS_NOT_AFTER] = time_text(bio, X509_get0_notAfter(cert));
	facts[TLS_SERIAL] = serial_text(cert);
	PEM_write_bio_X509(bio, cert);
	facts[TLS_PEM] = take_text(bio);
	return peer;
}

void
tls_peer_free(struct tls_peer *peer)
{
	if (peer == NULL)
		return;
	for (size_t i = 0; i < TLS_FACTS; i++)
		free(peer->facts[i]);
	free(peer);
}

const struct tls_peer *
tls_session_peer(struct tls_session *session)
{
	X509 *cert = SSL_get0_peer_certificate(session->ssl);
	BIO *bio;

	if (session->peer != NULL || cert == NULL)
		return session->peer;
	bio = BIO_new(BIO_s_mem());
	if (bio != NULL)
		session->peer = peer_new(cert, bio);
	BIO_free(bio);
	ERR_clear_error();
	return session->peer;
}
