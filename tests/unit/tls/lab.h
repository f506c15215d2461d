#ifndef LAB_H
#define LAB_H

/*
 * A listener of the library and clients of OpenSSL's own, over a socket pair.
 * The client keeps its bytes in memory, so a test cuts them as it likes.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "net/sock.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "tls/server.h"

#define LAB_SLOTS 4

struct lab {
	struct tls_certs *certs;
	struct tls_tickets *tickets;
	struct tls_server *server;
	SSL_CTX *client; /* what every client begins as */
};

struct pair {
	struct tls_session *session;
	struct sock sock;
	struct buf out;
	enum tls_result result;
	struct error err;

	SSL *client;
	int fd;             /* the client's end */
	bool client_done;   /* its handshake is complete */
	size_t chunk;       /* most bytes it sends between two of our turns */
	unsigned char *raw; /* what the server wrote, all of it */
	size_t nraw;
};

/* Key and certificate of its own for these names, as one PEM text. */
static inline char *
lab_pem(enum pki_key_type type, const char *const *names, size_t nnames)
{
	struct pki_key *key = pki_key_generate(type, NULL);
	char *key_pem = pki_key_pem(key, NULL);
	char *cert =
	    pki_self_signed(key, names, nnames, 1700000000, 4000000000, NULL);
	char *pem = xasprintf("%s%s", key_pem, cert);

	free(cert);
	free(key_pem);
	pki_key_free(key);
	return pem;
}

static inline const struct pki_cert_info *
lab_set_key(struct lab *lab, unsigned slot, enum pki_key_type type,
    const char *const *names, size_t nnames)
{
	const struct pki_cert_info *info = NULL;
	struct error err;
	char *pem = lab_pem(type, names, nnames);

	if (tls_certs_set(lab->certs, slot, pem, strlen(pem), &info, &err) ==
	    -1)
		fail_msg("%s", err.msg);
	free(pem);
	return info;
}

static inline const struct pki_cert_info *
lab_set(struct lab *lab, unsigned slot, const char *name)
{
	return lab_set_key(lab, slot, PKI_P256, &name, 1);
}

static inline struct tls_server *
lab_listen(struct lab *lab, enum tls_version min, const char *ciphers)
{
	static const unsigned slots[LAB_SLOTS] = { 0, 1, 2, 3 };
	const struct tls_settings settings = {
		.min_version = min,
		.ciphers = ciphers,
		.slots = slots,
		.nslots = LAB_SLOTS,
	};
	struct error err;
	struct tls_server *server =
	    tls_server_new(&settings, lab->certs, lab->tickets, &err);

	if (server == NULL)
		fail_msg("%s", err.msg);
	return server;
}

static inline int
lab_open(void **state)
{
	struct lab *lab = xcalloc(1, sizeof(*lab));

	lab->certs = tls_certs_new(LAB_SLOTS);
	lab->tickets = tls_tickets_new();
	lab->server = lab_listen(lab, TLS_1_2, NULL);
	lab->client = SSL_CTX_new(TLS_client_method());
	*state = lab;
	return 0;
}

static inline int
lab_close(void **state)
{
	struct lab *lab = *state;

	SSL_CTX_free(lab->client);
	tls_server_free(lab->server);
	tls_tickets_free(lab->tickets);
	tls_certs_free(lab->certs);
	free(lab);
	return 0;
}

