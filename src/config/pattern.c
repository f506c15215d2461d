/*
 * Patterns, compiled by libc. It takes whatever it is given, at any cost in
 * time and memory, so what is given to it is bounded here.
 */

#include "pattern.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "http/uri.h"

#define REPEATS_MAX 1000 /* the intervals of a pattern multiplied */

/* What "{2,5}" or "{,5}" repeats at most; 1 for a brace of other use. */
static uint64_t
interval_max(const char *brace)
{
	const char *number = brace[1] == ',' ? brace + 2 : brace + 1;
	uint64_t most = 1, n;
	size_t len;

	while ((len = strspn(number, "0123456789")) > 0) {
		if (!text_u64(number, len, REPEATS_MAX, &n))
			return REPEATS_MAX + 1;
		if (n > most)
			most = n;
		number += len;
		if (*number == ',')
			number++;
	}
	return most;
}

/*
 * libc copies what an interval repeats, within what another one repeats; and
 * twice what '+' repeats, which grows with what is already a repetition.
 */
static bool
repeats_too_much(const char *text)
{
	uint64_t repeats = 1;
	char before = '\0';

	for (; *text != '\0'; before = *text++) {
		if (*text == '{')
			repeats *= interval_max(text);
		else if (*text == '+' && before != '\0' &&
		    strchr(")+*?}", before) != NULL)
			repeats *= 2;
		if (repeats > REPEATS_MAX)
			return true;
	}
	return false;
}

/* Not part of these expressions, and exponential where libc has it anyway. */
static bool
has_back_reference(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text != '\\')
			continue;
		text++;
		if (*text >= '1' && *text <= '9')
			return true;
		if (*text == '\0')
			break;
	}
	return false;
}

int
pattern_compile(regex_t *regex, const char *text, bool ignore_case,
    bool captures, struct error *err)
{
	int flags = REG_EXTENDED | (captures ? 0 : REG_NOSUB) |
	    (ignore_case ? REG_ICASE : 0);
	char why[128];
	int r;

	if (strlen(text) > PATTERN_MAX)
		return error_set(
		    err, ERR_LIMIT, "longer than %d bytes", PATTERN_MAX);
	if (repeats_too_much(text))
		return error_set(err, ERR_LIMIT, "it repeats too much");
	if (has_back_reference(text))
		return error_set(
		    err, ERR_SYNTAX, "it refers back to a part of itself");
	r = regcomp(regex, text, flags);
	if (r == 0)
		return 0;
	regerror(r, regex, why, sizeof(why));
	return error_set(err, ERR_SYNTAX, "%s", why);
}

static bool
same(const struct config_pattern *pattern, const char *p)
{
	size_t len = pattern->text.len;

	return pattern->ignore_case ? text_ieq(p, len, pattern->text.p)
	                            : memcmp(p, pattern->text.p, len) == 0;
}

static bool
contains(const struct config_pattern *pattern, struct slice text)
{
	size_t i;

	if (!pattern->ignore_case)
		return memmem(text.p, text.len, pattern->text.p,
		           pattern->text.len) != NULL;
	for (i = 0; i + pattern->text.len <= text.len; i++)
		if (same(pattern, text.p + i))
			return true;
	return false;
}

static bool
looks_like(const struct config_pattern *pattern, struct slice text)
{
	size_t len = pattern->text.len;

	switch (pattern->how) {
	case MATCH_REGEX:
		break;
	case MATCH_EXACT:
		return text.len == len && same(pattern, text.p);
	case MATCH_BEGIN:
		return text.len >= len && same(pattern, text.p);
	case MATCH_END:
		return text.len >= len &&
		    same(pattern, text.p + text.len - len);
	case MATCH_CONTAIN:
		return contains(pattern, text);
	}
	return false;
}

/* Apart, for its buffer: regexec() wants a NUL behind the text. */
static __attribute__((noinline)) bool
regex_any(
    const struct config_pattern *pattern, struct slice text, regmatch_t *found)
{
	char copy[PATTERN_TEXT_MAX + 1];
	size_t len = text.len < PATTERN_TEXT_MAX ? text.len : PATTERN_TEXT_MAX;

	memcpy(copy, text.p, len);
	copy[len] = '\0';
	for (; pattern != NULL; pattern = pattern->next)
		if (pattern->how == MATCH_REGEX &&
		    regexec(&pattern->regex, copy,
		        found != NULL ? CONFIG_GROUPS : 0, found, 0) == 0)
			return true;
	return false;
}

bool
pattern_any(const struct config_pattern *patterns, struct slice text)
{
	const struct config_pattern *pattern;
	bool regex = false;

	for (pattern = patterns; pattern != NULL; pattern = pattern->next) {
		if (looks_like(pattern, text))
			return true;
		regex |= pattern->how == MATCH_REGEX;
	}
	return regex && regex_any(patterns, text, NULL);
}

bool
pattern_find(const struct config_pattern *patterns, struct slice text,
    regmatch_t found[CONFIG_GROUPS])
{
	return regex_any(patterns, text, found);
}

bool
pattern_is_host(const char *text, char host[PATTERN_HOST_SIZE])
{
	size_t len = 0, rest;

	text += *text == '^';
	if (strncasecmp(text, "Host", strlen("Host")) != 0)
		return false;
	text += strlen("Host");
	text += strspn(text, " \t");
	if (*text++ != ':')
		return false;
	text += strspn(text, " \t");
	rest = strlen(text);
	if (rest > 0 && text[rest - 1] == '$')
		rest--;
	while (rest > 0 && strchr(" \t", text[rest - 1]) != NULL)
		rest--;
	for (; rest > 0; text++, rest--) {
		if (text[0] == '\\' && rest > 1 && text[1] == '.')
			continue;
		if (len == PATTERN_HOST_SIZE - 1)
			return false;
		host[len++] = (char)tolower((unsigned char)*text);
	}
	host[len] = '\0';
	return uri_is_hostname(host, len, false);
}
