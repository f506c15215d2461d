/*
 * Whether the internet reaches us, as an authority's staging directory sees it:
 * see reach.h. Comes after all that explains why it may not.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "doctor.h"
#include "doctor_reach.h"
#include "net/addr.h"
#include "reach.h"

#define NAMES_MAX 4
#define BEGIN_MS 180000 /* no look is begun after that */

static const struct way {
	const char *challenge;
	unsigned port;
	bool tls; /* of the listener that it takes */
} ways[] = {
	{ "tls-alpn-01", 443, true },
	{ "http-01", 80, false },
};

/* One name of one certificate. */
struct visit {
	const char *name;
	const struct config_cert *cert;
	bool met; /* at one port at least */
};

/* dns-01 alone: nobody outside need come. */
static bool
is_at_home(const struct config_cert *cert)
{
	return cert->acme->nchallenges == 1 &&
	    cert->acme->challenges[0] == CHALLENGE_DNS_01;
}

/* "A of NAME", "AAAA of NAME", "address of NAME" */
static bool
is_address_of(const char *subject, const char *name)
{
	const char *of = strstr(subject, " of ");

	return of != NULL && strcmp(of + 4, name) == 0 &&
	    strncmp(subject, "CAA", 3) != 0;
}

/* Is it about this name and port, or about the whole house? */
static bool
concerns(const struct doctor_finding *finding, const char *name, unsigned port)
{
	char ending[16];
	size_t len, end;

	if (strcmp(finding->check, "portmap") == 0)
		return true;
	if (strcmp(finding->check, "names") == 0)
		return is_address_of(finding->subject, name);
	len = strlen(finding->subject);
	end = (size_t)snprintf(ending, sizeof(ending), "%u", port);
	return len > end && strcmp(finding->subject + len - end, ending) == 0 &&
	    strchr(" :", finding->subject[len - end - 1]) != NULL;
}

/* What the authority met over IPv6 no mapping of IPv4 explains. */
const struct doctor_finding *
doctor_reach_cause(const struct doctor_report *report, const char *name,
    unsigned port, bool ipv6)
{
	static const char *const ranks[][4] = {
		{ "portmap", "firewall", "ports", "names" },
		{ "names", "firewall", "ports", NULL },
	};

	for (size_t i = 0; i < 4 && ranks[ipv6][i] != NULL; i++)
		for (size_t n = 0; n < report->n; n++) {
			const struct doctor_finding *finding =
			    &report->findings[n];

			if (strcmp(finding->check, ranks[ipv6][i]) == 0 &&
			    finding->verdict >= DOCTOR_WARN &&
			    finding->cure != NULL &&
			    concerns(finding, name, port))
				return finding;
		}
	return NULL;
}

static char *
cure(const struct doctor *doctor, const struct visit *visit, unsigned port,
    const struct reach *reach)
{
	const struct doctor_finding *cause = doctor_reach_cause(&doctor->report,
	    visit->name, port, strstr(reach->evidence, "IPv6 address") != NULL);

	if (cause != NULL)
		return xasprintf(
		    "First, for \"%s\" above: %s", cause->subject, cause->cure);
	return xstrdup(reach->advice[0] != '\0'
	        ? reach->advice
	        : "Lead the port through the router to this machine.");
}

/* Where one port will do for the certificate, the other one is a pity. */
static enum doctor_verdict
judge(const struct visit *visit)
{
	return visit->met || is_at_home(visit->cert) ? DOCTOR_WARN
	                                             : DOCTOR_FAIL;
}

/* False if there is no verdict: the authority is not asked again. */
static bool
say(struct doctor *doctor, struct visit *visit, const struct way *way,
    const struct reach *reach)
{
	char *subject =
	    xasprintf("port %u of %s from outside", way->port, visit->name);

	switch (reach->end) {
	case REACH_REACHED:
		doctor_say(
		    doctor, DOCTOR_OK, subject, xstrdup(reach->evidence), NULL);
		visit->met = true;
		doctor->report.not_checked = NULL;
		return true;
	case REACH_NOT:
		doctor_say(doctor, judge(visit), subject,
		    xstrdup(reach->evidence),
		    cure(doctor, visit, way->port, reach));
		doctor->report.not_checked = NULL;
		return true;
	case REACH_UNKNOWN:
		break;
	}
	doctor_say(doctor, DOCTOR_SKIPPED, subject,
	    xasprintf("because %s", reach->evidence), NULL);
	return false;
}

static void
skip(struct doctor *doctor, const char *name, const char *why)
{
	doctor_say(doctor, DOCTOR_SKIPPED, xasprintf("%s from outside", name),
	    xasprintf("because %s", why), NULL);
}

static bool
look(struct doctor *doctor, struct visit *visit, const struct way *way)
{
	struct reach reach;
	bool known;

	doctor_tell(doctor,
	    xasprintf("an authority is asked to come to port %u of %s",
	        way->port, visit->name));
	reach_look(doctor->file, visit->name, way->challenge, &reach);
	known = say(doctor, visit, way, &reach);
	reach_release(&reach);
	return known;
}

static bool
visit_name(struct doctor *doctor, struct visit *visit, int64_t end)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!config_has_listener(doctor->config, ways[i].tls)) {
			skip(doctor, visit->name,
			    "there is no ListenHTTP for port 80");
			continue;
		}
		if (clock_mono_ms() >= end) {
			skip(doctor, visit->name, "the time is up");
			return false;
		}
		if (!look(doctor, visit, &ways[i]))
			return false;
	}
	return true;
}

/* Why an authority is not asked about it; NULL: it is. */
static const char *
reason_against(const struct doctor *doctor, const char *name, unsigned nth)
{
	struct addr addr;

	if (doctor->inside)
		return "of --inside";
	if (strchr(name, '*') != NULL)
		return "nobody can come to a wildcard";
	if (addr_parse(&addr, name, 0))
		return "it is an address and not a name";
	return nth >= NAMES_MAX ? "four names are enough" : NULL;
}

void
doctor_check_reach(struct doctor *doctor)
{
	const struct config *config = doctor->config;
	int64_t end = clock_mono_ms() + BEGIN_MS;
	const struct config_acme *silent = NULL;
	unsigned nth = 0;

	for (unsigned i = 0; i < config->ncerts; i++) {
		struct visit visit = { .cert = config->certs[i] };

		for (unsigned n = 0; n < visit.cert->nnames; n++) {
			const char *why;

			visit.name = visit.cert->names[n];
			visit.met = false;
			if (doctor_is_repeated(config, i, visit.name))
				continue;
			why = reason_against(doctor, visit.name, nth);
			if (why == NULL && visit.cert->acme == silent)
				why = "the authority gave no verdict before";
			if (why != NULL)
				skip(doctor, visit.name, why);
			else if (nth++, !visit_name(doctor, &visit, end))
				silent = visit.cert->acme;
		}
	}
}
