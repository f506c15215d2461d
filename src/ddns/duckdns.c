/*
 * DuckDNS: all names in one request, with the token in its query. A name has
 * one TXT value, which is that of everything beneath it, too.
 */

#include "duckdns.h"

#include <string.h>

#include "ask.h"
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

static void
begin(struct buf *url, const struct ddns_job *job)
{
	buf_printf(url, "https://%s/update?token=", job->server);
	ask_encode(url, job->token);
	buf_append_str(url, "&verbose=true&domains=");
}

static int
request(struct fetch *fetch, const struct ddns_job *job, struct buf *url,
    struct refusal *refusal)
{
	struct fetch_request req = { .method = "GET", .url = ask_string(url) };
	struct fetch_response res = { 0 };
	int ret = -1;

	if (ask(fetch, &req, &res, refusal) == 0 &&
	    ask_status(&res, refusal) == 0 && ask_text(&res, refusal) == 0)
		ret = duckdns_read(res.body, job->published != 0, refusal);
	fetch_response_release(&res);
	buf_wipe(url);
	return ret;
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

static int
add_names(struct buf *url, const struct update *updates, size_t n,
    struct refusal *refusal)
{
	for (size_t i = 0; i < n; i++) {
		size_t len;
		const char *label = duckdns_label(updates[i].host, &len);

		if (label == NULL)
			return refuse_host(updates[i].host, refusal);
		if (is_named(updates, i, label, len))
			continue;
		if (i > 0)
			buf_append_str(url, ",");
		buf_append(url, label, len);
	}
	return 0;
}

/* An address that is not said stays; only all of them can be taken away. */
static int
send_update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, bool clear, struct refusal *refusal)
{
	struct buf url = { 0 };

	begin(&url, job);
	if (add_names(&url, updates, n, refusal) == -1) {
		buf_wipe(&url);
		return -1;
	}
	if (clear)
		buf_append_str(&url, "&clear=true");
	if (!clear && updates->ipv4 != NULL)
		buf_printf(&url, "&ip=%s", updates->ipv4);
	if (!clear && updates->ipv6 != NULL) {
		buf_append_str(&url, "&ipv6=");
		ask_encode(&url, updates->ipv6);
	}
	return request(fetch, job, &url, refusal);
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
update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *one, struct refusal *refusal)
{
	return update_all(fetch, job, one, 1, refusal);
}

static int
send_txt(struct fetch *fetch, const struct ddns_job *job,
    const struct record *record, bool clear, struct refusal *refusal)
{
	size_t len;
	const char *label = duckdns_label(record->name, &len);
	struct buf url = { 0 };

	if (label == NULL)
		return refuse_host(record->name, refusal);
	begin(&url, job);
	buf_append(&url, label, len);
	buf_append_str(&url, "&txt=");
	ask_encode(&url, record->value);
	if (clear)
		buf_append_str(&url, "&clear=true");
	return request(fetch, job, &url, refusal) == -1 ? -1 : 0;
}

static int
set_txt(struct fetch *fetch, const struct ddns_job *job,
    const struct record *record, struct refusal *refusal)
{
	return send_txt(fetch, job, record, false, refusal);
}

static int
clear_txt(struct fetch *fetch, const struct ddns_job *job,
    const struct record *record, struct refusal *refusal)
{
	return send_txt(fetch, job, record, true, refusal);
}

const struct family family_duckdns = {
	.update = update,
	.all = update_all,
	.set_txt = set_txt,
	.clear_txt = clear_txt,
};
