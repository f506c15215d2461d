#ifndef CLI_HA_SOCKET_H
#define CLI_HA_SOCKET_H

/*
 * The WebSocket interface of Home Assistant, as an administrator uses it: one
 * question, one answer. Each waits HA_SOCKET_MS at most. A message of theirs
 * has HA_MESSAGE_MAX bytes at most.
 */

#include "base/error.h"
#include "net/addr.h"

struct json;
struct tls_client;

#define HA_SOCKET_MS 10000
#define HA_MESSAGE_MAX (1024u * 1024)
#define HA_VERSION_SIZE 32

struct ha_place {
	struct addr addr;
	struct tls_client *tls; /* NULL: without; borrowed */
};

struct ha_socket;

/* Opened, and not logged in: that nobody does counts as no failed login. */
struct ha_socket *ha_socket_open(
    const struct ha_place *place, struct error *err);
void ha_socket_free(struct ha_socket *socket); /* NULL is fine */

/* "2026.9.1"; "" if it does not say. */
const char *ha_socket_version(const struct ha_socket *socket);

/*
 * ERR_DENIED: it does not know the token, and has counted that as a failed
 * login: do not try it again. ERR_SYNTAX: this can be no token.
 */
int ha_socket_login(
    struct ha_socket *socket, const char *token, struct error *err);

/* Why a call failed. */
enum ha_refusal {
	HA_LOST,            /* there was no answer */
	HA_UNKNOWN_COMMAND, /* this version has none such */
	HA_NOT_RUNNING,     /* it is still starting, or about to end */
	HA_UNAUTHORIZED,    /* the token is not an administrator's */
	HA_REFUSED          /* anything else: the error has its words */
};

/*
 * The result, which is the caller's to free; NULL, and *why. Takes the
 * arguments over (NULL: none).
 */
struct json *ha_socket_call(struct ha_socket *socket, const char *type,
    struct json *arguments, enum ha_refusal *why, struct error *err);

#endif
