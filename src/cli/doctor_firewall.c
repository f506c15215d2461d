/* A firewall of this machine: see doctor_ruleset.h for how it is read. */

#include "doctor_firewall.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "doctor.h"
#include "doctor_route.h"
#include "doctor_ruleset.h"
#include "program.h"
#include "json/json.h"

#define RULESET_MAX (1024u * 1024)
#define NFT_MS 3000
#define PORTS_MAX 16

static const char *
text(const struct json *object, const char *member)
{
	const char *value = json_str(object, member);

	return value != NULL ? value : "?";
}

/* --- what to do ---------------------------------------------------------- */

static bool
has_ufw(const struct json *ruleset)
{
	const struct json *rows = json_get(ruleset, "nftables");

	for (size_t i = 0; i < json_count(rows); i++) {
		const struct json *chain = json_get(json_at(rows, i), "chain");

		if (chain != NULL &&
		    strncmp(text(chain, "name"), "ufw", 3) == 0)
			return true;
	}
	return false;
}

static char *
open_firewalld(unsigned port)
{
	if (port == 80 || port == 443)
		return xasprintf("Say `firewall-cmd --permanent "
		                 "--add-service=%s && firewall-cmd --reload`.",
		    port == 80 ? "http" : "https");
	return xasprintf("Say `firewall-cmd --permanent --add-port=%u/tcp && "
	                 "firewall-cmd --reload`.",
	    port);
}

char *
doctor_firewall_cure(
    const struct json *ruleset, const struct json *chain, unsigned port)
{
	const char *family = text(chain, "family");

	if (strcmp(text(chain, "table"), "firewalld") == 0)
		return open_firewalld(port);
	if (strcmp(text(chain, "name"), "INPUT") != 0)
		return xasprintf("Say `nft insert rule %s %s %s tcp dport %u "
		                 "accept`, and write it into the file that the "
		                 "ruleset is loaded from.",
		    family, text(chain, "table"), text(chain, "name"), port);
	if (has_ufw(ruleset))
		return xasprintf("Say `ufw allow %u/tcp`.", port);
	return xasprintf("Say `%s -I INPUT -p tcp --dport %u -j ACCEPT`, and "
	                 "keep it over a restart as your system does.",
	    strcmp(family, "ip6") == 0 ? "ip6tables" : "iptables", port);
}

/* --- what is there ------------------------------------------------------- */

/* NULL: that cannot be seen, and why. */
static struct json *
read_ruleset(struct error *err)
{
	static const char *const argv[] = { "nft", "-j", "list", "ruleset",
		NULL };
	struct buf out;
	struct json *ruleset = NULL;

	buf_init(&out, RULESET_MAX);
	if (program_read(argv, NFT_MS, &out, err) == 0)
		ruleset = json_parse(
		    (const char *)buf_data(&out), buf_len(&out), err);
	buf_release(&out);
	return ruleset;
}

static void
check_port(struct doctor *doctor, const struct json *ruleset, unsigned port)
{
	char iface[IF_NAMESIZE] = "";
	const struct doctor_packet packet = { port, iface };
	const struct json *first, *chain;
	struct buf chains = { 0 };
	char *subject = xasprintf("firewall for port %u", port);

	doctor_default_route(AF_INET, iface);
	first = doctor_ruleset_closed(ruleset, &packet, NULL);
	if (first == NULL) {
		doctor_say(doctor, DOCTOR_OK, subject,
		    xstrdup("nothing found that keeps clients out"), NULL);
		return;
	}
	for (chain = first; chain != NULL;
	     chain = doctor_ruleset_closed(ruleset, &packet, chain))
		buf_printf(&chains, "%s%s %s %s", chain == first ? "" : " and ",
		    text(chain, "family"), text(chain, "table"),
		    text(chain, "name"));
	buf_append(&chains, "", 1);
	doctor_say(doctor, DOCTOR_WARN, subject,
	    xasprintf("%s of nftables drops by default, and no rule found "
	              "lets in TCP %u",
	        (const char *)buf_data(&chains), port),
	    doctor_firewall_cure(ruleset, first, port));
	buf_release(&chains);
}

/* The ports that clients come to from outside, each once. */
static unsigned
find_ports(const struct config *config, unsigned ports[PORTS_MAX])
{
	const struct config_listener *listener = config->listeners;
	unsigned n = 0;

	for (; listener != NULL && n < PORTS_MAX; listener = listener->next) {
		unsigned port = addr_port(&listener->addr), i = 0;

		while (i < n && ports[i] != port)
			i++;
		if (i == n && port != 0 && !addr_is_loopback(&listener->addr))
			ports[n++] = port;
	}
	return n;
}

/* The other kind of iptables, whose rules nft does not see. */
static bool
has_legacy(const char *table)
{
	struct buf names = { 0 };
	bool has;

	has = file_read(table, 4096, &names, NULL) == 0 && buf_len(&names) > 0;
	buf_release(&names);
	return has;
}

static void
skip(struct doctor *doctor, const char *why)
{
	doctor_say(doctor, DOCTOR_SKIPPED, xstrdup("firewall"),
	    xasprintf("because %s", why), NULL);
}

void
doctor_check_firewall(struct doctor *doctor)
{
	unsigned ports[PORTS_MAX];
	unsigned n = find_ports(doctor->config, ports);
	struct json *ruleset;
	struct error err;

	if (n == 0) {
		skip(doctor, "no listener is for clients from outside");
		return;
	}
	if (geteuid() != 0) {
		skip(doctor, "only root sees its rules");
		return;
	}
	if (has_legacy("/proc/net/ip_tables_names") ||
	    has_legacy("/proc/net/ip6_tables_names"))
		skip(doctor,
		    "rules of iptables-legacy are not looked at; "
		    "`iptables-legacy -S INPUT` shows them");
	ruleset = read_ruleset(&err);
	if (ruleset == NULL) {
		skip(doctor, err.msg);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		check_port(doctor, ruleset, ports[i]);
	json_free(ruleset);
}
