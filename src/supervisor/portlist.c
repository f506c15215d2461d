#include "portlist.h"

#include <stddef.h>

#include "bind.h"
#include "config/config.h"

/* Over IPv4, from another machine. */
static bool
is_reachable(const struct binding *bound)
{
	const struct addr *addr = &bound->actual;

	if (addr_is_loopback(addr))
		return false;
	if (addr->u.sa.sa_family == AF_INET)
		return true;
	return addr->u.sa.sa_family == AF_INET6 && bound->dual &&
	    IN6_IS_ADDR_UNSPECIFIED(&addr->u.in6.sin6_addr);
}

struct portlist_choice
portlist_choose(
    const struct config *config, const struct binding *bound, bool tls)
{
	uint16_t outside = tls ? PORTLIST_HTTPS : PORTLIST_HTTP;
	const struct config_listener *listener;
	struct portlist_choice choice = { 0 };

	for (listener = config->listeners; listener != NULL;
	     listener = listener->next) {
		const struct binding *at = &bound[listener->index];
		uint16_t port = addr_port(&at->actual);

		if (listener->tls != tls)
			continue;
		if (!is_reachable(at)) {
			if (choice.shut == NULL)
				choice.shut = listener;
		} else if (choice.port == 0 || port == outside) {
			choice.port = port;
		}
	}
	return choice;
}
