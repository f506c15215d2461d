/*
 * An HTTPS listener of a worker: one SSL_CTX with everything but certificates,
 * and the two callbacks that pick one. The certificate is put into the
 * connection itself: SSL_set_SSL_CTX() would exchange the listener's ciphers
 * and security level for those of another context along with it.
 */

#include "tls_internal.h"

#include <assert.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* --- the name the client asks for ----------------------------------------- */

/*
 * The server_name extension (RFC 6066 section 3), lower case, without a final
 * dot. False if there is none or it cannot be the name of a host; whether it
 * is malformed is libssl's to say, later.
 */
static bool
hello_host(SSL *ssl, char host[TLS_HOST_SIZE])
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	const unsigned char *ext;
	size_t size, len;

	if (!SSL_client_hello_get0_ext(
	        ssl, TLSEXT_TYPE_server_name, &ext, &size) ||
	    size <= 5 || ext[2] != TLSEXT_NAMETYPE_host_name)
		return false;
	len = (size_t)ext[3] << 8 | ext[4];
	if (len != size - 5 || len >= TLS_HOST_SIZE)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = (char)ext[5 + i];

		host[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		if (c == '\0' || strchr(set, host[i]) == NULL)
			return false;
	}
	if (host[len - 1] == '.')
		len--;
	host[len] = '\0';
	return len > 0;
}

/*
 * A ticket is good for the host it was given to, while the certificates and the
 * rules under which it was given are in force; else the handshake is a full
 * one. So a renewed certificate is seen at the next handshake.
 */
static int
bind_tickets(SSL *ssl, const struct tls_server *server,
    const struct tls_pair *pair, const char *host)
{
	unsigned char text[3 * PKI_SHA256_SIZE + TLS_HOST_SIZE] = { 0 };
	unsigned char digest[PKI_SHA256_SIZE];
	size_t len = strlen(host);

	memcpy(text, server->policy, PKI_SHA256_SIZE);
	memcpy(text + PKI_SHA256_SIZE, pair->cert->digest, PKI_SHA256_SIZE);
	if (pair->other != NULL)
		memcpy(text + 2 * PKI_SHA256_SIZE, pair->other->digest,
		    PKI_SHA256_SIZE);
	memcpy(text + 3 * PKI_SHA256_SIZE, host, len);
	if (pki_sha256(text, 3 * PKI_SHA256_SIZE + len, digest, NULL) == -1 ||
	    !SSL_set_session_id_context(ssl, digest, sizeof(digest)))
		return -1;
	return 0;
}

/* TLS 1.3 knows no empty ticket, so there must be none to send. */
static void
give_no_tickets(SSL *ssl)
{
	SSL_set_options(ssl, SSL_OP_NO_TICKET);
	SSL_set_num_tickets(ssl, 0);
}

/*
 * The CA asks before anybody is refused for the name he asks for: a name can be
 * proven that nothing is served under. It has no certificate of a client.
 */
static int
on_hello_of_ca(SSL *ssl, const struct tls_server *server, int *alert)
{
	struct tls_session *session = SSL_get_app_data(ssl);

	session->pair = (struct tls_pair){ .cert = tls_proof_find(
		                               server->certs, session->sni) };
	session->proves = session->pair.cert != NULL;
	give_no_tickets(ssl);
	SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	if (session->proves)
		return SSL_CLIENT_HELLO_SUCCESS;
	session->refusal = "acme-tls/1 for a name that is not being proven";
	*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
	return SSL_CLIENT_HELLO_ERROR;
}

/* Before libssl looks at a ticket; again after a HelloRetryRequest. */
static int
on_hello(SSL *ssl, int *alert, void *arg)
{
	struct tls_server *server = arg;
	struct tls_session *session = SSL_get_app_data(ssl);
	char host[TLS_HOST_SIZE];

	free(session->sni);
	session->sni = hello_host(ssl, host) ? xstrdup(host) : NULL;
	session->proves = false;
	if (tls_proof_is_wanted(ssl))
		return on_hello_of_ca(ssl, server, alert);
	session->pair = tls_names_find(server, session->sni);
	if (session->pair.cert != NULL &&
	    bind_tickets(ssl, server, &session->pair,
	        session->sni != NULL ? session->sni : "") == 0)
		return SSL_CLIENT_HELLO_SUCCESS;
	if (server->require_name && session->pair.cert == NULL) {
		session->refusal = "no name of ours was asked for";
		*alert = SSL_AD_UNRECOGNIZED_NAME;
	} else {
		session->refusal = "no certificate to serve";
		*alert = SSL_AD_INTERNAL_ERROR;
	}
	return SSL_CLIENT_HELLO_ERROR;
}

