/* Requests to the CA and their repetition: see client.h. */

#include "client.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "directory.h"
#include "job.h"
#include "jws.h"
#include "pki/key.h"
#include "problem.h"
#include "supervisor.h"
#include "json/json.h"

#define NONCE_TRIES 10
#define READ_TRIES 3
#define READ_PAUSE_MS 250 /* times the number of the try */
#define CLOCK_SKEW_S 300  /* worth a warning */
#define CLOCK_WRONG_S 3600

struct client {
	struct chan *supervisor;
	struct fetch *fetch;
	struct directory directory;
	struct pki_key *key;
	char *account; /* URL, NULL = send the key */
	char *nonce;   /* the next one, NULL = none left */
	int64_t skew;  /* seconds that our clock is ahead of the CA's */
};

/* A signed request. */
struct request {
	const char *url;
	const char *payload; /* JSON text; "" = POST-as-GET */
	const char *accept;  /* media type, NULL = whatever there is */
	bool json;           /* nothing but JSON is an answer */
};

static void
set_string(char **to, const char *value)
{
	free(*to);
	*to = value != NULL ? xstrdup(value) : NULL;
}

static void
log_exchange(const struct fetch_request *req, const struct fetch_response *res)
{
	char url[512];

	if (log_enabled(LOG_LEVEL_DEBUG))
		log_debug("%s %s: %u", req->method,
		    log_escape(url, sizeof(url), req->url, strlen(req->url)),
		    res->status);
}

/* One request, one answer; anything but 2xx is a problem. */
static int
exchange_once(struct client *client, const struct fetch_request *req,
    struct fetch_response *res, struct problem *problem)
{
	struct error err;

	supervisor_pause(client->supervisor, 0);
	if (fetch_perform(client->fetch, req, res, &err) == -1)
		return problem_from_fetch(problem, &err);
	log_exchange(req, res);
	if (*res->replay_nonce != '\0')
		set_string(&client->nonce, res->replay_nonce);
	if (res->status >= 200 && res->status < 300)
		return 0;
	problem_from_answer(problem, res);
	fetch_response_release(res);
	return -1;
}

static bool
is_transient(const struct problem *problem)
{
	return problem->type == PROBLEM_UNREACHABLE ||
	    problem->type == PROBLEM_INTERRUPTED ||
	    (problem->status >= 500 && problem->retry_after == -1);
}

static int
exchange(struct client *client, const struct fetch_request *req,
    struct fetch_response *res, struct problem *problem)
{
	unsigned try;

	for (try = 1; try < READ_TRIES; try++) {
		if (exchange_once(client, req, res, problem) == 0)
			return 0;
		if (!is_transient(problem))
			return -1;
		log_debug("again: %s", problem->detail);
		supervisor_pause(client->supervisor, READ_PAUSE_MS * try);
	}
	return exchange_once(client, req, res, problem);
}

static int
parse_answer(const struct fetch_response *res, struct json **doc,
    struct problem *problem)
{
	struct error err;

	*doc = NULL;
	if (strcmp(res->content_type, "application/json") != 0)
		return problem_from_answer(problem, res);
	*doc = json_parse(res->body, res->body_len, &err);
	if (*doc == NULL)
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA's answer is broken: %s", err.msg);
	return 0;
}

static void
compare_clocks(struct client *client, int64_t theirs)
{
	int64_t skew = theirs != -1 ? clock_wall() - theirs : 0;

	client->skew = skew;
	if (skew > CLOCK_SKEW_S || skew < -CLOCK_SKEW_S)
		log_warn("this machine's clock is %lld seconds %s the CA's",
		    (long long)(skew > 0 ? skew : -skew),
		    skew > 0 ? "ahead of" : "behind");
}

int
client_check_clock(const struct client *client, struct problem *problem)
{
	char ours[CLOCK_DATE_SIZE], theirs[CLOCK_DATE_SIZE];
	int64_t now = clock_wall();

	if (client->skew <= CLOCK_WRONG_S && client->skew >= -CLOCK_WRONG_S)
		return 0;
	return problem_set(problem, PROBLEM_CLOCK,
	    "this machine's clock says %s, the CA's says %s",
	    clock_date(ours, now), clock_date(theirs, now - client->skew));
}

static int
read_directory(struct client *client, const char *url, struct problem *problem)
{
	struct fetch_request req = { .method = "GET", .url = url };
	struct fetch_response res;
	struct json *doc;
	int ret;

	if (exchange(client, &req, &res, problem) == -1)
		return -1;
	compare_clocks(client, res.date);
	ret = parse_answer(&res, &doc, problem);
	if (ret == 0)
		ret = directory_parse(&client->directory, doc, problem);
	json_free(doc);
	fetch_response_release(&res);
	return ret;
}

struct client *
client_new(const struct job *job, struct problem *problem)
{
	struct client *client = xcalloc(1, sizeof(*client));
	struct error err;

	client->supervisor = job->supervisor;
	client->fetch = fetch_new(job->ca_file, &err);
	if (client->fetch == NULL) {
		problem_set(problem, PROBLEM_LOCAL, "%s", err.msg);
		client_free(client);
		return NULL;
	}
	if (read_directory(client, job->directory, problem) == -1) {
		client_free(client);
		return NULL;
	}
	return client;
}

