#ifndef PROBLEM_H
#define PROBLEM_H

/*
 * Why a job failed: what the CA said (RFC 9457, RFC 8555 section 6.7) or what
 * happened on the way to it, what that means for the next attempt, and what
 * the operator can do. Every step of the job has one as its last argument,
 * writes it on failure only, and returns -1 then.
 */

#include <stdint.h>

#include "base/error.h"
#include "ipc/job.h"

struct fetch_response;
struct json;

#define PROBLEM_URN "urn:ietf:params:acme:error:"

/*
 * X(id, URN suffix or our own word, enum job_failure, advice). The rows from
 * OTHER on are ours. The advice continues a line that ends in ". ".
 */
#define PROBLEMS(X)                                                            \
	X(ACCOUNT_DOES_NOT_EXIST, "accountDoesNotExist", JOB_LADDER, "")       \
	X(ALREADY_REPLACED, "alreadyReplaced", JOB_LADDER, "")                 \
	X(ALREADY_REVOKED, "alreadyRevoked", JOB_DAILY, "")                    \
	X(BAD_CSR, "badCSR", JOB_DAILY,                                        \
	    "Check the names and the KeyType of this certificate.")            \
	X(BAD_NONCE, "badNonce", JOB_LADDER, "")                               \
	X(BAD_PUBLIC_KEY, "badPublicKey", JOB_DAILY,                           \
	    "The CA does not accept this kind of key; choose another "         \
	    "KeyType.")                                                        \
	X(BAD_REVOCATION_REASON, "badRevocationReason", JOB_DAILY, "")         \
	X(BAD_SIGNATURE_ALGORITHM, "badSignatureAlgorithm", JOB_DAILY,         \
	    "The CA does not accept the account's kind of key.")               \
	X(CAA, "caa", JOB_DAILY,                                               \
	    "A CAA record of the domain forbids this CA; change the record.")  \
	X(COMPOUND, "compound", JOB_LADDER, "")                                \
	X(CONNECTION, "connection", JOB_LADDER,                                \
	    "Check that port 80 of the public address reaches this machine, "  \
	    "over IPv6 too if the name has an AAAA record.")                   \
	X(DNS, "dns", JOB_LADDER,                                              \
	    "Check that the name exists in public DNS and has the right "      \
	    "address.")                                                        \
	X(EXTERNAL_ACCOUNT_REQUIRED, "externalAccountRequired", JOB_DAILY,     \
	    "This CA needs an external account: EAB in the ACME section.")     \
	X(INCORRECT_RESPONSE, "incorrectResponse", JOB_LADDER,                 \
	    "Something else answers on port 80 of the name's address.")        \
	X(INVALID_CONTACT, "invalidContact", JOB_DAILY,                        \
	    "Correct the Email address.")                                      \
	X(INVALID_PROFILE, "invalidProfile", JOB_DAILY,                        \
	    "Correct the Profile, or leave it out.")                           \
	X(MALFORMED, "malformed", JOB_DAILY, "")                               \
	X(ORDER_NOT_READY, "orderNotReady", JOB_LADDER, "")                    \
	X(RATE_LIMITED, "rateLimited", JOB_GATE,                               \
	    "The CA's limit is reached; the next attempt waits as it asks.")   \
	X(REJECTED_IDENTIFIER, "rejectedIdentifier", JOB_DAILY,                \
	    "The CA does not issue for this name; use another name.")          \
	X(SERVER_INTERNAL, "serverInternal", JOB_LADDER,                       \
	    "The CA has a fault of its own.")                                  \
	X(TLS, "tls", JOB_LADDER,                                              \
	    "The CA could not make a TLS connection to the name's address.")   \
	X(UNAUTHORIZED, "unauthorized", JOB_LADDER,                            \
	    "Check that the name's public addresses, IPv4 and IPv6, lead to "  \
	    "this machine and that nothing else answers on port 80.")          \
	X(UNSUPPORTED_CONTACT, "unsupportedContact", JOB_DAILY,                \
	    "Use another Email address, or none.")                             \
	X(UNSUPPORTED_IDENTIFIER, "unsupportedIdentifier", JOB_DAILY,          \
	    "The CA does not issue for this kind of name or address.")         \
	X(USER_ACTION_REQUIRED, "userActionRequired", JOB_DAILY,               \
	    "Visit the page that the CA names.")                               \
	X(OTHER, "other", JOB_LADDER, "")                                      \
	X(PAUSED, "paused", JOB_DAILY,                                         \
	    "The CA has paused these names after too many failures: mend "     \
	    "what is wrong, then open the page that it names.")                \
	X(ACCOUNT, "account", JOB_DAILY,                                       \
	    "An account is made with the first certificate.")                  \
	X(CLOCK, "clock", JOB_LADDER,                                          \
	    "Set this machine's clock, and let NTP keep it right: a wrong "    \
	    "one makes certificates unusable.")                                \
	X(REFUSED, "refused", JOB_LADDER, "")                                  \
	X(TIMEOUT, "timeout", JOB_LADDER, "")                                  \
	X(OUTAGE, "outage", JOB_LADDER,                                        \
	    "The CA, or what stands before it, has a fault of its own.")       \
	X(UNREACHABLE, "unreachable", JOB_LOST,                                \
	    "Check this machine's internet connection and the CA's "           \
	    "Directory.")                                                      \
	X(INTERRUPTED, "interrupted", JOB_LOST,                                \
	    "Check this machine's internet connection.")                       \
	X(UNTRUSTED, "untrusted", JOB_LADDER,                                  \
	    "The CA's own HTTPS certificate is not trusted: check the CAFile " \
	    "and this machine's clock.")                                       \
	X(ANSWER, "answer", JOB_LADDER,                                        \
	    "This is no answer of an ACME server: check the Directory.")       \
	X(CHALLENGE, "challenge", JOB_DAILY,                                   \
	    "A name is proven by http-01 or tls-alpn-01 only where there is "  \
	    "a listener for it, and a wildcard only by dns-01, which needs a " \
	    "DDNS section whose provider can publish TXT records, or a "       \
	    "DNSHook.")                                                        \
	X(SELFCHECK, "selfcheck", JOB_LADDER,                                  \
	    "Something else answers at the address of this ListenHTTP, or "    \
	    "nothing does.")                                                   \
	X(HOOK, "hook", JOB_LADDER, "What the DNSHook said is in the log.")    \
	X(CERTIFICATE, "certificate", JOB_LADDER,                              \
	    "The certificate in service stays.")                               \
	X(STATE, "state", JOB_DAILY,                                           \
	    "What is stored for this certificate or its account is damaged.")  \
	X(LOCAL, "local", JOB_LADDER, "")

