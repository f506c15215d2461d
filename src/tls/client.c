/*
 * Connections to backends: one SSL_CTX for each backend, which holds the name
 * and the trust that its certificate is judged by. Everything is read before
 * the worker is jailed; a handshake opens no file.
 */

#include "tls_internal.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/xalloc.h"

static bool
is_address(const char *name)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, name, bytes) == 1 ||
	    inet_pton(AF_INET6, name, bytes) == 1;
}

/* Whose certificate it must be, and who must vouch for it. */
static bool
expect(SSL_CTX *ctx, const char *name, const struct tls_trust *trust)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set1_cert_store(ctx, trust->store);
	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(param, name);
	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, name, 0);
}

struct tls_client *
tls_client_new(
    const char *name, const struct tls_trust *trust, struct error *err)
{
	struct tls_client *client = xcalloc(1, sizeof(*client));
	int rc = -1;

	ERR_clear_error();
	client->host = is_address(name) ? NULL : xstrdup(name);
	client->ctx = SSL_CTX_new(TLS_client_method());
	if (client->ctx == NULL ||
	    (trust != NULL && !expect(client->ctx, name, trust)))
		pki_error(err, ERR_CRYPTO, "cannot set up TLS");
	else
		rc = tls_policy_apply_client(client->ctx, err);
	if (rc == 0)
		return client;
	tls_client_free(client);
	return NULL;
}

/* What the configuration wants otherwise than we do. */
static int
narrow(SSL_CTX *ctx, const struct tls_target *target, struct error *err)
{
	ERR_clear_error();
	if (target->min_version != 0 &&
	    !SSL_CTX_set_min_proto_version(ctx, (int)target->min_version))
		return pki_error(err, ERR_CRYPTO, "cannot set up TLS");
	if (target->ciphers != NULL &&
	    !SSL_CTX_set_cipher_list(ctx, target->ciphers))
		return pki_error(err, ERR_SYNTAX, "bad list of ciphers");
	return 0;
}

struct tls_client *
tls_client_open(const struct tls_target *target, struct tls_trust **system,
    struct error *err)
{
	struct tls_trust *own = NULL, *trust = NULL;
	struct tls_client *client = NULL;

	if (target->ca_file != NULL)
		trust = own = tls_trust_new(target->ca_file, err);
	else if (!target->insecure && *system == NULL)
		trust = *system = tls_trust_new(NULL, err);
	else if (!target->insecure)
		trust = *system;
	if (trust != NULL || target->insecure)
		client = tls_client_new(target->name, trust, err);
	tls_trust_free(own);
	if (client == NULL)
		return NULL;
	client->ours = target->ours;
	if (narrow(client->ctx, target, err) == 0)
		return client;
	tls_client_free(client);
	return NULL;
}

void
tls_client_free(struct tls_client *client)
{
	if (client == NULL)
		return;
	SSL_CTX_free(client->ctx);
	free(client->host);
	free(client);
}

struct tls_session *
tls_session_connect(struct tls_client *client, struct sock *sock)
{
	struct tls_session *session = tls_session_make(client->ctx, sock);

	if (session == NULL)
		return NULL;
	session->ours = client->ours;
	SSL_set_connect_state(session->ssl);
	if (client->host == NULL ||
	    SSL_set_tlsext_host_name(session->ssl, client->host))
		return session;
	tls_session_free(session);
	return NULL;
}
