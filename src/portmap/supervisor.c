/* The job's side of its line to the supervisor: see supervisor.h. */

#include "supervisor.h"

#include <stdio.h>

#include "ipc/line.h"
#include "wan.h"

#define TEXT_SIZE 768

static const struct wan_flaw *
flaw_of(const struct outcome *outcome)
{
	return outcome->wan[0] != '\0' ? wan_flaw(outcome->wan) : NULL;
}

void
supervisor_done(struct chan *supervisor, const char *protocol,
    const struct outcome *outcome)
{
	const struct wan_flaw *flaw = flaw_of(outcome);
	char ports[ORDER_PORTS_SIZE], text[TEXT_SIZE];
	struct msg msg = { .kind = MSG_PORTMAP_DONE,
		.fd = -1,
		.u.PORTMAP_DONE = { .protocol = protocol,
		    .wan = outcome->wan,
		    .ports = ports,
		    .lifetime = outcome->lifetime,
		    .text = text } };

	order_print_ports(ports, outcome->ports, outcome->nports);
	snprintf(text, sizeof(text), "%s%s%s%s%s", outcome->detail,
	    outcome->detail[0] != '\0' && flaw != NULL ? "; " : "",
	    flaw != NULL ? flaw->why : "", flaw != NULL ? ". " : "",
	    flaw != NULL ? flaw->cure : "");
	line_tell(supervisor, &msg);
}

/* What keeps clients from the router is to be cured before its refusal. */
void
supervisor_failed(struct chan *supervisor, enum portmap_failure kind,
    const char *protocol, const struct outcome *outcome)
{
	const struct wan_flaw *flaw = flaw_of(outcome);
	char text[TEXT_SIZE];
	struct msg msg = { .kind = MSG_PORTMAP_FAILED,
		.fd = -1,
		.u.PORTMAP_FAILED = { .kind = kind,
		    .protocol = protocol,
		    .wan = outcome->wan,
		    .problem = outcome->problem,
		    .detail = text,
		    .advice = flaw != NULL ? flaw->cure : outcome->advice } };

	snprintf(text, sizeof(text), "%s%s%s", outcome->detail,
	    flaw != NULL ? "; " : "", flaw != NULL ? flaw->why : "");
	line_tell(supervisor, &msg);
}
