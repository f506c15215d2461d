#include "ha_where.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "net/addr.h"

#define HTTPS_PORT 443

/* A host goes into a request and into a configuration as it is. */
static bool
is_host(const char *host)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
	                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "0123456789.-_:%";

	return host[0] != '\0' && host[0] != '-' &&
	    host[strspn(host, allowed)] == '\0';
}

/* What is behind the scheme and before the path. The caller frees. */
static char *
authority(const char *text, struct ha_where *where)
{
	static const char http[] = "http://", https[] = "https://";

	where->plain = where->tls = true;
	if (strncasecmp(text, http, sizeof(http) - 1) == 0) {
		where->tls = false;
		text += sizeof(http) - 1;
	} else if (strncasecmp(text, https, sizeof(https) - 1) == 0) {
		where->plain = false;
		text += sizeof(https) - 1;
	}
	return xstrndup(text, strcspn(text, "/?#"));
}

int
ha_where_parse(const char *text, struct ha_where *where, struct error *err)
{
	struct ha_where found = { 0 };
	char *place = authority(text, &found);
	struct addr addr;
	bool good = true;

	if (addr_parse(&addr, place, 0) && strlen(place) < sizeof(found.host))
		memcpy(found.host, place, strlen(place) + 1);
	else
		good = addr_split(place, found.host, sizeof(found.host),
		           &found.port) &&
		    is_host(found.host) &&
		    (strchr(place, ']') != NULL ||
		        strchr(found.host, ':') == NULL);
	free(place);
	if (!good)
		return error_set(err, ERR_SYNTAX,
		    "'%.100s' is no place where Home Assistant could be: say "
		    "ADDRESS, ADDRESS:PORT or http://NAME:PORT",
		    text);
	*where = found;
	return 0;
}

/* Where Home Assistant listens: of old, newly installed, behind a proxy. */
static const struct ha_way usual[HA_WAYS_MAX] = {
	{ 8123, false },
	{ 8123, true },
	{ 80, false },
	{ HTTPS_PORT, true },
};

size_t
ha_where_ways(const struct ha_where *where, struct ha_way ways[HA_WAYS_MAX])
{
	size_t n = 0;

	if (where->port == 0) {
		for (size_t i = 0; i < HA_WAYS_MAX; i++)
			if (usual[i].tls ? where->tls : where->plain)
				ways[n++] = usual[i];
		return n;
	}
	if (where->plain && (where->port != HTTPS_PORT || !where->tls))
		ways[n++] = (struct ha_way){ where->port, false };
	if (where->tls)
		ways[n++] = (struct ha_way){ where->port, true };
	return n;
}
