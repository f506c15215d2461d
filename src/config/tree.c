/* The tree of directives: growing it, finding in it, and writing it out. */

#include "tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "option.h"
#include "value.h"

#define BLANKED "********"
#define PRINT_MAX (256u * 1024 * 1024) /* never reached: see parse.c's bounds */

struct directive *
tree_add(struct tree *tree, struct directive *parent, const char *name,
    struct config_pos pos)
{
	struct directive *new = arena_alloc(tree->arena, sizeof(*new));

	new->pos = pos;
	new->name = name;
	new->tail = &new->children;
	new->values_tail = &new->values;
	new->parent = parent;
	if (parent != NULL) {
		new->source = parent->source;
		new->gateway = parent->gateway;
		*parent->tail = new;
		parent->tail = &new->next;
	}
	return new;
}

const char *
tree_path(struct tree *tree, const struct source *source, const char *path)
{
	char *resolved;

	if (path[0] != '/' && tree->include_dir != NULL)
		return arena_printf(
		    tree->arena, "%s/%s", tree->include_dir, path);
	resolved = source_resolve(source, path);
	path = arena_strdup(tree->arena, resolved);
	free(resolved);
	return path;
}

struct value *
tree_add_value(struct tree *tree, struct directive *directive, const char *text,
    struct config_pos pos)
{
	struct value *new = arena_alloc(tree->arena, sizeof(*new));

	new->pos = pos;
	new->text = text;
	*directive->values_tail = new;
	directive->values_tail = &new->next;
	directive->nvalues++;
	return new;
}

struct directive *
tree_find(const struct directive *section, enum word id)
{
	struct directive *child;

	for (child = section->children; child != NULL; child = child->next)
		if (child->row != NULL && child->row->id == id)
			return child;
	return NULL;
}

bool
tree_is_bad(const struct directive *section)
{
	const struct directive *child;

	if (section->bad)
		return true;
	for (child = section->children; child != NULL; child = child->next)
		if (child->bad)
			return true;
	return false;
}

unsigned
tree_count(const struct directive *section, enum word id)
{
	const struct directive *child;
	unsigned n = 0;

	for (child = section->children; child != NULL; child = child->next) {
		if (child->row != NULL && child->row->id == id)
			n++;
		n += tree_count(child, id);
	}
	return n;
}

const char *
tree_where(struct tree *tree, struct config_pos pos, struct config_pos message)
{
	if (strcmp(pos.file, message.file) == 0)
		return arena_printf(tree->arena, "line %u", pos.line);
	return arena_printf(tree->arena, "%s:%u", pos.file, pos.line);
}

static void
add(struct buf *out, const char *text)
{
	int r = buf_append_str(out, text);

	assert(r == 0);
	(void)r;
}

static void
print_quoted(struct buf *out, const char *text)
{
	const char *p;

	add(out, "\"");
	for (p = text; *p != '\0'; p++) {
		char one[] = { *p, '\0' };

		if (*p == '"' || *p == '\\')
			add(out, "\\");
		add(out, one);
	}
	add(out, "\"");
}

static void
print_value(struct buf *out, const struct directive *directive, unsigned n,
    const struct value *value)
{
	if (value->next == NULL && (directive->row->flags & ROW_SECRET) != 0) {
		add(out, "\"" BLANKED "\"");
		return;
	}
	if (!value_is_quoted(directive, n)) {
		add(out, value->text);
		return;
	}
	print_quoted(out, value->text);
}

/* A line being printed: what stands before its next part. */
struct print {
	struct buf *out;
	const char *before;
};

static void
begin_part(struct print *print)
{
	add(print->out, print->before);
	print->before = " ";
}

static void
print_options(struct print *print, const struct directive *directive)
{
	unsigned i;

	for (i = 0; option_word(i) != NULL; i++) {
		if ((directive->options & 1u << i) == 0)
			continue;
		begin_part(print);
		add(print->out, option_word(i));
		if (1u << i != OPTION_TAG)
			continue;
		begin_part(print);
		print_quoted(print->out, directive->tag);
	}
}

/* Options stand before the last value, or alone before a list. */
static void
print_line(struct buf *out, const struct directive *line)
{
	bool bare = (line->row->flags & ROW_BARE) != 0;
	struct print print = { out, bare ? "" : "\t" };
	const struct value *value;
	unsigned n = 0;

	add(out, line->negated ? "Not " : "");
	add(out, bare ? "" : line->row->word);
	for (value = line->values; value != NULL; value = value->next) {
		if (value->next == NULL)
			print_options(&print, line);
		begin_part(&print);
		print_value(out, line, n++, value);
	}
	if (line->values == NULL)
		print_options(&print, line);
	add(out, "\n");
}

static void
print_section(
    struct buf *out, const struct directive *section, const char *indent)
{
	const struct directive *child;

	for (child = section->children; child != NULL; child = child->next) {
		if (child->row->id == WORD_INCLUDE ||
		    child->row->id == WORD_INCLUDEDIR ||
		    (child->row->flags & ROW_IGNORED) != 0)
			continue; /* what they brought is there */
		if (*indent == '\0' && child->row->opens != 0 &&
		    buf_len(out) > 0)
			add(out, "\n");
		add(out, indent);
		print_line(out, child);
		if (child->scope == 0)
			continue;
		print_section(out, child, indent - 1);
		add(out, indent);
		add(out, "End\n");
	}
}

char *
tree_print(const struct tree *tree)
{
	static const char tabs[] = "\t\t\t\t\t\t\t\t";
	struct buf out;

	buf_init(&out, PRINT_MAX);
	print_section(&out, tree->root, tabs + sizeof(tabs) - 1);
	add(&out, "");
	return buf_detach(&out, NULL);
}
