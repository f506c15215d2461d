/* Requests to providers and what comes of them: see api.h. */

#include "api.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "fetch/fetch.h"
#include "job.h"
#include "json/json.h"

#define PATH_MAX_SIZE 8192
#define ADVICE_OTHERS                                                          \
	"Check the names in the section; if they are right, report this to "   \
	"us."

void
api_init(struct api *api, struct fetch *fetch, const struct ddns_job *job,
    const struct api_rules *rules, char *credential)
{
	*api = (struct api){ .fetch = fetch,
		.rules = rules,
		.server = job->server,
		.credential = credential };
	if (*job->token != '\0')
		api->secrets[0] = job->token;
	if (*job->password != '\0')
		api->secrets[1] = job->password;
}

void
api_release(struct api *api)
{
	secret_free(api->credential);
	*api = (struct api){ 0 };
}

char *
api_bearer(const struct ddns_job *job)
{
	return xasprintf("Authorization: Bearer %s", job->token);
}

static bool
is_unreserved(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') || (c != '\0' && strchr("-._~", c) != NULL);
}

/* '@' and '*' are names of records, and may stand in a path as they are. */
static void
add_encoded(struct buf *path, const char *text, bool query)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (is_unreserved(c) || (!query && (c == '@' || c == '*')))
			buf_append(path, &c, 1);
		else
			buf_printf(path, "%%%02X", c);
	}
}

char *
api_path(const char *fmt, ...)
{
	struct buf path;
	bool query = false;
	char *text;
	va_list ap;

	buf_init(&path, PATH_MAX_SIZE);
	va_start(ap, fmt);
	for (; *fmt != '\0'; fmt++) {
		query = query || *fmt == '?';
		if (*fmt != '%')
			buf_append(&path, fmt, 1);
		else if (*++fmt == 's')
			add_encoded(&path, va_arg(ap, const char *), query);
		else
			buf_append(&path, fmt, 1);
	}
	va_end(ap);
	text = xstrndup((const char *)buf_data(&path), buf_len(&path));
	buf_wipe(&path);
	return text;
}

char *
api_add(char *path, const char *name, const char *value)
{
	struct buf longer;

	if (value == NULL)
		return path;
	buf_init(&longer, PATH_MAX_SIZE);
	buf_printf(&longer, "%s&%s=", path, name);
	add_encoded(&longer, value, true);
	secret_free(path);
	path = xstrndup((const char *)buf_data(&longer), buf_len(&longer));
	buf_wipe(&longer);
	return path;
}

