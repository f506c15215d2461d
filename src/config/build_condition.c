/* Conditions, and the patterns in them and elsewhere. */

#include <string.h>

#include "build.h"
#include "option.h"
#include "pattern.h"

#define PATTERNS_MAX 1000 /* in one file */

static const struct {
	enum word id;
	enum config_condition_kind kind;
	enum option how;   /* without another option */
	enum option fixed; /* ICASE or CASE; 0: as IgnoreCase says */
} conditions[] = {
	{ WORD_HOST, COND_HOST, OPTION_EXACT, OPTION_ICASE },
	{ WORD_URL, COND_URL, OPTION_RE, 0 },
	{ WORD_CHECKURL, COND_URL, OPTION_RE, 0 },
	{ WORD_PATH, COND_PATH, OPTION_RE, 0 },
	{ WORD_QUERY, COND_QUERY, OPTION_RE, 0 },
	{ WORD_QUERYPARAM, COND_PARAMETER, OPTION_RE, 0 },
	{ WORD_METHOD, COND_METHOD, OPTION_EXACT, OPTION_CASE },
	{ WORD_HEADREQUIRE, COND_FIELD, OPTION_RE, OPTION_ICASE },
	{ WORD_HEADDENY, COND_FIELD, OPTION_RE, OPTION_ICASE },
	{ WORD_STRINGMATCH, COND_TEXT, OPTION_RE, 0 },
};

#define NCONDITIONS (sizeof(conditions) / sizeof(conditions[0]))

static const struct {
	enum option option;
	enum config_match how;
} matches[] = {
	{ OPTION_RE, MATCH_REGEX },
	{ OPTION_EXACT, MATCH_EXACT },
	{ OPTION_BEG, MATCH_BEGIN },
	{ OPTION_END, MATCH_END },
	{ OPTION_CONTAIN, MATCH_CONTAIN },
};

static const struct value *
last_value(const struct directive *line)
{
	const struct value *value = line->values;

	while (value->next != NULL)
		value = value->next;
	return value;
}

static void
free_regex(void *regex)
{
	regfree(regex);
}

/* Its row in the table, or NCONDITIONS. */
static size_t
find_kind(const struct directive *line)
{
	size_t i = 0;

	while (i < NCONDITIONS && conditions[i].id != line->row->id)
		i++;
	return i;
}

bool
build_is_regex(const struct directive *line)
{
	size_t i = line->row != NULL ? find_kind(line) : NCONDITIONS;
	unsigned how = line->options & OPTIONS_HOW;

	if (i == NCONDITIONS || line->row->id == WORD_CHECKURL)
		return false;
	return how == OPTION_RE || (how == 0 && conditions[i].how == OPTION_RE);
}

/* Whether something refers to it, in its service or its Rewrite. */
static bool
build_captures(const struct directive *line)
{
	const struct directive *section = line->parent, *around;

	if (!build_is_regex(line) || line->negated)
		return false;
	for (; (around = section->parent) != NULL; section = around)
		if (around->scope == SCOPE_GLOBAL ||
		    section->scope == SCOPE_SERVICE ||
		    (around->scope & SCOPE_LISTENER) != 0)
			break;
	return section->refers;
}

/* What a pattern stands in, for messages, and how it is meant. */
struct meaning {
	const char *word;
	struct config_pos pos;
	unsigned options; /* one of OPTIONS_HOW and one of OPTIONS_CASE */
	bool captures;
};

/* NULL, with an error given, if it is none. */
static struct config_pattern *
compile(struct build *build, const struct meaning *meaning, const char *text)
{
	struct config_pattern *pattern =
	    arena_alloc(build->arena, sizeof(*pattern));
	struct error err;
	size_t i = 0;

	while ((meaning->options & matches[i].option) == 0)
		i++;
	pattern->how = matches[i].how;
	pattern->ignore_case = (meaning->options & OPTION_ICASE) != 0;
	pattern->text = (struct slice){ text, strlen(text) };
	if (pattern->how != MATCH_REGEX && pattern->text.len <= PATTERN_MAX)
		return pattern;
	if (pattern_compile(&pattern->regex, text, pattern->ignore_case,
	        meaning->captures, &err) == -1) {
		diag_add(build->diag, DIAG_ERROR, meaning->pos,
		    "'%s' needs a regular expression, not '%.100s' (%s)",
		    meaning->word, text, err.msg);
		return NULL;
	}
	arena_on_free(build->arena, free_regex, &pattern->regex);
	return pattern;
}

