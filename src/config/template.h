#ifndef CONFIG_TEMPLATE_H
#define CONFIG_TEMPLATE_H

/*
 * Texts with parts that a request fills in: "$1", "${1}", "$1(2)", "$1(tag)"
 * for what the parts of a regular expression matched, "%[host]" and its like
 * for the request itself, "$$" and "$%" for the characters.
 */

#include "base/arena.h"
#include "config/config.h"

/*
 * The parts of a text, never none. NULL, with a reason, if it is not well
 * formed. What they point to is in the text or in the arena.
 */
struct config_part *template_parse(
    struct arena *arena, const char *text, const char **why);

/* Whether there is nothing to fill in: one part, which is the text. */
bool template_is_fixed(const struct config_part *parts);

/* Whether it refers to what a condition matched. */
bool template_refers(const struct config_part *parts);

#endif
