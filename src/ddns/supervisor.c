/* The job's side of its line to the supervisor: see supervisor.h. */

#include "supervisor.h"

#include <stdlib.h>

#include "base/log.h"
#include "ipc/chan.h"
#include "ipc/msg.h"
#include "provider.h"

static void
tell(struct chan *supervisor, const struct msg *msg)
{
	struct error err;

	if (chan_send(supervisor, msg, &err) == -1)
		fatal("cannot tell the supervisor %s: %s", msg_name(msg->kind),
		    err.msg);
}

void
supervisor_read_job(struct chan *supervisor, struct msg_DDNS_JOB *job)
{
	struct msg msg;
	struct error err;

	switch (chan_recv(supervisor, &msg, &err)) {
	case CHAN_MESSAGE:
		break;
	case CHAN_EMPTY:
	case CHAN_CLOSED:
		log_info("the supervisor is gone");
		exit(EXIT_FAILURE);
	case CHAN_BROKEN:
		fatal("the supervisor sent nonsense: %s", err.msg);
	}
	if (msg.kind != MSG_DDNS_JOB)
		fatal("the supervisor sent %s and no job", msg_name(msg.kind));
	*job = msg.u.DDNS_JOB;
}

void
supervisor_found(struct chan *supervisor, const struct finding *finding)
{
	const struct msg msg = { .kind = MSG_DDNS_FOUND,
		.fd = -1,
		.u.DDNS_FOUND = { .ipv4 = finding->ipv4,
		    .ipv6 = finding->ipv6,
		    .source4 = finding->source4,
		    .source6 = finding->source6,
		    .dns4 = finding->dns4,
		    .dns6 = finding->dns6,
		    .visible = finding->visible } };

	tell(supervisor, &msg);
}

void
supervisor_done(struct chan *supervisor, bool updated, const char *text)
{
	const struct msg msg = { .kind = MSG_DDNS_DONE,
		.fd = -1,
		.u.DDNS_DONE = { .updated = updated, .text = text } };

	tell(supervisor, &msg);
}

void
supervisor_failed(struct chan *supervisor, const struct refusal *refusal)
{
	const struct msg msg = { .kind = MSG_DDNS_FAILED,
		.fd = -1,
		.u.DDNS_FAILED = { .kind = refusal->kind,
		    .problem = refusal->problem,
		    .detail = refusal->detail,
		    .advice = refusal->advice,
		    .retry_after = refusal->retry_after } };

	tell(supervisor, &msg);
}
