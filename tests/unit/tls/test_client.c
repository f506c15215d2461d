/* Connections to backends: whose certificate is taken, and what is said of
 * those that are not. */

#include "lab.h"

#include <openssl/pem.h>

#include "tls/client.h"

#define NAME "ha.example"

/* A session of ours on one end of a socket pair, a TLS server on the other. */
struct meeting {
	SSL_CTX *ctx;
	SSL *server;
	int fd;
	struct sock sock;
	struct tls_session *session;
	struct buf out;
	struct error err;
};

static char ca_path[64];

static void
write_ca(const char *text)
{
	FILE *file = fopen(ca_path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* A key and its own certificate, which are the server's and may be trusted. */
static void
equip(SSL_CTX *ctx, const char *name)
{
	char *pem = lab_pem(PKI_P256, &name, 1);
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	write_ca(strstr(pem, "-----BEGIN CERTIFICATE"));
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(bio);
	free(pem);
}

static void
meet(struct meeting *meeting, const char *cert_name, struct tls_client *client)
{
	int fds[2];

	*meeting = (struct meeting){ .ctx = SSL_CTX_new(TLS_server_method()) };
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	equip(meeting->ctx, cert_name);
	meeting->server = SSL_new(meeting->ctx);
	meeting->fd = fds[1];
	SSL_set_fd(meeting->server, fds[1]);
	SSL_set_accept_state(meeting->server);
	sock_init(&meeting->sock, fds[0]);
	if (client != NULL)
		meeting->session = tls_session_connect(client, &meeting->sock);
}

static void
part(struct meeting *meeting)
{
	tls_session_free(meeting->session);
	sock_close(&meeting->sock);
	close(meeting->fd);
	SSL_free(meeting->server);
	SSL_CTX_free(meeting->ctx);
	buf_release(&meeting->out);
	ERR_clear_error();
}

static void
send_out(struct meeting *meeting)
{
	ssize_t n = 0;

	if (buf_len(&meeting->out) > 0)
		n = sock_write(&meeting->sock, buf_data(&meeting->out),
		    buf_len(&meeting->out));
	assert_int_equal(n, buf_len(&meeting->out));
	buf_clear(&meeting->out);
}

static enum tls_result
shake(struct meeting *meeting)
{
	enum tls_result result = TLS_AGAIN;

	for (int i = 0; i < 10 && result == TLS_AGAIN; i++) {
		result = tls_session_handshake(
		    meeting->session, &meeting->out, &meeting->err);
		send_out(meeting);
		SSL_do_handshake(meeting->server);
		ERR_clear_error();
		sock_ready(&meeting->sock, true, false, false);
	}
	return result;
}

/* Meets a backend whose certificate is for `cert_name`, asking for `name`. */
static enum tls_result
try(const char *cert_name, const char *name, bool trusted, struct error *err)
{
	struct tls_trust *trust;
	struct tls_client *client;
	struct meeting meeting;
	enum tls_result result;

	meet(&meeting, cert_name, NULL);
	if (!trusted) {
		char *other = lab_pem(PKI_P256, &cert_name, 1);

		write_ca(strstr(other, "-----BEGIN CERTIFICATE"));
		free(other);
	}
	trust = tls_trust_new(ca_path, err);
	assert_non_null(trust);
	client = tls_client_new(name, trust, err);
	assert_non_null(client);
	tls_trust_free(trust);
	meeting.session = tls_session_connect(client, &meeting.sock);
	result = shake(&meeting);
	if (result == TLS_FAILED)
		*err = meeting.err;
	part(&meeting);
	tls_client_free(client);
	return result;
}

static void
test_the_name_must_be_in_the_certificate(void **state)
{
	static const struct {
		const char *cert, *name;
		bool good;
	} cases[] = {
		{ NAME, NAME, true },
		{ NAME, "HA.Example", true },
		{ "*.home.example", "ha.home.example", true },
		{ "*.home.example", "a.b.home.example", false },
		{ NAME, "other.example", false },
		{ NAME, "example", false },
		{ NAME, "a." NAME, false },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.1", "127.0.0.2", false },
		{ "::1", "::1", true },
		{ NAME, "127.0.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { 0 };
		enum tls_result result =
		    try(cases[i].cert, cases[i].name, true, &err);

		if (result != (cases[i].good ? TLS_DONE : TLS_FAILED))
			fail_msg("%s for %s: %s", cases[i].cert, cases[i].name,
			    err.msg);
		if (cases[i].good)
			continue;
		assert_int_equal(err.kind, ERR_DENIED);
		assert_non_null(strstr(err.msg, "ServerName"));
	}
}

static void
test_nobody_vouches(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(try(NAME, NAME, false, &err), TLS_FAILED);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_non_null(strstr(err.msg, "with CAFile"));
}

static void
test_without_trust_anything_goes(void **state)
{
	struct tls_client *client = tls_client_new(NAME, NULL, NULL);
	struct meeting meeting;

	(void)state;
	meet(&meeting, "other.example", client);
	assert_int_equal(shake(&meeting), TLS_DONE);
	assert_string_equal(
	    SSL_get_servername(meeting.server, TLSEXT_NAMETYPE_host_name),
	    NAME);
	part(&meeting);
	tls_client_free(client);
}

static void
test_an_address_is_no_sni(void **state)
{
	struct tls_client *client = tls_client_new("127.0.0.1", NULL, NULL);
	struct meeting meeting;

	(void)state;
	meet(&meeting, NAME, client);
	assert_int_equal(shake(&meeting), TLS_DONE);
	assert_null(
	    SSL_get_servername(meeting.server, TLSEXT_NAMETYPE_host_name));
	part(&meeting);
	tls_client_free(client);
}

/* --- what we show --------------------------------------------------------- */

static void
write_pem(const char *key_of, const char *cert_of)
{
	char *text = xasprintf("%.*s%s",
	    (int)(strstr(key_of, "-----BEGIN CERTIFICATE") - key_of), key_of,
	    strstr(cert_of, "-----BEGIN CERTIFICATE"));

	write_ca(text);
	free(text);
}

static int
take_any(int ok, X509_STORE_CTX *check)
{
	(void)ok;
	(void)check;
	return 1;
}

static void
test_a_certificate_is_shown_to_whom_asks(void **state)
{
	char *pem = lab_pem(PKI_P256, &(const char *){ "gateway.example" }, 1);
	struct tls_client *client = tls_client_new(NAME, NULL, NULL);
	struct error err;

	(void)state;
	write_pem(pem, pem);
	free(pem);
	assert_int_equal(tls_client_identify(client, ca_path, &err), 0);
	for (int asks = 0; asks < 2; asks++) {
		struct meeting meeting;
		X509 *shown;

		meet(&meeting, NAME, client);
		if (asks)
			SSL_set_verify(
			    meeting.server, SSL_VERIFY_PEER, take_any);
		assert_int_equal(shake(&meeting), TLS_DONE);
		SSL_do_handshake(meeting.server);
		shown = SSL_get1_peer_certificate(meeting.server);
		assert_int_equal(shown != NULL, asks);
		if (asks)
			assert_int_equal(X509_check_host(shown,
			                     "gateway.example", 0, 0, NULL),
			    1);
		X509_free(shown);
		part(&meeting);
	}
	tls_client_free(client);
}

static void
test_certificates_that_cannot_be_shown(void **state)
{
	const char *name = "gateway.example";
	char *one = lab_pem(PKI_P256, &name, 1);
	char *other = lab_pem(PKI_P256, &name, 1);
	struct tls_client *client = tls_client_new(NAME, NULL, NULL);
	struct error err;

	(void)state;
	write_pem(one, other);
	assert_int_equal(tls_client_identify(client, ca_path, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	write_ca(strstr(one, "-----BEGIN CERTIFICATE"));
	assert_int_equal(tls_client_identify(client, ca_path, &err), -1);
	write_ca("");
	assert_int_equal(tls_client_identify(client, ca_path, &err), -1);
	unlink(ca_path);
	assert_int_equal(tls_client_identify(client, ca_path, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	tls_client_free(client);
	free(one);
	free(other);
}

static void
test_data_and_ends(void **state)
{
	static char hello[] = "hello";
	struct tls_client *client = tls_client_new(NAME, NULL, NULL);
	struct iovec iov = { hello, 5 };
	char data[16];

	(void)state;
	for (int polite = 0; polite < 2; polite++) {
		struct meeting meeting;

		meet(&meeting, NAME, client);
		assert_int_equal(shake(&meeting), TLS_DONE);
		assert_int_equal(
		    tls_session_writev(meeting.session, &iov, 1, &meeting.out),
		    0);
		send_out(&meeting);
		assert_int_equal(
		    SSL_read(meeting.server, data, sizeof(data)), 5);
		assert_int_equal(SSL_write(meeting.server, "bye", 3), 3);
		if (polite)
			SSL_shutdown(meeting.server);
		shutdown(meeting.fd, SHUT_WR);
		sock_ready(&meeting.sock, true, false, true);
		assert_int_equal(tls_session_read(meeting.session, data,
		                     sizeof(data), &meeting.out),
		    3);
		/* A FIN alone may be a cut. */
		assert_int_equal(tls_session_read(meeting.session, data,
		                     sizeof(data), &meeting.out),
		    polite ? 0 : -1);
		part(&meeting);
	}
	tls_client_free(client);
}

static void
test_failure_texts(void **state)
{
	static const char plain[] = "TLS handshake: the backend speaks plain "
	                            "HTTP; leave out HTTPS";
	static const struct {
		const char *said, *text;
	} cases[] = {
		{ "HTTP/1.1 400 Bad Request\r\n\r\n", plain },
		{ "", "TLS handshake: the backend closed the connection" },
	};
	struct tls_client *client = tls_client_new(NAME, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct meeting meeting;
		size_t len = strlen(cases[i].said);

		meet(&meeting, NAME, client);
		assert_int_equal(tls_session_handshake(meeting.session,
		                     &meeting.out, &meeting.err),
		    TLS_AGAIN);
		send_out(&meeting);
		assert_int_equal(write(meeting.fd, cases[i].said, len), len);
		shutdown(meeting.fd, SHUT_WR);
		sock_ready(&meeting.sock, true, false, true);
		assert_int_equal(tls_session_handshake(meeting.session,
		                     &meeting.out, &meeting.err),
		    TLS_FAILED);
		assert_string_equal(meeting.err.msg, cases[i].text);
		part(&meeting);
	}
	tls_client_free(client);
}

static void
test_trust_that_is_none(void **state)
{
	static const char torn[] = "-----BEGIN CERTIFICATE-----\nAAAA\n"
	                           "-----END CERTIFICATE-----\n";
	static const char *const texts[] = { "", "hello\n", torn };
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_ca(texts[i]);
		assert_null(tls_trust_new(ca_path, &err));
		assert_int_equal(err.kind, ERR_SYNTAX);
	}
	assert_int_equal(unlink(ca_path), 0);
	assert_null(tls_trust_new(ca_path, &err));
	assert_int_equal(err.kind, ERR_NOTFOUND);
}

static void
test_the_systems_list(void **state)
{
	struct tls_trust *trust;
	struct error err;
	char *pem = lab_pem(PKI_P256, &(const char *){ NAME }, 1);

	(void)state;
	write_ca(strstr(pem, "-----BEGIN CERTIFICATE"));
	free(pem);
	setenv("SSL_CERT_FILE", ca_path, 1);
	trust = tls_trust_new(NULL, &err);
	assert_non_null(trust);
	tls_trust_free(trust);
	unlink(ca_path);
	assert_null(tls_trust_new(NULL, &err));
	unsetenv("SSL_CERT_FILE");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_name_must_be_in_the_certificate),
		cmocka_unit_test(test_nobody_vouches),
		cmocka_unit_test(test_without_trust_anything_goes),
		cmocka_unit_test(test_an_address_is_no_sni),
		cmocka_unit_test(test_a_certificate_is_shown_to_whom_asks),
		cmocka_unit_test(test_certificates_that_cannot_be_shown),
		cmocka_unit_test(test_data_and_ends),
		cmocka_unit_test(test_failure_texts),
		cmocka_unit_test(test_trust_that_is_none),
		cmocka_unit_test(test_the_systems_list),
	};
	int status;

	snprintf(ca_path, sizeof(ca_path), "/tmp/test_client.%ld.pem",
	    (long)getpid());
	status = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(ca_path);
	return status;
}
