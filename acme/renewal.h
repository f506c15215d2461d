#ifndef RENEWAL_H
#define RENEWAL_H

/*
 * When the CA would have a certificate renewed: ACME renewal information (RFC
 * 9773). The supervisor decides; this asks and reads.
 */

#include <stdint.h>

struct client;
struct job;
struct json;
struct pki_chain;
struct problem;

/* Long-term errors: the CA is asked again this much later (section 4.3.3). */
#define RENEWAL_RETRY_S (6 * 3600)

#define RENEWAL_PAGE_SIZE 512

struct renewal {
	int64_t start; /* seconds since the epoch; both 0: no window */
	int64_t end;
	int64_t retry_after; /* seconds until it is worth asking again */
	char page[RENEWAL_PAGE_SIZE]; /* that explains the window, "" = none */
};

/*
 * A RenewalInfo object and its Retry-After, -1 = none. The window must end
 * after its start (section 4.2); the page is left out unless it is harmless.
 */
int renewal_parse(struct renewal *renewal, const struct json *doc,
    int64_t retry_after, struct problem *problem);

/*
 * JOB_RENEWAL_INFO, from the directory on. An error that waiting does not mend
 * is an answer too: no window. Fails for what may be better soon.
 */
int renewal_job(const struct job *job, struct problem *problem);

/* Tells the supervisor the window of a new certificate, if the CA has one. */
void renewal_after_issue(const struct pki_chain *chain, struct client *client,
    const struct job *job);

/*
 * What `replaces` in an order is to say (section 5): the certificate in
 * service, if the CA knows of renewal information. NULL: nothing. The caller
 * frees.
 */
char *renewal_replaces(const struct client *client, const struct job *job);

#endif
