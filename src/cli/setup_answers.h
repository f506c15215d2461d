#ifndef CLI_SETUP_ANSWERS_H
#define CLI_SETUP_ANSWERS_H

/*
 * What `gatehouse setup` has to know: the answers, what they may be, and the
 * configuration that they make.
 */

#include <stdbool.h>

#include "base/error.h"

struct config;
struct ddns_provider;

/* Zeroed, it has no answer. Texts are owned; NULL: none. */
struct setup_answers {
	char *host;                       /* the public name, lower case */
	char *backend;                    /* as Forward takes it */
	const struct ddns_provider *ddns; /* NULL: nobody is told */
	char *login;
	char *zone;
	char *secret; /* the provider's token or password */
	char *email;
	char *state_dir;
	bool port_map;
	bool http01;
	bool staging;      /* the authority is the one for rehearsals */
	bool port80_taken; /* by another program, which keeps it */
};

void setup_answers_release(struct setup_answers *answers);

/* Are they the same, but for where state is kept? No secret is any secret. */
bool setup_answers_eq(
    const struct setup_answers *a, const struct setup_answers *b);

/*
 * What a configuration has answered about a name, or about the first one that
 * it gets a certificate for (NULL). False: it has no such name.
 */
bool setup_answers_read(const struct config *config, const char *host,
    struct setup_answers *answers);

/* The provider that gives out names like this one; NULL: that is not known. */
const struct ddns_provider *setup_provider_of(const char *host);

/* Can setup ask for all that the provider's section needs? */
int setup_check_provider(
    const struct ddns_provider *provider, struct error *err);

/* Values, as the configuration takes them. */
int setup_check_host(const char *host, struct error *err);
int setup_check_email(const char *email, struct error *err);

/* What does not come from a person. */
struct setup_place {
	const char *user;        /* who the workers run as; NULL: as we do */
	const char *jail;        /* NULL: none */
	const char *secret_file; /* NULL: none is needed */
};

/* A configuration. rehearsal: with the authority that gives false ones. */
char *setup_text(const struct setup_answers *answers,
    const struct setup_place *place, bool rehearsal);

#endif
