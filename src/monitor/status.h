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
#define CERT_ROW(STR, I64)                                                     \
	STR(source)                                                            \
	STR(state)                                                             \
	STR(serial)                                                            \
	STR(issuer)                                                            \
	I64(not_before)                                                        \
	I64(not_after)                                                         \
	STR(issued_by)                                                         \
	STR(directory)                                                         \
	STR(profile)                                                           \
	I64(window_start)                                                      \
	I64(window_end)                                                        \
	I64(chosen)                                                            \
	I64(next_attempt)                                                      \
	STR(reason)                                                            \
	I64(attempts)                                                          \
	I64(failures)                                                          \
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
#define PORTMAP_ROW_STR(name) char *name;
#define PORTMAP_ROW_INT(name) int64_t name;
	PORTMAP_ROW(PORTMAP_ROW_STR, PORTMAP_ROW_INT)
#undef PORTMAP_ROW_STR
#undef PORTMAP_ROW_INT
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
#define MQTT_ROW_STR(name) char *name;
#define MQTT_ROW_INT(name) int64_t name;
	MQTT_ROW(MQTT_ROW_STR, MQTT_ROW_INT)
#undef MQTT_ROW_STR
#undef MQTT_ROW_INT
};

struct cert_row {
	char *names; /* one space between two; NULL = not heard of yet */
#define CERT_ROW_STR(name) char *name;
#define CERT_ROW_I64(name) int64_t name;
	CERT_ROW(CERT_ROW_STR, CERT_ROW_I64)
#undef CERT_ROW_STR
#undef CERT_ROW_I64
};

/* The same of a SHOW_DDNS row. */
#define DDNS_ROW(STR, I64)                                                     \
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
	I64(visible)                                                           \
	I64(published_at)                                                      \
	I64(requested_at)                                                      \
	I64(next_look)                                                         \
	I64(stopped_at)                                                        \
	I64(failures)                                                          \
	STR(problem)                                                           \
	STR(advice)

struct ddns_row {
	char *names; /* as of a cert_row */
#define DDNS_ROW_STR(name) char *name;
#define DDNS_ROW_I64(name) int64_t name;
	DDNS_ROW(DDNS_ROW_STR, DDNS_ROW_I64)
#undef DDNS_ROW_STR
#undef DDNS_ROW_I64
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
