#ifndef PROVIDER_H
#define PROVIDER_H

/*
 * What every provider of dynamic DNS can be asked for: a file for each family
 * (config/providers.def says who belongs to which). They ask one thing after
 * the other and read what the provider says; whether it is time to ask at all
 * is decided before.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/ddns.h"
#include "ipc/ddns.h"

struct ddns_job;
struct fetch;

/* What is to be published for one name. */
struct update {
	const char *host;
	const char *ipv4; /* NULL: no address of this family is published … */
	const char *ipv6;
	bool drop4, drop6; /* … and what was published before is to go */
};

/* A TXT record. */
struct record {
	const char *name;
	const char *value;
};

/* Why a provider did not do it. */
struct refusal {
	enum ddns_failure kind;
	char problem[64];   /* the provider's own word: "badauth", "HTTP 503" */
	char detail[512];   /* one line, printable, without any secret */
	const char *advice; /* "" = none; lives for ever */
	int64_t retry_after; /* seconds, -1 = it did not say */
};

struct zone_verbs;

/* What a family can do; the rest is NULL. */
struct family {
	/*
	 * 1: published; 0: it says that it was so already; -1: refused. All
	 * hosts at once, or each of them.
	 */
	int (*all)(struct fetch *fetch, const struct ddns_job *job,
	    const struct update *updates, size_t n, struct refusal *refusal);
	int (*update)(struct fetch *fetch, const struct ddns_job *job,
	    const struct update *update, struct refusal *refusal);

	/* Sets the record, or takes it away. 0 or -1. */
	int (*txt)(struct fetch *fetch, const struct ddns_job *job,
	    const struct record *record, bool set, struct refusal *refusal);

	/* Records that can be read: all of the above is made of them. */
	const struct zone_verbs *zone;
};

extern const struct family family_duckdns, family_dyndns2, family_ipv64,
    family_ddnss, family_dynu, family_dynv6, family_desec, family_freedns,
    family_cloudflare, family_hetzner, family_porkbun, family_gandi,
    family_godaddy, family_namecheap, family_custom;

/* NULL: no such provider. */
const struct family *provider_family(const char *name);

/* As struct family's all(), whatever it has for it. */
int provider_update(const struct family *family, struct fetch *fetch,
    const struct ddns_job *job, const struct update *updates, size_t n,
    struct refusal *refusal);

/* The same with one host after the other, even if it has an all(). */
int provider_each(const struct family *family, struct fetch *fetch,
    const struct ddns_job *job, const struct update *updates, size_t n,
    struct refusal *refusal);

/* Whether it has an interface for TXT records; and that one. */
bool provider_has_txt(const struct family *family);
int provider_txt(const struct family *family, struct fetch *fetch,
    const struct ddns_job *job, const struct record *record, bool set,
    struct refusal *refusal);

/* Fill in a refusal; detail is cut, blanked and printable. Return -1. */
int refuse(struct refusal *refusal, enum ddns_failure kind, const char *problem,
    const char *advice, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * Takes the job's secrets out of it, in case that a provider has repeated one.
 * Whoever calls a family does this with every refusal of it.
 */
void provider_blank(const struct ddns_job *job, struct refusal *refusal);

#endif
