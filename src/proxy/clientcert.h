#ifndef PROXY_CLIENTCERT_H
#define PROXY_CLIENTCERT_H

/*
 * Certificates of clients in a worker: the files that vouch for them, read
 * before the jail, and what is known of one connection's certificate.
 */

#include <stdint.h>

#include "base/error.h"
#include "tls/server.h"

struct config;
struct config_listener;
struct tls_session;

/* The files of one listener. Zeroed is none. */
struct clientcert_files {
	struct tls_trust *trust;
	struct tls_trust *names;
	struct tls_crls *crls;
};

/* Reads them; errors begin with the place in the configuration. */
int clientcert_read(struct clientcert_files *files,
    const struct config_listener *listener, struct error *err);
void clientcert_release(struct clientcert_files *files);

/* The files of ClientCert conditions, by their index in the configuration. */
struct clientcert_cas;

struct clientcert_cas *clientcert_cas_new(
    const struct config *config, struct error *err);
void clientcert_cas_free(struct clientcert_cas *cas); /* NULL is fine */

/* Those that vouch for the client's certificate, a bit for each. */
uint64_t clientcert_judge(
    const struct clientcert_cas *cas, const struct tls_session *session);

#endif
