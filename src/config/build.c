/* The top level of a configuration, and what its parts have in common. */

#include "build.h"

#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "option.h"
#include "value.h"

#define WORKERS_AUTO_MAX 2 /* a home has no use for more */

const struct value *
build_value(const struct directive *section, enum word id)
{
	const struct directive *directive = tree_find(section, id);

	return directive != NULL && !directive->bad ? directive->values : NULL;
}

const char *
build_text(const struct directive *section, enum word id)
{
	const struct value *value = build_value(section, id);

	return value != NULL ? value->text : NULL;
}

int
build_number(struct build *build, const struct directive *section, enum word id)
{
	const struct value *value = build_value(section, id);

	if (value == NULL)
		value = build_value(build->tree->root, id);
	return value != NULL
	    ? value->number
	    : value_default(build->tree, schema_row(section->scope, id));
}

const char *
build_name(const struct directive *directive)
{
	return directive->gateway != NULL ? "Gateway" : directive->row->word;
}

/* more: what else is to be said if it cannot be read. */
static struct source *
find_source(struct build *build, const struct source *from,
    const struct value *path, const char *more)
{
	struct source *source;
	struct error err;

	source = text_include(build->tree->text, from, path->text, &err);
	if (source == NULL)
		diag_add(build->diag, DIAG_ERROR, path->pos, "cannot read %s%s",
		    err.msg, more);
	return source;
}

bool
build_read(struct build *build, const struct source *from,
    const struct value *path, size_t max, struct slice *text)
{
	const struct source *source = find_source(build, from, path, "");

	if (source == NULL)
		return false;
	if (source->len > max) {
		diag_add(build->diag, DIAG_ERROR, path->pos,
		    "'%.100s' has more than %zu bytes", path->text, max);
		return false;
	}
	*text = (struct slice){ source->data, source->len };
	return true;
}

bool
build_open(struct build *build, const struct source *from,
    const struct value *path, struct file_lines *lines)
{
	const struct source *source = find_source(build, from, path, "");

	if (source == NULL)
		return false;
	lines->rest = source->data;
	lines->end = source->data + source->len;
	lines->pos = (struct config_pos){ source->name, 0, 1 };
	return true;
}

void
build_watch(
    struct build *build, const struct directive *line, const struct value *path)
{
	struct config_watched **at = &build->config->watched;

	if ((line->options & OPTION_WATCH) == 0)
		return;
	while (*at != NULL && strcmp((*at)->path, path->text) != 0)
		at = &(*at)->next;
	if (*at != NULL)
		return;
	*at = arena_alloc(build->arena, sizeof(**at));
	(*at)->path = path->text;
}

char *
build_next_line(struct build *build, struct file_lines *lines)
{
	static const char blanks[] = " \t\r";

	while (lines->rest < lines->end) {
		const char *line = lines->rest;
		size_t left = (size_t)(lines->end - line);
		const char *newline = memchr(line, '\n', left);
		size_t len = newline != NULL ? (size_t)(newline - line) : left;

		lines->rest += len + (newline != NULL);
		lines->pos.line++;
		while (len > 0 && strchr(blanks, line[len - 1]) != NULL)
			len--;
		while (len > 0 && strchr(blanks, *line) != NULL) {
			line++;
			len--;
		}
		if (len > 0 && *line != '#')
			return arena_strndup(build->arena, line, len);
	}
	return NULL;
}

/* The one line of a file that a directive names; its text is in the source. */
static struct source *
read_line(struct build *build, const struct directive *line, size_t max,
    struct slice *text)
{
	static const char blanks[] = " \t\r\n";
	const struct value *path = line->values;
	struct source *source;

	source = text_credential(build->tree->text, path->text);
	if (source == NULL)
		source = find_source(build, line->source, path,
		    strchr(path->text, '/') != NULL
		        ? ""
		        : "; nor is it a credential of the service, which "
		          "only the service itself sees");
	if (source == NULL)
		return NULL;
	text->p = source->data + strspn(source->data, blanks);
	text->len = source->len - (size_t)(text->p - source->data);
	while (text->len > 0 && strchr(blanks, text->p[text->len - 1]) != NULL)
		text->len--;
	if (text->len > 0 && text->len <= max &&
	    memchr(text->p, '\n', text->len) == NULL &&
	    memchr(text->p, '\0', text->len) == NULL)
		return source;
	diag_add(build->diag, DIAG_ERROR, path->pos,
	    "'%s' needs a file with one line of up to %zu bytes",
	    line->row->word, max);
	return NULL;
}

static void
wipe(void *text)
{
	secret_wipe(text, strlen(text));
}

char *
build_read_secret(struct build *build, const struct directive *line, size_t max,
    bool last_word)
{
	struct slice text;
	struct source *source = read_line(build, line, max, &text);
	size_t begin = 0;
	char *copy;

	if (source == NULL)
		return NULL;
	copy = arena_strndup(build->arena, text.p, text.len);
	arena_on_free(build->arena, wipe, copy);
	if (last_word)
		for (begin = text.len;
		     begin > 0 && strchr(" \t", copy[begin - 1]) == NULL;)
			begin--;
	source_mark_secret(
	    source, (size_t)(text.p - source->data) + begin, text.len - begin);
	return copy;
}

