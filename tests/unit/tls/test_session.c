/* Handshakes in pieces, records in and out, ends of every kind. */

#include "lab.h"

#include <malloc.h>
#include <openssl/crypto.h>

#define RECORD 16384

static int
open_session(void **state)
{
	struct lab *lab;

	lab_open(state);
	lab = *state;
	lab_set(lab, 0, "gate.example");
	return 0;
}

static ssize_t
session_read(struct pair *pair, void *data, size_t len)
{
	return tls_session_read(pair->session, data, len, &pair->out);
}

static int
session_write(struct pair *pair, const char *text)
{
	char copy[16];
	struct iovec iov = { .iov_base = copy, .iov_len = strlen(text) };

	memcpy(copy, text, iov.iov_len);
	return tls_session_writev(pair->session, &iov, 1, &pair->out);
}

static void
assert_drained(struct pair *pair)
{
	char c;

	errno = 0;
	assert_int_equal(session_read(pair, &c, 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_false(tls_session_pending(pair->session));
}

/* --- handshake ------------------------------------------------------------ */

/* A ClientHello of some 2 KB, as those with ML-KEM shares are. */
static void
test_handshake_in_pieces(void **state)
{
	static const size_t chunks[] = { 1, 2, 5, 100, 1000, 1460 };
	struct lab *lab = *state;
	unsigned char alpn[9 + 95 * 17];

	memcpy(alpn, "\x08http/1.1", 9);
	for (int i = 0; i < 95; i++) {
		alpn[9 + 17 * i] = 16;
		memset(alpn + 10 + 17 * i, 'x', 16);
	}
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
		for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]);
		     i++) {
			struct pair pair;

			pair_open(&pair, lab);
			pair.chunk = chunks[i];
			SSL_set_max_proto_version(pair.client, version);
			SSL_set_alpn_protos(pair.client, alpn, sizeof(alpn));
			pair_connect(&pair);
			pair_close(&pair);
		}
}

/* The request that came with the last flight is there without an event. */
static void
test_request_with_finished(void **state)
{
	struct lab *lab = *state;
	struct pair pair;
	char data[16];

	pair_open(&pair, lab);
	SSL_do_handshake(pair.client);
	pair_send(&pair);
	tls_session_handshake(pair.session, &pair.out, &pair.err);
	pair_flush(&pair);
	assert_int_equal(SSL_do_handshake(pair.client), 1);
	SSL_write(pair.client, "request", 7);
	pair_send(&pair);
	assert_int_equal(
	    tls_session_handshake(pair.session, &pair.out, &pair.err),
	    TLS_DONE);
	assert_true(tls_session_pending(pair.session));
	assert_int_equal(session_read(&pair, data, sizeof(data)), 7);
	assert_memory_equal(data, "request", 7);
	assert_drained(&pair);
	pair_close(&pair);
}

/* In TLS 1.2 the server's Finished comes last, and the client waits for it. */
static void
test_what_may_wait(void **state)
{
	struct lab *lab = *state;

	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION;
	     version++) {
		struct pair pair;

		pair_open(&pair, lab);
		SSL_set_max_proto_version(pair.client, version);
		pair_connect(&pair);
		assert_int_equal(tls_session_tail_may_wait(pair.session),
		    version == TLS1_3_VERSION);
		pair_close(&pair);
	}
}

static void
speaks(struct lab *lab, const char *text, size_t len, size_t chunk,
    enum tls_result want)
{
	struct pair pair;

	pair_open(&pair, lab);
	for (size_t at = 0; at < len && pair.result == TLS_AGAIN; at += chunk) {
		size_t n = len - at < chunk ? len - at : chunk;

		assert_int_equal(write(pair.fd, text + at, n), n);
		sock_ready(&pair.sock, true, false, false);
		pair.result =
		    tls_session_handshake(pair.session, &pair.out, &pair.err);
	}
	if (pair.result != want)
		fail_msg("%d for %s", (int)pair.result, text);
	if (want == TLS_PLAIN_HTTP)
		assert_int_equal(buf_len(&pair.out), 0);
	assert_int_equal(ERR_peek_error(), 0);
	pair_close(&pair);
}

