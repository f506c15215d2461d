#ifndef API_H
#define API_H

/*
 * What the families of providers with an interface of their own share: a
 * request over HTTPS, and what comes of its answer. Reading an answer needs no
 * network and no clock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "provider.h"

struct json;

/* What to do about an answer of this status. */
struct api_advice {
	unsigned status; /* 0 ends a list */
	const char *advice;
};

struct api_rules {
	const char *provider; /* as people write it: "deSEC" */
	const struct api_advice *advice;

	/*
	 * The status that the document means, where that is not the one that
	 * HTTP says, and the provider's explanation. Either may be NULL; doc
	 * may be.
	 */
	unsigned (*status)(unsigned status, const struct json *doc);
	const char *(*text)(const struct json *doc);
};

#define API_SECRETS_MAX 2

/* An interface and who asks. */
struct api {
	struct fetch *fetch;
	const struct api_rules *rules;
	const char *server;                   /* host and perhaps port */
	char *credential;                     /* "Name: value", or NULL */
	const char *secrets[API_SECRETS_MAX]; /* never shown; NULL = none */
	const char *user, *password;          /* Basic, or NULL */
};

/* Takes the credential over. */
void api_init(struct api *api, struct fetch *fetch, const struct ddns_job *job,
    const struct api_rules *rules, char *credential);
void api_release(struct api *api);

/* "Authorization: Bearer …" of the job's token; the caller frees. */
char *api_bearer(const struct ddns_job *job);

struct api_answer {
	unsigned status;
	int64_t retry_after; /* seconds, -1 = it did not say */
	const char *body;    /* NUL-terminated */
	size_t len;
};

/*
 * 0 where the status (of the document, which may be NULL) means success; a
 * refusal otherwise.
 */
int api_check(const struct api *api, const struct api_answer *answer,
    const struct json *doc, struct refusal *refusal);

/* What else will do as an answer; the document is then NULL. */
enum {
	API_EMPTY = 1,  /* nothing */
	API_MISSING = 2 /* 404: there is no such thing */
};

/*
 * The answer's document, which the caller frees. 0; -1: it is a refusal, or no
 * JSON. may: API_… bits.
 */
int api_read(const struct api *api, const struct api_answer *answer,
    unsigned may, struct json **doc, struct refusal *refusal);

/* Whether a text is a page for people. */
bool api_is_html(const char *text);

/* A refusal in the provider's words, which are left out if they are secret. */
int api_refuse(const struct api *api, struct refusal *refusal,
    enum ddns_failure kind, const char *problem, const char *advice,
    const char *text);

/* The answer was none that the interface knows. */
int api_strange(
    const struct api *api, struct refusal *refusal, const char *what);

struct api_request {
	const char *method;
	char *path; /* with its '/' and query; api_ask() wipes and frees it */
	struct json *body; /* NULL = none; the same */
	unsigned may;      /* as above */
};

/* doc may be NULL: what it says besides its success is of no interest. */
int api_ask(const struct api *api, const struct api_request *request,
    struct json **doc, struct refusal *refusal);

/* What an answer in words means, as struct family's update() says it. */
typedef int api_reader(const struct api *api, const struct api_answer *answer,
    struct refusal *refusal);

/* Asks with GET and reads. The path is wiped and freed. */
int api_get(const struct api *api, char *path, api_reader *read,
    struct refusal *refusal);

/*
 * As xasprintf(), but knows %s and %% alone, and what replaces %s is encoded as
 * a part of a path or of a query.
 */
char *api_path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* With "&name=value" at its end, unless the value is NULL. Takes the path. */
char *api_add(char *path, const char *name, const char *value);

/* Ids that a provider gives, as texts: fit to be put into a path. */
#define API_ID_SIZE 65
bool api_is_id(const char *id);

/* The id that is this member, a text or a number. False: it has no fit one. */
bool api_id(const struct json *value, const char *member, char id[API_ID_SIZE]);

#endif