const char *
build_secret(struct build *build, const struct directive *section,
    const struct build_secret_words *words, bool *bad)
{
	const struct directive *inlined = tree_find(section, words->inlined);
	const struct directive *line = tree_find(section, words->file);
	const char *text = NULL;

	if (line == NULL || line->bad)
		return build_text(section, words->inlined);
	if (inlined != NULL)
		diag_add(build->diag, DIAG_ERROR, line->pos,
		    "'%s' and %s say the same; leave one out", line->row->word,
		    inlined->row->word);
	else
		text = build_read_secret(build, line, words->max, false);
	if (text != NULL && !http_is_text(text)) {
		diag_add(build->diag, DIAG_ERROR, line->values->pos,
		    "'%s' needs a file without control characters",
		    line->row->word);
		text = NULL;
	}
	if (text == NULL)
		*bad = true;
	return text;
}

static struct config_pos
pos_of(const struct directive *section, enum word id)
{
	const struct value *value = build_value(section, id);

	return value != NULL ? value->pos : section->pos;
}

static unsigned
count_workers(int wanted)
{
	long cores;

	if (wanted > 0)
		return (unsigned)wanted;
	cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (cores < 1)
		return 1;
	return cores < WORKERS_AUTO_MAX ? (unsigned)cores : WORKERS_AUTO_MAX;
}

static void
build_top(struct build *build)
{
	const struct directive *root = build->tree->root;
	struct config *config = build->config;

	config->user = build_text(root, WORD_USER);
	config->user_pos = pos_of(root, WORD_USER);
	config->group = build_text(root, WORD_GROUP);
	config->group_pos = pos_of(root, WORD_GROUP);
	config->root_jail = build_text(root, WORD_ROOTJAIL);
	config->root_jail_pos = pos_of(root, WORD_ROOTJAIL);
	config->state_dir = build_text(root, WORD_STATEDIR);
	config->state_dir_pos = pos_of(root, WORD_STATEDIR);
	if (config->state_dir == NULL)
		config->state_dir =
		    schema_row(SCOPE_GLOBAL, WORD_STATEDIR)->def;
	config->pid_file = build_text(root, WORD_PIDFILE);
	config->log_facility = build_number(build, root, WORD_LOGFACILITY);
	config->log_tag = build_text(root, WORD_LOGTAG);
	config->access_log = build_text(root, WORD_ACCESSLOG);
	config->access_log_pos = pos_of(root, WORD_ACCESSLOG);
	config->daemonize = build_number(build, root, WORD_DAEMON) != 0;
	config->workers =
	    count_workers(build_number(build, root, WORD_WORKERS));
	config->alive = (unsigned)build_number(build, root, WORD_ALIVE);
	config->max_per_address =
	    (unsigned)build_number(build, root, WORD_MAXPERADDRESS);
	config->max_pending =
	    (unsigned)build_number(build, root, WORD_MAXPENDING);
	config->anonymise = tree_find(root, WORD_ANONYMISE) != NULL;
	config->grace = (unsigned)build_number(build, root, WORD_GRACE);
}

void
build_config(struct tree *tree, struct config *config)
{
	struct build build = {
		.tree = tree,
		.diag = tree->diag,
		.arena = tree->arena,
		.config = config,
	};
	const struct directive *root = tree->root;
	unsigned ncerts = tree_count(root, WORD_CERT) +
	    CONFIG_KEY_TYPES_MAX * tree_count(root, WORD_AUTOCERT);

	config->backends = arena_alloc(build.arena,
	    (tree_count(root, WORD_BACKEND) +
	        tree_count(root, WORD_EMERGENCY)) *
	        sizeof(*config->backends));
	config->certs =
	    arena_alloc(build.arena, ncerts * sizeof(*config->certs));
	config->directories = arena_alloc(build.arena,
	    (tree_count(root, WORD_SENDFILE) +
	        tree_count(root, WORD_ACMEFILES)) *
	        sizeof(*config->directories));
	build.client_cas = arena_alloc(
	    build.arena, CONFIG_CLIENT_CAS_MAX * sizeof(*build.client_cas));
	config->client_cas = build.client_cas;
	build_top(&build);
	build_ddns(&build);
	build_acmes(&build);
	config->acmes = build.acmes;
	build_acls(&build);
	build_named(&build);
	build_log_formats(&build);
	build_log_format(&build, root);
	build_shared(&build);
	build.trusted = build_trusted(&build, root);
	config->services = build_services(&build, root);
	build.nglobal_cert_conditions = build.ncert_conditions;
	build_listeners(&build);
	build_check_proofs(&build);
	config->status = build_status(&build);
	config->mqtt = build_mqtt(&build);
}
