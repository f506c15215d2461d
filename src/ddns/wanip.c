/*
 * Where an address is looked for: see wanip.h. This process has no jail: it
 * sees the interfaces of the machine, or of the container it is in. There, an
 * address of the machine is to be had from the router or a service only.
 */

#include "wanip.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "fetch/fetch.h"
#include "interfaces.h"

#define SERVICE_S 10
#define AGREE 2 /* services that must, unless one was chosen on purpose */

static const char *const services4[] = { "https://api.ipify.org/",
	"https://checkipv4.dedyn.io/", "https://1.1.1.1/cdn-cgi/trace" };
static const char *const services6[] = { "https://api6.ipify.org/",
	"https://checkipv6.dedyn.io/",
	"https://[2606:4700:4700::1111]/cdn-cgi/trace" };

/* Adds one more reason. */
static void __attribute__((format(printf, 2, 3)))
because(struct wanip *found, const char *fmt, ...)
{
	char text[WANIP_WHY_SIZE];
	size_t used = strlen(found->why);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(found->why + used, sizeof(found->why) - used, "%s%s",
	    used > 0 ? "; " : "", text);
}

static void
accept_address(struct wanip *found, const char *address, const char *source)
{
	snprintf(found->address, sizeof(found->address), "%s", address);
	found->source = source;
	found->gone = false;
	found->why[0] = '\0';
}

static bool
from_interface(const struct ddns_job *job, int family, struct wanip *found)
{
	static struct candidate list[INTERFACES_MAX];
	const struct candidate *best;
	char text[ADDRESS_SIZE];
	struct error err;
	size_t n;

	if (interfaces_list(list, &n, &err) == -1) {
		because(found, "%s", err.msg);
		return false;
	}
	best = address_choose(
	    list, n, family, family == AF_INET ? job->known4 : job->known6);
	if (best == NULL) {
		found->gone = family == AF_INET6;
		because(found, "no interface has a public one%s",
		    family == AF_INET6 ? " that is to stay" : "");
		return false;
	}
	accept_address(found, address_text(best, text), "interface");
	return true;
}

static bool
from_router(const struct ddns_job *job, int family, struct wanip *found)
{
	char text[ADDRESS_SIZE];

	if (family == AF_INET && *job->router == '\0')
		because(found, "no router says its address");
	else if (family == AF_INET6)
		because(found, "routers say no IPv6 address");
	else if (!address_read(AF_INET, job->router, strlen(job->router), text))
		because(found, "the router's, %s, is not a public one",
		    job->router);
	else
		accept_address(found, text, "router");
	return *found->address != '\0';
}

/* Asks one of them. "" if it does not say. */
static void
ask_service(struct fetch *fetch, int family, const char *url,
    struct wanip *found, char answer[ADDRESS_SIZE])
{
	const struct fetch_request req = { .method = "GET",
		.url = url,
		.family = family == AF_INET ? FETCH_IPV4 : FETCH_IPV6,
		.seconds = SERVICE_S };
	struct fetch_response res = { 0 };
	struct error err;

	*answer = '\0';
	if (fetch_perform(fetch, &req, &res, &err) == -1) {
		because(found, "%s", err.msg);
		return;
	}
	if (res.status != 200 ||
	    !address_in_answer(family, res.body, res.body_len, answer)) {
		*answer = '\0';
		because(found, "an address service gives HTTP %u without one",
		    res.status);
	}
	fetch_response_release(&res);
}

const char *
wanip_vote(const char answers[][ADDRESS_SIZE], size_t n, size_t enough)
{
	for (size_t i = 0; i < n; i++) {
		size_t same = 0;

		for (size_t k = 0; k < n; k++)
			same += strcmp(answers[i], answers[k]) == 0;
		if (*answers[i] != '\0' && same >= enough)
			return answers[i];
	}
	return NULL;
}

/*
 * Nobody more is asked once enough have said the same. CAFile is for services
 * of one's own as it is for a provider of one's own.
 */
static bool
ask_services(const struct ddns_job *job, int family, struct wanip *found,
    char address[ADDRESS_SIZE])
{
	char answers[DDNS_SERVICES_MAX][ADDRESS_SIZE];
	bool own = job->nservices > 0;
	size_t n =
	    own ? job->nservices : sizeof(services4) / sizeof(services4[0]);
	size_t enough = n < AGREE ? n : AGREE;
	const char *agreed = NULL;
	struct fetch *fetch;
	struct error err;

	fetch = fetch_new(own ? job->ca_file : NULL, &err);
	if (fetch == NULL) {
		because(found, "%s", err.msg);
		return false;
	}
	for (size_t i = 0; i < n && agreed == NULL; i++) {
		const char *url = own   ? job->services[i]
		    : family == AF_INET ? services4[i]
		                        : services6[i];

		ask_service(fetch, family, url, found, answers[i]);
		agreed = wanip_vote(
		    (const char(*)[ADDRESS_SIZE])answers, i + 1, enough);
	}
	fetch_free(fetch);
	if (agreed == NULL) {
		because(found, "no %zu address services say the same", enough);
		return false;
	}
	memcpy(address, agreed, ADDRESS_SIZE);
	return true;
}

/* What a service sees is published only if clients would arrive here by it. */
static bool
from_service(const struct ddns_job *job, int family, struct wanip *found)
{
	static struct candidate list[INTERFACES_MAX];
	const struct candidate *best;
	char seen[ADDRESS_SIZE], text[ADDRESS_SIZE];
	struct error err;
	size_t n;

	if (!ask_services(job, family, found, seen))
		return false;
	if (family == AF_INET) {
		accept_address(found, seen, "service");
		return true;
	}
	if (interfaces_list(list, &n, &err) == -1) {
		because(found, "%s", err.msg);
		return false;
	}
	best = address_choose_beside(list, n, seen);
	if (best == NULL) {
		found->gone = true;
		because(found,
		    "%s is no address of this machine, or not one "
		    "that is to stay",
		    seen);
		return false;
	}
	accept_address(found, address_text(best, text), "service");
	return true;
}

static bool
from_all(const struct ddns_job *job, int family, struct wanip *found)
{
	return from_interface(job, family, found) ||
	    (family == AF_INET &&
	        (from_router(job, family, found) ||
	            from_service(job, family, found)));
}

static bool (*const finders[DDNS_SOURCE_COUNT])(
    const struct ddns_job *job, int family, struct wanip *found) = {
	[DDNS_SOURCE_AUTO] = from_all,
	[DDNS_SOURCE_INTERFACE] = from_interface,
	[DDNS_SOURCE_ROUTER] = from_router,
	[DDNS_SOURCE_SERVICE] = from_service,
};

void
wanip_find(const struct ddns_job *job, int family, struct wanip *found)
{
	enum ddns_source source = family == AF_INET ? job->ipv4 : job->ipv6;
	unsigned bit = family == AF_INET ? DDNS_IPV4 : DDNS_IPV6;
	const struct ddns_provider *provider = ddns_provider(job->provider);

	*found = (struct wanip){ .source = "" };
	if (source == DDNS_SOURCE_NONE || source >= DDNS_SOURCE_COUNT) {
		found->gone = true;
		return;
	}
	if (provider != NULL && (provider->families & bit) == 0) {
		because(found, "%s has none of them", job->provider);
		return;
	}
	if ((job->listens & bit) == 0) {
		found->gone = true;
		because(found, "no listener takes clients by it");
		return;
	}
	finders[source](job, family, found);
}
