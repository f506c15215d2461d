/* Placing, resuming, finalizing an order: see order.h. */

#include "order.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "challenge.h"
#include "client.h"
#include "job.h"
#include "pace.h"
#include "pki/csr.h"
#include "pki/key.h"
#include "supervisor.h"
#include "wishes.h"
#include "json/json.h"

/* The CA may shuffle them: both are sets. */
static bool
has_our_names(const struct json *identifiers, const struct job *job)
{
	size_t i;

	if (json_count(identifiers) != job->nnames)
		return false;
	for (i = 0; i < job->nnames; i++) {
		const char *name = json_str(json_at(identifiers, i), "value");

		if (name == NULL || !job_has_name(job, name))
			return false;
	}
	return true;
}

static void
copy_authorizations(struct order_state *state, const struct json *list)
{
	size_t i;

	state->nauthorizations = json_count(list);
	state->authorizations =
	    xcalloc(state->nauthorizations, sizeof(*state->authorizations));
	for (i = 0; i < state->nauthorizations; i++)
		state->authorizations[i] = xstrdup(json_text(json_at(list, i)));
}

static bool
are_texts(const struct json *list)
{
	size_t i;

	for (i = 0; i < json_count(list); i++)
		if (json_text(json_at(list, i)) == NULL)
			return false;
	return true;
}

int
order_state_parse(struct order_state *state, const struct json *doc,
    const struct job *job, struct problem *problem)
{
	const struct json *list = json_get(doc, "authorizations");
	const char *finalize = json_str(doc, "finalize");
	const char *certificate = json_str(doc, "certificate");
	const char *word = json_str(doc, "status");
	enum acme_status status = acme_status_parse(word);

	if (status == ACME_STATUS_COUNT)
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA's order has the status %s",
		    word != NULL ? word : "of nothing");
	if (finalize == NULL || json_count(list) == 0 ||
	    json_count(list) > ORDER_AUTHORIZATIONS_MAX || !are_texts(list))
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA's order lacks its addresses");
	if (!has_our_names(json_get(doc, "identifiers"), job))
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA's order is for other names");
	if (status == ACME_VALID && certificate == NULL)
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA's order is valid without a certificate");
	*state = (struct order_state){ .status = status,
		.finalize = xstrdup(finalize),
		.certificate =
		    certificate != NULL ? xstrdup(certificate) : NULL };
	copy_authorizations(state, list);
	if (json_get(doc, "error") != NULL)
		problem_from_json(&state->problem, json_get(doc, "error"));
	else
		problem_set(&state->problem, PROBLEM_OTHER,
		    "the order is %s and the CA does not say why", word);
	return 0;
}

void
order_state_release(struct order_state *state)
{
	size_t i;

	for (i = 0; i < state->nauthorizations; i++)
		free(state->authorizations[i]);
	free(state->authorizations);
	free(state->finalize);
	free(state->certificate);
	*state = (struct order_state){ .status = ACME_STATUS_COUNT };
}

void
order_release(struct order *order)
{
	free(order->url);
	pki_key_free(order->key);
	order_state_release(&order->state);
	*order = (struct order){ .retry_after = -1 };
}

/* Takes the state over from an answer that holds the order object. */
static int
take_state(struct order *order, const struct answer *answer,
    const struct job *job, struct problem *problem)
{
	struct order_state state;

	if (order_state_parse(&state, answer->doc, job, problem) == -1)
		return -1;
	order_state_release(&order->state);
	order->state = state;
	order->retry_after = answer->http.retry_after;
	return 0;
}

static int
read_state(struct order *order, struct client *client, const struct job *job,
    struct problem *problem)
{
	struct answer answer;
	int ret;

	if (client_read(client, order->url, &answer, problem) == -1)
		return -1;
	ret = take_state(order, &answer, job, problem);
	answer_release(&answer);
	return ret;
}

