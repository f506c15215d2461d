/*
 * dyndns2: a GET with Basic authentication, and answers of one word. What one
 * provider wants otherwise than the others stands in a row of `presets`.
 */

#include "dyndns2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/log.h"
#include "base/text.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "job.h"

#define FAULT_S 1800 /* how long a fault of theirs is left alone, at least */
#define WORD_SIZE 64

struct preset {
	const char *provider; /* NULL: all others */
	const char *query;    /* before what is the same everywhere */
	bool own_ipv6;        /* myipv6=, and not a list in myip= */
	bool single;          /* one host and one address in a request */
	bool contact;         /* in the User-Agent: its form is looked at */
};

static const struct preset presets[] = {
	{ .provider = "noip", .query = "", .contact = true },
	{ .provider = "ovh", .query = "system=dyndns&" },
	{ .provider = "inwx", .query = "", .own_ipv6 = true },
	{ .provider = "he", .query = "", .single = true },
	{ .provider = NULL, .query = "" },
};

enum outcome { OUTCOME_GOOD, OUTCOME_SAME, OUTCOME_STOP, OUTCOME_LATER };

static const char login_cure[] =
    "Check Login and Password of the DDNS section; many providers want a key "
    "of their own for this, and not the account's password.";
static const char host_cure[] =
    "Check the name: it must exist at the provider and belong to this account.";
static const char abuse_cure[] =
    "The provider has blocked this name: ask its support to unblock it.";
static const char agent_cure[] =
    "The provider does not accept this program: ask its support, or report it "
    "to us.";
static const char fee_cure[] =
    "This needs a paid account at the provider, or another name.";

static const struct {
	const char *word;
	enum outcome outcome;
	const char *text;
	const char *advice;
} words[] = {
	{ "good", OUTCOME_GOOD, "", "" },
	{ "nochg", OUTCOME_SAME, "", "" },
	{ "badauth", OUTCOME_STOP, "login or password is wrong", login_cure },
	{ "badagent", OUTCOME_STOP, "our program is not accepted", agent_cure },
	{ "!donator", OUTCOME_STOP, "the account may not do this", fee_cure },
	{ "!active", OUTCOME_STOP, "the account is not active", login_cure },
	{ "notfqdn", OUTCOME_STOP, "this is not a whole name", host_cure },
	{ "nohost", OUTCOME_STOP, "there is no such name", host_cure },
	{ "!yours", OUTCOME_STOP, "the name is another account's", host_cure },
	{ "numhost", OUTCOME_STOP, "these are too many names",
	    "Spread the names over several DDNS sections." },
	{ "abuse", OUTCOME_STOP, "the name is blocked", abuse_cure },
	{ "badsys", OUTCOME_STOP, "the system parameter is wrong", agent_cure },
	{ "badrequest", OUTCOME_STOP, "the request is malformed", host_cure },
	{ "dnserr", OUTCOME_LATER, "the provider's DNS has a fault", "" },
	{ "911", OUTCOME_LATER, "the provider has a fault", "" },
	{ "servererror", OUTCOME_LATER, "the provider has a fault", "" },
	{ "unknown", OUTCOME_LATER, "the provider has a fault", "" },
};

#define WORDS (sizeof(words) / sizeof(words[0]))

static size_t
find_word(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < WORDS; i++)
		if (strlen(words[i].word) == len &&
		    memcmp(words[i].word, line, len) == 0)
			break;
	return i;
}

/* "w30m": wait so long. False: it is no such word. */
static bool
read_wait(const char *word, size_t len, int64_t *seconds)
{
	static const struct {
		char letter;
		unsigned seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	uint64_t n;

	if (len < 2 || word[0] != 'w')
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (word[len - 1] != units[i].letter ||
		    !text_u64(word + 1, len - 2,
		        FETCH_RETRY_AFTER_MAX / units[i].seconds, &n))
			continue;
		*seconds = (int64_t)n * units[i].seconds;
		return true;
	}
	return false;
}

