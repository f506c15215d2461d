/*
 * The settings of Home Assistant, with a token that the operator has given for
 * it. Reads `http/config` and the external URL, and nothing else.
 */

#include <stdlib.h>

#include "backend.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "doctor.h"
#include "ha_config.h"
#include "ha_socket.h"
#include "tls/client.h"
#include "json/json.h"

#define SAY_TRUST "Say `gatehouse ha-trust`, which sees to it."

struct visit {
	struct doctor *doctor;
	const struct config_backend *backend;
	struct ha_socket *socket;
};

static void
say_proxies(const struct visit *visit, enum doctor_verdict verdict,
    char *evidence, const char *cure)
{
	doctor_say(visit->doctor, verdict,
	    xasprintf("trusted proxies of %s", visit->backend->place), evidence,
	    cure != NULL ? xstrdup(cure) : NULL);
}

static void
judge_proxies(const struct visit *visit, const struct ha_config *config)
{
	struct addr local = visit->doctor->backends[visit->backend->id].local;
	const char *bad = ha_config_bad_network(config->active);
	char ip[ADDR_TEXT_SIZE];

	addr_ip_text(&local, ip);
	if (bad != NULL)
		say_proxies(visit, DOCTOR_WARN,
		    xasprintf("'%s' is no network: Home Assistant refuses "
		              "the list when it is next changed",
		        bad),
		    "Correct it in Home Assistant: Settings, System, Network, "
		    "HTTP. The bits behind the mask must be zero.");
	else if (!ha_config_trusts(config->active, &local))
		say_proxies(visit, DOCTOR_WARN,
		    xasprintf(
		        "they have no %s, the address that we come from", ip),
		    SAY_TRUST);
	else if (config->on_trial)
		say_proxies(visit, DOCTOR_WARN,
		    xasprintf("they have %s on trial only; Home Assistant "
		              "takes that back%s%s",
		        ip, config->when[0] != '\0' ? " at " : " soon",
		        config->when),
		    "Say `gatehouse ha-trust` before that.");
	else
		say_proxies(
		    visit, DOCTOR_OK, xasprintf("they have %s", ip), NULL);
}

static void
check_proxies(const struct visit *visit)
{
	enum ha_refusal why;
	struct ha_config config;
	struct error err;
	struct json *answer =
	    ha_socket_call(visit->socket, "http/config", NULL, &why, &err);

	if (answer != NULL && ha_config_read(answer, &config, &err) == 0)
		judge_proxies(visit, &config);
	else if (answer == NULL && why == HA_UNKNOWN_COMMAND)
		say_proxies(visit, DOCTOR_SKIPPED,
		    xstrdup("because this version has them in its "
		            "configuration.yaml"),
		    NULL);
	else
		say_proxies(visit, DOCTOR_WARN, xstrdup(err.msg),
		    "The token must be that of an administrator.");
	json_free(answer);
}

static void
check_url(const struct visit *visit)
{
	char *url = backend_url(visit->doctor->config, visit->backend);
	char *subject = xasprintf("external URL of %s", visit->backend->place);
	enum ha_refusal why;
	struct error err;
	struct json *core =
	    ha_socket_call(visit->socket, "get_config", NULL, &why, &err);
	const char *found = json_str(core, "external_url");

	if (core == NULL)
		doctor_say(visit->doctor, DOCTOR_WARN, subject,
		    xstrdup(err.msg), xstrdup("Try again."));
	else if (url == NULL)
		doctor_say(visit->doctor, DOCTOR_SKIPPED, subject,
		    xstrdup("because no name of a certificate leads there"),
		    NULL);
	else if (ha_config_is_url(found, url))
		doctor_say(visit->doctor, DOCTOR_OK, subject,
		    xasprintf("is %s", url), NULL);
	else
		doctor_say(visit->doctor, DOCTOR_WARN, subject,
		    xasprintf("is %s, and we serve %s",
		        found != NULL ? found : "not set", url),
		    xstrdup(SAY_TRUST));
	json_free(core);
	free(url);
}

/* False if the token is not to be tried again. */
static bool
visit(struct visit *visit, struct tls_client *tls)
{
	struct ha_place place = { .tls = tls };
	struct error err;

	if (!backend_place(visit->backend, visit->doctor->status, &place.addr))
		return true;
	visit->socket = ha_socket_open(&place, &err);
	if (visit->socket == NULL ||
	    ha_socket_login(visit->socket, visit->doctor->token, &err) == -1) {
		doctor_say(visit->doctor, DOCTOR_WARN,
		    xasprintf("settings of %s", visit->backend->place),
		    xstrdup(err.msg),
		    xstrdup("Make a long-lived token in Home Assistant, as an "
		            "administrator, and put it into the file."));
		ha_socket_free(visit->socket);
		return err.kind != ERR_DENIED && err.kind != ERR_SYNTAX;
	}
	check_proxies(visit);
	check_url(visit);
	ha_socket_free(visit->socket);
	return true;
}

void
doctor_check_settings(struct doctor *doctor)
{
	struct tls_trust *system = NULL;
	bool go_on = doctor->token != NULL && doctor->config != NULL;

	for (unsigned i = 0; go_on && i < doctor->config->nbackends; i++) {
		struct visit at = { .doctor = doctor,
			.backend = doctor->config->backends[i] };
		struct tls_client *tls = NULL;
		struct error err;

		if (!doctor->backends[i].is_ha ||
		    doctor_is_late(doctor, at.backend->place))
			continue;
		if (at.backend->tls)
			tls = backend_tls(at.backend, &system, &err);
		if (!at.backend->tls || tls != NULL)
			go_on = visit(&at, tls);
		tls_client_free(tls);
	}
	tls_trust_free(system);
}
