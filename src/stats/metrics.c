#include "stats/metrics.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const types[] = {
	[METRICS_COUNTER] = "counter",
	[METRICS_GAUGE] = "gauge",
	[METRICS_HISTOGRAM] = "histogram",
	[METRICS_INFO] = "info",
};

void
metrics_family(struct buf *out, const char *name, enum metrics_kind kind,
    const char *unit, const char *help)
{
	buf_printf(out, "# TYPE %s %s\n", name, types[kind]);
	if (unit[0] != '\0')
		buf_printf(out, "# UNIT %s %s\n", name, unit);
	buf_printf(out, "# HELP %s %s\n", name, help);
}

/* What is no printable ASCII becomes '?': the names are ours to choose. */
static void
put_value(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++)
		if (*value == '\\' || *value == '"')
			buf_printf(out, "\\%c", *value);
		else if (*value < ' ' || *value > '~')
			buf_append_str(out, "?");
		else
			buf_append(out, value, 1);
}

/* `le` is the label of a histogram's bucket, or NULL. */
static void
put_name(struct buf *out, const char *name, const char *ending,
    const struct metrics_label *labels, const char *le)
{
	const char *before = "{";

	buf_printf(out, "%s%s", name, ending);
	for (; labels->name != NULL; labels++) {
		buf_printf(out, "%s%s=\"", before, labels->name);
		put_value(out, labels->value);
		buf_append_str(out, "\"");
		before = ",";
	}
	if (le != NULL) {
		buf_printf(out, "%sle=\"%s\"", before, le);
		before = ",";
	}
	buf_append_str(out, *before == ',' ? "} " : " ");
}

void
metrics_sample(struct buf *out, const char *name, const char *ending,
    const struct metrics_label *labels, int64_t value)
{
	put_name(out, name, ending, labels, NULL);
	buf_printf(out, "%" PRId64 "\n", value);
}

void
metrics_times(struct buf *out, const char *name,
    const struct metrics_label *labels, const uint64_t times[STATS_BUCKETS],
    uint64_t ms)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < STATS_BUCKETS; i++) {
		char le[24] = "+Inf";
		uint64_t most = UINT64_C(1) << i;

		if (i < STATS_BUCKETS - 1)
			snprintf(le, sizeof(le), "%" PRIu64 ".%03" PRIu64,
			    most / 1000, most % 1000);
		count += times[i];
		put_name(out, name, "_bucket", labels, le);
		buf_printf(out, "%" PRIu64 "\n", count);
	}
	put_name(out, name, "_count", labels, NULL);
	buf_printf(out, "%" PRIu64 "\n", count);
	put_name(out, name, "_sum", labels, NULL);
	buf_printf(out, "%" PRIu64 ".%03" PRIu64 "\n", ms / 1000, ms % 1000);
}

void
metrics_end(struct buf *out)
{
	buf_append_str(out, "# EOF\n");
}
