/* The values of a directive against its row: how many, and each of its type. */

#include "value.h"

#include <stdio.h>
#include <string.h>

#include "option.h"
#include "type.h"

static unsigned
count_types(const struct schema_row *row)
{
	unsigned n = 0;

	while (n < ROW_TYPES && row->types[n] != VALUE_NONE)
		n++;
	return n;
}

/* Which of the row's types the n-th of so many values has. */
static unsigned
type_index(const struct schema_row *row, unsigned n, unsigned nvalues)
{
	unsigned ntypes = count_types(row);

	if (nvalues < ntypes && (row->flags & ROW_SHORT) == 0)
		return n + ntypes - nvalues;
	return n < ntypes ? n : ntypes - 1;
}

bool
value_is_quoted(const struct directive *directive, unsigned n)
{
	unsigned i = type_index(directive->row, n, directive->nvalues);

	return type_is_quoted(directive->row->types[i]);
}

static void
list_choices(const struct schema_row *row, char *dst, size_t size)
{
	const char *const *choice;
	size_t len;

	len = (size_t)snprintf(dst, size, "one of ");
	for (choice = row->choices; *choice != NULL; choice++)
		len += (size_t)snprintf(dst + len, size - len, "%s%s", *choice,
		    choice[1] != NULL ? ", " : "");
}

char *
value_needs(
    const struct schema_row *row, unsigned n, char dst[VALUE_NEEDS_SIZE])
{
	enum value_type type = row->types[n];
	const char *needs = row->needs != NULL ? row->needs : type_needs(type);

	if (needs != NULL)
		snprintf(dst, VALUE_NEEDS_SIZE, "%s", needs);
	else if (row->choices != NULL)
		list_choices(row, dst, VALUE_NEEDS_SIZE);
	else if (type == VALUE_DURATION)
		snprintf(dst, VALUE_NEEDS_SIZE,
		    "a time from %ds to %dd, such as 90 or 1m30s", row->min,
		    DURATION_MAX / 86400);
	else
		snprintf(dst, VALUE_NEEDS_SIZE, "a number from %d to %d",
		    row->min, row->max);
	return dst;
}

static bool
check_count(struct tree *tree, struct directive *directive)
{
	const struct schema_row *row = directive->row;
	unsigned ntypes = count_types(row), most = ntypes, least = ntypes, n;
	const struct value *value = directive->values;
	char needs[VALUE_NEEDS_SIZE];

	if ((row->flags & (ROW_OPTIONAL | ROW_SHORT)) != 0)
		least--;
	if ((row->flags & ROW_MANY) != 0)
		most = ROW_VALUES_MAX;
	if (directive->nvalues < least) {
		diag_add(tree->diag, DIAG_ERROR, directive->pos,
		    "'%s' needs %s: %s", row->word,
		    value_needs(row, ntypes - 1, needs), row->help);
		return false;
	}
	if (directive->nvalues <= most)
		return true;
	for (n = 0; n < most; n++)
		value = value->next;
	if (most == 0)
		diag_add(tree->diag, DIAG_ERROR, value->pos,
		    "'%s' takes no value", row->word);
	else if ((row->flags & ROW_SECRET) != 0)
		diag_add(tree->diag, DIAG_ERROR, value->pos,
		    "'%s' takes %u value%s and this is one more", row->word,
		    most, most == 1 ? "" : "s");
	else
		diag_add(tree->diag, DIAG_ERROR, value->pos,
		    "'%s' takes %u value%s and '" SHOWN "' is one more; a text "
		    "with spaces stands in quotation marks",
		    row->word, most, most == 1 ? "" : "s", value->text);
	return false;
}

/* A sealed text must pass: its secrets are overwritten. */
static bool
is_blanked(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "*")] == '\0';
}

/* All that is around it may have the condition. */
static void
note_reference(struct directive *directive)
{
	for (; directive != NULL && !directive->refers;
	     directive = directive->parent)
		directive->refers = true;
}

static bool
check_value(struct tree *tree, struct directive *directive, struct value *value,
    unsigned index)
{
	const struct schema_row *row = directive->row;
	bool secret = value->next == NULL && (row->flags & ROW_SECRET) != 0;
	struct reading reading = {
		.tree = tree,
		.row = row,
		.options = directive->options,
		.source = directive->source,
		.value = value,
	};
	char needs[VALUE_NEEDS_SIZE];

	if ((secret && is_blanked(value->text)) ||
	    type_read(row->types[index], &reading)) {
		if (reading.refers)
			note_reference(directive);
		if (secret && value->len > 0)
			source_mark_secret(
			    directive->source, value->offset, value->len);
		return true;
	}
	value_needs(row, index, needs);
	if (secret)
		diag_add(tree->diag, DIAG_ERROR, value->pos,
		    "'%s' needs %s; this value is something else", row->word,
		    needs);
	else
		diag_add(tree->diag, DIAG_ERROR, value->pos,
		    "'%s' needs %s, not '" SHOWN "'%s%s%s", row->word, needs,
		    value->text, reading.why != NULL ? " (" : "",
		    reading.why != NULL ? reading.why : "",
		    reading.why != NULL ? ")" : "");
	return false;
}

void
value_check(struct tree *tree, struct directive *directive)
{
	const struct schema_row *row = directive->row;
	struct value *value;
	unsigned n = 0;

	options_take(tree, directive);
	if (directive->bad || !check_count(tree, directive)) {
		directive->bad = true;
		return;
	}
	for (value = directive->values; value != NULL; value = value->next, n++)
		if (!check_value(tree, directive, value,
		        type_index(row, n, directive->nvalues)))
			directive->bad = true;
}

int
value_default(struct tree *tree, const struct schema_row *row)
{
	struct value value = { .text = row->def };
	struct reading reading = { .tree = tree, .row = row, .value = &value };

	if (row->def != NULL)
		type_read(row->types[0], &reading);
	return value.number;
}
