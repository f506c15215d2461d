/* The wire form of messages: round trips, bounds, permissions. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/msg.h"

static unsigned char wire[MSG_SIZE_MAX];

static long
encode(const struct msg *msg)
{
	struct error err;
	long len = msg_encode(msg, wire, sizeof(wire), &err);

	assert_true(len > 0);
	return len;
}

/* Through an exact heap copy, so that a sanitizer sees an overread. */
static int
decode(struct msg *msg, size_t len, unsigned char **copy)
{
	struct error err;
	int rc;

	*copy = malloc(len);
	assert_true(len == 0 || *copy != NULL);
	if (len != 0)
		memcpy(*copy, wire, len);
	rc = msg_decode(msg, *copy, len, &err);
	if (rc == -1)
		assert_int_equal(err.kind, ERR_PROTOCOL);
	return rc;
}

static void
test_every_field_type_survives(void **state)
{
	struct msg sent = { .kind = MSG_CERT_ISSUED, .fd = -1 }, got;
	static const char pem[] = "a\0b";
	unsigned char *copy;

	(void)state;
	sent.u.CERT_ISSUED.pem = (struct msg_bytes){ pem, sizeof(pem) };
	sent.u.CERT_ISSUED.not_before = INT64_MIN;
	sent.u.CERT_ISSUED.not_after = INT64_MAX;
	sent.u.CERT_ISSUED.serial = "0a";
	assert_int_equal(decode(&got, (size_t)encode(&sent), &copy), 0);
	assert_int_equal(got.kind, MSG_CERT_ISSUED);
	assert_int_equal(got.fd, -1);
	assert_int_equal(got.u.CERT_ISSUED.pem.len, sizeof(pem));
	assert_memory_equal(got.u.CERT_ISSUED.pem.p, pem, sizeof(pem));
	assert_true(got.u.CERT_ISSUED.not_before == INT64_MIN);
	assert_true(got.u.CERT_ISSUED.not_after == INT64_MAX);
	assert_string_equal(got.u.CERT_ISSUED.serial, "0a");
	free(copy);
}

static void
test_absent_values_are_empty(void **state)
{
	struct msg sent = { .kind = MSG_JOB, .fd = -1 }, got;
	unsigned char *copy;

	(void)state;
	sent.u.JOB.key_type = "P-256";
	assert_int_equal(decode(&got, (size_t)encode(&sent), &copy), 0);
	assert_string_equal(got.u.JOB.names, "");
	assert_string_equal(got.u.JOB.key_type, "P-256");
	assert_string_equal(got.u.JOB.order_key, "");
	free(copy);
}

/* A message of a kind, all its fields empty or zero. */
static void
test_every_kind_round_trips_empty(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < MSG_COUNT; kind++) {
		struct msg sent = { .kind = kind, .fd = -1 }, got;
		unsigned char *copy;

		assert_int_equal(decode(&got, (size_t)encode(&sent), &copy), 0);
		assert_int_equal(got.kind, kind);
		free(copy);
	}
}

static void
test_every_truncation_is_refused(void **state)
{
	struct msg sent = { .kind = MSG_SHOW_CERT, .fd = -1 }, got;
	size_t len;

	(void)state;
	sent.u.SHOW_CERT.names = "ha.example.org";
	sent.u.SHOW_CERT.problem = "none";
	len = (size_t)encode(&sent);
	for (size_t cut = 0; cut < len; cut++) {
		unsigned char *copy;

		assert_int_equal(decode(&got, cut, &copy), -1);
		free(copy);
	}
}

static void
refuse(size_t len)
{
	struct msg got = { .kind = MSG_COUNT, .fd = 7 };
	unsigned char *copy;

	assert_int_equal(decode(&got, len, &copy), -1);
	assert_int_equal(got.kind, MSG_COUNT);
	assert_int_equal(got.fd, 7);
	free(copy);
}

static void
test_malformed_is_refused_and_output_untouched(void **state)
{
	struct msg sent = { .kind = MSG_CHALLENGE_CLEAR, .fd = -1 };
	uint32_t word;
	size_t len;

	(void)state;
	sent.u.CHALLENGE_CLEAR.kind = 1;
	sent.u.CHALLENGE_CLEAR.name = "abc";
	len = (size_t)encode(&sent);
	assert_int_equal(len, 4 + 4 + 4 + 3 + 1);

	wire[len] = 0; /* a byte too many */
	refuse(len + 1);
	wire[12] = '\0'; /* NUL inside the text */
	refuse(len);
	wire[12] = 'a';
	wire[len - 1] = 'e'; /* no NUL at its end */
	refuse(len);
	wire[len - 1] = '\0';
	word = UINT32_MAX; /* a length beyond the packet */
	memcpy(wire + 8, &word, sizeof(word));
	refuse(len);
	word = MSG_COUNT; /* no such kind */
	memcpy(wire, &word, sizeof(word));
	refuse(len);
	word = UINT32_MAX;
	memcpy(wire, &word, sizeof(word));
	refuse(len);
}

static void
test_what_does_not_fit_is_an_error(void **state)
{
	struct msg sent = { .kind = MSG_CERT_SWAP, .fd = -1 };
	static const char big[MSG_SIZE_MAX];
	struct error err;
	long len;

	(void)state;
	sent.u.CERT_SWAP.pem = (struct msg_bytes){ big, sizeof(big) };
	assert_int_equal(msg_encode(&sent, wire, sizeof(wire), &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);

	sent.u.CERT_SWAP.pem.len = 100;
	len = encode(&sent);
	assert_int_equal(msg_encode(&sent, wire, (size_t)len, &err), len);
	assert_int_equal(msg_encode(&sent, wire, (size_t)len - 1, &err), -1);
	assert_int_equal(msg_encode(&sent, wire, 0, &err), -1);
}

static void
test_permissions_come_from_the_table(void **state)
{
	(void)state;
	assert_true(msg_allowed(MSG_START, IPC_SUPERVISOR, IPC_PROXY));
	assert_true(msg_allowed(MSG_START, IPC_SUPERVISOR, IPC_MONITOR));
	assert_false(msg_allowed(MSG_START, IPC_SUPERVISOR, IPC_ACME));
	assert_false(msg_allowed(MSG_START, IPC_PROXY, IPC_SUPERVISOR));
	assert_false(msg_allowed(MSG_CERT_ISSUED, IPC_PROXY, IPC_SUPERVISOR));
	assert_true(msg_allowed(MSG_CERT_ISSUED, IPC_ACME, IPC_SUPERVISOR));
	assert_false(msg_allowed(MSG_CERT_SWAP, IPC_SUPERVISOR, IPC_MONITOR));
	assert_true(msg_has_fd(MSG_LISTENER));
	assert_false(msg_has_fd(MSG_WORKER_GO));
	assert_string_equal(msg_name(MSG_CONTROL_REPLY), "CONTROL_REPLY");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_type_survives),
		cmocka_unit_test(test_absent_values_are_empty),
		cmocka_unit_test(test_every_kind_round_trips_empty),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(
		    test_malformed_is_refused_and_output_untouched),
		cmocka_unit_test(test_what_does_not_fit_is_an_error),
		cmocka_unit_test(test_permissions_come_from_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
