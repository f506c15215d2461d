#ifndef TLS_SERVER_H
#define TLS_SERVER_H

/*
 * The server side of TLS: certificates by name, hot-swapped; tickets; sessions
 * whose output is absorbed into the caller's buffer. Lives in gatehouse-proxy
 * (and, for tls_cipher_check(), in the command that checks a configuration).
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "base/error.h"

struct buf;
struct pki_cert_info;
struct sock;

/* The certificates of a worker, numbered by the slots of the configuration. */
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

struct tls_settings {
	enum tls_version min_version;
	const char *ciphers;      /* for TLS 1.2 and older; NULL = our list */
	bool prefer_server_order; /* SSLHonorCipherOrder */
	const unsigned *slots; /* offered; the first one set is the default */
	unsigned nslots;
};

/*
 * One HTTPS listener. Copies the settings; borrows certs and tickets, which
 * outlive it. ERR_SYNTAX when libssl accepts no word of the ciphers. A ticket
 * is good for the host, the certificate and the ciphers it was given under.
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

/*
 * A connection. Reads through `sock`; everything it has to say is appended to
 * `out` of the call, which the caller sends: SSL_write never waits.
 */
struct tls_session;

/* Borrows both, which outlive it. NULL when libssl is out of memory. */
struct tls_session *tls_session_new(
    struct tls_server *server, struct sock *sock);
void tls_session_free(struct tls_session *session); /* NULL is fine */

enum tls_result {
	TLS_DONE,       /* the handshake is complete */
	TLS_AGAIN,      /* the peer must send more */
	TLS_PLAIN_HTTP, /* the client speaks HTTP without TLS */
	TLS_FAILED
};

/* TLS_FAILED: out may hold an alert. TLS_PLAIN_HTTP: out is as it was. */
enum tls_result tls_session_handshake(
    struct tls_session *session, struct buf *out, struct error *err);

/*
 * > 0 bytes, of several records if they are there; 0 close_notify or FIN; -1
 * with errno EAGAIN, the socket's error, or EPROTO (out may hold an alert).
 */
ssize_t tls_session_read(
    struct tls_session *session, void *data, size_t len, struct buf *out);

/*
 * Encrypts all of it into out; small pieces share a record. -1 with errno
 * ENOBUFS at the cap of out, or EPROTO: the session is then of no more use.
 */
int tls_session_writev(struct tls_session *session, const struct iovec *iov,
    int niov, struct buf *out);

/* Appends close_notify, once; not before the handshake or after a failure. */
void tls_session_close(struct tls_session *session, struct buf *out);

/*
 * A read may yield something (bytes, the end) without the socket being
 * readable: true until a read found nothing more, so also right after the
 * handshake; false once one said EAGAIN or told the end.
 */
bool tls_session_pending(const struct tls_session *session);

const char *tls_session_version(const struct tls_session *session);

/* Lower case, [a-z0-9._-] only; NULL if the client named no such host. */
const char *tls_session_sni(const struct tls_session *session);

#endif
