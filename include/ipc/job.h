#ifndef IPC_JOB_H
#define IPC_JOB_H

/*
 * What a certificate job and the supervisor must agree on beyond msg.def.
 *
 * JOB.names: host names and IP addresses, one space between two. JOB.key_type:
 * a word of PKI_KEY_TYPES, "" = P-256. The job exits 0 after CERT_ISSUED, 1
 * after JOB_FAILED or when the supervisor is gone.
 */

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
 * ours; .detail is one line for people. Both are printable ASCII that
 * log_escape() leaves alone. .retry_after is -1 if the CA named none, and may
 * come with every kind.
 */

#endif
