/*
 * gatehouse-acme: one job, then exit. The supervisor starts it with its line on
 * descriptor 3 and tells it what to do: mostly to get a certificate. It holds
 * the account's key and the new certificate's; it writes no file and stores
 * nothing, which the supervisor does for it.
 */

#include <stdlib.h>

#include "account.h"
#include "base/log.h"
#include "certificate.h"
#include "client.h"
#include "ipc/line.h"
#include "job.h"
#include "manage.h"
#include "notify.h"
#include "order.h"
#include "problem.h"
#include "renewal.h"
#include "revoke.h"
#include "selfcheck.h"
#include "supervisor.h"

#define PROGRAM "gatehouse-acme"

static int
fulfil(struct order *order, struct client *client, const struct job *job,
    struct problem *problem)
{
	if (order_complete(order, client, job, problem) == -1)
		return -1;
	return certificate_deliver(order, client, job, problem);
}

/* An earlier job's order may end in no usable certificate: then a new one. */
static int
obtain(struct client *client, struct job *job, struct problem *problem)
{
	struct order order;
	int ret;

	if (*job->order_url == '\0' && selfcheck_listener(job, problem) == -1)
		return -1;
	if (account_open(client, job, problem) == -1 ||
	    order_open(&order, client, job, problem) == -1)
		return -1;
	ret = fulfil(&order, client, job, problem);
	if (ret == -1 && order.resumed &&
	    problem->type == PROBLEM_CERTIFICATE) {
		log_info("placing a new order: %s", problem->detail);
		order_release(&order);
		if (order_place(&order, client, job, problem) == -1)
			return -1;
		ret = fulfil(&order, client, job, problem);
	}
	order_release(&order);
	return ret;
}

static int
issue(struct job *job, struct problem *problem)
{
	struct client *client;
	int ret;

	client = client_new(job, problem);
	if (client == NULL)
		return -1;
	ret = client_check_clock(client, problem);
	if (ret == 0)
		ret = obtain(client, job, problem);
	client_free(client);
	return ret;
}

static int
run(struct job *job, struct problem *problem)
{
	switch (job->kind) {
	case JOB_ISSUE:
	case JOB_DRY_RUN:
		return issue(job, problem);
	case JOB_PLACEHOLDER:
		return certificate_placeholder(job, problem);
	case JOB_RENEWAL_INFO:
		return renewal_job(job, problem);
	case JOB_REVOKE:
		return revoke_job(job, problem);
	case JOB_ACCOUNT:
		return manage_job(job, problem);
	case JOB_NOTIFY:
		return notify_job(job, problem);
	case JOB_KIND_COUNT:
		break;
	}
	fatal("the supervisor wants an unknown job");
}

int
main(void)
{
	struct chan *supervisor;
	struct problem problem;
	struct job job;
	struct msg msg;
	int ret;

	supervisor = line_begin(IPC_ACME, PROGRAM, true);
	line_hear(supervisor, MSG_JOB, &msg);
	line_settle(PROGRAM, &msg);
	line_confine(&msg);
	job_init(&job, supervisor, &msg.u.JOB);

	ret = run(&job, &problem);
	if (ret == -1)
		supervisor_failed(supervisor, &problem);
	job_release(&job);
	chan_free(supervisor);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
