/*
 * A TLS connection, of either side. libssl reads from the struct sock and
 * writes into the buffer of the call, so writing never waits; the worker that
 * owns the connection sends the buffer, once, when its callback ends.
 */

#include "tls_internal.h"

#include <assert.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "net/sock.h"

#define RECORD_SIZE SSL3_RT_MAX_PLAIN_LENGTH

/* --- the BIO -------------------------------------------------------------- */

static int
bio_read(BIO *bio, char *data, int len)
{
	struct tls_session *session = BIO_get_data(bio);
	ssize_t n = sock_read(session->sock, data, (size_t)len);

	BIO_clear_retry_flags(bio);
	for (ssize_t i = 0; i < n && session->nfirst < sizeof(session->first);
	     i++)
		session->first[session->nfirst++] = (unsigned char)data[i];
	if (n >= 0)
		return (int)n;
	if (errno == EAGAIN)
		BIO_set_retry_read(bio);
	else
		session->io_errno = errno;
	return -1;
}

static int
bio_write(BIO *bio, const char *data, int len)
{
	struct tls_session *session = BIO_get_data(bio);

	assert(session->out != NULL);
	BIO_clear_retry_flags(bio);
	if (buf_append(session->out, data, (size_t)len) == 0)
		return len;
	session->io_errno = ENOBUFS;
	return -1;
}

static long
bio_ctrl(BIO *bio, int command, long number, void *arg)
{
	const struct tls_session *session = BIO_get_data(bio);

	(void)number;
	(void)arg;
	if (command == BIO_CTRL_FLUSH)
		return 1;
	return command == BIO_CTRL_EOF && session->sock->eof;
}

/* One for the process; never freed, as libssl's own are not. */
static const BIO_METHOD *
bio_method(void)
{
	static BIO_METHOD *method;

	if (method == NULL) {
		method = BIO_meth_new(
		    BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sock");
		if (method != NULL) {
			BIO_meth_set_read(method, bio_read);
			BIO_meth_set_write(method, bio_write);
			BIO_meth_set_ctrl(method, bio_ctrl);
		}
	}
	return method;
}

/* --- life ----------------------------------------------------------------- */

struct tls_session *
tls_session_make(SSL_CTX *ctx, struct sock *sock)
{
	struct tls_session *session = xcalloc(1, sizeof(*session));
	const BIO_METHOD *method = bio_method();
	BIO *bio = method != NULL ? BIO_new(method) : NULL;

	session->sock = sock;
	session->ssl = SSL_new(ctx);
	if (bio == NULL || session->ssl == NULL ||
	    !SSL_set_app_data(session->ssl, session)) {
		BIO_free(bio);
		tls_session_free(session);
		return NULL;
	}
	BIO_set_data(bio, session);
	BIO_set_init(bio, 1);
	SSL_set_bio(session->ssl, bio, bio);
	return session;
}

void
tls_session_free(struct tls_session *session)
{
	if (session == NULL)
		return;
	SSL_free(session->ssl);
	tls_peer_free(session->peer);
	free(session->sni);
	free(session);
}

/* --- handshake ------------------------------------------------------------ */

/* Did a client begin with a method: letters, then a space or more letters? */
static bool
looks_like_http(const struct tls_session *session)
{
	size_t i = 0;

	if (!SSL_is_server(session->ssl))
		return false;
	while (i < session->nfirst && session->first[i] >= 'A' &&
	    session->first[i] <= 'Z')
		i++;
	if (i == sizeof(session->first))
		return true;
	return i >= 3 && i < session->nfirst && session->first[i] == ' ';
}

static const char unknown_authority[] = "nobody who is trusted vouches for it";
static const char name_it[] =
    "; name its authority's certificate, or itself, with CAFile";

/* What keeps a certificate from being accepted; the cures are a backend's. */
static const struct {
	long result;
	const char *why;
	const char *cure;
} refusals[] = {
	{ X509_V_ERR_HOSTNAME_MISMATCH, "it is for another name",
	    "; say with ServerName which one it is for" },
	{ X509_V_ERR_IP_ADDRESS_MISMATCH, "it is for another name",
	    "; say with ServerName which one it is for" },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, unknown_authority, name_it },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, unknown_authority, name_it },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, unknown_authority, name_it },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, unknown_authority,
	    name_it },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, unknown_authority,
	    name_it },
	{ X509_V_ERR_CERT_HAS_EXPIRED, "it has expired",
	    "; renew it on the backend" },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "it is not valid yet",
	    "; look at both clocks" },
};

