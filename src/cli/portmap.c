#include "portmap.h"

#include <string.h>

#include "report_parts.h"
#include "json/json.h"

static const struct report_state states[] = {
	{ "asking", "the router is being asked" },
	{ "mapped", "the router forwards to us" },
	{ "failing", "the last attempt failed" },
	{ "removing", "is being undone" },
	{ "held", "undone by `gatehouse portmap off`" },
	{ "address", "off; the router is asked for its address" },
	{ NULL, NULL },
};

void
portmap_print(const struct json *status, int64_t now, FILE *out)
{
	const struct json *portmap = json_get(status, "portmap");
	const char *state = json_said(portmap, "state");
	int64_t next = json_int(portmap, "next_attempt", 0);

	if (state[0] == '\0' || strcmp(state, "off") == 0)
		return;
	fputs("\nPort mapping\n", out);
	report_state(states, state, out);
	report_row("ports", json_said(portmap, "ports"), out);
	report_row("by", json_said(portmap, "protocol"), out);
	report_row("address", json_said(portmap, "wan"), out);
	report_date("next", next > now ? next : 0, out);
	report_row("problem", json_said(portmap, "problem"), out);
	report_row("what to do", json_said(portmap, "advice"), out);
	report_row("but", json_said(portmap, "warning"), out);
}
