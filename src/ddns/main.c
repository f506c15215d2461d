/*
 * gatehouse-ddns: one job, then exit. The supervisor starts it with its line on
 * descriptor 3 and tells it what to do: to find our public addresses and to
 * publish them with a provider of dynamic DNS, or to publish a TXT record. It
 * holds the provider's password; it writes no file and remembers nothing.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/sandbox.h"
#include "ipc/chan.h"
#include "ipc/msg.h"
#include "job.h"
#include "provider.h"
#include "publish.h"
#include "supervisor.h"

#define PROGRAM "gatehouse-ddns"

static void
read_job(struct ddns_job *job, struct chan *supervisor)
{
	struct msg_DDNS_JOB msg;

	supervisor_read_job(supervisor, &msg);
	log_set_tag(msg.log_tag);
	log_open(
	    PROGRAM, (enum log_target)msg.log_target, (int)msg.log_facility);
	log_set_level((enum log_level)msg.log_level);
	job_init(job, &msg);
}

static void
give_up_privilege(const struct ddns_job *job)
{
	struct sandbox box = { .uid = job->uid, .gid = job->gid };
	struct error err;

	if (sandbox_enter(&box, &err) == -1)
		fatal("cannot give up privilege: %s", err.msg);
}

int
main(void)
{
	struct refusal refusal = { .advice = "" };
	struct outcome outcome;
	struct chan *supervisor;
	struct ddns_job job;
	int ret;

	if (fcntl(CHAN_CHILD_FD, F_GETFD) == -1) {
		fputs(PROGRAM " is started by gatehoused\n", stderr);
		return 2;
	}
	signal(SIGUSR1, SIG_IGN); /* may be sent to the whole service */
	log_open(PROGRAM, LOG_TO_STDERR, 0);
	supervisor = chan_new(CHAN_CHILD_FD, IPC_DDNS, IPC_SUPERVISOR, true);
	read_job(&job, supervisor);
	give_up_privilege(&job);
	signal(SIGPIPE, SIG_IGN);

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
