#include "exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/line.h"
#include "order.h"

#define FIRST_MS 250 /* RFC 6886 section 3.1 */
#define TRIES 4

int
exchange_open(struct in_addr gateway, struct in_addr *own, struct error *err)
{
	struct sockaddr_in peer = { .sin_family = AF_INET,
		.sin_port = htons(PMP_PORT),
		.sin_addr = gateway };
	struct sockaddr_in self;
	socklen_t len = sizeof(self);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return error_sys(err, "socket");
	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&self, &len) == -1) {
		error_sys(err, "no way to the router");
		close(fd);
		return -1;
	}
	*own = self.sin_addr;
	return fd;
}

/* Waits for something from the router; false: not until then. */
static bool
wait_for(const struct order *order, int fd, int64_t until)
{
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
		{ .fd = chan_fd(order->supervisor), .events = POLLIN } };
	int64_t left;

	while ((left = until - clock_mono_ms()) > 0) {
		if (poll(fds, 2, (int)left) == -1 && errno != EINTR)
			return false;
		if (fds[1].revents != 0)
			line_lost();
		if (fds[0].revents != 0)
			return true;
	}
	return false;
}

/*
 * A port that is closed says so by an error, and then there is nobody to wait
 * for; the same is true of a send that the kernel refuses.
 */
static enum pmp_verdict
hear(const struct order *order, int fd, int64_t until, exchange_judge *judge,
    void *arg)
{
	unsigned char data[PMP_PACKET_MAX];
	enum pmp_verdict verdict;
	ssize_t n;

	while (wait_for(order, fd, until)) {
		n = recv(fd, data, sizeof(data), 0);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n == -1)
			return PMP_SILENT;
		verdict = judge(arg, data, (size_t)n);
		if (verdict != PMP_FOREIGN)
			return verdict;
	}
	return PMP_FOREIGN;
}

enum pmp_verdict
exchange(const struct order *order, int fd, const unsigned char *data,
    size_t len, exchange_judge *judge, void *arg)
{
	enum pmp_verdict verdict;
	int64_t wait = FIRST_MS;

	for (unsigned i = 0; i < TRIES; i++, wait *= 2) {
		if (send(fd, data, len, 0) == -1)
			return PMP_SILENT;
		verdict = hear(order, fd, clock_mono_ms() + wait, judge, arg);
		if (verdict != PMP_FOREIGN)
			return verdict;
	}
	return PMP_SILENT;
}
