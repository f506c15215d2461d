/* Waiting for a descriptor: see ready.h. */

#include "base/ready.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"

int
ready_wait(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left = deadline_ms - clock_mono_ms();

	while (left > 0) {
		int n = poll(&p, 1, (int)left);

		if (n == 1)
			return 0;
		if (n == -1 && errno != EINTR)
			return -1;
		left = deadline_ms - clock_mono_ms();
	}
	errno = ETIMEDOUT;
	return -1;
}
