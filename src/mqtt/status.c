#include "status.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "refusal.h"
#include "json/json.h"

#define CHUNK ((size_t)16 * 1024)

static int
refuse_status(struct refusal *refusal, const char *detail)
{
	return refuse(refusal, "no status", "", "%s", detail);
}

/* False: there is no more, for one reason or another. */
static bool
wait_for_more(int fd, int64_t deadline)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int64_t left;
	int rc;

	do {
		left = deadline - clock_mono_ms();
		rc = left > 0 ? poll(&pollfd, 1, (int)left) : 0;
	} while (rc == -1 && errno == EINTR);
	return rc == 1;
}

static int
read_all(int fd, struct buf *in, struct refusal *refusal)
{
	int64_t deadline = clock_mono_ms() + STATUS_MS;

	while (wait_for_more(fd, deadline)) {
		void *room = buf_reserve(in, CHUNK);
		ssize_t n;

		if (room == NULL)
			return refuse_status(
			    refusal, "the monitor says too much");
		n = recv(fd, room, CHUNK, 0);
		if (n == 0 || (n == -1 && errno == ECONNRESET))
			return 0;
		if (n > 0)
			buf_commit(in, (size_t)n);
		else if (errno != EINTR)
			return refuse_status(refusal, strerror(errno));
	}
	return refuse_status(refusal, "the monitor does not answer");
}

struct json *
status_read(int fd, struct refusal *refusal)
{
	static const char good[] = "ok ";
	size_t len = sizeof(good) - 1;
	struct json *status = NULL;
	struct buf in = { .cap = STATUS_MAX };
	struct error err = { 0 };

	if (read_all(fd, &in, refusal) == 0) {
		if (buf_len(&in) < len || memcmp(buf_data(&in), good, len) != 0)
			refuse_status(
			    refusal, "the monitor ended without an answer");
		else {
			status = json_parse((const char *)buf_data(&in) + len,
			    buf_len(&in) - len, &err);
			if (status == NULL)
				refuse_status(refusal, err.msg);
		}
	}
	buf_release(&in);
	return status;
}
