#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

/*
 * From text to tree: sections, includes, words and values, each checked against
 * the schema as it is met.
 */

#include "config/text.h"
#include "tree.h"

#define PARSE_DEPTH_MAX 8
#define PARSE_INCLUDE_MAX 8
#define PARSE_DIRECTIVES_MAX 65536u

/*
 * Fills tree->root. Everything wrong is in tree->diag, and a tree that has
 * errors still has the rest of the directives.
 */
void parse_text(struct tree *tree, struct config_text *text);

#endif
