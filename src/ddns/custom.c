/*
 * The request is made from templates. In a body that is JSON what is filled in
 * is escaped for that, in one of a form it is percent-encoded, elsewhere it
 * stays. Login and password go as Basic authentication where no template has
 * them.
 */

#include "custom.h"

#include <regex.h>
#include <string.h>
#include <strings.h>

#include "api.h"
#include "job.h"
#include "template.h"

#define TEXT_MAX 65536   /* of a URL, a header, a body */
#define SEARCH_MAX 65536 /* bytes that the expression is looked for in */
#define SHOWN_MAX 120
#define ADVICE_LOGIN                                                           \
	"Check the token, or login and password, of the DDNS section."

static const char form_type[] = "application/x-www-form-urlencoded";
static const char json_type[] = "application/json";

static const struct api_advice advice[] = { { 401, ADVICE_LOGIN },
	{ 403, ADVICE_LOGIN }, { 0, NULL } };

static const struct api_rules rules = { .provider = "the provider",
	.advice = advice,
	.strange = "Redirects are not followed: check the URL.",
	.unsure = true };

int
custom_read(const char *body, const char *success, struct refusal *refusal)
{
	regex_t regex;
	int rc;

	if (*success == '\0')
		return 1;
	if (regcomp(&regex, success, REG_EXTENDED | REG_NOSUB) != 0)
		return refuse(refusal, DDNS_STOP, "success", "Check Success.",
		    "Success is no regular expression");
	rc = regexec(&regex, body, 0, NULL, 0);
	regfree(&regex);
	if (rc == 0)
		return 1;
	return refuse(refusal, DDNS_AGAIN, "answer",
	    "Success did not match it: check the URL, the token or password, "
	    "and Success.",
	    "the provider says: %.*s", SHOWN_MAX, body);
}

/* The value of the Content-Type that the section says, or NULL. */
static const char *
said_type(const struct ddns_job *job)
{
	static const char name[] = "content-type:";

	for (size_t i = 0; i < job->nheaders; i++)
		if (strncasecmp(job->headers[i], name, strlen(name)) == 0)
			return job->headers[i] + strlen(name);
	return NULL;
}

static enum template_form
body_form(const struct ddns_job *job)
{
	const char *type = said_type(job);
	const char *start = job->body + strspn(job->body, " \t\r\n");

	if (type == NULL)
		return *start == '{' || *start == '[' ? TEMPLATE_JSON
		                                      : TEMPLATE_URL;
	if (strcasestr(type, "json") != NULL)
		return TEMPLATE_JSON;
	return strcasestr(type, form_type) != NULL ? TEMPLATE_URL
	                                           : TEMPLATE_PLAIN;
}

static bool
says_login(const struct ddns_job *job)
{
	bool says = template_has(job->url, 'u') ||
	    template_has(job->url, 'p') || template_has(job->body, 'u') ||
	    template_has(job->body, 'p');

	for (size_t i = 0; i < job->nheaders; i++)
		says = says || template_has(job->headers[i], 'u') ||
		    template_has(job->headers[i], 'p');
	return says;
}

/* The texts of a request, filled in. */
struct filled {
	struct buf url, body, headers[DDNS_HEADERS_MAX];
	const char *lines[DDNS_HEADERS_MAX + 1];
};

static int
fill(struct filled *filled, const struct ddns_job *job,
    const struct template_values *values)
{
	int ret = 0;

	buf_init(&filled->url, TEXT_MAX);
	buf_init(&filled->body, TEXT_MAX);
	ret |= template_fill(&filled->url, job->url, TEMPLATE_URL, values);
	ret |= template_fill(&filled->body, job->body, body_form(job), values);
	for (size_t i = 0; i < job->nheaders; i++) {
		buf_init(&filled->headers[i], TEXT_MAX);
		ret |= template_fill(&filled->headers[i], job->headers[i],
		    TEMPLATE_PLAIN, values);
		filled->lines[i] = api_string(&filled->headers[i]);
	}
	return ret;
}

static void
release(struct filled *filled)
{
	buf_wipe(&filled->url);
	buf_wipe(&filled->body);
	for (size_t i = 0; i < DDNS_HEADERS_MAX; i++)
		buf_wipe(&filled->headers[i]);
}

static int
send_filled(struct fetch *fetch, const struct ddns_job *job,
    struct filled *filled, struct refusal *refusal)
{
	struct fetch_request req = {
		.method = *job->method != '\0' ? job->method : "GET",
		.url = api_string(&filled->url),
		.headers = filled->lines,
	};
	struct fetch_response res = { 0 };
	int ret = -1;

	if (*job->body != '\0') {
		req.body_len = buf_len(&filled->body);
		req.body = api_string(&filled->body);
	}
	if (*job->body != '\0' && said_type(job) == NULL)
		req.content_type =
		    body_form(job) == TEMPLATE_JSON ? json_type : form_type;
	if (*job->password != '\0' && !says_login(job)) {
		req.user = job->login;
		req.password = job->password;
	}
	if (api_send(fetch, &req, &res, refusal) == 0 &&
	    api_check(&(struct api){ .rules = &rules }, &res, NULL, refusal) ==
	        0) {
		if (res.body_len > SEARCH_MAX)
			res.body[SEARCH_MAX] = '\0';
		ret = custom_read(res.body, job->success, refusal);
	}
	fetch_response_release(&res);
	return ret;
}

static int
update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *one, struct refusal *refusal)
{
	const struct template_values values = { .host = one->host,
		.ipv4 = one->ipv4 != NULL ? one->ipv4 : "",
		.ipv6 = one->ipv6 != NULL ? one->ipv6 : "",
		.login = job->login,
		.password = job->password,
		.token = job->token };
	struct filled filled = { 0 };
	int ret;

	if (fill(&filled, job, &values) == -1)
		ret = refuse(refusal, DDNS_STOP, "request",
		    "Shorten URL, Header and Body.",
		    "the request is longer than %d bytes", TEXT_MAX);
	else
		ret = send_filled(fetch, job, &filled, refusal);
	release(&filled);
	return ret;
}

const struct family family_custom = { .update = update };
