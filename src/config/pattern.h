#ifndef CONFIG_PATTERN_H
#define CONFIG_PATTERN_H

/*
 * Patterns of the configuration: POSIX extended regular expressions without
 * what would make them cost more than a gateway can pay.
 */

#include <regex.h>
#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"

#define PATTERN_MAX 1024 /* bytes */

/* Compiles; the caller frees with regfree(). `captures`: for pattern_find(). */
int pattern_compile(regex_t *regex, const char *text, bool ignore_case,
    bool captures, struct error *err);

/*
 * Whether the text looks like any of them. A regular expression sees the first
 * PATTERN_TEXT_MAX bytes: more than the head of a request holds.
 */
#define PATTERN_TEXT_MAX (64u * 1024)
bool pattern_any(const struct config_pattern *patterns, struct slice text);

/* The same of regular expressions, and where in the text their parts match. */
bool pattern_find(const struct config_pattern *patterns, struct slice text,
    regmatch_t found[CONFIG_GROUPS]);

/*
 * If a HeadRequire pattern is "Host: name" with a plain name, in any spacing
 * and with or without anchors and escaped dots: copies the name, in lower case.
 */
#define PATTERN_HOST_SIZE 254
bool pattern_is_host(const char *text, char host[PATTERN_HOST_SIZE]);

#endif
