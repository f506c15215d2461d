/* Revocation by the account's key, or by the certificate's: see revoke.h. */

#include "revoke.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "client.h"
#include "directory.h"
#include "job.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "problem.h"
#include "supervisor.h"
#include "json/json.h"

#define REASON_MAX 10 /* RFC 5280 section 5.3.1 */

/* NULL on failure. */
static struct json *
new_request(const struct pki_chain *chain, const struct job *job,
    struct problem *problem)
{
	struct json *payload;
	unsigned char *der;
	uint64_t reason;
	struct error err;
	char *text;
	size_t len;

	if (*job->arg != '\0' &&
	    !text_u64(job->arg, strlen(job->arg), REASON_MAX, &reason)) {
		problem_set(problem, PROBLEM_BAD_REVOCATION_REASON,
		    "%s is no reason code", job->arg);
		return NULL;
	}
	if (pki_chain_leaf(chain, &der, &len, &err) == -1) {
		problem_set(problem, PROBLEM_LOCAL, "%s", err.msg);
		return NULL;
	}
	text = text_base64url(der, len);
	payload = json_new_object();
	json_set_str(payload, "certificate", text);
	if (*job->arg != '\0')
		json_set_int(payload, "reason", (int64_t)reason);
	free(text);
	free(der);
	return payload;
}

static int
by_account(struct client *client, const struct json *request,
    const struct job *job, struct problem *problem)
{
	if (account_open_existing(client, job, problem) == -1)
		return -1;
	return client_tell(
	    client, client_directory(client)->revoke_cert, request, problem);
}

static int
by_key(struct client *client, const struct json *request,
    const struct pki_chain *chain, const struct job *job,
    struct problem *problem)
{
	struct pki_key *key;
	struct error err;

	key = pki_key_parse(job->reuse_key, strlen(job->reuse_key), &err);
	if (key == NULL)
		return problem_set(problem, PROBLEM_STATE,
		    "the certificate's key cannot be read: %s", err.msg);
	if (!pki_chain_has_key(chain, key)) {
		pki_key_free(key);
		return problem_set(
		    problem, PROBLEM_STATE, "the key is not the certificate's");
	}
	client_take_key(client, key);
	client_set_account(client, NULL);
	return client_tell(
	    client, client_directory(client)->revoke_cert, request, problem);
}

static int
revoke(struct client *client, const struct pki_chain *chain,
    const struct job *job, struct problem *problem)
{
	struct json *request;
	int ret;

	if (*client_directory(client)->revoke_cert == '\0')
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA does not say where it revokes");
	request = new_request(chain, job, problem);
	if (request == NULL)
		return -1;
	ret = by_account(client, request, job, problem);
	if (ret == -1 && *job->reuse_key != '\0' &&
	    (problem->type == PROBLEM_UNAUTHORIZED ||
	        problem->type == PROBLEM_ACCOUNT ||
	        problem->type == PROBLEM_ACCOUNT_DOES_NOT_EXIST))
		ret = by_key(client, request, chain, job, problem);
	json_free(request);
	return ret;
}

static void
report(const struct pki_chain *chain, const char *how, const struct job *job)
{
	char *text =
	    xasprintf("certificate %s %s", pki_chain_info(chain)->serial, how);

	supervisor_done(job->supervisor, text);
	free(text);
}

int
revoke_job(const struct job *job, struct problem *problem)
{
	struct pki_chain *chain;
	struct client *client;
	struct error err;
	int ret = -1;

	chain =
	    pki_chain_parse(job->certificate, strlen(job->certificate), &err);
	if (chain == NULL)
		return problem_set(problem, PROBLEM_STATE,
		    "the certificate cannot be read: %s", err.msg);
	client = client_new(job, problem);
	if (client != NULL)
		ret = revoke(client, chain, job, problem);
	if (ret == 0) {
		report(chain, "is revoked", job);
	} else if (problem->type == PROBLEM_ALREADY_REVOKED) {
		report(chain, "was revoked before", job);
		ret = 0;
	}
	client_free(client);
	pki_chain_free(chain);
	return ret;
}
