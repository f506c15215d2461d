/*
 * The public names, as the servers of their zones have them: see doctor.h and
 * doctor_dns.h. Comes last, for a dead resolver takes the most time.
 */

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"
#include "config/config.h"
#include "dial.h"
#include "dns/zone.h"
#include "doctor.h"
#include "doctor_dns.h"
#include "tls/client.h"
#include "json/json.h"

#define PORT 443 /* where the world comes to */

/* One name of one certificate. */
struct name {
	const char *name;
	const struct config_acme *acme;
	bool at_home; /* it need not be reached from outside to be proven */
	const struct dns_zone *zone;
	const struct doctor_own *own;
	size_t found; /* addresses */
};

/* --- our own addresses ---------------------------------------------------- */

static void
add_interfaces(struct doctor_own *own)
{
	struct ifaddrs *list, *at;
	struct addr addr;
	char text[ADDR_TEXT_SIZE];

	if (getifaddrs(&list) == -1)
		return;
	for (at = list; at != NULL; at = at->ifa_next) {
		if (at->ifa_addr == NULL)
			continue;
		if (at->ifa_addr->sa_family == AF_INET)
			addr_from_sockaddr(
			    &addr, at->ifa_addr, sizeof(struct sockaddr_in));
		else if (at->ifa_addr->sa_family == AF_INET6)
			addr_from_sockaddr(
			    &addr, at->ifa_addr, sizeof(struct sockaddr_in6));
		else
			continue;
		doctor_own_add(own, addr_ip_text(&addr, text));
	}
	freeifaddrs(list);
}

static void
add_member(
    struct doctor_own *own, const struct json *object, const char *member)
{
	const char *address = json_str(object, member);

	if (address != NULL)
		doctor_own_add(own, address);
}

static void
find_own(const struct doctor *doctor, struct doctor_own *own)
{
	const struct json *sections = json_get(doctor->status, "ddns");

	for (size_t i = 0; i < json_count(sections); i++) {
		add_member(own, json_at(sections, i), "ipv4");
		add_member(own, json_at(sections, i), "ipv6");
	}
	add_member(own, json_get(doctor->status, "portmap"), "wan");
	add_interfaces(own);
}

/* --- addresses ------------------------------------------------------------ */

/* As the first server that answers has it. */
static int
ask_zone(const struct doctor *doctor, const struct dns_zone *zone,
    enum dns_type type, struct dns_answer *answer)
{
	for (size_t i = 0; i < zone->nhosts; i++)
		if (dns_zone_ask(&zone->hosts[i], zone->name, type,
		        doctor->deadline, answer, NULL) == 0)
			return 0;
	return -1;
}

static int
call(const char *address, const char *name, struct error *err)
{
	struct dial dial = { .host = name, .target = "/manifest.json" };
	struct dial_answer answer;
	int rc;

	if (!addr_parse(&dial.addr, address, PORT))
		return error_set(err, ERR_SYNTAX, "no address");
	dial.tls = tls_client_new(name, NULL, err);
	if (dial.tls == NULL)
		return -1;
	rc = dial_ask(&dial, &answer, err);
	tls_client_free(dial.tls);
	return rc;
}

static char *
subject_of(const struct name *name, int family)
{
	return xasprintf(
	    "%s of %s", family == AF_INET ? "A" : "AAAA", name->name);
}

static char *
correct_it(const struct name *name, int family)
{
	const char *first = doctor_own_first(name->own, family);

	if (family == AF_INET6 && first == NULL)
		return xstrdup("Remove the AAAA record from the zone: this "
		               "machine has no public IPv6 address.");
	return xasprintf("Set the %s record to %s in the zone, or have a DDNS "
	                 "section keep it right.",
	    family == AF_INET ? "A" : "AAAA",
	    first != NULL ? first : "the public address of the router");
}

/* Who knocks at a public address from inside needs the router's help. */
static void
check_hairpin(
    struct doctor *doctor, const struct name *name, const char *address)
{
	char *subject = xasprintf("%s from inside", name->name);
	struct error err;

