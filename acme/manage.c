/* The account as its owner manages it: see manage.h. */

#include "manage.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client.h"
#include "directory.h"
#include "job.h"
#include "jws.h"
#include "pki/key.h"
#include "problem.h"
#include "supervisor.h"
#include "json/json.h"

#define TEXT_MAX 4096 /* bytes of the last word */

/* Adds what the CA said, in characters for people. */
static void
add(struct buf *text, const char *before, const char *said)
{
	char shown[512];

	buf_printf(text, "%s%s", before,
	    log_escape(shown, sizeof(shown), said, strlen(said)));
}

/* Says what the account is, from the CA's object. */
static void
report(const struct json *doc, struct client *client, const struct job *job)
{
	const struct json *contacts = json_get(doc, "contact");
	const char *status = json_str(doc, "status");
	struct buf text;
	char *line;
	size_t i;

	buf_init(&text, TEXT_MAX);
	add(&text, "account ", client_account(client));
	add(&text, " is ", status != NULL ? status : "unknown");
	for (i = 0; i < json_count(contacts); i++) {
		const char *contact = json_text(json_at(contacts, i));

		add(&text, i == 0 ? ", contact " : " ",
		    contact != NULL ? contact : "?");
	}
	if (i == 0)
		buf_append_str(&text, ", without a contact");
	line = buf_detach(&text, NULL);
	supervisor_done(job->supervisor, line);
	free(line);
}

static int
show(struct client *client, const struct job *job, struct problem *problem)
{
	struct answer answer;

	if (client_read(client, client_account(client), &answer, problem) == -1)
		return -1;
	report(answer.doc, client, job);
	answer_release(&answer);
	return 0;
}

static int
update(struct client *client, const struct job *job, struct problem *problem)
{
	struct json *payload = json_new_object();
	struct answer answer;
	int ret;

	json_set(payload, "contact", account_contact(job));
	ret = client_write(
	    client, client_account(client), payload, &answer, problem);
	json_free(payload);
	if (ret == -1)
		return -1;
	report(answer.doc, client, job);
	answer_release(&answer);
	return 0;
}

/*
 * The request that the old key signs around the new one's signature (RFC 8555
 * section 7.3.5). NULL on failure.
 */
static struct json *
key_change(
    struct client *client, const struct pki_key *next, struct problem *problem)
{
	struct jws inner = { .key = next,
		.url = client_directory(client)->key_change };
	struct json *payload = json_new_object(), *old, *doc = NULL;
	char *text, *body = NULL;
	struct error err;

	old = jws_public_key(client_key(client), &err);
	if (old != NULL) {
		json_set_str(payload, "account", client_account(client));
		json_set(payload, "oldKey", old);
		text = json_dump(payload);
		inner.payload = text;
		body = jws_sign(&inner, &err);
		free(text);
	}
	if (body != NULL)
		doc = json_parse(body, strlen(body), &err);
	if (doc == NULL)
		problem_set(problem, PROBLEM_LOCAL,
		    "cannot sign the change of keys: %s", err.msg);
	free(body);
	json_free(payload);
	return doc;
}

/* The CA refused: the old key stays. Without an answer nobody knows. */
static int
not_rolled(
    struct client *client, const struct job *job, struct problem *problem)
{
	struct problem other;

	if (problem->status >= 400 && problem->status < 500)
		account_save(client, job, NULL, &other);
	return -1;
}

static int
roll_to(struct client *client, const struct job *job, struct pki_key *next,
    struct problem *problem)
{
	struct json *payload;
	int ret;

	payload = key_change(client, next, problem);
	if (payload == NULL)
		return -1;
	ret = account_save(client, job, next, problem);
	if (ret == 0 &&
	    client_tell(client, client_directory(client)->key_change, payload,
	        problem) == -1)
		ret = not_rolled(client, job, problem);
	json_free(payload);
	return ret;
}

static int
roll(struct client *client, const struct job *job, struct problem *problem)
{
	struct pki_key *next;
	struct error err;

	if (*client_directory(client)->key_change == '\0')
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA does not change keys of accounts");
	next = pki_key_generate(PKI_P256, &err);
	if (next == NULL)
		return problem_set(problem, PROBLEM_LOCAL,
		    "cannot make an account key: %s", err.msg);
	if (roll_to(client, job, next, problem) == -1) {
		pki_key_free(next);
		return -1;
	}
	client_take_key(client, next);
	if (account_save(client, job, NULL, problem) == -1)
		return -1;
	supervisor_done(job->supervisor, "the account has a new key");
	return 0;
}

/*
 * What the CA does not let this key do any more is as good as done: an earlier
 * job may have been killed before its account was forgotten.
 */
static int
deactivate(
    struct client *client, const struct job *job, struct problem *problem)
{
	struct json *payload = json_new_object();
	int ret;

	json_set_str(payload, "status", "deactivated");
	ret = client_tell(client, client_account(client), payload, problem);
	json_free(payload);
	if (ret == -1 && problem->type != PROBLEM_UNAUTHORIZED &&
	    problem->type != PROBLEM_ACCOUNT_DOES_NOT_EXIST)
		return -1;
	supervisor_save_account(job->supervisor, "", "");
	supervisor_done(job->supervisor,
	    "the account is no more; the next certificate makes another");
	return 0;
}

static const struct {
	const char *word;
	int (*act)(struct client *, const struct job *, struct problem *);
} acts[] = {
	{ "show", show },
	{ "update", update },
	{ "roll", roll },
	{ "deactivate", deactivate },
};

int
manage_job(const struct job *job, struct problem *problem)
{
	struct client *client;
	size_t i;
	int ret;

	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (strcmp(acts[i].word, job->arg) == 0)
			break;
	if (i == sizeof(acts) / sizeof(acts[0]))
		return problem_set(problem, PROBLEM_LOCAL,
		    "nothing that can be done with an account");
	client = client_new(job, problem);
	if (client == NULL)
		return -1;
	ret = account_open_existing(client, job, problem);
	if (ret == 0)
		ret = acts[i].act(client, job, problem);
	client_free(client);
	return ret;
}