static inline void
pair_open(struct pair *pair, struct lab *lab)
{
	int fds[2];

	*pair = (struct pair){ .chunk = SIZE_MAX, .result = TLS_AGAIN };
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	sock_init(&pair->sock, fds[0]);
	pair->fd = fds[1];
	pair->session = tls_session_new(lab->server, &pair->sock);
	assert_non_null(pair->session);
	pair->client = SSL_new(lab->client);
	SSL_set_bio(pair->client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(pair->client);
}

/* The macros of libssl want their text writable. */
static inline void
pair_ask_for(struct pair *pair, const char *host)
{
	char *copy = xstrdup(host);

	SSL_set_tlsext_host_name(pair->client, copy);
	free(copy);
}

static inline bool
pair_groups(struct pair *pair, const char *groups)
{
	char *copy = xstrdup(groups);
	bool known = SSL_set1_groups_list(pair->client, copy);

	free(copy);
	return known;
}

static inline void
pair_close(struct pair *pair)
{
	tls_session_free(pair->session);
	sock_close(&pair->sock);
	buf_release(&pair->out);
	SSL_free(pair->client);
	if (pair->fd != -1)
		close(pair->fd);
	free(pair->raw);
}

/* Sends what the session appended, as a worker does at the end of a turn. */
static inline void
pair_flush(struct pair *pair)
{
	unsigned char data[65536];
	ssize_t n;

	while (buf_len(&pair->out) > 0) {
		n = sock_write(
		    &pair->sock, buf_data(&pair->out), buf_len(&pair->out));
		assert_true(n >= 0);
		buf_consume(&pair->out, (size_t)n);
		sock_ready(&pair->sock, false, true, false);
		while ((n = read(pair->fd, data, sizeof(data))) > 0) {
			BIO_write(SSL_get_rbio(pair->client), data, (int)n);
			pair->raw =
			    xreallocarray(pair->raw, pair->nraw + (size_t)n, 1);
			memcpy(pair->raw + pair->nraw, data, (size_t)n);
			pair->nraw += (size_t)n;
		}
	}
}

/* Hands the server at most one chunk of the client's bytes. */
static inline size_t
pair_send(struct pair *pair)
{
	char *data;
	char *copy;
	long left = BIO_get_mem_data(SSL_get_wbio(pair->client), &data);
	size_t n = (size_t)left < pair->chunk ? (size_t)left : pair->chunk;
	ssize_t sent;

	if (n == 0)
		return 0;
	copy = xmalloc(n);
	sent = write(pair->fd, data, n);
	assert_true(sent > 0);
	BIO_read(SSL_get_wbio(pair->client), copy, (int)sent);
	free(copy);
	sock_ready(&pair->sock, true, false, false);
	return (size_t)sent;
}

/* Runs both sides until neither has anything left to do. */
static inline enum tls_result
pair_handshake(struct pair *pair)
{
	bool more = true;

	while (more && pair->result == TLS_AGAIN) {
		ERR_clear_error();
		pair->client_done = SSL_do_handshake(pair->client) == 1;
		more = pair_send(pair) > 0;
		pair->result = tls_session_handshake(
		    pair->session, &pair->out, &pair->err);
		more |= buf_len(&pair->out) > 0;
		pair_flush(pair);
	}
	ERR_clear_error();
	if (!pair->client_done)
		pair->client_done = SSL_do_handshake(pair->client) == 1;
	return pair->result;
}

static inline void
pair_connect(struct pair *pair)
{
	if (pair_handshake(pair) != TLS_DONE)
		fail_msg("%s", pair->err.msg);
	assert_true(pair->client_done);
}

/* Why the client gave up: the alert it received, or 0. */
static inline int
pair_client_alert(void)
{
	int reason = ERR_GET_REASON(ERR_peek_error());

	return reason > SSL_AD_REASON_OFFSET ? reason - SSL_AD_REASON_OFFSET
	                                     : 0;
}

/* The client says something; everything of it reaches the server's socket. */
static inline void
pair_say(struct pair *pair, const void *data, size_t len)
{
	assert_int_equal(SSL_write(pair->client, data, (int)len), len);
	while (pair_send(pair) > 0)
		continue;
}

/* Is the certificate that the client was served for this host? */
static inline bool
pair_is_served(struct pair *pair, const char *host)
{
	X509 *cert = SSL_get0_peer_certificate(pair->client);

	assert_non_null(cert);
	return X509_check_host(cert, host, 0, 0, NULL) == 1;
}

static inline void
pair_served(struct pair *pair, const char *host)
{
	if (!pair_is_served(pair, host))
		fail_msg("the certificate is not for %s", host);
}

#endif
