#ifndef CLI_HA_WHERE_H
#define CLI_HA_WHERE_H

/* The forms in which people say where Home Assistant is. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define HA_HOST_SIZE 256
#define HA_WAYS_MAX 4

struct ha_where {
	char host[HA_HOST_SIZE]; /* an address or a name, without brackets */
	uint16_t port;           /* 0: not said */
	bool plain, tls;         /* which of the two it may be */
};

/*
 * "HOST", "HOST:PORT", "[IPv6]:PORT", "IPv6", any of them after "http://" or
 * "https://" and before a path, which is left out. ERR_SYNTAX.
 */
int ha_where_parse(const char *text, struct ha_where *where, struct error *err);

struct ha_way {
	uint16_t port;
	bool tls;
};

/* How it is to be asked there, in order. Their number, at least one. */
size_t ha_where_ways(
    const struct ha_where *where, struct ha_way ways[HA_WAYS_MAX]);

#endif
