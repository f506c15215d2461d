#ifndef SUPERVISOR_PORTLIST_H
#define SUPERVISOR_PORTLIST_H

/* Which of our listeners the router is to let clients through to. Pure. */

#include <stdbool.h>
#include <stdint.h>

struct binding;
struct config;
struct config_listener;

#define PORTLIST_HTTP 80
#define PORTLIST_HTTPS 443

struct portlist_choice {
	uint16_t port; /* our own; 0 = there is none for it */

	/* One that would do if it did not listen where no router gets to. */
	const struct config_listener *shut;
};

/*
 * `bound`: of each listener. One at the port that it is to have outside is the
 * first choice, then the first one in the file.
 */
struct portlist_choice portlist_choose(
    const struct config *config, const struct binding *bound, bool tls);

#endif
