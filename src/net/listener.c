/*
 * Listening sockets. The supervisor opens them, while it still may, and keeps
 * them over reloads; workers and the monitor accept from inherited ones.
 */

#include "net/listener.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int
set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int
bind_and_listen(int fd, const struct addr *addr, bool dual)
{
	if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) == -1 ||
	    set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) == -1)
		return -1;
	/* Accepted connections inherit it: one system call less for each. */
	if (set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) == -1)
		return -1;
	if (addr->u.sa.sa_family == AF_INET6 &&
	    set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual) == -1)
		return -1;
	if (bind(fd, &addr->u.sa, addr->len) == -1)
		return -1;
	return listen(fd, LISTENER_BACKLOG);
}

/* -1 with errno. */
static int
open_tcp(const struct addr *addr, bool dual)
{
	int fd, saved;

	fd = socket(addr->u.sa.sa_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (bind_and_listen(fd, addr, dual) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int
explain(const struct addr *addr, struct error *err)
{
	char text[ADDR_TEXT_SIZE];
	unsigned port = addr_port(addr);

	switch (errno) {
	case EADDRINUSE:
		return error_set(err, ERR_SYS,
		    "port %u is already in use; `ss -ltnp` shows by whom",
		    port);
	case EACCES:
		return error_set(err, ERR_DENIED,
		    "port %u is privileged: start this as root or by systemd, "
		    "or run `sysctl net.ipv4.ip_unprivileged_port_start=%u`",
		    port, port);
	case EADDRNOTAVAIL:
		return error_set(err, ERR_SYS,
		    "%s is not an address of this machine; `ip address` lists "
		    "those",
		    addr_ip_text(addr, text));
	}
	return error_sys(err, "cannot listen on %s", addr_text(addr, text));
}

int
listener_open(const struct addr *addr, bool dual, struct error *err)
{
	int fd;

	dual = dual && addr->u.sa.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&addr->u.in6.sin6_addr);
	fd = open_tcp(addr, dual);
	if (fd == -1 && dual &&
	    (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		struct addr any;

		addr_parse(&any, "0.0.0.0", addr_port(addr));
		fd = open_tcp(&any, false);
	}
	return fd == -1 ? explain(addr, err) : fd;
}

/* Does anyone listen at this path? What does not is what a crash left. */
static bool
is_served(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool served;

	if (fd == -1)
		return false;
	served = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ||
	    (errno != ECONNREFUSED && errno != ENOENT);
	close(fd);
	return served;
}

/* -1 with errno. */
static int
bind_unix(int fd, const struct sockaddr_un *sun, mode_t mode)
{
	const struct sockaddr *sa = (const struct sockaddr *)sun;
	struct stat st;

	if (lstat(sun->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    unlink(sun->sun_path) == -1)
		return -1;
	/* The descriptor's mode bounds the file's from its first moment. */
	if (fchmod(fd, mode) == -1 || bind(fd, sa, sizeof(*sun)) == -1 ||
	    chmod(sun->sun_path, mode) == -1)
		return -1;
	return listen(fd, LISTENER_BACKLOG);
}

int
listener_open_unix(const char *path, mode_t mode, struct error *err)
{
	struct sockaddr_un sun;
	int fd;

	if (addr_unix(&sun, path, err) == -1)
		return -1;
	if (is_served(&sun))
		return error_set(err, ERR_DENIED,
		    "%s: someone is listening there already", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return error_sys(err, "socket");
	if (bind_unix(fd, &sun, mode) == -1) {
		error_sys(err, "%s", path);
		close(fd);
		return -1;
	}
	return fd;
}

int
listener_addr(int fd, struct addr *addr)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return -1;
	addr_from_sockaddr(addr, (struct sockaddr *)&ss, len);
	return 0;
}

int
listener_accept(int fd, struct addr *peer)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int conn;

	conn = accept4(
	    fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (conn != -1)
		addr_from_sockaddr(peer, (struct sockaddr *)&ss, len);
	return conn;
}
