/* Edits of requests and responses, and Rewrite, which puts them under
 * conditions. */

#include <string.h>

#include "build.h"
#include "option.h"
#include "template.h"

#define EDITS_MAX 100     /* in one section */
#define CONSTANT_MAX 4096 /* bytes of a file */

static const struct {
	enum word id;
	enum config_edit_kind kind;
} edits[] = {
	{ WORD_ADDHEADER, EDIT_ADD },
	{ WORD_SETHEADER, EDIT_SET },
	{ WORD_DELETEHEADER, EDIT_DELETE },
	{ WORD_SETURL, EDIT_URL },
	{ WORD_SETPATH, EDIT_PATH },
	{ WORD_SETQUERY, EDIT_QUERY },
	{ WORD_SETQUERYPARAM, EDIT_PARAMETER },
	{ WORD_DELETEQUERY, EDIT_NO_QUERY },
};

#define NEDITS (sizeof(edits) / sizeof(edits[0]))

static struct slice
slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

/* How many conditions of a section a line may refer to, by a tag if given. */
static unsigned
count_captures(const struct directive *section, const struct directive *from,
    struct slice tag)
{
	const struct directive *line;
	unsigned n = 0;

	for (line = section->children; line != NULL; line = line->next) {
		if (line->scope == SCOPE_MATCH)
			n += count_captures(line, from, tag);
		else if (line != from && build_is_regex(line) &&
		    !line->negated &&
		    (tag.len == 0 ||
		        (line->tag != NULL && slice_eq(tag, line->tag))))
			n++;
	}
	return n;
}

static void
check_reference(struct build *build, const struct directive *line,
    const struct value *value, const struct config_part *part)
{
	const struct directive *section = line->parent;
	unsigned n = 0;

	for (;
	     section->parent != NULL && (section->scope & SCOPE_LISTENER) == 0;
	     section = section->parent)
		n += count_captures(section, line, part->text);
	if (n > part->back)
		return;
	if (part->text.len > 0)
		diag_add(build->diag, DIAG_ERROR, value->pos,
		    "'$%u(%.*s)': there is no regular expression with -tag "
		    "\"%.*s\" in the conditions around it",
		    part->group, (int)part->text.len, part->text.p,
		    (int)part->text.len, part->text.p);
	else
		diag_add(build->diag, DIAG_ERROR, value->pos,
		    "'$%u' refers to a regular expression that is not in the "
		    "conditions around it; '$$' is a dollar sign",
		    part->group);
}

/* The nearest Constant of this name, or NULL. */
static const struct directive *
find_constant(const struct directive *section, struct slice name)
{
	const struct directive *line;

	for (; section != NULL; section = section->parent)
		for (line = section->children; line != NULL; line = line->next)
			if (!line->bad && line->row->id == WORD_CONSTANT &&
			    slice_eq(name, line->values->text))
				return line;
	return NULL;
}

/* Puts its text in place of its name. */
static void
fill_constant(struct build *build, const struct directive *line,
    const struct value *value, struct config_part *part)
{
	const struct directive *constant = find_constant(line, part->text);
	const struct value *text;

	if (constant == NULL) {
		diag_add(build->diag, DIAG_ERROR, value->pos,
		    "there is no Constant '%.*s' around it",
		    (int)part->text.len, part->text.p);
		return;
	}
	text = constant->values->next;
	part->text = slice_of(text->text);
	if ((constant->options & OPTION_FILE) == 0)
		return;
	build_watch(build, constant, text);
	build_read(build, constant->source, text, CONSTANT_MAX, &part->text);
	while (part->text.len > 0 &&
	    strchr(" \t\r\n", part->text.p[part->text.len - 1]) != NULL)
		part->text.len--;
}

const struct config_part *
build_parts(struct build *build, const struct directive *line,
    const struct value *value, const char *text)
{
	struct config_part *parts, *part;
	const char *why;

	parts = template_parse(build->arena, text, &why);
	for (part = parts; part != NULL; part = part->next)
		if (part->kind == PART_GROUP)
			check_reference(build, line, value, part);
		else if (part->kind == PART_CONSTANT)
			fill_constant(build, line, value, part);
	return parts;
}

const struct config_part *
build_template(struct build *build, const struct directive *line,
    const struct value *value, const char *text, struct slice *fixed)
{
	const struct config_part *parts = build_parts(build, line, value, text);

	if (parts == NULL || !template_is_fixed(parts))
		return parts;
	*fixed = parts->text;
	return NULL;
}

/* "Name: value", checked when it was read. */
static void
split_field(
    struct build *build, const struct directive *line, struct config_edit *edit)
{
	static const char blanks[] = " \t";
	const char *text = line->values->text;
	size_t len = strcspn(text, ":");

	edit->name = slice_of(arena_strndup(build->arena, text, len));
	text += len + 1;
	text += strspn(text, blanks);
	len = strlen(text);
	while (len > 0 && strchr(blanks, text[len - 1]) != NULL)
		len--;
	text = arena_strndup(build->arena, text, len);
	edit->parts =
	    build_template(build, line, line->values, text, &edit->value);
}

