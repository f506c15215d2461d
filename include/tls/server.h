#ifndef TLS_SERVER_H
#define TLS_SERVER_H

/*
 * The server side of TLS: certificates by name, hot-swapped; tickets. Lives in
 * gatehouse-proxy (and, for tls_cipher_check(), in the command that checks a
 * configuration).
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "tls/session.h"
#include "tls/trust.h"

struct pki_cert_info;

/*
 * The certificates of a worker, numbered by the slots of the configuration. Of
 * two for the same name the earlier slot serves, and a placeholder only where
 * there is nothing else; if the keys are of two kinds, both do, and each client
 * gets the one that it can use.
 */
struct tls_certs;

struct tls_certs *tls_certs_new(unsigned nslots);
void tls_certs_free(struct tls_certs *certs);

/*
 * Puts the pair (PEM: key and chain) into a slot. The new context is built and
 * checked aside, then the pointer is switched; connections keep the one they
 * have. On failure the slot serves what it served. Dates, names and the order
 * of the chain are not judged (see pki_chain_check()): an expired certificate
 * is still served. *info is the new leaf's, owned by the slot until the next
 * call for it. The caller wipes its text.
 */
int tls_certs_set(struct tls_certs *certs, unsigned slot, const char *pem,
    size_t len, const struct pki_cert_info **info, struct error *err);

#define TLS_PROOFS_MAX 128 /* as many names as one order may have */

/*
 * Serves the pair (PEM) for this name to a client that offers the protocol
 * acme-tls/1 alone (RFC 8737 section 3), on every listener, in place of what it
 * served for it. ERR_LIMIT above TLS_PROOFS_MAX; errors as of tls_certs_set().
 */
int tls_certs_prove(struct tls_certs *certs, const char *name, const char *pem,
    size_t len, struct error *err);
void tls_certs_unprove(struct tls_certs *certs, const char *name);

#define TLS_TICKET_KEY_SIZE 80 /* 16 name, 32 HMAC, 32 AES-256 */

/* Session ticket keys (RFC 5077, RFC 8446 section 4.6.1), shared by workers. */
struct tls_tickets;

struct tls_tickets *tls_tickets_new(void);
void tls_tickets_free(struct tls_tickets *tickets);

/*
 * The key becomes current; the two before it still decrypt. Before the first
 * one there are no tickets.
 */
void tls_tickets_push(
    struct tls_tickets *tickets, const unsigned char key[TLS_TICKET_KEY_SIZE]);

enum tls_version { TLS_1_2 = 0x0303, TLS_1_3 = 0x0304 };

/* Whether clients are asked for a certificate (RFC 8446 section 4.3.2). */
enum tls_ask {
	TLS_ASK_NOT,
	TLS_ASK,     /* the handshake goes on without a good one … */
	TLS_REQUIRE, /* … or fails */
	TLS_ASK_ONLY /* whatever is shown is taken, and never trusted */
};

struct tls_clients {
	enum tls_ask ask;
	unsigned depth; /* most authorities above a client's certificate */
	const struct tls_trust *trust; /* who vouches; NULL: nobody */
	const struct tls_crls *crls;   /* NULL: none are looked at */
	const struct tls_trust *names; /* sent to clients; NULL: none are */
};

struct tls_settings {
	enum tls_version min_version;
	const char *ciphers;      /* for TLS 1.2 and older; NULL = our list */
	const char *ciphersuites; /* for TLS 1.3; NULL = ours */
	bool prefer_server_order; /* SSLHonorCipherOrder */
	struct tls_clients clients;
	bool require_name; /* no certificate for who asks for none of ours */
	const unsigned *slots; /* offered; the first one set is the default */
	unsigned nslots;
};

/*
 * One HTTPS listener. Copies the settings; borrows certs and tickets, which
 * outlive it. ERR_SYNTAX when libssl accepts no word of the ciphers, or not
 * each of the suites. A ticket
 * is good for the host, the certificate and the ciphers it was given under.
 * Where clients are asked for certificates there are no tickets: each of their
 * connections is judged anew. What `clients` points to outlives the listener.
 */
struct tls_server;

struct tls_server *tls_server_new(const struct tls_settings *settings,
    struct tls_certs *certs, struct tls_tickets *tickets, struct error *err);
void tls_server_free(struct tls_server *server);

/* What `Ciphers` comes down to, for a warning: RFC 9325 section 4. */
struct tls_cipher_report {
	bool forward_secrecy; /* some TLS 1.2 suite has it */
	bool ecdsa;           /* some TLS 1.2 suite serves an ECDSA key */
	bool rsa;             /* some TLS 1.2 suite serves an RSA key */
};

/* ERR_SYNTAX when libssl accepts no word of the list. */
int tls_cipher_check(
    const char *ciphers, struct tls_cipher_report *report, struct error *err);

/* ERR_SYNTAX unless each word of the list is a suite of TLS 1.3. */
int tls_suites_check(const char *ciphersuites, struct error *err);

/*
 * The connection of a client (see tls/session.h). Borrows both, which outlive
 * it. NULL when libssl is out of memory.
 */
struct tls_session *tls_session_new(
    struct tls_server *server, struct sock *sock);

#endif
