/* The request of `DDNS custom`, for providers that nobody here knows. */

#include <string.h>

#include "build_ddns.h"
#include "pattern.h"

/* A sealed text holds only as many asterisks. */
static bool
is_blanked(const char *text)
{
	return text[strspn(text, "*")] == '\0';
}

/* A text of `custom` that is filled in when it is used. */
static void
check_filled(const struct section *section, const struct directive *line)
{
	const struct config_ddns *ddns = section->ddns;
	const char *p = line->values->text, *lacks = NULL;

	if (is_blanked(p))
		return;
	for (; *p != '\0'; p++) {
		if (*p != '%')
			continue;
		p++;
		if (*p == '\0' || strchr("hi6upt%", *p) == NULL) {
			section_refuse(section, line->values->pos,
			    "'%s' has a '%%' that stands for nothing: there "
			    "are %%h %%i %%6 %%u %%p and %%t, and %%%% for one "
			    "'%%'",
			    line->row->word);
			return;
		}
		if (*p == 'u' && ddns->login == NULL)
			lacks = "Login";
		else if (*p == 'p' && ddns->password == NULL)
			lacks = "Password";
		else if (*p == 't' && ddns->token == NULL)
			lacks = "Token";
	}
	if (lacks != NULL && !tree_is_bad(section->at))
		section_refuse(section, line->values->pos,
		    "'%s' refers to a %s, and there is none", line->row->word,
		    lacks);
}

static void
check_success(const struct section *section)
{
	const struct value *value = build_value(section->at, WORD_SUCCESS);
	struct error err;
	regex_t regex;

	if (value == NULL)
		return;
	if (pattern_compile(&regex, value->text, false, false, &err) == 0)
		regfree(&regex);
	else
		section_refuse(section, value->pos,
		    "'Success' needs a regular expression, not '%.100s' (%s)",
		    value->text, err.msg);
}

void
section_custom(const struct section *section)
{
	struct config_ddns *ddns = section->ddns;
	const struct value *body = build_value(section->at, WORD_BODY);
	const char *method = build_text(section->at, WORD_METHOD);
	const struct directive *line;

	ddns->method =
	    method != NULL ? method : schema_row(SCOPE_DDNS, WORD_METHOD)->def;
	ddns->url = build_text(section->at, WORD_URL);
	ddns->headers = section_list(
	    section, WORD_HEADER, DDNS_HEADERS_MAX, &ddns->nheaders);
	ddns->success = build_text(section->at, WORD_SUCCESS);
	check_success(section);
	if (body != NULL) {
		ddns->body = body->text;
		if (strcmp(ddns->method, "GET") == 0)
			section_refuse(section, body->pos,
			    "'Body' needs a line 'Method' with POST, PUT or "
			    "PATCH");
	}
	for (line = section->at->children; line != NULL; line = line->next)
		if (!line->bad &&
		    (line->row->id == WORD_URL || line->row->id == WORD_BODY ||
		        line->row->id == WORD_HEADER))
			check_filled(section, line);
}
