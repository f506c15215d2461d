/*
 * The way of a client: a public name, asked of our own listener. The request
 * needs no credentials; Home Assistant refuses it, if it does, before it counts
 * failed logins.
 */

#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "dial.h"
#include "doctor.h"
#include "doctor_ha.h"
#include "doctor_status.h"
#include "ha_config.h"
#include "tls/client.h"
#include "json/json.h"

struct way {
	const struct config_listener *listener;
	const struct config_backend *backend; /* the first that it leads to */
	const struct json *cert;              /* its row of the status */
	const char *name;                     /* one of the certificate's */
	char *host; /* the name, with a port that is not 443 */
	struct addr addr;
	struct tls_client *tls;
};

static const char websocket[] =
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIGRvY3RvciBpcyBpbg==\r\n";

/* Where it is reached from here; the kernel may have chosen the port. */
static bool
find_listener(const struct doctor *doctor,
    const struct config_listener *listener, struct addr *addr)
{
	const struct json *rows = json_get(doctor->status, "listeners");
	const char *text = json_str(json_at(rows, listener->index), "address");
	uint16_t port = addr_port(&listener->addr);
	char host[ADDR_TEXT_SIZE];

	if (text == NULL || !addr_split(text, host, sizeof(host), &port))
		return false;
	if (strcmp(host, "0.0.0.0") == 0 || listener->dual)
		return addr_parse(addr, "127.0.0.1", port);
	if (strcmp(host, "::") == 0)
		return addr_parse(addr, "::1", port);
	return addr_parse(addr, host, port);
}

static void
say_distrust(struct doctor *doctor, const struct way *way, char *subject)
{
	struct addr local = doctor->backends[way->backend->id].local;
	char *yaml = ha_config_yaml(&local);
	char ip[ADDR_TEXT_SIZE];

	addr_ip_text(&local, ip);
	doctor_say(doctor, DOCTOR_FAIL, subject,
	    xasprintf("Home Assistant does not trust the gateway: it answers "
	              "400 to what comes through, and 200 without "
	              "X-Forwarded-For; it sees the gateway as %s",
	        ip),
	    xasprintf("Say `gatehouse ha-trust`, which sees to it. Or, before "
	              "2026.8, add this to its configuration.yaml and restart "
	              "it:\n%s",
	        yaml));
	free(yaml);
}

static void
check_websocket(struct doctor *doctor, const struct way *way)
{
	const struct dial dial = { .addr = way->addr,
		.tls = way->tls,
		.host = way->host,
		.target = "/api/websocket",
		.more = websocket };
	struct dial_answer answer;
	struct error err;
	char *subject = xasprintf("WebSocket of %s", way->name);
	char *cure = xstrdup("Look for rules of the configuration that "
	                     "change Upgrade or /api/websocket.");

	if (dial_ask(&dial, &answer, &err) == -1)
		doctor_say(
		    doctor, DOCTOR_FAIL, subject, xstrdup(err.msg), cure);
	else if (answer.status != 101)
		doctor_say(doctor, DOCTOR_FAIL, subject,
		    xasprintf("the upgrade is answered with %u and not 101",
		        answer.status),
		    cure);
	else if (strstr(answer.body, "\"auth_required\"") == NULL)
		doctor_say(doctor, DOCTOR_FAIL, subject,
		    xstrdup("it does not begin with auth_required"), cure);
	else {
		free(cure);
		doctor_say(doctor, DOCTOR_OK, subject,
		    xstrdup("opens, and asks for a login"), NULL);
	}
}

/* Whether all is well so far. */
static bool
say_way(struct doctor *doctor, const struct way *way, unsigned status)
{
	const struct doctor_backend *seen = &doctor->backends[way->backend->id];
	char *subject = xasprintf("way of %s", way->name);

	switch (doctor_judge_way(seen->is_ha, status)) {
	case DOCTOR_WAY_GOOD:
		doctor_say(doctor, DOCTOR_OK, subject,
		    seen->is_ha
		        ? xstrdup("leads to Home Assistant, which trusts us")
		        : xasprintf("is answered with %u", status),
		    NULL);
		return seen->is_ha;
	case DOCTOR_WAY_DISTRUSTED:
		say_distrust(doctor, way, subject);
		return false;
	case DOCTOR_WAY_BLOCKED:
		doctor_say(doctor, DOCTOR_FAIL, subject,
		    xasprintf("is answered with %u, although %s answers",
		        status, way->backend->place),
		    xstrdup("Look at `gatehouse status`, and at the services "
		            "of the configuration."));
	}
	return false;
}

