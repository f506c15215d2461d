#ifndef PROXY_PEER_H
#define PROXY_PEER_H

/*
 * Who a request is from. Whoever is at the other end of the connection, unless
 * TrustedIP has it: such a proxy tells the client's address, and whether that
 * came by https. Nobody else is believed in anything.
 */

struct exchange;

/* Of X-Forwarded-For and its like; a longer list is not believed. */
#define PEER_HOPS_MAX 32

/* Fills in ex->from and ex->https; its peer and listener are set. */
void peer_resolve(struct exchange *ex);

#endif
