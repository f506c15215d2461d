#include "option.h"

#include <string.h>

#include "base/text.h"
#include "type.h"

static const struct {
	const char *word;
	unsigned excludes; /* what cannot stand beside it */
} options[] = {
	{ "-re", OPTIONS_HOW },
	{ "-exact", OPTIONS_HOW },
	{ "-beg", OPTIONS_HOW },
	{ "-end", OPTIONS_HOW },
	{ "-contain", OPTIONS_HOW },
	{ "-icase", OPTIONS_CASE },
	{ "-case", OPTIONS_CASE },
	{ "-file", 0 },
	{ "-forwarded", 0 },
};

#define NOPTIONS (sizeof(options) / sizeof(options[0]))

const char *
option_word(unsigned n)
{
	return n < NOPTIONS ? options[n].word : NULL;
}

static bool
is_option(const struct value *value)
{
	char letter = value->text[0] == '-' ? (char)(value->text[1] | 0x20) : 0;

	return !value->quoted && letter >= 'a' && letter <= 'z';
}

/* Of an option that is not allowed, or of none that is known. */
static const char *
why_not(size_t i)
{
	if (i == NOPTIONS)
		return "a Pound option that Gatehouse does not support yet";
	return 1u << i == OPTION_FORWARDED
	    ? "an option of conditions, and here is none"
	    : "an option of patterns, and here is none";
}

static void
take(struct tree *tree, struct directive *directive, const struct value *value)
{
	unsigned flags = directive->row->flags;
	unsigned allowed = (flags & ROW_FILE) != 0 ? OPTION_FILE : 0;
	size_t i = 0;

	if ((flags & ROW_PATTERN) != 0)
		allowed = ~(unsigned)OPTION_FORWARDED;
	else if (directive->row->id == WORD_ACL && (flags & ROW_CONDITION) != 0)
		allowed |= OPTION_FORWARDED;
	while (i < NOPTIONS &&
	    !text_ieq(value->text, strlen(value->text), options[i].word))
		i++;
	if (i == NOPTIONS || (allowed & 1u << i) == 0) {
		diag_add(tree->diag, DIAG_ERROR, value->pos,
		    "'" SHOWN "' is %s", value->text, why_not(i));
		directive->bad = true;
		return;
	} else if ((directive->options & options[i].excludes & ~(1u << i)) !=
	    0) {
		diag_add(tree->diag, DIAG_ERROR, value->pos,
		    "'" SHOWN "' does not go with the option before it",
		    value->text);
		directive->bad = true;
	}
	directive->options |= 1u << i;
}

void
options_take(struct tree *tree, struct directive *directive)
{
	struct value *value = directive->values;

	if ((directive->row->flags & ROW_SECRET) != 0)
		return;
	directive->values = NULL;
	directive->values_tail = &directive->values;
	directive->nvalues = 0;
	for (; value != NULL; value = value->next) {
		if (is_option(value)) {
			take(tree, directive, value);
			continue;
		}
		*directive->values_tail = value;
		directive->values_tail = &value->next;
		directive->nvalues++;
	}
	*directive->values_tail = NULL;
}
