/* The line between two processes, both ends in this one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ipc/chan.h"

struct line {
	struct chan *supervisor;
	struct chan *proxy;
};

static int
set_up(void **state)
{
	static struct line line;
	struct error err;
	int fds[2];

	assert_int_equal(chan_pair(fds, &err), 0);
	assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fds[1], F_GETFD) & FD_CLOEXEC);
	line.supervisor = chan_new(fds[0], IPC_SUPERVISOR, IPC_PROXY, false);
	line.proxy = chan_new(fds[1], IPC_PROXY, IPC_SUPERVISOR, false);
	*state = &line;
	return 0;
}

static int
tear_down(void **state)
{
	struct line *line = *state;

	chan_free(line->supervisor);
	chan_free(line->proxy);
	return 0;
}

static struct msg
ready(void)
{
	return (struct msg){ .kind = MSG_WORKER_READY, .fd = -1 };
}

static struct msg
cert_swap(const void *pem, size_t len)
{
	struct msg msg = { .kind = MSG_CERT_SWAP, .fd = -1 };

	msg.u.CERT_SWAP.pem = (struct msg_bytes){ pem, len };
	return msg;
}

static void
test_messages_arrive_in_order(void **state)
{
	struct line *line = *state;
	struct msg got, drain = { .kind = MSG_WORKER_DRAIN, .fd = -1 };
	struct error err;

	for (unsigned i = 1; i <= 3; i++) {
		drain.u.WORKER_DRAIN.seconds = i;
		assert_int_equal(chan_send(line->supervisor, &drain, &err), 0);
	}
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(
		    chan_recv(line->proxy, &got, &err), CHAN_MESSAGE);
		assert_int_equal(got.kind, MSG_WORKER_DRAIN);
		assert_int_equal(got.u.WORKER_DRAIN.seconds, i);
	}
	assert_int_equal(chan_recv(line->proxy, &got, &err), CHAN_EMPTY);
}

static void
test_largest_message_fits(void **state)
{
	struct line *line = *state;
	static unsigned char pem[MSG_SIZE_MAX - 16];
	struct msg got, msg = cert_swap(pem, sizeof(pem));
	struct error err;

	memset(pem, 'k', sizeof(pem));
	assert_int_equal(chan_send(line->supervisor, &msg, &err), 0);
	assert_false(chan_wants_write(line->supervisor));
	assert_int_equal(chan_recv(line->proxy, &got, &err), CHAN_MESSAGE);
	assert_int_equal(got.u.CERT_SWAP.pem.len, sizeof(pem));
	assert_memory_equal(got.u.CERT_SWAP.pem.p, pem, sizeof(pem));
}

static void
test_descriptor_travels_and_stays_the_senders(void **state)
{
	struct line *line = *state;
	struct msg got, msg = { .kind = MSG_LISTENER };
	struct stat sent, received;
	struct error err;

	msg.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	msg.u.LISTENER.listener = 5;
	assert_int_equal(chan_send(line->supervisor, &msg, &err), 0);
	assert_int_equal(chan_recv(line->proxy, &got, &err), CHAN_MESSAGE);
	assert_int_equal(got.u.LISTENER.listener, 5);
	assert_true(got.fd >= 0 && got.fd != msg.fd);
	assert_true(fcntl(got.fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(msg.fd, &sent), 0);
	assert_int_equal(fstat(got.fd, &received), 0);
	assert_true(sent.st_rdev == received.st_rdev);
	close(msg.fd);
	close(got.fd);
}

static void
test_sender_keeps_to_the_table(void **state)
{
	struct line *line = *state;
	struct msg msg = ready(), got;
	struct error err;

	assert_int_equal(chan_send(line->supervisor, &msg, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	msg.fd = 0; /* a descriptor where none belongs */
	assert_int_equal(chan_send(line->proxy, &msg, &err), -1);
	msg = (struct msg){ .kind = MSG_LISTENER, .fd = -1 };
	assert_int_equal(chan_send(line->supervisor, &msg, &err), -1);
	assert_int_equal(chan_recv(line->proxy, &got, &err), CHAN_EMPTY);
}

