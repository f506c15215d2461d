/* One authorization, from pending to valid: see challenge.h. */

#include "challenge.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client.h"
#include "job.h"
#include "pace.h"
#include "proof.h"
#include "propagation.h"
#include "selfcheck.h"
#include "supervisor.h"
#include "validation.h"
#include "json/json.h"

#define OFFERED_MAX 256 /* bytes of the list of types */

static bool
is_token(const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	return len > 0 && len <= CHALLENGE_TOKEN_MAX &&
	    strspn(text,
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	        "0123456789-_") == len;
}

static enum job_challenge
way_of(const struct json *challenge)
{
	const char *type = json_str(challenge, "type");
	enum job_challenge way = 0;

	while (way < JOB_CHALLENGE_COUNT &&
	    (type == NULL || strcmp(type, job_way_word(way)) != 0))
		way++;
	return way;
}

/* Takes the first well-formed challenge of each way. */
static void
take_offers(struct authorization *authorization, const struct json *challenges)
{
	for (size_t i = 0; i < json_count(challenges); i++) {
		const struct json *challenge = json_at(challenges, i);
		const char *token = json_str(challenge, "token");
		const char *url = json_str(challenge, "url");
		enum job_challenge way = way_of(challenge);

		if (way == JOB_CHALLENGE_COUNT || !is_token(token) ||
		    url == NULL || authorization->offers[way].token != NULL)
			continue;
		authorization->offers[way] = (struct offer){
			.token = xstrdup(token),
			.url = xstrdup(url),
			.untouched = acme_status_parse(json_str(
			                 challenge, "status")) == ACME_PENDING,
		};
	}
}

/* The challenge that failed, whichever it was: it carries the reason. */
static const struct json *
find_failed(const struct json *challenges)
{
	size_t i;

	for (i = 0; i < json_count(challenges); i++)
		if (json_get(json_at(challenges, i), "error") != NULL)
			return json_at(challenges, i);
	return NULL;
}

static char *
list_types(const struct json *challenges)
{
	struct buf list;
	size_t i;

	buf_init(&list, OFFERED_MAX);
	for (i = 0; i < json_count(challenges); i++) {
		const char *type = json_str(json_at(challenges, i), "type");

		if (type != NULL &&
		    buf_printf(&list, "%s%s", buf_len(&list) > 0 ? ", " : "",
		        type) == -1)
			break;
	}
	if (buf_len(&list) == 0)
		buf_append_str(&list, "nothing");
	return buf_detach(&list, NULL);
}

int
authorization_parse(struct authorization *authorization, const struct json *doc,
    struct problem *problem)
{
	const struct json *challenges = json_get(doc, "challenges");
	const struct json *failed = find_failed(challenges);
	const char *name = json_str(json_get(doc, "identifier"), "value");
	const char *word = json_str(doc, "status");
	enum acme_status status = acme_status_parse(word);

	if (name == NULL || status == ACME_STATUS_COUNT)
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA's authorization lacks its name or its status");
	*authorization = (struct authorization){
		.status = status,
		.name = xstrdup(name),
		.offered = list_types(challenges),
	};
	take_offers(authorization, challenges);
	if (failed != NULL)
		validation_problem(&authorization->problem, failed);
	else
		problem_set(&authorization->problem, PROBLEM_OTHER,
		    "the authorization is %s and the CA does not say why",
		    word);
	return 0;
}

void
authorization_release(struct authorization *authorization)
{
	free(authorization->name);
	for (size_t i = 0; i < JOB_CHALLENGE_COUNT; i++) {
		free(authorization->offers[i].token);
		free(authorization->offers[i].url);
	}
	free(authorization->offered);
	*authorization = (struct authorization){ .status = ACME_STATUS_COUNT };
}

enum job_challenge
authorization_choose(
    const struct authorization *authorization, const struct job *job)
{
	enum job_challenge first = JOB_CHALLENGE_COUNT;

	for (size_t i = 0; i < job->nways; i++) {
		const struct offer *offer =
		    &authorization->offers[job->ways[i]];

		if (offer->token == NULL)
			continue;
		if (!offer->untouched)
			return job->ways[i];
		if (first == JOB_CHALLENGE_COUNT)
			first = job->ways[i];
	}
	return first;
}

static int
read_authorization(const char *url, struct client *client,
    struct authorization *authorization, int64_t *retry_after,
    struct problem *problem)
{
	struct answer answer;
	int ret;

	if (client_read(client, url, &answer, problem) == -1)
		return -1;
	ret = authorization_parse(authorization, answer.doc, problem);
	*retry_after = answer.http.retry_after;
	answer_release(&answer);
	return ret;
}

/* Asks the CA to look. Not twice: some CAs refuse the second time. */
static int
start(const struct offer *offer, struct client *client, struct problem *problem)
{
	struct json *nothing;
	struct answer answer;
	int ret;

	if (!offer->untouched)
		return 0;
	nothing = json_new_object();
	ret = client_write(client, offer->url, nothing, &answer, problem);
	json_free(nothing);
	if (ret == 0)
		answer_release(&answer);
	return ret;
}

