#ifndef CONFIG_DDNS_H
#define CONFIG_DDNS_H

/*
 * Dynamic DNS: who publishes our addresses, and the table of who can. For the
 * reader of the configuration and for the job that speaks with them.
 */

#include <stdbool.h>

#include "config/diag.h"
#include "config/providers.def"

/* Who speaks with a provider: a file of the job for each. */
enum ddns_family {
	DDNS_FAMILY_DUCKDNS,
	DDNS_FAMILY_DYNDNS2,
	DDNS_FAMILY_IPV64,
	DDNS_FAMILY_DDNSS,
	DDNS_FAMILY_DYNU,
	DDNS_FAMILY_DYNV6,
	DDNS_FAMILY_DESEC,
	DDNS_FAMILY_FREEDNS,
	DDNS_FAMILY_CLOUDFLARE,
	DDNS_FAMILY_HETZNER,
	DDNS_FAMILY_PORKBUN,
	DDNS_FAMILY_GANDI,
	DDNS_FAMILY_GODADDY,
	DDNS_FAMILY_NAMECHEAP,
	DDNS_FAMILY_CUSTOM,
	DDNS_FAMILY_COUNT
};

/* Words of a section. */
enum {
	DDNS_TOKEN = 1,
	DDNS_LOGIN = 2,
	DDNS_PASSWORD = 4,
	DDNS_ZONE = 8,
	DDNS_SERVER = 16,
	DDNS_URL = 32
};

enum ddns_txt {
	DDNS_TXT_NONE,
	DDNS_TXT_ONE, /* of the name and everything below it, one value */
	DDNS_TXT_MANY
};

/* Which addresses. */
enum { DDNS_IPV4 = 1, DDNS_IPV6 = 2, DDNS_BOTH = 3 };

struct ddns_provider {
	const char *name;
	enum ddns_family family;
	unsigned needs, may;
	enum ddns_txt txt;
	unsigned families;
	unsigned seconds; /* between two updates, at least */
	const char *server;
};

/* NULL: nobody of this name. Case is ignored. */
const struct ddns_provider *ddns_provider(const char *name);

/* Where an address comes from. */
enum ddns_source {
	DDNS_SOURCE_NONE, /* none is published */
	DDNS_SOURCE_AUTO, /* the first of these that knows one */
	DDNS_SOURCE_INTERFACE,
	DDNS_SOURCE_ROUTER,
	DDNS_SOURCE_SERVICE,
	DDNS_SOURCE_COUNT
};

#define DDNS_HOSTS_MAX 16
#define DDNS_SERVICES_MAX 8
#define DDNS_HEADERS_MAX 16
#define DDNS_SECRET_MAX 1024 /* bytes of a token or a password */

/* A DDNS section. Texts are NULL where it does not say them. */
struct config_ddns {
	struct config_pos pos;
	unsigned index; /* in the order of config->ddns */
	const struct ddns_provider *provider;
	const char **hosts; /* lower case */
	unsigned nhosts;
	const char *login;
	const char *password; /* blanked in a sealed text, as the token is */
	const char *token;
	const char *zone;
	const char *server; /* host and perhaps port, in place of its own */
	const char *ca_file;
	struct config_pos ca_pos;
	enum ddns_source ipv4, ipv6;
	unsigned interval;     /* seconds between two looks at the addresses */
	const char **services; /* URLs that say who asks; none: ours */
	unsigned nservices;
	/* With the family DDNS_FAMILY_CUSTOM. */
	const char *url;      /* %h %i %6 %u %p %t %% */
	const char *method;   /* "GET" … */
	const char **headers; /* "Name: value" */
	unsigned nheaders;
	const char *body;
	const char *success; /* a regular expression for the answer's body */
	struct config_ddns *next;
};

/* Whether the name is this domain or below it. */
bool ddns_is_within(const char *name, const char *domain);

struct config;

/*
 * The section that can publish the TXT record which proves this name of a
 * certificate (perhaps a wildcard). NULL: none.
 */
const struct config_ddns *config_ddns_for_proof(
    const struct config *config, const char *name);

/* The section that publishes the addresses of this name; NULL: none. */
const struct config_ddns *config_ddns_of(
    const struct config *config, const char *name);

#endif
