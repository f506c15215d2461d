#include "ha_trust.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "ha_settle.h"
#include "ha_trip.h"
#include "tls/client.h"
#include "json/json.h"

static bool
look(struct ha_trip *trip)
{
	struct addr local;
	char place[ADDR_TEXT_SIZE];
	struct error err;

	ha_tell(trip, "looking at Home Assistant");
	addr_text(&trip->place.addr, place);
	if (ha_meet(trip, &local, &err) == -1 ||
	    ha_see_trust(trip, &err) == -1) {
		error_wrap(&err, "%s", place);
		return ha_fail(trip, "Home Assistant", &err,
		    "start it, or correct its address");
	}
	if (trip->proxy.len == 0)
		trip->proxy = local;
	return true;
}

/* --- external_url -------------------------------------------------------- */

static int
put_url(struct ha_trip *trip, struct error *err)
{
	struct json *arguments = json_new_object(), *answer;
	enum ha_refusal why;

	ha_tell(trip, "telling Home Assistant its public address");
	json_set_str(arguments, "external_url", trip->wish->external_url);
	answer = ha_socket_call(
	    trip->socket, "config/core/update", arguments, &why, err);
	json_free(answer);
	return answer != NULL ? 0 : -1;
}

static void
settle_url(struct ha_trip *trip)
{
	const char *url = trip->wish->external_url;
	struct ha_trust_result *result = trip->result;
	enum ha_refusal why;
	struct error err;
	struct json *core =
	    ha_socket_call(trip->socket, "get_config", NULL, &why, &err);
	bool same = ha_config_is_url(json_str(core, "external_url"), url);

	json_free(core);
	if (same)
		return;
	if (core == NULL ||
	    (!trip->wish->dry_run && put_url(trip, &err) == -1)) {
		result->url_failed = true;
		ha_add_line(trip,
		    xasprintf("external_url could not be set: %s; set it in "
		              "Home Assistant: Settings, System, Network, %s",
		        err.msg, url));
		return;
	}
	result->end = HA_TRUST_DONE;
	result->url_set = !trip->wish->dry_run;
	ha_add_line(trip,
	    xasprintf("external_url %s %s",
	        result->url_set ? "is now" : "would become", url));
}

/* --- all of it ----------------------------------------------------------- */

/* What a person can do, who has given us no token. */
static void
advise(struct ha_trip *trip)
{
	struct ha_socket *socket = ha_socket_open(&trip->place, NULL);
	char *added;

	if (socket != NULL && ha_config_wants_yaml(ha_socket_version(socket))) {
		ha_end(trip, HA_TRUST_YAML, ha_config_yaml(&trip->proxy));
		ha_socket_free(socket);
		return;
	}
	added = ha_config_added(&trip->proxy);
	trip->result->wants_token = true;
	ha_end(trip, HA_TRUST_FAILED,
	    xasprintf("Home Assistant does not trust the gateway (400). With a "
	              "token this is done for you: " HA_HOW_TO_TOKEN
	              ". Or do it yourself: Settings, System, Network, HTTP: "
	              "switch X-Forwarded-For on, add %s to the trusted "
	              "proxies, and confirm it within 5 minutes of the restart",
	        added));
	free(added);
	ha_socket_free(socket);
}

/* With a token. False if the result is set. */
static bool
settle(struct ha_trip *trip)
{
	struct error err;

	if (ha_enter(trip, &err) == -1)
		return ha_fail(trip, "no login", &err,
		    err.kind == ERR_DENIED || err.kind == ERR_SYNTAX
		        ? HA_HOW_TO_TOKEN
		        : "try again when it has started");
	if (!ha_settle_trust(trip))
		return false;
	if (trip->wish->external_url != NULL)
		settle_url(trip);
	return trip->result->text == NULL;
}

static void
travel(struct ha_trip *trip)
{
	if (!look(trip))
		return;
	if (trip->wish->token == NULL && !trip->trusts)
		advise(trip);
	else if (trip->wish->token == NULL || settle(trip))
		ha_end(trip, HA_TRUST_ALREADY,
		    xstrdup("Home Assistant trusts the gateway already"));
}

void
ha_trust(const struct ha_trust_wish *wish, struct ha_trust_result *result)
{
	struct ha_trip trip = { .wish = wish,
		.result = result,
		.place = { .addr = wish->addr, .tls = wish->client },
		.proxy = wish->local };
	struct tls_client *own = NULL;
	char ip[ADDR_TEXT_SIZE];
	struct error err;

	*result = (struct ha_trust_result){ .end = HA_TRUST_ALREADY };
	if (wish->tls && wish->client == NULL) {
		own = tls_client_new(addr_ip_text(&wish->addr, ip), NULL, &err);
		trip.place.tls = own;
	}
	if (wish->tls && trip.place.tls == NULL)
		ha_fail(&trip, "Home Assistant", &err, NULL);
	else
		travel(&trip);
	ha_leave(&trip);
	tls_client_free(own);
}

void
ha_trust_result_release(struct ha_trust_result *result)
{
	free(result->text);
	*result = (struct ha_trust_result){ .text = NULL };
}
