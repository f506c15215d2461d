/*
 * Proving names to a CA in the handshake (RFC 8737): certificates that are
 * served only to a client that offers acme-tls/1 and nothing else, under the
 * name that it asks for. They stand beside those of the slots: no other client
 * can be given one, whatever it asks for.
 */

#include "tls_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"

struct tls_proof {
	TAILQ_ENTRY(tls_proof) link;
	char *name;
	struct tls_cert *cert;
};

/* As it stands in an ALPN extension. */
static const unsigned char protocol[] = "\012acme-tls/1";

#define PROTOCOL_SIZE (sizeof(protocol) - 1)

static struct tls_proof *
find(const struct tls_certs *certs, const char *name)
{
	struct tls_proof *proof;

	TAILQ_FOREACH(proof, &certs->proofs, link)
		if (text_ieq(name, strlen(name), proof->name))
			return proof;
	return NULL;
}

static void
forget(struct tls_certs *certs, struct tls_proof *proof)
{
	TAILQ_REMOVE(&certs->proofs, proof, link);
	certs->nproofs--;
	free(proof->name);
	tls_cert_free(proof->cert);
	free(proof);
}

int
tls_certs_prove(struct tls_certs *certs, const char *name, const char *pem,
    size_t len, struct error *err)
{
	struct tls_proof *proof;
	struct tls_cert *cert;

	if (*name == '\0' || strlen(name) >= TLS_HOST_SIZE)
		return error_set(err, ERR_SYNTAX, "no name of a host");
	tls_certs_unprove(certs, name);
	if (certs->nproofs == TLS_PROOFS_MAX)
		return error_set(err, ERR_LIMIT, "too many names to prove");
	cert = tls_cert_new(pem, len, err);
	if (cert == NULL)
		return -1;
	proof = xcalloc(1, sizeof(*proof));
	proof->name = xstrdup(name);
	proof->cert = cert;
	TAILQ_INSERT_TAIL(&certs->proofs, proof, link);
	certs->nproofs++;
	return 0;
}

void
tls_certs_unprove(struct tls_certs *certs, const char *name)
{
	struct tls_proof *proof = find(certs, name);

	if (proof != NULL)
		forget(certs, proof);
}

void
tls_proofs_release(struct tls_certs *certs)
{
	struct tls_proof *proof, *next;

	TAILQ_FOREACH_SAFE(proof, &certs->proofs, link, next)
		forget(certs, proof);
}

bool
tls_proof_is_wanted(SSL *ssl)
{
	const unsigned char *ext;
	size_t size;

	return SSL_client_hello_get0_ext(ssl,
	           TLSEXT_TYPE_application_layer_protocol_negotiation, &ext,
	           &size) &&
	    size == 2 + PROTOCOL_SIZE && ext[0] == 0 &&
	    ext[1] == PROTOCOL_SIZE &&
	    memcmp(ext + 2, protocol, PROTOCOL_SIZE) == 0;
}

const struct tls_cert *
tls_proof_find(const struct tls_certs *certs, const char *host)
{
	const struct tls_proof *proof = NULL;

	if (host != NULL)
		proof = find(certs, host);
	return proof != NULL ? proof->cert : NULL;
}