/* The patterns of a file, one on each line. */
static struct config_pattern *
compile_file(
    struct build *build, const struct directive *line, struct meaning *meaning)
{
	struct config_pattern *first = NULL, **tail = &first;
	const struct value *value = last_value(line);
	struct file_lines lines;
	unsigned n = 0;
	char *text;

	build_watch(build, line, value);
	if (!build_open(build, line->source, value, &lines))
		return NULL;
	while ((text = build_next_line(build, &lines)) != NULL) {
		meaning->pos = lines.pos;
		if (n++ == PATTERNS_MAX) {
			diag_add(build->diag, DIAG_ERROR, lines.pos,
			    "more than %d patterns in one file", PATTERNS_MAX);
			break;
		}
		*tail = compile(build, meaning, text);
		if (*tail != NULL)
			tail = &(*tail)->next;
	}
	return first;
}

struct config_pattern *
build_patterns(
    struct build *build, const struct directive *line, unsigned usual)
{
	const struct value *value = last_value(line);
	struct meaning meaning = { line->row->word, value->pos, line->options,
		build_captures(line) };

	if ((meaning.options & OPTIONS_HOW) == 0)
		meaning.options |= usual & OPTIONS_HOW;
	if ((meaning.options & OPTIONS_CASE) == 0)
		meaning.options |= usual & OPTIONS_CASE;
	if (line->row->id == WORD_HOST)
		meaning.options =
		    (meaning.options & ~OPTIONS_CASE) | OPTION_ICASE;
	if ((line->options & OPTION_FILE) != 0)
		return compile_file(build, line, &meaning);
	return compile(build, &meaning, value->text);
}

/* IgnoreCase of the service around it, or else of the top level. */
static enum option
case_of(struct build *build, const struct directive *line)
{
	const struct directive *section = line->parent;

	while (section->scope != SCOPE_SERVICE && section->parent != NULL)
		section = section->parent;
	return build_number(build, section, WORD_IGNORECASE) != 0 ? OPTION_ICASE
	                                                          : OPTION_CASE;
}

/* "Header Host: name" and its like mean the host. */
static bool
is_about_host(const struct directive *line, const char **host, char *dst)
{
	if (line->row->id != WORD_HEADREQUIRE || line->nvalues != 1 ||
	    (line->options & ~(unsigned)OPTION_ICASE) != 0 ||
	    !pattern_is_host(line->values->text, dst))
		return false;
	*host = dst;
	return true;
}

static const struct config_pattern *
host_pattern(struct build *build, const char *host)
{
	struct config_pattern *pattern =
	    arena_alloc(build->arena, sizeof(*pattern));

	pattern->how = MATCH_EXACT;
	pattern->text.p = arena_strdup(build->arena, host);
	pattern->text.len = strlen(host);
	return pattern;
}

static void
build_simple(struct build *build, const struct directive *line, size_t i,
    struct config_condition *cond)
{
	char name[PATTERN_HOST_SIZE];
	const char *host;
	unsigned usual = conditions[i].how | conditions[i].fixed;

	cond->kind = conditions[i].kind;
	cond->negated = line->negated != (line->row->id == WORD_HEADDENY);
	cond->captures = build_captures(line);
	cond->tag = line->tag;
	cond->decoded = (line->options & OPTION_DECODE) != 0;
	if (is_about_host(line, &host, name)) {
		cond->kind = COND_HOST;
		cond->captures = false;
		cond->patterns = host_pattern(build, host);
		return;
	}
	if (conditions[i].fixed == 0)
		usual |= case_of(build, line);
	if (cond->kind == COND_TEXT)
		cond->text =
		    build_parts(build, line, line->values, line->values->text);
	else if (line->values->next != NULL)
		cond->name = (struct slice){ line->values->text,
			strlen(line->values->text) };
	cond->patterns = build_patterns(build, line, usual);
}

static struct config_condition *
build_match(struct build *build, const struct directive *section)
{
	struct config_condition *cond =
	    arena_alloc(build->arena, sizeof(*cond));

	cond->kind = section->values->number == 0 ? COND_ALL : COND_ANY;
	cond->negated = section->negated;
	cond->parts = build_conditions(build, section);
	if (cond->parts == NULL && !tree_is_bad(section))
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "'Match' has no condition in it");
	return cond;
}

