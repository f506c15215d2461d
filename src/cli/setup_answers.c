#include "setup_answers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "quick.h"

#define LETSENCRYPT "https://acme-v02.api.letsencrypt.org/directory"

void
setup_answers_release(struct setup_answers *answers)
{
	free(answers->host);
	free(answers->backend);
	free(answers->login);
	free(answers->zone);
	secret_free(answers->secret);
	free(answers->email);
	free(answers->state_dir);
	*answers = (struct setup_answers){ 0 };
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
setup_answers_eq(const struct setup_answers *a, const struct setup_answers *b)
{
	return same(a->host, b->host) && same(a->backend, b->backend) &&
	    a->ddns == b->ddns && same(a->login, b->login) &&
	    same(a->zone, b->zone) && same(a->email, b->email) &&
	    (a->secret == NULL || b->secret == NULL ||
	        strcmp(a->secret, b->secret) == 0) &&
	    a->port_map == b->port_map && a->http01 == b->http01 &&
	    a->staging == b->staging;
}

/* --- what a configuration says -------------------------------------------- */

static const struct config_cert *
find_cert(const struct config *config, const char *host)
{
	for (unsigned i = 0; i < config->ncerts; i++) {
		const struct config_cert *cert = config->certs[i];

		for (unsigned n = 0;
		     cert->kind == CERT_AUTO && n < cert->nnames; n++)
			if (host == NULL ||
			    strcasecmp(cert->names[n], host) == 0)
				return cert;
	}
	return NULL;
}

/* The backend that everybody comes to who asks for this name. */
static const struct config_backend *
find_backend(const struct config *config, const char *host)
{
	static const char path[] = "/manifest.json";
	const struct config_request request = {
		.host = host,
		.peer = "127.0.0.1",
		.client = "127.0.0.1",
		.authority = { host, strlen(host) },
		.method = { "GET", 3 },
		.path = { path, sizeof(path) - 1 },
	};
	const struct config_listener *listener;

	for (listener = config->listeners; listener != NULL;
	     listener = listener->next) {
		const struct config_service *service = listener->tls
		    ? config_find_service(config, listener, &request)
		    : NULL;

		if (service != NULL && service->nbackends > 0)
			return service->backends[0];
	}
	return NULL;
}

/* As Forward takes it. */
static char *
forward_to(const struct config_backend *backend)
{
	const char *scheme = backend->tls ? "https://" : "";
	char text[ADDR_TEXT_SIZE];

	if (backend->path != NULL)
		return xasprintf("unix:%s", backend->path);
	if (backend->numeric)
		return xasprintf(
		    "%s%s", scheme, addr_text(&backend->addr, text));
	return xasprintf("%s%s:%u", scheme, backend->host, backend->port);
}

static char *
copy(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

static void
read_ddns(const struct config_ddns *ddns, struct setup_answers *answers)
{
	answers->ddns = ddns->provider;
	answers->login = copy(ddns->login);
	answers->zone = copy(ddns->zone);
	answers->secret =
	    copy(ddns->token != NULL ? ddns->token : ddns->password);
}

bool
setup_answers_read(const struct config *config, const char *host,
    struct setup_answers *answers)
{
	const struct config_cert *cert = find_cert(config, host);
	const struct config_backend *backend;
	const struct config_ddns *ddns;
	const char *name;

	if (cert == NULL)
		return false;
	name = host != NULL ? host : cert->names[0];
	backend = find_backend(config, name);
	ddns = config_ddns_of(config, name);
	answers->host = xstrdup(name);
	if (backend != NULL)
		answers->backend = forward_to(backend);
	if (ddns != NULL)
		read_ddns(ddns, answers);
	answers->email = copy(cert->acme->email);
	if (strcmp(config->state_dir, CONFIG_DEFAULT_STATE_DIR) != 0)
		answers->state_dir = xstrdup(config->state_dir);
	answers->port_map = config->port_map;
	answers->http01 = cert->acme->nchallenges == 0 ||
	    cert->acme->challenges[0] == CHALLENGE_HTTP_01;
	answers->staging = strcmp(cert->acme->directory,
	                       config_acme_staging(LETSENCRYPT)) == 0;
	return true;
}

/* --- what an answer may be ------------------------------------------------ */

const struct ddns_provider *
setup_provider_of(const char *host)
{
	static const struct {
		const char *domain;
		const char *provider;
	} rows[] = {
		{ "duckdns.org", "duckdns" },
		{ "dedyn.io", "desec" },
		{ "dynv6.net", "dynv6" },
		{ "dns.army", "dynv6" },
		{ "dns.navy", "dynv6" },
		{ "v6.army", "dynv6" },
		{ "v6.navy", "dynv6" },
		{ "v6.rocks", "dynv6" },
		{ "ipv64.net", "ipv64" },
		{ "ipv64.de", "ipv64" },
		{ "home64.de", "ipv64" },
		{ "ddnss.de", "ddnss" },
		{ "ddnss.org", "ddnss" },
		{ "dynu.net", "dynu" },
		{ "freeddns.org", "dynu" },
		{ "ddnsfree.com", "dynu" },
		{ "mywire.org", "dynu" },
		{ "webredirect.org", "dynu" },
		{ "ddns.net", "noip" },
		{ "hopto.org", "noip" },
		{ "zapto.org", "noip" },
		{ "sytes.net", "noip" },
		{ "dyndns.org", "dyn" },
		{ "homeip.net", "dyn" },
		{ "mooo.com", "freedns" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ddns_is_within(host, rows[i].domain))
			return ddns_provider(rows[i].provider);
	return NULL;
}

int
setup_check_provider(const struct ddns_provider *provider, struct error *err)
{
	if ((provider->needs & (DDNS_SERVER | DDNS_URL)) == 0)
		return 0;
	return error_set(err, ERR_SYNTAX,
	    "%s needs more than setup asks for: say none, and write its "
	    "section as gatehouse.conf(5) shows",
	    provider->name);
}

/* A configuration with just this in it. */
static int
check(const char *host, const char *email, struct error *err)
{
	const struct setup_place nowhere = { NULL, NULL, NULL };
	const struct setup_answers answers = {
		.host = xstrdup(host),
		.backend = xstrdup("127.0.0.1:8123"),
		.email = copy(email),
		.http01 = true,
	};
	struct setup_answers owned = answers;
	char *text = setup_text(&answers, &nowhere, false);
	int rc = quick_judge(text, err);

	free(text);
	setup_answers_release(&owned);
	return rc;
}

int
setup_check_host(const char *host, struct error *err)
{
	if (check(host, NULL, err) == -1)
		return -1;
	if (strchr(host, '.') != NULL)
		return 0;
	return error_set(err, ERR_SYNTAX,
	    "'%s' is no name on the internet: one has a dot in it, as "
	    "myhome.duckdns.org",
	    host);
}

int
setup_check_email(const char *email, struct error *err)
{
	return check("home.example.org", email, err);
}
