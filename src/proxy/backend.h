#ifndef PROXY_BACKEND_H
#define PROXY_BACKEND_H

/*
 * The backends as this worker sees them: where they are, whether they answer,
 * and the idle connections to them. The monitor tells addresses and health; a
 * worker that meets a refusal marks the backend itself and tells the monitor.
 * A backend that is down is still tried when a client asks, at most every
 * BACKEND_RETRY_MS, so that it serves again the moment it answers. One that
 * answers, if not the probe, comes behind the others and gets what they cannot.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "config/config.h"
#include "net/addr.h"

#define BACKEND_RETRY_MS 250

/* Idle connections kept for each backend, and for how long: less than Home
 * Assistant's own keep-alive time-out of 75 s. */
#define BACKEND_IDLE_MAX 512
#define BACKEND_IDLE_MS 30000

/* A request that may not be repeated gets a connection used this recently. */
#define BACKEND_FRESH_MS 3000

/* A backend that cannot be trusted is not named at every request. */
#define BACKEND_TELL_MS 10000

struct chan;
struct msg_BACKEND_STATE;
struct stats;
struct tls_client;
struct upstream;
struct worker;
TAILQ_HEAD(upstream_list, upstream);

struct backend {
	struct worker *worker;
	const struct config_backend *config;
	const char *path;       /* of its socket, as a jailed process sees it */
	struct tls_client *tls; /* NULL: plain HTTP */
	int64_t told_at;        /* when the log last said that TLS failed */
	struct addr addresses[ADDR_LIST_MAX];
	unsigned naddresses;
	unsigned next_address;
	unsigned refusals; /* since somebody answered */
	bool up;
	bool ailing;      /* it answers, and the probe is not content */
	int64_t retry_at; /* while down: when a client may try again */
	struct upstream_list idle; /* the most recently used first */
	unsigned nidle;
	unsigned row; /* of its figures */
};

struct backends;

/* Reads whom to trust: before the worker is jailed. */
struct backends *backends_new(struct worker *worker, struct error *err);
void backends_free(struct backends *backends);

/* What the monitor found. */
void backends_set_state(
    struct backends *backends, const struct msg_BACKEND_STATE *state);

/* Where each of them is counted. */
void backends_find_rows(struct backends *backends, const struct stats *stats);

/* Closes every idle connection. */
void backends_drop_idle(struct backends *backends);

/*
 * The place of the service's next backend: the one that is wanted (-1: none) if
 * it is up, else by its balancer among those that are up, else one that is due
 * for another try. None of the set `tried`. -1 when none is left.
 */
int backend_pick(struct backends *backends,
    const struct config_service *service, uint64_t tried, int wanted);

/* The backend at a place of the service. */
struct backend *backend_at(struct backends *backends,
    const struct config_service *service, unsigned at);

/* The address it is at, or NULL while the name is not resolved. */
const struct addr *backend_address(struct backend *backend);

/* The same, to connect: it may be another one's turn after that. */
const struct addr *backend_call(struct backend *backend);

/* That address did. The backend is down when all have. */
void backend_refused(struct backend *backend);
/* No handshake: whoever runs the gateway must hear of it. */
void backend_distrusted(struct backend *backend, const struct error *why);
void backend_answered(struct backend *backend);

/* The pool: LIFO, so that what is not needed ages out. */
struct upstream *backend_take_idle(struct backend *backend, bool fresh);
bool backend_put_idle(struct backend *backend, struct upstream *upstream);
void backend_remove_idle(struct backend *backend, struct upstream *upstream);

#endif
