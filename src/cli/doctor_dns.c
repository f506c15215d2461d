#include "doctor_dns.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "dns/public.h"

static int
family_of(const char *address)
{
	return strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
}

static bool
is_public(const char *address)
{
	unsigned char bytes[16];
	int family = family_of(address);

	return inet_pton(family, address, bytes) == 1 &&
	    dns_is_public(family, bytes);
}

static bool
is_known(const struct doctor_own *own, const char *address)
{
	for (size_t i = 0; i < own->n; i++)
		if (strcmp(own->addresses[i], address) == 0)
			return true;
	return false;
}

void
doctor_own_add(struct doctor_own *own, const char *address)
{
	if (own->n < DOCTOR_OWN_MAX && is_public(address) &&
	    !is_known(own, address))
		snprintf(
		    own->addresses[own->n++], INET6_ADDRSTRLEN, "%s", address);
}

const char *
doctor_own_first(const struct doctor_own *own, int family)
{
	for (size_t i = 0; i < own->n; i++)
		if (family_of(own->addresses[i]) == family)
			return own->addresses[i];
	return NULL;
}

enum doctor_place
doctor_judge_address(
    int family, const char *address, const struct doctor_own *own)
{
	if (!is_public(address))
		return DOCTOR_PLACE_PRIVATE;
	if (is_known(own, address))
		return DOCTOR_PLACE_OURS;
	return doctor_own_first(own, family) != NULL ? DOCTOR_PLACE_OTHER
	                                             : DOCTOR_PLACE_UNKNOWN;
}

/* --- CAA ------------------------------------------------------------------ */

const char *
doctor_caa_name(const char *directory)
{
	static const struct {
		const char *begins;
		const char *name;
	} authorities[] = {
		{ "https://acme-v02.api.letsencrypt.org/", "letsencrypt.org" },
		{ "https://acme-staging-v02.api.letsencrypt.org/",
		    "letsencrypt.org" },
		{ "https://acme.zerossl.com/", "sectigo.com" },
		{ "https://dv.acme-v02.api.pki.goog/", "pki.goog" },
		{ "https://dv.acme-v02.test-api.pki.goog/", "pki.goog" },
	};

	for (size_t i = 0; i < sizeof(authorities) / sizeof(authorities[0]);
	     i++)
		if (strncmp(directory, authorities[i].begins,
		        strlen(authorities[i].begins)) == 0)
			return authorities[i].name;
	return NULL;
}

/* The value of a record with this tag, or NULL. */
static const char *
value_of(const char *record, const char *tag)
{
	size_t len = strlen(tag);

	return strncasecmp(record, tag, len) == 0 && record[len] == ' '
	    ? record + len + 1
	    : NULL;
}

static bool
names(const char *value, const char *authority)
{
	value += strspn(value, " \t");
	return text_ieq(value, strcspn(value, "; \t"), authority);
}

/* Whether one of them has this tag, and whether one names the authority. */
static bool
has_tag(const struct dns_answer *records, const char *tag,
    const char *authority, bool *permits)
{
	bool found = false;

	*permits = false;
	for (size_t i = 0; i < records->n; i++) {
		const char *value = value_of(records->records[i], tag);

		found |= value != NULL;
		*permits |= value != NULL && names(value, authority);
	}
	return found;
}

bool
doctor_caa_permits(
    const struct dns_answer *records, bool wildcard, const char *authority)
{
	bool permits;

	if (wildcard && has_tag(records, "issuewild", authority, &permits))
		return permits;
	return !has_tag(records, "issue", authority, &permits) || permits;
}
