#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

/*
 * A configuration as it is written: directives with their values, sections with
 * their directives. Everything lives in one arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "config/diag.h"
#include "schema.h"
#include "source.h"

struct value {
	struct config_pos pos;
	const char *text; /* once checked: lower case, path resolved … */
	int number;       /* once checked, of types that are one */
	uint64_t size;    /* the same with VALUE_SIZE */
	bool quoted;
	size_t offset; /* where it stands in the source … */
	size_t len;    /* … or 0 if it stands in none */
	struct value *next;
};

struct directive {
	struct config_pos pos;
	const char *name;             /* as written */
	const struct schema_row *row; /* NULL: not understood */
	enum scope scope;             /* of a section: where its words stand */
	struct source *source;
	struct value *values;
	unsigned nvalues;
	unsigned options; /* a set of enum option, taken off the values */
	const char *tag;  /* behind -tag; or NULL */
	bool refers;      /* it, or a line of it, to what a condition matched */
	bool negated;     /* behind Not */
	bool bad;         /* an error about it has been given */
	const struct directive *gateway; /* the Gateway that it comes from */
	struct directive *parent;
	struct directive *children;
	struct directive *next;

	struct value **values_tail;
	struct directive **tail;
};

struct tree {
	struct arena *arena;
	struct config_text *text;
	struct diag *diag;
	struct directive *root;  /* the top level */
	const char *include_dir; /* the last IncludeDir so far; or NULL */
};

/*
 * A path of this file, from the last IncludeDir or else from the directory of
 * the file, unless it is absolute.
 */
const char *tree_path(
    struct tree *tree, const struct source *source, const char *path);

/* A new last child; its parts in the file's order. */
struct directive *tree_add(struct tree *tree, struct directive *parent,
    const char *name, struct config_pos pos);

/* A new last value. */
struct value *tree_add_value(struct tree *tree, struct directive *directive,
    const char *text, struct config_pos pos);

/* The first child with this meaning, or NULL. */
struct directive *tree_find(const struct directive *section, enum word id);

/* Whether there was an error about the section or a line of it. */
bool tree_is_bad(const struct directive *section);

/* How many directives with this meaning there are, at any depth. */
unsigned tree_count(const struct directive *section, enum word id);

/* "line 12", or "other.conf:12" in a message about another file. */
const char *tree_where(
    struct tree *tree, struct config_pos pos, struct config_pos message);

/* The tree as text, secrets blanked. The caller frees. */
char *tree_print(const struct tree *tree);

#endif
