#ifndef IPC_AFFINITY_H
#define IPC_AFFINITY_H

/*
 * Which backend a session belongs to: a table in memory that the supervisor
 * makes and all workers of all generations map, so that a session holds across
 * processes and reloads. Its size is fixed and an entry is one atomic word, so
 * nobody waits and a worker that dies leaves nothing half done. A full bucket
 * forgets the session that would end first.
 *
 * A word is 32 bits of the session's hash, the backend's place in its service
 * and the second of CLOCK_MONOTONIC at which it ends (modulo 2^26). Whoever
 * reads it checks the place: a worker that was taken over can write anything
 * here, and so choose among the backends of a service.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define AFFINITY_PLACES 64            /* of a service */
#define AFFINITY_TTL_MAX (30 * 86400) /* seconds */
#define AFFINITY_BUCKETS 8192
#define AFFINITY_WAYS 8 /* of a bucket: one line of the cache */

/* A new table; the descriptor is the caller's. -1 with ERR_SYS. */
int affinity_create(struct error *err);

struct affinity;

/* Maps it. The descriptor stays the caller's. NULL with ERR_SYS. */
struct affinity *affinity_open(int fd, struct error *err);
void affinity_close(struct affinity *table); /* NULL is fine */

/* The hash of a session's key, by the secret of the table. */
uint64_t affinity_hash(
    const struct affinity *table, const void *key, size_t len);

/* The place of a session that has not ended, or -1. now: seconds. */
int affinity_find(const struct affinity *table, uint64_t hash, int64_t now);

/* It belongs there, and ends `ttl` seconds from now. */
void affinity_put(struct affinity *table, uint64_t hash, unsigned place,
    int64_t now, unsigned ttl);

#endif
