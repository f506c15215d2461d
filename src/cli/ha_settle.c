/* The settings of Home Assistant: read, changed, tried and kept. */

#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "ha_settle.h"
#include "ha_trip.h"
#include "json/json.h"

/* To start, or to start again; a trial lasts a minute more. */
#define BACK_MS (4 * 60 * 1000)
#define PAUSE_MS 500

static int
read_settings(struct ha_trip *trip, enum ha_refusal *why, struct error *err)
{
	struct json *answer =
	    ha_socket_call(trip->socket, "http/config", NULL, why, err);

	if (answer == NULL)
		return -1;
	*why = HA_REFUSED;
	json_free(trip->answer);
	trip->answer = answer;
	return ha_config_read(answer, &trip->config, err);
}

/* As which it sees us by its own log, or NULL. */
static char *
read_seen(struct ha_trip *trip)
{
	enum ha_refusal why;
	struct addr addr;
	char ip[ADDR_TEXT_SIZE];
	struct json *log =
	    ha_socket_call(trip->socket, "system_log/list", NULL, &why, NULL);
	bool found = ha_config_refused(log, &addr);

	json_free(log);
	return found ? xstrdup(addr_ip_text(&addr, ip)) : NULL;
}

/* It has our address, and refuses us: it sees another one. */
static char *
explain_distrust(struct ha_trip *trip)
{
	char *seen = read_seen(trip), *text;
	char ip[ADDR_TEXT_SIZE];

	addr_ip_text(&trip->proxy, ip);
	if (seen != NULL)
		text = xasprintf(
		    "it trusts %s, but its log says that requests with "
		    "X-Forwarded-For came from %s; if that is this machine, "
		    "add it to the trusted proxies in its settings for HTTP",
		    ip, seen);
	else
		text = xasprintf(
		    "it trusts %s, but must see this machine as another "
		    "address, which its log tells (Settings, System, Logs): "
		    "add that to the trusted proxies in its settings for HTTP",
		    ip);
	free(seen);
	return text;
}

static bool
give_up(struct ha_trip *trip, enum ha_refusal why, const struct error *err)
{
	switch (why) {
	case HA_UNKNOWN_COMMAND:
		return ha_end(
		    trip, HA_TRUST_YAML, ha_config_yaml(&trip->proxy));
	case HA_UNAUTHORIZED:
		return ha_end(trip, HA_TRUST_FAILED,
		    xstrdup(
		        "this token is not an administrator's, who alone "
		        "may change the settings for HTTP: " HA_HOW_TO_TOKEN));
	case HA_LOST:
	case HA_NOT_RUNNING:
	case HA_REFUSED:
		break;
	}
	return ha_fail(trip, "Home Assistant does not tell its settings", err,
	    "try again when it has started");
}

/* --- the change ---------------------------------------------------------- */

static bool
put_settings(struct ha_trip *trip)
{
	int64_t deadline = clock_mono_ms() + BACK_MS;
	enum ha_refusal why;
	struct json *arguments, *answer;
	struct error err;

	for (;;) {
		arguments = json_new_object();
		json_set(arguments, "config",
		    ha_config_wanted(&trip->config, &trip->proxy));
		answer = ha_socket_call(trip->socket, "http/config/configure",
		    arguments, &why, &err);
		json_free(answer);
		if (answer != NULL || why == HA_LOST)
			return true; /* it may have restarted before it spoke */
		if (why != HA_NOT_RUNNING || clock_mono_ms() >= deadline)
			return ha_fail(trip,
			    "Home Assistant refuses the new settings", &err,
			    why == HA_NOT_RUNNING
			        ? "try again when it has started"
			        : "nothing was changed");
		ha_tell(trip, "waiting until Home Assistant has started");
		poll(NULL, 0, PAUSE_MS);
	}
}

enum news { NEWS_NONE, NEWS_TRIAL, NEWS_REFUSED, NEWS_FAILED, NEWS_LOST };

/* What has become of the new settings. */
static enum news
ask_news(struct ha_trip *trip)
{
	struct addr local;
	enum ha_refusal why;
	struct error err = { .kind = ERR_SYS };

	if (ha_meet(trip, &local, &err) == -1)
		return NEWS_NONE;
	if (ha_enter(trip, &err) == -1)
		return err.kind == ERR_DENIED ? NEWS_REFUSED : NEWS_NONE;
	if (read_settings(trip, &why, &err) == -1 || trip->config.waiting) {
		ha_leave(trip); /* it has still to stop, or to start */
		return NEWS_NONE;
	}
	if (ha_config_trusts(trip->config.active, &trip->proxy))
		return NEWS_TRIAL;
	return trip->config.failure != NULL ? NEWS_FAILED : NEWS_LOST;
}

