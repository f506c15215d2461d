/* What the supervisor says of port mapping, as the status shows it. */

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "jsonout.h"
#include "stats/metrics.h"
#include "status.h"

void
status_portmap_release(struct portmap_row *row)
{
	PORTMAP_ROW(ROW_FREE_STR, ROW_FREE_INT)
	*row = (struct portmap_row){ 0 };
}

void
status_portmap(struct status *status, const struct msg_SHOW_PORTMAP *said)
{
	struct portmap_row *row = &status->portmap;

	status_portmap_release(row);
	PORTMAP_ROW(ROW_COPY_STR, ROW_COPY_INT)
}

void
status_portmap_render(const struct status *status, struct jsonout *json)
{
	const struct portmap_row *row = &status->portmap;

	if (row->state == NULL)
		return;
	jsonout_object(json, "portmap");
	PORTMAP_ROW(ROW_SHOW_STR, ROW_SHOW_INT)
	jsonout_object_end(json);
}

static void
put(struct buf *out, const char *name, int64_t value, const char *help)
{
	metrics_family(out, name, METRICS_GAUGE, "", help);
	metrics_sample(out, name, "", METRICS_NO_LABELS, value);
}

/* Nothing of it while it is off. */
void
status_portmap_export(const struct status *status, struct buf *out)
{
	const struct portmap_row *row = &status->portmap;

	if (row->state == NULL || strcmp(row->state, "off") == 0)
		return;
	put(out, "gatehouse_portmap_up", row->ports[0] != '\0',
	    "Whether the router forwards ports to the gateway.");
	put(out, "gatehouse_portmap_failures", row->failures,
	    "Attempts to ask the router that failed, in a row.");
	put(out, "gatehouse_portmap_warning", row->warning[0] != '\0',
	    "Whether something else keeps clients outside from the router.");
}
