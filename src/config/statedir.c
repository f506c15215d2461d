/*
 * The state directory of a configuration that may be full of mistakes, and what
 * the gateway and the `gatehouse` command both must call the same in it.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/config.h"
#include "parse.h"

#define ACCOUNT_NAME_MAX 80 /* of a directory URL, before its hash */

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

/* FNV-1a: tells URLs apart that look alike once they are file names. */
static uint32_t
short_hash(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

char *
config_account_dir(const char *directory)
{
	static const char kept[] = "abcdefghijklmnopqrstuvwxyz"
	                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.";
	const char *scheme = strstr(directory, "://");
	char name[ACCOUNT_NAME_MAX + 1];

	snprintf(
	    name, sizeof(name), "%s", scheme == NULL ? directory : scheme + 3);
	for (char *p = name; *p != '\0'; p++)
		if (strchr(kept, *p) == NULL)
			*p = '-';
	if (name[0] == '.')
		name[0] = '-';
	return xasprintf("%s-%08" PRIx32, name, short_hash(directory));
}
