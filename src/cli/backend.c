#include "backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "config/config.h"
#include "dial.h"
#include "tls/client.h"
#include "json/json.h"

bool
backend_place(const struct config_backend *backend, const struct json *status,
    struct addr *addr)
{
	const struct json *rows = json_get(status, "backends");
	const char *text = json_str(json_at(rows, backend->id), "address");
	char host[ADDR_TEXT_SIZE];
	uint16_t port = backend->port;

	if (backend->path != NULL)
		return false;
	if (backend->numeric) {
		*addr = backend->addr;
		return true;
	}
	return text != NULL && addr_split(text, host, sizeof(host), &port) &&
	    addr_parse(addr, host, port);
}

struct tls_client *
backend_tls(const struct config_backend *backend, struct tls_trust **system,
    struct error *err)
{
	const struct tls_target target = {
		.name = config_backend_identity(backend),
		.ca_file = backend->ca_file,
		.insecure = backend->insecure,
		.min_version = backend->min_version,
		.ciphers = backend->ciphers,
	};

	return tls_client_open(&target, system, err);
}

static char *
host_of(const struct config_backend *backend)
{
	const char *name = config_backend_identity(backend);
	bool v6 = strchr(name, ':') != NULL;

	if (backend->server_name != NULL || backend->path != NULL)
		return xstrdup(name);
	return xasprintf(
	    "%s%s%s:%u", v6 ? "[" : "", name, v6 ? "]" : "", backend->port);
}

int
backend_ask(const struct config_backend *backend, const struct json *status,
    struct dial_answer *answer, struct error *err)
{
	struct tls_trust *system = NULL;
	struct dial dial = { .path = backend->path,
		.target = "/manifest.json" };
	char *host;
	int rc = -1;

	if (backend->path == NULL &&
	    !backend_place(backend, status, &dial.addr))
		return error_set(err, ERR_NOTFOUND,
		    "the gateway knows no address of this name");
	host = host_of(backend);
	dial.host = host;
	if (backend->tls)
		dial.tls = backend_tls(backend, &system, err);
	if (!backend->tls || dial.tls != NULL)
		rc = dial_ask(&dial, answer, err);
	tls_client_free(dial.tls);
	tls_trust_free(system);
	free(host);
	return rc;
}

const struct config_backend *
backend_of(const struct config *config, const struct config_listener *listener,
    const char *name)
{
	static const char path[] = "/manifest.json";
	const struct config_request request = {
		.host = name,
		.peer = "127.0.0.1",
		.client = "127.0.0.1",
		.authority = { name, strlen(name) },
		.method = { "GET", 3 },
		.path = { path, sizeof(path) - 1 },
	};
	const struct config_service *service =
	    config_find_service(config, listener, &request);

	return service != NULL && service->nbackends > 0 ? service->backends[0]
	                                                 : NULL;
}

static const char *
find_name(const struct config *config, const struct config_listener *listener,
    const struct config_backend *backend)
{
	for (unsigned i = 0; i < listener->ncerts; i++) {
		const struct config_cert *cert = listener->certs[i];

		for (unsigned n = 0; n < cert->nnames; n++)
			if (strchr(cert->names[n], '*') == NULL &&
			    backend_of(config, listener, cert->names[n]) ==
			        backend)
				return cert->names[n];
	}
	return NULL;
}

char *
backend_url(const struct config *config, const struct config_backend *backend)
{
	const struct config_listener *listener;

	for (listener = config->listeners; listener != NULL;
	     listener = listener->next) {
		uint16_t port = addr_port(&listener->addr);
		const char *name = find_name(config, listener, backend);

		if (name != NULL && port == 443)
			return xasprintf("https://%s", name);
		if (name != NULL && port != 0)
			return xasprintf("https://%s:%u", name, port);
	}
	return NULL;
}