/* Sends raw bytes and descriptors past the checks of chan_send(). */
static void
send_raw(struct chan *chan, const void *data, size_t len, const int *fds,
    size_t nfds)
{
	union {
		char space[CMSG_SPACE(sizeof(int) * 16)];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds > 0) {
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(&control.align), fds, sizeof(int) * nfds);
		hdr.msg_control = control.space;
		hdr.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
	}
	assert_int_equal(sendmsg(chan_fd(chan), &hdr, 0), (ssize_t)len);
}

/* The lowest free descriptor: if it stays the same, nothing leaked. */
static int
next_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

static void
test_receiver_refuses_what_is_not_allowed(void **state)
{
	struct line *line = *state;
	struct msg got, msg = ready();
	struct error err;
	unsigned char wire[64];
	long len = msg_encode(&msg, wire, sizeof(wire), &err);

	/* WORKER_READY from the supervisor. */
	send_raw(line->supervisor, wire, (size_t)len, NULL, 0);
	assert_int_equal(chan_recv(line->proxy, &got, &err), CHAN_BROKEN);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_non_null(strstr(err.msg, "WORKER_READY"));

	send_raw(line->supervisor, "xy", 2, NULL, 0);
	assert_int_equal(chan_recv(line->proxy, &got, &err), CHAN_BROKEN);
	assert_int_equal(err.kind, ERR_PROTOCOL);
}

static void
test_receiver_closes_stray_descriptors(void **state)
{
	struct line *line = *state;
	struct msg got, msg = { .kind = MSG_WORKER_GO, .fd = -1 };
	const int many[16] = { 0 };
	struct error err;
	unsigned char wire[64];
	long len = msg_encode(&msg, wire, sizeof(wire), &err);
	int before = next_fd();

	for (size_t n = 1; n <= 16; n++) {
		send_raw(line->supervisor, wire, (size_t)len, many, n);
		assert_int_equal(
		    chan_recv(line->proxy, &got, &err), CHAN_BROKEN);
		assert_int_equal(next_fd(), before);
	}

	/* One descriptor belongs to LISTENER: not none, not two. */
	msg = (struct msg){ .kind = MSG_LISTENER, .fd = -1 };
	len = msg_encode(&msg, wire, sizeof(wire), &err);
	for (size_t n = 0; n <= 2; n += 2) {
		send_raw(line->supervisor, wire, (size_t)len, many, n);
		assert_int_equal(
		    chan_recv(line->proxy, &got, &err), CHAN_BROKEN);
		assert_int_equal(next_fd(), before);
	}
	send_raw(line->supervisor, wire, (size_t)len, many, 1);
	assert_int_equal(chan_recv(line->proxy, &got, &err), CHAN_MESSAGE);
	assert_int_equal(got.fd, before);
	close(got.fd);
}

