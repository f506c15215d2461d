/* The job's side of its line to the supervisor: see supervisor.h. */

#include "supervisor.h"

#include <stdio.h>

#include "ipc/line.h"
#include "wan.h"

#define TEXT_SIZE 768

/* What stood in the way, and why nobody would reach the router anyway. */
static void
explain(char text[TEXT_SIZE], const struct outcome *outcome)
{
	const char *warning =
	    outcome->wan[0] != '\0' ? wan_warning(outcome->wan) : NULL;

	snprintf(text, TEXT_SIZE, "%s%s%s", outcome->detail,
	    outcome->detail[0] != '\0' && warning != NULL ? "; " : "",
	    warning != NULL ? warning : "");
}

void
supervisor_done(struct chan *supervisor, const char *protocol,
    const struct outcome *outcome)
{
	char ports[ORDER_PORTS_SIZE], text[TEXT_SIZE];
	struct msg msg = { .kind = MSG_PORTMAP_DONE,
		.fd = -1,
		.u.PORTMAP_DONE = { .protocol = protocol,
		    .wan = outcome->wan,
		    .ports = ports,
		    .lifetime = outcome->lifetime,
		    .text = text } };

	order_print_ports(ports, outcome->ports, outcome->nports);
	explain(text, outcome);
	line_tell(supervisor, &msg);
}

void
supervisor_failed(struct chan *supervisor, enum portmap_failure kind,
    const char *protocol, const struct outcome *outcome)
{
	char text[TEXT_SIZE];
	struct msg msg = { .kind = MSG_PORTMAP_FAILED,
		.fd = -1,
		.u.PORTMAP_FAILED = { .kind = kind,
		    .protocol = protocol,
		    .wan = outcome->wan,
		    .problem = outcome->problem,
		    .detail = text,
		    .advice = outcome->advice } };

	explain(text, outcome);
	line_tell(supervisor, &msg);
}
