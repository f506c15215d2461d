#include "ddns_seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "ddns_record.h"
#include "ipc/msg.h"
#include "record.h"

void
ddns_seen_release(struct ddns_seen *seen)
{
	free(seen->ipv4);
	free(seen->ipv6);
	free(seen->source4);
	free(seen->source6);
	free(seen->dns4);
	free(seen->dns6);
	*seen = (struct ddns_seen){ 0 };
}

bool
ddns_same_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/*
 * There is none for sure, and the servers are not to say one. What cannot be
 * found at the moment says nothing against what is published.
 */
static bool
is_gone(const char *found, const char *source, const char *dns)
{
	return found == NULL &&
	    (dns != NULL || (source != NULL && strcmp(source, "none") == 0));
}

static bool
is_known(const char *found, const char *known, bool gone)
{
	if (found == NULL)
		return !gone || known == NULL;
	return ddns_same_text(found, known);
}

bool
ddns_seen_is_published(
    const struct ddns_seen *seen, const struct ddns_record *record)
{
	return record->schedule.published_at != 0 &&
	    is_known(seen->ipv4, record->known4,
	        is_gone(seen->ipv4, seen->source4, seen->dns4)) &&
	    is_known(seen->ipv6, record->known6,
	        is_gone(seen->ipv6, seen->source6, seen->dns6));
}

char *
ddns_seen_text(const struct ddns_seen *seen)
{
	const char *ipv4 = seen->ipv4 != NULL ? seen->ipv4 : "";
	const char *ipv6 = seen->ipv6 != NULL ? seen->ipv6 : "";

	if (ipv4[0] == '\0' && ipv6[0] == '\0')
		return xstrdup("no address");
	return xasprintf("%s%s%s", ipv4,
	    ipv4[0] != '\0' && ipv6[0] != '\0' ? " and " : "", ipv6);
}

static void
keep(char **text, const char *said)
{
	char *one = record_said(said);

	record_set(text, one);
	free(one);
}

void
ddns_seen_note(struct ddns_seen *seen, const struct msg_DDNS_FOUND *found)
{
	keep(&seen->ipv4, found->ipv4);
	keep(&seen->ipv6, found->ipv6);
	keep(&seen->source4, found->source4);
	keep(&seen->source6, found->source6);
	keep(&seen->dns4, found->dns4);
	keep(&seen->dns6, found->dns6);
	seen->visible = found->visible;
	seen->known = true;
}

static void
remember(char **known, const char *found, bool gone)
{
	if (found != NULL || gone)
		record_set(known, found);
}

void
ddns_seen_remember(const struct ddns_seen *seen, struct ddns_record *record)
{
	remember(&record->known4, seen->ipv4,
	    is_gone(seen->ipv4, seen->source4, seen->dns4));
	remember(&record->known6, seen->ipv6,
	    is_gone(seen->ipv6, seen->source6, seen->dns6));
}