static bool
wait_back(struct ha_trip *trip)
{
	int64_t deadline = clock_mono_ms() + BACK_MS;
	enum news news;

	ha_leave(trip);
	ha_tell(trip, "waiting until Home Assistant has restarted");
	while ((news = ask_news(trip)) == NEWS_NONE) {
		if (clock_mono_ms() >= deadline)
			return ha_end(trip, HA_TRUST_REVERTED,
			    xstrdup(
			        "Home Assistant has not come back within 4 "
			        "minutes of the new settings; it takes them "
			        "back by itself 5 minutes after its start. "
			        "Look at its log, then try again"));
		poll(NULL, 0, PAUSE_MS);
	}
	switch (news) {
	case NEWS_NONE:
	case NEWS_TRIAL:
		break;
	case NEWS_REFUSED:
		return ha_end(trip, HA_TRUST_REVERTED,
		    xstrdup("after its restart Home Assistant does not know "
		            "the token any more; it takes the new settings "
		            "back by itself 5 minutes after its start"));
	case NEWS_FAILED:
		return ha_end(trip, HA_TRUST_REVERTED,
		    xasprintf("Home Assistant could not start with the new "
		              "settings (%s), and runs with the old ones",
		        trip->config.failure));
	case NEWS_LOST:
		return ha_end(trip, HA_TRUST_FAILED,
		    xstrdup("Home Assistant has not taken the new settings, "
		            "and does not say why: look at its log"));
	}
	return true;
}

/* Nobody keeps what it tries. */
static bool
let_revert(struct ha_trip *trip, const char *what, char *why)
{
	bool known = trip->config.when[0] != '\0';

	ha_end(trip, HA_TRUST_REVERTED,
	    xasprintf("%s: %s. Home Assistant takes the change back by itself "
	              "%s%s",
	        what, why, known ? "at " : "5 minutes after its start",
	        trip->config.when));
	free(why);
	return false;
}

/* Only what was seen to work is kept. */
static bool
keep(struct ha_trip *trip)
{
	enum ha_refusal why;
	struct json *answer;
	struct error err;

	ha_tell(trip, "looking whether Home Assistant trusts the gateway");
	if (ha_see_trust(trip, &err) == -1)
		return let_revert(
		    trip, "the new settings were not kept", xstrdup(err.msg));
	if (!trip->trusts)
		return let_revert(trip,
		    "with the new settings Home Assistant still does not "
		    "trust the gateway",
		    explain_distrust(trip));
	if (!trip->config.on_trial)
		return true;
	answer = ha_socket_call(
	    trip->socket, "http/config/promote", NULL, &why, &err);
	json_free(answer);
	if (answer == NULL || read_settings(trip, &why, &err) == -1)
		return let_revert(trip,
		    "Home Assistant does not keep the new settings",
		    xstrdup(err.msg));
	if (trip->config.on_trial || ha_see_trust(trip, &err) == -1 ||
	    !trip->trusts)
		return let_revert(trip,
		    "Home Assistant has not kept the new settings",
		    xstrdup("look at its log"));
	return true;
}

static bool
change(struct ha_trip *trip)
{
	char *added = ha_config_added(&trip->proxy);
	bool dry = trip->wish->dry_run;
	bool done = true;

	if (!dry) {
		ha_tell(trip, "changing the settings of Home Assistant");
		done = put_settings(trip) && wait_back(trip) && keep(trip);
	}
	if (done) {
		trip->result->end = HA_TRUST_DONE;
		ha_add_line(trip,
		    xasprintf(dry
		            ? "%s would be added to the trusted proxies of "
		              "Home Assistant, which restarts for that"
		            : "%s added to the trusted proxies of Home "
		              "Assistant, which was restarted and trusts "
		              "the gateway",
		        added));
	}
	free(added);
	return done;
}

/* A run before this one, or an import of its YAML, was left half done. */
static bool
finish(struct ha_trip *trip)
{
	if (!trip->wish->dry_run && !keep(trip))
		return false;
	trip->result->end = HA_TRUST_DONE;
	ha_add_line(trip,
	    xstrdup(trip->wish->dry_run
	            ? "the settings that Home Assistant has on trial would be "
	              "kept: with them it trusts the gateway"
	            : "the settings that Home Assistant had on trial are kept: "
	              "with them it trusts the gateway"));
	return true;
}

bool
ha_settle_trust(struct ha_trip *trip)
{
	enum ha_refusal why;
	struct error err;

	if (read_settings(trip, &why, &err) == -1)
		return why == HA_UNKNOWN_COMMAND && trip->trusts
		    ? true
		    : give_up(trip, why, &err);
	if (trip->trusts)
		return trip->config.on_trial ? finish(trip) : true;
	if (!ha_config_trusts(trip->config.active, &trip->proxy))
		return change(trip);
	return ha_end(trip, HA_TRUST_FAILED, explain_distrust(trip));
}
