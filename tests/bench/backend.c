/*
 * The server behind the proxies: it throws uploads away and echoes WebSocket
 * frames, as cheaply as it can, so that the proxies are what is measured. One
 * thread, one event per connection. It trusts its peers: they are the proxies
 * of this benchmark and its own load generator.
 *
 * Usage: backend PORT. It prints "ready" when it listens on 127.0.0.1.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX 8192
#define EVENTS 256

/* RFC 6455 section 1.3 */
#define WEBSOCKET_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum state { IN_HEAD, IN_BODY, IN_FRAMES };

struct conn {
	int fd;
	enum state state;
	uint64_t left; /* of the body */
	size_t len;
	char data[HEAD_MAX]; /* a head or frames, not yet complete */
};

static char scratch[1 << 20];

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* What is written here always fits the socket's buffer. */
static bool
put(struct conn *conn, const void *data, size_t len)
{
	return send(conn->fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* The value of a field of the head, up to the end of its line; or NULL. */
static const char *
field(const char *head, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = strchr(head, '\n'); p != NULL;
	     p = strchr(p, '\n')) {
		p++;
		if (strncasecmp(p, name, len) == 0 && p[len] == ':')
			return p + len + 1 + strspn(p + len + 1, " ");
	}
	return NULL;
}

static bool
accept_websocket(struct conn *conn, const char *key)
{
	unsigned char digest[EVP_MAX_MD_SIZE], accept[64];
	char text[128], answer[256];
	int n = snprintf(text, sizeof text, "%.*s" WEBSOCKET_GUID,
	    (int)strcspn(key, "\r"), key);

	if (!EVP_Digest(text, (size_t)n, digest, NULL, EVP_sha1(), NULL))
		return false;
	EVP_EncodeBlock(accept, digest, 20);
	n = snprintf(answer, sizeof answer,
	    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
	    "Upgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	    (const char *)accept);
	conn->state = IN_FRAMES;
	return put(conn, answer, (size_t)n);
}

static bool
answer_request(struct conn *conn)
{
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
	                         "Content-Type: text/plain\r\n\r\nok";

	conn->state = IN_HEAD;
	return put(conn, ok, sizeof ok - 1);
}

/* Drops the first bytes of what is kept. */
static void
consume(struct conn *conn, size_t n)
{
	conn->len -= n;
	memmove(conn->data, conn->data + n, conn->len);
}

static bool
use_head(struct conn *conn)
{
	const char *end, *value;
	uint64_t here;

	conn->data[conn->len] = '\0';
	end = strstr(conn->data, "\r\n\r\n");
	if (end == NULL)
		return conn->len < HEAD_MAX - 1;
	value = field(conn->data, "Sec-WebSocket-Key");
	if (value != NULL) {
		bool good = accept_websocket(conn, value);

		consume(conn, (size_t)(end + 4 - conn->data));
		return good;
	}
	value = field(conn->data, "Content-Length");
	conn->left = value != NULL ? strtoull(value, NULL, 10) : 0;
	consume(conn, (size_t)(end + 4 - conn->data));
	here = conn->len < conn->left ? conn->len : conn->left;
	consume(conn, (size_t)here);
	conn->left -= here;
	conn->state = IN_BODY;
	return conn->left > 0 || answer_request(conn);
}

/* Echoes whole frames of 126 to 65535 bytes, unmasked. */
static bool
use_frames(struct conn *conn)
{
	while (conn->len >= 8) {
		unsigned char *frame = (unsigned char *)conn->data;
		size_t size = (size_t)frame[2] << 8 | frame[3];
		unsigned char mask[4];

		if (frame[1] != (0x80 | 126) || size + 8 > HEAD_MAX - 1)
			return false;
		if (conn->len < size + 8)
			break;
		memcpy(mask, frame + 4, sizeof mask);
		for (size_t i = 0; i < size; i++)
			frame[8 + i] ^= mask[i % 4];
		frame[7] = frame[3];
		frame[6] = frame[2];
		frame[5] = 126;
		frame[4] = frame[0];
		if (!put(conn, frame + 4, size + 4))
			return false;
		consume(conn, size + 8);
	}
	return true;
}

/* Reads once. False: the connection is at its end. */
static bool
serve(struct conn *conn)
{
	bool body = conn->state == IN_BODY;
	ssize_t n = body ? recv(conn->fd, scratch, sizeof scratch, 0)
	                 : recv(conn->fd, conn->data + conn->len,
	                       HEAD_MAX - 1 - conn->len, 0);

	if (n <= 0)
		return n == -1 && (errno == EAGAIN || errno == EINTR);
	if (body) {
		if ((uint64_t)n > conn->left)
			return false;
		conn->left -= (uint64_t)n;
		return conn->left > 0 || answer_request(conn);
	}
	conn->len += (size_t)n;
	return conn->state == IN_HEAD ? use_head(conn) : use_frames(conn);
}

static void
accept_all(int listener, int epoll)
{
	int fd, one = 1;

	while ((fd = accept4(listener, NULL, NULL,
	            SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		struct conn *conn = calloc(1, sizeof *conn);
		struct epoll_event event = { .events = EPOLLIN };

		if (conn == NULL)
			die("calloc");
		conn->fd = fd;
		event.data.ptr = conn;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1)
			die("epoll_ctl");
	}
}

static int
listen_on(uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&sin, sizeof sin) == -1 ||
	    listen(fd, SOMAXCONN) == -1)
		die("listen");
	return fd;
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS], event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC), listener;

	if (argc != 2) {
		fputs("usage: backend PORT\n", stderr);
		return 2;
	}
	listener = listen_on((uint16_t)strtoul(argv[1], NULL, 10));
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == -1)
		die("epoll_ctl");
	puts("ready");
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			struct conn *conn = events[i].data.ptr;

			if (conn == NULL) {
				accept_all(listener, epoll);
			} else if (!serve(conn)) {
				close(conn->fd);
				free(conn);
			}
		}
	}
}
