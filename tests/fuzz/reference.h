#ifndef REFERENCE_H
#define REFERENCE_H

/*
 * What the harnesses of HTTP grammar share: a second opinion, in the form of
 * regular expressions over whole inputs, and places to cut an input at. Both
 * are deterministic, so that a finding can be repeated.
 */

#include <assert.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bracket expressions, without the brackets. */
#define TCHAR "!#$%&'*+.^_`|~0-9A-Za-z-"
#define TEXT "\t -~\x80-\xff"

#define FIELD_LINE "^[" TCHAR "]+:[" TEXT "]*$"

/* A pattern, compiled when it is first used. */
struct pattern {
	const char *text;
	int flags;
	bool compiled;
	regex_t regex;
};

/* The copy has a NUL behind it, which sanitizers require of such strings. */
static inline bool
matches(struct pattern *pattern, const void *data, size_t len)
{
	regmatch_t match = { .rm_so = 0, .rm_eo = (regoff_t)len };
	char *text = malloc(len + 1);
	int status;

	assert(text != NULL);
	memcpy(text, data, len);
	text[len] = '\0';
	if (!pattern->compiled) {
		status = regcomp(&pattern->regex, pattern->text,
		    REG_EXTENDED | REG_NOSUB | pattern->flags);
		assert(status == 0);
		pattern->compiled = true;
	}
	status = regexec(&pattern->regex, text, 1, &match, REG_STARTEND);
	free(text);
	return status == 0;
}

/* FNV-1a. */
static inline uint64_t
hash(const uint8_t *data, size_t size)
{
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = 0; i < size; i++)
		h = (h ^ data[i]) * 1099511628211u;
	return h;
}

#define CUTS 4 /* the last one is the end of the input */

/* Ascending places in an input, which its own bytes choose. */
static inline void
choose_cuts(const uint8_t *data, size_t size, size_t cuts[CUTS])
{
	uint64_t h = hash(data, size);
	size_t i, j, cut;

	for (i = 0; i < CUTS - 1; i++) {
		cut = (size_t)(h >> (20 * i) & 0xfffff) % (size + 1);
		for (j = i; j > 0 && cuts[j - 1] > cut; j--)
			cuts[j] = cuts[j - 1];
		cuts[j] = cut;
	}
	cuts[CUTS - 1] = size;
}

/* An allocation of exactly this size: a byte read beyond it is reported. */
static inline char *
exact_copy(const void *data, size_t size)
{
	char *copy = malloc(size);

	assert(copy != NULL || size == 0);
	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

#endif
