/*
 * Connections to backends: one SSL_CTX for each backend, which holds the name
 * and the trust that its certificate is judged by. Everything is read before
 * the worker is jailed; a handshake opens no file.
 */

#include "tls_internal.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/xalloc.h"

#define CA_FILE_MAX (4u * 1024 * 1024)

/* Where systems keep their list, each as one file. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian, Arch, Alpine */
	"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
	"/etc/ssl/ca-bundle.pem",             /* openSUSE */
	"/etc/ssl/cert.pem",
};

struct tls_trust {
	X509_STORE *store;
};

struct tls_client {
	SSL_CTX *ctx;
	char *host; /* for SNI; NULL: it is an address */
};

static const char *
system_bundle(struct error *err)
{
	const char *path = secure_getenv(X509_get_default_cert_file_env());

	if (path != NULL)
		return path;
	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
		if (access(bundles[i], R_OK) == 0)
			return bundles[i];
	error_set(err, ERR_NOTFOUND,
	    "this system has no list of authorities (install "
	    "ca-certificates, or say CAFile)");
	return NULL;
}

/* Every certificate of the text; -1 if there is none, or a malformed one. */
static int
add_certificates(X509_STORE *store, BIO *text)
{
	unsigned count = 0;
	X509 *cert;

	while ((cert = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL) {
		int added = X509_STORE_add_cert(store, cert);

		X509_free(cert);
		if (!added)
			return -1;
		count++;
	}
	return count > 0 &&
	        ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
	    ? 0
	    : -1;
}

static int
read_store(X509_STORE *store, const char *path, struct error *err)
{
	struct buf pem = { 0 };
	BIO *text = NULL;
	int rc = -1;

	if (file_read(path, CA_FILE_MAX, &pem, err) == -1)
		return -1;
	ERR_clear_error();
	text = BIO_new_mem_buf(buf_data(&pem), (int)buf_len(&pem));
	if (store != NULL && text != NULL)
		rc = add_certificates(store, text);
	if (rc == -1)
		error_set(err, ERR_SYNTAX,
		    "%s is not a file of PEM certificates", path);
	ERR_clear_error();
	BIO_free(text);
	buf_release(&pem);
	return rc;
}

struct tls_trust *
tls_trust_new(const char *ca_file, struct error *err)
{
	const char *path = ca_file != NULL ? ca_file : system_bundle(err);
	struct tls_trust *trust;

	if (path == NULL)
		return NULL;
	trust = xcalloc(1, sizeof(*trust));
	trust->store = X509_STORE_new();
	if (read_store(trust->store, path, err) == -1) {
		tls_trust_free(trust);
		return NULL;
	}
	if (ca_file != NULL)
		X509_STORE_set_flags(trust->store, X509_V_FLAG_PARTIAL_CHAIN);
	return trust;
}

void
tls_trust_free(struct tls_trust *trust)
{
	if (trust == NULL)
		return;
	X509_STORE_free(trust->store);
	free(trust);
}

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
	return client;
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
	SSL_set_connect_state(session->ssl);
	if (client->host == NULL ||
	    SSL_set_tlsext_host_name(session->ssl, client->host))
		return session;
	tls_session_free(session);
	return NULL;
}
