/*
 * The reader of directives. It never stops at an error: a line that is wrong is
 * kept as a bad directive, a word that is not understood still opens a section
 * if the lines below it look like one, and a section whose End was forgotten
 * ends where the next section cannot be inside it.
 */

#include "parse.h"

#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "lex.h"
#include "option.h"
#include "value.h"

/* A file being read, and why. */
struct file {
	struct source *source;
	struct config_pos
	    included;            /* at this Include; unset in the main file */
	const struct file *from; /* NULL: the main file */
	unsigned depth;
};

struct parser {
	struct tree *tree;
	struct diag *diag;
	struct config_text *text;
	const struct file *file;
	struct lexer lexer;
	struct directive *top;     /* what this file's lines belong to */
	struct directive *section; /* what is open just now */
	unsigned depth;
	unsigned ndirectives;
	bool stopped; /* a bound was reached: the rest is not read */
};

static void parse_file(struct parser *parser, const struct file *file);

static bool
is_end(const struct token *token)
{
	return token->kind == TOKEN_WORD &&
	    text_ieq(token->text, token->len, "End");
}

/* Another word that can only have been meant as End. */
static bool
is_nearly_end(const struct parser *parser, const struct token *token)
{
	enum scope scope = parser->section->scope;

	return parser->section != parser->top && scope != SCOPE_SKIPPED &&
	    schema_find(SCOPE_ANYWHERE, token->text) == NULL &&
	    schema_suggest(scope, token->text) == NULL &&
	    text_distance(token->text, "End") == 1;
}

static void
skip_line(struct parser *parser)
{
	struct token token;

	do
		token = lexer_next(&parser->lexer);
	while (token.kind != TOKEN_EOL && token.kind != TOKEN_EOF);
}

static void
stop(struct parser *parser, struct config_pos pos, const char *why)
{
	diag_add(
	    parser->diag, DIAG_ERROR, pos, "%s; the rest is not read", why);
	parser->stopped = true;
	parser->tree->root->bad = true;
}

static void
leave_section(struct parser *parser)
{
	parser->section = parser->section->parent;
	parser->depth--;
}

/* Directives that a section must hold; not asked of one with errors in it. */
static void
check_required(struct parser *parser, struct directive *section)
{
	char needs[VALUE_NEEDS_SIZE];
	const struct schema_row *row;
	unsigned i;

	if (tree_is_bad(section))
		return;
	for (i = 0; (row = schema_at(i)) != NULL; i++) {
		if ((row->flags & ROW_REQUIRED) == 0 ||
		    (row->scopes & section->scope) == 0 ||
		    tree_find(section, row->id) != NULL)
			continue;
		diag_add(parser->diag, DIAG_ERROR, section->pos,
		    "'%s' needs a line '%s' with %s", section->row->word,
		    row->word, value_needs(row, 0, needs));
		section->bad = true;
	}
}

static void
parse_end(struct parser *parser, const struct token *token)
{
	struct token next = lexer_next(&parser->lexer);

	if (next.kind == TOKEN_WORD || next.kind == TOKEN_STRING) {
		diag_add(parser->diag, DIAG_ERROR, next.pos,
		    "'End' stands alone on its line");
		skip_line(parser);
	}
	if (parser->section == parser->top) {
		diag_add(parser->diag, DIAG_ERROR, token->pos,
		    "'End' without a section that it could end");
		return;
	}
	check_required(parser, parser->section);
	leave_section(parser);
}

/* Ends the open section without its End. */
static void
leave_unended(struct parser *parser, const struct token *before)
{
	struct directive *section = parser->section;

	if (before == NULL)
		diag_add(parser->diag, DIAG_ERROR, section->pos,
		    "'%s' has no 'End'", section->name);
	else
		diag_add(parser->diag, DIAG_ERROR, section->pos,
		    "'%s' has no 'End' before '%s' on line %u", section->name,
		    before->text, before->pos.line);
	section->bad = true;
	leave_section(parser);
}

