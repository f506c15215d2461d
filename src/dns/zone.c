/* The servers of a zone: see zone.h. */

#include "dns/zone.h"

#include <string.h>

#include "base/clock.h"

#define ALIASES_MAX 8

/* Where a record that is in fact somewhere else is. */
static int
follow_aliases(char name[DNS_TEXT_SIZE], int64_t deadline, struct error *err)
{
	static struct dns_answer answer;

	for (int i = 0; i < ALIASES_MAX; i++) {
		if (dns_resolve(name, DNS_CNAME, deadline, &answer, err) == -1)
			return -1;
		if (answer.n == 0)
			return 0;
		memcpy(name, answer.records[0], DNS_TEXT_SIZE);
	}
	return error_set(err, ERR_LIMIT, "too many aliases");
}

static int
find_hosts(const char *name, int64_t deadline, struct dns_answer *hosts,
    struct error *err)
{
	const char *zone = name, *dot;

	for (;;) {
		if (dns_resolve(zone, DNS_NS, deadline, hosts, err) == -1)
			return -1;
		if (hosts->n > 0)
			return 0;
		dot = strchr(zone, '.');
		if (dot == NULL || dot[1] == '\0')
			return error_set(err, ERR_NOTFOUND,
			    "no zone of it has name servers");
		zone = dot + 1;
	}
}

int
dns_zone_find(const char *name, int64_t deadline_ms, struct dns_zone *zone,
    struct error *err)
{
	static struct dns_answer hosts;

	if (strlen(name) >= sizeof(zone->name))
		return error_set(err, ERR_LIMIT, "too long a name");
	memcpy(zone->name, name, strlen(name) + 1);
	if (follow_aliases(zone->name, deadline_ms, err) == -1 ||
	    find_hosts(zone->name, deadline_ms, &hosts, err) == -1)
		return -1;
	zone->nhosts = hosts.n;
	for (size_t i = 0; i < hosts.n; i++) {
		struct dns_host *host = &zone->hosts[i];

		memcpy(host->name, hosts.records[i], sizeof(host->name));
		host->naddresses = clock_mono_ms() < deadline_ms
		    ? dns_find_servers(
		          host->name, host->addresses, DNS_ADDRESSES_MAX)
		    : 0;
	}
	return 0;
}

int
dns_zone_ask(const struct dns_host *host, const char *name, enum dns_type type,
    int64_t deadline_ms, struct dns_answer *answer, struct error *err)
{
	for (size_t i = 0; i < host->naddresses; i++)
		if (dns_ask(&host->addresses[i], name, type, deadline_ms,
		        answer, err) == 0)
			return 0;
	if (host->naddresses == 0)
		error_set(err, ERR_NOTFOUND, "no address");
	return -1;
}

static bool
says(const struct dns_answer *answer, const char *value)
{
	if (value == NULL)
		return answer->n == 0;
	return answer->n == 1 && strcmp(answer->records[0], value) == 0;
}

int
dns_zone_says(const struct dns_zone *zone, enum dns_type type,
    const char *value, int64_t deadline_ms, struct dns_answer *answer,
    bool *all, struct error *err)
{
	static struct dns_answer said;
	bool asked = false;
	for (size_t i = 0; i < zone->nhosts; i++) {
		if (dns_zone_ask(&zone->hosts[i], zone->name, type, deadline_ms,
		        &said, NULL) == -1)
			continue;
		asked = true;
		*answer = said;
		*all = says(&said, value);
		if (!*all)
			break;
	}
	if (asked)
		return 0;
	return error_set(err, ERR_TIMEOUT,
	    "none of the name servers of %s answers", zone->name);
}
