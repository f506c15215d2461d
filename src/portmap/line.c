#include "line.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "ipc/chan.h"
#include "ipc/msg.h"
#include "wan.h"

_Noreturn void
line_lost(void)
{
	log_info("the supervisor is gone");
	exit(EXIT_FAILURE);
}

void
line_read_job(struct chan *supervisor, struct msg_PORTMAP_JOB *job)
{
	struct error err;
	struct msg msg;

	switch (chan_recv(supervisor, &msg, &err)) {
	case CHAN_MESSAGE:
		break;
	case CHAN_EMPTY:
	case CHAN_CLOSED:
		line_lost();
	case CHAN_BROKEN:
		fatal("the supervisor sent nonsense: %s", err.msg);
	}
	if (msg.kind != MSG_PORTMAP_JOB)
		fatal("the supervisor sent %s instead of an order",
		    msg_name(msg.kind));
	*job = msg.u.PORTMAP_JOB;
}

int
line_fd(const struct chan *supervisor)
{
	return chan_fd(supervisor);
}

static void
tell(struct chan *supervisor, const struct msg *msg)
{
	struct error err;

	if (chan_send(supervisor, msg, &err) == -1)
		fatal("cannot tell the supervisor %s: %s", msg_name(msg->kind),
		    err.msg);
}

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
line_done(struct chan *supervisor, const char *protocol,
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
	tell(supervisor, &msg);
}

void
line_failed(struct chan *supervisor, enum portmap_failure kind,
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
	tell(supervisor, &msg);
}
