#ifndef TLS_CLIENT_H
#define TLS_CLIENT_H

/*
 * The client side of TLS, for connections to backends: whom to trust, and the
 * name that must be in the certificate. Lives in gatehouse-proxy.
 */

#include <stdbool.h>

#include "base/error.h"
#include "tls/session.h"
#include "tls/trust.h"

/* One backend. */
struct tls_client;

/*
 * name: a host name, which is sent as SNI (RFC 6066 section 3) and must be in
 * the certificate (RFC 9525), or an IP address, which must be in it. Trust is
 * shared by reference; NULL: any certificate will do.
 */
struct tls_client *tls_client_new(
    const char *name, const struct tls_trust *trust, struct error *err);
void tls_client_free(struct tls_client *client); /* NULL is fine */

/* What a configuration says of a backend's TLS. */
struct tls_target {
	const char *name;     /* as of tls_client_new() */
	const char *ca_file;  /* NULL: the system's list */
	bool insecure;        /* any certificate will do */
	bool ours;            /* it is this gateway that is looked at */
	unsigned min_version; /* 0x0303 or 0x0304; 0: ours */
	const char *ciphers;  /* of TLS 1.2; NULL: ours */
};

/*
 * The same from files. The system's list is large: it is read for the first
 * target that asks for it, kept in *system for the next, and the caller's to
 * free. Errors of both. Where a certificate is refused, the error of the
 * handshake is ERR_DENIED: of ours only why, of a backend's what to do, too.
 */
struct tls_client *tls_client_open(const struct tls_target *target,
    struct tls_trust **system, struct error *err);

/*
 * Reads a certificate, its chain and its private key from a PEM file, to be
 * shown to a backend that asks for one. ERR_DENIED if they do not belong
 * together; else errors of the file and of what is in it. For a process that
 * may know keys: gatehouse-monitor does not.
 */
int tls_client_identify(
    struct tls_client *client, const char *file, struct error *err);

/* Borrows both, which outlive it. NULL when libssl is out of memory. */
struct tls_session *tls_session_connect(
    struct tls_client *client, struct sock *sock);

#endif
