#ifndef DECIDE_H
#define DECIDE_H

/* Whether a provider is asked at all. */

#include <stdbool.h>
#include <stdint.h>

#include "ipc/ddns.h"

/* DDNS_FOUND.visible. */
enum shown { SHOWN_NO, SHOWN_YES, SHOWN_UNKNOWN };

struct outlook {
	enum ddns_kind kind;
	const char *found4; /* "" = not managed, or not to be found now */
	const char *found6;
	bool drop4; /* what was published is to go */
	bool drop6;
	const char *known4; /* published last; "" = none */
	const char *known6;
	int64_t published; /* 0 = never, as far as we know */
	int64_t now;
	enum shown shown; /* do the zone's servers say what we have? */
};

enum verdict {
	VERDICT_LOOKED, /* nothing was to be published */
	VERDICT_SAME,
	VERDICT_VISIBLE, /* nobody knows who published it, but it is there */
	VERDICT_SPREADING,
	VERDICT_FORCED,
	VERDICT_FIRST,
	VERDICT_CHANGED,
	VERDICT_LOST, /* the servers say something else, for an hour */
	VERDICT_OLD,
	VERDICT_COUNT
};

enum verdict decide(const struct outlook *outlook);

/* Does it mean that the provider is asked? */
bool verdict_publishes(enum verdict verdict);

/* What to tell people; lives for ever. */
const char *verdict_text(enum verdict verdict);

#endif
