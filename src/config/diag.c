/*
 * The list of messages about a configuration. The stages of reading find their
 * errors at different times; each message is put where it belongs as it comes,
 * so that whoever prints them needs no order of his own.
 */

#include "config/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define MESSAGE_MAX 400 /* bytes of a message; a longer one ends in "..." */

struct message {
	enum diag_level level;
	unsigned rank; /* of its file, in the order of first messages */
	struct config_pos pos;
	char *line;
};

struct diag {
	struct message *messages;
	unsigned nmessages;
	unsigned count[DIAG_ERROR + 1];
	unsigned nfiles;
};

struct diag *
diag_new(void)
{
	struct diag *diag = xcalloc(1, sizeof(*diag));

	diag->messages = xcalloc(DIAG_MAX, sizeof(*diag->messages));
	return diag;
}

void
diag_free(struct diag *diag)
{
	unsigned i;

	if (diag == NULL)
		return;
	for (i = 0; i < diag->nmessages; i++)
		free(diag->messages[i].line);
	free(diag->messages);
	free(diag);
}

static unsigned
file_rank(struct diag *diag, const char *file)
{
	unsigned i;

	for (i = 0; i < diag->nmessages; i++)
		if (strcmp(diag->messages[i].pos.file, file) == 0)
			return diag->messages[i].rank;
	return diag->nfiles++;
}

static bool
is_after(const struct message *a, const struct message *b)
{
	if (a->rank != b->rank)
		return a->rank > b->rank;
	if (a->pos.line != b->pos.line)
		return a->pos.line > b->pos.line;
	return a->pos.column > b->pos.column;
}

static bool
is_known(const struct diag *diag, const char *line)
{
	unsigned i;

	for (i = 0; i < diag->nmessages; i++)
		if (strcmp(diag->messages[i].line, line) == 0)
			return true;
	return false;
}

static char *__attribute__((format(printf, 3, 0))) format_line(
    enum diag_level level, struct config_pos pos, const char *fmt, va_list args)
{
	char message[MESSAGE_MAX + sizeof("...")];

	if (vsnprintf(message, MESSAGE_MAX + 1, fmt, args) > MESSAGE_MAX)
		memcpy(message + MESSAGE_MAX, "...", sizeof("..."));
	return xasprintf("%s:%u:%u: %s%s", pos.file, pos.line, pos.column,
	    level == DIAG_WARNING ? "warning: " : "", message);
}

void
diag_add(struct diag *diag, enum diag_level level, struct config_pos pos,
    const char *fmt, ...)
{
	struct message new = { .level = level, .pos = pos };
	unsigned at;
	va_list args;

	va_start(args, fmt);
	new.line = format_line(level, pos, fmt, args);
	va_end(args);
	if (is_known(diag, new.line)) {
		free(new.line);
		return;
	}
	diag->count[level]++;
	if (diag->nmessages == DIAG_MAX) {
		free(new.line);
		return;
	}
	new.rank = file_rank(diag, pos.file);
	for (at = diag->nmessages; at > 0; at--)
		if (!is_after(&diag->messages[at - 1], &new))
			break;
	memmove(&diag->messages[at + 1], &diag->messages[at],
	    (diag->nmessages - at) * sizeof(new));
	diag->messages[at] = new;
	diag->nmessages++;
}

unsigned
diag_count(const struct diag *diag, enum diag_level level)
{
	return diag->count[level];
}

const char *
diag_line(const struct diag *diag, unsigned n)
{
	return n < diag->nmessages ? diag->messages[n].line : NULL;
}

enum diag_level
diag_level(const struct diag *diag, unsigned n)
{
	return diag->messages[n].level;
}
