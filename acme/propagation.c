/* From the name to its zone, and the servers of that: see propagation.h. */

#include "propagation.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "dns/dns.h"
#include "job.h"
#include "problem.h"
#include "proof.h"
#include "supervisor.h"

#define ALIASES_MAX 8
#define ADDRESSES_MAX 4 /* of one server */
#define PATIENCE_MS 120000
#define FIRST_PAUSE_MS 2000
#define MOST_PAUSE_MS 5000
#define SAID_SIZE 160

/* A server of the zone, and what it said last. */
struct authority {
	const char *host;
	struct dns_server addresses[ADDRESSES_MAX];
	size_t naddresses;
	bool shows;
	char said[SAID_SIZE];
};

/* Where a record that is in fact somewhere else is. */
static int
follow_aliases(char name[DNS_TEXT_SIZE], struct problem *problem)
{
	static struct dns_answer answer;
	struct error err;

	for (int i = 0; i < ALIASES_MAX; i++) {
		if (dns_resolve(name, DNS_CNAME, &answer, &err) == -1)
			return problem_set(problem, PROBLEM_DNS,
			    "%s: it cannot be seen whether the record is "
			    "there: %s",
			    name, err.msg);
		if (answer.n == 0)
			return 0;
		memcpy(name, answer.records[0], DNS_TEXT_SIZE);
	}
	return problem_set(problem, PROBLEM_DNS, "%s: too many aliases", name);
}

/* Walks up to a name that has servers. */
static int
find_hosts(const char *name, struct dns_answer *hosts, struct problem *problem)
{
	const char *zone = name, *dot;
	struct error err;

	for (;;) {
		if (dns_resolve(zone, DNS_NS, hosts, &err) == -1)
			return problem_set(problem, PROBLEM_DNS,
			    "%s: it cannot be seen whether the record is "
			    "there: %s",
			    name, err.msg);
		if (hosts->n > 0)
			return 0;
		dot = strchr(zone, '.');
		if (dot == NULL || dot[1] == '\0')
			return problem_set(problem, PROBLEM_DNS,
			    "%s: no zone of it has name servers", name);
		zone = dot + 1;
	}
}

/* Counts what it said for as long as nobody else of the server says better. */
static void
look(struct authority *authority, const char *name, const char *value)
{
	static struct dns_answer answer;
	struct error err;

	snprintf(authority->said, sizeof(authority->said), "has no address");
	for (size_t i = 0; i < authority->naddresses; i++) {
		if (dns_ask(&authority->addresses[i], name, DNS_TXT, &answer,
		        &err) == -1) {
			snprintf(authority->said, sizeof(authority->said),
			    "gives %.120s", err.msg);
			continue;
		}
		for (size_t k = 0; k < answer.n; k++)
			if (strcmp(answer.records[k], value) == 0) {
				authority->shows = true;
				return;
			}
		if (answer.n == 0)
			snprintf(authority->said, sizeof(authority->said),
			    "shows nothing");
		else
			snprintf(authority->said, sizeof(authority->said),
			    "shows %zu other, such as %.60s", answer.n,
			    answer.records[0]);
		return;
	}
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
		    used > 0 ? "; " : "", authorities[i].host, escaped);
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
	static struct dns_answer hosts;
	static struct authority authorities[DNS_RECORDS_MAX];
	int64_t deadline = clock_mono_ms() + PATIENCE_MS;
	int64_t pause = FIRST_PAUSE_MS;
	char name[DNS_TEXT_SIZE];

	if (strlen(proof->name) >= sizeof(name))
		return problem_set(problem, PROBLEM_DNS, "too long a name");
	memcpy(name, proof->name, strlen(proof->name) + 1);
	if (follow_aliases(name, problem) == -1 ||
	    find_hosts(name, &hosts, problem) == -1)
		return -1;
	for (size_t i = 0; i < hosts.n; i++) {
		authorities[i] = (struct authority){ .host = hosts.records[i] };
		authorities[i].naddresses = dns_find_servers(
		    hosts.records[i], authorities[i].addresses, ADDRESSES_MAX);
	}
	while (!all_show(authorities, hosts.n, name, proof->answer)) {
		if (clock_mono_ms() + pause > deadline)
			return not_shown(authorities, hosts.n, name, problem);
		supervisor_pause(job->supervisor, pause);
		pause = pause * 3 / 2;
		if (pause > MOST_PAUSE_MS)
			pause = MOST_PAUSE_MS;
	}
	log_info("all %zu name servers show the record of %s", hosts.n, name);
	return 0;
}
