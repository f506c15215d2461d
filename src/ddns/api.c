/* Requests to providers and what comes of them: see api.h. */

#include "api.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "base/xalloc.h"
#include "job.h"
#include "json/json.h"

#define PATH_MAX_SIZE 16384
#define ADVICE_OTHERS                                                          \
	"Check the names in the section; if they are right, report this to "   \
	"us."

/* A request that got no answer is made again: nothing was said against it. */
static const struct {
	const char *problem;
	const char *advice;
} failures[] = {
	[ERR_SYS] = { "connection", "" },
	[ERR_SYNTAX] = { "request",
	    "Check the DDNS section: this cannot be sent." },
	[ERR_PROTOCOL] = { "connection", "" },
	[ERR_LIMIT] = { "answer", "" },
	[ERR_TIMEOUT] = { "timeout", "" },
	[ERR_DENIED] = { "connection", "" },
	[ERR_CRYPTO] = { "tls",
	    "The certificate of this server is not trusted: check the clock of "
	    "this machine, and CAFile." },
	[ERR_NOTFOUND] = { "unreachable",
	    "Is this machine online, and does its resolver work?" },
};

void
api_init(struct api *api, struct fetch *fetch, const struct ddns_job *job,
    const struct api_rules *rules, char *header)
{
	*api = (struct api){ .fetch = fetch,
		.job = job,
		.rules = rules,
		.server = job->server,
		.header = header };
}

void
api_release(struct api *api)
{
	secret_free(api->header);
	*api = (struct api){ 0 };
}

char *
api_bearer(const struct ddns_job *job)
{
	return xasprintf("Authorization: Bearer %s", job->token);
}

/* '@' and '*' are names of records, and may stand in a path as they are. */
static void
encode(struct buf *url, const char *text, const char *others)
{
	static const char plain[] = "0123456789-._~"
	                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "abcdefghijklmnopqrstuvwxyz";

	for (; *text != '\0'; text++) {
		if (strchr(plain, *text) != NULL ||
		    strchr(others, *text) != NULL)
			buf_append(url, text, 1);
		else
			buf_printf(url, "%%%02X", (unsigned char)*text);
	}
}

void
api_encode(struct buf *url, const char *text)
{
	encode(url, text, "");
}

const char *
api_string(struct buf *buf)
{
	if (buf_append(buf, "", 1) == -1)
		return "";
	return (const char *)buf_data(buf);
}

/* The path, which the caller frees. */
static char *
finish(struct buf *path)
{
	char *text = xstrndup((const char *)buf_data(path), buf_len(path));

	buf_wipe(path);
	return text;
}

char *
api_path(const char *fmt, ...)
{
	const char *others = "@*";
	struct buf path;
	va_list ap;

	buf_init(&path, PATH_MAX_SIZE);
	va_start(ap, fmt);
	for (; *fmt != '\0'; fmt++) {
		if (*fmt == '?')
			others = "";
		if (*fmt != '%')
			buf_append(&path, fmt, 1);
		else if (*++fmt == 's')
			encode(&path, va_arg(ap, const char *), others);
		else
			buf_append(&path, fmt, 1);
	}
	va_end(ap);
	return finish(&path);
}

static void
reopen(struct buf *longer, char *path)
{
	buf_init(longer, PATH_MAX_SIZE);
	buf_append_str(longer, path);
	secret_free(path);
}

static void
reopen_for(struct buf *longer, char *path, const char *name)
{
	bool first = strchr(path, '?') == NULL;

	reopen(longer, path);
	buf_printf(longer, "%s%s=", first ? "?" : "&", name);
}

char *
api_add(char *path, const char *name, const char *value)
{
	struct buf longer;

	if (value == NULL)
		return path;
	reopen_for(&longer, path, name);
	api_encode(&longer, value);
	return finish(&longer);
}

char *
api_add_hosts(
    char *path, const char *name, const struct update *updates, size_t n)
{
	struct buf longer;

	reopen_for(&longer, path, name);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_append_str(&longer, ",");
		api_encode(&longer, updates[i].host);
	}
	return finish(&longer);
}

