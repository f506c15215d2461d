/* What the running gateway itself says: see doctor.h. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "client.h"
#include "config/config.h"
#include "doctor.h"
#include "doctor_status.h"
#include "report_parts.h"
#include "json/json.h"

#define STATUS_SECONDS 3
#define SOON (7 * 86400)

static void
say_silence(struct doctor *doctor, const struct error *err)
{
	if (err->kind == ERR_NOTFOUND)
		doctor_say(doctor, DOCTOR_FAIL, xstrdup("gateway"),
		    xasprintf("none is running with this configuration (%s)",
		        err->msg),
		    xstrdup("Start it with `systemctl start gatehouse`, or "
		            "in this terminal with `gatehouse run`."));
	else {
		doctor->is_silent = true;
		doctor_say(doctor, DOCTOR_WARN, xstrdup("gateway"),
		    xasprintf("it cannot be asked: %s", err->msg),
		    xstrdup("Run the doctor as root, or as the user of the "
		            "gateway."));
	}
}

static void
say_workers(struct doctor *doctor)
{
	const struct json *workers = json_get(doctor->status, "workers");
	size_t serving = 0;
	char up[REPORT_SPAN_SIZE];

	for (size_t i = 0; i < json_count(workers); i++)
		serving += json_is(json_at(workers, i), "state", "serving");
	if (serving == 0)
		doctor_say(doctor, DOCTOR_FAIL, xstrdup("gateway"),
		    xstrdup("it runs, and no worker serves"),
		    xstrdup("Look into its log for why they end."));
	else
		doctor_say(doctor, DOCTOR_OK, xstrdup("gateway"),
		    xasprintf("runs for %s with %zu workers",
		        report_span(up, json_int(doctor->status, "uptime", 0)),
		        serving),
		    NULL);
}

void
doctor_check_gateway(struct doctor *doctor)
{
	struct client_answer answer;
	struct error err;
	char *dir, *path;
	int rc;

	dir = doctor->text != NULL ? config_find_state_dir(doctor->text)
	                           : xstrdup(CONFIG_DEFAULT_STATE_DIR);
	path = xasprintf("%s/%s", dir, CONFIG_CONTROL_SOCKET);
	rc = client_ask_within(path, "status", STATUS_SECONDS, &answer, &err);
	free(path);
	free(dir);
	if (rc == 0) {
		if (answer.ok)
			doctor->status =
			    json_parse(answer.text, strlen(answer.text), &err);
		else
			error_set(&err, ERR_DENIED, "%s", answer.text);
		free(answer.text);
	}
	if (doctor->status == NULL)
		say_silence(doctor, &err);
	else
		say_workers(doctor);
}

/* --- certificates --------------------------------------------------------- */

static bool
is_missing(const struct json *cert)
{
	return json_is(cert, "source", "none") ||
	    json_is(cert, "source", "self-signed");
}

/* The first attempt has begun, and has not failed. */
static bool
is_on_its_way(const struct json *cert)
{
	return is_missing(cert) && json_is(cert, "state", "issuing") &&
	    json_int(cert, "failures", 0) == 0;
}

static const char *
rehearsed(const struct json *cert)
{
	return is_missing(cert)
	    ? NULL
	    : config_acme_rehearsed(json_said(cert, "issued_by"));
}

char *
doctor_staging_cure(const struct json *cert)
{
	const char *authority = rehearsed(cert);

	if (authority == NULL)
		return NULL;
	if (!json_is(cert, "directory", json_said(cert, "issued_by")))
		return xstrdup("The configuration names another authority by "
		               "now: wait for its certificate.");
	return xasprintf("Say Directory \"%s\" in the ACME section, then "
	                 "`gatehouse reload`; or run `gatehouse setup` "
	                 "without --staging.",
	    authority);
}

enum doctor_verdict
doctor_judge_cert(const struct json *cert, int64_t now)
{
	int64_t not_after = json_int(cert, "not_after", 0);

	if (is_on_its_way(cert))
		return DOCTOR_WARN;
	if (is_missing(cert) || json_is(cert, "state", "revoked") ||
	    not_after <= now)
		return DOCTOR_FAIL;
	if (json_int(cert, "failures", 0) > 0 || json_said(cert, "problem")[0])
		return DOCTOR_WARN;
	if (json_is(cert, "state", "own") && not_after - now < SOON)
		return DOCTOR_WARN;
	if (rehearsed(cert) != NULL)
		return DOCTOR_WARN;
	return DOCTOR_OK;
}

static char *
cert_evidence(const struct json *cert, int64_t now)
{
	int64_t not_after = json_int(cert, "not_after", 0);
	int64_t next = json_int(cert, "next_attempt", 0);
	const char *problem = json_said(cert, "problem");
	char span[REPORT_SPAN_SIZE], date[CLOCK_DATE_SIZE];
	char *base, *whole;

	if (is_on_its_way(cert))
		base = xstrdup("the first one is being obtained");
	else if (is_missing(cert))
		base = xstrdup("there is none from an authority yet");
	else if (json_is(cert, "state", "revoked"))
		base = xstrdup("it is revoked");
	else if (not_after <= now)
		base = xasprintf("it has expired %s ago",
		    report_span(span, now - not_after));
	else
		base = xasprintf("%s%s left, by %s",
		    rehearsed(cert) != NULL
		        ? "browsers do not accept it, for it is of a staging "
		          "authority; "
		        : "",
		    report_span(span, not_after - now),
		    json_said(cert, "issuer"));
	whole = xasprintf("%s%s%s%s%s", base, problem[0] != '\0' ? "; " : "",
	    problem,
	    next > now
	        ? (problem[0] != '\0' ? "; next attempt " : "; next renewal ")
	        : "",
	    next > now ? clock_date(date, next) : "");
	free(base);
	return whole;
}

