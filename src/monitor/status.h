#ifndef MONITOR_STATUS_H
#define MONITOR_STATUS_H

/*
 * What `gatehouse status` shows: what the supervisor told (SHOW_* messages),
 * kept in tables whose size the configuration bounds, and the probes' findings.
 */

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "ipc/msg.h"
#include "probe.h"

#define STATUS_WORKERS_MAX 256

struct buf;
struct status;

/* Borrows the configuration. started: when the supervisor was. */
struct status *status_new(const struct config *config, int64_t started);
void status_free(struct status *status);

/* Rows that the tables have no place for are dropped. */
void status_worker(struct status *status, const struct msg_SHOW_WORKER *row);
void status_listener(
    struct status *status, const struct msg_SHOW_LISTENER *row);
void status_cert(struct status *status, const struct msg_SHOW_CERT *row);

/* One JSON object. `probes`: one for each backend. */
void status_render(
    const struct status *status, const struct probe *probes, struct buf *out);

#endif
