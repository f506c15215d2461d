#ifndef TLS_SESSION_H
#define TLS_SESSION_H

/*
 * A TLS connection, of a client (tls/server.h) or to a backend (tls/client.h):
 * after its making both are used alike.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/error.h"

struct buf;
struct sock;
struct tls_trust;

/*
 * A connection. Reads through `sock`; everything it has to say is appended to
 * `out` of the call, which the caller sends: SSL_write never waits.
 */
struct tls_session;

void tls_session_free(struct tls_session *session); /* NULL is fine */

enum tls_result {
	TLS_DONE,       /* the handshake is complete */
	TLS_AGAIN,      /* the peer must send more */
	TLS_PLAIN_HTTP, /* the client speaks HTTP without TLS */
	TLS_FAILED
};

/*
 * A backend's session begins by appending its ClientHello. TLS_FAILED: out may
 * hold an alert; ERR_DENIED: the peer's certificate is not accepted.
 * TLS_PLAIN_HTTP: out is as it was.
 */
enum tls_result tls_session_handshake(
    struct tls_session *session, struct buf *out, struct error *err);

/*
 * Is what the handshake appended with TLS_DONE in no hurry? True of the tickets
 * of TLS 1.3 (RFC 8446 section 4.6.1): the peer goes on without them.
 */
bool tls_session_tail_may_wait(const struct tls_session *session);

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

/*
 * Has the handshake proven a name to a CA (RFC 8737)? Then that was all: the
 * connection is to be closed.
 */
bool tls_session_proves(const struct tls_session *session);

const char *tls_session_version(const struct tls_session *session);

/* Whether the handshake continued an earlier session. */
bool tls_session_resumed(const struct tls_session *session);

/* As OpenSSL calls it: "TLS_AES_128_GCM_SHA256". */
const char *tls_session_cipher(const struct tls_session *session);

/*
 * The host that a client named: lower case, [a-z0-9._-] only; else NULL. NULL
 * with a backend.
 */
const char *tls_session_sni(const struct tls_session *session);

/* What the certificate of a client says, as printable ASCII. */
enum tls_fact {
	TLS_SUBJECT, /* RFC 2253 with blanks, other bytes as \XX */
	TLS_ISSUER,
	TLS_NOT_BEFORE,
	TLS_NOT_AFTER,
	TLS_SERIAL, /* decimal */
	TLS_PEM,    /* blanks in place of the line ends */
	TLS_FACTS
};

struct tls_peer {
	char *facts[TLS_FACTS];
};

/*
 * NULL when the client has shown no certificate. Whether it can be believed is
 * for the next two to say. The session owns it.
 */
const struct tls_peer *tls_session_peer(struct tls_session *session);

/* Do those of the listener vouch for the client's certificate? */
bool tls_session_is_trusted(const struct tls_session *session);

/*
 * Do these? The listener's depth and revocation lists count here, too. Costs a
 * few signatures; false without a certificate.
 */
bool tls_session_is_vouched(
    const struct tls_session *session, const struct tls_trust *trust);

#endif
