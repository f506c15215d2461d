/* Session tickets: who may come back with one, and for how long. */

#include "lab.h"

/* What the client that connected last keeps, and whether it is news. */
static SSL_SESSION *received;
static bool renewed;
static unsigned ntickets; /* NewSessionTicket messages that it was sent */

static void
on_message(int sent, int version, int type, const void *data, size_t len,
    SSL *ssl, void *arg)
{
	const unsigned char *message = data;

	(void)version;
	(void)ssl;
	(void)arg;
	if (!sent && type == SSL3_RT_HANDSHAKE && len > 0 &&
	    message[0] == SSL3_MT_NEWSESSION_TICKET)
		ntickets++;
}

static int
open_tickets(void **state)
{
	struct lab *lab;

	lab_open(state);
	lab = *state;
	lab_set(lab, 0, "one.example");
	lab_set(lab, 1, "two.example");
	return 0;
}

static int
close_tickets(void **state)
{
	SSL_SESSION_free(received);
	received = NULL;
	return lab_close(state);
}

static void
push(struct lab *lab, unsigned char seed)
{
	unsigned char key[TLS_TICKET_KEY_SIZE];

	memset(key, seed, sizeof(key));
	tls_tickets_push(lab->tickets, key);
}

static void
keep(SSL *client, const SSL_SESSION *offered)
{
	const unsigned char *was = NULL, *is = NULL;
	size_t was_len = 0, is_len = 0;

	SSL_SESSION_free(received);
	received = SSL_get1_session(client);
	if (offered != NULL)
		SSL_SESSION_get0_ticket(offered, &was, &was_len);
	SSL_SESSION_get0_ticket(received, &is, &is_len);
	renewed =
	    is_len > 0 && (is_len != was_len || memcmp(is, was, is_len) != 0);
}