static void
test_plain_http(void **state)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"HEAD / HTTP/1.1\r\n\r\n",
		"POST /api HTTP/1.1\r\n",
		"PUT / HTTP/1.1\r\n",
		"OPTIONS * HTTP/1.1\r\n",
		"DELETE /x HTTP/1.1\r\n",
		"PATCH /x HTTP/1.1\r\n",
		"CONNECT example.org:443 HTTP/1.1\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"PROPFIND / HTTP/1.1\r\n",
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		size_t len = strlen(requests[i]);

		speaks(lab, requests[i], len, len, TLS_PLAIN_HTTP);
		speaks(lab, requests[i], len, 1, TLS_PLAIN_HTTP);
	}
}

static void
test_neither_tls_nor_http(void **state)
{
	struct lab *lab = *state;

	speaks(lab, "SSH-2.0-OpenSSH_9.2\r\n", 21, 21, TLS_FAILED);
	speaks(lab, "\0\0\0\0\0\0\0\0\0\0\0", 11, 11, TLS_FAILED);
	speaks(lab, "get / http/1.1\r\n", 16, 1, TLS_FAILED);
	speaks(lab, "A B C D E F\r\n", 13, 13, TLS_FAILED);
	/* An SSLv2 ClientHello that offers TLS 1.0. */
	speaks(lab,
	    "\x80\x1f\x01\x03\x01\x00\x06\x00\x00\x00\x10\x00\x00\x2f\x00"
	    "\x00\x35\x01\x02\x03\x04\x05\x06\x07\x08\x09\x10\x11\x12\x13\x14"
	    "\x15\x16",
	    33, 33, TLS_FAILED);
	/* A record too long to be one. */
	speaks(lab, "\x16\x03\x01\xff\xff\x01\x02", 7, 7, TLS_FAILED);
	/* A record of another kind first. */
	speaks(lab, "\x17\x03\x03\x00\x02hi\x17\x03\x03\x00\x02hi", 14, 14,
	    TLS_FAILED);
}

/* A real ClientHello with its server_name extension damaged. */
static void
test_malformed_sni(void **state)
{
	struct lab *lab = *state;
	static const char name[] = "gate.example";
	static const size_t len = sizeof(name) - 1;

	for (int damage = -5; damage < 0; damage++) {
		struct pair pair;
		char *hello, *copy;
		long n;

		pair_open(&pair, lab);
		pair_ask_for(&pair, name);
		SSL_do_handshake(pair.client);
		n = BIO_get_mem_data(SSL_get_wbio(pair.client), &hello);
		copy = xmalloc((size_t)n);
		memcpy(copy, hello, (size_t)n);
		for (long i = 5; i + (long)len <= n; i++)
			if (memcmp(copy + i, name, len) == 0)
				copy[i + damage] ^= 1;
		assert_int_equal(write(pair.fd, copy, (size_t)n), n);
		pair.result =
		    tls_session_handshake(pair.session, &pair.out, &pair.err);
		/* Another type of name is ignored, the rest is malformed. */
		assert_int_equal(
		    pair.result, damage == -3 ? TLS_FAILED : TLS_FAILED);
		free(copy);
		pair_close(&pair);
	}
}

/* The reasons that a person reads in the log. */
static void
test_failure_texts(void **state)
{
	struct lab *lab = *state;
	struct pair pair;

	SSL_CTX_set_verify(lab->client, SSL_VERIFY_PEER, NULL);
	pair_open(&pair, lab);
	assert_int_equal(pair_handshake(&pair), TLS_FAILED);
	assert_int_equal(pair.err.kind, ERR_PROTOCOL);
	assert_string_equal(pair.err.msg,
	    "TLS handshake: the client sent an alert: unknown CA");
	pair_close(&pair);

	pair_open(&pair, lab);
	shutdown(pair.fd, SHUT_WR);
	assert_int_equal(
	    tls_session_handshake(pair.session, &pair.out, &pair.err),
	    TLS_FAILED);
	assert_string_equal(
	    pair.err.msg, "TLS handshake: the client closed the connection");
	pair_close(&pair);

	pair_open(&pair, lab);
	assert_int_equal(send(pair.sock.fd, "x", 1, 0), 1);
	close(pair.fd);
	pair.fd = -1;
	pair.result = tls_session_handshake(pair.session, &pair.out, &pair.err);
	assert_int_equal(pair.result, TLS_FAILED);
	assert_int_equal(pair.err.kind, ERR_SYS);
	assert_string_equal(
	    pair.err.msg, "TLS handshake: Connection reset by peer");
	assert_int_equal(buf_len(&pair.out), 0);
	pair_close(&pair);

	speaks(lab, "SSH-2.0-x\r\n", 11, 11, TLS_FAILED);
}

