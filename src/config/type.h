#ifndef CONFIG_TYPE_H
#define CONFIG_TYPE_H

/* The types of values that the schema names. */

#include <stdbool.h>

#include "tree.h"

#define SHOWN "%.100s" /* a value in a message */

/* One value being read. */
struct reading {
	struct tree *tree;
	const struct schema_row *row;
	unsigned options; /* of its directive */
	const struct source *source;
	struct value *value;
	const char *why; /* what is wrong, where more can be said */
	bool refers;     /* to what a condition of its section matched */
};

/* Fills in what the value comes to. False if it is not of the type. */
bool type_read(enum value_type type, struct reading *reading);

/* Whether its values are written between quotation marks. */
bool type_is_quoted(enum value_type type);

/* What it takes, in words; NULL if that depends on the row. */
const char *type_needs(enum value_type type);

#endif
