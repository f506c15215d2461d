#ifndef PROXY_CONN_H
#define PROXY_CONN_H

/*
 * A connection's transport, to a client or to a backend: the socket, TLS where
 * there is some, and the bytes that the kernel did not take. Whoever owns it is
 * called when it may go on; whoever writes never waits, but stops reading the
 * other side while conn_blocked().
 */

#include <stdbool.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/list.h"
#include "net/loop.h"
#include "net/sock.h"
#include "tls/session.h"

struct worker;

struct conn_owner {
	void (*ready)(void *owner); /* the socket may be read or written */
	void (*free)(void *owner);  /* after conn_close(), off the stack */
};

struct conn {
	TAILQ_ENTRY(conn) link; /* in `list` */
	struct conn_list *list; /* of the worker's; or NULL */
	struct worker *worker;
	const struct conn_owner *ops;
	void *owner;
	struct sock sock;
	struct loop_io io;
	struct tls_session *tls; /* NULL: plain */
	struct buf backlog;      /* to be sent before anything else */
	bool held;               /* the backlog goes with the next write */
	bool closed;             /* in worker->graveyard */
	bool broken;             /* a write failed */
	bool finished;           /* FIN was sent */
};

/* Takes over fd and starts watching it. */
void conn_open(struct conn *conn, struct worker *worker, int fd,
    const struct conn_owner *ops, void *owner);

/* Stops at once; the owner's free() is called when the callback is over. */
void conn_close(struct conn *conn);

/*
 * One step of the TLS handshake; what it has to say is sent, but for a session
 * ticket: that leaves with the first response, or with the end.
 */
enum tls_result conn_handshake(struct conn *conn, struct error *err);

/* > 0 bytes; 0 end of stream; -1 with errno, EAGAIN when drained. */
ssize_t conn_read(struct conn *conn, void *data, size_t len);

/* Sends or keeps all of it. -1: the connection is broken. */
int conn_writev(struct conn *conn, const struct iovec *iov, int niov);

/* The same, with close_notify in the same write: nothing will follow. */
int conn_writev_last(struct conn *conn, const struct iovec *iov, int niov);

/* Pushes the backlog. -1: the connection is broken. */
int conn_flush(struct conn *conn);

static inline bool
conn_blocked(const struct conn *conn)
{
	return buf_len(&conn->backlog) > 0 && !conn->held;
}

/* Whether conn_read() may yield something now. */
bool conn_readable(const struct conn *conn);

/* Has the peer sent FIN or RST? */
static inline bool
conn_hung_up(const struct conn *conn)
{
	return conn->sock.hup;
}

/* Calls ready() again after everybody else had a turn. */
void conn_again(struct conn *conn);

/*
 * The same, to read on even after a short read. A reset may have come in one
 * event with the bytes before it: who waits for more has to look, for no other
 * event will tell.
 */
void conn_read_on(struct conn *conn);

/*
 * The same for those who can wait for that reset: it is found within two ticks,
 * and a message costs no second read. After every event of a client.
 */
#define CONN_LOOK_MS 250
void conn_look_later(struct conn *conn);

/* Goes on if there is more to read, and looks later if there is not. */
void conn_read_more(struct conn *conn);

/* For the worker: the turn that was asked for, and the look. */
void conn_turn(struct conn *conn);
void conn_look(struct conn *conn);

/* May it be closed and still everything that was written arrive? */
bool conn_is_settled(const struct conn *conn);

/* Says that nothing more will be written: close_notify, then FIN. */
void conn_finish(struct conn *conn);

/* The next close() sends RST: the peer must see that it was cut short. */
void conn_reset_on_close(struct conn *conn);

#endif