/*
 * Not called when a ticket was good. In the same SSL_accept() as on_hello. One
 * of two that this listener cannot serve is no reason to refuse.
 */
static int
on_certificate(SSL *ssl, void *arg)
{
	struct tls_session *session = SSL_get_app_data(ssl);
	const struct tls_pair *pair = &session->pair;
	bool served = false;

	(void)arg;
	if (pair->other != NULL)
		served = tls_cert_attach(pair->other, ssl, NULL) == 0;
	if (tls_cert_attach(pair->cert, ssl, NULL) == 0 || served)
		return 1;
	session->refusal = "libssl refuses the certificate for this listener";
	return 0;
}

/* Says that the name was understood (RFC 6066 section 3). */
static int
on_servername(SSL *ssl, int *alert, void *arg)
{
	const struct tls_session *session = SSL_get_app_data(ssl);

	(void)alert;
	(void)arg;
	return session->sni != NULL ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/* --- the listener --------------------------------------------------------- */

/* Two listeners with other rules do not take each other's tickets. */
static int
digest_policy(struct tls_server *server, const struct tls_settings *settings,
    struct error *err)
{
	char *text = xasprintf("%d %s %s", (int)settings->min_version,
	    settings->ciphers != NULL ? settings->ciphers : "",
	    settings->ciphersuites != NULL ? settings->ciphersuites : "");
	int rc = pki_sha256(text, strlen(text), server->policy, err);

	free(text);
	return rc;
}

static int
server_fill(struct tls_server *server, const struct tls_settings *settings,
    struct error *err)
{
	ERR_clear_error();
	server->ctx = SSL_CTX_new(TLS_server_method());
	if (server->ctx == NULL ||
	    tls_tickets_attach(server->tickets, server->ctx) == -1)
		return pki_error(err, ERR_CRYPTO, "cannot set up TLS");
	SSL_CTX_set_client_hello_cb(server->ctx, on_hello, server);
	SSL_CTX_set_cert_cb(server->ctx, on_certificate, NULL);
	SSL_CTX_set_tlsext_servername_callback(server->ctx, on_servername);
	if (tls_policy_apply(server->ctx, settings, err) == -1 ||
	    tls_clients_apply(server, err) == -1)
		return -1;
	return digest_policy(server, settings, err);
}

struct tls_server *
tls_server_new(const struct tls_settings *settings, struct tls_certs *certs,
    struct tls_tickets *tickets, struct error *err)
{
	struct tls_server *server = xcalloc(1, sizeof(*server));

	server->certs = certs;
	server->tickets = tickets;
	server->clients = settings->clients;
	server->nslots = settings->nslots;
	server->require_name = settings->require_name;
	server->slots = xcalloc(settings->nslots, sizeof(*server->slots));
	for (unsigned i = 0; i < settings->nslots; i++) {
		assert(settings->slots[i] < certs->nslots);
		server->slots[i] = settings->slots[i];
	}
	if (server_fill(server, settings, err) == -1) {
		tls_server_free(server);
		return NULL;
	}
	return server;
}

struct tls_session *
tls_session_new(struct tls_server *server, struct sock *sock)
{
	struct tls_session *session = tls_session_make(server->ctx, sock);

	if (session == NULL)
		return NULL;
	session->clients = &server->clients;
	SSL_set_accept_state(session->ssl);
	if (!tls_tickets_ready(server->tickets) ||
	    server->clients.ask != TLS_ASK_NOT)
		give_no_tickets(session->ssl);
	return session;
}

void
tls_server_free(struct tls_server *server)
{
	if (server == NULL)
		return;
	SSL_CTX_free(server->ctx);
	tls_names_release(&server->names);
	free(server->slots);
	free(server);
}
