#ifndef NET_LISTENER_H
#define NET_LISTENER_H

/* Listening sockets: opened by the supervisor, accepted from by others. */

#include "base/error.h"
#include "net/addr.h"

#define LISTENER_BACKLOG 4096

/*
 * A bound, listening TCP socket (SO_REUSEADDR, SO_REUSEPORT, non-blocking,
 * close-on-exec). An IPv6 wildcard takes IPv4 too, if `dual`; it falls back to
 * the IPv4 wildcard on a host without IPv6. The error says what a person can
 * do about a port that is taken or privileged. Returns the descriptor or -1.
 */
int listener_open(const struct addr *addr, bool dual, struct error *err);

/*
 * A listening UNIX stream socket; replaces a stale one at this path. ERR_DENIED
 * if someone listens there: two gateways of one user could share a TCP port
 * unnoticed (SO_REUSEPORT), this they cannot share.
 */
int listener_open_unix(const char *path, mode_t mode, struct error *err);

/* The address a descriptor is bound to. */
int listener_addr(int fd, struct addr *addr);

/*
 * Accepts one connection, non-blocking, close-on-exec, TCP_NODELAY. Returns
 * the descriptor, or -1 with errno as accept4(2) sets it.
 */
int listener_accept(int fd, struct addr *peer);

#endif
