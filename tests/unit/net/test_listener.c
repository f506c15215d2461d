/* Listening sockets on loopback, and what is said when one cannot be had. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../base/directory.h"
#include "net/listener.h"

static int
open_on(const char *host, uint16_t port, bool dual, struct error *err)
{
	struct addr addr;

	assert_true(addr_parse(&addr, host, port));
	return listener_open(&addr, dual, err);
}

static uint16_t
port_of(int fd)
{
	struct addr addr;

	assert_int_equal(listener_addr(fd, &addr), 0);
	assert_true(addr_port(&addr) != 0);
	return addr_port(&addr);
}

static int
connect_to(const char *host, uint16_t port)
{
	struct addr addr;
	int fd;

	assert_true(addr_parse(&addr, host, port));
	fd = socket(addr.u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, &addr.u.sa, addr.len) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
test_accepts_without_blocking(void **state)
{
	int fd, client, conn, nodelay = 0;
	socklen_t len = sizeof(nodelay);
	struct addr peer, local;
	struct error err;

	(void)state;
	fd = open_on("127.0.0.1", 0, false, &err);
	assert_true(fd != -1);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(listener_accept(fd, &peer), -1);
	assert_int_equal(errno, EAGAIN);

	client = connect_to("127.0.0.1", port_of(fd));
	assert_true(client != -1);
	conn = listener_accept(fd, &peer);
	assert_true(conn != -1);
	assert_int_equal(listener_addr(client, &local), 0);
	assert_true(addr_eq(&peer, &local));
	assert_true(fcntl(conn, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(conn, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(
	    getsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len), 0);
	assert_true(nodelay);
	close(conn);
	close(client);
	close(fd);
}

static void
test_workers_share_a_port(void **state)
{
	struct error err;
	int first, second;

	(void)state;
	first = open_on("127.0.0.1", 0, false, &err);
	assert_true(first != -1);
	second = open_on("127.0.0.1", port_of(first), false, &err);
	assert_true(second != -1);
	assert_int_equal(port_of(first), port_of(second));
	close(first);
	close(second);
}

static void
test_dual_takes_ipv4_and_ipv6(void **state)
{
	struct addr peer, bound;
	struct error err;
	int fd, client, conn;

	(void)state;
	fd = open_on("::", 0, true, &err);
	assert_true(fd != -1);
	client = connect_to("127.0.0.1", port_of(fd));
	assert_true(client != -1);
	conn = listener_accept(fd, &peer);
	assert_true(conn != -1);
	assert_int_equal(peer.u.sa.sa_family, AF_INET);
	close(conn);
	close(client);

	/* On a host without IPv6 the fallback has nothing to test here. */
	assert_int_equal(listener_addr(fd, &bound), 0);
	if (bound.u.sa.sa_family == AF_INET6) {
		client = connect_to("::1", port_of(fd));
		assert_true(client != -1);
		close(client);
	}
	close(fd);
}

static void
test_ipv6_alone_leaves_ipv4_alone(void **state)
{
	struct error err;
	int fd;

	(void)state;
	fd = open_on("::", 0, false, &err);
	if (fd == -1)
		skip();
	assert_int_equal(connect_to("127.0.0.1", port_of(fd)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
}

static void
test_a_taken_port_is_explained(void **state)
{
	struct error err;
	struct addr addr;
	char want[64];
	int other;

	(void)state;
	addr_parse(&addr, "127.0.0.1", 0);
	other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(other, &addr.u.sa, addr.len), 0);
	assert_int_equal(listen(other, 1), 0);
	assert_int_equal(open_on("127.0.0.1", port_of(other), false, &err), -1);
	snprintf(
	    want, sizeof(want), "port %u is already in use", port_of(other));
	assert_non_null(strstr(err.msg, want));
	assert_non_null(strstr(err.msg, "ss -ltnp"));
	close(other);
}

static void
test_a_foreign_address_is_explained(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(open_on("192.0.2.1", 0, false, &err), -1);
	assert_non_null(strstr(err.msg, "192.0.2.1 is not an address"));
}

static void
test_a_privileged_port_is_explained(void **state)
{
	struct error err;
	char start[16] = "";
	int fd;

	(void)state;
	fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_RDONLY);
	assert_true(fd != -1);
	assert_true(read(fd, start, sizeof(start) - 1) > 0);
	close(fd);
	if (strcmp(start, "0\n") == 0)
		skip();
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	fd = open_on("127.0.0.1", 1, false, &err);
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_non_null(strstr(err.msg, "port 1 is privileged"));
	assert_non_null(strstr(err.msg, "ip_unprivileged_port_start=1"));
}

static void
test_unix_socket_replaces_a_stale_one_only(void **state)
{
	struct error err;
	struct stat st;
	char path[64];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/control.sock", directory);
	fd = listener_open_unix(path, 0600, &err);
	assert_true(fd != -1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(listener_open_unix(path, 0600, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	close(fd);

	fd = listener_open_unix(path, 0660, &err);
	assert_true(fd != -1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	close(fd);
	unlink(path);
}

static void
test_unix_socket_spares_other_files(void **state)
{
	struct error err;
	char path[64];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/file", directory);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(close(fd), 0);
	assert_int_equal(listener_open_unix(path, 0600, &err), -1);
	assert_non_null(strstr(err.msg, path));
	assert_int_equal(unlink(path), 0);
}

static void
test_unix_path_too_long(void **state)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	struct error err;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(listener_open_unix(path, 0600, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts_without_blocking),
		cmocka_unit_test(test_workers_share_a_port),
		cmocka_unit_test(test_dual_takes_ipv4_and_ipv6),
		cmocka_unit_test(test_ipv6_alone_leaves_ipv4_alone),
		cmocka_unit_test(test_a_taken_port_is_explained),
		cmocka_unit_test(test_a_foreign_address_is_explained),
		cmocka_unit_test(test_a_privileged_port_is_explained),
		cmocka_unit_test(test_unix_socket_replaces_a_stale_one_only),
		cmocka_unit_test(test_unix_socket_spares_other_files),
		cmocka_unit_test(test_unix_path_too_long),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
