/*
 * gatehouse-ddns: one job, then exit. The supervisor starts it with its line on
 * descriptor 3 and tells it what to do: to find our public addresses and to
 * publish them with a provider of dynamic DNS, or to publish a TXT record. It
 * holds the provider's password; it writes no file and remembers nothing.
 */

#include <stdlib.h>

#include "ipc/line.h"
#include "job.h"
#include "provider.h"
#include "publish.h"
#include "supervisor.h"

#define PROGRAM "gatehouse-ddns"

int
main(void)
{
	struct refusal refusal = { .advice = "" };
	struct outcome outcome;
	struct chan *supervisor;
	struct ddns_job job;
	struct msg msg;
	int ret;

	supervisor = line_begin(IPC_DDNS, PROGRAM, true);
	line_hear(supervisor, MSG_DDNS_JOB, &msg);
	line_settle(PROGRAM, &msg);
	line_confine(&msg);
	job_init(&job, &msg.u.DDNS_JOB);

	ret = publish(supervisor, &job, &outcome, &refusal);
	if (ret == 0) {
		supervisor_done(supervisor, outcome.updated, outcome.text);
	} else {
		provider_blank(&job, &refusal);
		supervisor_failed(supervisor, &refusal);
	}
	job_release(&job);
	chan_free(supervisor);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
