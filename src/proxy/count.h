#ifndef PROXY_COUNT_H
#define PROXY_COUNT_H

/*
 * What is counted (stats/stats.h), by the moment it happens. A few plain
 * additions in memory that no other process writes.
 */

#include <stdint.h>

struct backend;
struct client;
struct exchange;
struct stats;
struct worker;
struct worker_listener;

/* Counts there from now on; before, nobody sees it. Takes the memory over. */
void count_in(struct worker *worker, struct stats *shared);
void count_release(struct worker *worker);

void count_client(const struct worker_listener *listener);
void count_client_gone(const struct worker_listener *listener);

/* It was closed as soon as it was accepted, because of a limit. */
void count_turned_away(const struct worker_listener *listener);

void count_handshake(const struct client *client);
void count_handshake_failed(const struct client *client);

/* An answer to what never became an exchange. */
void count_refusal(const struct worker_listener *listener, unsigned status);

/* Bytes of an exchange's bodies, for its log as well. */
void count_received(struct exchange *ex, uint64_t n);
void count_sent(struct exchange *ex, uint64_t n);

void count_own_answer(const struct exchange *ex);
void count_exchange(const struct exchange *ex); /* it has ended */

void count_tunnel(const struct exchange *ex);
void count_tunnel_gone(const struct exchange *ex);

/* The exchange goes to its backend; that failed it; so it goes once more. */
void count_request(const struct exchange *ex, const struct backend *backend);
void count_failure(const struct exchange *ex);
void count_retry(const struct exchange *ex);

/* A connection to the backend. */
void count_connect(const struct backend *backend);
void count_connect_gone(const struct backend *backend);

#endif
