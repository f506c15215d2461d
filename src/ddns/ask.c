/* One request to a provider: see ask.h. */

#include "ask.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 120 /* bytes of an answer that nobody understands */

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

int
ask(struct fetch *fetch, const struct fetch_request *req,
    struct fetch_response *res, struct refusal *refusal)
{
	struct error err;

	if (fetch_perform(fetch, req, res, &err) == 0)
		return 0;
	return refuse(refusal, err.kind == ERR_SYNTAX ? DDNS_STOP : DDNS_AGAIN,
	    failures[err.kind].problem, failures[err.kind].advice, "%s",
	    err.msg);
}

static int
refuse_status(const struct fetch_response *res, struct refusal *refusal)
{
	const char *problem = refusal->problem;

	switch (res->status) {
	case 401:
	case 403:
		return refuse(refusal, DDNS_STOP, problem,
		    "Check the token, or login and password, of the DDNS "
		    "section.",
		    "the provider does not accept who we say we are");
	case 429:
		return refuse(refusal, DDNS_AGAIN, problem, "",
		    "the provider wants fewer requests");
	default:
		break;
	}
	if (res->status >= 500)
		return refuse(refusal, DDNS_AGAIN, problem, "",
		    "the provider has a fault of its own");
	if (res->status >= 300 && res->status < 400)
		return refuse(refusal, DDNS_AGAIN, problem,
		    "Redirects are not followed: check Server.",
		    "the provider sends us elsewhere");
	return refuse(
	    refusal, DDNS_AGAIN, problem, "", "the provider does not say why");
}

int
ask_status(const struct fetch_response *res, struct refusal *refusal)
{
	char problem[sizeof(refusal->problem)];

	if (res->status >= 200 && res->status < 300)
		return 0;
	snprintf(problem, sizeof(problem), "HTTP %u", res->status);
	memcpy(refusal->problem, problem, sizeof(problem));
	refuse_status(res, refusal);
	refusal->retry_after = res->retry_after;
	return -1;
}

int
ask_text(const struct fetch_response *res, struct refusal *refusal)
{
	const char *body = res->body + strspn(res->body, " \t\r\n");

	if (*body == '\0')
		return refuse(refusal, DDNS_AGAIN, "answer", "",
		    "the provider's answer is empty");
	if (*body != '<' && strcmp(res->content_type, "text/html") != 0)
		return 0;
	return refuse(refusal, DDNS_AGAIN, "answer",
	    "Check Server: this is a page for people.",
	    "the provider's answer is no answer but: %.*s", SHOWN_MAX, body);
}

void
ask_encode(struct buf *url, const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("-._~", c) != NULL)
			buf_append(url, value, 1);
		else
			buf_printf(url, "%%%02X", c);
	}
}

const char *
ask_string(struct buf *buf)
{
	if (buf_append(buf, "", 1) == -1)
		return "";
	return (const char *)buf_data(buf);
}
