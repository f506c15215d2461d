#include "traffic.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "jsonout.h"
#include "stats/journal.h"
#include "stats/stats.h"

static void
put(struct jsonout *json, const char *key, uint64_t value)
{
	jsonout_int(json, key, (int64_t)(value & INT64_MAX));
}

/* How long backends took to begin their answers. */
static void
put_times(struct jsonout *json, const uint64_t times[STATS_BUCKETS])
{
	put(json, "p50", stats_quantile(times, 500));
	put(json, "p95", stats_quantile(times, 950));
	put(json, "p99", stats_quantile(times, 990));
}

static void
put_handshakes(struct jsonout *json, const struct stats_figures *total)
{
	static const char *const versions[] = { "TLSv1.2", "TLSv1.3" };

	jsonout_array(json, "handshakes");
	for (unsigned i = 0; i < STATS_TLS_VERSIONS; i++) {
		jsonout_object(json, NULL);
		jsonout_str(json, "version", versions[i]);
		put(json, "count", total->handshakes[i]);
		put(json, "resumed", total->resumed[i]);
		jsonout_object_end(json);
	}
	jsonout_array_end(json);
	put(json, "handshakes_failed", total->handshakes_failed);
}

static void
put_refusals(struct jsonout *json, const struct stats_figures *total)
{
	jsonout_array(json, "refusals");
	for (unsigned i = 0; i < STATS_REFUSAL_COUNT; i++) {
		if (total->refused[i] == 0)
			continue;
		jsonout_object(json, NULL);
		put(json, "status", stats_refusal_status(i));
		put(json, "count", total->refused[i]);
		jsonout_object_end(json);
	}
	jsonout_array_end(json);
}

static void
put_requests(struct jsonout *json, const struct stats_figures *total)
{
	static const char *const classes[] = { "1xx", "2xx", "3xx", "4xx",
		"5xx" };

	jsonout_object(json, "requests");
	for (unsigned i = 0; i < 5; i++)
		put(json, classes[i], total->answers[i]);
	jsonout_object_end(json);
}

static void
put_listeners(struct jsonout *json, const struct stats *stats,
    const struct stats_figures *total)
{
	char name[STATS_NAME_SIZE];

	jsonout_array(json, "listeners");
	for (unsigned row = 1;
	     stats_row_name(stats, STATS_LISTENERS, row, name); row++) {
		jsonout_object(json, NULL);
		jsonout_str(json, "name", name);
		put(json, "connections", total->listeners[row].connections);
		put(json, "connections_open", total->open.listeners[row]);
		put(json, "requests", total->listeners[row].requests);
		jsonout_object_end(json);
	}
	jsonout_array_end(json);
}

static void
put_backends(struct jsonout *json, const struct stats *stats,
    const struct stats_figures *total)
{
	char name[STATS_NAME_SIZE];

	jsonout_array(json, "backends");
	for (unsigned row = 1; stats_row_name(stats, STATS_BACKENDS, row, name);
	     row++) {
		const struct stats_backend *backend = &total->backends[row];

		jsonout_object(json, NULL);
		jsonout_str(json, "name", name);
		put(json, "requests", backend->requests);
		put(json, "errors", backend->errors);
		put(json, "connections", backend->connects);
		put(json, "connections_open", total->open.backends[row]);
		put_times(json, backend->times);
		jsonout_object_end(json);
	}
	jsonout_array_end(json);
}

static void
put_traffic(struct jsonout *json, const struct stats *stats,
    const struct stats_figures *total)
{
	jsonout_object(json, "traffic");
	put(json, "connections", total->connections);
	put(json, "connections_open", total->open.clients);
	put(json, "connections_refused", total->turned_away);
	put_handshakes(json, total);
	put_requests(json, total);
	put_refusals(json, total);
	put(json, "retries", total->retries);
	put(json, "received", total->received);
	put(json, "sent", total->sent);
	put(json, "websockets", total->tunnels);
	put(json, "websockets_open", total->open.tunnels);
	put_listeners(json, stats, total);
	put_backends(json, stats, total);
	jsonout_object_end(json);
}

static void
put_point(struct jsonout *json, const struct journal_point *point)
{
	jsonout_int(json, "from", point->from);
	jsonout_int(json, "to", point->to);
	put(json, "requests", point->requests);
	put(json, "errors", point->errors);
	put(json, "received", point->received);
	put(json, "sent", point->sent);
	put_times(json, point->times);
}

static void
put_hour(struct jsonout *json, const struct journal *journal,
    const struct stats_figures *total)
{
	struct journal_point *points = xcalloc(JOURNAL_POINTS, sizeof(*points));
	unsigned n = journal_hour(journal, clock_wall(), total, points);
	struct journal_point all = journal_total(points, n);

	jsonout_object(json, "hour");
	put_point(json, &all);
	jsonout_array(json, "minutes");
	for (unsigned i = 0; i < n; i++) {
		jsonout_object(json, NULL);
		put_point(json, &points[i]);
		jsonout_object_end(json);
	}
	jsonout_array_end(json);
	jsonout_object_end(json);
	free(points);
}

static void
put_events(struct jsonout *json, const struct journal *journal)
{
	struct journal_event *events = xcalloc(JOURNAL_EVENTS, sizeof(*events));
	unsigned n = journal_events(journal, events);

	jsonout_array(json, "events");
	for (unsigned i = 0; i < n; i++) {
		jsonout_object(json, NULL);
		jsonout_int(json, "when", events[i].when);
		jsonout_str(json, "kind", events[i].kind);
		jsonout_str(json, "text", events[i].text);
		jsonout_object_end(json);
	}
	jsonout_array_end(json);
	free(events);
}

void
traffic_render(const struct stats *stats, const struct journal *journal,
    struct jsonout *json)
{
	struct stats_figures *total = xmalloc(sizeof(*total));

	stats_sum(stats, total);
	put_traffic(json, stats, total);
	put_hour(json, journal, total);
	put_events(json, journal);
	free(total);
}