/* Whether the word may stand in the open section, for all that is known. */
static bool
fits(const struct parser *parser, const struct token *token)
{
	const struct directive *section = parser->section;

	if (section->scope == SCOPE_SKIPPED)
		return token->pos.column > section->pos.column;
	return schema_find(section->scope, token->text) != NULL;
}

/*
 * A section that cannot be inside the open one, but can be around it, shows
 * that an End was forgotten: unless it is indented as if it were inside.
 */
static void
leave_forgotten(struct parser *parser, const struct token *token)
{
	struct directive *inner, *outer = NULL;

	if (fits(parser, token) ||
	    token->pos.column > parser->section->pos.column)
		return;
	for (inner = parser->section; inner != parser->top && outer == NULL;
	     inner = inner->parent) {
		const struct schema_row *row =
		    schema_find(inner->parent->scope, token->text);

		if (row != NULL && row->opens != 0 &&
		    (row->flags & ROW_LATER) == 0)
			outer = inner->parent;
	}
	while (outer != NULL && parser->section != outer)
		leave_unended(parser, token);
}

static void
say_later(
    struct parser *parser, const struct schema_row *row, struct config_pos pos)
{
	diag_add(parser->diag, DIAG_ERROR, pos,
	    "'%s' is a Pound directive that Gatehouse does not support; %s",
	    row->word, row->help);
}

/*
 * The row of a word that has none where it stands, and what is wrong with it.
 * NULL if it cannot be told what it is.
 */
static const struct schema_row *
find_misplaced(struct parser *parser, const struct token *token)
{
	char places[SCHEMA_PLACES_SIZE], here[SCHEMA_PLACES_SIZE];
	enum scope scope = parser->section->scope;
	unsigned elsewhere = schema_scopes(token->text);
	const struct schema_row *row;

	if (elsewhere != 0) {
		row = schema_find(elsewhere, token->text);
		diag_add(parser->diag, DIAG_ERROR, token->pos,
		    "'%s' belongs %s, not %s", row->word,
		    schema_places(elsewhere, places),
		    schema_places(scope, here));
		return row;
	}
	row = schema_find(SCOPE_ANYWHERE, token->text);
	if (row != NULL) {
		say_later(parser, row, token->pos);
		return row;
	}
	row = schema_suggest(scope, token->text);
	if (row != NULL)
		diag_add(parser->diag, DIAG_ERROR, token->pos,
		    "unknown word '%s'; did you mean '%s'?", token->text,
		    row->word);
	else
		diag_add(parser->diag, DIAG_ERROR, token->pos,
		    "unknown word '%s'", token->text);
	return row;
}

/* Two names of a host contradict each other; two patterns may not. */
static bool
stands_once(const struct parser *parser, const struct directive *directive)
{
	unsigned how = OPTIONS_HOW & ~(unsigned)OPTION_EXACT;

	return !directive->negated && parser->section->scope != SCOPE_MATCH &&
	    (directive->options & (how | OPTION_FILE)) == 0;
}

static void
check_repetition(struct parser *parser, struct directive *directive)
{
	const struct directive *first = parser->section->children;

	if ((directive->row->flags & ROW_REPEATABLE) != 0 ||
	    !stands_once(parser, directive))
		return;
	while (first->row == NULL || first->row->id != directive->row->id ||
	    (first->options ^ directive->options) == OPTION_CIPHERSUITES ||
	    !stands_once(parser, first))
		first = first->next;
	if (first == directive)
		return;
	diag_add(parser->diag, DIAG_ERROR, directive->pos,
	    "'%s' is already given on %s", directive->row->word,
	    tree_where(parser->tree, first->pos, directive->pos));
	directive->bad = true;
}

