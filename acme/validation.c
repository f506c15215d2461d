/* From a CA's sentence to what is wrong at home: see validation.h. */

#include "validation.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "problem.h"
#include "json/json.h"

enum finding {
	NOTHING,
	SILENCE,
	REFUSAL,
	NO_ROUTE,
	NO_CONNECTION, /* for whatever reason */
	BREAK,
	STRANGER, /* something answers, and it is not this gateway */
	DNS_BROKEN,
	NO_RECORD /* the TXT record of dns-01 */
};

/* What CAs write, in lower case; the first row that occurs counts. */
static const struct {
	const char *words;
	enum finding finding;
} sentences[] = {
	{ "txt record", NO_RECORD },
	{ "servfail", DNS_BROKEN },
	{ "dnssec", DNS_BROKEN },
	{ "refused", REFUSAL },
	{ "no route", NO_ROUTE },
	{ "unreachable", NO_ROUTE },
	{ "reset by peer", BREAK },
	{ ": eof", BREAK },
	{ "timeout", SILENCE },
	{ "timed out", SILENCE },
	{ "deadline exceeded", SILENCE },
	{ "failed to connect", NO_CONNECTION },
};

/* What is known of a failed validation. */
struct scene {
	enum finding finding;
	unsigned port;       /* 0: the CA did not connect */
	const char *address; /* that it used, "" if it does not say */
	bool ipv6;
	unsigned status; /* of the HTTP answer that it got, 0 = none */
};

static bool
contains(const char *text, const char *words)
{
	size_t len = strlen(words);

	for (; strlen(text) >= len; text++)
		if (text_ieq(text, len, words))
			return true;
	return false;
}

