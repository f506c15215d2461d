/*
 * The way from a text to a configuration: read, replace what stands for more
 * than itself, build. All of it happens even when there are errors, so that
 * they are all found at once.
 */

#include "config/config.h"

#include "build.h"
#include "expand.h"
#include "parse.h"

/* What config_parse() returns, with what it lives in. */
struct owned_config {
	struct config config;
	struct arena *arena;
};

/* NULL if there are errors. */
static struct owned_config *
read_config(struct config_text *text, struct tree *tree)
{
	struct owned_config *owned = arena_alloc(tree->arena, sizeof(*owned));

	owned->arena = tree->arena;
	parse_text(tree, text);
	expand_gateways(tree);
	build_config(tree, &owned->config);
	return diag_count(tree->diag, DIAG_ERROR) == 0 ? owned : NULL;
}

struct config *
config_parse(struct config_text *text, struct diag *diag)
{
	struct tree tree = { .arena = arena_new(0), .diag = diag };
	struct owned_config *owned = read_config(text, &tree);

	if (owned == NULL) {
		arena_free(tree.arena);
		return NULL;
	}
	return &owned->config;
}

void
config_free(struct config *config)
{
	if (config != NULL)
		arena_free(((struct owned_config *)config)->arena);
}

char *
config_expand(struct config_text *text, struct diag *diag)
{
	struct tree tree = { .arena = arena_new(0), .diag = diag };
	char *printed = NULL;

	if (read_config(text, &tree) != NULL)
		printed = tree_print(&tree);
	arena_free(tree.arena);
	return printed;
}
