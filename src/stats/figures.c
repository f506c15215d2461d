/* The shared figures as families of metrics. */

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/version.h"
#include "base/xalloc.h"
#include "stats/metrics.h"

#define LABELS(...)                                                            \
	((const struct metrics_label[]){ __VA_ARGS__, { NULL, NULL } })

static void
counter(struct buf *out, const char *name, const char *unit, const char *help,
    uint64_t value)
{
	metrics_family(out, name, METRICS_COUNTER, unit, help);
	metrics_sample(out, name, "_total", METRICS_NO_LABELS, (int64_t)value);
}

static void
gauge(struct buf *out, const char *name, const char *help, uint64_t value)
{
	metrics_family(out, name, METRICS_GAUGE, "", help);
	metrics_sample(out, name, "", METRICS_NO_LABELS, (int64_t)value);
}

/* A family with a sample for each of n values of a label. */
static void
each(struct buf *out, const char *name, const char *label,
    const char *const values[], const uint64_t *figures, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		metrics_sample(out, name, "_total",
		    LABELS({ label, values[i] }), (int64_t)figures[i]);
}

static void
put_connections(struct buf *out, const struct stats_figures *total)
{
	static const char *const versions[] = { "TLSv1.2", "TLSv1.3" };

	counter(out, "gatehouse_connections", "",
	    "Connections of clients that were accepted.", total->connections);
	gauge(out, "gatehouse_connections_open",
	    "Connections of clients that are open.", total->open.clients);
	counter(out, "gatehouse_connections_refused", "",
	    "Connections of clients that a limit closed at once.",
	    total->turned_away);
	metrics_family(out, "gatehouse_tls_handshakes", METRICS_COUNTER, "",
	    "TLS handshakes with clients that were completed.");
	each(out, "gatehouse_tls_handshakes", "version", versions,
	    total->handshakes, STATS_TLS_VERSIONS);
	metrics_family(out, "gatehouse_tls_resumptions", METRICS_COUNTER, "",
	    "Those of them that resumed a session.");
	each(out, "gatehouse_tls_resumptions", "version", versions,
	    total->resumed, STATS_TLS_VERSIONS);
	counter(out, "gatehouse_tls_failures", "",
	    "TLS handshakes with clients that failed.",
	    total->handshakes_failed);
}

static void
put_requests(struct buf *out, const struct stats_figures *total)
{
	static const char *const classes[] = { "1xx", "2xx", "3xx", "4xx",
		"5xx" };

	metrics_family(out, "gatehouse_requests", METRICS_COUNTER, "",
	    "Requests that were answered, by the class of the answer.");
	each(out, "gatehouse_requests", "class", classes, total->answers, 5);
	metrics_family(out, "gatehouse_refusals", METRICS_COUNTER, "",
	    "Answers of the gateway's own with a status of 400 or more.");
	for (unsigned i = 0; i < STATS_REFUSAL_COUNT; i++) {
		char status[8] = "other";

		if (i != STATS_REFUSED_OTHER)
			snprintf(status, sizeof(status), "%u",
			    stats_refusal_status(i));
		metrics_sample(out, "gatehouse_refusals", "_total",
		    LABELS({ "status", status }), (int64_t)total->refused[i]);
	}
	counter(out, "gatehouse_retries", "",
	    "Requests that were sent to a backend once more.", total->retries);
	counter(out, "gatehouse_received_bytes", "bytes",
	    "Bytes of bodies and WebSockets from clients.", total->received);
	counter(out, "gatehouse_sent_bytes", "bytes",
	    "Bytes of bodies and WebSockets to clients.", total->sent);
	counter(out, "gatehouse_websockets", "", "WebSockets that were opened.",
	    total->tunnels);
	gauge(out, "gatehouse_websockets_open", "WebSockets that are open.",
	    total->open.tunnels);
}

