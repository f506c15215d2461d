/* The status as OpenMetrics: what the monitor knows, and what workers count. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "process.h"
#include "stats/metrics.h"
#include "status.h"

#define LABELS(...)                                                            \
	((const struct metrics_label[]){ __VA_ARGS__, { NULL, NULL } })

static void
put_backends(
    const struct status *status, const struct probe *probes, struct buf *out)
{
	char name[CONFIG_LABEL_SIZE];

	metrics_family(out, "gatehouse_backend_up", METRICS_GAUGE, "",
	    "Whether the backend answers; not there until that is known.");
	for (unsigned i = 0; i < status->config->nbackends; i++) {
		config_backend_label(status->config->backends[i], name);
		if (probes[i].state != PROBE_UNKNOWN &&
		    !config_backend_repeats(status->config, i))
			metrics_sample(out, "gatehouse_backend_up", "",
			    LABELS({ "backend", name }),
			    probes[i].state == PROBE_UP);
	}
}

static int64_t
expiry(const struct cert_row *cert)
{
	return cert->not_after;
}

static int64_t
next_attempt(const struct cert_row *cert)
{
	return cert->next_attempt;
}

static int64_t
failures(const struct cert_row *cert)
{
	return cert->failures;
}

static int64_t
attempts(const struct cert_row *cert)
{
	return cert->attempts;
}

static int64_t
chosen(const struct cert_row *cert)
{
	return cert->chosen;
}

static int64_t
has_problem(const struct cert_row *cert)
{
	return cert->problem[0] != '\0';
}

static const struct {
	const char *name;
	const char *unit;
	bool is_date; /* 0 is none */
	int64_t (*value)(const struct cert_row *cert);
	const char *help;
} cert_families[] = {
	{ "gatehouse_certificate_expiry_timestamp_seconds", "seconds", true,
	    expiry, "When the certificate expires, since the epoch." },
	{ "gatehouse_certificate_next_attempt_timestamp_seconds", "seconds",
	    true, next_attempt,
	    "When the certificate is to be renewed, since the epoch." },
	{ "gatehouse_certificate_chosen_timestamp_seconds", "seconds", true,
	    chosen,
	    "The moment chosen in the window that the authority suggests." },
	{ "gatehouse_certificate_attempts", "", false, attempts,
	    "Attempts to obtain it, ever." },
	{ "gatehouse_certificate_failures", "", false, failures,
	    "Attempts to renew it that failed, in a row." },
	{ "gatehouse_certificate_problem", "", false, has_problem,
	    "Whether something stands in the way of its renewal." },
};

static void
put_certs(const struct status *status, struct buf *out)
{
	for (size_t i = 0; i < sizeof(cert_families) / sizeof(cert_families[0]);
	     i++) {
		metrics_family(out, cert_families[i].name, METRICS_GAUGE,
		    cert_families[i].unit, cert_families[i].help);
		for (unsigned n = 0; n < status->config->ncerts; n++) {
			const struct cert_row *cert = &status->certs[n];
			char slot[16], name[256];
			int64_t value;

			if (cert->names == NULL)
				continue;
			value = cert_families[i].value(cert);
			if (cert_families[i].is_date && value == 0)
				continue;
			snprintf(slot, sizeof(slot), "%u", n);
			snprintf(name, sizeof(name), "%.*s",
			    (int)strcspn(cert->names, " "), cert->names);
			metrics_sample(out, cert_families[i].name, "",
			    LABELS({ "name", name }, { "slot", slot },
			        { "source", cert->source }),
			    value);
		}
	}
}

static int64_t
published_at(const struct ddns_row *ddns)
{
	return ddns->published_at;
}

static int64_t
ddns_failures(const struct ddns_row *ddns)
{
	return ddns->failures;
}

static int64_t
is_stopped(const struct ddns_row *ddns)
{
	return ddns->stopped_at != 0;
}

static int64_t
is_visible(const struct ddns_row *ddns)
{
	return ddns->visible == 1;
}

