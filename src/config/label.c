/* What backends and listeners are called. */

#include <stdio.h>
#include <string.h>

#include "config/config.h"

char *
config_backend_label(
    const struct config_backend *backend, char dst[CONFIG_LABEL_SIZE])
{
	bool colon = strchr(backend->host, ':') != NULL;

	if (backend->path != NULL)
		snprintf(dst, CONFIG_LABEL_SIZE, "%s", backend->path);
	else
		snprintf(dst, CONFIG_LABEL_SIZE, "%s%s%s:%u", colon ? "[" : "",
		    backend->host, colon ? "]" : "", backend->port);
	return dst;
}

bool
config_backend_repeats(const struct config *config, unsigned index)
{
	char name[CONFIG_LABEL_SIZE], other[CONFIG_LABEL_SIZE];

	config_backend_label(config->backends[index], name);
	for (unsigned i = 0; i < index; i++)
		if (strcmp(config_backend_label(config->backends[i], other),
		        name) == 0)
			return true;
	return false;
}

char *
config_listener_label(
    const struct config_listener *listener, char dst[CONFIG_LABEL_SIZE])
{
	const char *protocol = listener->tls ? "https" : "http";
	char address[ADDR_TEXT_SIZE];

	if (listener->dual)
		snprintf(dst, CONFIG_LABEL_SIZE, "%s *:%u", protocol,
		    addr_port(&listener->addr));
	else
		snprintf(dst, CONFIG_LABEL_SIZE, "%s %s", protocol,
		    addr_text(&listener->addr, address));
	return dst;
}

bool
config_has_listener(const struct config *config, bool tls)
{
	const struct config_listener *listener = config->listeners;

	while (listener != NULL && listener->tls != tls)
		listener = listener->next;
	return listener != NULL;
}
