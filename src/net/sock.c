/*
 * Reads and writes of an edge-triggered socket, and what they teach about the
 * next ones. In gatehouse-proxy, on both sides of every connection.
 */

#include "net/sock.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/addr.h"

void
sock_init(struct sock *sock, int fd)
{
	*sock = (struct sock){ .fd = fd, .readable = true, .writable = true };
}

void
sock_ready(struct sock *sock, bool read, bool write, bool closed)
{
	sock->readable |= read | closed;
	sock->writable |= write;
	sock->hup |= closed;
}

ssize_t
sock_read(struct sock *sock, void *data, size_t len)
{
	ssize_t n;

	assert(len > 0);
	if (sock->eof)
		return 0;
	if (!sock->readable) {
		errno = EAGAIN;
		return -1;
	}
	do
		n = recv(sock->fd, data, len, 0);
	while (n == -1 && errno == EINTR);
	if (n > 0) {
		/* The FIN of an event that came before must not be lost. */
		if ((size_t)n < len && !sock->hup)
			sock->readable = false;
		sock->doubt = !sock->readable;
	} else if (n == 0) {
		sock->eof = true;
	} else if (errno == EAGAIN) {
		sock->readable = false;
		sock->doubt = false;
	}
	return n;
}

/* So few bytes are copied together faster than the kernel takes a list. */
#define FLAT_SIZE 1024

static ssize_t
send_pieces(int fd, const struct iovec *iov, int niov, size_t total)
{
	const struct msghdr hdr = { .msg_iov = (struct iovec *)(uintptr_t)iov,
		.msg_iovlen = (size_t)niov };
	unsigned char flat[FLAT_SIZE], *end = flat;

	if (niov == 1)
		return send(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL);
	if (total > sizeof(flat))
		return sendmsg(fd, &hdr, MSG_NOSIGNAL);
	for (int i = 0; i < niov; i++)
		if (iov[i].iov_len > 0)
			end = mempcpy(end, iov[i].iov_base, iov[i].iov_len);
	return send(fd, flat, total, MSG_NOSIGNAL);
}

ssize_t
sock_write(struct sock *sock, const void *data, size_t len)
{
	const struct iovec iov = { (void *)(uintptr_t)data, len };

	return sock_writev(sock, &iov, 1);
}

ssize_t
sock_writev(struct sock *sock, const struct iovec *iov, int niov)
{
	size_t want = 0;
	ssize_t n;

	if (!sock->writable)
		return 0;
	for (int i = 0; i < niov; i++)
		want += iov[i].iov_len;
	do
		n = send_pieces(sock->fd, iov, niov, want);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == EAGAIN)
		n = 0;
	if (n > 0)
		sock->doubt = false;
	if (n == -1)
		sock->readable = true;
	else if ((size_t)n < want)
		sock->writable = false;
	return n;
}

enum sock_state
sock_peek(const struct sock *sock)
{
	char byte;
	ssize_t n;

	if (!sock->readable)
		return SOCK_QUIET;
	n = recv(sock->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n > 0)
		return SOCK_DATA;
	if (n == 0 || errno == EAGAIN || errno == EINTR)
		return SOCK_QUIET;
	return SOCK_BROKEN;
}

bool
sock_has_unread(const struct sock *sock)
{
	int n;

	return ioctl(sock->fd, FIONREAD, &n) == -1 || n > 0;
}

void
sock_shutdown_write(struct sock *sock)
{
	shutdown(sock->fd, SHUT_WR);
}

void
sock_close(struct sock *sock)
{
	if (sock->fd != -1)
		close(sock->fd);
	*sock = (struct sock){ .fd = -1 };
}

static int
connect_new(const struct sockaddr *sa, socklen_t len, bool *connected)
{
	int fd = socket(
	    sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int saved;

	if (fd == -1)
		return -1;
	*connected = connect(fd, sa, len) == 0;
	if (*connected || errno == EINPROGRESS)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int
sock_connect(const struct addr *addr, bool *connected)
{
	return connect_new(&addr->u.sa, addr->len, connected);
}

int
sock_connect_unix(const char *path, bool *connected)
{
	struct sockaddr_un sun;

	if (addr_unix(&sun, path, NULL) == -1) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return connect_new(
	    (const struct sockaddr *)&sun, sizeof(sun), connected);
}
