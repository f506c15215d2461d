/*
 * Problem documents and their meaning. The table of problem.h is all that this
 * program knows about a type of problem.
 */

#include "problem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fetch/fetch.h"
#include "json/json.h"

#define SUBPROBLEMS_MAX 8 /* that are shown */

static const struct {
	const char *name;
	enum job_failure kind;
	const char *advice;
} table[] = {
#define PROBLEM_ROW(id, name, kind, advice)                                    \
	[PROBLEM_##id] = { name, kind, advice },
	PROBLEMS(PROBLEM_ROW)
#undef PROBLEM_ROW
};

/* Appends what the size permits, in the characters that problem.h promises. */
static void
add(char *dst, size_t size, const char *text)
{
	size_t len = strlen(dst);
	bool cut = false;

	for (; *text != '\0'; text++) {
		char c = *text;

		if (len + 1 == size) {
			cut = true;
			break;
		}
		if (c == '"')
			c = '\'';
		else if (c == '\t' || c == '\r' || c == '\n')
			c = ' ';
		else if (c < ' ' || c > '~' || c == '\\')
			c = '?';
		dst[len++] = c;
	}
	dst[len] = '\0';
	if (cut)
		memcpy(dst + len - 3, "...", 3);
}

static void
add_detail(struct problem *problem, const char *text)
{
	add(problem->detail, sizeof(problem->detail), text);
}

static void
start(struct problem *problem, enum problem_type type)
{
	*problem = (struct problem){
		.type = type, .kind = table[type].kind, .retry_after = -1
	};
	if (type < PROBLEM_OTHER)
		add(problem->name, sizeof(problem->name), PROBLEM_URN);
	add(problem->name, sizeof(problem->name), table[type].name);
}

int
problem_set(
    struct problem *problem, enum problem_type type, const char *fmt, ...)
{
	char text[PROBLEM_DETAIL_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	start(problem, type);
	add_detail(problem, text);
	return -1;
}

int
problem_from_fetch(struct problem *problem, const struct error *err)
{
	enum problem_type type = PROBLEM_UNREACHABLE;

	switch (err->kind) {
	case ERR_TIMEOUT:
	case ERR_SYS:
		type = PROBLEM_INTERRUPTED;
		break;
	case ERR_NOTFOUND:
		type = PROBLEM_UNREACHABLE;
		break;
	case ERR_CRYPTO:
	case ERR_DENIED:
		type = PROBLEM_UNTRUSTED;
		break;
	case ERR_LIMIT:
	case ERR_SYNTAX:
	case ERR_PROTOCOL:
		type = PROBLEM_ANSWER;
		break;
	}
	return problem_set(problem, type, "%s", err->msg);
}

static enum problem_type
type_of(const char *urn)
{
	size_t prefix = strlen(PROBLEM_URN), i;

	if (urn == NULL || strncmp(urn, PROBLEM_URN, prefix) != 0)
		return PROBLEM_OTHER;
	for (i = 0; i < PROBLEM_OTHER; i++)
		if (strcmp(urn + prefix, table[i].name) == 0)
			return (enum problem_type)i;
	return PROBLEM_OTHER;
}

/* "; home.example.org: why", for each part of a problem. */
static void
add_subproblems(struct problem *problem, const struct json *list)
{
	size_t count = json_count(list), i;

	for (i = 0; i < count && i < SUBPROBLEMS_MAX; i++) {
		const struct json *sub = json_at(list, i);
		const char *name =
		    json_str(json_get(sub, "identifier"), "value");
		const char *urn = json_str(sub, "type");
		const char *why = json_str(sub, "detail");

		add_detail(problem, "; ");
		if (name != NULL) {
			add_detail(problem, name);
			add_detail(problem, ": ");
		}
		add_detail(problem,
		    why != NULL       ? why
		        : urn != NULL ? urn
		                      : "?");
		if (problem->type == PROBLEM_COMPOUND &&
		    table[type_of(urn)].kind == JOB_DAILY)
			problem->kind = JOB_DAILY;
	}
	if (count > SUBPROBLEMS_MAX)
		add_detail(problem, "; and more");
}

int
problem_from_json(struct problem *problem, const struct json *doc)
{
	const char *urn = json_str(doc, "type");
	const char *why = json_str(doc, "detail");
	const char *page = json_str(doc, "instance");

	start(problem, type_of(urn));
	if (problem->type == PROBLEM_OTHER && urn != NULL && *urn != '\0') {
		problem->name[0] = '\0';
		add(problem->name, sizeof(problem->name), urn);
	}
	if (why == NULL)
		why = json_str(doc, "title");
	add_detail(problem, why != NULL ? why : problem->name);
	if (page != NULL) {
		add_detail(problem, ", see ");
		add_detail(problem, page);
	}
	add_subproblems(problem, json_get(doc, "subproblems"));
	if (problem->kind == JOB_GATE)
		problem->kind = JOB_LADDER;
	return -1;
}

/*
 * Let's Encrypt pauses names that have failed for months. It calls that a rate
 * limit, but no waiting ends it: a person must visit a page.
 */
static void
notice_pause(struct problem *problem)
{
	if (problem->type != PROBLEM_RATE_LIMITED ||
	    strstr(problem->detail, "unpause") == NULL)
		return;
	problem->type = PROBLEM_PAUSED;
	problem->kind = table[PROBLEM_PAUSED].kind;
}

/* Some CAs forget the "problem+". */
static struct json *
parse_document(const struct fetch_response *res)
{
	struct json *doc;

	if (strcmp(res->content_type, "application/problem+json") != 0 &&
	    strcmp(res->content_type, "application/json") != 0)
		return NULL;
	doc = json_parse(res->body, res->body_len, NULL);
	if (json_str(doc, "type") != NULL)
		return doc;
	json_free(doc);
	return NULL;
}

int
problem_from_answer(struct problem *problem, const struct fetch_response *res)
{
	struct json *doc = NULL;

	if (res->status >= 400)
		doc = parse_document(res);
	if (doc != NULL)
		problem_from_json(problem, doc);
	else
		problem_set(problem,
		    res->status >= 500 ? PROBLEM_OUTAGE : PROBLEM_ANSWER,
		    "the CA answered %u with %s", res->status,
		    *res->content_type != '\0' ? res->content_type
		                               : "no content type");
	json_free(doc);
	problem->status = res->status;
	problem->retry_after = res->retry_after;
	notice_pause(problem);
	if (problem->type == PROBLEM_PAUSED)
		return -1;
	if (res->retry_after >= 0 &&
	    (res->status == 429 || res->status == 503 ||
	        table[problem->type].kind == JOB_GATE))
		problem->kind = JOB_GATE;
	return -1;
}

int
problem_wrap(struct problem *problem, const char *fmt, ...)
{
	char rest[PROBLEM_DETAIL_SIZE], text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(rest, problem->detail, sizeof(rest));
	problem->detail[0] = '\0';
	add_detail(problem, text);
	add_detail(problem, ": ");
	add_detail(problem, rest);
	return -1;
}

void
problem_advise(struct problem *problem, const char *fmt, ...)
{
	char text[PROBLEM_ADVICE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	problem->advice[0] = '\0';
	add(problem->advice, sizeof(problem->advice), text);
}

const char *
problem_advice(const struct problem *problem)
{
	if (problem->advice[0] != '\0')
		return problem->advice;
	/* As an answer this is about the account, not about the name. */
	if (problem->type == PROBLEM_UNAUTHORIZED && problem->status != 0)
		return "The CA does not let this account do that.";
	return table[problem->type].advice;
}
