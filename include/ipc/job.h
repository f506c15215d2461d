#ifndef IPC_JOB_H
#define IPC_JOB_H

/*
 * What a job and the supervisor must agree on beyond msg.def.
 *
 * JOB.names: host names and IP addresses, one space between two. JOB.key_type:
 * a word of PKI_KEY_TYPES, "" = P-256. JOB.challenges: words such as http-01,
 * one space between two, in the order in which they are to be tried.
 * JOB.http_address: where the gateway listens for plain HTTP, "" = nowhere.
 * JOB.certificate: the chain in service, PEM without its key. JOB.reuse_key:
 * the key that the next certificate is to have, "" = a new one; of a JOB_REVOKE
 * the certificate's own. ACCOUNT_SAVE.key: two keys while one takes the other's
 * place, "" when the account is no more. The job exits 0
 * after its last word (CERT_ISSUED, JOB_DONE, RENEWAL_INFO of a
 * JOB_RENEWAL_INFO), 1 after JOB_FAILED or when the supervisor is gone.
 */

/* JOB.kind. */
enum job_kind {
	JOB_ISSUE, /* ends with CERT_ISSUED; may say RENEWAL_INFO before */
	JOB_PLACEHOLDER,  /* a self-signed pair, without any CA: CERT_ISSUED */
	JOB_RENEWAL_INFO, /* asks the CA about `certificate`: RENEWAL_INFO */
	JOB_DRY_RUN,      /* as JOB_ISSUE, and the pair is thrown away */
	JOB_REVOKE,       /* `certificate`; arg = reason code: JOB_DONE */
	JOB_ACCOUNT,      /* arg = show, update, roll, deactivate: JOB_DONE */
	JOB_REACH,  /* proves one name in one way, gives that up: JOB_DONE */
	JOB_NOTIFY, /* POSTs arg, a JSON text, to `directory`: JOB_DONE */
	JOB_KIND_COUNT
};

/*
 * CHALLENGE_*.kind, what its name is and what the answer is.
 */
enum job_challenge {
	JOB_HTTP_01,     /* token: key authorization (RFC 8555 section 8.3) */
	JOB_TLS_ALPN_01, /* name in the handshake: PEM key and certificate */
	JOB_DNS_01,      /* name of the record: its value; no worker hears it */
	JOB_CHALLENGE_COUNT
};

/* JOB_FAILED.kind: when the next attempt makes sense. */
enum job_failure {
	JOB_LADDER, /* again soon, then ever later */
	JOB_GATE,   /* the CA named a moment: not before retry_after seconds */
	JOB_DAILY,  /* an operator must act first; at most daily */
	JOB_LOST,   /* the CA could not be reached, and has counted nothing */
	JOB_FAILURE_COUNT
};

/*
 * JOB_FAILED.problem is the problem's URN (RFC 8555 section 6.7), or a word of
 * ours; .detail is one line for people and .advice what they can do. All are
 * printable ASCII that log_escape() leaves alone. .retry_after is -1 if the CA
 * named none, and may come with every kind.
 */

#endif