static void
test_handshake_output_limit(void **state)
{
	struct lab *lab = *state;
	struct pair pair;

	pair_open(&pair, lab);
	buf_init(&pair.out, 100);
	assert_int_equal(pair_handshake(&pair), TLS_FAILED);
	assert_int_equal(pair.err.kind, ERR_SYS);
	pair_close(&pair);
}

/* --- reading -------------------------------------------------------------- */

static void
test_read_gathers_records(void **state)
{
	struct lab *lab = *state;
	struct pair pair;
	char data[64];

	pair_open(&pair, lab);
	pair_connect(&pair);
	assert_drained(&pair);
	SSL_write(pair.client, "one ", 4);
	SSL_write(pair.client, "two ", 4);
	pair_say(&pair, "three", 5);
	assert_int_equal(session_read(&pair, data, sizeof(data)), 13);
	assert_memory_equal(data, "one two three", 13);
	assert_drained(&pair);
	pair_close(&pair);
}

/* Bytes that libssl holds, decrypted or not, are pending; a part is not. */
static void
test_pending(void **state)
{
	struct lab *lab = *state;
	struct pair pair;
	char data[8];

	pair_open(&pair, lab);
	pair_connect(&pair);
	SSL_write(pair.client, "abcd", 4);
	SSL_write(pair.client, "efgh", 4);
	SSL_write(pair.client, "ijkl", 4);
	pair.chunk = BIO_ctrl_pending(SSL_get_wbio(pair.client)) - 1;
	pair_send(&pair);
	assert_int_equal(session_read(&pair, data, 2), 2);
	/* All of it came with one read of the socket. */
	assert_int_equal(recv(pair.sock.fd, data, 1, MSG_PEEK), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(tls_session_pending(pair.session));
	assert_int_equal(session_read(&pair, data, 2), 2);
	assert_true(tls_session_pending(pair.session));
	assert_int_equal(session_read(&pair, data, 8), 4);
	assert_memory_equal(data, "efgh", 4);
	assert_false(tls_session_pending(pair.session));
	pair_send(&pair);
	assert_int_equal(session_read(&pair, data, 8), 4);
	assert_memory_equal(data, "ijkl", 4);
	assert_drained(&pair);
	pair_close(&pair);
}

static void
test_upload(void **state)
{
	struct lab *lab = *state;
	struct pair pair;
	size_t size = 300000, got = 0;
	unsigned char *sent = xmalloc(size), *data = xmalloc(size);

	for (size_t i = 0; i < size; i++)
		sent[i] = (unsigned char)(i * 7 / 3);
	pair_open(&pair, lab);
	pair_connect(&pair);
	assert_int_equal(SSL_write(pair.client, sent, (int)size), size);
	pair.chunk = 10007;
	while (pair_send(&pair) > 0) {
		ssize_t n;

		while ((n = session_read(&pair, data + got, size - got)) > 0)
			got += (size_t)n;
		if (got < size)
			assert_int_equal(errno, EAGAIN);
	}
	assert_int_equal(got, size);
	assert_memory_equal(data, sent, size);
	pair_close(&pair);
	free(sent);
	free(data);
}

/* close_notify right behind data is announced by pending, and told once. */
static void
test_close_notify(void **state)
{
	struct lab *lab = *state;
	struct pair pair;
	char data[8];

	pair_open(&pair, lab);
	pair_connect(&pair);
	SSL_write(pair.client, "bye", 3);
	SSL_shutdown(pair.client);
	pair_send(&pair);
	assert_int_equal(session_read(&pair, data, sizeof(data)), 3);
	assert_true(tls_session_pending(pair.session));
	assert_int_equal(session_read(&pair, data, sizeof(data)), 0);
	assert_false(tls_session_pending(pair.session));
	assert_int_equal(session_read(&pair, data, sizeof(data)), 0);
	pair_close(&pair);
}

/* After a FIN, with or without close_notify, the answer still goes out. */
static void
test_half_close(void **state)
{
	struct lab *lab = *state;

	for (int polite = 0; polite < 2; polite++) {
		struct pair pair;
		char data[8];

		pair_open(&pair, lab);
		pair_connect(&pair);
		SSL_write(pair.client, "ask", 3);
		if (polite)
			SSL_shutdown(pair.client);
		pair_send(&pair);
		shutdown(pair.fd, SHUT_WR);
		sock_ready(&pair.sock, true, false, true);
		assert_int_equal(session_read(&pair, data, sizeof(data)), 3);
		assert_int_equal(session_read(&pair, data, sizeof(data)), 0);
		assert_int_equal(session_write(&pair, "answer"), 0);
		tls_session_close(pair.session, &pair.out);
		pair_flush(&pair);
		assert_int_equal(SSL_read(pair.client, data, sizeof(data)), 6);
		assert_int_equal(SSL_read(pair.client, data, sizeof(data)), 0);
		assert_int_equal(
		    SSL_get_error(pair.client, 0), SSL_ERROR_ZERO_RETURN);
		pair_close(&pair);
	}
}

static void
test_truncated_record(void **state)
{
	struct lab *lab = *state;
	struct pair pair;
	char data[8];

	pair_open(&pair, lab);
	pair_connect(&pair);
	SSL_write(pair.client, "cut", 3);
	pair.chunk = 10;
	pair_send(&pair);
	shutdown(pair.fd, SHUT_WR);
	sock_ready(&pair.sock, false, false, true);
	assert_int_equal(session_read(&pair, data, sizeof(data)), 0);
	pair_close(&pair);
}

static void
test_reset(void **state)
{
	struct lab *lab = *state;
	struct pair pair;
	char data[8];

	pair_open(&pair, lab);
	pair_connect(&pair);
	assert_int_equal(send(pair.sock.fd, "unread", 6, 0), 6);
	close(pair.fd);
	pair.fd = -1;
	sock_ready(&pair.sock, true, true, true);
	for (int i = 0; i < 2; i++) {
		errno = 0;
		assert_int_equal(session_read(&pair, data, sizeof(data)), -1);
		assert_int_equal(errno, ECONNRESET);
		assert_false(tls_session_pending(pair.session));
	}
	tls_session_close(pair.session, &pair.out);
	assert_int_equal(buf_len(&pair.out), 0);
	pair_close(&pair);
}

/* A record that was tampered with: what came before it is good. */
static void
test_bad_record(void **state)
{
	struct lab *lab = *state;
	struct pair pair;
	char *record, data[8];

	pair_open(&pair, lab);
	pair_connect(&pair);
	pair_say(&pair, "good", 4);
	SSL_write(pair.client, "evil", 4);
	BIO_get_mem_data(SSL_get_wbio(pair.client), &record);
	record[7] ^= 1;
	pair_send(&pair);
	assert_int_equal(session_read(&pair, data, sizeof(data)), 4);
	assert_true(tls_session_pending(pair.session));
	assert_int_equal(session_read(&pair, data, sizeof(data)), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(ERR_peek_error(), 0);
	assert_true(buf_len(&pair.out) > 0); /* the alert */
	pair_flush(&pair);
	assert_true(SSL_read(pair.client, data, sizeof(data)) <= 0);
	assert_int_equal(pair_client_alert(), SSL_AD_BAD_RECORD_MAC);
	ERR_clear_error();
	tls_session_close(pair.session, &pair.out);
	assert_int_equal(buf_len(&pair.out), 0);
	pair_close(&pair);
}

/* The client's KeyUpdate is answered into the buffer of the read. */
static void
test_key_update(void **state)
{
	struct lab *lab = *state;
	struct pair pair;
	char data[8];

	pair_open(&pair, lab);
	pair_connect(&pair);
	SSL_key_update(pair.client, SSL_KEY_UPDATE_REQUESTED);
	pair_say(&pair, "new key", 7);
	assert_int_equal(session_read(&pair, data, sizeof(data)), 7);
	assert_int_equal(session_write(&pair, "more"), 0);
	pair_flush(&pair);
	assert_int_equal(SSL_read(pair.client, data, sizeof(data)), 4);
	pair_close(&pair);
}

/* --- writing -------------------------------------------------------------- */

/* Sizes of the application records that the session wrote after `from`. */
static size_t
records(const struct pair *pair, size_t from, size_t *sizes)
{
	size_t n = 0;

	while (from < pair->nraw) {
		size_t len =
		    (size_t)pair->raw[from + 3] << 8 | pair->raw[from + 4];

		assert_int_equal(pair->raw[from], 23);
		/* TLS 1.3: the type and the tag of AES-GCM. */
		sizes[n++] = len - 17;
		from += 5 + len;
	}
	assert_int_equal(from, pair->nraw);
	return n;
}

/* Writes pieces of these sizes; returns the records that it took. */
static size_t
write_pieces(struct lab *lab, const size_t *pieces, int npieces, size_t *sizes)
{
	struct pair pair;
	struct iovec iov[4];
	unsigned char *text, *data;
	size_t total = 0, at = 0, from, n;
	int got;

	for (int i = 0; i < npieces; i++)
		total += pieces[i];
	text = xmalloc(total + 1);
	data = xmalloc(total + 1);
	for (size_t i = 0; i < total; i++)
		text[i] = (unsigned char)(i * 11 / 7);
	for (int i = 0; i < npieces; i++) {
		iov[i] = (struct iovec){ text + at, pieces[i] };
		at += pieces[i];
	}
	pair_open(&pair, lab);
	pair_connect(&pair);
	from = pair.nraw;
	assert_int_equal(
	    tls_session_writev(pair.session, iov, npieces, &pair.out), 0);
	pair_flush(&pair);
	n = records(&pair, from, sizes);
	at = 0;
	while (
	    (got = SSL_read(pair.client, data + at, (int)(total + 1 - at))) > 0)
		at += (size_t)got;
	assert_int_equal(at, total);
	assert_memory_equal(data, text, total);
	pair_close(&pair);
	free(data);
	free(text);
	return n;
}

static void
test_records(void **state)
{
	static const struct {
		int npieces;
		size_t pieces[4];
		size_t nrecords;
		size_t records[5];
	} rows[] = {
		{ 0, { 0 }, 0, { 0 } },
		{ 1, { 0 }, 0, { 0 } },
		{ 1, { 1 }, 1, { 1 } },
		{ 3, { 100, 200, 300 }, 1, { 600 } },
		{ 3, { 100, 0, 1 }, 1, { 101 } },
		{ 2, { 300, RECORD - 300 }, 1, { RECORD } },
		{ 2, { 300, RECORD - 299 }, 2, { RECORD, 1 } },
		{ 1, { 2 * RECORD }, 2, { RECORD, RECORD } },
		{ 2, { 2 * RECORD + 5, 6 }, 3, { RECORD, RECORD, 11 } },
		{ 3, { 300, 3 * RECORD, 2 }, 4,
		    { RECORD, RECORD, RECORD, 302 } },
		{ 4, { 5, RECORD, RECORD, RECORD }, 4,
		    { RECORD, RECORD, RECORD, 5 } },
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t sizes[16];
		size_t n =
		    write_pieces(lab, rows[i].pieces, rows[i].npieces, sizes);

		assert_int_equal(n, rows[i].nrecords);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(sizes[k], rows[i].records[k]);
	}
}

/* A limit of the buffer ends the session; nothing of it leaks elsewhere. */
static void
test_output_limit(void **state)
{
	struct lab *lab = *state;
	struct pair small, other;
	char text[3000] = "secret";
	struct iovec iov[] = { { text, sizeof(text) }, { text, 10 } };
	size_t sizes[4], from;

	pair_open(&small, lab);
	pair_connect(&small);
	buf_release(&small.out);
	buf_init(&small.out, 1000);
	assert_int_equal(
	    tls_session_writev(small.session, iov, 2, &small.out), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(ERR_peek_error(), 0);
	tls_session_close(small.session, &small.out);
	assert_int_equal(buf_len(&small.out), 0);

	pair_open(&other, lab);
	pair_connect(&other);
	from = other.nraw;
	assert_int_equal(
	    tls_session_writev(other.session, iov + 1, 1, &other.out), 0);
	pair_flush(&other);
	assert_int_equal(records(&other, from, sizes), 1);
	assert_int_equal(sizes[0], 10);
	pair_close(&other);
	pair_close(&small);
}

static void
test_close_once(void **state)
{
	struct lab *lab = *state;
	struct pair pair;
	size_t len;
	char c;

	pair_open(&pair, lab);
	tls_session_close(pair.session, &pair.out);
	assert_int_equal(buf_len(&pair.out), 0); /* no session to close */
	pair_connect(&pair);
	tls_session_close(pair.session, &pair.out);
	len = buf_len(&pair.out);
	assert_true(len > 0);
	tls_session_close(pair.session, &pair.out);
	assert_int_equal(buf_len(&pair.out), len);
	pair_flush(&pair);
	assert_int_equal(SSL_read(pair.client, &c, 1), 0);
	assert_int_equal(SSL_get_error(pair.client, 0), SSL_ERROR_ZERO_RETURN);
	assert_int_equal(session_write(&pair, "late"), -1);
	pair_close(&pair);
	tls_session_free(NULL);
}

/* --- memory --------------------------------------------------------------- */

static long nbuffers; /* blocks of OpenSSL's that can hold a whole record */

static void
count(void *p, long change)
{
	if (malloc_usable_size(p) >= RECORD)
		nbuffers += change;
}

static void *
count_malloc(size_t size, const char *file, int line)
{
	void *p = malloc(size);

	(void)file;
	(void)line;
	count(p, 1);
	return p;
}

static void
count_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	count(p, -1);
	free(p);
}

static void *
count_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	count(p, -1);
	p = realloc(p, size);
	count(p, 1);
	return p;
}

static void
goes_idle(struct lab *lab, int version, unsigned requests)
{
	long before = nbuffers;
	struct pair pair;
	char data[32];

	pair_open(&pair, lab);
	SSL_set_max_proto_version(pair.client, version);
	pair_connect(&pair);
	assert_drained(&pair);
	for (unsigned i = 0; i < requests; i++) {
		pair_say(&pair, "request", 7);
		assert_int_equal(session_read(&pair, data, sizeof(data)), 7);
		assert_drained(&pair);
		assert_int_equal(session_write(&pair, "response"), 0);
		pair_flush(&pair);
	}
	SSL_free(pair.client);
	pair.client = NULL;
	assert_int_equal(nbuffers, before);
	pair_close(&pair);
}

/* An idle connection holds no buffer, whether it has had requests or not. */
static void
test_idle_memory(void **state)
{
	struct lab *lab = *state;

	for (unsigned requests = 0; requests < 3; requests++) {
		goes_idle(lab, TLS1_2_VERSION, requests);
		goes_idle(lab, TLS1_3_VERSION, requests);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define LAB_TEST(f) cmocka_unit_test_setup_teardown(f, open_session, lab_close)
		LAB_TEST(test_handshake_in_pieces),
		LAB_TEST(test_request_with_finished),
		LAB_TEST(test_what_may_wait),
		LAB_TEST(test_plain_http),
		LAB_TEST(test_neither_tls_nor_http),
		LAB_TEST(test_malformed_sni),
		LAB_TEST(test_failure_texts),
		LAB_TEST(test_handshake_output_limit),
		LAB_TEST(test_read_gathers_records),
		LAB_TEST(test_pending),
		LAB_TEST(test_upload),
		LAB_TEST(test_close_notify),
		LAB_TEST(test_half_close),
		LAB_TEST(test_truncated_record),
		LAB_TEST(test_reset),
		LAB_TEST(test_bad_record),
		LAB_TEST(test_key_update),
		LAB_TEST(test_records),
		LAB_TEST(test_output_limit),
		LAB_TEST(test_close_once),
		LAB_TEST(test_idle_memory),
	};

	CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free);

	return cmocka_run_group_tests(tests, NULL, NULL);
}
