#ifndef CLI_ORIGIN_H
#define CLI_ORIGIN_H

/*
 * Where `gatehouse import` takes a certificate from: plain files, Pound's PEM
 * file, or what certbot and acme.sh keep, with the account that goes with it.
 */

#include "base/buf.h"
#include "base/error.h"

/* A zeroed one is empty. */
struct origin {
	struct buf chain; /* PEM, maybe with other things */
	struct buf key;   /* the same: a secret */
	char *issuer;     /* directory URL of the CA; NULL = unknown */

	/* The account with it; NULL = none, and no_account says why. */
	char *account_key; /* PKCS#8: a secret */
	char *account_url; /* "" = unknown */
	char *no_account;  /* NULL: this origin keeps none */
};

void origin_release(struct origin *origin);

/* The files may be reached by symbolic links: a person named them. */
int origin_read_files(struct origin *origin, const char *chain, const char *key,
    struct error *err);

/* LIVE is /etc/letsencrypt/live/NAME. */
int origin_read_certbot(
    struct origin *origin, const char *live, struct error *err);

/* DIR is ~/.acme.sh/NAME, or ~/.acme.sh/NAME_ecc. */
int origin_read_acme_sh(
    struct origin *origin, const char *dir, struct error *err);

#endif
