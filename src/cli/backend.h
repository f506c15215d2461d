#ifndef CLI_BACKEND_H
#define CLI_BACKEND_H

/* Backends of a configuration, for commands that ask them directly. */

#include <stdbool.h>

#include "base/error.h"

struct addr;
struct config;
struct config_backend;
struct config_listener;
struct dial_answer;
struct json;
struct tls_client;
struct tls_trust;

/*
 * Where it is: from the configuration, or as the gateway has looked it up
 * (status, or NULL). False for one at a UNIX socket.
 */
bool backend_place(const struct config_backend *backend,
    const struct json *status, struct addr *addr);

/* Checks its certificate as the configuration says; *system as of
 * tls_client_open(). */
struct tls_client *backend_tls(const struct config_backend *backend,
    struct tls_trust **system, struct error *err);

/* GET /manifest.json. Errors of dial_ask(), or ERR_NOTFOUND: nobody knows its
 * address. */
int backend_ask(const struct config_backend *backend, const struct json *status,
    struct dial_answer *answer, struct error *err);

/* The first that a page of this name leads to; NULL: none. */
const struct config_backend *backend_of(const struct config *config,
    const struct config_listener *listener, const char *name);

/*
 * The URL by which the internet reaches it: the first name of a certificate
 * that leads there; NULL: none. The caller frees.
 */
char *backend_url(
    const struct config *config, const struct config_backend *backend);

#endif
