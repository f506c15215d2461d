#ifndef TLS_INTERNAL_H
#define TLS_INTERNAL_H

/* What the files of this library share, and no one else sees. */

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/list.h"
#include "pki/key.h"
#include "tls/client.h"
#include "tls/server.h"
#include "tls/trust.h"

struct pki_chain;

TAILQ_HEAD(tls_proof_list, tls_proof);

/* --- signer.c ------------------------------------------------------------- */

/* Whoever can sign with the private key of a certificate. */
struct tls_signer;

/* The key of the PEM text, which must be the leaf's. */
struct tls_signer *tls_signer_new(const char *pem, size_t len,
    const struct pki_chain *chain, struct error *err);
void tls_signer_free(struct tls_signer *signer);

/* Gives a connection a certificate and the means to sign for it. */
int tls_signer_attach(const struct tls_signer *signer, SSL *ssl, X509 *leaf,
    struct stack_st_X509 *issuers, struct error *err);

/* The same for all connections to come. */
int tls_signer_attach_all(const struct tls_signer *signer, SSL_CTX *ctx,
    X509 *leaf, struct stack_st_X509 *issuers, struct error *err);

/* --- certs.c -------------------------------------------------------------- */

/* What a slot holds. Connections take what they need of it by reference. */
struct tls_cert {
	struct pki_chain *chain;
	struct stack_st_X509 *issuers; /* the chain behind the leaf, borrowed */
	struct tls_signer *signer;
	unsigned char digest[PKI_SHA256_SIZE]; /* of the leaf */
	bool placeholder;
};

/* What may be served to a host: libssl chooses by what the client can do. */
struct tls_pair {
	const struct tls_cert *cert;  /* NULL: nothing */
	const struct tls_cert *other; /* with another kind of key, or NULL */
};

struct tls_certs {
	unsigned nslots;
	uint64_t generation; /* grows whenever a slot changes */
	struct tls_cert **slots;
	struct tls_proof_list proofs;
	unsigned nproofs;
};

/* NULL when libssl would not serve it. */
struct tls_cert *tls_cert_new(const char *pem, size_t len, struct error *err);
void tls_cert_free(struct tls_cert *cert);
int tls_cert_attach(const struct tls_cert *cert, SSL *ssl, struct error *err);

/* --- proof.c -------------------------------------------------------------- */

/*
 * Is this the hello of a CA that looks for a proof: does it offer acme-tls/1,
 * and nothing else (RFC 8737 section 3)?
 */
bool tls_proof_is_wanted(SSL *ssl);

/* The certificate that proves the name; NULL: nobody asked us to. */
const struct tls_cert *tls_proof_find(
    const struct tls_certs *certs, const char *host);
void tls_proofs_release(struct tls_certs *certs);

/* --- names.c -------------------------------------------------------------- */

#define TLS_HOST_SIZE 256

/* The names of the certificates of one listener, sorted. Zeroed is empty. */
struct tls_names {
	struct tls_name *entries;
	size_t n;
	struct tls_pair fallback; /* the first slot that has one */
	uint64_t generation;      /* of the slots when it was made */
};

/*
 * The certificates for a host: its own name, else a wildcard of one label, else
 * the default, unless the server requires a name. None when there is none.
 * host: lower case; NULL without SNI.
 */
struct tls_pair tls_names_find(struct tls_server *server, const char *host);
void tls_names_release(struct tls_names *names);

/* --- policy.c ------------------------------------------------------------- */

/* Versions, suites, groups, options: all that is not a certificate. */
int tls_policy_apply(
    SSL_CTX *ctx, const struct tls_settings *settings, struct error *err);
int tls_policy_apply_client(SSL_CTX *ctx, struct error *err);

/* --- trust.c -------------------------------------------------------------- */

struct tls_trust {
	X509_STORE *store;
};

/* The names of those in it, for a client to choose by. NULL without memory. */
struct stack_st_X509_NAME *tls_trust_names(const struct tls_trust *trust);

/* Makes a check look at the lists, which outlive it; NULL: at none. */
void tls_crls_apply(const struct tls_crls *crls, X509_STORE_CTX *check);

/* --- ticket.c ------------------------------------------------------------- */

int tls_tickets_attach(struct tls_tickets *tickets, SSL_CTX *ctx);
bool tls_tickets_ready(const struct tls_tickets *tickets);

/* --- server.c, client.c and session.c ------------------------------------- */

struct tls_server {
	SSL_CTX *ctx;
	struct tls_certs *certs;
	struct tls_tickets *tickets;
	unsigned *slots;
	unsigned nslots;
	struct tls_clients clients;
	bool require_name;
	struct tls_names names;
	unsigned char policy[PKI_SHA256_SIZE]; /* what a ticket is bound to */
};

struct tls_client {
	SSL_CTX *ctx;
	char *host; /* for SNI; NULL: it is an address */
	bool ours;  /* as in struct tls_target */
};

struct tls_session {
	SSL *ssl;
	struct sock *sock;
	struct buf *out; /* of the call that is being served; else NULL */
	char *sni;
	struct tls_pair pair; /* from hello to certificate callback */
	bool ours;            /* as in struct tls_target */
	bool proves;          /* a name, to a CA that looks; nothing else */
	const char *refusal;  /* why a callback ended the handshake */
	int io_errno;         /* the socket's, or ENOBUFS for out */
	const struct tls_clients *clients; /* of its listener */
	struct tls_peer *peer; /* once somebody asked; of a client */
	enum { PEER_UNCHECKED, PEER_TRUSTED, PEER_REFUSED } verdict;
	bool starved; /* the last read wanted more than there is */
	bool broken;  /* no alert may be sent any more */
	enum { TLS_OPEN, TLS_ENDED, TLS_END_TOLD } end;
	unsigned char nfirst;
	unsigned char first[5]; /* what the peer began with */
};

/* Has libssl ask for certificates of clients, and judges them. */
int tls_clients_apply(struct tls_server *server, struct error *err);

/* Why a client was refused for its certificate; NULL: it was not. */
const char *tls_clients_problem(const struct tls_session *session);

void tls_peer_free(struct tls_peer *peer); /* NULL is fine */

/* Neither side yet; its maker says which. NULL without memory. */
struct tls_session *tls_session_make(SSL_CTX *ctx, struct sock *sock);

#endif
