#ifndef TLS_TRUST_H
#define TLS_TRUST_H

/*
 * Whom to trust for the certificate of a peer, a backend or a client. Files are
 * read here and nowhere else in this library, before a worker is jailed: a
 * handshake opens none. Lives in gatehouse-proxy and in the command that checks
 * a configuration.
 */

#include "base/error.h"

/* Certificates of those who may vouch for a peer. */
struct tls_trust;

/*
 * Reads a PEM file, or the system's list if ca_file is NULL ($SSL_CERT_FILE,
 * else the usual places). A certificate in ca_file is trusted as it is: a
 * peer's own may stand there in place of its authority's. ERR_SYS,
 * ERR_NOTFOUND, or ERR_SYNTAX if there is no certificate in it.
 */
struct tls_trust *tls_trust_new(const char *ca_file, struct error *err);
void tls_trust_free(struct tls_trust *trust); /* NULL is fine */

/* Which certificates have been revoked (RFC 5280 section 5). */
struct tls_crls;

/* Reads a PEM file; errors as above. What has expired is kept as it is. */
struct tls_crls *tls_crls_new(const char *file, struct error *err);
void tls_crls_free(struct tls_crls *crls); /* NULL is fine */

#endif
