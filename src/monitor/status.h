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
#include "row.h"

#define STATUS_WORKERS_MAX 256

struct buf;
struct journal;
struct jsonout;
struct stats;

struct worker_row {
	int64_t pid;
	uint32_t worker;
	uint32_t generation;
	char state[16];
};

/* What a SHOW_CERT row says, and the status shows: in this order. */
#define CERT_ROW(STR, INT)                                                     \
	STR(source)                                                            \
	STR(state)                                                             \
	STR(serial)                                                            \
	STR(issuer)                                                            \
	INT(not_before)                                                        \
	INT(not_after)                                                         \
	STR(issued_by)                                                         \
	STR(directory)                                                         \
	STR(profile)                                                           \
	INT(window_start)                                                      \
	INT(window_end)                                                        \
	INT(chosen)                                                            \
	INT(next_attempt)                                                      \
	STR(reason)                                                            \
	INT(attempts)                                                          \
	INT(failures)                                                          \
	STR(problem)                                                           \
	STR(advice)

/* What SHOW_PORTMAP says, and the status shows. */
#define PORTMAP_ROW(STR, INT)                                                  \
	STR(state)                                                             \
	STR(protocol)                                                          \
	STR(wan)                                                               \
	STR(ports)                                                             \
	INT(lifetime)                                                          \
	INT(since)                                                             \
	INT(next_attempt)                                                      \
	INT(failures)                                                          \
	STR(warning)                                                           \
	STR(problem)                                                           \
	STR(advice)

struct portmap_row {
	PORTMAP_ROW(ROW_STR, ROW_INT)
};

/* What SHOW_MQTT says, and the status shows. */
#define MQTT_ROW(STR, INT)                                                     \
	STR(state)                                                             \
	STR(server)                                                            \
	INT(told_at)                                                           \
	INT(next_attempt)                                                      \
	INT(failures)                                                          \
	STR(problem)                                                           \
	STR(advice)

struct mqtt_row {
	MQTT_ROW(ROW_STR, ROW_INT)
};

struct cert_row {
	char *names; /* one space between two; NULL = not heard of yet */
	CERT_ROW(ROW_STR, ROW_INT)
};

/* The same of a SHOW_DDNS row. */
#define DDNS_ROW(STR, INT)                                                     \
	STR(provider)                                                          \
	STR(state)                                                             \
	STR(ipv4)                                                              \
	STR(ipv6)                                                              \
	STR(source4)                                                           \
	STR(source6)                                                           \
	STR(published4)                                                        \
	STR(published6)                                                        \
	STR(dns4)                                                              \
	STR(dns6)                                                              \
	INT(visible)                                                           \
	INT(published_at)                                                      \
	INT(requested_at)                                                      \
	INT(next_look)                                                         \
	INT(stopped_at)                                                        \
	INT(failures)                                                          \
	STR(problem)                                                           \
	STR(advice)

struct ddns_row {
	char *names; /* as of a cert_row */
	DDNS_ROW(ROW_STR, ROW_INT)
};

struct status {
	const struct config *config;
	const struct stats *stats;     /* these two … */
	const struct journal *journal; /* … from WORKER_GO on */
	uint32_t generation;
	int64_t started;
	struct worker_row workers[STATUS_WORKERS_MAX];
	unsigned nworkers;
	char (*listeners)[ADDR_TEXT_SIZE]; /* by index; "" = not heard of */
	struct cert_row *certs;            /* by slot */
	struct portmap_row portmap;        /* .state NULL: not heard of */
	struct ddns_row *ddns;             /* by section */
	struct mqtt_row mqtt;              /* .state NULL: not heard of */
};

/* Borrows the configuration. started: when the supervisor was. */
struct status *status_new(
    const struct config *config, uint32_t generation, int64_t started);
void status_free(struct status *status);

/* Rows that the tables have no place for are dropped. */
void status_worker(struct status *status, const struct msg_SHOW_WORKER *row);
void status_listener(
    struct status *status, const struct msg_SHOW_LISTENER *row);
void status_cert(struct status *status, const struct msg_SHOW_CERT *row);
void status_portmap(struct status *status, const struct msg_SHOW_PORTMAP *said);
void status_portmap_release(struct portmap_row *row);
void status_mqtt(struct status *status, const struct msg_SHOW_MQTT *said);
void status_mqtt_release(struct mqtt_row *row);
void status_ddns(struct status *status, const struct msg_SHOW_DDNS *row);

/* Where a backend is asked; "" if that is not known, or a path. */
void status_backend_address(
    const struct probe *probe, char dst[ADDR_TEXT_SIZE]);

/* One JSON object. `probes`: one for each backend. */
void status_render(
    const struct status *status, const struct probe *probes, struct buf *out);

/* The same as OpenMetrics. */
void status_export(
    const struct status *status, const struct probe *probes, struct buf *out);

/* Its part about MQTT: nothing if that is off. */
void status_mqtt_render(const struct status *status, struct jsonout *json);

/* Their part about port mapping. */
void status_portmap_render(const struct status *status, struct jsonout *json);
void status_portmap_export(const struct status *status, struct buf *out);

#endif
