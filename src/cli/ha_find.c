/* Looking for Home Assistant: see ha_find.h. */

#include "ha_find.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "dns/mdns.h"
#include "ha_look.h"
#include "ha_where.h"

#define SERVICE "_home-assistant._tcp.local"
#define LISTEN_MS 2000
#define ADDRESSES_MAX 4 /* of a name */
#define TRIED_MAX 24
#define LIST_MAX (ERROR_MSG_SIZE - 160) /* of what was tried, in the error */

struct search {
	struct ha_found *found;
	char *tried[TRIED_MAX];
	size_t ntried;
	struct buf list; /* for the error */
	size_t unlisted;
};

static void
note(struct search *search, const char *what, const char *why)
{
	if (buf_len(&search->list) + strlen(what) + strlen(why) > LIST_MAX)
		search->unlisted++;
	else
		buf_printf(&search->list, "%s%s: %s",
		    buf_len(&search->list) > 0 ? "; " : "", what, why);
}

static bool
is_new(struct search *search, const char *text)
{
	for (size_t i = 0; i < search->ntried; i++)
		if (strcmp(search->tried[i], text) == 0)
			return false;
	return search->ntried < TRIED_MAX;
}

enum look { LOOK_FOUND, LOOK_NOBODY, LOOK_OTHER };

static enum look
look_at(struct search *search, const struct ha_place *place)
{
	char *text = ha_place_text(place);
	enum look look = LOOK_OTHER;
	struct error err;

	if (!is_new(search, text)) {
		free(text);
		return LOOK_OTHER;
	}
	search->tried[search->ntried++] = text;
	if (ha_look(place, search->found, &err) == 0)
		return LOOK_FOUND;
	if (err.kind == ERR_NOTFOUND)
		look = LOOK_NOBODY;
	note(search, text, err.msg);
	return look;
}

/* All ways at one address. Where nobody is, nobody speaks TLS either. */
static bool
look_at_address(struct search *search, const struct ha_where *where,
    const struct sockaddr *sa, socklen_t len)
{
	struct ha_place place = { .host = where->host };
	struct ha_way ways[HA_WAYS_MAX];
	size_t n = ha_where_ways(where, ways);
	uint16_t deserted = 0;

	addr_from_sockaddr(&place.addr, sa, len);
	for (size_t i = 0; i < n; i++) {
		if (ways[i].port == deserted)
			continue;
		/* The port is at the same place in both kinds. */
		place.addr.u.in.sin_port = htons(ways[i].port);
		place.tls = ways[i].tls;
		switch (look_at(search, &place)) {
		case LOOK_FOUND:
			return true;
		case LOOK_NOBODY:
			deserted = ways[i].port;
			break;
		case LOOK_OTHER:
			break;
		}
	}
	return false;
}

static bool
look_where(struct search *search, const struct ha_where *where)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *at;
	bool found = false;
	unsigned n = 0;
	int why;

	why = getaddrinfo(where->host, NULL, &hints, &list);
	if (why != 0) {
		note(search, where->host, gai_strerror(why));
		return false;
	}
	for (at = list; at != NULL && n < ADDRESSES_MAX && !found;
	     at = at->ai_next, n++)
		found =
		    look_at_address(search, where, at->ai_addr, at->ai_addrlen);
	freeaddrinfo(list);
	return found;
}

/* --- in the house --------------------------------------------------------- */

static bool
look_at_answer(struct search *search, const struct mdns_answer *answer)
{
	for (size_t i = 0; i < answer->n; i++) {
		const struct mdns_place *place = &answer->places[i];
		struct sockaddr_in in = { .sin_family = AF_INET,
			.sin_addr = place->address };
		struct ha_where where = {
			.port = place->port, .plain = true, .tls = true
		};
		struct addr addr;

		addr_from_sockaddr(
		    &addr, (const struct sockaddr *)&in, sizeof(in));
		addr_ip_text(&addr, where.host);
		if (look_at_address(search, &where, &addr.u.sa, addr.len))
			return true;
	}
	return false;
}

static bool
look_in_the_house(struct search *search)
{
	int64_t deadline = clock_mono_ms() + LISTEN_MS;
	struct mdns_answer answer;
	bool found = false, heard = false;
	struct error err;
	struct mdns *mdns = mdns_ask(SERVICE, &err);

	if (mdns != NULL)
		while (
		    !found && mdns_next(mdns, deadline, &answer, &err) == 0) {
			heard = true;
			found = look_at_answer(search, &answer);
		}
	if (!found && !heard)
		note(search, "in the house, by mDNS", err.msg);
	mdns_free(mdns);
	return found;
}

/* --- the end -------------------------------------------------------------- */

static int
report(const struct search *search, const char *given, struct error *err)
{
	char more[32] = "";

	if (search->unlisted > 0)
		snprintf(
		    more, sizeof(more), "; and %zu more", search->unlisted);
	return error_set(err, ERR_NOTFOUND,
	    "no Home Assistant was found%s%.60s (%.*s%s). Start it, or say "
	    "where it is with --backend ADDRESS:PORT",
	    given != NULL ? " at " : "", given != NULL ? given : "",
	    (int)buf_len(&search->list), (char *)buf_data(&search->list), more);
}

int
ha_find(const char *given, struct ha_found *found, struct error *err)
{
	struct ha_where where = {
		.host = "127.0.0.1", .plain = true, .tls = true
	};
	struct search search = { .found = found };
	bool is_found;

	if (given != NULL && ha_where_parse(given, &where, err) == -1)
		return -1;
	is_found = look_where(&search, &where) ||
	    (given == NULL && look_in_the_house(&search));
	if (!is_found)
		report(&search, given, err);
	for (size_t i = 0; i < search.ntried; i++)
		free(search.tried[i]);
	buf_release(&search.list);
	return is_found ? 0 : -1;
}