static enum finding
find(const struct problem *problem)
{
	size_t i;

	if (problem->type != PROBLEM_UNAUTHORIZED &&
	    problem->type != PROBLEM_INCORRECT_RESPONSE &&
	    problem->type != PROBLEM_CONNECTION &&
	    problem->type != PROBLEM_TLS && problem->type != PROBLEM_DNS)
		return NOTHING;
	for (i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (contains(problem->detail, sentences[i].words))
			return sentences[i].finding;
	return problem->type == PROBLEM_UNAUTHORIZED ||
	        problem->type == PROBLEM_INCORRECT_RESPONSE
	    ? STRANGER
	    : NOTHING;
}

/* A word of three digits that can be a status of failure. */
static unsigned
find_status(const char *text)
{
	uint64_t status;
	size_t len;

	for (; *text != '\0'; text += len) {
		text += strspn(text, " ");
		len = strcspn(text, " ");
		if (len == 4 && strchr(".,;:)", text[3]) != NULL)
			len = 3;
		if (len == 3 && text_u64(text, len, 599, &status) &&
		    status >= 300)
			return (unsigned)status;
	}
	return 0;
}

static const char *
last_address(const struct json *challenge)
{
	const struct json *records = json_get(challenge, "validationRecord");
	size_t count = json_count(records);
	unsigned char address[sizeof(struct in6_addr)];
	const char *text = NULL;

	if (count > 0)
		text = json_str(json_at(records, count - 1), "addressUsed");
	if (text == NULL ||
	    (inet_pton(AF_INET, text, address) != 1 &&
	        inet_pton(AF_INET6, text, address) != 1))
		return "";
	return text;
}

/* From the words of a CA that keeps no record of what it did. */
static const char *
named_ipv6(const char *detail, char text[INET6_ADDRSTRLEN])
{
	static const char parts[] = "0123456789abcdefABCDEF:.";
	unsigned char address[sizeof(struct in6_addr)];
	size_t len;

	for (; *detail != '\0'; detail += len) {
		detail += strcspn(detail, parts);
		len = strspn(detail, parts);
		if (len == 0 || len >= INET6_ADDRSTRLEN)
			continue;
		snprintf(text, INET6_ADDRSTRLEN, "%.*s", (int)len, detail);
		if (text[len - 1] == ':') /* and what happened there */
			text[len - 1] = '\0';
		if (inet_pton(AF_INET6, text, address) == 1)
			return text;
	}
	return "";
}

static unsigned
port_of(const struct json *challenge)
{
	const char *type = json_str(challenge, "type");

	if (type != NULL && strcmp(type, "http-01") == 0)
		return 80;
	if (type != NULL && strcmp(type, "tls-alpn-01") == 0)
		return 443;
	return 0;
}

/* RFC 1918, and RFC 6598: what a CA on the internet cannot reach. */
static bool
is_private(const char *text)
{
	static const struct {
		uint32_t network, mask;
	} nets[] = {
		{ 0x0a000000, 0xff000000 },
		{ 0xac100000, 0xfff00000 },
		{ 0xc0a80000, 0xffff0000 },
		{ 0x64400000, 0xffc00000 },
	};
	struct in_addr address;
	size_t i;

	if (inet_pton(AF_INET, text, &address) != 1)
		return false;
	for (i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if ((ntohl(address.s_addr) & nets[i].mask) == nets[i].network)
			return true;
	return false;
}

/* "the IPv6 address 2001:db8::1, port 80" */
static const char *
place(const struct scene *scene, char *text, size_t size)
{
	if (*scene->address == '\0')
		snprintf(text, size, "port %u", scene->port);
	else
		snprintf(text, size, "the %s address %s, port %u",
		    scene->ipv6 ? "IPv6" : "IPv4", scene->address, scene->port);
	return text;
}

/* Puts what was found in front of the CA's own words. */
static void
tell(struct problem *problem, const struct scene *scene)
{
	char where[VALIDATION_PLACE_SIZE];

	place(scene, where, sizeof(where));
	switch (scene->finding) {
	case SILENCE:
		problem_wrap(problem, "timeout at %s", where);
		break;
	case REFUSAL:
		problem_wrap(problem, "connection refused at %s", where);
		break;
	case NO_ROUTE:
		problem_wrap(problem, "no route to %s", where);
		break;
	case NO_CONNECTION:
		problem_wrap(problem, "no connection to %s", where);
		break;
	case BREAK:
		problem_wrap(problem, "connection broken off at %s", where);
		break;
	case STRANGER:
		if (scene->status != 0)
			problem_wrap(problem,
			    "%u from something that is not this gateway, at %s",
			    scene->status, where);
		else
			problem_wrap(problem,
			    "an answer that is not this gateway's, at %s",
			    where);
		break;
	case NOTHING:
		if (*scene->address != '\0')
			problem_wrap(problem, "at %s", where);
		break;
	case DNS_BROKEN:
	case NO_RECORD:
		break;
	}
}

static void
advise_reach(struct problem *problem, const struct scene *scene)
{
	if (is_private(scene->address))
		problem_advise(problem,
		    "This address is private: no CA on the internet reaches "
		    "it. The name must have the public address of the router; "
		    "where the provider gives none, IPv6 or Challenge dns-01 "
		    "is the way.");
	else if (scene->ipv6)
		problem_advise(problem,
		    "The CA follows the name's AAAA record first. Let port %u "
		    "through the router's IPv6 firewall to this machine, or "
		    "correct the AAAA record, or remove it.",
		    scene->port);
	else
		problem_advise(problem,
		    "Forward port %u of the router to this machine. Where the "
		    "provider blocks it, or shares one address among "
		    "customers, use another Challenge or IPv6.",
		    scene->port);
}

static void
advise(struct problem *problem, const struct scene *scene)
{
	switch (scene->finding) {
	case SILENCE:
	case NO_ROUTE:
	case NO_CONNECTION:
	case REFUSAL:
	case BREAK:
		advise_reach(problem, scene);
		break;
	case STRANGER:
		problem_advise(problem,
		    "Another program, the router itself or an old %s record "
		    "answers on port %u. Make the name's public addresses, "
		    "IPv4 and IPv6, lead to this gateway.",
		    scene->ipv6 ? "AAAA" : "A", scene->port);
		break;
	case DNS_BROKEN:
		problem_advise(problem,
		    "The name servers of the domain do not answer properly: "
		    "check them, and DNSSEC if it is in use.");
		break;
	case NO_RECORD:
		problem_advise(problem,
		    "The CA does not see the TXT record of _acme-challenge: "
		    "check what the DDNS section's provider, or the DNSHook, "
		    "publishes, and where.");
		break;
	case NOTHING:
		break;
	}
}

static struct scene
scene_of(const struct json *challenge)
{
	struct scene scene = { .port = port_of(challenge),
		.address = last_address(challenge) };

	scene.ipv6 = strchr(scene.address, ':') != NULL;
	return scene;
}

const char *
validation_place(const struct json *challenge, char text[VALIDATION_PLACE_SIZE])
{
	const struct scene scene = scene_of(challenge);

	return place(&scene, text, VALIDATION_PLACE_SIZE);
}

int
validation_problem(struct problem *problem, const struct json *challenge)
{
	struct scene scene = scene_of(challenge);
	char address[INET6_ADDRSTRLEN];

	problem_from_json(problem, json_get(challenge, "error"));
	if (*scene.address == '\0') {
		scene.address = named_ipv6(problem->detail, address);
		scene.ipv6 = *scene.address != '\0';
	}
	scene.finding = find(problem);
	if (scene.port == 0 && scene.finding != DNS_BROKEN &&
	    scene.finding != NO_RECORD)
		return -1;
	if (scene.finding == STRANGER)
		scene.status = find_status(problem->detail);
	tell(problem, &scene);
	advise(problem, &scene);
	return -1;
}
