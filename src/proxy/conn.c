#include "conn.h"

#include <errno.h>
#include <sys/socket.h>

#include "worker.h"

static void
conn_event(void *arg, enum loop_events what)
{
	struct conn *conn = arg;

	sock_ready(&conn->sock, what & LOOP_READ, what & LOOP_WRITE,
	    what & LOOP_CLOSED);
	conn->ops->ready(conn->owner);
}

void
conn_open(struct conn *conn, struct worker *worker, int fd,
    const struct conn_owner *ops, void *owner)
{
	*conn = (struct conn){ .worker = worker,
		.ops = ops,
		.owner = owner,
		.io = { .fn = conn_event, .arg = conn } };
	sock_init(&conn->sock, fd);
	loop_io_add(worker->loop, &conn->io, fd,
	    LOOP_READ | LOOP_WRITE | LOOP_CLOSED | LOOP_EDGE);
}

static void
conn_enter(struct conn *conn, struct conn_list *list)
{
	if (conn->list != NULL)
		TAILQ_REMOVE(conn->list, conn, link);
	if (list != NULL)
		TAILQ_INSERT_TAIL(list, conn, link);
	conn->list = list;
}

void
conn_close(struct conn *conn)
{
	if (conn->closed)
		return;
	conn_enter(conn, &conn->worker->graveyard);
	conn->closed = true;
	loop_io_del(&conn->io);
	sock_close(&conn->sock);
	tls_session_free(conn->tls);
	conn->tls = NULL;
	buf_release(&conn->backlog);
	loop_later(conn->worker->loop, &conn->worker->reap);
}

/* Behind what was held back. What the kernel does not take is the backlog. */
static int
send_behind(struct conn *conn, const struct buf *out)
{
	const struct iovec iov[] = {
		{ buf_data(&conn->backlog), buf_len(&conn->backlog) },
		{ buf_data(out), buf_len(out) },
	};
	ssize_t sent = sock_writev(&conn->sock, iov, 2);
	size_t held = iov[0].iov_len, skip = 0;

	conn->held = false;
	if (sent < 0)
		return -1;
	if ((size_t)sent < held)
		held = (size_t)sent;
	else
		skip = (size_t)sent - held;
	buf_consume(&conn->backlog, held);
	if (skip < iov[1].iov_len)
		return buf_append(&conn->backlog, buf_data(out) + skip,
		    iov[1].iov_len - skip);
	buf_release(&conn->backlog);
	return 0;
}

/*
 * Sends what TLS produced. The worker's buffer is empty again afterwards: what
 * the kernel did not take moves to the connection.
 */
static int
send_cipher(struct conn *conn)
{
	struct buf *out = &conn->worker->cipher;
	ssize_t sent = 0;
	int r = 0;

	if (buf_len(out) == 0)
		return 0;
	if (conn->held) {
		r = send_behind(conn, out);
	} else if (conn_blocked(conn)) {
		r = buf_append(&conn->backlog, buf_data(out), buf_len(out));
	} else {
		sent = sock_write(&conn->sock, buf_data(out), buf_len(out));
		if (sent < 0)
			r = -1;
		else if ((size_t)sent < buf_len(out))
			r = buf_append(&conn->backlog, buf_data(out) + sent,
			    buf_len(out) - (size_t)sent);
	}
	buf_clear(out);
	if (r == -1)
		conn->broken = true;
	return r;
}

static bool
hold_back(struct conn *conn)
{
	struct buf *out = &conn->worker->cipher;

	if (buf_len(out) == 0 || buf_len(&conn->backlog) > 0 ||
	    !tls_session_tail_may_wait(conn->tls) ||
	    buf_append(&conn->backlog, buf_data(out), buf_len(out)) == -1)
		return false;
	buf_clear(out);
	conn->held = true;
	return true;
}

enum tls_result
conn_handshake(struct conn *conn, struct error *err)
{
	enum tls_result r =
	    tls_session_handshake(conn->tls, &conn->worker->cipher, err);

	if (r == TLS_DONE && hold_back(conn))
		return r;
	if (send_cipher(conn) == -1)
		error_set(err, ERR_SYS, "the connection broke");
	return conn->broken ? TLS_FAILED : r;
}

ssize_t
conn_read(struct conn *conn, void *data, size_t len)
{
	ssize_t n;

	if (conn->tls == NULL)
		return sock_read(&conn->sock, data, len);
	n = tls_session_read(conn->tls, data, len, &conn->worker->cipher);
	if (buf_len(&conn->worker->cipher) > 0) {
		int saved = errno;
		send_cipher(conn);
		errno = saved;
	}
	/* Records without data, such as a ticket, may be the last ones, too. */
	if (n == -1 && errno == EAGAIN && conn->sock.doubt)
		conn_look_later(conn);
	return n;
}

