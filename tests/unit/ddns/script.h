#ifndef SCRIPT_H
#define SCRIPT_H

/*
 * A provider that follows a script: which requests it expects, in which order,
 * and what it answers. In place of the library that fetches.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line {
	const char *method, *url;
	const char *header; /* the first one; NULL = none */
	const char *body;   /* NULL = none */
	unsigned status;
	const char *answer;
};

static const struct line *script_next;
static size_t script_left;

int
fetch_perform(struct fetch *fetch, const struct fetch_request *req,
    struct fetch_response *res, struct error *err)
{
	const struct line *line = script_next++;
	const char *header = req->headers != NULL ? req->headers[0] : NULL;

	(void)fetch;
	(void)err;
	if (script_left-- == 0)
		fail_msg("one request too many: %s %s", req->method, req->url);
	assert_string_equal(req->url, line->url);
	assert_string_equal(req->method, line->method);
	assert_int_equal(header == NULL, line->header == NULL);
	if (header != NULL)
		assert_string_equal(header, line->header);
	assert_int_equal(req->body == NULL, line->body == NULL);
	if (req->body != NULL) {
		assert_string_equal(req->body, line->body);
		assert_int_equal(req->body_len, strlen(line->body));
		assert_string_equal(req->content_type, "application/json");
	}
	*res = (struct fetch_response){ .status = line->status,
		.body = strdup(line->answer),
		.body_len = strlen(line->answer),
		.retry_after = line->status == 429 ? 90 : -1 };
	return 0;
}

void
fetch_response_release(struct fetch_response *res)
{
	free(res->body);
}

#define SCRIPT(...)                                                            \
	static const struct line lines[] = { __VA_ARGS__ };                    \
	script_next = lines;                                                   \
	script_left = sizeof(lines) / sizeof(lines[0])

/* Every line was asked for. */
#define SCRIPT_END() assert_int_equal(script_left, 0)

/* A job; texts that it does not say are "". */
static struct ddns_job
job_for(const char *server, const char *zone)
{
	static char none[] = "", token[] = "t0ken", login[] = "l0gin",
	            password[] = "passw0rd", servers[64], zones[64];

	snprintf(servers, sizeof(servers), "%s", server);
	snprintf(zones, sizeof(zones), "%s", zone);
	return (struct ddns_job){ .provider = none,
		.login = login,
		.password = password,
		.token = token,
		.zone = zones,
		.server = servers,
		.known4 = none,
		.known6 = none };
}

#endif