/* An earlier request may have arrived although nobody saw its answer. */
static bool
is_under_way(const char *url, enum job_challenge way, struct client *client)
{
	struct authorization now;
	struct problem problem;
	int64_t retry_after;
	bool under_way;

	if (read_authorization(url, client, &now, &retry_after, &problem) == -1)
		return false;
	under_way = now.status != ACME_PENDING ||
	    (now.offers[way].token != NULL && !now.offers[way].untouched);
	authorization_release(&now);
	return under_way;
}

static int
refused(const struct authorization *authorization, struct problem *problem)
{
	*problem = authorization->problem;
	return problem_wrap(problem, "%s", authorization->name);
}

static int
wait_until_valid(const char *url, struct client *client, const struct job *job,
    struct problem *problem)
{
	struct authorization now;
	int64_t retry_after = -1, wait;
	struct pace pace;
	int ret;

	pace_start(&pace, clock_mono_ms());
	for (;;) {
		wait = pace_next(&pace, clock_mono_ms(), retry_after);
		if (wait == -1)
			return problem_set(problem, PROBLEM_TIMEOUT,
			    "the CA has not finished looking after %d seconds",
			    PACE_TOTAL_MS / 1000);
		supervisor_pause(job->supervisor, wait);
		if (read_authorization(
		        url, client, &now, &retry_after, problem) == -1)
			return -1;
		if (now.status != ACME_PENDING)
			break;
		authorization_release(&now);
	}
	ret = now.status == ACME_VALID ? 0 : refused(&now, problem);
	authorization_release(&now);
	return ret;
}

static int
no_way(const struct authorization *authorization, const struct job *job,
    struct problem *problem)
{
	struct buf ways;

	buf_init(&ways, OFFERED_MAX);
	for (size_t i = 0; i < job->nways; i++)
		buf_printf(&ways, "%s%s", i > 0 ? ", " : "",
		    job_way_word(job->ways[i]));
	buf_append(&ways, "", 1);
	problem_set(problem, PROBLEM_CHALLENGE,
	    "%s: the CA offers no way that we can go (%s), but: %s",
	    authorization->name, (const char *)buf_data(&ways),
	    authorization->offered);
	buf_release(&ways);
	return -1;
}

/* The CA may look when this returns 0. */
static int
publish(
    const struct proof *proof, const struct job *job, struct problem *problem)
{
	if (supervisor_set_challenge(job->supervisor, proof, problem) == -1)
		return -1;
	if (proof->kind != JOB_DNS_01)
		return 0;
	return propagation_wait(proof, job, problem);
}

/* The answer is served until the CA has decided, however it decides. */
static int
prove(const char *url, const struct authorization *authorization,
    struct client *client, const struct job *job, struct problem *problem)
{
	enum job_challenge way = authorization_choose(authorization, job);
	const struct offer *offer = &authorization->offers[way];
	struct proof proof;
	int ret;

	if (way == JOB_CHALLENGE_COUNT)
		return no_way(authorization, job, problem);
	if (proof_make(&proof,
	        &(struct proof_claim){ .kind = way,
	            .identifier = authorization->name,
	            .token = offer->token,
	            .account = client_key(client) },
	        problem) == -1)
		return -1;
	ret = publish(&proof, job, problem);
	if (ret == 0)
		ret = start(offer, client, problem);
	if (ret == -1 && problem->type == PROBLEM_MALFORMED &&
	    is_under_way(url, way, client))
		ret = 0;
	if (ret == 0)
		ret = wait_until_valid(url, client, job, problem);
	if (ret == -1 && way == JOB_HTTP_01)
		selfcheck_advise(&proof, authorization->name, problem);
	supervisor_clear_challenge(job->supervisor, &proof);
	proof_release(&proof);
	return ret;
}

int
authorization_complete(const char *url, struct client *client,
    const struct job *job, struct problem *problem)
{
	struct authorization authorization;
	int64_t retry_after;
	char name[256];
	int ret = 0;

	if (read_authorization(
	        url, client, &authorization, &retry_after, problem) == -1)
		return -1;
	if (authorization.status == ACME_PENDING)
		ret = prove(url, &authorization, client, job, problem);
	else if (authorization.status != ACME_VALID)
		ret = refused(&authorization, problem);
	if (ret == 0)
		log_info("the CA accepts %s",
		    log_escape(name, sizeof(name), authorization.name,
		        strlen(authorization.name)));
	authorization_release(&authorization);
	return ret;
}

int
authorization_give_up(
    const char *url, struct client *client, struct problem *problem)
{
	struct json *payload = json_new_object();
	int ret;

	json_set_str(payload, "status", "deactivated");
	ret = client_tell(client, url, payload, problem);
	json_free(payload);
	return ret;
}