	if (call(address, name->name, &err) == 0)
		doctor_say(doctor, DOCTOR_OK, subject,
		    xasprintf("%s answers", address), NULL);
	else
		doctor_say(doctor, DOCTOR_WARN, subject,
		    xasprintf("%s does not answer: %s; outside it may all "
		              "the same",
		        address, err.msg),
		    xstrdup("Switch NAT loopback on in the router, or have "
		            "the DNS of the house say the address of this "
		            "machine for the name."));
}

static void
check_ipv4(struct doctor *doctor, const struct name *name, const char *address)
{
	char *subject = subject_of(name, AF_INET);

	switch (doctor_judge_address(AF_INET, address, name->own)) {
	case DOCTOR_PLACE_OURS:
		doctor_say(doctor, DOCTOR_OK, subject,
		    xasprintf("%s, which is ours", address), NULL);
		check_hairpin(doctor, name, address);
		break;
	case DOCTOR_PLACE_UNKNOWN:
		doctor_say(doctor, DOCTOR_OK, subject,
		    xasprintf("%s; whether that is ours cannot be seen from "
		              "here",
		        address),
		    NULL);
		check_hairpin(doctor, name, address);
		break;
	case DOCTOR_PLACE_OTHER:
		doctor_say(doctor, DOCTOR_FAIL, subject,
		    xasprintf("%s, but this house has %s", address,
		        doctor_own_first(name->own, AF_INET)),
		    correct_it(name, AF_INET));
		break;
	case DOCTOR_PLACE_PRIVATE:
		doctor_say(doctor, name->at_home ? DOCTOR_WARN : DOCTOR_FAIL,
		    subject,
		    xasprintf("%s, which nobody outside reaches", address),
		    correct_it(name, AF_INET));
	}
}

/* There is no translation: what is alive answers from here, too. */
static void
check_ipv6(struct doctor *doctor, const struct name *name, const char *address)
{
	char *subject = subject_of(name, AF_INET6);
	bool have = doctor_own_first(name->own, AF_INET6) != NULL;
	struct error err;

	if (doctor_judge_address(AF_INET6, address, name->own) ==
	    DOCTOR_PLACE_PRIVATE)
		doctor_say(doctor, name->at_home ? DOCTOR_WARN : DOCTOR_FAIL,
		    subject,
		    xasprintf("%s, which nobody outside reaches", address),
		    correct_it(name, AF_INET6));
	else if (call(address, name->name, &err) == 0)
		doctor_say(doctor, DOCTOR_OK, subject,
		    xasprintf("%s, which answers", address), NULL);
	else
		doctor_say(doctor, have ? DOCTOR_FAIL : DOCTOR_WARN, subject,
		    xasprintf("%s does not answer (%s), and browsers try it "
		              "first",
		        address, err.msg),
		    correct_it(name, AF_INET6));
}

static void
check_addresses(struct doctor *doctor, struct name *name, enum dns_type type)
{
	static struct dns_answer answer;

	if (ask_zone(doctor, name->zone, type, &answer) == -1) {
		doctor_say(doctor, DOCTOR_FAIL,
		    subject_of(name, type == DNS_A ? AF_INET : AF_INET6),
		    xasprintf("no server of its zone answers (%s)",
		        name->zone->hosts[0].name),
		    xstrdup("Look on the pages of whoever has the zone "
		            "whether it is down."));
		name->found++;
		return;
	}
	name->found += answer.n;
	for (size_t i = 0; i < answer.n; i++) {
		if (doctor_is_late(doctor, name->name))
			return;
		if (type == DNS_A)
			check_ipv4(doctor, name, answer.records[i]);
		else
			check_ipv6(doctor, name, answer.records[i]);
	}
}

/* --- CAA ------------------------------------------------------------------ */

/* The records of the name, or of the nearest one above it (RFC 8659 3). */
static int
find_caa(const struct doctor *doctor, const struct name *name,
    struct dns_answer *answer, struct error *err)
{
	const char *at = name->name;

	if (dns_resolve(
	        name->zone->name, DNS_CAA, doctor->deadline, answer, err) == -1)
		return -1;
	while (answer->n == 0 && (at = strchr(at, '.')) != NULL)
		if (dns_resolve(++at, DNS_CAA, doctor->deadline, answer, err) ==
		    -1)
			return -1;
	return 0;
}