char *
api_append(char *path, const char *text)
{
	struct buf longer;

	reopen(&longer, path);
	buf_append_str(&longer, text);
	return finish(&longer);
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

int
api_refuse(const struct api *api, struct refusal *refusal,
    enum ddns_failure kind, const char *problem, const char *advice,
    const char *text)
{
	if (text == NULL || *text == '\0')
		return refuse(refusal, kind, problem, advice,
		    "%s gave no reason", api->rules->provider);
	return refuse(refusal, kind, problem, advice, "%s says: %.200s",
	    api->rules->provider, text);
}

int
api_strange(const struct api *api, struct refusal *refusal, const char *what)
{
	const char *advice = api->rules->strange;

	return refuse(refusal, DDNS_AGAIN, "answer",
	    advice != NULL ? advice : "", "%s answered with %s",
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

const char *
api_advice_for(const struct api_rules *rules, unsigned status)
{
	const struct api_advice *row = rules->advice;

	while (row != NULL && row->status != 0 && row->status != status)
		row++;
	return row != NULL && row->status != 0 ? row->advice : NULL;
}

/* A line of text that came without any JSON around it. */
static const char *
text_of(const struct api *api, const struct fetch_response *res,
    const struct json *doc)
{
	if (doc != NULL)
		return api->rules->text != NULL ? api->rules->text(doc) : NULL;
	return api_is_html(res->body) ? "(a page)" : res->body;
}

static unsigned
status_of(const struct api *api, const struct fetch_response *res,
    const struct json *doc)
{
	return doc != NULL && api->rules->status != NULL
	    ? api->rules->status(res->status, doc)
	    : res->status;
}

int
api_check(const struct api *api, const struct fetch_response *res,
    const struct json *doc, struct refusal *refusal)
{
	const struct api_rules *rules = api->rules;
	unsigned status = status_of(api, res, doc);
	enum ddns_failure kind = kind_of(status);
	const char *advice = api_advice_for(rules, status);
	char problem[32] = "refused";

	if (status >= 200 && status < 300)
		return 0;
	if (status == res->status)
		snprintf(problem, sizeof(problem), "HTTP %u", status);
	if (advice == NULL && rules->unsure)
		kind = DDNS_AGAIN;
	if (advice == NULL && status < 400)
		advice = rules->strange;
	if (advice == NULL)
		advice = kind == DDNS_STOP ? ADVICE_OTHERS : "";
	api_refuse(api, refusal, kind, problem, advice, text_of(api, res, doc));
	refusal->retry_after = res->retry_after;
	return -1;
}

int
api_check_text(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal)
{
	if (res->body[strspn(res->body, " \t\r\n")] == '\0')
		return api_strange(api, refusal, "nothing");
	if (api_is_html(res->body))
		return api_strange(api, refusal, "a page for people");
	return 0;
}

/* Success must be said in JSON, or with nothing at all. */
static int
check_form(const struct api *api, const struct fetch_response *res,
    unsigned may, struct refusal *refusal)
{
	if (res->body_len > 0)
		return api_strange(api, refusal,
		    api_is_html(res->body) ? "a page in place of JSON"
		                           : "no valid JSON");
	if ((may & API_EMPTY) == 0)
		return api_strange(api, refusal, "nothing");
	return 0;
}

int
api_read(const struct api *api, const struct fetch_response *res, unsigned may,
    struct json **doc, struct refusal *refusal)
{
	struct json *read = json_parse(res->body, res->body_len, NULL);
	int r = 0;

	if ((may & API_MISSING) != 0 && status_of(api, res, read) == 404) {
		json_free(read);
		read = NULL;
	} else if (res->status == 403 && api_is_html(res->body)) {
		/* Not the interface says so: a firewall before it does. */
		r = api_strange(api, refusal, "HTTP 403 and a page");
	} else {
		r = api_check(api, res, read, refusal);
		if (r == 0 && read == NULL)
			r = check_form(api, res, may, refusal);
	}
	if (r < 0)
		json_free(read);
	else
		*doc = read;
	return r;
}

int
api_send(struct fetch *fetch, const struct fetch_request *request,
    struct fetch_response *res, struct refusal *refusal)
{
	struct error err;

	if (fetch_perform(fetch, request, res, &err) == 0)
		return 0;
	return refuse(refusal, err.kind == ERR_SYNTAX ? DDNS_STOP : DDNS_AGAIN,
	    failures[err.kind].problem, failures[err.kind].advice, "%s",
	    err.msg);
}

/* Wipes and frees the path. */
static int
send_to(const struct api *api, struct fetch_request *request, char *path,
    struct fetch_response *res, struct refusal *refusal)
{
	const char *headers[2] = { api->header, NULL };
	char *url = xasprintf("https://%s%s", api->server, path);
	int r;

	request->url = url;
	request->headers = headers;
	request->user = api->user;
	request->password = api->password;
	r = api_send(api->fetch, request, res, refusal);
	secret_free(url);
	secret_free(path);
	return r;
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
	struct json *read = NULL;
	int r = send_to(api, &req, request->path, &res, refusal);

	secret_free(body);
	json_free(request->body);
	if (r < 0)
		return -1;
	r = api_read(api, &res, request->may, &read, refusal);
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
	int r = send_to(api, &req, path, &res, refusal);

	if (r < 0)
		return -1;
	r = read(api, &res, refusal);
	fetch_response_release(&res);
	return r;
}
