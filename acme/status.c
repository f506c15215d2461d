/* The words of ACME objects' states: see status.h. */

#include "status.h"

#include <string.h>

static const char *const words[] = {
#define ACME_STATUS_WORD(id, word) [ACME_##id] = word,
	ACME_STATUSES(ACME_STATUS_WORD)
#undef ACME_STATUS_WORD
	    [ACME_STATUS_COUNT] = "unknown",
};

enum acme_status
acme_status_parse(const char *word)
{
	unsigned i;

	for (i = 0; word != NULL && i < ACME_STATUS_COUNT; i++)
		if (strcmp(word, words[i]) == 0)
			return (enum acme_status)i;
	return ACME_STATUS_COUNT;
}

const char *
acme_status_word(enum acme_status status)
{
	return words[status];
}
