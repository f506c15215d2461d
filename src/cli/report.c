#include "report.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "mqtt.h"
#include "portmap.h"
#include "report_ddns.h"
#include "report_parts.h"
#include "say.h"
#include "json/json.h"

/* What failed last, without the words that begin every problem of ACME. */
static const char *
problem_of(const struct json *cert)
{
	static const char urn[] = "urn:ietf:params:acme:error:";
	const char *problem = json_said(cert, "problem");

	if (strncmp(problem, urn, sizeof(urn) - 1) == 0)
		problem += sizeof(urn) - 1;
	return problem;
}

/* "ha.example.org:8123 (192.0.2.1:8123)". The caller frees. */
static char *
backend_name(const struct json *backend)
{
	const char *name = json_said(backend, "name");
	const char *address = json_said(backend, "address");

	if (address[0] == '\0' || strcmp(name, address) == 0)
		return xstrdup(name);
	return xasprintf("%s (%s)", name, address);
}

/* --- what needs attention ------------------------------------------------ */

static void
print_verdict(const struct json *problems, FILE *out)
{
	if (problems == NULL)
		fputs("This gateway is older than the command, and does not "
		      "say whether all is well.\n",
		    out);
	else
		fputs(json_count(problems) == 0 ? "All is well.\n"
		                                : "This needs attention:\n",
		    out);
	for (size_t i = 0; i < json_count(problems); i++) {
		const struct json *problem = json_at(problems, i);
		const char *advice = json_said(problem, "advice");

		fputs("  ", out);
		say_safely(out, json_said(problem, "what"));
		fputs(advice[0] != '\0' ? ". " : "", out);
		say_safely(out, advice);
		fputc('\n', out);
	}
}

/* --- the rest of the screen ---------------------------------------------- */

static void
print_listeners(const struct json *listeners, FILE *out)
{
	fputs("\nListeners\n", out);
	for (size_t i = 0; i < json_count(listeners); i++) {
		const struct json *listener = json_at(listeners, i);

		fprintf(out, "  %-5s ", json_said(listener, "protocol"));
		say_safely(out, json_said(listener, "address"));
		fputc('\n', out);
	}
}

static void
print_backends(const struct json *backends, int64_t now, FILE *out)
{
	if (json_count(backends) > 0)
		fputs("\nBackends\n", out);
	for (size_t i = 0; i < json_count(backends); i++) {
		const struct json *backend = json_at(backends, i);
		int64_t since = json_int(backend, "since", now);
		char *name = backend_name(backend);
		char ago[REPORT_SPAN_SIZE];

		fputs("  ", out);
		say_safely(out, name);
		if (json_is(backend, "state", "unknown"))
			fputs("  not probed yet\n", out);
		else
			fprintf(out, "  %s for %s\n",
			    json_said(backend, "state"),
			    report_span(ago, now - since));
		free(name);
	}
}

static void
print_expiry(const struct json *cert, int64_t now, FILE *out)
{
	int64_t not_after = json_int(cert, "not_after", 0);
	char date[CLOCK_DATE_SIZE], left[REPORT_SPAN_SIZE];

	if (not_after == 0)
		return;
	fprintf(
	    out, "    %-13s%s (", "valid until", clock_date(date, not_after));
	if (not_after > now)
		fprintf(out, "%s left)\n", report_span(left, not_after - now));
	else
		fprintf(out, "%s ago)\n", report_span(left, now - not_after));
}

static void
print_renewal(const struct json *cert, int64_t now, FILE *out)
{
	int64_t next = json_int(cert, "next_attempt", 0);
	int64_t failures = json_int(cert, "failures", 0);
	const char *reason = json_said(cert, "reason");
	char date[CLOCK_DATE_SIZE], left[REPORT_SPAN_SIZE];

	if (next != 0) {
		fprintf(out, "    %-13s%s (in %s)%s",
		    failures > 0 ? "next attempt" : "next renewal",
		    clock_date(date, next), report_span(left, next - now),
		    reason[0] != '\0' ? ": " : "");
		say_safely(out, reason);
		fputc('\n', out);
	}
	if (failures > 0)
		fprintf(out, "    %-13s%" PRId64 " in a row\n", "failures",
		    failures);
}

/* What the authority suggests. */
static void
print_window(const struct json *cert, FILE *out)
{
	int64_t start = json_int(cert, "window_start", 0);
	int64_t end = json_int(cert, "window_end", 0);
	char from[CLOCK_DATE_SIZE], to[CLOCK_DATE_SIZE];

	if (start != 0 && end > start)
		fprintf(out, "    %-13s%s to %s\n", "window",
		    clock_date(from, start), clock_date(to, end));
}

