#ifndef HTTP_URI_H
#define HTTP_URI_H

/*
 * Request targets and host names (RFC 9112 section 3.2, RFC 3986). Nothing is
 * decoded or normalised: Home Assistant signs paths byte by byte.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/message.h"

struct http_target {
	struct slice host;      /* no port or brackets; empty in origin-form */
	struct slice authority; /* with the port; empty in origin-form */
	struct slice path;      /* begins with '/', or as said below */
	struct slice query;     /* with its '?', or empty */
};

/*
 * Splits origin-form, absolute-form (http and https only), asterisk-form
 * (OPTIONS only, "*" is its path) or authority-form (CONNECT only, with a port;
 * the whole is its path, too). An absolute-form without a path has "/" (or "*"
 * for OPTIONS) as its path. False for anything else: a fragment, controls,
 * bytes above 0x7e, user information.
 */
bool uri_parse_target(
    struct slice target, struct slice method, struct http_target *out);

/*
 * Splits an authority "host[:port]" as a Host field carries it: registered
 * name, IPv4 or [IPv6]. *host comes without brackets; *port is 0 when absent.
 * False when it is not one (empty host, bad characters, bad port, user info).
 * A name is letters, digits and ".-_~": nothing that needs percent-encoding. A
 * dot at its end stays.
 */
bool uri_parse_authority(
    struct slice authority, struct slice *host, uint16_t *port);

/*
 * A host name as configurations and certificates have it: letters, digits,
 * hyphens (inside) in labels of 1..63, dots between, at most 253, no dot at the
 * end; `wildcard` allows a leading "*." label.
 */
bool uri_is_hostname(const char *s, size_t len, bool wildcard);

#endif
