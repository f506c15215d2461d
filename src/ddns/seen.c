/* What the world is told: see seen.h. */

#include "seen.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "dns/zone.h"

#define LOOK_MS 15000 /* nobody is asked any more after that */

static void
join(char dst[SEEN_SIZE], const struct dns_answer *answer)
{
	size_t used = 0;

	*dst = '\0';
	for (size_t i = 0; i < answer->n && used < SEEN_SIZE - 1; i++) {
		int len = snprintf(dst + used, SEEN_SIZE - used, "%s%s",
		    i > 0 ? " " : "", answer->records[i]);

		used += len > 0 ? (size_t)len : 0;
	}
}

static enum shown
look_at(const struct dns_zone *zone, enum dns_type type, const char *wanted,
    int64_t deadline, char said[SEEN_SIZE])
{
	static struct dns_answer answer;
	struct error err;
	bool all;

	if (wanted == NULL)
		return SHOWN_YES;
	if (dns_zone_says(zone, type, *wanted != '\0' ? wanted : NULL, deadline,
	        &answer, &all, &err) == -1) {
		log_debug("%s", err.msg);
		return SHOWN_UNKNOWN;
	}
	join(said, &answer);
	return all ? SHOWN_YES : SHOWN_NO;
}

static enum shown
look(const char *host, const struct wanted *wanted, int64_t deadline,
    struct seen *seen)
{
	static struct dns_zone zone;
	enum shown v4, v6;
	struct error err;

	if (dns_zone_find(host, deadline, &zone, &err) == -1) {
		log_debug("%s: %s", host, err.msg);
		return SHOWN_UNKNOWN;
	}
	v4 = look_at(&zone, DNS_A, wanted->ipv4, deadline, seen->ipv4);
	v6 = look_at(&zone, DNS_AAAA, wanted->ipv6, deadline, seen->ipv6);
	if (v4 == SHOWN_NO || v6 == SHOWN_NO)
		return SHOWN_NO;
	return v4 == SHOWN_YES && v6 == SHOWN_YES ? SHOWN_YES : SHOWN_UNKNOWN;
}

void
seen_look(
    const struct ddns_job *job, const struct wanted *wanted, struct seen *seen)
{
	int64_t deadline = clock_mono_ms() + LOOK_MS;
	bool unknown = job->nhosts == 0;

	*seen = (struct seen){ .shown = SHOWN_NO };
	for (size_t i = 0; i < job->nhosts; i++) {
		enum shown shown = clock_mono_ms() < deadline
		    ? look(job->hosts[i], wanted, deadline, seen)
		    : SHOWN_UNKNOWN;

		if (shown == SHOWN_NO)
			return;
		unknown = unknown || shown == SHOWN_UNKNOWN;
	}
	seen->shown = unknown ? SHOWN_UNKNOWN : SHOWN_YES;
}