static const struct config_users *
build_users(struct build *build, const struct directive *line)
{
	struct config_users **at = &build->config->users;
	const struct value *file = line->values;

	build_watch(build, line, file);
	while (*at != NULL && strcmp((*at)->file, file->text) != 0)
		at = &(*at)->next;
	if (*at == NULL) {
		*at = arena_alloc(build->arena, sizeof(**at));
		(*at)->pos = file->pos;
		(*at)->index = build->config->nusers++;
		(*at)->file = file->text;
	}
	return *at;
}

static struct named_condition *
find_named(const struct build *build, const char *name)
{
	struct named_condition *named = build->named;

	while (named != NULL && strcmp(named->name, name) != 0)
		named = named->next;
	return named;
}

/* In one Condition, only those above it are known: there is no circle. */
static void
build_eval(struct build *build, const struct directive *line,
    struct config_condition *cond)
{
	const struct named_condition *named =
	    find_named(build, line->values->text);

	cond->kind = COND_NAMED;
	if (named == NULL) {
		diag_add(build->diag, DIAG_ERROR, line->values->pos,
		    "there is no Condition '%.100s' %s", line->values->text,
		    line->parent->row != NULL &&
		            line->parent->row->id == WORD_CONDITION
		        ? "above this one"
		        : "at the top level");
		return;
	}
	cond->named = named->number;
	cond->parts = named->parts;
}

static void
build_rate(struct build *build, const struct directive *line,
    struct config_condition *cond)
{
	struct config_rate *rate = arena_alloc(build->arena, sizeof(*rate));
	const struct value *key = line->values;

	rate->id = build->nrates++;
	rate->interval = key->next->size;
	rate->burst = (unsigned)key->next->next->number;
	cond->kind = COND_RATE;
	cond->rate = rate;
	cond->text = build_parts(build, line, key, key->text);
}

/* A listener has a line of this name, too. */
static bool
is_cert_condition(const struct directive *line)
{
	return line->row->id == WORD_CLIENTCERT &&
	    (line->row->flags & ROW_CONDITION) != 0;
}

struct config_condition *
build_condition(struct build *build, const struct directive *line)
{
	struct config_condition *cond;
	size_t i;

	if (line->bad)
		return NULL;
	if (line->row->id == WORD_MATCH)
		return build_match(build, line);
	i = find_kind(line);
	if ((line->row->flags & ROW_CONDITION) == 0 && i == NCONDITIONS)
		return NULL;
	cond = arena_alloc(build->arena, sizeof(*cond));
	cond->negated = line->negated;
	if (is_cert_condition(line)) {
		int ca = build_client_ca(build, line);

		cond->kind = COND_CERT;
		cond->ca = ca >= 0 ? (unsigned)ca : 0;
		return cond;
	}
	if (line->row->id == WORD_ACL) {
		cond->kind = COND_CLIENT;
		cond->forwarded = (line->options & OPTION_FORWARDED) != 0;
		cond->acl = build_acl(build, line);
	} else if (line->row->id == WORD_BASICAUTH) {
		cond->kind = COND_USER;
		cond->users = build_users(build, line);
	} else if (line->row->id == WORD_EVAL)
		build_eval(build, line, cond);
	else if (line->row->id == WORD_TBF)
		build_rate(build, line, cond);
	else
		build_simple(build, line, i, cond);
	return cond;
}

struct config_condition *
build_conditions(struct build *build, const struct directive *section)
{
	struct config_condition *first = NULL, **tail = &first;
	const struct directive *line;

	for (line = section->children; line != NULL; line = line->next) {
		*tail = build_condition(build, line);
		if (*tail != NULL)
			tail = &(*tail)->next;
	}
	return first;
}

void
build_named(struct build *build)
{
	const struct directive *line = build->tree->root->children;
	unsigned n = 0;

	for (; line != NULL; line = line->next) {
		struct named_condition *new;

		if (line->bad || line->row->id != WORD_CONDITION)
			continue;
		if (find_named(build, line->values->text) != NULL)
			diag_add(build->diag, DIAG_ERROR, line->pos,
			    "there is a Condition '%.100s' already",
			    line->values->text);
		if (n == CONFIG_NAMED_MAX)
			diag_add(build->diag, DIAG_ERROR, line->pos,
			    "more than %d Conditions", CONFIG_NAMED_MAX);
		new = arena_alloc(build->arena, sizeof(*new));
		new->name = line->values->text;
		new->number = n++ % CONFIG_NAMED_MAX;
		new->parts = build_conditions(build, line);
		new->next = build->named;
		build->named = new;
		if (new->parts == NULL && !tree_is_bad(line))
			diag_add(build->diag, DIAG_ERROR, line->pos,
			    "'Condition' has no condition in it");
	}
}
