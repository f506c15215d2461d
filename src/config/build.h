#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

/*
 * From tree to configuration. The tree holds plain Pound-style directives by
 * now. Parts of it may be bad; then only those errors are added that do not
 * follow from them.
 */

#include "config/config.h"
#include "tree.h"

struct build {
	struct tree *tree;
	struct diag *diag;
	struct arena *arena;
	struct config *config;
	const struct config_acme *acme;
};

/* Fills the zeroed configuration; what it points to is in the tree's arena. */
void build_config(struct tree *tree, struct config *config);

/* For the parts of it: */

/* The value of a section's directive; NULL if it has none, or a bad one. */
const struct value *build_value(const struct directive *section, enum word id);

/* The same as a text, or NULL. */
const char *build_text(const struct directive *section, enum word id);

/* What the section says, or else the top level, or else the schema. */
int build_number(
    struct build *build, const struct directive *section, enum word id);

/* What to call a directive in a message: it may stand for a Gateway. */
const char *build_name(const struct directive *directive);

/*
 * Compiles a directive's pattern, which then lives as long as the arena. False,
 * with an error given, if it is none.
 */
bool build_pattern(struct build *build, const struct directive *directive,
    bool ignore_case, regex_t *regex);

/* The services of a section, in file order. */
struct config_service *build_services(
    struct build *build, const struct directive *section);

const struct config_acme *build_acme(struct build *build);

/* Every listener, and what they must have from each other. */
void build_listeners(struct build *build);

/* The certificates of a ListenHTTPS. */
void build_certs(struct build *build, const struct directive *section,
    struct config_listener *listener);

#endif
