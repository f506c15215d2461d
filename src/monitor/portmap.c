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
#define FREE(name) free(row->name);
#define KEEP(name)
	PORTMAP_ROW(FREE, KEEP)
#undef FREE
#undef KEEP
	*row = (struct portmap_row){ 0 };
}

void
status_portmap(struct status *status, const struct msg_SHOW_PORTMAP *said)
{
	struct portmap_row *row = &status->portmap;

	status_portmap_release(row);
#define COPY_STR(name) row->name = xstrdup(said->name);
#define COPY_INT(name) row->name = said->name;
	PORTMAP_ROW(COPY_STR, COPY_INT)
#undef COPY_STR
#undef COPY_INT
}

void
status_portmap_render(const struct status *status, struct jsonout *json)
{
	const struct portmap_row *row = &status->portmap;

	if (row->state == NULL)
		return;
	jsonout_object(json, "portmap");
#define SHOW_STR(name) jsonout_str(json, #name, row->name);
#define SHOW_INT(name) jsonout_int(json, #name, row->name);
	PORTMAP_ROW(SHOW_STR, SHOW_INT)
#undef SHOW_STR
#undef SHOW_INT
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
