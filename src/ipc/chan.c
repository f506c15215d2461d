/*
 * The line between the supervisor and one child: framing by SOCK_SEQPACKET, the
 * rules of msg.def on both ends, descriptors by SCM_RIGHTS. Owned by each
 * process's dispatcher; the supervisor has one for every child.
 */

#include "ipc/chan.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/list.h"
#include "base/secret.h"
#include "base/xalloc.h"

/* More descriptors in one packet than this are closed by the kernel. */
#define RECV_FDS_MAX 8

/* A packet that did not fit into the socket yet. */
struct packet {
	TAILQ_ENTRY(packet) entry;
	int fd; /* our own copy, or -1 */
	size_t len;
	unsigned char data[];
};

/* The buffers cost address space, but memory only as far as they were used. */
struct chan {
	int fd;
	enum ipc_role self;
	enum ipc_role peer;
	bool blocking;
	TAILQ_HEAD(, packet) queue;
	size_t queued;   /* bytes */
	size_t received; /* bytes of `in` that hold the last message */
	unsigned char in[MSG_SIZE_MAX];
	unsigned char out[MSG_SIZE_MAX];
};

int
chan_pair(int fds[2], struct error *err)
{
	/*
	 * A packet must fit into the sender's buffer; a receiver's does not
	 * count for UNIX sockets. The kernel doubles this and caps it silently.
	 */
	const int size = 2 * MSG_SIZE_MAX;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return error_sys(err, "socketpair");
	for (int i = 0; i < 2; i++)
		if (setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size,
		        sizeof(size)) == -1) {
			error_sys(err, "SO_SNDBUF");
			close(pair[0]);
			close(pair[1]);
			return -1;
		}
	fds[0] = pair[0];
	fds[1] = pair[1];
	return 0;
}

struct chan *
chan_new(int fd, enum ipc_role self, enum ipc_role peer, bool blocking)
{
	struct chan *chan = xcalloc(1, sizeof(*chan));
	int flags = fcntl(fd, F_GETFL);

	assert(flags != -1);
	flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	fcntl(fd, F_SETFL, flags);
	chan->fd = fd;
	chan->self = self;
	chan->peer = peer;
	chan->blocking = blocking;
	TAILQ_INIT(&chan->queue);
	return chan;
}

static void
packet_remove(struct chan *chan, struct packet *packet)
{
	TAILQ_REMOVE(&chan->queue, packet, entry);
	chan->queued -= packet->len;
	if (packet->fd != -1)
		close(packet->fd);
	secret_wipe(packet->data, packet->len);
	free(packet);
}

static void
queue_drop(struct chan *chan)
{
	while (!TAILQ_EMPTY(&chan->queue))
		packet_remove(chan, TAILQ_FIRST(&chan->queue));
}

static void
wipe_received(struct chan *chan)
{
	secret_wipe(chan->in, chan->received);
	chan->received = 0;
}

void
chan_free(struct chan *chan)
{
	if (chan == NULL)
		return;
	queue_drop(chan);
	wipe_received(chan);
	close(chan->fd);
	free(chan);
}

int
chan_fd(const struct chan *chan)
{
	return chan->fd;
}

