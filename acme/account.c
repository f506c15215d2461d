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

int
account_save(struct client *client, const struct job *job,
    const struct pki_key *next, struct problem *problem)
{
	const char *url = client_account(client);
	char *pem, *next_pem = NULL, *both;
	struct error err;

	pem = pki_key_pem(client_key(client), &err);
	if (pem != NULL && next != NULL)
		next_pem = pki_key_pem(next, &err);
	if (pem == NULL || (next != NULL && next_pem == NULL)) {
		secret_free(pem);
		return problem_set(problem, PROBLEM_LOCAL,
		    "cannot save the account's key: %s", err.msg);
	}
	both = xasprintf("%s%s", pem, next_pem != NULL ? next_pem : "");
	supervisor_save_account(job->supervisor, both, url != NULL ? url : "");
	secret_free(both);
	secret_free(next_pem);
	secret_free(pem);
	return 0;
}

static int
take_key(struct client *client, const char *pem, struct problem *problem)
{
	struct pki_key *key;
	struct error err;

	key = pki_key_parse(pem, strlen(pem), &err);
	if (key == NULL)
		return problem_set(problem, PROBLEM_STATE,
		    "the stored account key cannot be read: %s", err.msg);
	client_take_key(client, key);
	client_set_account(client, NULL);
	return 0;
}

static int
make_key(struct client *client, const struct job *job, struct problem *problem)
{
	struct pki_key *key;
	struct error err;

	key = pki_key_generate(PKI_P256, &err);
	if (key == NULL)
		return problem_set(problem, PROBLEM_LOCAL,
		    "cannot make an account key: %s", err.msg);
	client_take_key(client, key);
	return account_save(client, job, NULL, problem);
}

/* Sends the object; the answer says where the account is. */
static int
send_new_account(struct client *client, const struct json *payload,
    unsigned *status, struct problem *problem)
{
	struct answer answer;
	int ret = 0;

	client_set_account(client, NULL);
	if (client_write(client, client_directory(client)->new_account, payload,
	        &answer, problem) == -1)
		return problem_wrap(problem, "account");
	if (*answer.http.location == '\0')
		ret = problem_set(problem, PROBLEM_ANSWER,
		    "the CA did not say where the account is");
	else
		client_set_account(client, answer.http.location);
	*status = answer.http.status;
	answer_release(&answer);
	return ret;
}

/* Asks for the account that has the client's key, and saves both. */
static int
find_account(
    struct client *client, const struct job *job, struct problem *problem)
{
	struct json *payload = json_new_object();
	unsigned status;
	int ret;

	json_set_bool(payload, "onlyReturnExisting", true);
	ret = send_new_account(client, payload, &status, problem);
	json_free(payload);
	if (ret == -1)
		return -1;
	return account_save(client, job, NULL, problem);
}

/* The second private key of the text, NULL if there is none. */
static const char *
second_key(const char *pem)
{
	const char *end = strstr(pem, "-----END ");

	return end != NULL ? strstr(end, "-----BEGIN ") : NULL;
}

/* A roll-over was cut short: which key has the CA? */
static int
settle(struct client *client, const struct job *job, struct problem *problem)
{
	const char *second = second_key(job->account_key);

	if (take_key(client, job->account_key, problem) == -1)
		return -1;
	if (find_account(client, job, problem) == 0) {
		log_info("the account kept its key");
		return 0;
	}
	if (problem->type != PROBLEM_ACCOUNT_DOES_NOT_EXIST ||
	    take_key(client, second, problem) == -1 ||
	    find_account(client, job, problem) == -1)
		return -1;
	log_info("the account has its new key");
	return 0;
}

int
account_open(
    struct client *client, const struct job *job, struct problem *problem)
{
	if (*job->account_key == '\0') {
		if (make_key(client, job, problem) == -1)
			return -1;
		return account_register(client, job, problem);
	}
	if (second_key(job->account_key) != NULL) {
		if (settle(client, job, problem) == 0)
			return 0;
		if (problem->type != PROBLEM_ACCOUNT_DOES_NOT_EXIST)
			return -1;
		return account_register(client, job, problem);
	}
	if (take_key(client, job->account_key, problem) == -1)
		return -1;
	if (*job->account_url == '\0')
		return account_register(client, job, problem);
	client_set_account(client, job->account_url);
	return 0;
}

int
account_open_existing(
    struct client *client, const struct job *job, struct problem *problem)
{
	if (*job->account_key == '\0')
		return problem_set(
		    problem, PROBLEM_ACCOUNT, "there is no account at this CA");
	if (second_key(job->account_key) != NULL)
		return settle(client, job, problem);
	if (take_key(client, job->account_key, problem) == -1)
		return -1;
	if (*job->account_url == '\0')
		return find_account(client, job, problem);
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

struct json *
account_contact(const struct job *job)
{
	struct json *contact = json_new_array();
	char *address;

	if (*job->email != '\0') {
		address = xasprintf("mailto:%s", job->email);
		json_append(contact, json_new_string(address));
		free(address);
	}
	return contact;
}

/* The object that is sent; NULL on failure. */
static struct json *
new_account(
    struct client *client, const struct job *job, struct problem *problem)
{
	struct json *payload = json_new_object();

	json_set_bool(payload, "termsOfServiceAgreed", true);
	if (*job->email != '\0')
		json_set(payload, "contact", account_contact(job));
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
	unsigned status;
	int ret;

	payload = new_account(client, job, problem);
	if (payload == NULL)
		return -1;
	ret = send_new_account(client, payload, &status, problem);
	json_free(payload);
	if (ret == 0)
		ret = account_save(client, job, NULL, problem);
	if (ret == 0)
		log_account(client, client_account(client), status);
	return ret;
}
