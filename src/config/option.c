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
	{ "-ciphersuites", 0 },
	{ "-decode", 0 },
	{ "-tag", 0 },
	{ "-posix", OPTIONS_HOW },
	{ "-filewatch", 0 },
	{ "-encode", 0 },
};

#define PATTERN_CONDITION (ROW_PATTERN | ROW_CONDITION)
#define OPTIONS_FILE (OPTION_FILE | OPTION_WATCH)
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

/* What the row has. */
static unsigned
allowed_options(const struct schema_row *row)
{
	unsigned allowed = (row->flags & ROW_FILE) != 0 ? OPTIONS_FILE : 0;

	if ((row->flags & ROW_PATTERN) != 0)
		allowed |=
		    OPTIONS_HOW | OPTION_POSIX | OPTIONS_CASE | OPTIONS_FILE;
	if ((row->flags & PATTERN_CONDITION) == PATTERN_CONDITION)
		allowed |= OPTION_TAG;
	if (row->id == WORD_QUERYPARAM || row->id == WORD_PATH)
		allowed |= OPTION_DECODE;
	if (row->id == WORD_SETPATH || row->id == WORD_SETQUERYPARAM)
		allowed |= OPTION_ENCODE;
	if (row->id == WORD_ACL && (row->flags & ROW_CONDITION) != 0)
		allowed |= OPTION_FORWARDED;
	if (row->id == WORD_CIPHERS)
		allowed |= OPTION_CIPHERSUITES;
	return allowed;
}

static const char *
why_unknown(const char *text)
{
	if (text_ieq(text, strlen(text), "-pcre") ||
	    text_ieq(text, strlen(text), "-perl"))
		return "not supported: such an expression can take any time to "
		       "match; most mean the same without it";
	return "a Pound option that Gatehouse does not support yet";
}

static void
take(struct tree *tree, struct directive *directive, const struct value *value)
{
	unsigned allowed = allowed_options(directive->row);
	size_t i = 0;

	while (i < NOPTIONS &&
	    !text_ieq(value->text, strlen(value->text), options[i].word))
		i++;
	if (i == NOPTIONS || (allowed & 1u << i) == 0) {
		diag_add(tree->diag, DIAG_ERROR, value->pos,
		    "'" SHOWN "' is %s", value->text,
		    i < NOPTIONS ? "an option of other lines, not of this one"
		                 : why_unknown(value->text));
		directive->bad = true;
		return;
	} else if ((directive->options & options[i].excludes & ~(1u << i)) !=
	    0) {
		diag_add(tree->diag, DIAG_ERROR, value->pos,
		    "'" SHOWN "' does not go with the option before it",
		    value->text);
		directive->bad = true;
	}
	directive->options |= 1u << i == OPTION_POSIX ? OPTION_RE : 1u << i;
	if (1u << i == OPTION_WATCH)
		directive->options |= OPTION_FILE;
}

/* The name behind -tag, if that is it; returns the last value taken. */
static struct value *
take_tag(struct tree *tree, struct directive *directive, struct value *value)
{
	const struct value *name = value->next;

	if (directive->bad ||
	    !text_ieq(value->text, strlen(value->text), "-tag"))
		return value;
	if (name == NULL || name->text[0] == '\0' ||
	    name->text[strspn(name->text, "0123456789")] == '\0' ||
	    strchr(name->text, ')') != NULL) {
		diag_add(tree->diag, DIAG_ERROR, value->pos,
		    "'-tag' needs a name that is not a number");
		directive->bad = true;
		return value;
	}
	directive->tag = name->text;
	return value->next;
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
			value = take_tag(tree, directive, value);
			continue;
		}
		*directive->values_tail = value;
		directive->values_tail = &value->next;
		directive->nvalues++;
	}
	*directive->values_tail = NULL;
}