/* What can be said about a directive whose word is where it may be. */
static void
check_directive(struct parser *parser, struct directive *directive)
{
	unsigned flags = directive->row->flags;

	if ((flags & ROW_LATER) != 0) {
		say_later(parser, directive->row, directive->pos);
		directive->bad = true;
	} else if ((flags & ROW_IGNORED) != 0)
		diag_add(parser->diag, DIAG_WARNING, directive->pos,
		    "'%s' has no effect: %s", directive->row->word,
		    directive->row->help);
	else {
		value_check(parser->tree, directive);
		check_repetition(parser, directive);
	}
}

static void
wipe(void *text)
{
	secret_wipe(text, strlen(text));
}

static void
read_values(struct parser *parser, struct directive *directive)
{
	const struct schema_row *row = directive->row;
	bool secret = row != NULL && (row->flags & ROW_SECRET) != 0;
	struct token token = lexer_next(&parser->lexer);

	while (token.kind == TOKEN_WORD || token.kind == TOKEN_STRING) {
		struct value *value = tree_add_value(
		    parser->tree, directive, token.text, token.pos);

		value->quoted = token.kind == TOKEN_STRING;
		value->offset = token.offset;
		value->len = token.len;
		directive->bad |= token.bad;
		if (secret)
			arena_on_free(parser->tree->arena, wipe, token.text);
		token = lexer_next(&parser->lexer);
	}
}

/* The next line is further to the right. */
static bool
looks_like_section(
    const struct parser *parser, const struct directive *directive)
{
	struct lexer ahead = parser->lexer;
	struct token token;

	ahead.diag = NULL;
	do
		token = lexer_next(&ahead);
	while (token.kind == TOKEN_EOL);
	return token.kind != TOKEN_EOF &&
	    token.pos.column > directive->pos.column;
}

/* Of a directive that opens a section. */
static enum scope
section_scope(const struct directive *directive)
{
	const struct value *value = directive->values;

	if (directive->row->id == WORD_REWRITE && value != NULL &&
	    text_ieq(value->text, strlen(value->text), "response"))
		return SCOPE_RESPONSE;
	return directive->row->opens;
}

/* A list that names another one or a file has no lines of its own. */
static bool
is_whole(const struct directive *directive)
{
	if (directive->row->id == WORD_TRUSTEDIP)
		return directive->nvalues > 0;
	if (directive->row->id != WORD_ACL)
		return false;
	return directive->parent->scope == SCOPE_GLOBAL
	    ? directive->nvalues > 1
	    : directive->nvalues > 0;
}

/* Where the words of the section stand that the directive opens; 0 = none. */
static enum scope
opened_scope(const struct parser *parser, const struct directive *directive)
{
	const struct schema_row *row = directive->row;

	if (row != NULL && is_whole(directive))
		return 0;
	if (row != NULL && row->opens != 0 &&
	    parser->section->scope != SCOPE_SKIPPED)
		return section_scope(directive);
	if (row != NULL && row->opens != 0)
		return SCOPE_SKIPPED;
	if (row != NULL && (row->flags & ROW_MAYBE) == 0)
		return 0;
	return looks_like_section(parser, directive) ? SCOPE_SKIPPED : 0;
}

/* What it includes already must not include it. */
static bool
includes_itself(struct parser *parser, const struct directive *directive,
    const struct file *file)
{
	const struct file *same = file->from;

	while (same != NULL && same->source != file->source)
		same = same->from;
	if (same == NULL)
		return false;
	diag_add(parser->diag, DIAG_ERROR, directive->values->pos,
	    "'%s' includes itself%s%s", directive->values->text,
	    same->from != NULL ? "; it is being read because of " : "",
	    same->from != NULL
	        ? tree_where(parser->tree, same->included, directive->pos)
	        : "");
	return true;
}

static void
include(
    struct parser *parser, const struct directive *directive, const char *path)
{
	const struct file *outer = parser->file;
	struct lexer lexer = parser->lexer;
	struct directive *top = parser->top;
	struct file file = {
		.included = directive->pos,
		.from = outer,
		.depth = outer->depth + 1,
	};
	struct error err;

