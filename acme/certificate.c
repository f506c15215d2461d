/* Download, checks, delivery; and the placeholder. See certificate.h. */

#include "certificate.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "client.h"
#include "job.h"
#include "order.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "problem.h"
#include "renewal.h"
#include "supervisor.h"

#define PEM_CHAIN "application/pem-certificate-chain"
#define PLACEHOLDER_DAYS 90
#define HOUR_S 3600

/* Sends key and certificates as one text. */
static int
deliver(const struct pki_chain *chain, const struct pki_key *key,
    const struct job *job, struct problem *problem)
{
	struct error err;
	char *key_pem, *chain_pem = NULL, *pem;
	int ret = -1;

	key_pem = pki_key_pem(key, &err);
	if (key_pem != NULL)
		chain_pem = pki_chain_pem(chain, &err);
	if (chain_pem != NULL) {
		pem = xasprintf("%s%s", key_pem, chain_pem);
		supervisor_issued(job->supervisor, pem, pki_chain_info(chain));
		secret_free(pem);
		ret = 0;
	} else {
		problem_set(problem, PROBLEM_LOCAL,
		    "cannot write the certificate: %s", err.msg);
	}
	free(chain_pem);
	secret_free(key_pem);
	return ret;
}

static struct pki_chain *
parse(const struct answer *answer, struct problem *problem)
{
	struct pki_chain *chain;
	struct error err;

	chain = pki_chain_parse(answer->http.body, answer->http.body_len, &err);
	if (chain == NULL)
		problem_set(problem, PROBLEM_CERTIFICATE,
		    "the CA's certificate cannot be read: %s", err.msg);
	return chain;
}

/* A chain that the CA offers beside the first, if it is the one we want. */
static struct pki_chain *
try_alternate(const char *url, struct client *client, const struct order *order,
    const struct job *job)
{
	struct pki_chain *chain;
	struct problem problem;
	struct answer answer;

	if (client_download(client, url, PEM_CHAIN, &answer, &problem) == -1) {
		log_info("no alternate chain: %s", problem.detail);
		return NULL;
	}
	chain = parse(&answer, &problem);
	answer_release(&answer);
	if (chain != NULL && pki_chain_has_key(chain, order->key) &&
	    pki_chain_ends_at(chain, job->chain))
		return chain;
	pki_chain_free(chain);
	return NULL;
}

/* Replaces the chain by the preferred one, if the CA has that. */
static void
prefer(struct pki_chain **chain, const struct answer *first,
    struct client *client, const struct order *order, const struct job *job)
{
	struct pki_chain *other;
	char name[128];
	size_t i;

	if (*job->chain == '\0' || pki_chain_ends_at(*chain, job->chain))
		return;
	for (i = 0; i < first->http.nalternates; i++) {
		other = try_alternate(
		    first->http.alternates[i], client, order, job);
		if (other != NULL) {
			pki_chain_free(*chain);
			*chain = other;
			return;
		}
	}
	log_warn("no chain of the CA ends at %s; serving its first one",
	    log_escape(name, sizeof(name), job->chain, strlen(job->chain)));
}

static struct pki_chain *
download(const struct order *order, struct client *client,
    const struct job *job, struct problem *problem)
{
	struct pki_chain *chain;
	struct answer answer;

	if (client_download(client, order->state.certificate, PEM_CHAIN,
	        &answer, problem) == -1)
		return NULL;
	chain = parse(&answer, problem);
	if (chain != NULL)
		prefer(&chain, &answer, client, order, job);
	answer_release(&answer);
	return chain;
}

/* An order that was finished long ago has a certificate that is due again. */
static bool
is_stale(const struct pki_cert_info *info, int64_t now)
{
	return now - info->not_before > info->not_after - now;
}

static int
check(const struct pki_chain *chain, const struct order *order,
    const struct job *job, struct problem *problem)
{
	int64_t now = clock_wall();
	struct error err;

	if (pki_chain_check(chain, order->key, job_names(job), job->nnames, now,
	        &err) == -1)
		return problem_set(problem, PROBLEM_CERTIFICATE,
		    "the CA's certificate is not usable: %s", err.msg);
	if (order->resumed && is_stale(pki_chain_info(chain), now))
		return problem_set(problem, PROBLEM_CERTIFICATE,
		    "the certificate of the earlier order is too old");
	return 0;
}

static void
log_certificate(const struct pki_cert_info *info)
{
	char date[CLOCK_DATE_SIZE];

	log_info("certificate %s from %s is valid until %s", info->serial,
	    info->issuer, clock_date(date, info->not_after));
}

/* Nobody gets the pair of a dry run. */
static void
report(const struct pki_cert_info *info, const struct job *job)
{
	char date[CLOCK_DATE_SIZE];
	char *text;

	text = xasprintf("%s issued a certificate for %s, valid until %s; it "
	                 "was thrown away",
	    info->issuer, job->names[0], clock_date(date, info->not_after));
	supervisor_done(job->supervisor, text);
	free(text);
}

int
certificate_deliver(const struct order *order, struct client *client,
    const struct job *job, struct problem *problem)
{
	struct pki_chain *chain;
	int ret;

	chain = download(order, client, job, problem);
	if (chain == NULL)
		return -1;
	ret = check(chain, order, job, problem);
	if (ret == 0 && job->kind == JOB_DRY_RUN) {
		report(pki_chain_info(chain), job);
	} else if (ret == 0) {
		renewal_after_issue(chain, client, job);
		ret = deliver(chain, order->key, job, problem);
	}
	if (ret == 0)
		log_certificate(pki_chain_info(chain));
	pki_chain_free(chain);
	return ret;
}

int
certificate_placeholder(const struct job *job, struct problem *problem)
{
	int64_t now = clock_wall();
	struct pki_chain *chain = NULL;
	struct pki_key *key;
	struct error err;
	char *pem = NULL;
	int ret = -1;

	key = pki_key_generate(PKI_P256, &err);
	if (key != NULL)
		pem = pki_self_signed(key, job_names(job), job->nnames,
		    now - HOUR_S, now + PLACEHOLDER_DAYS * 24 * HOUR_S, &err);
	if (pem != NULL)
		chain = pki_chain_parse(pem, strlen(pem), &err);
	if (chain != NULL)
		ret = deliver(chain, key, job, problem);
	else
		problem_set(problem, PROBLEM_LOCAL,
		    "cannot make a placeholder certificate: %s", err.msg);
	pki_chain_free(chain);
	free(pem);
	pki_key_free(key);
	return ret;
}
