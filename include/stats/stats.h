#ifndef STATS_STATS_H
#define STATS_STATS_H

/*
 * The figures of the gateway, in memory that its processes share. The
 * supervisor makes it, each worker process counts in a slot of its own, and
 * whoever reports adds the slots up. No message, lock or shared cache line is
 * in a worker's way: a slot has one writer, so to count is a load and a store.
 *
 * A counter never goes back: a slot that a worker has left, by a crash or at
 * the end of a reload, is given to a later one, which counts on. What is open
 * now (struct stats_open) is cleared by the supervisor when the process has
 * gone. A row belongs to a backend or a listener by its name and stays its own
 * across reloads; row 0 is for all that found no room.
 *
 * Readers see each figure whole, but not all of them at one moment, and trust
 * none of it: a worker that was taken over may have written anything.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define STATS_SLOTS 512 /* worker processes at one moment */
#define STATS_ROWS 64   /* backends, and listeners as many */
#define STATS_ROW_OTHER 0
#define STATS_NAME_SIZE 128

enum stats_kind { STATS_BACKENDS, STATS_LISTENERS, STATS_KINDS };

/*
 * Times fall into buckets: the n-th (from 0) is for up to 2^n milliseconds, the
 * last one for whatever took longer.
 */
#define STATS_BUCKETS 18

enum stats_tls { STATS_TLS_1_2, STATS_TLS_1_3, STATS_TLS_VERSIONS };

/* The answers of the gateway's own that refuse; STATS_REFUSAL(status). */
#define STATS_REFUSALS(STATS_REFUSAL)                                          \
	STATS_REFUSAL(400)                                                     \
	STATS_REFUSAL(401)                                                     \
	STATS_REFUSAL(403)                                                     \
	STATS_REFUSAL(404)                                                     \
	STATS_REFUSAL(405)                                                     \
	STATS_REFUSAL(408)                                                     \
	STATS_REFUSAL(413)                                                     \
	STATS_REFUSAL(414)                                                     \
	STATS_REFUSAL(417)                                                     \
	STATS_REFUSAL(421)                                                     \
	STATS_REFUSAL(429)                                                     \
	STATS_REFUSAL(431)                                                     \
	STATS_REFUSAL(500)                                                     \
	STATS_REFUSAL(501)                                                     \
	STATS_REFUSAL(502)                                                     \
	STATS_REFUSAL(503)                                                     \
	STATS_REFUSAL(504)                                                     \
	STATS_REFUSAL(505)

enum stats_refusal {
#define STATS_ENUM(status) STATS_REFUSED_##status,
	STATS_REFUSALS(STATS_ENUM)
#undef STATS_ENUM
	    STATS_REFUSED_OTHER,
	STATS_REFUSAL_COUNT
};

struct stats_backend {
	uint64_t requests;
	uint64_t errors;   /* of them: no answer, or none to be trusted */
	uint64_t connects; /* connections begun */
	uint64_t ms;       /* from the request's head to the answer's, summed */
	uint64_t times[STATS_BUCKETS]; /* the same, counted */
};

struct stats_listener {
	uint64_t connections;
	uint64_t requests;
};

/* Open now. */
struct stats_open {
	uint64_t clients;
	uint64_t tunnels;
	uint64_t listeners[STATS_ROWS]; /* connections of clients */
	uint64_t backends[STATS_ROWS];  /* connections to them, idle ones too */
};

/* Nothing but uint64_t: the figures are added up as an array. */
struct stats_figures {
	uint64_t connections; /* accepted */
	uint64_t turned_away; /* closed at once, for a limit */
	uint64_t handshakes[STATS_TLS_VERSIONS];
	uint64_t resumed[STATS_TLS_VERSIONS]; /* of the handshakes */
	uint64_t handshakes_failed;
	uint64_t answers[5]; /* 1xx … 5xx; the last answer to a request */
	uint64_t refused[STATS_REFUSAL_COUNT];
	uint64_t received; /* bytes of bodies and tunnels, from clients … */
	uint64_t sent;     /* … and to them */
	uint64_t tunnels;
	uint64_t retries; /* requests sent once more */
	struct stats_listener listeners[STATS_ROWS];
	struct stats_backend backends[STATS_ROWS];
	struct stats_open open;
};

/* To be called by the one writer of the figure. */
static inline void
stats_add(uint64_t *figure, uint64_t n)
{
	__atomic_store_n(figure, __atomic_load_n(figure, __ATOMIC_RELAXED) + n,
	    __ATOMIC_RELAXED);
}

static inline void
stats_sub(uint64_t *figure, uint64_t n)
{
	stats_add(figure, -n);
}

/* The last answer to a request; 0: it got none, and nothing is counted. */
void stats_answer(struct stats_figures *own, unsigned status);

/* The same, made by the gateway itself: a refusal, from 400 on. */
void stats_refusal(struct stats_figures *own, unsigned status);

/* A client that got no connection, because of a limit. */
static inline void
stats_turn_away(struct stats_figures *own)
{
	stats_add(&own->turned_away, 1);
}

/* An answer of a backend came after so many milliseconds. */
void stats_time(struct stats_backend *backend, int64_t ms);

/* The status of a refusal; 0 for STATS_REFUSED_OTHER. */
unsigned stats_refusal_status(enum stats_refusal refusal);

/*
 * An estimate of the time, in milliseconds, within which so many of a thousand
 * answers came; 0 if there were none.
 */
uint64_t stats_quantile(
    const uint64_t times[STATS_BUCKETS], unsigned per_thousand);

struct stats;

/* The supervisor's. */
struct stats *stats_new(struct error *err);
void stats_free(struct stats *stats); /* NULL is fine */

/* To hand on: to workers, and for those who only read. */
int stats_writer_fd(const struct stats *stats);
int stats_reader_fd(const struct stats *stats);

/* Gives a name its row, if it has none yet. */
void stats_name(struct stats *stats, enum stats_kind kind, const char *name);

/* A slot for a process that starts; -1 if none is free. */
int stats_take(struct stats *stats);

/* The process has gone: nothing of it is open any more. */
void stats_leave(struct stats *stats, int slot);

/* What the others do. Closes nothing; the descriptor is no longer needed. */
#define STATS_READ (-1)
struct stats *stats_open(int fd, int slot, struct error *err);

/* Where the worker counts. */
struct stats_figures *stats_own(struct stats *stats);

/* The row of a name; STATS_ROW_OTHER if it has none. */
unsigned stats_row(
    const struct stats *stats, enum stats_kind kind, const char *name);

/* The name of a row, "" for STATS_ROW_OTHER; false past the last row. */
bool stats_row_name(const struct stats *stats, enum stats_kind kind,
    unsigned row, char dst[STATS_NAME_SIZE]);

/* All slots together. */
void stats_sum(const struct stats *stats, struct stats_figures *total);

#endif