static bool
find_key_type(const char *word, enum pki_key_type *type)
{
	unsigned i;

	for (i = 0; i < PKI_KEY_TYPE_COUNT; i++)
		if (strcmp(pki_key_type_word((enum pki_key_type)i), word) ==
		    0) {
			*type = (enum pki_key_type)i;
			return true;
		}
	return false;
}

/* The key of the certificate in service, if it still is of the right kind. */
static struct pki_key *
reuse_key(const struct job *job, enum pki_key_type type)
{
	struct pki_key *key;

	if (*job->reuse_key == '\0')
		return NULL;
	key = pki_key_parse(job->reuse_key, strlen(job->reuse_key), NULL);
	if (key != NULL && pki_key_is(key, type))
		return key;
	log_warn("the key in service is not %s; making a new one",
	    pki_key_type_word(type));
	pki_key_free(key);
	return NULL;
}

static struct pki_key *
new_key(const struct job *job, struct problem *problem)
{
	enum pki_key_type type = PKI_P256;
	struct pki_key *key;
	struct error err;

	if (*job->key_type != '\0' && !find_key_type(job->key_type, &type)) {
		problem_set(
		    problem, PROBLEM_STATE, "no key type %s", job->key_type);
		return NULL;
	}
	key = reuse_key(job, type);
	if (key != NULL)
		return key;
	key = pki_key_generate(type, &err);
	if (key == NULL)
		problem_set(problem, PROBLEM_LOCAL,
		    "cannot make a key for the certificate: %s", err.msg);
	return key;
}

/* The order of a rehearsal is of no use to anybody who comes later. */
static int
save(const struct order *order, const struct job *job, struct problem *problem)
{
	struct error err;
	char *pem;

	if (job->kind != JOB_ISSUE)
		return 0;
	pem = pki_key_pem(order->key, &err);
	if (pem == NULL)
		return problem_set(problem, PROBLEM_LOCAL,
		    "cannot save the certificate's key: %s", err.msg);
	supervisor_save_order(job->supervisor, order->url, pem);
	secret_free(pem);
	return 0;
}

static void
log_order(const char *what, const struct order *order)
{
	char url[256];

	log_escape(url, sizeof(url), order->url, strlen(order->url));
	log_info(
	    "%s %s is %s", what, url, acme_status_word(order->state.status));
}

int
order_place(struct order *order, struct client *client, const struct job *job,
    struct problem *problem)
{
	struct answer answer;
	int ret;

	*order = (struct order){ .retry_after = -1 };
	order->key = new_key(job, problem);
	if (order->key == NULL)
		return -1;
	if (wishes_send(client, job, &answer, problem) == -1) {
		order_release(order);
		return -1;
	}
	order->url = xstrdup(answer.http.location);
	ret = take_state(order, &answer, job, problem);
	answer_release(&answer);
	if (ret == 0 && *order->url == '\0')
		ret = problem_set(problem, PROBLEM_ANSWER,
		    "the CA did not say where the order is");
	if (ret == 0)
		ret = save(order, job, problem);
	if (ret == 0)
		log_order("the new order", order);
	else
		order_release(order);
	return ret;
}

static int
resume(struct order *order, struct client *client, const struct job *job,
    struct problem *problem)
{
	struct error err;

	*order = (struct order){ .resumed = true, .retry_after = -1 };
	order->key =
	    pki_key_parse(job->order_key, strlen(job->order_key), &err);
	if (order->key == NULL)
		return problem_set(problem, PROBLEM_STATE,
		    "its key cannot be read: %s", err.msg);
	order->url = xstrdup(job->order_url);
	if (read_state(order, client, job, problem) == -1)
		return -1;
	if (order->state.status != ACME_INVALID)
		return 0;
	*problem = order->state.problem;
	return -1;
}