/* Their way of saying that a client is locked out without its noticing. */
static bool
is_trap(const char *line, size_t len)
{
	static const char trap[] = "good 127.0.0.1";
	size_t n = strlen(trap);

	return len >= n && memcmp(line, trap, n) == 0 &&
	    (len == n || strchr(" \t", line[n]) != NULL);
}

static int
refuse_line(
    const char *host, const char *line, size_t len, struct refusal *refusal)
{
	size_t word_len = 0, at;
	char word[WORD_SIZE];
	int64_t seconds;

	while (word_len < len && strchr(" \t", line[word_len]) == NULL)
		word_len++;
	snprintf(word, sizeof(word), "%.*s", (int)word_len, line);
	at = find_word(line, word_len);
	if (at < WORDS) {
		refuse(refusal,
		    words[at].outcome == OUTCOME_STOP ? DDNS_STOP : DDNS_AGAIN,
		    word, words[at].advice, "%s: %s", host, words[at].text);
		if (words[at].outcome == OUTCOME_LATER)
			refusal->retry_after = FAULT_S;
		return -1;
	}
	if (read_wait(line, word_len, &seconds)) {
		refuse(refusal, DDNS_AGAIN, word, "",
		    "%s: the provider wants us to wait", host);
		refusal->retry_after = seconds;
		return -1;
	}
	return refuse(refusal, DDNS_AGAIN, "answer", "Check Server.",
	    "%s: the provider says what nobody knows: %s", host, word);
}

static int
read_line(
    const char *host, const char *line, size_t len, struct refusal *refusal)
{
	size_t word_len = 0, at;

	if (is_trap(line, len))
		return refuse(refusal, DDNS_STOP, "good 127.0.0.1", abuse_cure,
		    "%s: the provider has locked us out", host);
	while (word_len < len && strchr(" \t", line[word_len]) == NULL)
		word_len++;
	at = find_word(line, word_len);
	if (at < WORDS && words[at].outcome == OUTCOME_GOOD)
		return 1;
	if (at < WORDS && words[at].outcome == OUTCOME_SAME)
		return 0;
	return refuse_line(host, line, len, refusal);
}

/* Takes the next line that says something; its length, 0 at the end. */
static size_t
next_line(const char **body, const char **line)
{
	size_t len = 0;

	*line = *body + strspn(*body, " \t\r\n");
	if (**line != '\0')
		len = strcspn(*line, "\r\n");
	*body = *line + len;
	return len;
}

int
dyndns2_read(const char *body, const char *const *hosts, size_t n,
    struct refusal *refusal)
{
	const char *rest = body, *line;
	struct refusal one;
	size_t seen = 0, len;
	bool changed = false, refused = false;

	for (; seen < n && (len = next_line(&rest, &line)) > 0; seen++) {
		int ret = read_line(hosts[seen], line, len, &one);

		changed = changed || ret == 1;
		if (ret == -1 &&
		    (!refused ||
		        (refusal->kind != DDNS_STOP &&
		            one.kind == DDNS_STOP))) {
			*refusal = one;
			refused = true;
		}
	}
	if (refused)
		return -1;
	if (seen == 0)
		return refuse(refusal, DDNS_AGAIN, "answer", "",
		    "the provider's answer is empty");
	if (seen != n && seen != 1)
		return refuse(refusal, DDNS_AGAIN, "answer", "",
		    "the provider answers for %zu of %zu names", seen, n);
	return changed ? 1 : 0;
}

int
dyndns2_read_answer(const struct fetch_response *res, const char *const *hosts,
    size_t n, struct refusal *refusal)
{
	const char *body = res->body + strspn(res->body, " \t\r\n");
	size_t at = find_word(body, strcspn(body, " \t\r\n"));

	if (at < WORDS && words[at].outcome > OUTCOME_SAME)
		return dyndns2_read(body, hosts, n, refusal);
	if (ask_status(res, refusal) == -1) {
		if (res->status >= 500 && refusal->retry_after < FAULT_S)
			refusal->retry_after = FAULT_S;
		return -1;
	}
	if (ask_text(res, refusal) == -1)
		return -1;
	return dyndns2_read(body, hosts, n, refusal);
}

