#include "setup_judge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "json/json.h"

static const char *
text(const struct json *object, const char *member)
{
	const char *value = json_str(object, member);

	return value != NULL ? value : "";
}

static bool
is(const struct json *object, const char *member, const char *value)
{
	return strcmp(text(object, member), value) == 0;
}

/* The row of an array that has this among its names. */
static const struct json *
find_row(const struct json *status, const char *array, const char *host)
{
	const struct json *rows = json_get(status, array);

	for (size_t i = 0; i < json_count(rows); i++) {
		const struct json *row = json_at(rows, i);
		const struct json *names = json_get(row, "names");

		for (size_t n = 0; n < json_count(names); n++) {
			const char *name = json_text(json_at(names, n));

			if (name != NULL && strcasecmp(name, host) == 0)
				return row;
		}
	}
	return NULL;
}

void
setup_finding_release(struct setup_finding *finding)
{
	free(finding->text);
	free(finding->next);
	*finding = (struct setup_finding){ 0 };
}

static void
found(struct setup_finding *finding, enum setup_stage stage, char *what,
    char *next)
{
	setup_finding_release(finding);
	finding->stage = stage;
	finding->text = what;
	finding->next = next;
}

static char *
advice_or(const struct json *row, const char *otherwise)
{
	const char *advice = text(row, "advice");

	return xstrdup(advice[0] != '\0' ? advice : otherwise);
}

static char *
both(const struct json *row, const char *ipv4, const char *ipv6)
{
	const char *a = text(row, ipv4), *b = text(row, ipv6);

	return xasprintf(
	    "%s%s%s", a, a[0] != '\0' && b[0] != '\0' ? ", " : "", b);
}

void
setup_judge_ddns(
    const struct json *status, const char *host, struct setup_finding *finding)
{
	const struct json *row = find_row(status, "ddns", host);
	const char *provider = text(row, "provider");
	char *ours = both(row, "published4", "published6");
	char *seen = both(row, "dns4", "dns6");

	if (is(row, "state", "stopped"))
		found(finding, SETUP_BROKEN, xstrdup(text(row, "problem")),
		    advice_or(row, "Put that right at the provider."));
	else if (is(row, "state", "published"))
		found(finding, SETUP_REACHED,
		    xasprintf("%s leads to %s: %s has it, and the servers of "
		              "the zone say so",
		        host, ours, provider),
		    NULL);
	else if (text(row, "problem")[0] != '\0')
		found(finding, SETUP_TROUBLED, xstrdup(text(row, "problem")),
		    advice_or(row, "See `gatehouse ddns status`."));
	else if (is(row, "state", "pending") || is(row, "state", "hidden"))
		found(finding, SETUP_WAITING,
		    xasprintf("%s has %s; the servers of the zone say %s",
		        provider, ours, seen[0] != '\0' ? seen : "nothing"),
		    xstrdup("See `gatehouse ddns status`."));
	else
		found(finding, SETUP_WAITING,
		    xstrdup("looking for our public address"),
		    xstrdup("See `gatehouse ddns status`."));
	free(ours);
	free(seen);
}

void
setup_judge_portmap(const struct json *status, struct setup_finding *finding)
{
	const struct json *row = json_get(status, "portmap");

	if (is(row, "state", "mapped") && text(row, "warning")[0] != '\0')
		found(finding, SETUP_TROUBLED, xstrdup(text(row, "warning")),
		    xstrdup("If the other router is yours, make it a bridge; "
		            "else ask your internet provider for a public "
		            "IPv4 address."));
	else if (is(row, "state", "mapped"))
		found(finding, SETUP_REACHED,
		    xasprintf("the router forwards %s to us, by %s",
		        text(row, "ports"), text(row, "protocol")),
		    NULL);
	else if (text(row, "problem")[0] != '\0')
		found(finding, SETUP_TROUBLED, xstrdup(text(row, "problem")),
		    is(row, "advice", "") ? NULL
		                          : xstrdup(text(row, "advice")));
	else
		found(
		    finding, SETUP_WAITING, xstrdup("asking the router"), NULL);
}

/* A problem of the authority's, without where its word is defined. */
static const char *
plain(const char *problem)
{
	static const char urn[] = "urn:ietf:params:acme:error:";
	size_t len = sizeof(urn) - 1;

	return strncmp(problem, urn, len) == 0 ? problem + len : problem;
}

int64_t
setup_cert_failed(const struct json *status, const char *host)
{
	const struct json *row = find_row(status, "certificates", host);

	return is(row, "state", "failing") ? json_int(row, "attempts", 0) : -1;
}

void
setup_judge_cert(const struct json *status, const char *host, int64_t failed,
    struct setup_finding *finding)
{
	const struct json *row = find_row(status, "certificates", host);
	char date[CLOCK_DATE_SIZE];

	if (is(row, "state", "valid") && is(row, "source", "acme") &&
	    is(row, "issued_by", text(row, "directory")))
		found(finding, SETUP_REACHED,
		    xasprintf("issued for %s, good until %.10s", host,
		        clock_date(date, json_int(row, "not_after", 0))),
		    NULL);
	else if (setup_cert_failed(status, host) > failed)
		found(finding, SETUP_BROKEN,
		    xasprintf("%s; it is tried again at %s",
		        plain(text(row, "problem")),
		        clock_date(date, json_int(row, "next_attempt", 0))),
		    advice_or(row, "See `gatehouse status`."));
	else
		found(finding, SETUP_WAITING,
		    xstrdup(is(row, "state", "issuing")
		            ? "proving that the name is ours"
		            : "waiting for its turn"),
		    NULL);
}
