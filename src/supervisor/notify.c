#include "notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define STATUS_SIZE 256

static bool
env_number(const char *name, uint64_t *value)
{
	const char *text = getenv(name);

	return text != NULL && text_u64(text, strlen(text), INT64_MAX, value);
}

/* The watchdog may be meant for another process of the service. */
static int64_t
watchdog_interval(void)
{
	uint64_t usec, pid;

	if (!env_number("WATCHDOG_USEC", &usec))
		return 0;
	if (env_number("WATCHDOG_PID", &pid) && pid != (uint64_t)getpid())
		return 0;
	return (int64_t)(usec / 1000 / 2);
}

/* "/path", or "@name" for the abstract name space. */
static bool
socket_address(struct notify *notify, const char *name)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || name[1] == '\0' ||
	    len >= sizeof(notify->to.sun_path))
		return false;
	notify->to.sun_family = AF_UNIX;
	memcpy(notify->to.sun_path, name, len);
	if (name[0] == '@')
		notify->to.sun_path[0] = '\0';
	notify->to_len =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

void
notify_init(struct notify *notify)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*notify = (struct notify){ .fd = -1 };
	if (name != NULL && socket_address(notify, name)) {
		notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		notify->watchdog_ms = watchdog_interval();
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
notify_release(struct notify *notify)
{
	loop_timer_cancel(&notify->watchdog);
	if (notify->fd != -1)
		close(notify->fd);
	notify->fd = -1;
}

/* Whether it arrives is not our business: the service goes on either way. */
static void
tell(struct notify *notify, const char *text)
{
	if (notify->fd != -1)
		(void)sendto(notify->fd, text, strlen(text), MSG_NOSIGNAL,
		    (const struct sockaddr *)&notify->to, notify->to_len);
}

static void
on_watchdog(void *arg)
{
	struct notify *notify = arg;

	tell(notify, "WATCHDOG=1");
	loop_timer_set(notify->loop, &notify->watchdog, notify->watchdog_ms);
}

void
notify_watch(struct notify *notify, struct loop *loop)
{
	if (notify->fd == -1 || notify->watchdog_ms == 0)
		return;
	notify->loop = loop;
	notify->watchdog.fn = on_watchdog;
	notify->watchdog.arg = notify;
	on_watchdog(notify);
}

void
notify_ready(struct notify *notify)
{
	tell(notify, "READY=1");
}

void
notify_reloading(struct notify *notify)
{
	char text[80];
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	tell(notify, text);
}

void
notify_stopping(struct notify *notify)
{
	tell(notify, "STOPPING=1");
}

void
notify_status(struct notify *notify, const char *fmt, ...)
{
	char text[STATUS_SIZE] = "STATUS=";
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - len, fmt, ap);
	va_end(ap);
	tell(notify, text);
}
