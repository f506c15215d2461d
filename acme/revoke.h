#ifndef REVOKE_H
#define REVOKE_H

/* Taking a certificate back (RFC 8555 section 7.6). */

struct job;
struct problem;

/*
 * JOB_REVOKE, from the directory to the last word. The account signs; where
 * there is none, or it may not, the certificate's own key does, if it is given.
 */
int revoke_job(const struct job *job, struct problem *problem);

#endif