	file.source = text_include(parser->text, outer->source, path, &err);
	if (file.source == NULL) {
		diag_add(parser->diag, DIAG_ERROR, directive->values->pos,
		    "cannot include %s", err.msg);
		return;
	}
	if (includes_itself(parser, directive, &file))
		return;
	parse_file(parser, &file);
	parser->file = outer;
	parser->lexer = lexer;
	parser->top = top;
}

/* All that the pattern matches, one after the other. */
static void
include_all(struct parser *parser, const struct directive *directive,
    const char *pattern)
{
	const struct source *list;
	struct error err;

	list = text_list(parser->text, parser->file->source, pattern, &err);
	if (list == NULL)
		diag_add(parser->diag, DIAG_ERROR, directive->values->pos,
		    "cannot include %s", err.msg);
	else
		for (size_t at = 0; at < list->len && !parser->stopped;
		     at += strlen(list->data + at) + 1)
			include(parser, directive, list->data + at);
}

static void
parse_include(struct parser *parser, const struct directive *directive)
{
	const char *path = directive->values->text;

	if (parser->file->depth == PARSE_INCLUDE_MAX) {
		diag_add(parser->diag, DIAG_ERROR, directive->pos,
		    "files include each other more than %d deep",
		    PARSE_INCLUDE_MAX);
		return;
	}
	if (parser->tree->include_dir != NULL)
		path = tree_path(parser->tree, parser->file->source, path);
	if (strpbrk(path, "*?[") != NULL)
		include_all(parser, directive, path);
	else
		include(parser, directive, path);
}

static void
enter_section(
    struct parser *parser, struct directive *directive, enum scope scope)
{
	if (parser->depth == PARSE_DEPTH_MAX) {
		stop(parser, directive->pos, "sections are nested too deeply");
		return;
	}
	directive->scope = scope;
	parser->section = directive;
	parser->depth++;
}

/* Finds out what a new directive is. What is skipped is bad from the start. */
static void
identify(struct parser *parser, struct directive *directive,
    const struct token *token)
{
	enum scope scope = parser->section->scope;

	directive->bad = token->bad || scope == SCOPE_SKIPPED;
	directive->row = schema_find(
	    scope == SCOPE_SKIPPED ? SCOPE_ANYWHERE : scope, token->text);
	if (directive->row == NULL && !directive->bad) {
		directive->row = find_misplaced(parser, token);
		directive->bad = true;
	}
}

/* Reads on past any Not, so that *token is what it is about. */
static bool
take_negations(struct parser *parser, struct token *token)
{
	enum scope scope = parser->section->scope;
	struct config_pos start = token->pos;
	bool negated = false;

	if ((scope & (SCOPE_CONDITIONS | SCOPE_SKIPPED)) == 0)
		return false;
	while (token->kind == TOKEN_WORD &&
	    text_ieq(token->text, strlen(token->text), "Not")) {
		*token = lexer_next(&parser->lexer);
		token->pos = start;
		negated = !negated;
	}
	return negated;
}

static void
check_negation(struct parser *parser, struct directive *directive)
{
	if (!directive->negated || directive->bad ||
	    (directive->row->flags & ROW_CONDITION) != 0)
		return;
	diag_add(parser->diag, DIAG_ERROR, directive->pos,
	    "'Not' needs a condition, and '%s' is none", directive->row->word);
	directive->bad = true;
}

static void
parse_directive(struct parser *parser, const struct token *token, bool negated)
{
	struct directive *directive;
	enum scope opens;

	if (parser->ndirectives++ == PARSE_DIRECTIVES_MAX) {
		stop(parser, token->pos, "too many directives");
		return;
	}
	leave_forgotten(parser, token);
	directive =
	    tree_add(parser->tree, parser->section, token->text, token->pos);
	directive->source = parser->file->source;
	directive->negated = negated;
	identify(parser, directive, token);
	check_negation(parser, directive);
	read_values(parser, directive);
	if (!directive->bad)
		check_directive(parser, directive);
	opens = opened_scope(parser, directive);
	if (opens != 0)
		enter_section(parser, directive, opens);
	else if (!directive->bad && directive->row->id == WORD_INCLUDE)
		parse_include(parser, directive);
	else if (!directive->bad && directive->row->id == WORD_INCLUDEDIR)
		parser->tree->include_dir = directive->values->text;
}

