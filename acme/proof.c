/* The answers to challenges: see proof.h. */

#include "proof.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "jws.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "problem.h"

/*
 * The name that a CA asks for in the handshake: of an address, the one in the
 * reverse tree (RFC 8738 section 6).
 */
static char *
handshake_name(const char *identifier)
{
	unsigned char a[sizeof(struct in6_addr)];
	struct buf name = { 0 };

	if (inet_pton(AF_INET, identifier, a) == 1)
		return xasprintf(
		    "%u.%u.%u.%u.in-addr.arpa", a[3], a[2], a[1], a[0]);
	if (inet_pton(AF_INET6, identifier, a) != 1)
		return xstrdup(identifier);
	for (size_t i = sizeof(a); i-- > 0;)
		buf_printf(&name, "%x.%x.", a[i] & 15u, a[i] >> 4);
	buf_append_str(&name, "ip6.arpa");
	buf_append(&name, "", 1);
	return buf_detach(&name, NULL);
}

/* A key of its own, and a certificate that says the digest. */
static char *
handshake_pair(const char *identifier,
    const unsigned char digest[PKI_SHA256_SIZE], struct error *err)
{
	struct pki_key *key = pki_key_generate(PKI_P256, err);
	char *key_pem, *cert = NULL, *pair = NULL;

	if (key == NULL)
		return NULL;
	key_pem = pki_key_pem(key, err);
	if (key_pem != NULL)
		cert =
		    pki_acme_proof(key, identifier, digest, clock_wall(), err);
	if (cert != NULL)
		pair = xasprintf("%s%s", key_pem, cert);
	free(cert);
	secret_free(key_pem);
	pki_key_free(key);
	return pair;
}

static char *
record_name(const char *identifier)
{
	if (strncmp(identifier, "*.", 2) == 0)
		identifier += 2;
	return xasprintf("_acme-challenge.%s", identifier);
}

static int
fill(struct proof *proof, const struct proof_claim *claim,
    const char *authorization, struct error *err)
{
	unsigned char digest[PKI_SHA256_SIZE];

	if (pki_sha256(authorization, strlen(authorization), digest, err) == -1)
		return -1;
	switch (claim->kind) {
	case JOB_HTTP_01:
		proof->name = xstrdup(claim->token);
		proof->answer = xstrdup(authorization);
		break;
	case JOB_TLS_ALPN_01:
		proof->name = handshake_name(claim->identifier);
		proof->answer = handshake_pair(claim->identifier, digest, err);
		break;
	case JOB_DNS_01:
		proof->name = record_name(claim->identifier);
		proof->answer = text_base64url(digest, sizeof(digest));
		break;
	case JOB_CHALLENGE_COUNT:
		break;
	}
	return proof->answer != NULL ? 0 : -1;
}

int
proof_make(struct proof *proof, const struct proof_claim *claim,
    struct problem *problem)
{
	struct proof made = { .kind = claim->kind };
	struct error err = { 0 };
	char *thumbprint, *authorization;
	int ret = -1;

	thumbprint = jws_thumbprint(claim->account, &err);
	if (thumbprint != NULL) {
		authorization = xasprintf("%s.%s", claim->token, thumbprint);
		ret = fill(&made, claim, authorization, &err);
		free(authorization);
	}
	free(thumbprint);
	if (ret == 0) {
		*proof = made;
		return 0;
	}
	proof_release(&made);
	return problem_set(problem, PROBLEM_LOCAL,
	    "cannot make the challenge's answer: %s", err.msg);
}

void
proof_release(struct proof *proof)
{
	free(proof->name);
	secret_free(proof->answer);
	*proof = (struct proof){ .kind = JOB_CHALLENGE_COUNT };
}
