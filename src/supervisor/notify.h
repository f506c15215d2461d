#ifndef SUPERVISOR_NOTIFY_H
#define SUPERVISOR_NOTIFY_H

/*
 * Tells systemd how we are (sd_notify(3), spoken by hand: it is one datagram).
 * Without $NOTIFY_SOCKET all of it does nothing.
 */

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "net/loop.h"

struct notify {
	int fd; /* -1: nobody listens */
	struct sockaddr_un to;
	socklen_t to_len;
	struct loop *loop;
	struct loop_timer watchdog;
	int64_t watchdog_ms; /* half of what was asked; 0 = not wanted */
};

/*
 * Reads the environment, and cleans it: children are not to speak for us.
 */
void notify_init(struct notify *notify);
void notify_release(struct notify *notify);

/* Keeps the watchdog quiet as long as the loop turns. */
void notify_watch(struct notify *notify, struct loop *loop);

void notify_ready(struct notify *notify);
void notify_reloading(struct notify *notify);
void notify_stopping(struct notify *notify);
void notify_status(struct notify *notify, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
