#ifndef CLIENT_H
#define CLIENT_H

/*
 * The ACME client as a speaker of the protocol: directory, nonces, signatures,
 * repetition. What is asked for is the caller's business.
 *
 * Reading (GET, POST-as-GET) is repeated up to three times when there was no
 * answer, or a 5xx one without Retry-After. A request that changes something is
 * sent once: nobody can know whether the CA acted on it, and the next job will
 * see. A refused nonce is no such case, the CA has looked no further; it is
 * answered with a fresh one, up to ten tries. (libcurl repeats by itself what
 * it sent on a kept-alive connection that was already dead. The nonce in it
 * keeps the CA from acting twice on that.)
 */

#include <stdbool.h>

#include "fetch/fetch.h"

struct directory;
struct job;
struct json;
struct pki_key;
struct problem;

struct client;

/* Reads the directory. */
struct client *client_new(const struct job *job, struct problem *problem);
void client_free(struct client *client);

const struct directory *client_directory(const struct client *client);

/* The account's key, from now on the client's, signs all that follows. */
void client_take_key(struct client *client, struct pki_key *key);
const struct pki_key *client_key(const struct client *client);

/* Is our clock within an hour of the CA's? The directory came with a date. */
int client_check_clock(const struct client *client, struct problem *problem);

/* The account's URL. Without it (NULL) requests carry the key itself. */
void client_set_account(struct client *client, const char *url);
const char *client_account(const struct client *client);

struct answer {
	struct fetch_response http; /* of status 2xx */
	struct json *doc;           /* NULL where no JSON was asked for */
};

void answer_release(struct answer *answer);

/*
 * A GET that is not signed, of JSON. With `patient` it is repeated as reading
 * is; without, it must succeed at once.
 */
int client_get(struct client *client, const char *url, bool patient,
    struct answer *answer, struct problem *problem);

/* A POST-as-GET; the answer is JSON. */
int client_read(struct client *client, const char *url, struct answer *answer,
    struct problem *problem);

/* The same for what is no JSON: the body is in answer->http. */
int client_download(struct client *client, const char *url,
    const char *media_type, struct answer *answer, struct problem *problem);

/* A POST that changes something. */
int client_write(struct client *client, const char *url,
    const struct json *payload, struct answer *answer, struct problem *problem);

/* The same where success is all that the answer says. */
int client_tell(struct client *client, const char *url,
    const struct json *payload, struct problem *problem);

#endif