static void
check_caa(struct doctor *doctor, const struct name *name, bool wildcard)
{
	static struct dns_answer answer;
	char *subject =
	    xasprintf("CAA of %s%s", wildcard ? "*." : "", name->name);
	const char *authority = doctor_caa_name(name->acme->directory);
	struct error err;

	if (find_caa(doctor, name, &answer, &err) == -1)
		doctor_say(doctor, DOCTOR_WARN, subject,
		    xasprintf("the name service does not say: %s", err.msg),
		    xstrdup("Authorities that get no answer either issue no "
		            "certificate: look whether the servers of the "
		            "zone are well."));
	else if (answer.n == 0)
		doctor_say(doctor, DOCTOR_OK, subject,
		    xstrdup("none, so any authority may issue"), NULL);
	else if (authority == NULL)
		doctor_say(doctor, DOCTOR_SKIPPED, subject,
		    xasprintf("because what %s is called there is not known; "
		              "it says \"%s\"",
		        name->acme->directory, answer.records[0]),
		    NULL);
	else if (doctor_caa_permits(&answer, wildcard, authority))
		doctor_say(doctor, DOCTOR_OK, subject,
		    xasprintf("permits %s", authority), NULL);
	else
		doctor_say(doctor, DOCTOR_FAIL, subject,
		    xasprintf("does not permit %s; it says \"%s\"", authority,
		        answer.records[0]),
		    xasprintf("Add the CAA record 0 %s \"%s\" to the zone.",
		        wildcard ? "issuewild" : "issue", authority));
}

/* --- names ---------------------------------------------------------------- */

static void
check_name(struct doctor *doctor, struct name *name, bool wildcard)
{
	static struct dns_zone zone;
	struct error err;
	int rc = dns_zone_find(name->name, doctor->deadline, &zone, &err);

	if (doctor_is_late(doctor, name->name))
		return;
	if (rc == -1) {
		doctor_say(doctor, DOCTOR_FAIL, xstrdup(name->name),
		    xasprintf("its zone cannot be found: %s", err.msg),
		    xstrdup("See whether the name is right and paid for, and "
		            "whether this machine's resolver works."));
		return;
	}
	name->zone = &zone;
	if (!wildcard) {
		check_addresses(doctor, name, DNS_A);
		check_addresses(doctor, name, DNS_AAAA);
		if (name->found == 0)
			doctor_say(doctor,
			    name->at_home ? DOCTOR_WARN : DOCTOR_FAIL,
			    xasprintf("address of %s", name->name),
			    xstrdup("the zone has neither A nor AAAA"),
			    correct_it(name, AF_INET));
	}
	if (!doctor_is_late(doctor, name->name))
		check_caa(doctor, name, wildcard);
}

/* The same name with another kind of key is one. */
static bool
was_before(const struct config *config, unsigned slot, const char *name)
{
	for (unsigned i = 0; i < slot; i++)
		for (unsigned n = 0; n < config->certs[i]->nnames; n++)
			if (strcasecmp(config->certs[i]->names[n], name) == 0)
				return true;
	return false;
}

static void
check_cert(struct doctor *doctor, const struct config_cert *cert,
    const struct doctor_own *own)
{
	for (unsigned i = 0; i < cert->nnames; i++) {
		const char *text = cert->names[i];
		bool wildcard = strncmp(text, "*.", 2) == 0;
		struct name name = {
			.name = wildcard ? text + 2 : text,
			.acme = cert->acme,
			.at_home = cert->acme->nchallenges == 1 &&
			    cert->acme->challenges[0] == CHALLENGE_DNS_01,
			.own = own,
		};
		struct addr addr;

		if (was_before(doctor->config, cert->slot, text) ||
		    addr_parse(&addr, text, 0))
			continue;
		if (doctor_is_late(doctor, text))
			return;
		check_name(doctor, &name, wildcard);
	}
}

void
doctor_check_names(struct doctor *doctor)
{
	struct doctor_own own = { .n = 0 };

	/* libc's resolver waits for longer than a person likes to. */
	setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
	find_own(doctor, &own);
	for (unsigned i = 0; i < doctor->config->ncerts; i++)
		if (doctor->config->certs[i]->kind == CERT_AUTO)
			check_cert(doctor, doctor->config->certs[i], &own);
}
