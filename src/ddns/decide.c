/* Whether a provider is asked at all: see decide.h. */

#include "decide.h"

#include <string.h>

/* Providers forget names that are not confirmed, mostly after a month. */
#define REFRESH_S (25 * 86400)

/*
 * A zone that shows another address is published to again after an hour: for
 * the first minutes it is only slow, and after that asking hourly is enough.
 */
#define REPAIR_S 3600

static const struct {
	bool publishes;
	const char *text;
} verdicts[VERDICT_COUNT] = {
	[VERDICT_LOOKED] = { false, "nothing was to be published" },
	[VERDICT_SAME] = { false, "nothing has changed" },
	[VERDICT_VISIBLE] = { false,
	    "nothing to publish: the name servers say so already" },
	[VERDICT_SPREADING] = { false,
	    "published; the name servers do not say it yet" },
	[VERDICT_FORCED] = { true, "asked for" },
	[VERDICT_FIRST] = { true, "not known to be published" },
	[VERDICT_CHANGED] = { true, "changed" },
	[VERDICT_LOST] = { true, "the name servers say something else" },
	[VERDICT_OLD] = { true, "25 days have passed" },
};

static bool
differs(const char *found, const char *known, bool drop)
{
	return drop || (*found != '\0' && strcmp(found, known) != 0);
}

enum verdict
decide(const struct outlook *o)
{
	int64_t age = o->now > o->published ? o->now - o->published : 0;

	if (o->kind == DDNS_LOOK)
		return VERDICT_LOOKED;
	if (o->kind == DDNS_FORCE)
		return VERDICT_FORCED;
	if (o->published == 0)
		return o->shown == SHOWN_YES ? VERDICT_VISIBLE : VERDICT_FIRST;
	if (differs(o->found4, o->known4, o->drop4) ||
	    differs(o->found6, o->known6, o->drop6))
		return VERDICT_CHANGED;
	if (age >= REFRESH_S)
		return VERDICT_OLD;
	if (o->shown != SHOWN_NO)
		return VERDICT_SAME;
	return age >= REPAIR_S ? VERDICT_LOST : VERDICT_SPREADING;
}

bool
verdict_publishes(enum verdict verdict)
{
	return verdicts[verdict].publishes;
}

const char *
verdict_text(enum verdict verdict)
{
	return verdicts[verdict].text;
}