static const struct preset *
find_preset(const char *provider)
{
	const struct preset *preset = presets;

	while (
	    preset->provider != NULL && strcmp(preset->provider, provider) != 0)
		preset++;
	return preset;
}

static void
make_url(struct buf *url, const struct ddns_job *job,
    const struct preset *preset, const struct update *updates, size_t n)
{
	const char *ipv4 = updates->ipv4, *ipv6 = updates->ipv6;
	bool own = preset->own_ipv6;

	buf_printf(url, "https://%s/nic/update?%shostname=", job->server,
	    preset->query);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_append_str(url, ",");
		ask_encode(url, updates[i].host);
	}
	if (ipv4 != NULL || !own)
		buf_append_str(url, "&myip=");
	if (ipv4 != NULL)
		buf_append_str(url, ipv4);
	if (ipv6 != NULL)
		buf_append_str(url, own ? "&myipv6=" : ipv4 != NULL ? "," : "");
	if (ipv6 != NULL)
		buf_append_str(url, ipv6);
}

/*
 * No-IP looks at the form "name/version contact". The contact is who they know
 * already: the account. Nobody else is told one.
 */
static int
request(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, struct refusal *refusal)
{
	const struct preset *preset = find_preset(job->provider);
	const char *hosts[DDNS_HOSTS_MAX];
	const char *headers[2] = { NULL, NULL };
	char *agent = xasprintf(
	    "User-Agent: gatehouse/%s %s", GATEHOUSE_VERSION, job->login);
	struct fetch_response res = { 0 };
	struct buf url = { 0 };
	struct fetch_request req = { .method = "GET",
		.headers = headers,
		.user = *job->login != '\0' ? job->login : updates->host,
		.password = job->password };
	int ret = -1;

	if (preset->contact)
		headers[0] = agent;
	for (size_t i = 0; i < n; i++)
		hosts[i] = updates[i].host;
	make_url(&url, job, preset, updates, n);
	req.url = ask_string(&url);
	if (ask(fetch, &req, &res, refusal) == 0)
		ret = dyndns2_read_answer(&res, hosts, n, refusal);
	fetch_response_release(&res);
	buf_release(&url);
	free(agent);
	return ret;
}

/* An address at a time; a name that cannot be helped stops no other one. */
static int
request_each(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, struct refusal *refusal)
{
	bool changed = false;

	for (size_t i = 0; i < 2 * n; i++) {
		struct update one = { .host = updates[i / 2].host };
		int ret;

		if (i % 2 == 0)
			one.ipv4 = updates[i / 2].ipv4;
		else
			one.ipv6 = updates[i / 2].ipv6;
		if (one.ipv4 == NULL && one.ipv6 == NULL)
			continue;
		ret = request(fetch, job, &one, 1, refusal);
		if (ret == -1)
			return -1;
		changed = changed || ret == 1;
	}
	return changed ? 1 : 0;
}

static int
update_all(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, struct refusal *refusal)
{
	if (updates->drop4 || updates->drop6)
		log_warn("%s: the protocol of %s cannot remove the IPv%d "
		         "address that is gone: do that on its web page",
		    updates->host, job->provider, updates->drop4 ? 4 : 6);
	if (updates->ipv4 == NULL && updates->ipv6 == NULL)
		return 0;
	if (find_preset(job->provider)->single)
		return request_each(fetch, job, updates, n, refusal);
	return request(fetch, job, updates, n, refusal);
}

static int
update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *one, struct refusal *refusal)
{
	return update_all(fetch, job, one, 1, refusal);
}

const struct family family_dyndns2 = { .update = update, .all = update_all };
