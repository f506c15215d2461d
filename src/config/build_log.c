/* What is logged of requests: LogFormat, LogLevel, LogSuppress. */

#include <string.h>

#include "build.h"
#include "logformat.h"

/* Where the n-th byte of a value stands: escapes are longer than they look. */
static struct config_pos
place_in(const struct directive *line, const struct value *value, size_t n)
{
	const char *raw = line->source->data + value->offset;
	struct config_pos pos = value->pos;
	size_t at = 0;

	for (; n > 0; n--)
		at += raw[at] == '\\' &&
		        (raw[at + 1] == '"' || raw[at + 1] == '\\')
		    ? 2
		    : 1;
	pos.column += (unsigned)at + value->quoted;
	return pos;
}

static struct config_log_format *
find_format(const struct build *build, const char *name)
{
	struct config_log_format *format = build->log_formats;

	while (format != NULL && strcmp(format->name, name) != 0)
		format = format->next;
	return format;
}

static void
build_format(struct build *build, const struct directive *line)
{
	const struct value *name = line->values, *text = name->next;
	struct config_log_format *format;
	struct logformat_fault fault;

	if (!logformat_is_name(name->text)) {
		diag_add(build->diag, DIAG_ERROR, name->pos,
		    "'LogFormat' needs a name of at most %d letters, digits, "
		    "'_', '-' and '.', not '%.100s'",
		    LOGFORMAT_NAME_MAX, name->text);
		return;
	}
	if (logformat_builtin(name->text) != NULL ||
	    find_format(build, name->text) != NULL) {
		diag_add(build->diag, DIAG_ERROR, name->pos,
		    "there is a log format '%s' already", name->text);
		return;
	}
	format = logformat_read(build->arena, text->text, &fault);
	if (format == NULL) {
		diag_add(build->diag, DIAG_ERROR,
		    place_in(line, text, fault.at), "'LogFormat': %s",
		    fault.what);
		return;
	}
	format->name = name->text;
	format->next = build->log_formats;
	build->log_formats = format;
}

void
build_log_formats(struct build *build)
{
	const struct directive *line;

	for (line = build->tree->root->children; line != NULL;
	     line = line->next)
		if (!line->bad && line->row->id == WORD_LOGFORMAT)
			build_format(build, line);
}

/* Made when it is first asked for. */
static const struct config_log_format *
use_builtin(struct build *build, const struct logformat_builtin *builtin)
{
	struct config_log_format *format;
	struct logformat_fault fault;

	if (builtin->text == NULL)
		return NULL;
	format = find_format(build, builtin->name);
	if (format != NULL)
		return format;
	format = logformat_read(build->arena, builtin->text, &fault);
	format->name = builtin->name;
	format->json = builtin->json;
	format->next = build->log_formats;
	build->log_formats = format;
	return format;
}

static bool
is_given_badly(const struct build *build, const char *name)
{
	const struct directive *line;

	for (line = build->tree->root->children; line != NULL;
	     line = line->next)
		if (line->row != NULL && line->row->id == WORD_LOGFORMAT &&
		    line->values != NULL &&
		    strcmp(line->values->text, name) == 0)
			return true;
	return false;
}

const struct config_log_format *
build_log_format(struct build *build, const struct directive *section)
{
	const struct value *value = build_value(section, WORD_LOGLEVEL);
	int level = build_number(build, section, WORD_LOGLEVEL);
	const struct logformat_builtin *builtin;
	const struct config_log_format *format;

	if (level >= 0)
		return use_builtin(build, logformat_level((unsigned)level));
	if (value == NULL)
		value = build_value(build->tree->root, WORD_LOGLEVEL);
	builtin = logformat_builtin(value->text);
	if (builtin != NULL)
		return use_builtin(build, builtin);
	format = find_format(build, value->text);
	if (format == NULL && !is_given_badly(build, value->text))
		diag_add(build->diag, DIAG_ERROR, value->pos,
		    "there is no LogFormat '%s'; built in are null, regular, "
		    "extended, vhost_combined, combined, detailed, full and "
		    "json",
		    value->text);
	return format;
}

/* "all", then the classes of statuses in their order, also by number. */
unsigned
build_log_suppress(const struct directive *section)
{
	const struct directive *line;
	const struct value *value;
	unsigned set = 0;

	for (line = section->children; line != NULL; line = line->next) {
		if (line->bad || line->row->id != WORD_LOGSUPPRESS)
			continue;
		for (value = line->values; value != NULL; value = value->next)
			set |= value->number == 0
			    ? CONFIG_LOG_SUPPRESS_ALL
			    : 1u << ((value->number - 1) % 5 + 1);
	}
	return set;
}
