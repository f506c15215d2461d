/* What a watched socket remembers of its last read and write. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/sock.h"

struct ends {
	struct sock sock;
	int peer;
};

static int
set_up(void **state)
{
	static struct ends ends;
	int fds[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	sock_init(&ends.sock, fds[0]);
	ends.peer = fds[1];
	*state = &ends;
	return 0;
}

static int
tear_down(void **state)
{
	struct ends *ends = *state;

	sock_close(&ends->sock);
	if (ends->peer != -1)
		close(ends->peer);
	return 0;
}

static void
peer_writes(struct ends *ends, const char *text)
{
	ssize_t len = (ssize_t)strlen(text);

	assert_int_equal(write(ends->peer, text, strlen(text)), len);
}

static void
peer_leaves(struct ends *ends)
{
	close(ends->peer);
	ends->peer = -1;
}

static void
test_short_read_means_drained(void **state)
{
	struct ends *ends = *state;
	char data[8];

	peer_writes(ends, "abc");
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 3);
	assert_false(ends->sock.readable);

	/* The kernel is not asked before an event says so. */
	peer_writes(ends, "d");
	errno = 0;
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), -1);
	assert_int_equal(errno, EAGAIN);
	sock_ready(&ends->sock, true, false, false);
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 1);
}

/* A write tells of a reset that came before it; a full read asks again. */
static void
test_doubt_lasts_until_a_write(void **state)
{
	struct ends *ends = *state;
	char data[4];

	assert_false(ends->sock.doubt);
	peer_writes(ends, "abc");
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 3);
	assert_true(ends->sock.doubt);
	assert_int_equal(sock_write(&ends->sock, "x", 1), 1);
	assert_false(ends->sock.doubt);

	peer_writes(ends, "abcd");
	sock_ready(&ends->sock, true, false, false);
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 4);
	assert_false(ends->sock.doubt);

	/* Or until the kernel says that there is nothing. */
	peer_writes(ends, "abc");
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 3);
	assert_true(ends->sock.doubt);
	sock_ready(&ends->sock, true, false, false);
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), -1);
	assert_false(ends->sock.doubt);
}

static void
test_unread_bytes_are_seen_before_closing(void **state)
{
	struct ends *ends = *state;
	char data[8];

	assert_false(sock_has_unread(&ends->sock));
	peer_writes(ends, "abc");
	assert_true(sock_has_unread(&ends->sock));
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 3);
	peer_leaves(ends);
	assert_false(sock_has_unread(&ends->sock));
}

static void
test_full_read_may_have_more(void **state)
{
	struct ends *ends = *state;
	char data[4];

	peer_writes(ends, "abcd");
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 4);
	assert_true(ends->sock.readable);
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_false(ends->sock.readable);
}

static void
test_a_fin_behind_the_last_bytes_is_found(void **state)
{
	struct ends *ends = *state;
	char data[8];

	peer_writes(ends, "abc");
	peer_leaves(ends);
	sock_ready(&ends->sock, true, false, true);
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 3);
	assert_true(ends->sock.readable);
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 0);
	assert_true(ends->sock.eof);
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 0);
}

static void
test_a_fin_after_the_drain_is_found(void **state)
{
	struct ends *ends = *state;
	char data[8];

	peer_writes(ends, "abc");
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 3);
	assert_false(ends->sock.readable);
	peer_leaves(ends);
	sock_ready(&ends->sock, false, false, true);
	assert_true(ends->sock.readable);
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), 0);
	assert_true(ends->sock.eof);
}

static void
test_short_write_means_full(void **state)
{
	struct ends *ends = *state;
	static char data[4 * 1024 * 1024];
	size_t taken = 0, drained = 0;
	ssize_t n;

	while (ends->sock.writable) {
		n = sock_write(&ends->sock, data, sizeof(data));
		assert_true(n >= 0);
		taken += (size_t)n;
	}
	assert_true(taken > 0);
	assert_int_equal(sock_write(&ends->sock, data, 1), 0);

	while (drained < taken) {
		n = read(ends->peer, data, sizeof(data));
		assert_true(n > 0);
		drained += (size_t)n;
	}
	assert_int_equal(sock_write(&ends->sock, data, 1), 0);
	sock_ready(&ends->sock, false, true, false);
	assert_int_equal(sock_write(&ends->sock, data, 1), 1);
	assert_true(ends->sock.writable);
}

