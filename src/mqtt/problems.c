#include "problems.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "json/json.h"

const char *
problems_subject(const struct json *object)
{
	const char *name = json_text(json_at(json_get(object, "names"), 0));

	return name != NULL ? name : "?";
}

/* Frees the text. */
static void
add(struct json *problems, char *text)
{
	json_append(problems, json_new_string(text));
	free(text);
}

/* What is said of something that has a problem and an advice. */
static void
add_said(struct json *problems, const char *subject, const struct json *object)
{
	const char *problem = json_said(object, "problem");
	const char *advice = json_said(object, "advice");

	if (problem[0] != '\0')
		add(problems,
		    xasprintf("%s: %s%s%s", subject, problem,
		        advice[0] != '\0' ? ". " : "", advice));
}

static void
judge_workers(struct json *problems, const struct json *workers)
{
	for (size_t i = 0; i < json_count(workers); i++)
		if (json_is(json_at(workers, i), "state", "serving"))
			return;
	add(problems, xstrdup("no worker is serving"));
}

static void
judge_backend(struct json *problems, const struct json *backend)
{
	if (json_is(backend, "state", "down"))
		add(problems,
		    xasprintf("the backend %s is down: %s",
		        json_said(backend, "name"),
		        json_said(backend, "error")));
}

static void
judge_cert(struct json *problems, const struct json *cert, int64_t now)
{
	int64_t not_after = json_int(cert, "not_after", 0);
	const char *name = problems_subject(cert);

	if (json_is(cert, "source", "none") ||
	    json_is(cert, "source", "self-signed"))
		add(problems,
		    xasprintf(
		        "%s has no certificate from an authority yet", name));
	else if (not_after != 0 && not_after <= now)
		add(problems,
		    xasprintf("the certificate of %s has expired", name));
	if (json_is(cert, "state", "revoked"))
		add(problems,
		    xasprintf("the certificate of %s is revoked", name));
	if (json_said(cert, "problem")[0] != '\0')
		add_said(problems, name, cert);
	else if (json_int(cert, "failures", 0) > 0)
		add(problems, xasprintf("%s: the last attempt failed", name));
}

struct json *
problems_of(const struct json *status, int64_t now)
{
	const struct json *backends = json_get(status, "backends");
	const struct json *certs = json_get(status, "certificates");
	const struct json *sections = json_get(status, "ddns");
	struct json *problems = json_new_array();

	judge_workers(problems, json_get(status, "workers"));
	for (size_t i = 0; i < json_count(backends); i++)
		judge_backend(problems, json_at(backends, i));
	for (size_t i = 0; i < json_count(certs); i++)
		judge_cert(problems, json_at(certs, i), now);
	for (size_t i = 0; i < json_count(sections); i++)
		add_said(problems, problems_subject(json_at(sections, i)),
		    json_at(sections, i));
	add_said(problems, "port mapping", json_get(status, "portmap"));
	return problems;
}