static bool
is_refused(const struct tls_session *session)
{
	return !SSL_is_server(session->ssl) &&
	    SSL_get_verify_result(session->ssl) != X509_V_OK &&
	    SSL_get_verify_mode(session->ssl) != SSL_VERIFY_NONE;
}

static int
refusal_error(const struct tls_session *session, struct error *err)
{
	long result = SSL_get_verify_result(session->ssl);
	const char *why = X509_verify_cert_error_string(result), *cure = "";

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].result == result) {
			why = refusals[i].why;
			cure = refusals[i].cure;
		}
	if (session->ours)
		return error_set(err, ERR_DENIED, "%s", why);
	return error_set(err, ERR_DENIED,
	    "the backend's certificate is refused: %s%s", why, cure);
}

/* Why it failed, in words; nothing that the peer wrote is in them. */
static int
handshake_error(const struct tls_session *session, int rc, struct error *err)
{
	bool server = SSL_is_server(session->ssl);
	const char *peer = server ? "client" : "backend";
	const char *problem = server ? tls_clients_problem(session) : NULL;
	unsigned long code = ERR_peek_error();
	int reason = ERR_GET_REASON(code);

	if (is_refused(session))
		return refusal_error(session, err);
	if (problem != NULL)
		return error_set(err, ERR_DENIED,
		    "a certificate of the client is required: %s", problem);
	if (session->refusal != NULL)
		return error_set(
		    err, ERR_CRYPTO, "TLS handshake: %s", session->refusal);
	if (session->io_errno != 0) {
		errno = session->io_errno;
		return error_sys(err, "TLS handshake");
	}
	if (SSL_get_error(session->ssl, rc) != SSL_ERROR_SSL ||
	    (ERR_GET_LIB(code) == ERR_LIB_SSL &&
	        reason == SSL_R_UNEXPECTED_EOF_WHILE_READING))
		return error_set(err, ERR_PROTOCOL,
		    "TLS handshake: the %s closed the connection", peer);
	if (!server && session->nfirst > 0 && session->first[0] == 'H')
		return error_set(err, ERR_PROTOCOL,
		    "TLS handshake: the backend speaks plain HTTP; leave out "
		    "HTTPS");
	if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET)
		return error_set(err, ERR_PROTOCOL,
		    "TLS handshake: the %s sent an alert: %s", peer,
		    SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
	return pki_error(err, ERR_PROTOCOL, "TLS handshake");
}

enum tls_result
tls_session_handshake(
    struct tls_session *session, struct buf *out, struct error *err)
{
	enum tls_result result;
	int rc;

	ERR_clear_error();
	session->out = out;
	rc = SSL_do_handshake(session->ssl);
	session->out = NULL;
	if (rc == 1)
		return TLS_DONE;
	if (SSL_get_error(session->ssl, rc) == SSL_ERROR_WANT_READ)
		return TLS_AGAIN;
	session->broken = true;
	result = looks_like_http(session) ? TLS_PLAIN_HTTP : TLS_FAILED;
	if (result == TLS_FAILED)
		handshake_error(session, rc, err);
	ERR_clear_error();
	return result;
}

bool
tls_session_tail_may_wait(const struct tls_session *session)
{
	return SSL_is_server(session->ssl) &&
	    SSL_version(session->ssl) == TLS1_3_VERSION;
}

/* --- data ----------------------------------------------------------------- */

/* A read of libssl yielded nothing more: for now, or for ever? */
static void
note_end(struct tls_session *session)
{
	switch (SSL_get_error(session->ssl, 0)) {
	case SSL_ERROR_WANT_READ:
		session->starved = true;
		return;
	case SSL_ERROR_ZERO_RETURN:
		session->end = TLS_ENDED;
		return;
	default:
		if (session->io_errno == 0)
			session->io_errno = EPROTO;
		session->broken = true;
		session->end = TLS_ENDED;
	}
}