/* Connects with the ticket, if any, and keeps the session. */
static bool
resumes(struct lab *lab, int version, const char *sni, SSL_SESSION *ticket)
{
	struct pair pair;
	bool resumed;
	char c;

	ntickets = 0;
	pair_open(&pair, lab);
	SSL_set_msg_callback(pair.client, on_message);
	SSL_set_max_proto_version(pair.client, version);
	pair_ask_for(&pair, sni);
	if (ticket != NULL)
		assert_true(SSL_set_session(pair.client, ticket));
	pair_connect(&pair);
	SSL_read(pair.client, &c, 1);
	ERR_clear_error();
	resumed = SSL_session_reused(pair.client);
	keep(pair.client, ticket);
	assert_string_equal(tls_session_sni(pair.session), sni);
	tls_session_close(pair.session, &pair.out);
	SSL_shutdown(pair.client);
	pair_close(&pair);
	return resumed;
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/* A full handshake; its ticket is the caller's. */
static SSL_SESSION *
ticket(struct lab *lab, int version, const char *sni)
{
	SSL_SESSION *got;

	assert_false(resumes(lab, version, sni, NULL));
	assert_true(renewed);
	got = received;
	received = NULL;
	return got;
}

static void
test_resumption(void **state)
{
	struct lab *lab = *state;

	push(lab, 1);
	for (int i = 0; i < 2; i++) {
		SSL_SESSION *got = ticket(lab, versions[i], "one.example");

		assert_int_equal(ntickets, 1);
		assert_true(resumes(lab, versions[i], "one.example", got));
		/* A new one for the next time, where one is used once. */
		assert_int_equal(renewed, versions[i] == TLS1_3_VERSION);
		assert_int_equal(SSL_SESSION_get_max_early_data(got), 0);
		SSL_SESSION_free(got);
	}
}

static void
test_no_key_no_ticket(void **state)
{
	struct lab *lab = *state;

	for (int i = 0; i < 2; i++) {
		assert_false(resumes(lab, versions[i], "one.example", NULL));
		assert_false(SSL_SESSION_has_ticket(received));
		assert_int_equal(ntickets, 0); /* not even an empty one */
	}
}

/* Nor for another name of the same certificate, known or unknown. */
static void
test_other_host(void **state)
{
	static const char *const names[] = { "one.example", "also.example" };
	static const char *const others[] = { "two.example", "also.example",
		"unknown.example" };
	struct lab *lab = *state;

	push(lab, 1);
	lab_set_key(lab, 0, PKI_P256, names, 2);
	for (int i = 0; i < 2; i++) {
		SSL_SESSION *got = ticket(lab, versions[i], "one.example");

		for (size_t n = 0; n < 3; n++)
			assert_false(resumes(lab, versions[i], others[n], got));
		assert_true(resumes(lab, versions[i], "one.example", got));
		SSL_SESSION_free(got);
	}
}

/* A renewed certificate is seen at the next handshake. */
static void
test_renewed_certificate(void **state)
{
	struct lab *lab = *state;

	push(lab, 1);
	for (int i = 0; i < 2; i++) {
		SSL_SESSION *got = ticket(lab, versions[i], "one.example");

		lab_set(lab, 1, "two.example");
		assert_true(resumes(lab, versions[i], "one.example", got));
		lab_set(lab, 0, "one.example");
		assert_false(resumes(lab, versions[i], "one.example", got));
		SSL_SESSION_free(got);
	}
}

/* A listener with stricter rules does not take the tickets of a lax one. */
static void
test_other_listener(void **state)
{
	static const char *const name = "one.example";
	struct lab *lab = *state;
	struct tls_server *strict = lab->server, *lax;
	SSL_SESSION *got;

	push(lab, 1);
	lab_set_key(lab, 0, PKI_RSA2048, &name, 1);
	lax = lab->server = lab_listen(lab, TLS_1_2, "AES128-SHA");
	got = ticket(lab, TLS1_2_VERSION, name);
	assert_true(resumes(lab, TLS1_2_VERSION, name, got));
	lab->server = strict;
	assert_false(resumes(lab, TLS1_2_VERSION, name, got));
	SSL_SESSION_free(got);
	tls_server_free(lax);
}

static void
test_rotation(void **state)
{
	struct lab *lab = *state;
	SSL_SESSION *got, *again;

	for (int i = 0; i < 2; i++) {
		unsigned char seed = (unsigned char)(10 * i);

		push(lab, seed + 1);
		got = ticket(lab, versions[i], "one.example");
		push(lab, seed + 2);
		assert_true(resumes(lab, versions[i], "one.example", got));
		assert_true(renewed); /* of the current key */
		again = received;
		received = NULL;
		push(lab, seed + 3);
		assert_true(resumes(lab, versions[i], "one.example", got));
		push(lab, seed + 4);
		assert_false(resumes(lab, versions[i], "one.example", got));
		assert_true(resumes(lab, versions[i], "one.example", again));
		SSL_SESSION_free(got);
		SSL_SESSION_free(again);
	}
}

/* Every worker has the same keys and takes the others' tickets. */
static void
test_other_worker(void **state)
{
	struct lab *lab = *state;
	struct tls_tickets *first = lab->tickets;
	struct tls_server *server = lab->server;
	SSL_SESSION *got;

	push(lab, 1);
	got = ticket(lab, TLS1_3_VERSION, "one.example");
	lab->tickets = tls_tickets_new();
	lab->server = lab_listen(lab, TLS_1_2, NULL);
	assert_false(resumes(lab, TLS1_3_VERSION, "one.example", got));
	push(lab, 1);
	assert_true(resumes(lab, TLS1_3_VERSION, "one.example", got));
	tls_server_free(lab->server);
	tls_tickets_free(lab->tickets);
	lab->tickets = first;
	lab->server = server;
	SSL_SESSION_free(got);
}

/* A ticket sealed with a key of zeros, as a forgetful rotation would have. */
static void
test_forged_with_no_key(void **state)
{
	struct lab *lab = *state;
	struct tls_tickets *honest = lab->tickets;
	struct tls_server *server = lab->server;

	for (int i = 0; i < 2; i++) {
		SSL_SESSION *forged;

		lab->tickets = tls_tickets_new();
		lab->server = lab_listen(lab, TLS_1_2, NULL);
		push(lab, 0);
		forged = ticket(lab, versions[i], "one.example");
		tls_server_free(lab->server);
		tls_tickets_free(lab->tickets);
		lab->tickets = honest;
		lab->server = server;
		assert_false(resumes(lab, versions[i], "one.example", forged));
		push(lab, 1);
		assert_false(resumes(lab, versions[i], "one.example", forged));
		SSL_SESSION_free(forged);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define LAB_TEST(f)                                                            \
	cmocka_unit_test_setup_teardown(f, open_tickets, close_tickets)
		LAB_TEST(test_resumption),
		LAB_TEST(test_no_key_no_ticket),
		LAB_TEST(test_other_host),
		LAB_TEST(test_renewed_certificate),
		LAB_TEST(test_other_listener),
		LAB_TEST(test_rotation),
		LAB_TEST(test_other_worker),
		LAB_TEST(test_forged_with_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