/* One packet, with a descriptor unless `fd` is -1. -1 with errno. */
static int
transmit(struct chan *chan, const void *data, size_t len, int fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	if (fd != -1) {
		struct cmsghdr *c = &control.align;

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
		hdr.msg_control = control.space;
		hdr.msg_controllen = sizeof(control.space);
	}
	do
		sent = sendmsg(chan->fd, &hdr, MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	return sent == -1 ? -1 : 0;
}

static int
enqueue(struct chan *chan, size_t len, int fd, struct error *err)
{
	struct packet *packet;
	int copy = -1;

	if (len > CHAN_QUEUE_MAX - chan->queued)
		return error_set(
		    err, ERR_LIMIT, "the peer does not read its messages");
	if (fd != -1) {
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (copy == -1)
			return error_sys(err, "dup");
	}
	packet = xmalloc(sizeof(*packet) + len);
	packet->fd = copy;
	packet->len = len;
	memcpy(packet->data, chan->out, len);
	TAILQ_INSERT_TAIL(&chan->queue, packet, entry);
	chan->queued += len;
	return 0;
}

int
chan_send(struct chan *chan, const struct msg *msg, struct error *err)
{
	long len;
	int rc;

	if (!msg_allowed(msg->kind, chan->self, chan->peer) ||
	    msg_has_fd(msg->kind) != (msg->fd != -1))
		return error_set(err, ERR_DENIED,
		    "%s may not be sent here or like this",
		    msg_name(msg->kind));
	len = msg_encode(msg, chan->out, sizeof(chan->out), err);
	if (len == -1) {
		secret_wipe(chan->out, sizeof(chan->out));
		return -1;
	}
	if (chan_flush(chan))
		rc = enqueue(chan, (size_t)len, msg->fd, err);
	else {
		rc = transmit(chan, chan->out, (size_t)len, msg->fd);
		if (rc == -1 && errno == EAGAIN)
			rc = enqueue(chan, (size_t)len, msg->fd, err);
		else if (rc == -1)
			error_sys(err, "send %s", msg_name(msg->kind));
	}
	secret_wipe(chan->out, (size_t)len);
	return rc;
}

bool
chan_flush(struct chan *chan)
{
	struct packet *packet;

	while ((packet = TAILQ_FIRST(&chan->queue)) != NULL) {
		if (transmit(chan, packet->data, packet->len, packet->fd) ==
		    -1) {
			if (errno == EAGAIN)
				return true;
			/* Never go on after a gap: the line is dead. */
			queue_drop(chan);
			shutdown(chan->fd, SHUT_RDWR);
			return false;
		}
		packet_remove(chan, packet);
	}
	return false;
}

bool
chan_wants_write(const struct chan *chan)
{
	return !TAILQ_EMPTY(&chan->queue);
}

/*
 * The descriptor that came along; -1 = none; -2 = more than one, or something
 * else. All but the one returned are closed.
 */
static int
take_fd(struct msghdr *hdr)
{
	bool stray = (hdr->msg_flags & MSG_CTRUNC) != 0;
	int found = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(hdr); c != NULL;
	     c = CMSG_NXTHDR(hdr, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
			stray = true;
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (found == -1)
				found = fd;
			else {
				stray = true;
				close(fd);
			}
		}
	}
	if (stray && found != -1)
		close(found);
	return stray ? -2 : found;
}

/* Judges a packet of `len` bytes in chan->in that came with `fd`. */
static int
accept_packet(
    struct chan *chan, size_t len, int fd, struct msg *msg, struct error *err)
{
	struct msg m;

	if (msg_decode(&m, chan->in, len, err) == -1)
		return -1;
	if (!msg_allowed(m.kind, chan->peer, chan->self))
		return error_set(err, ERR_DENIED, "the peer may not send %s",
		    msg_name(m.kind));
	if (fd == -2 || msg_has_fd(m.kind) != (fd != -1))
		return error_set(err, ERR_PROTOCOL,
		    "%s with a wrong number of descriptors", msg_name(m.kind));
	m.fd = fd;
	*msg = m;
	return 0;
}

enum chan_result
chan_recv(struct chan *chan, struct msg *msg, struct error *err)
{
	union {
		char space[CMSG_SPACE(sizeof(int) * RECV_FDS_MAX)];
		struct cmsghdr align;
	} control;
	struct iovec iov = { chan->in, sizeof(chan->in) };
	struct msghdr hdr = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space) };
	ssize_t len;
	int fd;

	wipe_received(chan);
	do
		len = recvmsg(chan->fd, &hdr, MSG_CMSG_CLOEXEC);
	while (len == -1 && errno == EINTR);
	if (len == -1 && errno == EAGAIN)
		return CHAN_EMPTY;
	if (len == -1 && errno == ECONNRESET)
		return CHAN_CLOSED;
	if (len == -1) {
		error_sys(err, "receive");
		return CHAN_BROKEN;
	}
	chan->received = (size_t)len;
	fd = take_fd(&hdr);
	if (len == 0) {
		if (fd >= 0)
			close(fd);
		return CHAN_CLOSED;
	}
	if ((hdr.msg_flags & MSG_TRUNC) != 0)
		error_set(err, ERR_LIMIT, "message of more than %u bytes",
		    MSG_SIZE_MAX);
	else if (accept_packet(chan, (size_t)len, fd, msg, err) == 0)
		return CHAN_MESSAGE;
	if (fd >= 0)
		close(fd);
	return CHAN_BROKEN;
}
