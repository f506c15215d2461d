/* The job's side of its line to the supervisor: see supervisor.h. */

#include "supervisor.h"

#include "ipc/line.h"
#include "provider.h"

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

	line_tell(supervisor, &msg);
}

void
supervisor_done(struct chan *supervisor, bool updated, const char *text)
{
	const struct msg msg = { .kind = MSG_DDNS_DONE,
		.fd = -1,
		.u.DDNS_DONE = { .updated = updated, .text = text } };

	line_tell(supervisor, &msg);
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

	line_tell(supervisor, &msg);
}