static void
say_chain(struct doctor *doctor, const struct way *way, const struct error *err)
{
	char *cure = doctor_staging_cure(way->cert);

	if (cure == NULL)
		cure = xstrdup("If its authority is your own, put that into "
		               "the clients; otherwise look at the certificate "
		               "below.");
	doctor_say(doctor, DOCTOR_WARN, xasprintf("chain of %s", way->name),
	    xasprintf("browsers do not %s: %s",
	        err->kind == ERR_DENIED ? "accept the certificate"
	                                : "get through",
	        err->msg),
	    cure);
}

/* What a browser makes of the certificate, with the authorities of here. */
static void
check_chain(struct doctor *doctor, const struct way *way)
{
	const struct tls_target target = { .name = way->name, .ours = true };
	struct dial dial = { .addr = way->addr };
	struct tls_trust *system = NULL;
	struct dial_answer answer;
	struct error err;

	dial.tls = tls_client_open(&target, &system, &err);
	if (dial.tls == NULL)
		doctor_say(doctor, DOCTOR_SKIPPED,
		    xasprintf("chain of %s", way->name),
		    xasprintf("because %s", err.msg), NULL);
	else if (dial_ask(&dial, &answer, &err) == 0)
		doctor_say(doctor, DOCTOR_OK,
		    xasprintf("chain of %s", way->name),
		    xstrdup("browsers accept the certificate"), NULL);
	else
		say_chain(doctor, way, &err);
	tls_client_free(dial.tls);
	tls_trust_free(system);
}

static void
follow(struct doctor *doctor, struct way *way)
{
	struct dial dial = { .addr = way->addr, .target = "/manifest.json" };
	struct dial_answer answer;
	struct error err;

	/* Its certificate is for another check to judge. */
	way->tls = tls_client_new(way->name, NULL, &err);
	way->host = addr_port(&way->addr) == 443
	    ? xstrdup(way->name)
	    : xasprintf("%s:%u", way->name, addr_port(&way->addr));
	dial.tls = way->tls;
	dial.host = way->host;
	if (way->tls == NULL || dial_ask(&dial, &answer, &err) == -1)
		doctor_say(doctor, DOCTOR_FAIL,
		    xasprintf("way of %s", way->name), xstrdup(err.msg),
		    xstrdup("Look into the log of the gateway for why."));
	else if (say_way(doctor, way, answer.status))
		check_websocket(doctor, way);
	if (way->tls != NULL)
		check_chain(doctor, way);
	tls_client_free(way->tls);
	free(way->host);
}

static void
skip(struct doctor *doctor, const struct way *way, char *why)
{
	doctor_say(doctor, DOCTOR_SKIPPED, xasprintf("way of %s", way->name),
	    xasprintf("because %s", why), NULL);
	free(why);
}

static void
check_name(struct doctor *doctor, const struct config_listener *listener,
    const struct json *cert, const char *name)
{
	struct way way = { .listener = listener, .cert = cert, .name = name };

	if (name == NULL || strchr(name, '*') != NULL)
		return;
	way.backend = backend_of(doctor->config, listener, name);
	if (way.backend == NULL || doctor_is_late(doctor, name))
		return;
	if (listener->client_cert == CLIENT_CERT_REQUIRE)
		skip(doctor, &way,
		    xstrdup("clients must show a certificate there"));
	else if (!doctor->backends[way.backend->id].answers)
		skip(doctor, &way,
		    xasprintf("%s does not answer", way.backend->place));
	else if (!find_listener(doctor, listener, &way.addr))
		skip(doctor, &way, xstrdup("nobody knows where we listen"));
	else
		follow(doctor, &way);
}

/* As the running gateway has read them out of the certificate. */
static const struct json *
cert_of(const struct doctor *doctor, unsigned slot)
{
	const struct json *rows = json_get(doctor->status, "certificates");

	for (size_t i = 0; i < json_count(rows); i++)
		if (json_int(json_at(rows, i), "slot", -1) == (int64_t)slot)
			return json_at(rows, i);
	return NULL;
}

void
doctor_check_ways(struct doctor *doctor)
{
	const struct config_listener *listener;
	size_t before = doctor->report.n;

	for (listener = doctor->config->listeners; listener != NULL;
	     listener = listener->next)
		for (unsigned i = 0; listener->tls && i < listener->ncerts;
		     i++) {
			const struct json *cert =
			    cert_of(doctor, listener->certs[i]->slot);
			const struct json *names = json_get(cert, "names");

			for (size_t n = 0; n < json_count(names); n++)
				check_name(doctor, listener, cert,
				    json_text(json_at(names, n)));
		}
	if (doctor->report.n == before)
		doctor_say(doctor, DOCTOR_SKIPPED, xstrdup("ways"),
		    xstrdup("because no name of a certificate leads to a "
		            "backend"),
		    NULL);
}