static void
test_oversized_packet_is_refused(void **state)
{
	struct line *line = *state;
	static const unsigned char big[MSG_SIZE_MAX + 1];
	struct error err;
	struct msg got;

	send_raw(line->supervisor, big, sizeof(big), NULL, 0);
	assert_int_equal(chan_recv(line->proxy, &got, &err), CHAN_BROKEN);
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void
test_queue_keeps_order_and_descriptors(void **state)
{
	struct line *line = *state;
	static const unsigned char pem[64 * 1024];
	struct msg got, msg = cert_swap(pem, sizeof(pem));
	struct msg listener = { .kind = MSG_LISTENER };
	unsigned sent = 0, received = 0;
	struct error err;

	do {
		msg.u.CERT_SWAP.serial_number = sent++;
		assert_int_equal(chan_send(line->supervisor, &msg, &err), 0);
	} while (!chan_wants_write(line->supervisor));
	listener.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(chan_send(line->supervisor, &listener, &err), 0);
	close(listener.fd);

	while (received < sent) {
		if (chan_recv(line->proxy, &got, &err) == CHAN_EMPTY) {
			chan_flush(line->supervisor);
			continue;
		}
		assert_int_equal(got.kind, MSG_CERT_SWAP);
		assert_int_equal(got.u.CERT_SWAP.serial_number, received++);
	}
	assert_false(chan_flush(line->supervisor));
	assert_false(chan_wants_write(line->supervisor));
	assert_int_equal(chan_recv(line->proxy, &got, &err), CHAN_MESSAGE);
	assert_int_equal(got.kind, MSG_LISTENER);
	assert_int_equal(close(got.fd), 0);
}

static void
test_queue_is_bounded(void **state)
{
	struct line *line = *state;
	static const unsigned char pem[100 * 1024];
	struct msg msg = cert_swap(pem, sizeof(pem));
	unsigned sent = 0;
	struct error err;

	while (chan_send(line->supervisor, &msg, &err) == 0)
		sent++;
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_true(sent > 40);
	assert_true(sent < 60);
}

static void
test_peer_that_left(void **state)
{
	struct line *line = *state;
	static const unsigned char pem[100 * 1024];
	struct msg got, msg = cert_swap(pem, sizeof(pem));
	struct error err;

	do
		assert_int_equal(chan_send(line->supervisor, &msg, &err), 0);
	while (!chan_wants_write(line->supervisor));
	chan_free(line->proxy);
	line->proxy = NULL;
	assert_false(chan_flush(line->supervisor));
	assert_false(chan_wants_write(line->supervisor));
	assert_int_equal(chan_send(line->supervisor, &msg, &err), -1);
	assert_int_equal(err.kind, ERR_SYS);
	assert_int_equal(chan_recv(line->supervisor, &got, &err), CHAN_CLOSED);
	assert_int_equal(chan_recv(line->supervisor, &got, &err), CHAN_CLOSED);
}

static void *
job(void *arg)
{
	int *fd = arg;
	struct chan *chan = chan_new(*fd, IPC_ACME, IPC_SUPERVISOR, true);
	struct msg got, msg = { .kind = MSG_ACCOUNT_SAVE, .fd = -1 };
	struct error err;
	enum chan_result result;

	msg.u.ACCOUNT_SAVE.url = "https://ca.example/1";
	if (chan_send(chan, &msg, &err) == -1)
		result = CHAN_BROKEN;
	else
		result = chan_recv(chan, &got, &err);
	if (result == CHAN_MESSAGE && got.kind != MSG_SAVED)
		result = CHAN_BROKEN;
	chan_free(chan);
	return (void *)(uintptr_t)result;
}

static void
test_blocking_end_waits(void **state)
{
	struct chan *supervisor;
	struct msg got, msg = { .kind = MSG_SAVED, .fd = -1 };
	struct error err;
	pthread_t thread;
	void *result;
	int fds[2];

	(void)state;
	assert_int_equal(chan_pair(fds, &err), 0);
	supervisor = chan_new(fds[0], IPC_SUPERVISOR, IPC_ACME, true);
	assert_int_equal(pthread_create(&thread, NULL, job, &fds[1]), 0);
	assert_int_equal(chan_recv(supervisor, &got, &err), CHAN_MESSAGE);
	assert_string_equal(got.u.ACCOUNT_SAVE.url, "https://ca.example/1");
	assert_int_equal(chan_send(supervisor, &msg, &err), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal((uintptr_t)result, CHAN_MESSAGE);
	assert_int_equal(chan_recv(supervisor, &got, &err), CHAN_CLOSED);
	chan_free(supervisor);
}

#define line_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		line_test(test_messages_arrive_in_order),
		line_test(test_largest_message_fits),
		line_test(test_descriptor_travels_and_stays_the_senders),
		line_test(test_sender_keeps_to_the_table),
		line_test(test_receiver_refuses_what_is_not_allowed),
		line_test(test_receiver_closes_stray_descriptors),
		line_test(test_oversized_packet_is_refused),
		line_test(test_queue_keeps_order_and_descriptors),
		line_test(test_queue_is_bounded),
		line_test(test_peer_that_left),
		cmocka_unit_test(test_blocking_end_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
