/*
 * dyndns2: the protocol that dyndns.org had and half of the others have taken
 * over. A GET with Basic authentication, and answers of one word. What one
 * provider wants otherwise than the others stands in a row of `presets`.
 */

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "families.h"
#include "job.h"
#include "words.h"

#define FAULT_S 1800 /* how long a fault of theirs is left alone, at least */
#define ADVICE_LOGIN                                                           \
	"Check Login and Password of the DDNS section; many providers want a " \
	"key of their own for this, and not the account's password."

struct preset {
	const char *provider; /* NULL: all others */
	const char *path;
	bool own_ipv6; /* myipv6=, and not a list in myip= */
	bool single;   /* one host and one address in a request */
	bool contact;  /* in the User-Agent: its form is looked at */
};

static const struct preset presets[] = {
	{ .provider = "noip", .path = "/nic/update", .contact = true },
	{ .provider = "ovh", .path = "/nic/update?system=dyndns" },
	{ .provider = "inwx", .path = "/nic/update", .own_ipv6 = true },
	{ .provider = "he", .path = "/nic/update", .single = true },
	{ .provider = NULL, .path = "/nic/update" },
};

static const struct api_advice advice[] = { { 401, ADVICE_LOGIN },
	{ 403, ADVICE_LOGIN }, { 0, NULL } };

const struct api_rules dyndns2_rules = { .provider = "the provider",
	.advice = advice,
	.strange = "Check Server.",
	.unsure = true };

int
dyndns2_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal)
{
	int r = words_read(api, NULL, res, refusal);

	if (r < 0 && res->status >= 500 && refusal->retry_after < FAULT_S)
		refusal->retry_after = FAULT_S;
	return r;
}

static const struct preset *
find_preset(const char *provider)
{
	const struct preset *preset = presets;

	while (
	    preset->provider != NULL && strcmp(preset->provider, provider) != 0)
		preset++;
	return preset;
}

/* Addresses stand there as they are written: not everybody decodes them. */
static char *
path_for(const struct preset *preset, const struct update *updates, size_t n)
{
	const char *ipv4 = updates->ipv4, *ipv6 = updates->ipv6;
	bool own = preset->own_ipv6;
	char *path = xstrdup(preset->path);

	path = api_add_hosts(path, "hostname", updates, n);
	if (ipv4 != NULL || !own)
		path = api_append(path, "&myip=");
	if (ipv4 != NULL)
		path = api_append(path, ipv4);
	if (ipv6 != NULL)
		path = api_append(path,
		    own                ? "&myipv6="
		        : ipv4 != NULL ? ","
		                       : "");
	return ipv6 != NULL ? api_append(path, ipv6) : path;
}

/*
 * No-IP looks at the form "name/version contact". The contact is who they know
 * already: the account. Nobody else is told one.
 */
static int
request(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, struct refusal *refusal)
{
	const struct preset *preset = find_preset(job->provider);
	char *agent = NULL;
	struct api api;
	int r;

	if (preset->contact)
		agent = xasprintf("User-Agent: gatehouse/%s %s",
		    GATEHOUSE_VERSION, job->login);
	api_init(&api, fetch, job, &dyndns2_rules, agent);
	api.user = *job->login != '\0' ? job->login : updates->host;
	api.password = job->password;
	api.updates = updates;
	api.n = n;
	r = api_get(&api, path_for(preset, updates, n), dyndns2_read, refusal);
	api_release(&api);
	return r;
}

/* An address at a time. */
static int
request_each(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, struct refusal *refusal)
{
	bool changed = false;

	for (size_t i = 0; i < 2 * n; i++) {
		struct update one = { .host = updates[i / 2].host };
		int ret;

		if (i % 2 == 0)
			one.ipv4 = updates[i / 2].ipv4;
		else
			one.ipv6 = updates[i / 2].ipv6;
		if (one.ipv4 == NULL && one.ipv6 == NULL)
			continue;
		ret = request(fetch, job, &one, 1, refusal);
		if (ret == -1)
			return -1;
		changed = changed || ret == 1;
	}
	return changed ? 1 : 0;
}

static int
update_all(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, struct refusal *refusal)
{
	if (updates->drop4 || updates->drop6)
		log_warn("%s: the protocol of %s cannot remove the IPv%d "
		         "address that is gone: do that on its web page",
		    updates->host, job->provider, updates->drop4 ? 4 : 6);
	if (updates->ipv4 == NULL && updates->ipv6 == NULL)
		return 0;
	if (find_preset(job->provider)->single)
		return request_each(fetch, job, updates, n, refusal);
	return request(fetch, job, updates, n, refusal);
}

const struct family family_dyndns2 = { .all = update_all };
