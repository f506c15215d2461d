#include "ha_look.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "dial.h"
#include "doctor_ha.h"
#include "doctor_port.h"
#include "tls/client.h"
#include "json/json.h"

#define VERSION_MAX 32

/* Which places look like us and are the gateway itself. */
#define GATEWAY "gatehouse"

static const char upgrade[] = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                              "Sec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: "
                              "dGhlIGRvY3RvciBpcyBpbg==\r\n";

/* "host:port", for Host and for a configuration; without a zone for the first.
 */
static char *
host_port(const struct ha_place *place, bool zone)
{
	bool v6 = strchr(place->host, ':') != NULL;
	size_t len = zone ? strlen(place->host) : strcspn(place->host, "%");

	return xasprintf("%s%.*s%s:%u", v6 ? "[" : "", (int)len, place->host,
	    v6 ? "]" : "", addr_port(&place->addr));
}

char *
ha_place_text(const struct ha_place *place)
{
	char *where = host_port(place, true);
	char *text = xasprintf("%s://%s", place->tls ? "https" : "http", where);

	free(where);
	return text;
}

char *
ha_read_version(const char *frame, size_t len)
{
	static const char allowed[] = "0123456789.abcdefghijklmnopqrstuvwxyz";
	struct json *doc = json_parse(frame, len, NULL);
	const char *type = json_str(doc, "type");
	const char *said = json_str(doc, "ha_version");
	char *version;

	if (type == NULL || strcmp(type, "auth_required") != 0 ||
	    said == NULL || strlen(said) > VERSION_MAX ||
	    said[strspn(said, allowed)] != '\0')
		said = "";
	version = xstrdup(said);
	json_free(doc);
	return version;
}

/* --- who is there --------------------------------------------------------- */

static bool
is_this_gateway(const struct ha_place *place, const struct addr *local)
{
	char name[DOCTOR_NAME_SIZE], ours[ADDR_TEXT_SIZE], its[ADDR_TEXT_SIZE];

	return strcmp(addr_ip_text(local, ours),
	           addr_ip_text(&place->addr, its)) == 0 &&
	    doctor_find_holder(&place->addr, name) &&
	    strncmp(name, GATEWAY, strlen(GATEWAY)) == 0;
}

static int
judge(const struct ha_place *place, const struct dial_answer *answer,
    struct error *err)
{
	if (answer->status != 200 || !doctor_is_ha(answer->body, answer->len))
		return error_set(err, ERR_PROTOCOL,
		    "answers with %u, and is not Home Assistant",
		    answer->status);
	if (is_this_gateway(place, &answer->local))
		return error_set(err, ERR_DENIED, "is this gateway itself");
	return 0;
}

static char *
version_of(const struct dial *dial)
{
	struct dial ask = *dial;
	struct dial_answer answer;

	ask.target = "/api/websocket";
	ask.more = upgrade;
	if (dial_ask(&ask, &answer, NULL) == -1 || answer.status != 101)
		return xstrdup("");
	return ha_read_version(answer.body, answer.len);
}

/*
 * A proxy that Home Assistant does not know gets a 400, before anything else is
 * looked at. Who we say that we ask for is ourselves.
 */
static bool
is_trusted(const struct dial *dial, const struct addr *local)
{
	char ip[ADDR_TEXT_SIZE];
	char *more = xasprintf("Connection: close\r\nX-Forwarded-For: %s\r\n",
	    addr_ip_text(local, ip));
	struct dial ask = *dial;
	struct dial_answer answer;
	bool trusted;

	ask.more = more;
	trusted = dial_ask(&ask, &answer, NULL) == 0 && answer.status != 400;
	free(more);
	return trusted;
}

static int
look(const struct ha_place *place, struct dial *dial, struct ha_found *found,
    struct error *err)
{
	struct dial_answer answer;

	if (dial_ask(dial, &answer, err) == -1) {
		if (answer.local.len == 0 && err != NULL)
			err->kind = ERR_NOTFOUND;
		return -1;
	}
	if (judge(place, &answer, err) == -1)
		return -1;
	*found = (struct ha_found){ .addr = place->addr,
		.place =
		    place->tls ? ha_place_text(place) : host_port(place, true),
		.version = version_of(dial),
		.tls = place->tls,
		.local = answer.local,
		.trusts = is_trusted(dial, &answer.local) };
	return 0;
}

int
ha_look(const struct ha_place *place, struct ha_found *found, struct error *err)
{
	char *host = host_port(place, false);
	struct dial dial = {
		.addr = place->addr, .host = host, .target = "/manifest.json"
	};
	int rc = -1;

	if (place->tls)
		dial.tls = tls_client_new(place->host, NULL, err);
	if (!place->tls || dial.tls != NULL)
		rc = look(place, &dial, found, err);
	tls_client_free(dial.tls);
	free(host);
	return rc;
}

void
ha_found_release(struct ha_found *found)
{
	free(found->place);
	free(found->version);
	*found = (struct ha_found){ 0 };
}
