#ifndef STATS_METRICS_H
#define STATS_METRICS_H

/*
 * The OpenMetrics text format, version 1.0: families with their samples, and
 * the families that the shared figures make. Used by the monitor and by the
 * workers; metrics_end() is the last call.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "stats/stats.h"

#define METRICS_TYPE                                                           \
	"application/openmetrics-text; version=1.0.0; charset=utf-8"

enum metrics_kind {
	METRICS_COUNTER,
	METRICS_GAUGE,
	METRICS_HISTOGRAM,
	METRICS_INFO
};

/*
 * Opens a family: its samples follow. `unit` is "" or the last part of the
 * name, such as "seconds".
 */
void metrics_family(struct buf *out, const char *name, enum metrics_kind kind,
    const char *unit, const char *help);

/* A label; a list of them ends with one whose name is NULL. */
struct metrics_label {
	const char *name;
	const char *value; /* any bytes */
};

#define METRICS_NO_LABELS ((const struct metrics_label[]){ { NULL, NULL } })

/*
 * A sample: the family's name with the ending that its kind wants ("_total",
 * "_info", "_bucket" …).
 */
void metrics_sample(struct buf *out, const char *name, const char *ending,
    const struct metrics_label *labels, int64_t value);

/* The samples of a histogram of seconds, from counts of milliseconds. */
void metrics_times(struct buf *out, const char *name,
    const struct metrics_label *labels, const uint64_t times[STATS_BUCKETS],
    uint64_t ms);

/* Everything that workers count, with the version of the program. */
void metrics_figures(struct buf *out, const struct stats *stats);

void metrics_end(struct buf *out);

#endif
