/* Who speaks with whom, and what a refusal may say: see provider.h. */

#include "provider.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "job.h"
#include "records.h"

#define SECRET_PART 4 /* bytes of one at the end of a text that was cut */

static const struct family *const families[] = {
	[DDNS_FAMILY_DUCKDNS] = &family_duckdns,
	[DDNS_FAMILY_DYNDNS2] = &family_dyndns2,
	[DDNS_FAMILY_IPV64] = &family_ipv64,
	[DDNS_FAMILY_DDNSS] = &family_ddnss,
	[DDNS_FAMILY_DYNU] = &family_dynu,
	[DDNS_FAMILY_DYNV6] = &family_dynv6,
	[DDNS_FAMILY_DESEC] = &family_desec,
	[DDNS_FAMILY_FREEDNS] = &family_freedns,
	[DDNS_FAMILY_CLOUDFLARE] = &family_cloudflare,
	[DDNS_FAMILY_HETZNER] = &family_hetzner,
	[DDNS_FAMILY_PORKBUN] = &family_porkbun,
	[DDNS_FAMILY_GANDI] = &family_gandi,
	[DDNS_FAMILY_GODADDY] = &family_godaddy,
	[DDNS_FAMILY_NAMECHEAP] = &family_namecheap,
	[DDNS_FAMILY_CUSTOM] = &family_custom,
};

_Static_assert(sizeof(families) / sizeof(families[0]) == DDNS_FAMILY_COUNT,
    "a family is missing");

const struct family *
provider_family(const char *name)
{
	const struct ddns_provider *provider = ddns_provider(name);

	return provider != NULL ? families[provider->family] : NULL;
}

/*
 * A name that cannot be helped stops no other one; a provider that wants to be
 * left alone is.
 */
int
provider_each(const struct family *family, struct fetch *fetch,
    const struct ddns_job *job, const struct update *updates, size_t n,
    struct refusal *refusal)
{
	struct refusal one;
	bool changed = false, refused = false;

	for (size_t i = 0; i < n; i++) {
		int ret = family->update != NULL
		    ? family->update(fetch, job, &updates[i], &one)
		    : zone_update(family->zone, fetch, job, &updates[i], &one);

		changed = changed || ret == 1;
		if (ret != -1)
			continue;
		if (!refused)
			*refusal = one;
		refused = true;
		if (one.kind != DDNS_STOP)
			break;
	}
	return refused ? -1 : changed ? 1 : 0;
}

int
provider_update(const struct family *family, struct fetch *fetch,
    const struct ddns_job *job, const struct update *updates, size_t n,
    struct refusal *refusal)
{
	if (family->all != NULL)
		return family->all(fetch, job, updates, n, refusal);
	return provider_each(family, fetch, job, updates, n, refusal);
}

bool
provider_has_txt(const struct family *family)
{
	return family->txt != NULL || family->zone != NULL;
}

int
provider_txt(const struct family *family, struct fetch *fetch,
    const struct ddns_job *job, const struct record *record, bool set,
    struct refusal *refusal)
{
	if (family->txt != NULL)
		return family->txt(fetch, job, record, set, refusal);
	return zone_txt(family->zone, fetch, job, record, set, refusal);
}

int
refuse(struct refusal *refusal, enum ddns_failure kind, const char *problem,
    const char *advice, const char *fmt, ...)
{
	char text[sizeof(refusal->detail)], word[sizeof(refusal->problem)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_escape(word, sizeof(word), problem, strlen(problem));
	memcpy(refusal->problem, word, sizeof(word));
	log_escape(
	    refusal->detail, sizeof(refusal->detail), text, strlen(text));
	refusal->kind = kind;
	refusal->advice = advice;
	refusal->retry_after = -1;
	return -1;
}

/* A text was cut: what is left of a secret at its end is a secret, too. */
static void
blank_end(char *text, const char *secret)
{
	size_t len = strlen(text), most = strlen(secret), n;

	if (len >= 3 && strcmp(text + len - 3, "...") == 0)
		len -= 3;
	for (n = most < len ? most : len; n >= SECRET_PART; n--)
		if (memcmp(text + len - n, secret, n) == 0) {
			memset(text + len - n, '*', n);
			return;
		}
}

static void
blank_form(char *text, const char *secret)
{
	size_t len = strlen(secret);
	char *at = text;

	while ((at = strstr(at, secret)) != NULL) {
		memset(at, '*', len);
		at += len;
	}
	blank_end(text, secret);
}

/* As it is, as it was escaped on its way here, and as a URL has it. */
static void
blank(char *text, const char *secret)
{
	size_t len = strlen(secret);
	char *escaped;
	struct buf url = { 0 };

	if (len == 0)
		return;
	escaped = xcalloc(1, 4 * len + 4);
	log_escape(escaped, 4 * len + 4, secret, len);
	api_encode(&url, secret);
	blank_form(text, escaped);
	blank_form(text, api_string(&url));
	buf_wipe(&url);
	secret_free(escaped);
}

void
provider_blank(const struct ddns_job *job, struct refusal *refusal)
{
	const char *const secrets[] = { job->token, job->password };

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		blank(refusal->problem, secrets[i]);
		blank(refusal->detail, secrets[i]);
	}
}
