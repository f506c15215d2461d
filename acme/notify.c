/* One POST to a webhook: see notify.h. */

#include "notify.h"

#include <string.h>

#include "fetch/fetch.h"
#include "job.h"
#include "problem.h"
#include "supervisor.h"

static int
no_answer(struct problem *problem, const struct error *err)
{
	problem_from_fetch(problem, err);
	problem_advise(
	    problem, "Check the Webhook, and the machine that it is on.");
	return -1;
}

static int
judge(const struct fetch_response *res, struct problem *problem)
{
	if (res->status >= 200 && res->status < 300)
		return 0;
	problem_set(
	    problem, PROBLEM_REFUSED, "the webhook answered %u", res->status);
	problem->status = res->status;
	problem->retry_after = res->retry_after;
	problem_advise(
	    problem, "Check the Webhook, and the machine that it is on.");
	return -1;
}

int
notify_job(const struct job *job, struct problem *problem)
{
	struct fetch_request req = { .method = "POST",
		.url = job->directory,
		.content_type = "application/json",
		.body = job->arg,
		.body_len = strlen(job->arg),
		.plain = true };
	struct fetch_response res;
	struct fetch *fetch;
	struct error err;
	int ret;

	fetch = fetch_new(job->ca_file, &err);
	if (fetch == NULL)
		return problem_set(problem, PROBLEM_LOCAL, "%s", err.msg);
	if (fetch_perform(fetch, &req, &res, &err) == -1) {
		ret = no_answer(problem, &err);
	} else {
		ret = judge(&res, problem);
		fetch_response_release(&res);
	}
	fetch_free(fetch);
	if (ret == 0)
		supervisor_done(job->supervisor, "the webhook was told");
	return ret;
}
