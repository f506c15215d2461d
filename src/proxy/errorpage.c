#include "errorpage.h"

#include <string.h>

#include "answer.h"
#include "exchange.h"
#include "worker.h"

/*
 * Self-contained: nothing else can be fetched while the backend is down. The
 * manifest is what Home Assistant gives to anybody, so asking for it counts as
 * no failed login.
 */
static const char page[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<title>Waiting for Home Assistant</title>\n"
    "<style>\n"
    ":root{--ink:#1f2933;--soft:#617080;--paper:#f6f8fa;--line:#d7dfe7;"
    "--mark:#0b7fb8}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa7b4;"
    "--paper:#11161c;--line:#2b3541;--mark:#4db6e6}}\n"
    "html{height:100%}\n"
    "body{min-height:100%;margin:0;display:grid;place-items:center;"
    "background:var(--paper);color:var(--ink);"
    "font:1rem/1.5 system-ui,sans-serif}\n"
    "main{padding:2rem;max-width:24rem;text-align:center}\n"
    ".ring{width:3rem;height:3rem;margin:0 auto 1.5rem;border-radius:50%;"
    "border:.25rem solid var(--line);border-top-color:var(--mark);"
    "animation:turn 1.2s linear infinite}\n"
    "@keyframes turn{to{transform:rotate(1turn)}}\n"
    "@media(prefers-reduced-motion:reduce){.ring{animation:none}}\n"
    "h1{font-size:1.25rem;font-weight:600;margin:0 0 .5rem}\n"
    "p{margin:0;color:var(--soft)}\n"
    "</style>\n"
    "<main>\n"
    "<div class=\"ring\"></div>\n"
    "<h1>Home Assistant is not answering</h1>\n"
    "<p>It may be restarting. This page opens it as soon as it is back.</p>\n"
    "</main>\n"
    "<script>\n"
    "async function look() {\n"
    "  try {\n"
    "    const answer = await fetch('/manifest.json', {cache: 'no-store'});\n"
    "    if (answer.ok) return location.reload();\n"
    "  } catch {}\n"
    "  setTimeout(look, 3000);\n"
    "}\n"
    "setTimeout(look, 3000);\n"
    "</script>\n";

static const char json[] =
    "{\"message\":\"Home Assistant is not answering.\"}\n";

/* Whether an element of Accept begins with this media type. */
static bool
accepts(const struct exchange *ex, const char *type)
{
	const struct http_field *accept =
	    http_find(ex->req.fields, ex->req.nfields, HTTP_ACCEPT);
	struct slice rest, element;
	size_t len = strlen(type);

	if (accept == NULL)
		return false;
	rest = accept->value;
	while (http_list_next(&rest, &element))
		if (element.len >= len &&
		    slice_ieq((struct slice){ element.p, len }, type))
			return true;
	return false;
}

static const struct config_page *
find_page(const struct config_page *at, unsigned status)
{
	while (at != NULL && at->status != status)
		at = at->next;
	return at;
}

static void
put_page(struct answer *answer, const struct config_page *from)
{
	answer_body(answer, from->type, from->text);
}

void
errorpage_configured(
    const struct config_listener *listener, struct answer *answer)
{
	const struct config_page *found =
	    find_page(listener->pages, answer->head.status);

	if (found != NULL)
		put_page(answer, found);
}

void
errorpage_choose(const struct exchange *ex, struct answer *answer)
{
	unsigned status = answer->head.status;
	const struct config_page *found =
	    find_page(ex->listener->config->pages, status);

	if (ex->service != NULL && ex->service->reply != NULL &&
	    ex->service->reply->page != NULL)
		found = find_page(ex->service->reply->page, status);
	if (found != NULL) {
		put_page(answer, found);
		return;
	}
	if (status < 502 || status > 504 || ex->upgrade)
		return;
	if (slice_eq(ex->req.method, "GET") && accepts(ex, "text/html"))
		answer_body(answer, "text/html; charset=utf-8",
		    (struct slice){ page, sizeof page - 1 });
	else if (accepts(ex, "application/json"))
		answer_body(answer, "application/json",
		    (struct slice){ json, sizeof json - 1 });
}

/* What says something of the one body, and is wrong of another. */
static bool
is_about_body(const struct http_field *field)
{
	static const char *const names[] = { "Accept-Ranges", "Content-Digest",
		"Content-Disposition", "Content-Encoding", "Content-Language",
		"Content-Length", "Content-Location", "Content-MD5",
		"Content-Range", "Content-Type", "Digest", "ETag",
		"Last-Modified", "Repr-Digest" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_ieq(field->name, names[i]))
			return true;
	return false;
}

static void
replace_fields(struct http_response *res, const char *type)
{
	static const char name[] = "Content-Type";
	unsigned kept = 0;

	for (unsigned i = 0; i < res->nfields; i++)
		if (!is_about_body(&res->fields[i]))
			res->fields[kept++] = res->fields[i];
	res->fields[kept++] =
	    (struct http_field){ .name = { name, sizeof name - 1 },
		    .value = { type, strlen(type) } };
	res->nfields = kept;
}

bool
errorpage_replaces(
    const struct exchange *ex, struct http_response *res, struct slice *body)
{
	const struct config_listener *listener = ex->listener->config;
	const struct config_page *found;
	int wanted = ex->service->rewrite_errors;

	if (wanted == -1)
		wanted = listener->rewrite_errors;
	if (!wanted || ex->upgrade)
		return false;
	found = find_page(listener->pages, res->status);
	if (found == NULL)
		return false;
	replace_fields(res, found->type);
	*body = found->text;
	return true;
}
