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

struct family {
	/*
	 * 1: published; 0: it says that it was so already; -1: refused. One
	 * update for each host; `all` is called instead, where there is one,
	 * with all of them.
	 */
	int (*update)(struct fetch *fetch, const struct ddns_job *job,
	    const struct update *update, struct refusal *refusal);
	int (*all)(struct fetch *fetch, const struct ddns_job *job,
	    const struct update *updates, size_t n, struct refusal *refusal);

	/* NULL where there is no interface for it. 0 or -1. */
	int (*set_txt)(struct fetch *fetch, const struct ddns_job *job,
	    const struct record *record, struct refusal *refusal);
	int (*clear_txt)(struct fetch *fetch, const struct ddns_job *job,
	    const struct record *record, struct refusal *refusal);
};

extern const struct family family_duckdns, family_dyndns2, family_ipv64,
    family_ddnss, family_dynu, family_dynv6, family_desec, family_freedns,
    family_cloudflare, family_hetzner, family_porkbun, family_gandi,
    family_godaddy, family_namecheap, family_custom;

/* NULL: no such provider. */
const struct family *provider_family(const char *name);

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