static const char *
state_text(const struct json *cert)
{
	static const struct {
		const char *state;
		const char *text;
	} states[] = {
		{ "valid", "in service" },
		{ "issuing", "a new one is being obtained" },
		{ "failing", "the last attempt to obtain one failed" },
		{ "missing", "one is still to be obtained" },
		{ "revoked", "revoked, a new one is to be obtained" },
		{ "own", "your own" },
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (json_is(cert, "state", states[i].state))
			return states[i].text;
	return "";
}

static void
print_cert(const struct json *cert, int64_t now, FILE *out)
{
	report_names(json_get(cert, "names"), out);
	report_row("state", state_text(cert), out);
	report_row("source", json_said(cert, "source"), out);
	report_row("issuer", json_said(cert, "issuer"), out);
	report_row("serial", json_said(cert, "serial"), out);
	print_expiry(cert, now, out);
	report_row("issued by", json_said(cert, "issued_by"), out);
	if (!json_is(cert, "directory", json_said(cert, "issued_by")))
		report_row("next from", json_said(cert, "directory"), out);
	report_row("profile", json_said(cert, "profile"), out);
	print_window(cert, out);
	print_renewal(cert, now, out);
	report_row("problem", problem_of(cert), out);
	report_row("what to do", json_said(cert, "advice"), out);
}

static void
print_certs(const struct json *certs, int64_t now, FILE *out)
{
	if (json_count(certs) > 0)
		fputs("\nCertificates\n", out);
	for (size_t i = 0; i < json_count(certs); i++)
		print_cert(json_at(certs, i), now, out);
}

#define SIZE_SIZE 24

/* "512 B", "12.3 MB". Returns dst. */
static char *
size(char dst[SIZE_SIZE], int64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	size_t i = 0;
	int64_t tenths = bytes;

	if (bytes < 1000) {
		snprintf(dst, SIZE_SIZE, "%" PRId64 " B", bytes);
		return dst;
	}
	for (i = 1; tenths >= 1000000 && i < 4; i++)
		tenths /= 1000;
	tenths /= 100;
	snprintf(dst, SIZE_SIZE, "%" PRId64 ".%" PRId64 " %s", tenths / 10,
	    tenths % 10, units[i]);
	return dst;
}

/* What is open now, and the last hour in two lines. */
static void
print_traffic(const struct json *status, FILE *out)
{
	const struct json *traffic = json_get(status, "traffic");
	const struct json *hour = json_get(status, "hour");
	char received[SIZE_SIZE], sent[SIZE_SIZE];

	fprintf(out,
	    "\nTraffic\n"
	    "  now        %" PRId64 " connections, %" PRId64 " WebSockets\n"
	    "  last hour  %" PRId64 " requests, %" PRId64 " failed\n",
	    json_int(traffic, "connections_open", 0),
	    json_int(traffic, "websockets_open", 0),
	    json_int(hour, "requests", 0), json_int(hour, "errors", 0));
	if (json_int(hour, "p50", 0) > 0)
		fprintf(out,
		    "             half of them answered in %" PRId64
		    " ms, 95 %% in %" PRId64 " ms\n",
		    json_int(hour, "p50", 0), json_int(hour, "p95", 0));
	fprintf(out, "             %s received, %s sent\n",
	    size(received, json_int(hour, "received", 0)),
	    size(sent, json_int(hour, "sent", 0)));
}

#define EVENTS_SHOWN 3

static void
print_events(const struct json *events, int64_t now, FILE *out)
{
	if (json_count(events) > 0)
		fputs("\nLately\n", out);
	for (size_t i = 0; i < json_count(events) && i < EVENTS_SHOWN; i++) {
		const struct json *event = json_at(events, i);
		char ago[REPORT_SPAN_SIZE];

		fprintf(out, "  %s ago: ",
		    report_span(ago, now - json_int(event, "when", now)));
		say_safely(out, json_said(event, "kind"));
		fputs(", ", out);
		say_safely(out, json_said(event, "text"));
		fputc('\n', out);
	}
}

static void
print_workers(const struct json *workers, FILE *out)
{
	fputs("\nWorkers\n", out);
	for (size_t i = 0; i < json_count(workers); i++) {
		const struct json *worker = json_at(workers, i);

		fprintf(out,
		    "  process %-8" PRId64 " generation %-4" PRId64 " %s\n",
		    json_int(worker, "pid", 0),
		    json_int(worker, "generation", 0),
		    json_said(worker, "state"));
	}
}

void
report_print(const struct json *status, int64_t now, FILE *out)
{
	char up[REPORT_SPAN_SIZE];

	print_verdict(json_get(status, "problems"), out);
	fprintf(out, "\nGatehouse %s, process %" PRId64 ", up for %s\n",
	    json_said(status, "version"), json_int(status, "pid", 0),
	    report_span(up, json_int(status, "uptime", 0)));
	print_listeners(json_get(status, "listeners"), out);
	print_backends(json_get(status, "backends"), now, out);
	print_certs(json_get(status, "certificates"), now, out);
	portmap_print(status, now, out);
	mqtt_print(status, now, out);
	report_ddns_short(json_get(status, "ddns"), out);
	print_workers(json_get(status, "workers"), out);
	print_traffic(status, out);
	print_events(json_get(status, "events"), now, out);
}
