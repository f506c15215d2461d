/* Hosts: names, addresses, and what listens there. See type.h. */

#include "type_readers.h"

#include <string.h>
#include <sys/un.h>

#include "http/uri.h"
#include "net/addr.h"
#include "option.h"

#define HOST_MAX 253 /* bytes of a host name */

bool
type_ip(struct reading *reading)
{
	struct value *value = reading->value;
	char host[ADDR_TEXT_SIZE];
	struct addr addr;
	uint16_t port;

	if (addr_parse(&addr, value->text, 0))
		return true;
	if (!addr_split(value->text, host, sizeof(host), &port) ||
	    !addr_parse(&addr, host, 0))
		return false;
	if (value->text[strlen(value->text) - 1] != ']')
		return type_refuse(reading, "the port has a line of its own");
	value->text = arena_strdup(reading->tree->arena, host);
	return true;
}

/* Names of containers and Windows hosts hold underscores. */
static bool
is_host(const char *text)
{
	size_t len = strlen(text);
	struct addr addr;

	if (addr_parse(&addr, text, 0))
		return true;
	return len > 0 && len <= HOST_MAX && text[0] != '.' && text[0] != '-' &&
	    strspn(text,
	        "abcdefghijklmnopqrstuvwxyz"
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

/* The path of a UNIX socket, which connect(2) bounds. */
static bool
is_socket(struct reading *reading, const char *path)
{
	struct sockaddr_un sun;

	if (path[0] != '/' || path[1] == '\0')
		return type_refuse(
		    reading, "the path of a socket begins with /");
	if (strlen(path) >= sizeof(sun.sun_path))
		return type_refuse(reading, "the path of a socket is shorter");
	if (strstr(path, "/../") != NULL)
		return type_refuse(reading, "a path without ..");
	return true;
}

bool
type_host(struct reading *reading)
{
	const char *text = reading->value->text;

	if (is_host(text))
		return true;
	if (text[0] == '/')
		return is_socket(reading, text);
	if (strstr(text, "://") != NULL)
		return type_refuse(reading, "an address is not a URL");
	if (strchr(text, ':') != NULL)
		return type_refuse(reading, "the port has a line of its own");
	return false;
}

bool
type_forward(struct reading *reading)
{
	const char *text = reading->value->text;
	char host[HOST_MAX + 1];
	uint16_t port = 1;

	if (type_has_scheme(text, UNIX_SCHEME))
		return is_socket(reading, text + strlen(UNIX_SCHEME));
	if (type_has_scheme(text, "https://"))
		text += strlen("https://");
	else if (strstr(text, "://") != NULL)
		return type_refuse(reading, "leave out http:// and any path");
	return addr_split(text, host, sizeof(host), &port) && is_host(host) &&
	    port != 0;
}

bool
type_server(struct reading *reading)
{
	const char *text = reading->value->text;
	char host[HOST_MAX + 1];
	uint16_t port = 1;

	if (type_has_scheme(text, "http://"))
		return type_refuse(reading,
		    "it is asked over https only; write the name alone");
	if (type_has_scheme(text, "https://"))
		return type_refuse(reading, "the name alone, without https://");
	if (strstr(text, "://") != NULL)
		return type_refuse(
		    reading, "the name alone, without what ends in ://");
	if (strchr(text, '/') != NULL)
		return type_refuse(reading, "the name alone, without a path");
	return addr_split(text, host, sizeof(host), &port) && is_host(host) &&
	    port != 0;
}

static const char *
lower_case(struct tree *tree, const char *text)
{
	char *copy = arena_strdup(tree->arena, text), *p;

	for (p = copy; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

bool
type_vhost(struct reading *reading)
{
	struct value *value = reading->value;
	char host[HOST_MAX + 1];
	struct addr addr;
	uint16_t port;

	if (uri_is_hostname(value->text, strlen(value->text), false) ||
	    addr_parse(&addr, value->text, 0)) {
		value->text = lower_case(reading->tree, value->text);
		return true;
	}
	if (addr_split(value->text, host, sizeof(host), &port))
		return type_refuse(reading, "a port has no part in it");
	return false;
}

/* What it is as a pattern is seen when it is compiled. */
bool
type_pattern(struct reading *reading)
{
	if ((reading->options & OPTION_FILE) != 0)
		return type_path(reading);
	if (reading->row->id == WORD_HOST &&
	    (reading->options & OPTIONS_HOW & ~(unsigned)OPTION_EXACT) == 0)
		return type_vhost(reading);
	return type_text(reading);
}

/*
 * A certificate can be for an address or a wildcard, too, and a wildcard can
 * have addresses; a gateway can be neither.
 */
bool
type_hostname(struct reading *reading)
{
	struct value *value = reading->value;
	size_t len = strlen(value->text);
	enum word id = reading->row->id;
	bool any = id == WORD_AUTOCERT || id == WORD_HOSTNAME;
	struct addr addr;

	if (addr_parse(&addr, value->text, 0) && id != WORD_AUTOCERT)
		return type_refuse(reading,
		    id == WORD_GATEWAY
		        ? "for an address, use ListenHTTPS with AutoCert"
		        : "an address is not a name");
	if (uri_is_hostname(value->text, len, any) ||
	    addr_parse(&addr, value->text, 0)) {
		value->text = lower_case(reading->tree, value->text);
		return true;
	}
	if (uri_is_hostname(value->text, len, true))
		return type_refuse(reading,
		    id == WORD_GATEWAY
		        ? "for a wildcard, use ListenHTTPS with AutoCert"
		        : "the name alone, without *.");
	if (strstr(value->text, "://") != NULL)
		return type_refuse(reading, "the name alone, without https://");
	return false;
}