int
order_open(struct order *order, struct client *client, const struct job *job,
    struct problem *problem)
{
	if (*job->order_url == '\0')
		return order_place(order, client, job, problem);
	if (resume(order, client, job, problem) == 0) {
		log_order("the unfinished order", order);
		return 0;
	}
	order_release(order);
	if (problem->kind == JOB_GATE || problem->kind == JOB_LOST)
		return -1;
	log_info("the unfinished order is of no use: %s", problem->detail);
	return order_place(order, client, job, problem);
}

/* Reads the order again until it has left this status. */
static int
wait_while(struct order *order, enum acme_status status, struct client *client,
    const struct job *job, struct problem *problem)
{
	struct pace pace;
	int64_t wait;

	pace_start(&pace, clock_mono_ms());
	while (order->state.status == status) {
		wait = pace_next(&pace, clock_mono_ms(), order->retry_after);
		if (wait == -1)
			return problem_set(problem, PROBLEM_TIMEOUT,
			    "the order is still %s after %d seconds",
			    acme_status_word(status), PACE_TOTAL_MS / 1000);
		supervisor_pause(job->supervisor, wait);
		if (read_state(order, client, job, problem) == -1)
			return -1;
	}
	return 0;
}

static int
send_csr(struct order *order, struct client *client, const struct job *job,
    struct problem *problem)
{
	struct json *payload;
	struct answer answer;
	struct error err;
	unsigned char *der;
	char *csr;
	size_t len;
	int ret;

	if (pki_csr(order->key, job_names(job), job->nnames, &der, &len,
	        &err) == -1)
		return problem_set(problem, PROBLEM_LOCAL,
		    "cannot make the certificate request: %s", err.msg);
	csr = text_base64url(der, len);
	payload = json_new_object();
	json_set_str(payload, "csr", csr);
	ret = client_write(
	    client, order->state.finalize, payload, &answer, problem);
	if (ret == 0) {
		ret = take_state(order, &answer, job, problem);
		answer_release(&answer);
	}
	json_free(payload);
	free(csr);
	free(der);
	return ret;
}

/*
 * orderNotReady: the CA has not noticed yet that the authorizations are valid,
 * or it has our request already from a connection that broke. The order tells.
 */
static int
finalize(struct order *order, struct client *client, const struct job *job,
    struct problem *problem)
{
	if (send_csr(order, client, job, problem) == 0)
		return 0;
	if (problem->type != PROBLEM_ORDER_NOT_READY)
		return -1;
	if (read_state(order, client, job, problem) == -1 ||
	    wait_while(order, ACME_PENDING, client, job, problem) == -1)
		return -1;
	if (order->state.status != ACME_READY)
		return 0;
	return send_csr(order, client, job, problem);
}

static int
authorize(struct order *order, struct client *client, const struct job *job,
    struct problem *problem)
{
	size_t i;

	for (i = 0; i < order->state.nauthorizations; i++)
		if (authorization_complete(order->state.authorizations[i],
		        client, job, problem) == -1)
			return -1;
	return 0;
}

int
order_complete(struct order *order, struct client *client,
    const struct job *job, struct problem *problem)
{
	if (order->state.status == ACME_PENDING &&
	    authorize(order, client, job, problem) == -1)
		return -1;
	if ((order->state.status == ACME_PENDING ||
	        order->state.status == ACME_READY) &&
	    finalize(order, client, job, problem) == -1)
		return -1;
	if (wait_while(order, ACME_PROCESSING, client, job, problem) == -1)
		return -1;
	if (order->state.status == ACME_VALID)
		return 0;
	*problem = order->state.problem;
	return problem_wrap(problem, "order");
}

/* One that is invalid is refused, and need not be given up. */
void
order_give_up(const struct order *order, struct client *client)
{
	struct problem problem;

	for (size_t i = 0; i < order->state.nauthorizations; i++)
		if (authorization_give_up(order->state.authorizations[i],
		        client, &problem) == -1 &&
		    problem.status == 0)
			return;
}
