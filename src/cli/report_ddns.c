#include "report_ddns.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "report_parts.h"
#include "say.h"
#include "json/json.h"

static const char *
first_name(const struct json *section)
{
	const char *name = json_text(json_at(json_get(section, "names"), 0));

	return name != NULL ? name : "?";
}

static bool
is_stopped(const struct json *section)
{
	return json_is(section, "state", "stopped");
}

static const char *
state_text(const struct json *section)
{
	static const struct {
		const char *state;
		const char *text;
	} states[] = {
		{ "published", "published" },
		{ "pending", "published, not visible yet" },
		{ "hidden", "published, but the zone's servers say otherwise" },
		{ "waiting", "to be published" },
		{ "looking", "the address is being looked for" },
		{ "failing", "the last attempt failed" },
		{ "stopped", "refused by the provider" },
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].state, json_said(section, "state")) == 0)
			return states[i].text;
	return "";
}

/* "203.0.113.9 and 2001:db8::1", "" for none. The caller frees. */
static char *
both(const char *ipv4, const char *ipv6)
{
	return xasprintf("%s%s%s", ipv4,
	    ipv4[0] != '\0' && ipv6[0] != '\0' ? " and " : "", ipv6);
}

static void
print_short(const struct json *section, FILE *out)
{
	char *known = both(
	    json_said(section, "published4"), json_said(section, "published6"));

	fputs("  ", out);
	say_safely(out, first_name(section));
	if (json_count(json_get(section, "names")) > 1)
		fputs(", ...", out);
	fputs("  ", out);
	say_safely(out, known[0] != '\0' ? known : "no address");
	fputs(" at ", out);
	say_safely(out, json_said(section, "provider"));
	fprintf(out, ": %s\n", state_text(section));
	free(known);
	report_row("problem", json_said(section, "problem"), out);
	report_row("what to do", json_said(section, "advice"), out);
}

void
report_ddns_short(const struct json *sections, FILE *out)
{
	if (json_count(sections) > 0)
		fputs("\nDynamic DNS\n", out);
	for (size_t i = 0; i < json_count(sections); i++)
		print_short(json_at(sections, i), out);
}

static bool
has_name(const struct json *section, const char *name)
{
	const struct json *names = json_get(section, "names");

	for (size_t i = 0; i < json_count(names); i++) {
		const char *one = json_text(json_at(names, i));

		if (one != NULL && strcasecmp(one, name) == 0)
			return true;
	}
	return false;
}

static void
print_address(
    const char *label, const char *address, const char *source, FILE *out)
{
	char *value = source[0] != '\0' ? xasprintf("%s (%s)", address, source)
	                                : xstrdup(address);

	report_row(label, address[0] != '\0' ? value : "none", out);
	free(value);
}

static void
print_when(const char *label, int64_t when, int64_t now, FILE *out)
{
	char date[CLOCK_DATE_SIZE], span[REPORT_SPAN_SIZE];

	if (when == 0)
		return;
	fprintf(out, "    %-13s%s (%s%s%s)\n", label, clock_date(date, when),
	    when > now ? "in " : "", report_span(span, llabs(when - now)),
	    when > now ? "" : " ago");
}

static void
print_servers(const struct json *section, FILE *out)
{
	char *said =
	    both(json_said(section, "dns4"), json_said(section, "dns6"));

	if (json_int(section, "visible", 2) == 2)
		report_row("servers say", "could not be asked", out);
	else
		report_row(
		    "servers say", said[0] != '\0' ? said : "nothing", out);
	free(said);
}

static void
print_section(const struct json *section, int64_t now, FILE *out)
{
	char *known = both(
	    json_said(section, "published4"), json_said(section, "published6"));

	report_names(json_get(section, "names"), out);
	report_row("provider", json_said(section, "provider"), out);
	report_row("state",
	    is_stopped(section)
	        ? "refused; not asked again until this section changes"
	        : state_text(section),
	    out);
	print_address("IPv4", json_said(section, "ipv4"),
	    json_said(section, "source4"), out);
	print_address("IPv6", json_said(section, "ipv6"),
	    json_said(section, "source6"), out);
	report_row("published", known[0] != '\0' ? known : "nothing", out);
	print_when("confirmed", json_int(section, "published_at", 0), now, out);
	print_servers(section, out);
	print_when("next look", json_int(section, "next_look", 0), now, out);
	report_row("problem", json_said(section, "problem"), out);
	report_row("what to do", json_said(section, "advice"), out);
	free(known);
}

unsigned
report_ddns(
    const struct json *sections, const char *name, int64_t now, FILE *out)
{
	unsigned found = 0;

	for (size_t i = 0; i < json_count(sections); i++) {
		const struct json *section = json_at(sections, i);

		if (name != NULL && !has_name(section, name))
			continue;
		found++;
		print_section(section, now, out);
	}
	return found;
}