ssize_t
tls_session_read(
    struct tls_session *session, void *data, size_t len, struct buf *out)
{
	unsigned char *at = data;
	size_t total = 0, n;

	session->starved = false;
	if (session->end == TLS_OPEN) {
		ERR_clear_error();
		session->out = out;
		while (total < len &&
		    SSL_read_ex(session->ssl, at + total, len - total, &n))
			total += n;
		session->out = NULL;
		if (total < len)
			note_end(session);
		if (session->broken)
			ERR_clear_error();
	}
	if (total > 0)
		return (ssize_t)total;
	if (session->end != TLS_OPEN) {
		session->end = TLS_END_TOLD;
		errno = session->io_errno;
		return errno == 0 ? 0 : -1;
	}
	errno = EAGAIN;
	return -1;
}

/* SSL_has_pending() is no help: since OpenSSL 3.2 it overlooks what was read
 * ahead of a change of keys, such as the request behind a Finished. */
bool
tls_session_pending(const struct tls_session *session)
{
	if (session->end != TLS_OPEN)
		return session->end == TLS_ENDED;
	return !session->starved;
}

/* Where small pieces become one record. Empty between two calls. */
static struct {
	size_t len;
	unsigned char data[RECORD_SIZE];
} stage;

static int
encrypt(struct tls_session *session, const void *data, size_t len)
{
	size_t n;

	return len == 0 || SSL_write_ex(session->ssl, data, len, &n) ? 0 : -1;
}

static int
flush_stage(struct tls_session *session)
{
	size_t len = stage.len;

	stage.len = 0;
	return encrypt(session, stage.data, len);
}

/* Whole records go straight to libssl, the rest waits for what follows. */
static int
write_piece(struct tls_session *session, const unsigned char *data, size_t len)
{
	while (len > 0) {
		size_t n = len - len % RECORD_SIZE;

		if (stage.len == 0 && n > 0) {
			if (encrypt(session, data, n) == -1)
				return -1;
		} else {
			n = RECORD_SIZE - stage.len;
			if (n > len)
				n = len;
			memcpy(stage.data + stage.len, data, n);
			stage.len += n;
			if (stage.len == RECORD_SIZE &&
			    flush_stage(session) == -1)
				return -1;
		}
		data += n;
		len -= n;
	}
	return 0;
}

int
tls_session_writev(struct tls_session *session, const struct iovec *iov,
    int niov, struct buf *out)
{
	int rc = 0;

	ERR_clear_error();
	session->out = out;
	for (int i = 0; i < niov && rc == 0; i++)
		rc = write_piece(session, iov[i].iov_base, iov[i].iov_len);
	if (rc == 0)
		rc = flush_stage(session);
	session->out = NULL;
	if (rc == 0)
		return 0;
	session->broken = true;
	ERR_clear_error();
	errno = session->io_errno != 0 ? session->io_errno : EPROTO;
	return -1;
}

void
tls_session_close(struct tls_session *session, struct buf *out)
{
	if (session->broken || !SSL_is_init_finished(session->ssl) ||
	    (SSL_get_shutdown(session->ssl) & SSL_SENT_SHUTDOWN) != 0)
		return;
	ERR_clear_error();
	session->out = out;
	SSL_shutdown(session->ssl);
	session->out = NULL;
	ERR_clear_error();
}

bool
tls_session_proves(const struct tls_session *session)
{
	return session->proves;
}

const char *
tls_session_version(const struct tls_session *session)
{
	return SSL_get_version(session->ssl);
}

bool
tls_session_resumed(const struct tls_session *session)
{
	return SSL_session_reused(session->ssl) == 1;
}

const char *
tls_session_cipher(const struct tls_session *session)
{
	return SSL_get_cipher_name(session->ssl);
}

const char *
tls_session_sni(const struct tls_session *session)
{
	return session->sni;
}