static void
parse_condition_or_other(struct parser *parser, struct token token)
{
	struct config_pos pos = token.pos;
	bool negated = take_negations(parser, &token);

	if (token.kind == TOKEN_WORD)
		parse_directive(parser, &token, negated);
	else {
		if (parser->section->scope != SCOPE_SKIPPED)
			diag_add(parser->diag, DIAG_ERROR, pos,
			    "'Not' needs a condition behind it");
		if (token.kind == TOKEN_STRING)
			skip_line(parser);
	}
}

/* A line of an ACL: addresses, and no word in front. */
static void
parse_bare(struct parser *parser, const struct token *token)
{
	struct directive *directive;
	struct value *value;

	if (parser->ndirectives++ == PARSE_DIRECTIVES_MAX) {
		stop(parser, token->pos, "too many directives");
		return;
	}
	directive =
	    tree_add(parser->tree, parser->section, token->text, token->pos);
	directive->source = parser->file->source;
	directive->row = schema_row(SCOPE_ACL, WORD_CIDR);
	directive->bad = token->bad;
	value =
	    tree_add_value(parser->tree, directive, token->text, token->pos);
	value->quoted = token->kind == TOKEN_STRING;
	read_values(parser, directive);
	if (!directive->bad)
		value_check(parser->tree, directive);
}

/* Words stand in an ACL only to end it, or by mistake to begin a section. */
static bool
is_bare(const struct parser *parser, const struct token *token)
{
	return parser->section->scope == SCOPE_ACL &&
	    (token->kind == TOKEN_STRING ||
	        (token->kind == TOKEN_WORD &&
	            schema_find(SCOPE_ANYWHERE, token->text) == NULL));
}

static void
parse_line(struct parser *parser, const struct token *token)
{
	if (is_end(token))
		parse_end(parser, token);
	else if (is_bare(parser, token))
		parse_bare(parser, token);
	else if (token->kind == TOKEN_WORD && is_nearly_end(parser, token)) {
		diag_add(parser->diag, DIAG_ERROR, token->pos,
		    "unknown word '%s'; did you mean 'End'?", token->text);
		parse_end(parser, token);
	} else if (token->kind == TOKEN_WORD)
		parse_condition_or_other(parser, *token);
	else {
		if (parser->section->scope != SCOPE_SKIPPED && !token->bad)
			diag_add(parser->diag, DIAG_ERROR, token->pos,
			    "a line begins with a word, not with a string");
		skip_line(parser);
	}
}

static void
parse_file(struct parser *parser, const struct file *file)
{
	struct token token;

	parser->file = file;
	parser->top = parser->section;
	lexer_init(
	    &parser->lexer, file->source, parser->tree->arena, parser->diag);
	for (;;) {
		token = lexer_next(&parser->lexer);
		if (token.kind == TOKEN_EOF || parser->stopped)
			break;
		if (token.kind != TOKEN_EOL)
			parse_line(parser, &token);
	}
	while (parser->section != parser->top) {
		if (parser->stopped) {
			parser->section->bad = true;
			leave_section(parser);
		} else
			leave_unended(parser, NULL);
	}
}

void
parse_text(struct tree *tree, struct config_text *text)
{
	struct parser parser = {
		.tree = tree,
		.diag = tree->diag,
		.text = text,
	};
	struct file file = { .source = text_main(text) };
	struct config_pos start = { file.source->name, 1, 1 };

	tree->text = text;
	tree->root = tree_add(tree, NULL, "", start);
	tree->root->source = file.source;
	tree->root->scope = SCOPE_GLOBAL;
	parser.section = tree->root;
	parse_file(&parser, &file);
}
