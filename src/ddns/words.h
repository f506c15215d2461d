#ifndef WORDS_H
#define WORDS_H

/*
 * Answers in words, as dyndns2 has them and as others took them over: "good
 * 192.0.2.1". Words that only some know are explained by their family.
 */

#include "api.h"

/* An update's result, a word or a part of an answer. */
struct word {
	const char *text; /* NULL ends a list */
	int result;       /* as update() returns */
	enum ddns_failure kind;
	const char *advice;
	int64_t retry_after; /* -1 = as the answer says */
};

/*
 * What one answer means: the status, then its first word, from the family's
 * list (NULL: none) or that of dyndns2. As update().
 */
int words_read(const struct api *api, const struct word *more,
    const struct api_answer *answer, struct refusal *refusal);

/* The same for an answer that contains one of a family's texts somewhere. */
int words_find(const struct api *api, const struct word *texts,
    const struct api_answer *answer, struct refusal *refusal);

/* What the word means that a document has as this text. */
int words_judge(const struct api *api, const struct word *more,
    const char *text, struct refusal *refusal);

#endif
