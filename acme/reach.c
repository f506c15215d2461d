/* Whether the CA reaches us: see reach.h. */

#include "reach.h"

#include <stdbool.h>
#include <stdlib.h>

#include "account.h"
#include "base/xalloc.h"
#include "challenge.h"
#include "client.h"
#include "job.h"
#include "order.h"
#include "problem.h"
#include "selfcheck.h"
#include "status.h"
#include "supervisor.h"
#include "validation.h"
#include "json/json.h"

#define ORDERS_MAX 3 /* whose authorizations were there before */

/* Has nobody looked yet? A proof of yesterday says nothing of today. */
static bool
is_open(const struct authorization *authorization)
{
	if (authorization->status != ACME_PENDING)
		return false;
	for (size_t i = 0; i < JOB_CHALLENGE_COUNT; i++)
		if (authorization->offers[i].token != NULL &&
		    !authorization->offers[i].untouched)
			return false;
	return true;
}

static int
look_whether_open(const struct order *order, struct client *client, bool *open,
    struct problem *problem)
{
	struct authorization authorization;
	struct answer answer;
	int ret;

	if (client_read(
	        client, order->state.authorizations[0], &answer, problem) == -1)
		return -1;
	ret = authorization_parse(&authorization, answer.doc, problem);
	answer_release(&answer);
	if (ret == -1)
		return -1;
	*open = is_open(&authorization);
	authorization_release(&authorization);
	return 0;
}

/* An order whose name the CA has yet to look at. */
static int
place(struct order *order, struct client *client, const struct job *job,
    struct problem *problem)
{
	bool open = false;

	for (unsigned i = 0; i < ORDERS_MAX; i++) {
		int ret = order_place(order, client, job, problem);

		if (ret == -1)
			return -1;
		ret = look_whether_open(order, client, &open, problem);
		if (ret == 0 && open)
			return 0;
		order_give_up(order, client);
		order_release(order);
		if (ret == -1)
			return -1;
	}
	return problem_set(problem, PROBLEM_OTHER,
	    "the CA does not look anew at what it has seen before");
}

/* Where it met us, as far as it says so. */
static char *
tell_place(const char *url, struct client *client, const struct job *job)
{
	const struct json *list, *challenge = NULL;
	char place[VALIDATION_PLACE_SIZE];
	struct problem problem;
	struct answer answer;
	const char *status;
	char *text;

	if (client_read(client, url, &answer, &problem) == -1)
		return xstrdup(job_way_word(job->ways[0]));
	list = json_get(answer.doc, "challenges");
	for (size_t i = 0; i < json_count(list) && challenge == NULL; i++) {
		status = json_str(json_at(list, i), "status");
		if (acme_status_parse(status) == ACME_VALID)
			challenge = json_at(list, i);
	}
	text = xstrdup(challenge != NULL ? validation_place(challenge, place)
	                                 : job_way_word(job->ways[0]));
	answer_release(&answer);
	return text;
}

static int
look(struct client *client, const struct job *job, struct problem *problem)
{
	struct order order;
	const char *url;
	char *text;
	int ret;

	if (place(&order, client, job, problem) == -1)
		return -1;
	url = order.state.authorizations[0];
	ret = authorization_complete(url, client, job, problem);
	text = ret == 0 ? tell_place(url, client, job) : NULL;
	order_give_up(&order, client);
	if (ret == 0)
		supervisor_done(job->supervisor, text);
	free(text);
	order_release(&order);
	return ret;
}

int
reach_job(struct job *job, struct problem *problem)
{
	struct client *client;
	int ret;

	if (job->nnames != 1 || job->nways != 1)
		return problem_set(
		    problem, PROBLEM_LOCAL, "one name is looked at in one way");
	if (selfcheck_listener(job, problem) == -1)
		return -1;
	client = client_new(job, problem);
	if (client == NULL)
		return -1;
	ret = client_check_clock(client, problem);
	if (ret == 0)
		ret = account_open(client, job, problem);
	if (ret == 0)
		ret = look(client, job, problem);
	client_free(client);
	return ret;
}
