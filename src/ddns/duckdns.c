/*
 * DuckDNS: all names in one request, with the token in its query. A name has
 * one TXT value, which is that of everything beneath it, too.
 */

#include "duckdns.h"

#include <stdio.h>
#include <string.h>

#include "api.h"
#include "base/secret.h"
#include "base/text.h"
#include "job.h"

#define SUFFIX ".duckdns.org"

static const char cure[] =
    "Check Token and the name at www.duckdns.org; the name must be one of that "
    "account.";

int
duckdns_read(const char *body, bool worked, struct refusal *refusal)
{
	size_t first = strcspn(body, " \t\r\n");
	const char *last = body;
	size_t len = strlen(body);

	if (text_ieq(body, first, "KO"))
		return refuse(refusal, worked ? DDNS_AGAIN : DDNS_STOP, "KO",
		    cure, "DuckDNS refuses it without saying why");
	if (!text_ieq(body, first, "OK"))
		return refuse(refusal, DDNS_AGAIN, "answer", "",
		    "DuckDNS says neither OK nor KO");
	while (len > 0 && strchr(" \t\r\n", body[len - 1]) != NULL)
		len--;
	for (size_t i = 0; i < len; i++)
		if (body[i] == '\n')
			last = body + i + 1;
	return text_ieq(last, len - (size_t)(last - body), "NOCHANGE") ? 0 : 1;
}

const char *
duckdns_label(const char *host, size_t *len)
{
	size_t all = strlen(host), suffix = strlen(SUFFIX);
	const char *start;

	if (all <= suffix || !text_ieq(host + all - suffix, suffix, SUFFIX))
		return NULL;
	start = host + all - suffix;
	*len = 0;
	while (start > host && start[-1] != '.') {
		start--;
		(*len)++;
	}
	return *len > 0 ? start : NULL;
}

static int
refuse_host(const char *host, struct refusal *refusal)
{
	return refuse(refusal, DDNS_STOP, "nohost",
	    "A name at DuckDNS ends in " SUFFIX ".", "%s is not at DuckDNS",
	    host);
}

static const struct api_advice advice[] = { { 401, cure }, { 403, cure },
	{ 0, NULL } };

static const struct api_rules rules = {
	.provider = "DuckDNS", .advice = advice, .unsure = true
};

static int
read_answer(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal)
{
	if (api_check(api, res, NULL, refusal) < 0 ||
	    api_check_text(api, res, refusal) < 0)
		return -1;
	return duckdns_read(res->body, api->job->published != 0, refusal);
}

static char *
begin(const struct ddns_job *job)
{
	return api_path("/update?token=%s&verbose=true&domains=", job->token);
}

/* Takes the path. */
static int
request(struct fetch *fetch, const struct ddns_job *job, char *path,
    struct refusal *refusal)
{
	struct api api;
	int r;

	api_init(&api, fetch, job, &rules, NULL);
	r = api_get(&api, path, read_answer, refusal);
	api_release(&api);
	return r;
}

/* Two hosts may be one name of theirs. */
static bool
is_named(const struct update *updates, size_t n, const char *label, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		size_t other_len;
		const char *other = duckdns_label(updates[i].host, &other_len);

		if (other != NULL && other_len == len &&
		    memcmp(other, label, len) == 0)
			return true;
	}
	return false;
}

/* With their names at its end. NULL: one has none. Takes the path. */
static char *
add_names(
    char *path, const struct update *updates, size_t n, struct refusal *refusal)
{
	for (size_t i = 0; i < n; i++) {
		size_t len;
		const char *label = duckdns_label(updates[i].host, &len);
		char name[256];

		if (label == NULL) {
			refuse_host(updates[i].host, refusal);
			secret_free(path);
			return NULL;
		}
		if (is_named(updates, i, label, len))
			continue;
		snprintf(name, sizeof(name), "%s%.*s", i > 0 ? "," : "",
		    (int)len, label);
		path = api_append(path, name);
	}
	return path;
}

/* An address that is not said stays; only all of them can be taken away. */
static int
send_update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, bool clear, struct refusal *refusal)
{
	char *path = add_names(begin(job), updates, n, refusal);

	if (path == NULL)
		return -1;
	path = api_add(path, "clear", clear ? "true" : NULL);
	path = api_add(path, "ip", clear ? NULL : updates->ipv4);
	path = api_add(path, "ipv6", clear ? NULL : updates->ipv6);
	return request(fetch, job, path, refusal);
}

static int
update_all(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, struct refusal *refusal)
{
	bool some = updates->ipv4 != NULL || updates->ipv6 != NULL;

	if (updates->drop4 || updates->drop6) {
		int ret = send_update(fetch, job, updates, n, true, refusal);

		if (ret == -1 || !some)
			return ret;
	}
	return send_update(fetch, job, updates, n, false, refusal);
}

static int
txt(struct fetch *fetch, const struct ddns_job *job,
    const struct record *record, bool set, struct refusal *refusal)
{
	const struct update name = { .host = record->name };
	char *path = add_names(begin(job), &name, 1, refusal);

	if (path == NULL)
		return -1;
	path = api_add(path, "txt", record->value);
	path = api_add(path, "clear", set ? NULL : "true");
	return request(fetch, job, path, refusal) < 0 ? -1 : 0;
}

const struct family family_duckdns = { .all = update_all, .txt = txt };
