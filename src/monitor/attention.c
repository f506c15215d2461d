#include "attention.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "jsonout.h"
#include "status.h"

/* One problem. Frees what is wrong; no advice: "". */
static void
put(struct jsonout *json, char *what, const char *advice)
{
	jsonout_object(json, NULL);
	jsonout_str(json, "what", what);
	jsonout_str(json, "advice", advice);
	jsonout_object_end(json);
	free(what);
}

static void
judge_workers(const struct status *status, struct jsonout *json)
{
	for (unsigned i = 0; i < status->nworkers; i++)
		if (strcmp(status->workers[i].state, "serving") == 0)
			return;
	put(json, xstrdup("no worker is serving"),
	    "See the log of the gateway.");
}

static void
judge_backend(const struct probe *probe, struct jsonout *json)
{
	char name[CONFIG_LABEL_SIZE], address[ADDR_TEXT_SIZE];
	bool same;

	if (probe->state != PROBE_DOWN)
		return;
	config_backend_label(probe->backend, name);
	status_backend_address(probe, address);
	same = address[0] == '\0' || strcmp(name, address) == 0;
	put(json,
	    xasprintf("the backend %s%s%s%s is down: %s", name,
	        same ? "" : " (", same ? "" : address, same ? "" : ")",
	        probe->error),
	    "See that it runs, and that the configuration has the right "
	    "address and port.");
}

/* Without the words that begin every problem of ACME. */
static const char *
plain(const char *problem)
{
	static const char urn[] = "urn:ietf:params:acme:error:";

	return strncmp(problem, urn, sizeof(urn) - 1) == 0
	    ? problem + sizeof(urn) - 1
	    : problem;
}

static void
judge_cert(const struct cert_row *cert, int64_t now, struct jsonout *json)
{
	const char *problem = plain(cert->problem);
	char *name = xstrndup(cert->names, strcspn(cert->names, " "));

	if (strcmp(cert->source, "none") == 0 ||
	    strcmp(cert->source, "self-signed") == 0)
		put(json,
		    xasprintf(
		        "%s has no certificate from an authority yet", name),
		    problem[0] != '\0'
		        ? ""
		        : "It is being obtained; browsers warn until then.");
	else if (cert->not_after != 0 && cert->not_after <= now)
		put(json, xasprintf("the certificate of %s has expired", name),
		    "");
	if (strcmp(cert->state, "revoked") == 0)
		put(json, xasprintf("the certificate of %s is revoked", name),
		    "");
	if (cert->failures > 0 || problem[0] != '\0')
		put(json,
		    xasprintf("%s: %s", name,
		        problem[0] != '\0' ? problem
		                           : "the last attempt failed"),
		    cert->advice);
	free(name);
}

static void
judge_portmap(const struct portmap_row *portmap, struct jsonout *json)
{
	if (portmap->state == NULL)
		return;
	if (portmap->problem[0] != '\0')
		put(json, xasprintf("port mapping: %s", portmap->problem),
		    portmap->advice);
	else if (portmap->warning[0] != '\0')
		put(json, xasprintf("port mapping: %s", portmap->warning), "");
}

static void
judge_mqtt(const struct mqtt_row *mqtt, struct jsonout *json)
{
	if (mqtt->state != NULL && mqtt->problem[0] != '\0')
		put(json, xasprintf("MQTT: %s", mqtt->problem), mqtt->advice);
}

static void
judge_ddns(const struct ddns_row *ddns, struct jsonout *json)
{
	bool stopped = strcmp(ddns->state, "stopped") == 0;
	char *advice;

	if (ddns->problem[0] == '\0')
		return;
	advice = xasprintf("%s%s%s", ddns->advice,
	    stopped && ddns->advice[0] != '\0' ? " " : "",
	    stopped ? "It is not asked again until the configuration changes, "
	              "or you say `gatehouse ddns update`"
	            : "");
	put(json,
	    xasprintf("the address of %.*s is not published (%s): %s",
	        (int)strcspn(ddns->names, " "), ddns->names, ddns->provider,
	        ddns->problem),
	    advice);
	free(advice);
}

void
attention_render(const struct status *status, const struct probe *probes,
    int64_t now, struct jsonout *json)
{
	const struct config *config = status->config;

	jsonout_array(json, "problems");
	judge_workers(status, json);
	for (unsigned i = 0; i < config->nbackends; i++)
		judge_backend(&probes[i], json);
	for (unsigned i = 0; i < config->ncerts; i++)
		if (status->certs[i].names != NULL)
			judge_cert(&status->certs[i], now, json);
	judge_portmap(&status->portmap, json);
	judge_mqtt(&status->mqtt, json);
	for (unsigned i = 0; i < config->nddns; i++)
		if (status->ddns[i].names != NULL)
			judge_ddns(&status->ddns[i], json);
	jsonout_array_end(json);
}
