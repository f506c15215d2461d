#ifndef PROXY_TUNNEL_H
#define PROXY_TUNNEL_H

/*
 * A WebSocket after its 101 (RFC 6455): opaque bytes both ways between a client
 * and a backend, until both have finished. Lives in its exchange's arena.
 */

#include "http/message.h"

struct exchange;
struct tunnel;

/* When one side has finished, the other gets this long to do so. */
#define TUNNEL_HALF_CLOSED_MS 30000

/* Sends the 101 to the client; `rest` came from the backend right behind it. */
void tunnel_start(
    struct exchange *ex, const struct http_response *head, struct slice rest);

/* Moves what can be moved. May end the exchange. */
void tunnel_pump(struct tunnel *tunnel);

void tunnel_release(struct tunnel *tunnel);

#endif
