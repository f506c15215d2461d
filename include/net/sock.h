#ifndef NET_SOCK_H
#define NET_SOCK_H

/*
 * A connected, non-blocking stream socket watched edge-triggered. It remembers
 * what the kernel last said, so that no system call asks again: a short read
 * means drained, unless the peer's FIN is already queued.
 *
 * A reset is told by no event of its own when it came together with bytes.
 * Who waits for more looks once again, unless a write has dispelled the doubt.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct sock {
	int fd;        /* -1 when closed */
	bool readable; /* a read may yield something */
	bool writable; /* the last write was not short */
	bool hup;      /* FIN or worse was seen: read on until 0 or an error */
	bool doubt;    /* a reset may have come with the last bytes read */
	bool eof;      /* a read returned 0 */
};

/* Nothing is known yet: readable and writable until the kernel says no. */
void sock_init(struct sock *sock, int fd);

/* What an event said: any of the three. */
void sock_ready(struct sock *sock, bool read, bool write, bool closed);

/*
 * > 0 bytes; 0 end of stream; -1 with errno, EAGAIN when drained: then without
 * asking the kernel. `len` is not 0.
 */
ssize_t sock_read(struct sock *sock, void *data, size_t len);

/*
 * >= 0 bytes taken (0: wait for writable); -1 with errno, never EAGAIN: then a
 * read tells what the peer said before it went.
 */
ssize_t sock_write(struct sock *sock, const void *data, size_t len);
ssize_t sock_writev(struct sock *sock, const struct iovec *iov, int niov);

/*
 * What is there for whoever does not read now: an event says only that
 * something happened. Data is left where it is; a FIN is quiet.
 */
enum sock_state { SOCK_QUIET, SOCK_DATA, SOCK_BROKEN };
enum sock_state sock_peek(const struct sock *sock);

/* Are there bytes that close() would throw away, and answer with RST? */
bool sock_has_unread(const struct sock *sock);

struct addr;

/*
 * A new non-blocking stream socket, connected or about to be: then it becomes
 * writable when that is decided. -1 with errno. A UNIX socket is connected at
 * once, or not at all.
 */
int sock_connect(const struct addr *addr, bool *connected);
int sock_connect_unix(const char *path, bool *connected);

void sock_shutdown_write(struct sock *sock);
void sock_close(struct sock *sock);

#endif
