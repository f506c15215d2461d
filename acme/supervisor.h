#ifndef SUPERVISOR_H
#define SUPERVISOR_H

/*
 * What the job says to the supervisor and waits for. Every function here ends
 * the process when the supervisor is gone or says something else: the job has
 * nobody to work for then, and what matters was saved before.
 */

#include <stdint.h>

struct chan;
struct pki_cert_info;
struct problem;
struct proof;
struct renewal;

/* Return when the state is on the disk. */
void supervisor_save_account(
    struct chan *supervisor, const char *key, const char *url);
void supervisor_save_order(
    struct chan *supervisor, const char *url, const char *key);

/*
 * Returns when every worker gives the answer, or the record is published. -1:
 * it cannot be.
 */
int supervisor_set_challenge(struct chan *supervisor, const struct proof *proof,
    struct problem *problem);
void supervisor_clear_challenge(
    struct chan *supervisor, const struct proof *proof);

/* Sleeps; with 0 it only checks that the supervisor is there. */
void supervisor_pause(struct chan *supervisor, int64_t ms);

/* When the CA would have the certificate renewed. */
void supervisor_informed(
    struct chan *supervisor, const struct renewal *renewal);

/* The last message is one of these, or supervisor_informed(). */
void supervisor_issued(
    struct chan *supervisor, const char *pem, const struct pki_cert_info *info);
void supervisor_done(struct chan *supervisor, const char *text);
void supervisor_failed(struct chan *supervisor, const struct problem *problem);

#endif