static void
fill_target(struct build *build, const struct directive *line,
    const struct value *value, struct config_edit *edit)
{
	edit->encode = (line->options & OPTION_ENCODE) != 0;
	if (edit->encode)
		edit->parts = build_parts(build, line, value, value->text);
	else
		edit->parts = build_template(
		    build, line, value, value->text, &edit->value);
}

static void
fill_edit(
    struct build *build, const struct directive *line, struct config_edit *edit)
{
	const struct value *value = line->values;

	switch (edit->kind) {
	case EDIT_ADD:
	case EDIT_SET:
		split_field(build, line, edit);
		break;
	case EDIT_DELETE:
		edit->patterns =
		    build_patterns(build, line, OPTION_RE | OPTION_ICASE);
		break;
	case EDIT_URL:
	case EDIT_PATH:
	case EDIT_QUERY:
		fill_target(build, line, value, edit);
		break;
	case EDIT_PARAMETER:
		edit->name = slice_of(value->text);
		value = value->next;
		if (value == NULL) {
			edit->kind = EDIT_NO_PARAMETER;
			break;
		}
		fill_target(build, line, value, edit);
		break;
	case EDIT_NO_PARAMETER:
	case EDIT_NO_QUERY:
		break;
	}
}

/* NULL if the line is no edit, or a bad one. */
static struct config_edit *
build_edit(struct build *build, const struct directive *line)
{
	struct config_edit *edit;
	size_t i = 0;

	if (line->bad)
		return NULL;
	while (i < NEDITS && edits[i].id != line->row->id)
		i++;
	if (i == NEDITS)
		return NULL;
	edit = arena_alloc(build->arena, sizeof(*edit));
	edit->kind = edits[i].kind;
	fill_edit(build, line, edit);
	return edit;
}

static void
check_rewrite(struct build *build, const struct directive *section,
    const struct config_rule *first)
{
	const struct config_rule *rule;

	if (tree_is_bad(section))
		return;
	for (rule = first; rule->otherwise != NULL; rule = rule->otherwise)
		if (rule->conditions == NULL)
			diag_add(build->diag, DIAG_ERROR, section->pos,
			    "'Rewrite' has an 'Else' that is never reached: "
			    "what is before it has no condition");
}

/* Up to the next Else, which is returned, or to the end. */
static const struct directive *
build_branch(
    struct build *build, const struct directive *line, struct config_rule *rule)
{
	struct config_condition *conditions = NULL, **next = &conditions;
	struct config_edit *done = NULL, **tail = &done;

	for (; line != NULL; line = line->next) {
		if (!line->bad && line->row->id == WORD_ELSE)
			break;
		*next = build_condition(build, line);
		if (*next != NULL) {
			next = &(*next)->next;
			continue;
		}
		*tail = build_edit(build, line);
		if (*tail != NULL)
			tail = &(*tail)->next;
	}
	rule->conditions = conditions;
	rule->edits = done;
	return line;
}

/* A Rewrite: branches, each but the first behind an Else. */
static struct config_rule *
build_rewrite(struct build *build, const struct directive *section)
{
	struct config_rule *first = arena_alloc(build->arena, sizeof(*first));
	struct config_rule *rule = first;
	const struct directive *line = section->children;

	while ((line = build_branch(build, line, rule)) != NULL) {
		struct config_rule *next =
		    arena_alloc(build->arena, sizeof(*next));

		rule->otherwise = next;
		rule = next;
		line = line->next;
	}
	check_rewrite(build, section, first);
	return first;
}

static void
check_count(struct build *build, const struct directive *section)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < NEDITS; i++)
		n += tree_count(section, edits[i].id);
	if (n > EDITS_MAX)
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "'%s' has more than %d edits in it", section->row->word,
		    EDITS_MAX);
}

static bool
is_rewrite(const struct directive *line, enum scope scope)
{
	return line->row != NULL && line->row->id == WORD_REWRITE &&
	    line->scope == scope;
}

const struct config_rule *
build_rules(
    struct build *build, const struct directive *section, enum scope scope)
{
	struct config_rule *first = NULL, **tail = &first;
	const struct directive *line;

	check_count(build, section);
	for (line = section->children; line != NULL; line = line->next) {
		struct config_rule *rule = NULL;
		struct config_edit *edit = NULL;

		if (is_rewrite(line, scope))
			rule = build_rewrite(build, line);
		else if (scope == SCOPE_REQUEST)
			edit = build_edit(build, line);
		if (edit != NULL) {
			rule = arena_alloc(build->arena, sizeof(*rule));
			rule->edits = edit;
		}
		if (rule == NULL)
			continue;
		*tail = rule;
		tail = &rule->next;
	}
	return first;
}

struct config_pattern *
build_removals(struct build *build, const struct directive *section)
{
	struct config_pattern *first = NULL, **tail = &first;
	const struct directive *line;

	for (line = section->children; line != NULL; line = line->next) {
		if (line->bad || line->row->id != WORD_HEADREMOVE)
			continue;
		*tail = build_patterns(build, line, OPTION_RE | OPTION_ICASE);
		while (*tail != NULL)
			tail = &(*tail)->next;
	}
	return first;
}