bool
api_is_id(const char *id)
{
	size_t len = strspn(id,
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-");

	return len > 0 && len < API_ID_SIZE && id[len] == '\0';
}

bool
api_id(const struct json *value, const char *member, char id[API_ID_SIZE])
{
	const char *text = json_str(value, member);
	int64_t number = json_int(value, member, -1);

	if (text == NULL && number < 0)
		return false;
	if (text == NULL)
		snprintf(id, API_ID_SIZE, "%" PRId64, number);
	else if (api_is_id(text))
		snprintf(id, API_ID_SIZE, "%s", text);
	else
		return false;
	return true;
}

bool
api_is_html(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '<';
}

/* Providers are known to repeat what they were sent. */
static bool
is_secret(const struct api *api, const char *text)
{
	size_t i;

	for (i = 0; i < API_SECRETS_MAX; i++)
		if (api->secrets[i] != NULL &&
		    strstr(text, api->secrets[i]) != NULL)
			return true;
	return false;
}

int
api_refuse(const struct api *api, struct refusal *refusal,
    enum ddns_failure kind, const char *problem, const char *advice,
    const char *text)
{
	if (text == NULL || *text == '\0')
		return refuse(refusal, kind, problem, advice,
		    "%s gave no reason", api->rules->provider);
	if (is_secret(api, text))
		text = "(a text with the secret in it)";
	return refuse(refusal, kind, problem, advice, "%s says: %.200s",
	    api->rules->provider, text);
}

int
api_strange(const struct api *api, struct refusal *refusal, const char *what)
{
	return refuse(refusal, DDNS_AGAIN, "answer", "", "%s answered with %s",
	    api->rules->provider, what);
}

/* What the same request may get another answer to, some day. */
static enum ddns_failure
kind_of(unsigned status)
{
	static const unsigned passing[] = { 408, 409, 423, 425, 429 };
	size_t i;

	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (status == passing[i])
			return DDNS_AGAIN;
	return status >= 400 && status < 500 ? DDNS_STOP : DDNS_AGAIN;
}

static const char *
advice_for(const struct api_rules *rules, unsigned status)
{
	const struct api_advice *row = rules->advice;

	while (row != NULL && row->status != 0 && row->status != status)
		row++;
	if (row != NULL && row->status != 0)
		return row->advice;
	return kind_of(status) == DDNS_STOP ? ADVICE_OTHERS : "";
}

/* A line of text that came without any JSON around it. */
static const char *
text_of(const struct api *api, const struct api_answer *answer,
    const struct json *doc)
{
	if (doc != NULL)
		return api->rules->text != NULL ? api->rules->text(doc) : NULL;
	return api_is_html(answer->body) ? "(a page)" : answer->body;
}

static unsigned
status_of(const struct api *api, const struct api_answer *answer,
    const struct json *doc)
{
	return doc != NULL && api->rules->status != NULL
	    ? api->rules->status(answer->status, doc)
	    : answer->status;
}

int
api_check(const struct api *api, const struct api_answer *answer,
    const struct json *doc, struct refusal *refusal)
{
	unsigned status = status_of(api, answer, doc);
	char problem[32] = "refused";

	if (status >= 200 && status < 300)
		return 0;
	if (status == answer->status)
		snprintf(problem, sizeof(problem), "HTTP %u", status);
	api_refuse(api, refusal, kind_of(status), problem,
	    advice_for(api->rules, status), text_of(api, answer, doc));
	refusal->retry_after = answer->retry_after;
	return -1;
}

/* Success must be said in JSON, or with nothing at all. */
static int
check_form(const struct api *api, const struct api_answer *answer, unsigned may,
    struct refusal *refusal)
{
	if (answer->len > 0)
		return api_strange(api, refusal,
		    api_is_html(answer->body) ? "a page in place of JSON"
		                              : "no valid JSON");
	if ((may & API_EMPTY) == 0)
		return api_strange(api, refusal, "nothing");
	return 0;
}

int
api_read(const struct api *api, const struct api_answer *answer, unsigned may,
    struct json **doc, struct refusal *refusal)
{
	struct json *read = json_parse(answer->body, answer->len, NULL);
	int r = 0;

	if ((may & API_MISSING) != 0 && status_of(api, answer, read) == 404) {
		json_free(read);
		read = NULL;
	} else if (answer->status == 403 && api_is_html(answer->body)) {
		/* Not the interface says so: a firewall before it does. */
		r = api_strange(api, refusal, "HTTP 403 and a page");
	} else {
		r = api_check(api, answer, read, refusal);
		if (r == 0 && read == NULL)
			r = check_form(api, answer, may, refusal);
	}
	if (r < 0)
		json_free(read);
	else
		*doc = read;
	return r;
}

static int
refuse_unreached(struct refusal *refusal, const struct error *err)
{
	if (err->kind == ERR_CRYPTO)
		return refuse(refusal, DDNS_AGAIN, "untrusted",
		    "Check the clock, and CAFile if the section has one.", "%s",
		    err->msg);
	return refuse(refusal, DDNS_AGAIN, "unreachable", "", "%s", err->msg);
}

static int
perform(const struct api *api, struct fetch_request *request, const char *path,
    struct fetch_response *res, struct refusal *refusal)
{
	const char *headers[2] = { api->credential, NULL };
	struct error err;
	char *url = xasprintf("https://%s%s", api->server, path);
	int r;

	request->url = url;
	request->headers = headers;
	request->user = api->user;
	request->password = api->password;
	r = fetch_perform(api->fetch, request, res, &err);
	secret_free(url);
	return r < 0 ? refuse_unreached(refusal, &err) : 0;
}

static struct api_answer
answer_of(const struct fetch_response *res)
{
	return (struct api_answer){ .status = res->status,
		.retry_after = res->retry_after,
		.body = res->body,
		.len = res->body_len };
}

int
api_ask(const struct api *api, const struct api_request *request,
    struct json **doc, struct refusal *refusal)
{
	char *body = request->body != NULL ? json_dump(request->body) : NULL;
	struct fetch_request req = { .method = request->method,
		.accept = "application/json",
		.content_type = body != NULL ? "application/json" : NULL,
		.body = body,
		.body_len = body != NULL ? strlen(body) : 0 };
	struct fetch_response res = { 0 };
	struct api_answer answer;
	struct json *read = NULL;
	int r = perform(api, &req, request->path, &res, refusal);

	secret_free(body);
	secret_free(request->path);
	json_free(request->body);
	if (r < 0)
		return -1;
	answer = answer_of(&res);
	r = api_read(api, &answer, request->may, &read, refusal);
	fetch_response_release(&res);
	if (doc == NULL)
		json_free(read);
	else if (r == 0)
		*doc = read;
	return r;
}

int
api_get(const struct api *api, char *path, api_reader *read,
    struct refusal *refusal)
{
	struct fetch_request req = { .method = "GET" };
	struct fetch_response res = { 0 };
	struct api_answer answer;
	int r = perform(api, &req, path, &res, refusal);

	secret_free(path);
	if (r < 0)
		return -1;
	answer = answer_of(&res);
	r = read(api, &answer, refusal);
	fetch_response_release(&res);
	return r;
}