static void
test_writev_sends_all_parts(void **state)
{
	struct ends *ends = *state;
	struct iovec iov[2] = { { (char[]){ "head" }, 4 },
		{ (char[]){ "body" }, 4 } };
	char data[4096], large[3000];

	assert_int_equal(sock_writev(&ends->sock, iov, 2), 8);
	assert_true(ends->sock.writable);
	assert_int_equal(read(ends->peer, data, sizeof(data)), 8);
	assert_memory_equal(data, "headbody", 8);

	/* Few bytes take another way than many, and one piece than two. */
	memset(large, 'x', sizeof(large));
	iov[1] = (struct iovec){ large, sizeof(large) };
	assert_int_equal(sock_writev(&ends->sock, iov, 2), 3004);
	assert_int_equal(read(ends->peer, data, sizeof(data)), 3004);
	assert_memory_equal(data, "head", 4);
	assert_memory_equal(data + 4, large, sizeof(large));
	assert_int_equal(sock_writev(&ends->sock, iov, 1), 4);
	assert_int_equal(read(ends->peer, data, sizeof(data)), 4);
}

static void
test_errors_are_errors(void **state)
{
	struct ends *ends = *state;
	char data[8];

	sock_shutdown_write(&ends->sock);
	assert_int_equal(read(ends->peer, data, sizeof(data)), 0);
	assert_int_equal(sock_write(&ends->sock, "x", 1), -1);
	assert_int_equal(errno, EPIPE);

	/* A peer that leaves with our bytes unread resets the line. */
	tear_down(state);
	set_up(state);
	assert_int_equal(sock_write(&ends->sock, "x", 1), 1);
	peer_leaves(ends);
	sock_ready(&ends->sock, true, true, true);
	assert_int_equal(sock_read(&ends->sock, data, sizeof(data)), -1);
	assert_int_equal(errno, ECONNRESET);
}

static void
test_close_twice(void **state)
{
	struct ends *ends = *state;
	char data[8];

	sock_close(&ends->sock);
	assert_int_equal(ends->sock.fd, -1);
	assert_int_equal(read(ends->peer, data, sizeof(data)), 0);
	sock_close(&ends->sock);
}

#define sock_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void
test_reset_is_seen_without_reading(void **state)
{
	struct ends *ends = *state;
	char byte;

	assert_int_equal(sock_peek(&ends->sock), SOCK_QUIET);
	peer_writes(ends, "x");
	assert_int_equal(sock_peek(&ends->sock), SOCK_DATA);
	assert_int_equal(sock_read(&ends->sock, &byte, 1), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(sock_peek(&ends->sock), SOCK_QUIET);
	/* Closing with something unread resets. */
	assert_int_equal(sock_write(&ends->sock, "y", 1), 1);
	close(ends->peer);
	ends->peer = -1;
	assert_int_equal(sock_peek(&ends->sock), SOCK_BROKEN);
}

static void
test_connect_to_a_unix_socket(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char directory[] = "/tmp/sockXXXXXX", too_long[200];
	bool connected = false;
	int listener, fd;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/s", directory);
	assert_int_equal(sock_connect_unix(sun.sun_path, &connected), -1);
	assert_int_equal(errno, ENOENT);

	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(listener, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(sock_connect_unix(sun.sun_path, &connected), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(listen(listener, 1), 0);
	fd = sock_connect_unix(sun.sun_path, &connected);
	assert_true(fd != -1 && connected);
	close(fd);
	close(listener);
	unlink(sun.sun_path);
	rmdir(directory);

	memset(too_long, '/', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(sock_connect_unix(too_long, &connected), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connect_to_a_unix_socket),
		sock_test(test_reset_is_seen_without_reading),
		sock_test(test_short_read_means_drained),
		sock_test(test_doubt_lasts_until_a_write),
		sock_test(test_unread_bytes_are_seen_before_closing),
		sock_test(test_full_read_may_have_more),
		sock_test(test_a_fin_behind_the_last_bytes_is_found),
		sock_test(test_a_fin_after_the_drain_is_found),
		sock_test(test_short_write_means_full),
		sock_test(test_writev_sends_all_parts),
		sock_test(test_errors_are_errors),
		sock_test(test_close_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
