/* What the parts of ha_trust() share: see ha_trip.h. */

#include "ha_trip.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "dial.h"
#include "doctor_ha.h"
#include "json/json.h"

void
ha_tell(const struct ha_trip *trip, const char *what)
{
	if (trip->wish->tell != NULL)
		trip->wish->tell(trip->wish->arg, what);
}

bool
ha_end(struct ha_trip *trip, enum ha_trust_end how, char *text)
{
	free(trip->result->text);
	trip->result->end = how;
	trip->result->text = text;
	return false;
}

bool
ha_fail(struct ha_trip *trip, const char *what, const struct error *err,
    const char *cure)
{
	return ha_end(trip, HA_TRUST_FAILED,
	    xasprintf("%s: %s%s%s", what, err->msg, cure != NULL ? "; " : "",
	        cure != NULL ? cure : ""));
}

void
ha_add_line(struct ha_trip *trip, char *line)
{
	char *text = trip->result->text;

	if (text != NULL)
		trip->result->text = xasprintf("%s\n%s", text, line);
	else
		trip->result->text = xstrdup(line);
	free(text);
	free(line);
}

/* --- without credentials ------------------------------------------------- */

static int
ask(struct ha_trip *trip, const char *more, struct dial_answer *answer,
    struct error *err)
{
	char host[ADDR_TEXT_SIZE];
	const struct dial dial = { .addr = trip->place.addr,
		.tls = trip->place.tls,
		.host = addr_text(&trip->place.addr, host),
		.target = "/manifest.json",
		.more = more };

	return dial_ask(&dial, answer, err);
}

int
ha_meet(struct ha_trip *trip, struct addr *local, struct error *err)
{
	struct dial_answer answer;

	if (ask(trip, NULL, &answer, err) == -1)
		return -1;
	if (answer.status != 200 || !doctor_is_ha(answer.body, answer.len))
		return error_set(err, ERR_PROTOCOL,
		    "what answers there (with %u) is not Home Assistant",
		    answer.status);
	addr_from_sockaddr(local, &answer.local.u.sa, answer.local.len);
	return 0;
}

int
ha_see_trust(struct ha_trip *trip, struct error *err)
{
	struct dial_answer answer;

	if (ask(trip, "Connection: close\r\nX-Forwarded-For: 192.0.2.1\r\n",
	        &answer, err) == -1)
		return -1;
	if (answer.status != 200 && answer.status != 400)
		return error_set(err, ERR_PROTOCOL,
		    "what comes through a proxy is answered with %u",
		    answer.status);
	trip->trusts = answer.status == 200;
	return 0;
}

/* --- logged in ----------------------------------------------------------- */

void
ha_leave(struct ha_trip *trip)
{
	ha_socket_free(trip->socket);
	json_free(trip->answer);
	trip->socket = NULL;
	trip->answer = NULL;
}

int
ha_enter(struct ha_trip *trip, struct error *err)
{
	ha_leave(trip);
	trip->socket = ha_socket_open(&trip->place, err);
	if (trip->socket == NULL)
		return -1;
	if (ha_socket_login(trip->socket, trip->wish->token, err) == 0)
		return 0;
	ha_leave(trip);
	return -1;
}
