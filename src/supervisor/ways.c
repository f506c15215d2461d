#include "ways.h"

#include <string.h>

#include "base/buf.h"
#include "bind.h"
#include "config/config.h"
#include "net/addr.h"

#define URN "urn:ietf:params:acme:error:"

/* RFC 8555 section 6.7. */
static const char *const refusals[] = { URN "connection", URN "dns",
	URN "incorrectResponse", URN "tls", URN "unauthorized" };

static const enum config_challenge challenges[JOB_CHALLENGE_COUNT] = {
	[JOB_HTTP_01] = CHALLENGE_HTTP_01,
	[JOB_TLS_ALPN_01] = CHALLENGE_TLS_ALPN_01,
	[JOB_DNS_01] = CHALLENGE_DNS_01,
};

struct choice {
	enum config_challenge list[CHALLENGE_COUNT];
	unsigned n;
};

const char *
ways_word(enum job_challenge way)
{
	return config_challenge_word(challenges[way]);
}

bool
ways_is_refusal(const char *problem)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strcmp(refusals[i], problem) == 0)
			return true;
	return false;
}

static bool
has_wildcard(const struct config_cert *cert)
{
	for (unsigned i = 0; i < cert->nnames; i++)
		if (cert->names[i][0] == '*')
			return true;
	return false;
}

/* A program publishes any record; a provider those of its own names. */
static bool
can_publish(const struct ways *ways)
{
	const struct config_cert *cert = ways->cert;

	if (ways->acme->dns_hook != NULL)
		return true;
	for (unsigned i = 0; i < cert->nnames; i++)
		if (config_ddns_for_proof(ways->config, cert->names[i]) == NULL)
			return false;
	return true;
}

static void
add(struct choice *choice, enum config_challenge challenge, bool possible)
{
	if (possible)
		choice->list[choice->n++] = challenge;
}

/* What can work. Only dns-01 proves a wildcard, and the names beside it too. */
static void
choose(const struct ways *ways, struct choice *choice)
{
	bool wildcard = has_wildcard(ways->cert);

	add(choice, CHALLENGE_HTTP_01,
	    !wildcard && config_has_listener(ways->config, false));
	add(choice, CHALLENGE_TLS_ALPN_01,
	    !wildcard && config_has_listener(ways->config, true));
	add(choice, CHALLENGE_DNS_01, can_publish(ways));
}

/* Where the list begins: behind the one that failed. */
static unsigned
first(const struct ways *ways, const struct choice *choice)
{
	for (unsigned i = 0; ways->failed != NULL && i < choice->n; i++)
		if (strcmp(config_challenge_word(choice->list[i]),
		        ways->failed) == 0)
			return i + 1;
	return 0;
}

void
ways_print(const struct ways *ways, struct buf *out)
{
	const struct config_acme *acme = ways->acme;
	struct choice choice = { .n = acme->nchallenges };
	unsigned at;

	memcpy(choice.list, acme->challenges, sizeof(choice.list));
	if (choice.n == 0)
		choose(ways, &choice);
	at = first(ways, &choice);
	for (unsigned i = 0; i < choice.n; i++)
		buf_printf(out, "%s%s", i > 0 ? " " : "",
		    config_challenge_word(choice.list[(at + i) % choice.n]));
}

/* The wildcard address is this machine, too. */
static struct addr
reachable(const struct binding *binding)
{
	struct addr addr = binding->actual;
	uint16_t port = addr_port(&addr);
	const struct sockaddr_in6 *in6 = &addr.u.in6;

	if (addr.u.sa.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr))
		addr_parse(&addr, binding->dual ? "127.0.0.1" : "::1", port);
	else if (addr.u.sa.sa_family == AF_INET &&
	    addr.u.in.sin_addr.s_addr == htonl(INADDR_ANY))
		addr_parse(&addr, "127.0.0.1", port);
	return addr;
}

void
ways_print_http_address(const struct config *config,
    const struct binding *bindings, struct buf *out)
{
	const struct config_listener *listener = config->listeners;
	char text[ADDR_TEXT_SIZE];
	struct addr addr;

	while (listener != NULL && listener->tls)
		listener = listener->next;
	if (listener == NULL)
		return;
	addr = reachable(&bindings[listener->index]);
	if (addr.len != 0)
		buf_append_str(out, addr_text(&addr, text));
}
