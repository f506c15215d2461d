/* Renewal information: see renewal.h. */

#include "renewal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "client.h"
#include "directory.h"
#include "job.h"
#include "pki/cert.h"
#include "problem.h"
#include "supervisor.h"
#include "json/json.h"

/* A field of `len` digits; moves on. */
static bool
number(const char **text, size_t len, uint64_t max, int *value)
{
	uint64_t wide;

	if (strnlen(*text, len) < len || !text_u64(*text, len, max, &wide))
		return false;
	*text += len;
	*value = (int)wide;
	return true;
}

static bool
one_of(const char **text, const char *set)
{
	if (**text == '\0' || strchr(set, **text) == NULL)
		return false;
	(*text)++;
	return true;
}

/* "Z" or "+hh:mm", as seconds east. */
static bool
read_zone(const char **text, int *east)
{
	bool west = **text == '-';
	int hours, minutes;

	*east = 0;
	if (one_of(text, "Zz"))
		return true;
	if (!one_of(text, "+-") || !number(text, 2, 23, &hours) ||
	    !one_of(text, ":") || !number(text, 2, 59, &minutes))
		return false;
	*east = (hours * 60 + minutes) * (west ? -60 : 60);
	return true;
}

/* A date of RFC 3339; fractions of a second are cut off. */
static bool
read_date(const char *text, int64_t *date)
{
	struct tm tm = { 0 };
	int east;

	if (text == NULL || !number(&text, 4, 9999, &tm.tm_year) ||
	    !one_of(&text, "-") || !number(&text, 2, 12, &tm.tm_mon) ||
	    !one_of(&text, "-") || !number(&text, 2, 31, &tm.tm_mday) ||
	    !one_of(&text, "Tt ") || !number(&text, 2, 23, &tm.tm_hour) ||
	    !one_of(&text, ":") || !number(&text, 2, 59, &tm.tm_min) ||
	    !one_of(&text, ":") || !number(&text, 2, 60, &tm.tm_sec))
		return false;
	if (one_of(&text, ".")) {
		size_t digits = strspn(text, "0123456789");

		if (digits == 0)
			return false;
		text += digits;
	}
	if (!read_zone(&text, &east) || *text != '\0' || tm.tm_mon == 0 ||
	    tm.tm_mday == 0 || tm.tm_year < 1970)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*date = timegm(&tm) - east;
	return true;
}

static void
take_page(struct renewal *renewal, const char *url)
{
	char shown[RENEWAL_PAGE_SIZE];

	renewal->page[0] = '\0';
	if (url == NULL || strlen(url) >= sizeof(shown) ||
	    strncmp(url, "https://", 8) != 0)
		return;
	log_escape(shown, sizeof(shown), url, strlen(url));
	if (strcmp(shown, url) == 0)
		memcpy(renewal->page, shown, strlen(shown) + 1);
}

int
renewal_parse(struct renewal *renewal, const struct json *doc,
    int64_t retry_after, struct problem *problem)
{
	const struct json *window = json_get(doc, "suggestedWindow");
	int64_t start, end;

	if (!read_date(json_str(window, "start"), &start) ||
	    !read_date(json_str(window, "end"), &end))
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA's renewal information has no window");
	if (end <= start)
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA's window for renewal ends before it starts");
	renewal->start = start;
	renewal->end = end;
	renewal->retry_after = retry_after >= 0 ? retry_after : RENEWAL_RETRY_S;
	take_page(renewal, json_str(doc, "explanationURL"));
	return 0;
}

static int
ask(struct renewal *renewal, const struct pki_chain *chain,
    struct client *client, bool patient, struct problem *problem)
{
	const char *base = client_directory(client)->renewal_info;
	size_t len = strlen(base);
	struct answer answer;
	struct error err;
	char *id, *url;
	int ret;

	if (len == 0)
		return problem_set(
		    problem, PROBLEM_ANSWER, "the CA offers none");
	id = pki_chain_renewal_id(chain, &err);
	if (id == NULL)
		return problem_set(problem, PROBLEM_ANSWER, "%s", err.msg);
	url = xasprintf("%s%s%s", base, base[len - 1] == '/' ? "" : "/", id);
	ret = client_get(client, url, patient, &answer, problem);
	free(url);
	free(id);
	if (ret == -1)
		return -1;
	ret = renewal_parse(
	    renewal, answer.doc, answer.http.retry_after, problem);
	answer_release(&answer);
	return ret;
}

/*
 * Waiting for the next regular question is all that helps (section 4.3.3): an
 * answer that is none, a 4xx one, a CA that is not there.
 */
static bool
is_lasting(const struct problem *problem)
{
	return problem->type == PROBLEM_UNREACHABLE ||
	    problem->type == PROBLEM_ANSWER ||
	    (problem->status >= 400 && problem->status < 500);
}

static int
inquire(struct renewal *renewal, const struct job *job, struct problem *problem)
{
	struct pki_chain *chain;
	struct client *client;
	struct error err;
	int ret = -1;

	chain =
	    pki_chain_parse(job->certificate, strlen(job->certificate), &err);
	if (chain == NULL)
		return problem_set(problem, PROBLEM_STATE,
		    "the certificate in service cannot be read: %s", err.msg);
	client = client_new(job, problem);
	if (client != NULL && client_check_clock(client, problem) == 0)
		ret = ask(renewal, chain, client, true, problem);
	client_free(client);
	pki_chain_free(chain);
	return ret;
}

int
renewal_job(const struct job *job, struct problem *problem)
{
	struct renewal renewal = { 0 };

	if (inquire(&renewal, job, problem) == -1) {
		if (!is_lasting(problem))
			return -1;
		log_info("no renewal information: %s", problem->detail);
		renewal = (struct renewal){ .retry_after = RENEWAL_RETRY_S };
		if (problem->retry_after >= 0)
			renewal.retry_after = problem->retry_after;
	}
	supervisor_informed(job->supervisor, &renewal);
	return 0;
}

void
renewal_after_issue(
    const struct pki_chain *chain, struct client *client, const struct job *job)
{
	struct renewal renewal;
	struct problem problem;

	if (*client_directory(client)->renewal_info == '\0')
		return;
	if (ask(&renewal, chain, client, false, &problem) == 0)
		supervisor_informed(job->supervisor, &renewal);
	else
		log_info("no renewal information: %s", problem.detail);
}

char *
renewal_replaces(const struct client *client, const struct job *job)
{
	struct pki_chain *chain;
	char *id;

	if (*job->certificate == '\0' ||
	    *client_directory(client)->renewal_info == '\0')
		return NULL;
	chain =
	    pki_chain_parse(job->certificate, strlen(job->certificate), NULL);
	if (chain == NULL)
		return NULL;
	id = pki_chain_renewal_id(chain, NULL);
	pki_chain_free(chain);
	return id;
}
