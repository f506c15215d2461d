#ifndef API_H
#define API_H

/*
 * What the families share: a request over HTTPS, and what comes of its answer.
 * Reading an answer needs no network and no clock. No text of a refusal is
 * searched for secrets here: provider_blank() does that with all of them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "fetch/fetch.h"
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
	const char *strange; /* advice on an answer that is none; NULL = none */
	bool unsure; /* a 4xx without advice passes, where others stop */

	/*
	 * The status that the document means, where that is not the one that
	 * HTTP says, and the provider's explanation. Either may be NULL; doc
	 * may be.
	 */
	unsigned (*status)(unsigned status, const struct json *doc);
	const char *(*text)(const struct json *doc);
};

/* An interface and who asks. */
struct api {
	struct fetch *fetch;
	const struct ddns_job *job;
	const struct api_rules *rules;
	const char *server;          /* host and perhaps port */
	char *header;                /* "Name: value", or NULL */
	const char *user, *password; /* Basic, or NULL */
	const struct update *updates;
	size_t n; /* whose results an answer in words gives; 0 = unnamed */
};

/* Takes the header over. */
void api_init(struct api *api, struct fetch *fetch, const struct ddns_job *job,
    const struct api_rules *rules, char *header);
void api_release(struct api *api);

/* "Authorization: Bearer …" of the job's token; the caller frees. */
char *api_bearer(const struct ddns_job *job);

/* What to do about this status; NULL: it has no row. */
const char *api_advice_for(const struct api_rules *rules, unsigned status);

/*
 * 0 where the status (of the document, which may be NULL) means success; a
 * refusal otherwise.
 */
int api_check(const struct api *api, const struct fetch_response *res,
    const struct json *doc, struct refusal *refusal);

/* Whether a text is a page for people. */
bool api_is_html(const char *text);

/* 0 if the answer is a text, and neither empty nor a page for people. */
int api_check_text(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal);

/* What else will do as an answer; the document is then NULL. */
enum {
	API_EMPTY = 1,  /* nothing */
	API_MISSING = 2 /* 404: there is no such thing */
};

/*
 * The answer's document, which the caller frees. 0; -1: it is a refusal, or no
 * JSON. may: API_… bits.
 */
int api_read(const struct api *api, const struct fetch_response *res,
    unsigned may, struct json **doc, struct refusal *refusal);

/* A refusal in the provider's words. */
int api_refuse(const struct api *api, struct refusal *refusal,
    enum ddns_failure kind, const char *problem, const char *advice,
    const char *text);

/* The answer was none that the interface knows. */
int api_strange(
    const struct api *api, struct refusal *refusal, const char *what);

/* -1: there is no answer. Its host is in the refusal, and nothing of a path. */
int api_send(struct fetch *fetch, const struct fetch_request *request,
    struct fetch_response *res, struct refusal *refusal);

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
typedef int api_reader(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal);

/* Asks with GET and reads. The path is wiped and freed. */
int api_get(const struct api *api, char *path, api_reader *read,
    struct refusal *refusal);

/* Appends a part of a query, percent-encoded. */
void api_encode(struct buf *url, const char *text);

/* What the buffer holds, as a string that it keeps; "" if it is full. */
const char *api_string(struct buf *buf);

/*
 * As xasprintf(), but knows %s and %% alone, and what replaces %s is encoded as
 * a part of a path or of a query.
 */
char *api_path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * With more at its end: "?name=" or "&name=" with a value, unless that is NULL;
 * the same with the hosts, and commas between them; a text as it is. They take
 * the path.
 */
char *api_add(char *path, const char *name, const char *value);
char *api_add_hosts(
    char *path, const char *name, const struct update *updates, size_t n);
char *api_append(char *path, const char *text);

/* Ids that a provider gives, as texts: fit to be put into a path. */
#define API_ID_SIZE 65
bool api_is_id(const char *id);

/* The id that is this member, a text or a number. False: it has no fit one. */
bool api_id(const struct json *value, const char *member, char id[API_ID_SIZE]);

#endif
