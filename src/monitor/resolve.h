#ifndef MONITOR_RESOLVE_H
#define MONITOR_RESOLVE_H

/*
 * Keeps the addresses of one host name up to date: at start, again every_ms
 * after a look-up, and retry_ms after a failure. getaddrinfo(3) blocks
 * and runs foreign code (NSS), so each look-up is a child of its own that lives
 * at most RESOLVE_LIMIT_MS and holds no descriptor but a pipe.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "net/addr.h"
#include "net/loop.h"

#define RESOLVE_LIMIT_MS 10000

struct resolver {
	unsigned magic;
	struct loop *loop;
	const char *host; /* borrowed */
	uint16_t port;
	int family; /* AF_INET, AF_INET6 or AF_UNSPEC */
	int64_t every_ms, retry_ms;
	pid_t pid; /* the child at work; 0 = none */
	int pipe;  /* its result */
	struct loop_io io;
	struct loop_timer timer; /* the next start, or the child's limit */
	/* n addresses; or n = 0 and a reason. */
	void (*fn)(void *arg, const struct addr *list, int n, const char *why);
	void *arg;
};

/* The result comes through fn, never from within this call. */
void resolver_start(struct resolver *resolver, struct loop *loop);
void resolver_stop(struct resolver *resolver); /* fine when not started */

#endif
