/* Who publishes addresses: the providers, and which section has a name. */

#include "config/ddns.h"

#include <string.h>

#include "base/text.h"
#include "config/config.h"

/* The families by the names that the table has for them. */
#define PROVIDER(                                                              \
    name_, family_, needs_, may_, txt_, families_, seconds_, server_)          \
	{ .name = name_,                                                       \
		.family = DDNS_FAMILY_##family_,                               \
		.needs = needs_,                                               \
		.may = may_,                                                   \
		.txt = txt_,                                                   \
		.families = families_,                                         \
		.seconds = seconds_,                                           \
		.server = server_ },

static const struct ddns_provider providers[] = { PROVIDERS(PROVIDER) };

const struct ddns_provider *
ddns_provider(const char *name)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (text_ieq(name, strlen(name), providers[i].name))
			return &providers[i];
	return NULL;
}

static const char *
without_wildcard(const char *name)
{
	return strncmp(name, "*.", 2) == 0 ? name + 2 : name;
}

bool
ddns_is_within(const char *name, const char *domain)
{
	size_t len = strlen(name), tail = strlen(domain);

	if (len < tail || !text_ieq(name + len - tail, tail, domain))
		return false;
	return len == tail || name[len - tail - 1] == '.';
}

static bool
can_prove(const struct config_ddns *ddns)
{
	if (ddns->provider->txt == DDNS_TXT_NONE)
		return false;
	/* Where the token may be left out, it is for nothing but this. */
	return (ddns->provider->may & DDNS_TOKEN) == 0 || ddns->token != NULL;
}

static bool
covers(const struct config_ddns *ddns, const char *name)
{
	if (ddns->zone != NULL)
		return ddns_is_within(name, ddns->zone);
	for (unsigned i = 0; i < ddns->nhosts; i++)
		if (ddns_is_within(name, without_wildcard(ddns->hosts[i])))
			return true;
	return false;
}

const struct config_ddns *
config_ddns_for_proof(const struct config *config, const char *name)
{
	const struct config_ddns *ddns = config->ddns;

	name = without_wildcard(name);
	while (ddns != NULL && !(can_prove(ddns) && covers(ddns, name)))
		ddns = ddns->next;
	return ddns;
}

/* A wildcard has the addresses of every name one label below its own. */
static bool
publishes(const char *host, const char *name)
{
	const char *dot = strchr(name, '.');

	if (text_ieq(name, strlen(name), host))
		return true;
	return host[0] == '*' && dot != NULL &&
	    text_ieq(dot, strlen(dot), host + 1);
}

const struct config_ddns *
config_ddns_of(const struct config *config, const char *name)
{
	const struct config_ddns *ddns;

	for (ddns = config->ddns; ddns != NULL; ddns = ddns->next)
		for (unsigned i = 0; i < ddns->nhosts; i++)
			if (publishes(ddns->hosts[i], name))
				return ddns;
	return NULL;
}