/* One family of rows: the figure lies so many bytes into the figures. */
struct column {
	const char *name;
	enum metrics_kind kind;
	size_t offset;
	size_t stride;
	const char *help;
};

#define COLUMN(name, kind, member, help)                                       \
	{                                                                      \
		name, kind, offsetof(struct stats_figures, member[0]),         \
		    sizeof(((struct stats_figures *)0)->member[0]), help       \
	}
#define FIELD(name, member, field, help)                                       \
	{                                                                      \
		name, METRICS_COUNTER,                                         \
		    offsetof(struct stats_figures, member[0].field),           \
		    sizeof(((struct stats_figures *)0)->member[0]), help       \
	}

static const struct column listener_columns[] = {
	FIELD("gatehouse_listener_connections", listeners, connections,
	    "Connections that were accepted."),
	FIELD("gatehouse_listener_requests", listeners, requests,
	    "Requests that were answered."),
	COLUMN("gatehouse_listener_connections_open", METRICS_GAUGE,
	    open.listeners, "Connections that are open."),
};

static const struct column backend_columns[] = {
	FIELD("gatehouse_backend_requests", backends, requests,
	    "Requests that were sent to the backend."),
	FIELD("gatehouse_backend_errors", backends, errors,
	    "Requests that got no answer, or none to be trusted."),
	FIELD("gatehouse_backend_connections", backends, connects,
	    "Connections to the backend that were begun."),
	COLUMN("gatehouse_backend_connections_open", METRICS_GAUGE,
	    open.backends, "Connections to the backend, idle ones too."),
};

static void
put_column(struct buf *out, const struct stats *stats, enum stats_kind kind,
    const struct column *column, const struct stats_figures *total)
{
	static const char *const labels[] = { "backend", "listener" };
	const unsigned char *at = (const unsigned char *)total + column->offset;
	char name[STATS_NAME_SIZE];

	metrics_family(out, column->name, column->kind, "", column->help);
	for (unsigned row = 0; stats_row_name(stats, kind, row, name);
	     row++, at += column->stride) {
		uint64_t value = *(const uint64_t *)(const void *)at;

		if (row == STATS_ROW_OTHER && value == 0)
			continue;
		metrics_sample(out, column->name,
		    column->kind == METRICS_COUNTER ? "_total" : "",
		    LABELS({ labels[kind],
		        row == STATS_ROW_OTHER ? "other" : name }),
		    (int64_t)value);
	}
}

static void
put_times(struct buf *out, const struct stats *stats,
    const struct stats_figures *total)
{
	static const char family[] = "gatehouse_backend_response_seconds";
	char name[STATS_NAME_SIZE];

	metrics_family(out, family, METRICS_HISTOGRAM, "seconds",
	    "From the head of a request to the head of its answer.");
	for (unsigned row = 1; stats_row_name(stats, STATS_BACKENDS, row, name);
	     row++)
		metrics_times(out, family, LABELS({ "backend", name }),
		    total->backends[row].times, total->backends[row].ms);
}

void
metrics_figures(struct buf *out, const struct stats *stats)
{
	struct stats_figures *total = xmalloc(sizeof(*total));

	stats_sum(stats, total);
	metrics_family(out, "gatehouse_build", METRICS_INFO, "",
	    "The program that serves.");
	metrics_sample(out, "gatehouse_build", "_info",
	    LABELS({ "version", GATEHOUSE_VERSION }), 1);
	put_connections(out, total);
	put_requests(out, total);
	for (size_t i = 0;
	     i < sizeof(listener_columns) / sizeof(listener_columns[0]); i++)
		put_column(
		    out, stats, STATS_LISTENERS, &listener_columns[i], total);
	for (size_t i = 0;
	     i < sizeof(backend_columns) / sizeof(backend_columns[0]); i++)
		put_column(
		    out, stats, STATS_BACKENDS, &backend_columns[i], total);
	put_times(out, stats, total);
	free(total);
}
