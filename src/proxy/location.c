#include "location.h"

#include <string.h>

#include "backend.h"
#include "base/arena.h"
#include "exchange.h"
#include "worker.h"

#define HOST_SIZE 256

/* An absolute http or https URL. */
struct url {
	bool https;
	struct slice authority;
	struct slice host;
	uint16_t port; /* as given, else that of the scheme */
	struct slice rest;
};

static bool
take_scheme(struct slice *text, const char *scheme)
{
	size_t len = strlen(scheme);

	if (text->len < len ||
	    !slice_ieq((struct slice){ text->p, len }, scheme))
		return false;
	text->p += len;
	text->len -= len;
	return true;
}

static bool
parse_url(struct slice text, struct url *url)
{
	size_t len = 0;

	url->https = take_scheme(&text, "https://");
	if (!url->https && !take_scheme(&text, "http://"))
		return false;
	while (len < text.len && strchr("/?#", text.p[len]) == NULL)
		len++;
	url->authority = (struct slice){ text.p, len };
	url->rest = (struct slice){ text.p + len, text.len - len };
	if (!uri_parse_authority(url->authority, &url->host, &url->port))
		return false;
	if (url->port == 0)
		url->port = url->https ? 443 : 80;
	return true;
}

/* Its name as configured, or the address that it is reached at. */
static bool
is_of_backend(const struct exchange *ex, const struct url *url)
{
	const struct addr *there = backend_address(ex->backend);
	char host[HOST_SIZE];
	struct addr addr;

	if (url->port != ex->backend->config->port ||
	    url->host.len >= sizeof host)
		return false;
	if (slice_ieq(url->host, ex->backend->config->host))
		return true;
	memcpy(host, url->host.p, url->host.len);
	host[url->host.len] = '\0';
	return there != NULL && addr_parse(&addr, host, url->port) &&
	    addr_eq(&addr, there);
}

/*
 * The name that we call the backend by in Host, so that it does, too: without
 * a port, or with its own. Never from https to http, as below.
 */
static bool
is_called_so(const struct exchange *ex, const struct url *url)
{
	const struct config_backend *backend = ex->backend->config;

	return backend->server_name != NULL &&
	    slice_ieq(url->host, backend->server_name) &&
	    (url->port == (url->https ? 443 : 80) ||
	        url->port == backend->port) &&
	    (ex->https || !url->https);
}

/*
 * The client's own way to us, but for the scheme or the port. Never from https
 * to http: a backend that sends its clients to HTTPS means it.
 */
static bool
is_nearly_ours(const struct exchange *ex, const struct url *url)
{
	bool https = ex->https;
	struct slice host;
	uint16_t port;

	if ((url->https && !https) || ex->host == NULL ||
	    !slice_ieq(url->host, ex->host) ||
	    !uri_parse_authority(ex->authority, &host, &port))
		return false;
	if (port == 0)
		port = https ? 443 : 80;
	return url->https != https || url->port != port;
}

/* What the service says, or else the listener. */
static unsigned
level_of(const struct exchange *ex)
{
	if (ex->service != NULL && ex->service->rewrite_location >= 0)
		return (unsigned)ex->service->rewrite_location;
	return ex->listener->config->rewrite_location;
}

static void
rewrite(const struct exchange *ex, struct slice *value)
{
	unsigned level = level_of(ex);
	struct url url;
	char *text;

	if (ex->authority.len == 0 || !parse_url(*value, &url) ||
	    !(is_of_backend(ex, &url) || is_called_so(ex, &url) ||
	        (level == 1 && is_nearly_ours(ex, &url))))
		return;
	text = arena_printf(ex->arena, "%s://%.*s%.*s",
	    ex->https ? "https" : "http", (int)ex->authority.len,
	    ex->authority.p, (int)url.rest.len, url.rest.p);
	if (text != NULL)
		*value = (struct slice){ text, strlen(text) };
}

void
location_rewrite(const struct exchange *ex, struct http_response *res)
{
	if (level_of(ex) == 0)
		return;
	for (unsigned i = 0; i < res->nfields; i++) {
		struct http_field *field = &res->fields[i];

		if (slice_ieq(field->name, "Location") ||
		    slice_ieq(field->name, "Content-Location"))
			rewrite(ex, &field->value);
	}
}
