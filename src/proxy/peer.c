#include "peer.h"

#include <string.h>

#include "base/arena.h"
#include "exchange.h"
#include "worker.h"

static bool
is_trusted(const struct exchange *ex, const char *address)
{
	const struct config_acl *trusted = ex->listener->config->trusted;

	return trusted != NULL && config_acl_holds(trusted, address);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Takes the last element off a list that is not empty. */
static struct slice
take_last(struct slice *list)
{
	size_t at = list->len;
	struct slice last;

	while (at > 0 && list->p[at - 1] != ',')
		at--;
	last = (struct slice){ list->p + at, list->len - at };
	list->len = at > 0 ? at - 1 : 0;
	while (last.len > 0 && is_blank(last.p[0])) {
		last.p++;
		last.len--;
	}
	while (last.len > 0 && is_blank(last.p[last.len - 1]))
		last.len--;
	return last;
}

/* An address as we write it, without a port: ::ffff:a.b.c.d becomes IPv4. */
static bool
read_address(struct slice element, char text[ADDR_TEXT_SIZE])
{
	char host[ADDR_TEXT_SIZE];
	struct addr parsed, addr;

	if (element.len >= sizeof host ||
	    memchr(element.p, '%', element.len) != NULL)
		return false;
	memcpy(host, element.p, element.len);
	host[element.len] = '\0';
	if (!addr_parse(&parsed, host, 0))
		return false;
	addr_from_sockaddr(&addr, &parsed.u.sa, parsed.len);
	addr_ip_text(&addr, text);
	return true;
}

/*
 * From the nearest hop to the farthest: the first that is not trusted, else
 * the farthest of all. Several fields are one list (RFC 9110 section 5.3).
 * False if there is none, or something else in the way.
 */
static bool
find_client(const struct exchange *ex, char text[ADDR_TEXT_SIZE])
{
	const char *name = ex->listener->config->forwarded_header;
	unsigned hops = 0;

	for (unsigned i = ex->req.nfields; i-- > 0;) {
		struct slice list = ex->req.fields[i].value;

		if (!slice_ieq(ex->req.fields[i].name, name))
			continue;
		do {
			if (hops++ == PEER_HOPS_MAX ||
			    !read_address(take_last(&list), text))
				return false;
			if (!is_trusted(ex, text))
				return true;
		} while (list.len > 0);
	}
	return hops > 0;
}

/* One X-Forwarded-Proto that says http or https, else what we see. */
static bool
came_by_https(const struct exchange *ex)
{
	const struct http_field *found = NULL;

	for (unsigned i = 0; i < ex->req.nfields; i++) {
		if (!slice_ieq(ex->req.fields[i].name, "X-Forwarded-Proto"))
			continue;
		if (found != NULL)
			return ex->https;
		found = &ex->req.fields[i];
	}
	if (found != NULL && slice_eq(found->value, "https"))
		return true;
	if (found != NULL && slice_eq(found->value, "http"))
		return false;
	return ex->https;
}

void
peer_resolve(struct exchange *ex)
{
	char text[ADDR_TEXT_SIZE];
	const char *copy;

	ex->from = ex->peer;
	ex->https = ex->listener->tls != NULL;
	if (!is_trusted(ex, ex->peer))
		return;
	ex->https = came_by_https(ex);
	if (!find_client(ex, text))
		return;
	copy = arena_strndup(ex->arena, text, strlen(text));
	if (copy != NULL)
		ex->from = copy;
}
