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
download(
    const struct order *order, struct client *client, struct problem *problem)
{
	struct pki_chain *chain;
	struct answer answer;
	struct error err;

	if (client_download(client, order->state.certificate, PEM_CHAIN,
	        &answer, problem) == -1)
		return NULL;
	chain = pki_chain_parse(answer.http.body, answer.http.body_len, &err);
	if (chain == NULL)
		problem_set(problem, PROBLEM_CERTIFICATE,
		    "the CA's certificate cannot be read: %s", err.msg);
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

int
certificate_deliver(const struct order *order, struct client *client,
    const struct job *job, struct problem *problem)
{
	struct pki_chain *chain;
	int ret;

	chain = download(order, client, problem);
	if (chain == NULL)
		return -1;
	ret = check(chain, order, job, problem);
	if (ret == 0)
		ret = deliver(chain, order->key, job, problem);
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