enum problem_type {
#define PROBLEM_ENUM(id, name, kind, advice) PROBLEM_##id,
	PROBLEMS(PROBLEM_ENUM)
#undef PROBLEM_ENUM
	    PROBLEM_COUNT
};

#define PROBLEM_DETAIL_SIZE 1024
#define PROBLEM_ADVICE_SIZE 384

/* Texts are printable ASCII without '"' and '\\', whatever the CA sent. */
struct problem {
	enum problem_type type;
	enum job_failure kind;
	unsigned status;     /* of the HTTP answer, 0 = it was none */
	int64_t retry_after; /* seconds, -1 = not told */
	char name[96];       /* the URN or our word */
	char detail[PROBLEM_DETAIL_SIZE];
	char advice[PROBLEM_ADVICE_SIZE]; /* instead of the type's; "" = none */
};

/* Each of these returns -1, so that `return problem_set(...)` reads well. */
int problem_set(struct problem *problem, enum problem_type type,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A request that got no answer. */
int problem_from_fetch(struct problem *problem, const struct error *err);

/* An answer of status 400 or more, or one that is not what it should be. */
int problem_from_answer(
    struct problem *problem, const struct fetch_response *res);

/* The `error` of an order or a challenge. */
int problem_from_json(struct problem *problem, const struct json *doc);

/* Puts "text: " in front of the detail. */
int problem_wrap(struct problem *problem, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Instead of the type's advice. */
void problem_advise(struct problem *problem, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What the operator can do, "" if nothing. */
const char *problem_advice(const struct problem *problem);

#endif
