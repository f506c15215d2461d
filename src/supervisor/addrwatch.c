#include "addrwatch.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "net/addr.h"

/* Reads at once: a flood of messages must not hold the loop up. */
#define READS_MAX 64

static bool
is_link_local(const struct addr *addr)
{
	return addr->u.sa.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_LINKLOCAL(&addr->u.in6.sin6_addr);
}

/*
 * The same for the same addresses in any order. Those that nobody outside could
 * reach come and go with each container, and do not count.
 */
static uint64_t
sum_up(const struct addrwatch *watch)
{
	struct ifaddrs *list = NULL, *entry;
	char text[ADDR_TEXT_SIZE];
	uint64_t sum = 0;
	struct addr addr;

	if (getifaddrs(&list) == -1)
		return watch->sum;
	for (entry = list; entry != NULL; entry = entry->ifa_next) {
		const struct sockaddr *sa = entry->ifa_addr;

		if (sa == NULL ||
		    (sa->sa_family != AF_INET && sa->sa_family != AF_INET6))
			continue;
		addr_from_sockaddr(&addr, sa,
		    sa->sa_family == AF_INET ? sizeof(struct sockaddr_in)
		                             : sizeof(struct sockaddr_in6));
		if (addr_is_loopback(&addr) || is_link_local(&addr))
			continue;
		addr_ip_text(&addr, text);
		sum += siphash(watch->key, text, strlen(text));
	}
	freeifaddrs(list);
	return sum;
}

static void
on_timer(void *arg)
{
	struct addrwatch *watch = arg;
	int64_t now = clock_mono_ms();
	uint64_t sum = sum_up(watch);

	watch->pending = false;
	if (sum != watch->sum) {
		watch->sum = sum;
		watch->changed_ms = now;
	} else if (watch->changed_ms == 0 ||
	    now - watch->changed_ms > ADDRWATCH_AFTER_MS) {
		return;
	}
	watch->told_ms = now;
	watch->changed(watch->arg);
}

static void
on_messages(void *arg, enum loop_events what)
{
	struct addrwatch *watch = arg;
	int64_t wait = ADDRWATCH_DELAY_MS, rest;
	char unread[8192];
	ssize_t n = 0;

	(void)what;
	for (int i = 0; i < READS_MAX && n != -1; i++)
		n = recv(watch->fd, unread, sizeof(unread), MSG_DONTWAIT);
	if (watch->pending)
		return;
	rest = watch->told_ms + ADDRWATCH_REST_MS - clock_mono_ms();
	if (watch->told_ms != 0 && rest > wait)
		wait = rest;
	watch->pending = true;
	loop_timer_set(watch->loop, &watch->timer, wait);
}

void
addrwatch_init(struct addrwatch *watch, struct loop *loop)
{
	*watch = (struct addrwatch){ .loop = loop, .fd = -1 };
	watch->io.fn = on_messages;
	watch->timer.fn = on_timer;
	watch->io.arg = watch->timer.arg = watch;
	secret_random(watch->key, sizeof(watch->key));
}

void
addrwatch_open(struct addrwatch *watch)
{
	const struct sockaddr_nl groups = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };

	if (watch->fd != -1)
		return;
	watch->fd = socket(
	    AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (watch->fd == -1 ||
	    bind(watch->fd, (const struct sockaddr *)&groups, sizeof(groups)) ==
	        -1) {
		log_warn("the kernel does not tell when addresses change: %s; "
		         "they are looked at in intervals only",
		    strerror(errno));
		addrwatch_close(watch);
		return;
	}
	watch->sum = sum_up(watch);
	loop_io_add(watch->loop, &watch->io, watch->fd, LOOP_READ);
}

void
addrwatch_close(struct addrwatch *watch)
{
	loop_timer_cancel(&watch->timer);
	loop_io_del(&watch->io);
	watch->pending = false;
	if (watch->fd != -1)
		close(watch->fd);
	watch->fd = -1;
}
