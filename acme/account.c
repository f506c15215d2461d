/* The account: its key, its registration, its URL. See account.h. */

#include "account.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "client.h"
#include "directory.h"
#include "job.h"
#include "jws.h"
#include "pki/key.h"
#include "problem.h"
#include "supervisor.h"
#include "json/json.h"

static int
save(struct client *client, const struct job *job, const char *url,
    struct problem *problem)
{
	struct error err;
	char *pem;

	pem = pki_key_pem(client_key(client), &err);
	if (pem == NULL)
		return problem_set(problem, PROBLEM_LOCAL,
		    "cannot save the account's key: %s", err.msg);
	supervisor_save_account(job->supervisor, pem, url);
	secret_free(pem);
	return 0;
}

static int
open_key(struct client *client, const struct job *job, struct problem *problem)
{
	struct pki_key *key;
	struct error err;

	if (*job->account_key != '\0') {
		key = pki_key_parse(
		    job->account_key, strlen(job->account_key), &err);
		if (key == NULL)
			return problem_set(problem, PROBLEM_STATE,
			    "the stored account key cannot be read: %s",
			    err.msg);
		client_take_key(client, key);
		return 0;
	}
	key = pki_key_generate(PKI_P256, &err);
	if (key == NULL)
		return problem_set(problem, PROBLEM_LOCAL,
		    "cannot make an account key: %s", err.msg);
	client_take_key(client, key);
	return save(client, job, "", problem);
}

int
account_open(
    struct client *client, const struct job *job, struct problem *problem)
{
	if (open_key(client, job, problem) == -1)
		return -1;
	if (*job->account_url == '\0')
		return account_register(client, job, problem);
	client_set_account(client, job->account_url);
	return 0;
}

static int
add_external_account(struct json *payload, struct client *client,
    const struct job *job, struct problem *problem)
{
	struct json *binding;
	struct error err;

	if (*job->eab_kid == '\0')
		return 0;
	binding = jws_external_account(client_key(client), job->eab_kid,
	    job->eab_key, client_directory(client)->new_account, &err);
	if (binding == NULL)
		return problem_set(
		    problem, PROBLEM_EXTERNAL_ACCOUNT_REQUIRED, "%s", err.msg);
	json_set(payload, "externalAccountBinding", binding);
	return 0;
}

/* The object that is sent; NULL on failure. */
static struct json *
new_account(
    struct client *client, const struct job *job, struct problem *problem)
{
	struct json *payload = json_new_object(), *contact;
	char *address;

	json_set_bool(payload, "termsOfServiceAgreed", true);
	if (*job->email != '\0') {
		address = xasprintf("mailto:%s", job->email);
		contact = json_new_array();
		json_append(contact, json_new_string(address));
		json_set(payload, "contact", contact);
		free(address);
	}
	if (add_external_account(payload, client, job, problem) == -1) {
		json_free(payload);
		return NULL;
	}
	return payload;
}

static void
log_account(struct client *client, const char *url, unsigned status)
{
	const char *terms = client_directory(client)->terms;
	char shown[256], page[256];

	log_escape(shown, sizeof(shown), url, strlen(url));
	log_escape(page, sizeof(page), terms, strlen(terms));
	if (status != 201)
		log_info("found the account %s", shown);
	else if (*terms == '\0')
		log_info("registered the account %s", shown);
	else
		log_info("registered the account %s under the terms %s", shown,
		    page);
}

int
account_register(
    struct client *client, const struct job *job, struct problem *problem)
{
	struct json *payload;
	struct answer answer;
	int ret;

	payload = new_account(client, job, problem);
	if (payload == NULL)
		return -1;
	client_set_account(client, NULL);
	ret = client_write(client, client_directory(client)->new_account,
	    payload, &answer, problem);
	json_free(payload);
	if (ret == -1)
		return problem_wrap(problem, "account");
	if (*answer.http.location == '\0') {
		ret = problem_set(problem, PROBLEM_ANSWER,
		    "the CA did not say where the account is");
	} else {
		client_set_account(client, answer.http.location);
		ret = save(client, job, answer.http.location, problem);
	}
	if (ret == 0)
		log_account(client, answer.http.location, answer.http.status);
	answer_release(&answer);
	return ret;
}