static char *
cert_cure(const struct json *cert)
{
	const char *advice = json_said(cert, "advice");
	char *cure;

	if (advice[0] != '\0')
		return xstrdup(advice);
	cure = doctor_staging_cure(cert);
	if (cure != NULL)
		return cure;
	if (is_on_its_way(cert))
		return xstrdup("Ask again in a minute.");
	if (json_is(cert, "state", "own"))
		return xstrdup("Put a new one into its file, then say "
		               "`gatehouse reload`.");
	return xstrdup("Cure what else is wrong here, then say `gatehouse "
	               "renew`.");
}

void
doctor_check_certs(struct doctor *doctor)
{
	const struct json *certs = json_get(doctor->status, "certificates");

	for (size_t i = 0; i < json_count(certs); i++) {
		const struct json *cert = json_at(certs, i);
		const char *name =
		    json_text(json_at(json_get(cert, "names"), 0));
		enum doctor_verdict verdict =
		    doctor_judge_cert(cert, doctor->now);

		doctor_say(doctor, verdict,
		    xasprintf("certificate of %s", name != NULL ? name : "?"),
		    cert_evidence(cert, doctor->now),
		    verdict == DOCTOR_OK ? NULL : cert_cure(cert));
	}
}

/* --- dynamic DNS and the router ------------------------------------------- */

static void
say_ddns(struct doctor *doctor, const struct json *section)
{
	const char *name = json_text(json_at(json_get(section, "names"), 0));
	char *subject = xasprintf("address of %s", name != NULL ? name : "?");
	const char *problem = json_said(section, "problem");
	const char *advice = json_said(section, "advice");
	const char *ipv4 = json_said(section, "published4");
	const char *ipv6 = json_said(section, "published6");

	if (problem[0] != '\0')
		doctor_say(doctor, DOCTOR_FAIL, subject, xstrdup(problem),
		    xstrdup(advice[0] != '\0'
		            ? advice
		            : "Look at `gatehouse ddns status`."));
	else if (ipv4[0] == '\0' && ipv6[0] == '\0')
		doctor_say(doctor, DOCTOR_WARN, subject,
		    xasprintf("%s has published none yet",
		        json_said(section, "provider")),
		    xstrdup("Look at `gatehouse ddns status` in a minute."));
	else
		doctor_say(doctor, DOCTOR_OK, subject,
		    xasprintf("%s has published %s%s%s",
		        json_said(section, "provider"), ipv4,
		        ipv4[0] != '\0' && ipv6[0] != '\0' ? " and " : "",
		        ipv6),
		    NULL);
}

void
doctor_check_ddns(struct doctor *doctor)
{
	const struct json *sections = json_get(doctor->status, "ddns");

	for (size_t i = 0; i < json_count(sections); i++)
		say_ddns(doctor, json_at(sections, i));
}

/* Why there is no verdict over the router; NULL: there is one. */
static const char *
undecided(const struct json *portmap)
{
	if (json_is(portmap, "state", "held"))
		return "because `gatehouse portmap off` was said";
	if (json_is(portmap, "state", "asking") ||
	    json_is(portmap, "state", "removing") ||
	    (json_is(portmap, "state", "address") &&
	        json_said(portmap, "wan")[0] == '\0'))
		return "because it has not answered yet";
	return NULL;
}

static char *
router_evidence(const struct json *portmap)
{
	if (json_is(portmap, "state", "address"))
		return xasprintf(
		    "its address outside is %s", json_said(portmap, "wan"));
	return xasprintf(
	    "%s %s", json_said(portmap, "state"), json_said(portmap, "ports"));
}

void
doctor_check_portmap(struct doctor *doctor)
{
	const struct json *portmap = json_get(doctor->status, "portmap");
	const char *state = json_said(portmap, "state");
	const char *advice = json_said(portmap, "advice");
	const char *why = undecided(portmap);

	if (state[0] == '\0' || strcmp(state, "off") == 0)
		return;
	if (json_said(portmap, "problem")[0] != '\0')
		doctor_say(doctor, DOCTOR_FAIL, xstrdup("router"),
		    xstrdup(json_said(portmap, "problem")),
		    xstrdup(advice[0] != '\0'
		            ? advice
		            : "Lead the ports to this machine by hand, on "
		              "the page of the router."));
	else if (json_said(portmap, "warning")[0] != '\0')
		doctor_say(doctor, DOCTOR_WARN, xstrdup("router"),
		    xstrdup(json_said(portmap, "warning")),
		    xstrdup("If the other router is yours, make it a bridge; "
		            "else ask the provider of your internet access "
		            "for a public IPv4 address, or publish only "
		            "IPv6."));
	else if (why != NULL)
		doctor_say(doctor, DOCTOR_SKIPPED, xstrdup("router"),
		    xstrdup(why), NULL);
	else
		doctor_say(doctor, DOCTOR_OK, xstrdup("router"),
		    router_evidence(portmap), NULL);
}