void
client_free(struct client *client)
{
	if (client == NULL)
		return;
	fetch_free(client->fetch);
	directory_release(&client->directory);
	pki_key_free(client->key);
	free(client->account);
	free(client->nonce);
	free(client);
}

const struct directory *
client_directory(const struct client *client)
{
	return &client->directory;
}

void
client_take_key(struct client *client, struct pki_key *key)
{
	pki_key_free(client->key);
	client->key = key;
}

const struct pki_key *
client_key(const struct client *client)
{
	return client->key;
}

void
client_set_account(struct client *client, const char *url)
{
	set_string(&client->account, url);
}

const char *
client_account(const struct client *client)
{
	return client->account;
}

int
client_get(struct client *client, const char *url, bool patient,
    struct answer *answer, struct problem *problem)
{
	struct fetch_request req = { .method = "GET", .url = url };
	struct answer got = { .doc = NULL };
	int ret;

	if (patient)
		ret = exchange(client, &req, &got.http, problem);
	else
		ret = exchange_once(client, &req, &got.http, problem);
	if (ret == -1)
		return -1;
	ret = parse_answer(&got.http, &got.doc, problem);
	if (ret == 0)
		*answer = got;
	else
		answer_release(&got);
	return ret;
}

static int
need_nonce(struct client *client, struct problem *problem)
{
	struct fetch_request req = { .method = "HEAD",
		.url = client->directory.new_nonce };
	struct fetch_response res;

	if (client->nonce != NULL)
		return 0;
	if (exchange(client, &req, &res, problem) == -1)
		return -1;
	fetch_response_release(&res);
	if (client->nonce == NULL)
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA gave no nonce when asked for one");
	return 0;
}

/* Signs with the nonce at hand, which cannot be used again. */
static char *
sign(struct client *client, const struct request *req, struct problem *problem)
{
	struct jws jws = { .key = client->key,
		.kid = client->account,
		.nonce = client->nonce,
		.url = req->url,
		.payload = req->payload };
	struct error err;
	char *body;

	body = jws_sign(&jws, &err);
	if (body == NULL)
		problem_set(problem, PROBLEM_LOCAL,
		    "cannot sign the request: %s", err.msg);
	set_string(&client->nonce, NULL);
	return body;
}

static int
post_once(struct client *client, const struct request *req,
    struct fetch_response *res, struct problem *problem)
{
	struct fetch_request post = { .method = "POST",
		.url = req->url,
		.accept = req->accept,
		.content_type = "application/jose+json" };
	char *body;
	int ret;

	if (need_nonce(client, problem) == -1)
		return -1;
	body = sign(client, req, problem);
	if (body == NULL)
		return -1;
	post.body = body;
	post.body_len = strlen(body);
	if (*req->payload == '\0') {
		ret = exchange(client, &post, res, problem);
	} else {
		ret = exchange_once(client, &post, res, problem);
		/* It may have arrived, and have been counted. */
		if (ret == -1 && problem->type == PROBLEM_INTERRUPTED)
			problem->kind = JOB_LADDER;
	}
	free(body);
	return ret;
}

static int
post(struct client *client, const struct request *req, struct answer *answer,
    struct problem *problem)
{
	struct answer got = { .doc = NULL };
	unsigned try;
	int ret = -1;

	for (try = 0; try < NONCE_TRIES; try++) {
		ret = post_once(client, req, &got.http, problem);
		if (ret == 0 || problem->type != PROBLEM_BAD_NONCE)
			break;
	}
	if (ret == 0 && req->json)
		ret = parse_answer(&got.http, &got.doc, problem);
	if (ret == 0)
		*answer = got;
	else
		answer_release(&got);
	return ret;
}

int
client_read(struct client *client, const char *url, struct answer *answer,
    struct problem *problem)
{
	struct request req = { .url = url, .payload = "", .json = true };

	return post(client, &req, answer, problem);
}

int
client_download(struct client *client, const char *url, const char *media_type,
    struct answer *answer, struct problem *problem)
{
	struct request req = {
		.url = url, .payload = "", .accept = media_type
	};

	return post(client, &req, answer, problem);
}

int
client_write(struct client *client, const char *url, const struct json *payload,
    struct answer *answer, struct problem *problem)
{
	char *text = json_dump(payload);
	struct request req = { .url = url, .payload = text, .json = true };
	int ret;

	ret = post(client, &req, answer, problem);
	free(text);
	return ret;
}

int
client_tell(struct client *client, const char *url, const struct json *payload,
    struct problem *problem)
{
	char *text = json_dump(payload);
	struct request req = { .url = url, .payload = text };
	struct answer answer;
	int ret;

	ret = post(client, &req, &answer, problem);
	free(text);
	if (ret == 0)
		answer_release(&answer);
	return ret;
}

void
answer_release(struct answer *answer)
{
	fetch_response_release(&answer->http);
	json_free(answer->doc);
	answer->doc = NULL;
}
