/*
 * Everything that a CA's JSON is read by: directory, order, authorization,
 * renewal information and problem document. Whatever it says, a text that goes
 * on to the log, to the supervisor or into a file name has the characters that
 * were promised.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/ipc/wire.h"
#include "acme/challenge.h"
#include "acme/directory.h"
#include "acme/job.h"
#include "acme/order.h"
#include "acme/problem.h"
#include "acme/renewal.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "fetch/fetch.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *text)
{
	char escaped[PROBLEM_DETAIL_SIZE];

	log_escape(escaped, sizeof(escaped), text, strlen(text));
	assert(strcmp(escaped, text) == 0);
}

static void
check_problem(const struct problem *problem)
{
	assert(problem->type < PROBLEM_COUNT);
	assert(problem->kind < JOB_FAILURE_COUNT);
	assert(*problem->name != '\0');
	check_text(problem->name);
	check_text(problem->detail);
	check_text(problem_advice(problem));
}

static void
check_order(const struct json *doc)
{
	const struct msg msg = over_the_wire(
	    (struct msg){ .kind = MSG_JOB, .u.JOB.names = "gw.test" });
	struct order_state order;
	struct problem problem;
	struct job job;

	job_init(&job, NULL, &msg.u.JOB);
	if (order_state_parse(&order, doc, &job, &problem) == 0) {
		assert(order.nauthorizations > 0);
		assert(order.status != ACME_VALID || order.certificate);
		check_problem(&order.problem);
		order_state_release(&order);
	} else {
		check_problem(&problem);
	}
	job_release(&job);
}

static void
check_authorization(const struct json *doc)
{
	struct authorization authorization;
	struct problem problem;
	const char *c;

	if (authorization_parse(&authorization, doc, &problem) == -1) {
		check_problem(&problem);
		return;
	}
	for (size_t i = 0; i < JOB_CHALLENGE_COUNT; i++) {
		const struct offer *offer = &authorization.offers[i];

		assert((offer->token == NULL) == (offer->url == NULL));
		if (offer->token == NULL)
			continue;
		assert(strlen(offer->token) <= CHALLENGE_TOKEN_MAX);
		for (c = offer->token; *c != '\0'; c++)
			assert(*c != '/' && *c != '.' && *c > ' ' && *c < 0x7f);
	}
	check_problem(&authorization.problem);
	problem = authorization.problem;
	problem_wrap(&problem, "%s", authorization.name);
	check_problem(&problem);
	authorization_release(&authorization);
}

static void
check_directory(const struct json *doc)
{
	struct directory directory;
	struct problem problem;

	if (directory_parse(&directory, doc, &problem) == 0)
		directory_release(&directory);
	else
		check_problem(&problem);
}

static void
check_renewal(const struct json *doc)
{
	struct renewal renewal;
	struct problem problem;

	if (renewal_parse(&renewal, doc, -1, &problem) == 0) {
		assert(renewal.start >= -24 * 3600);
		assert(renewal.start < renewal.end);
		check_text(renewal.page);
	} else {
		check_problem(&problem);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char type[] = "application/problem+json";
	struct fetch_response res = { .status = 400,
		.body = xmalloc(size + 1),
		.body_len = size,
		.content_type = type,
		.retry_after = -1 };
	struct problem problem;
	struct json *doc;

	if (size > 0)
		memcpy(res.body, data, size);
	res.body[size] = '\0';
	problem_from_answer(&problem, &res);
	check_problem(&problem);
	doc = json_parse(res.body, size, NULL);
	if (doc != NULL) {
		problem_from_json(&problem, doc);
		check_problem(&problem);
		check_directory(doc);
		check_order(doc);
		check_authorization(doc);
		check_renewal(doc);
		json_free(doc);
	}
	free(res.body);
	return 0;
}