static const struct {
	const char *name;
	const char *unit;
	bool is_date;     /* 0 is none */
	bool needs_sight; /* not there while the servers cannot be asked */
	int64_t (*value)(const struct ddns_row *ddns);
	const char *help;
} ddns_families[] = {
	{ "gatehouse_ddns_published_timestamp_seconds", "seconds", true, false,
	    published_at,
	    "When the provider confirmed the address last, since the epoch." },
	{ "gatehouse_ddns_failures", "", false, false, ddns_failures,
	    "Attempts to publish the address that failed, in a row." },
	{ "gatehouse_ddns_stopped", "", false, false, is_stopped,
	    "Whether the provider is not asked until somebody acts." },
	{ "gatehouse_ddns_visible", "", false, true, is_visible,
	    "Whether the servers of the zone say the address." },
};

static void
put_ddns(const struct status *status, struct buf *out)
{
	for (size_t i = 0; i < sizeof(ddns_families) / sizeof(ddns_families[0]);
	     i++) {
		metrics_family(out, ddns_families[i].name, METRICS_GAUGE,
		    ddns_families[i].unit, ddns_families[i].help);
		for (unsigned n = 0; n < status->config->nddns; n++) {
			const struct ddns_row *ddns = &status->ddns[n];
			char section[16], name[256];
			int64_t value;

			if (ddns->names == NULL ||
			    (ddns_families[i].needs_sight &&
			        ddns->visible == 2))
				continue;
			value = ddns_families[i].value(ddns);
			if (ddns_families[i].is_date && value == 0)
				continue;
			snprintf(section, sizeof(section), "%u", n);
			snprintf(name, sizeof(name), "%.*s",
			    (int)strcspn(ddns->names, " "), ddns->names);
			metrics_sample(out, ddns_families[i].name, "",
			    LABELS({ "name", name }, { "section", section },
			        { "provider", ddns->provider }),
			    value);
		}
	}
}

static void
put_memory(struct buf *out, const char *role, int64_t pid, const char *number)
{
	char text[24];
	int64_t memory = process_memory(pid);

	if (memory == 0)
		return;
	snprintf(text, sizeof(text), "%lld", (long long)pid);
	metrics_sample(out, "gatehouse_process_resident_memory_bytes", "",
	    LABELS(
	        { "process", role }, { "pid", text }, { "generation", number }),
	    memory);
}

static void
put_processes(const struct status *status, struct buf *out)
{
	char number[16];

	metrics_family(out, "gatehouse_process_resident_memory_bytes",
	    METRICS_GAUGE, "bytes", "Memory of a process that is in RAM.");
	put_memory(out, "supervisor", getppid(), "");
	snprintf(number, sizeof(number), "%u", status->generation);
	put_memory(out, "monitor", getpid(), number);
	for (unsigned i = 0; i < status->nworkers; i++) {
		snprintf(number, sizeof(number), "%u",
		    status->workers[i].generation);
		put_memory(out, "worker", status->workers[i].pid, number);
	}
}

static unsigned
count_workers(const struct status *status, const char *state)
{
	unsigned n = 0;

	for (unsigned i = 0; i < status->nworkers; i++)
		n += strcmp(status->workers[i].state, state) == 0;
	return n;
}

static void
put_workers(const struct status *status, struct buf *out)
{
	static const char *const states[] = { "starting", "serving",
		"draining" };

	metrics_family(out, "gatehouse_workers", METRICS_GAUGE, "",
	    "Worker processes by what they do.");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		metrics_sample(out, "gatehouse_workers", "",
		    LABELS({ "state", states[i] }),
		    count_workers(status, states[i]));
}

void
status_export(
    const struct status *status, const struct probe *probes, struct buf *out)
{
	metrics_figures(out, status->stats);
	put_backends(status, probes, out);
	put_certs(status, out);
	status_portmap_export(status, out);
	if (status->config->nddns > 0)
		put_ddns(status, out);
	put_workers(status, out);
	put_processes(status, out);
	metrics_family(out, "gatehouse_generation", METRICS_GAUGE, "",
	    "The number of the configuration that serves.");
	metrics_sample(out, "gatehouse_generation", "", METRICS_NO_LABELS,
	    status->generation);
	metrics_family(out, "gatehouse_start_time_seconds", METRICS_GAUGE,
	    "seconds", "When the gateway was started, since the epoch.");
	metrics_sample(out, "gatehouse_start_time_seconds", "",
	    METRICS_NO_LABELS, status->started);
	metrics_end(out);
}
