#ifndef WORDS_H
#define WORDS_H

/*
 * Answers in words, as dyndns2 has them and as others took them over: "good
 * 192.0.2.1". Words that only some know are a list of their family.
 */

#include "api.h"

enum word_meaning { WORD_DONE, WORD_SAME, WORD_STOP, WORD_AGAIN };

/* An update's result, a word or a part of an answer. */
struct word {
	const char *text; /* NULL ends a list */
	enum word_meaning meaning;
	const char *says; /* to people; NULL: what the provider says */
	unsigned status;  /* that means the same; its advice comes first */
	const char *advice;
	int64_t retry_after; /* seconds, 0 = as the answer says */
};

/*
 * What an answer means: one line for each of the updates, or one for all. Its
 * first word decides, from the family's list (NULL: none) or that of dyndns2.
 * 1: at least one has changed; 0: all were so already; -1: refused, and the
 * first name that no later attempt can help decides. A refusal in words says
 * more than the status.
 */
int words_read(const struct api *api, const struct word *more,
    const struct fetch_response *res, struct refusal *refusal);

/* The same for an answer that contains one of a family's texts somewhere. */
int words_find(const struct api *api, const struct word *texts,
    const struct fetch_response *res, struct refusal *refusal);

/* What the word means that a document has as this text. */
int words_judge(const struct api *api, const struct word *more,
    const char *text, struct refusal *refusal);

/* A request with a key: "PATH?key=TOKEN&HOSTS=a,b&ip=…&ip6=…". */
struct words_query {
	const struct api_rules *rules;
	const char *path, *hosts;
	api_reader *read;
};

/* As struct family's all(). */
int words_update(const struct words_query *query, struct fetch *fetch,
    const struct ddns_job *job, const struct update *updates, size_t n,
    struct refusal *refusal);

#endif
