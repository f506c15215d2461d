/* From the name to its zone, and the servers of that: see propagation.h. */

#include "propagation.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "dns/zone.h"
#include "job.h"
#include "problem.h"
#include "proof.h"
#include "supervisor.h"

#define PATIENCE_MS 120000
#define FIRST_PAUSE_MS 2000
#define MOST_PAUSE_MS 5000
#define SAID_SIZE 160

/* A server of the zone, and what it said last. */
struct authority {
	const struct dns_host *host;
	bool shows;
	char said[SAID_SIZE];
};

/* Only the values that are there count, and not how many. */
static void
look(struct authority *authority, const char *name, const char *value)
{
	static struct dns_answer answer;
	struct error err;

	if (authority->host->naddresses == 0) {
		snprintf(
		    authority->said, sizeof(authority->said), "has no address");
		return;
	}
	if (dns_zone_ask(authority->host, name, DNS_TXT, DNS_NO_DEADLINE,
	        &answer, &err) == -1) {
		snprintf(authority->said, sizeof(authority->said),
		    "gives %.120s", err.msg);
		return;
	}
	for (size_t i = 0; i < answer.n; i++)
		if (strcmp(answer.records[i], value) == 0)
			authority->shows = true;
	if (answer.n == 0)
		snprintf(
		    authority->said, sizeof(authority->said), "shows nothing");
	else
		snprintf(authority->said, sizeof(authority->said),
		    "shows %zu other, such as %.60s", answer.n,
		    answer.records[0]);
}

static bool
all_show(struct authority *authorities, size_t n, const char *name,
    const char *value)
{
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		if (!authorities[i].shows)
			look(&authorities[i], name, value);
		all = all && authorities[i].shows;
	}
	return all;
}

static int
not_shown(const struct authority *authorities, size_t n, const char *name,
    struct problem *problem)
{
	char text[PROBLEM_DETAIL_SIZE] = "", escaped[2 * SAID_SIZE];
	size_t used = 0;

	for (size_t i = 0; i < n && used < sizeof(text) - 1; i++) {
		int len;

		if (authorities[i].shows)
			continue;
		log_escape(escaped, sizeof(escaped), authorities[i].said,
		    strlen(authorities[i].said));
		len = snprintf(text + used, sizeof(text) - used, "%s%s %s",
		    used > 0 ? "; " : "", authorities[i].host->name, escaped);
		used += len > 0 ? (size_t)len : 0;
	}
	return problem_set(problem, PROBLEM_DNS,
	    "%s: the record is not to be seen everywhere after %d seconds: %s",
	    name, PATIENCE_MS / 1000, text);
}

int
propagation_wait(
    const struct proof *proof, const struct job *job, struct problem *problem)
{
	static struct dns_zone zone;
	static struct authority authorities[DNS_RECORDS_MAX];
	const char *name = zone.name;
	int64_t deadline = clock_mono_ms() + PATIENCE_MS;
	int64_t pause = FIRST_PAUSE_MS;
	struct error err;

	if (dns_zone_find(proof->name, DNS_NO_DEADLINE, &zone, &err) == -1)
		return problem_set(problem, PROBLEM_DNS,
		    "%s: it cannot be seen whether the record is there: %s",
		    proof->name, err.msg);
	for (size_t i = 0; i < zone.nhosts; i++)
		authorities[i] = (struct authority){ .host = &zone.hosts[i] };
	while (!all_show(authorities, zone.nhosts, name, proof->answer)) {
		if (clock_mono_ms() + pause > deadline)
			return not_shown(
			    authorities, zone.nhosts, name, problem);
		supervisor_pause(job->supervisor, pause);
		pause = pause * 3 / 2;
		if (pause > MOST_PAUSE_MS)
			pause = MOST_PAUSE_MS;
	}
	log_info(
	    "all %zu name servers show the record of %s", zone.nhosts, name);
	return 0;
}
