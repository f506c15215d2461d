/* Finds the state directory of a configuration that may be full of mistakes. */

#include "base/xalloc.h"
#include "config/config.h"
#include "parse.h"

char *
config_find_state_dir(struct config_text *text)
{
	struct tree tree = { .arena = arena_new(0), .diag = diag_new() };
	const struct directive *directive;
	const char *dir = CONFIG_DEFAULT_STATE_DIR;
	char *copy;

	parse_text(&tree, text);
	directive = tree_find(tree.root, WORD_STATEDIR);
	if (directive != NULL && !directive->bad && directive->values != NULL)
		dir = directive->values->text;
	copy = xstrdup(dir);
	diag_free(tree.diag);
	arena_free(tree.arena);
	return copy;
}