static int
backlog_iov(struct conn *conn, const struct iovec *iov, int niov, size_t skip)
{
	for (int i = 0; i < niov; i++) {
		if (skip >= iov[i].iov_len) {
			skip -= iov[i].iov_len;
			continue;
		}
		if (buf_append(&conn->backlog,
		        (const char *)iov[i].iov_base + skip,
		        iov[i].iov_len - skip) == -1)
			return -1;
		skip = 0;
	}
	return 0;
}

static int
write_all(struct conn *conn, const struct iovec *iov, int niov, bool last)
{
	ssize_t sent = 0;

	if (conn->broken || conn->closed)
		return -1;
	if (conn->tls != NULL) {
		if (tls_session_writev(
		        conn->tls, iov, niov, &conn->worker->cipher) == -1) {
			buf_clear(&conn->worker->cipher);
			conn->broken = true;
			return -1;
		}
		if (last)
			tls_session_close(conn->tls, &conn->worker->cipher);
		return send_cipher(conn);
	}
	if (niov > 0 && !conn_blocked(conn))
		sent = sock_writev(&conn->sock, iov, niov);
	if (sent < 0 || backlog_iov(conn, iov, niov, (size_t)sent) == -1) {
		conn->broken = true;
		return -1;
	}
	return 0;
}

int
conn_writev(struct conn *conn, const struct iovec *iov, int niov)
{
	return write_all(conn, iov, niov, false);
}

int
conn_writev_last(struct conn *conn, const struct iovec *iov, int niov)
{
	return write_all(conn, iov, niov, true);
}

int
conn_flush(struct conn *conn)
{
	ssize_t sent;

	if (conn->broken || conn->closed)
		return -1;
	if (!conn_blocked(conn) || !conn->sock.writable)
		return 0;
	sent = sock_write(
	    &conn->sock, buf_data(&conn->backlog), buf_len(&conn->backlog));
	if (sent < 0) {
		conn->broken = true;
		return -1;
	}
	buf_consume(&conn->backlog, (size_t)sent);
	if (!conn_blocked(conn))
		buf_release(&conn->backlog);
	return 0;
}

bool
conn_readable(const struct conn *conn)
{
	if (conn->closed)
		return false;
	return (conn->sock.readable && !conn->sock.eof) ||
	    (conn->tls != NULL && tls_session_pending(conn->tls));
}

void
conn_again(struct conn *conn)
{
	struct worker *worker = conn->worker;

	if (conn->closed || conn->list == &worker->again)
		return;
	if (conn->list == &worker->doubtful && conn->sock.doubt)
		conn->sock.readable = true;
	conn_enter(conn, &worker->again);
	loop_later(worker->loop, &worker->turn);
}

void
conn_turn(struct conn *conn)
{
	conn_enter(conn, NULL);
	conn->ops->ready(conn->owner);
}

void
conn_read_on(struct conn *conn)
{
	conn->sock.readable = true;
	conn_again(conn);
}

void
conn_look_later(struct conn *conn)
{
	struct worker *worker = conn->worker;

	if (conn->closed || conn->list != NULL || conn->sock.readable ||
	    !conn->sock.doubt)
		return;
	if (TAILQ_EMPTY(&worker->doubtful))
		timeout_set(&worker->timeouts, &worker->look, CONN_LOOK_MS);
	conn_enter(conn, &worker->doubtful);
}

void
conn_read_more(struct conn *conn)
{
	if (conn_readable(conn))
		conn_again(conn);
	else
		conn_look_later(conn);
}

void
conn_look(struct conn *conn)
{
	if (conn->sock.doubt)
		conn_again(conn);
	else
		conn_enter(conn, NULL);
}

bool
conn_is_settled(const struct conn *conn)
{
	return !conn_blocked(conn) && !conn_readable(conn) &&
	    !sock_has_unread(&conn->sock);
}

void
conn_finish(struct conn *conn)
{
	if (conn->finished || conn->broken || conn->closed)
		return;
	if (conn->tls != NULL) {
		tls_session_close(conn->tls, &conn->worker->cipher);
		if (send_cipher(conn) == -1 || conn_blocked(conn))
			return;
	}
	/* Once: each shutdown() is an event, and would be answered by one. */
	conn->finished = true;
	sock_shutdown_write(&conn->sock);
}

void
conn_reset_on_close(struct conn *conn)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	if (!conn->closed)
		setsockopt(
		    conn->sock.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}
