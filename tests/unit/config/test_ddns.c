/* DDNS sections: what each provider needs, who proves what, what is secret. */

#include "reading.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/xalloc.h"

/* Something to serve, behind what is said about names. */
#define SITE "ListenHTTP\nPort 8099\nService\nSuccess\nEnd\nEnd\n"

static char dir[] = "/tmp/gatehouse-ddns-XXXXXX";

static void
init(struct reading *reading, const char *text)
{
	char *whole = xasprintf("%s" SITE, text);

	reading_init(reading, whole);
	free(whole);
}

static void
init_clean(struct reading *reading, const char *text)
{
	init(reading, text);
	assert_messages(reading, "");
	assert_non_null(reading->config);
}

static void
assert_said(const char *text, const char *expected)
{
	struct reading reading;

	init(&reading, text);
	assert_messages(&reading, expected);
	reading_release(&reading);
}

static void
test_table(void **state)
{
	(void)state;
	assert_string_equal(ddns_provider("DuckDNS")->name, "duckdns");
	assert_int_equal(ddns_provider("strato")->family, DDNS_FAMILY_DYNDNS2);
	assert_string_equal(ddns_provider("custom")->server, "");
	assert_null(ddns_provider("duck"));
	assert_null(ddns_provider(""));
}

static void
test_all_that_a_section_says(void **state)
{
	const struct config_ddns *ddns;
	struct reading reading;

	(void)state;
	init_clean(&reading,
	    "PortMap auto\n"
	    "DDNS Cloudflare\nHostname A.example.org *.a.example.org\n"
	    "Token to-ken\nZone Example.ORG\nServer dns.test:8443\n"
	    "CAFile /ca.pem\nIPv4 router\nIPv6 no\nInterval 10m\n"
	    "AddressService https://x/ https://y/\nAddressService https://z/\n"
	    "End\n"
	    "DDNS custom\nHostname a.example.org\nURL https://x/%h?%i&%6&%%\n"
	    "Method put\nHeader \"X-A: %u\"\nHeader \"X-B: b\"\nBody %p%t\n"
	    "Success ^ok\nLogin me\nPassword \"two words\"\nToken t\nEnd\n");
	assert_true(reading.config->port_map);
	assert_int_equal(reading.config->port_map_pos.line, 1);
	assert_int_equal(reading.config->nddns, 2);
	ddns = reading.config->ddns;
	assert_string_equal(ddns->provider->name, "cloudflare");
	assert_int_equal(ddns->index, 0);
	assert_int_equal(ddns->nhosts, 2);
	assert_string_equal(ddns->hosts[0], "a.example.org");
	assert_string_equal(ddns->hosts[1], "*.a.example.org");
	assert_string_equal(ddns->token, "to-ken");
	assert_string_equal(ddns->zone, "example.org");
	assert_string_equal(ddns->server, "dns.test:8443");
	assert_string_equal(ddns->ca_file, "/ca.pem");
	assert_int_equal(ddns->ca_pos.line, 7);
	assert_int_equal(ddns->ipv4, DDNS_SOURCE_ROUTER);
	assert_int_equal(ddns->ipv6, DDNS_SOURCE_NONE);
	assert_int_equal(ddns->interval, 600);
	assert_int_equal(ddns->nservices, 3);
	assert_string_equal(ddns->services[2], "https://z/");
	assert_null(ddns->login);
	assert_null(ddns->password);
	assert_null(ddns->method);
	ddns = ddns->next;
	assert_int_equal(ddns->index, 1);
	assert_string_equal(ddns->url, "https://x/%h?%i&%6&%%");
	assert_string_equal(ddns->method, "PUT");
	assert_int_equal(ddns->nheaders, 2);
	assert_string_equal(ddns->headers[1], "X-B: b");
	assert_string_equal(ddns->body, "%p%t");
	assert_string_equal(ddns->success, "^ok");
	assert_string_equal(ddns->login, "me");
	assert_string_equal(ddns->password, "two words");
	assert_null(ddns->server);
	assert_null(ddns->next);
	reading_release(&reading);
}

static void
test_what_nothing_is_said_of(void **state)
{
	const struct config_ddns *ddns;
	struct reading reading;

	(void)state;
	init_clean(&reading,
	    "DDNS ovh\nHostname a.example.org\nLogin a\nPassword b\nEnd\n"
	    "DDNS custom\nHostname a.example.org\nURL https://x/\nEnd\n");
	assert_false(reading.config->port_map);
	ddns = reading.config->ddns;
	assert_int_equal(ddns->ipv4, DDNS_SOURCE_AUTO);
	assert_int_equal(ddns->ipv6, DDNS_SOURCE_NONE);
	assert_int_equal(ddns->interval, 300);
	assert_int_equal(ddns->next->ipv6, DDNS_SOURCE_AUTO);
	assert_string_equal(ddns->next->method, "GET");
	assert_null(ddns->next->success);
	reading_release(&reading);
}

#define PROVIDERS_SAID                                                         \
	"'DDNS' needs one of duckdns, dyndns2, noip, dyn, strato, ovh, inwx, " \
	"he, ipv64, ddnss, dynu, dynv6, desec, freedns, cloudflare, hetzner, " \
	"porkbun, gandi, godaddy, namecheap, custom, not "

static void
test_which_providers_there_are(void **state)
{
	(void)state;
	assert_said("DDNS duckdsn\nToken a\nEnd\n",
	    "t:1:6: " PROVIDERS_SAID "'duckdsn' (did you mean 'duckdns'?)\n");
	assert_said(
	    "DDNS nobody\nEnd\n", "t:1:6: " PROVIDERS_SAID "'nobody'\n");
	assert_said("DDNS GoogleDomains\nEnd\n",
	    "t:1:6: " PROVIDERS_SAID
	    "'GoogleDomains' (Google Domains was shut down; move the domain's "
	    "DNS to another provider, such as cloudflare)\n");
}

static void
test_what_a_provider_needs(void **state)
{
	(void)state;
	assert_said("DDNS duckdns\nEnd\n",
	    "t:1:1: 'DDNS duckdns' needs a Token or TokenFile: what the "
	    "provider's web site gives you for programs\n"
	    "t:1:1: 'DDNS duckdns' needs a Hostname: the names to publish; or "
	    "let it stand in a Gateway, whose name it is then\n");
	assert_said("DDNS dyndns2\nHostname a.b\nEnd\n",
	    "t:1:1: 'DDNS dyndns2' needs a Login: the name of the account, or "
	    "of the key, that the provider gives you\n"
	    "t:1:1: 'DDNS dyndns2' needs a Password or PasswordFile: the one "
	    "that the provider gives you for updates\n"
	    "t:1:1: 'DDNS dyndns2' needs a Server: the host that takes the "
	    "updates\n");
	assert_said("DDNS hetzner\nHostname a.b\nToken t\nEnd\n",
	    "t:1:1: 'DDNS hetzner' needs a Zone: the domain that the names "
	    "belong to at the provider\n");
	assert_said("DDNS custom\nHostname a.b\nEnd\n",
	    "t:1:1: 'DDNS custom' needs a URL: what publishes an address when "
	    "it is asked for\n");
	/* A line that is wrong is not missing. */
	assert_said("DDNS duckdns\nHostname a.duckdns.org\nToken a b\nEnd\n",
	    "t:3:9: 'Token' takes 1 value and this is one more\n");
	/* What it has no use for. */
	assert_said("DDNS duckdns\nHostname a.duckdns.org\nToken t\nLogin x\n"
	            "PasswordFile x\nZone duckdns.org\nURL https://x/%q\n"
	            "Body x\nEnd\n",
	    "t:4:1: 'DDNS duckdns' has no use for 'Login'; leave it out\n"
	    "t:5:1: 'DDNS duckdns' has no use for 'PasswordFile'; leave it "
	    "out\n"
	    "t:5:14: cannot read x: this text stands for itself; nor is it a "
	    "credential of the service, which only the service itself sees\n"
	    "t:6:1: 'DDNS duckdns' has no use for 'Zone'; leave it out\n"
	    "t:7:1: 'DDNS duckdns' has no use for 'URL'; leave it out\n"
	    "t:8:1: 'DDNS duckdns' has no use for 'Body'; leave it out\n");
	assert_said("DDNS duckdns\nHostname a.duckdns.org\nToken t\n"
	            "TokenFile f\nEnd\n",
	    "t:4:1: 'TokenFile' and Token say the same; leave one out\n");
	assert_said("DDNS duckdns\nHostname a.duckdns.org\nToken \"t t\"\n"
	            "End\n",
	    "t:3:7: 'Token' needs the token alone: letters, digits and signs, "
	    "no blanks\n");
}

#define DUCK(lines) "DDNS duckdns\nToken t\n" lines "End\n"
#define FLARE(lines) "DDNS cloudflare\nToken t\n" lines "End\n"

static void
test_hosts(void **state)
{
	(void)state;
	assert_said(DUCK("Hostname 1.2.3.4\n"),
	    "t:3:10: 'Hostname' needs a host name such as "
	    "\"home.example.org\", not '1.2.3.4' (an address is not a name)\n");
	assert_said(DUCK("Hostname a\n"),
	    "t:3:10: 'Hostname' needs the whole name, such as "
	    "a.example.org\n");
	assert_said(DUCK("Hostname *.a.duckdns.org\n"),
	    "t:3:10: 'DDNS duckdns' publishes no wildcard; 'a.duckdns.org' is "
	    "what it can publish\n");
	assert_said(DUCK("Hostname a.example.org\n"),
	    "t:3:10: 'DDNS duckdns' publishes names that end in .duckdns.org, "
	    "not 'a.example.org'\n");
	assert_said(DUCK("Hostname a.example.org\nServer duck.test\n"), "");
	assert_said(FLARE("Hostname a.b.org b.org A.b.org\n"),
	    "t:3:24: 'DDNS cloudflare' has 'a.b.org' already, on line 1\n");
	assert_said(FLARE("Hostname a.b.org\n") FLARE("Hostname a.b.org\n"),
	    "t:7:10: 'DDNS cloudflare' has 'a.b.org' already, on line 1\n");
	/* Two providers for one name, and two that are no table's. */
	assert_said(
	    FLARE("Hostname a.duckdns.org\n")
	        DUCK("Hostname a.duckdns.org\n") "DDNS custom\n"
	                                         "Hostname a.duckdns.org\nURL "
	                                         "https://x\nEnd\nDDNS custom\n"
	                                         "Hostname a.duckdns.org\nURL "
	                                         "https://y\nEnd\n",
	    "");
	assert_said(FLARE("Hostname a.b.org\nZone c.org\n"),
	    "t:4:6: 'a.b.org' is not in the Zone 'c.org'\n");
	assert_said(FLARE("Hostname ab.org\nZone b.org\n"),
	    "t:4:6: 'ab.org' is not in the Zone 'b.org'\n");
	assert_said(FLARE("Hostname b.org *.b.org\nZone B.org\n"), "");
	assert_said(FLARE("Hostname a.b\nZone *.b\n"),
	    "t:4:6: 'Zone' needs a host name such as \"home.example.org\", "
	    "not '*.b' (the name alone, without *.)\n");
	assert_said(FLARE("Hostname a.b b.b c.b d.b e.b f.b g.b h.b i.b j.b "
	                  "k.b l.b m.b n.b o.b p.b q.b\n"),
	    "t:3:74: 'Hostname' takes 16 names; the others need a DDNS section "
	    "of their own\n");
}

static void
test_where_addresses_come_from(void **state)
{
	(void)state;
	assert_said(DUCK("Hostname a.duckdns.org\nIPv4 no\nIPv6 no\n"),
	    "t:1:1: 'DDNS duckdns' has neither IPv4 nor IPv6 to publish\n");
	assert_said("DDNS ovh\nHostname a.b\nLogin a\nPassword b\nIPv6 yes\n"
	            "End\n",
	    "t:5:6: 'DDNS ovh' publishes no IPv6 addresses; leave 'IPv6' "
	    "out\n");
	assert_said("DDNS ovh\nHostname a.b\nLogin a\nPassword b\nIPv4 no\n"
	            "End\n",
	    "t:1:1: 'DDNS ovh' has neither IPv4 nor IPv6 to publish\n");
	assert_said(DUCK("Hostname a.duckdns.org\nIPv4 upnp\n"),
	    "t:4:6: 'IPv4' needs one of no, yes, interface, router, service, "
	    "not 'upnp'\n");
	assert_said(DUCK("Hostname a.duckdns.org\nInterval 59\n"),
	    "t:4:10: 'Interval' needs a time from 60s to 30d, such as 90 or "
	    "1m30s, not '59'\n");
	assert_said(DUCK("Hostname a.duckdns.org\n"
	                 "AddressService http://x https://y\n"),
	    "t:4:16: 'AddressService' needs a URL that begins with https://, "
	    "not 'http://x' (this is asked over https only)\n");
	assert_said(
	    DUCK("Hostname a.duckdns.org\nAddressService https://1 https://2 "
	         "https://3 https://4 https://5 https://6 https://7\n"
	         "AddressService https://8 https://9\n"),
	    "t:5:26: there are more than 8 of 'AddressService'\n");
	assert_said(DUCK("Hostname a.duckdns.org\nServer http://x\n"),
	    "t:4:8: 'Server' needs a host such as \"dyndns.example.org\", "
	    "perhaps with a port, not 'http://x' (it is asked over https "
	    "only; write the name alone)\n");
	assert_said(DUCK("Hostname a.duckdns.org\nServer https://x\n"),
	    "t:4:8: 'Server' needs a host such as \"dyndns.example.org\", "
	    "perhaps with a port, not 'https://x' (the name alone, without "
	    "https://)\n");
	assert_said("PortMap yes\n",
	    "t:1:9: 'PortMap' needs one of off, auto, not 'yes'\n");
}

#define OWN(lines) "DDNS custom\nHostname a.b\n" lines "End\n"
#define OWN_URL(lines) OWN("URL https://x/\n" lines)

static void
test_custom(void **state)
{
	(void)state;
	/* What it holds is not repeated. */
	assert_said(OWN("URL http://hush\n"),
	    "t:3:5: 'URL' needs a URL that begins with https://; this value "
	    "is something else\n");
	assert_said(OWN("URL https://x/%20hush\n"),
	    "t:3:5: 'URL' has a '%' that stands for nothing: there are %h %i "
	    "%6 %u %p and %t, and %% for one '%'\n");
	assert_said(OWN_URL("Method POST\nBody %t\nHeader \"X: %u\"\n"),
	    "t:5:6: 'Body' refers to a Token, and there is none\n"
	    "t:6:8: 'Header' refers to a Login, and there is none\n");
	assert_said(OWN_URL("Body hush\n"),
	    "t:4:6: 'Body' needs a line 'Method' with POST, PUT or PATCH\n");
	assert_said(OWN_URL("Method DELETE\n"),
	    "t:4:8: 'Method' needs one of GET, POST, PUT, PATCH, not "
	    "'DELETE'\n");
	assert_said(OWN_URL("Success (\n"),
	    "t:4:9: 'Success' needs a regular expression, not '(' (Unmatched "
	    "( or \\()\n");
	assert_said(OWN_URL("Header \"Host: hush\"\nHeader hush\n"),
	    "t:4:8: 'Header' needs a header field such as \"X-Key: %p\", and "
	    "none that frames the request; this value is something else\n"
	    "t:5:8: 'Header' needs a header field such as \"X-Key: %p\", and "
	    "none that frames the request; this value is something else\n");
	assert_said(OWN_URL("Server x\n"),
	    "t:4:1: 'DDNS custom' has no use for 'Server'; leave it out\n");
}

/* The provider that proves a name, and the one that publishes it. */
static void
assert_found(const struct reading *reading, const char *name,
    const char *prover, const char *publisher)
{
	const struct config_ddns *ddns =
	    config_ddns_for_proof(reading->config, name);

	assert_string_equal(ddns != NULL ? ddns->provider->name : "-", prover);
	ddns = config_ddns_of(reading->config, name);
	assert_string_equal(
	    ddns != NULL ? ddns->provider->name : "-", publisher);
}

static void
test_who_has_a_name(void **state)
{
	struct reading reading;

	(void)state;
	init_clean(&reading,
	    "DDNS noip\nHostname a.duckdns.org\nLogin a\nPassword b\nEnd\n"
	    "DDNS dynu\nHostname a.duckdns.org\nLogin a\nPassword "
	    "b\nEnd\n" DUCK("Hostname a.duckdns.org\n") FLARE(
	        "Hostname x.example.org *.y.example.org\n") "DDNS desec\nToken "
	                                                    "t\nHostname "
	                                                    "z.example."
	                                                    "org\nZone "
	                                                    "example.org\n"
	                                                    "End\n"
	                                                    "DDNS "
	                                                    "dynu\nHostname "
	                                                    "u.test.org\nLogin "
	                                                    "a\nPassword "
	                                                    "b\nToken t\n"
	                                                    "End\n");
	assert_found(&reading, "a.duckdns.org", "duckdns", "noip");
	assert_found(&reading, "*.a.duckdns.org", "duckdns", "-");
	assert_found(&reading, "b.a.duckdns.org", "duckdns", "-");
	assert_found(&reading, "ba.duckdns.org", "-", "-");
	assert_found(&reading, "duckdns.org", "-", "-");
	assert_found(&reading, "x.example.org", "cloudflare", "cloudflare");
	assert_found(&reading, "y.example.org", "cloudflare", "-");
	assert_found(&reading, "b.y.example.org", "cloudflare", "cloudflare");
	assert_found(&reading, "c.b.y.example.org", "cloudflare", "-");
	assert_found(&reading, "*.y.example.org", "cloudflare", "cloudflare");
	assert_found(&reading, "example.org", "desec", "-");
	assert_found(&reading, "*.example.org", "desec", "-");
	assert_found(&reading, "w.example.org", "desec", "-");
	assert_found(&reading, "u.test.org", "dynu", "dynu");
	assert_found(&reading, "192.0.2.1", "-", "-");
	reading_release(&reading);
}

#define HTTPS_FOR(names)                                                       \
	"ListenHTTPS\nAutoCert " names "\nService\nSuccess\nEnd\nEnd\n"
#define DNS_01 "ACME\nChallenge dns-01\nEnd\n"
#define NEEDS_PROOF "needs somebody who publishes the record for "

static void
test_dns_01(void **state)
{
	(void)state;
	assert_said(DNS_01 HTTPS_FOR("a.duckdns.org"),
	    "t:2:11: 'Challenge dns-01' " NEEDS_PROOF "'a.duckdns.org': a "
	    "DNSHook, or a DDNS section whose provider can\n");
	assert_said(DNS_01 HTTPS_FOR("a.duckdns.org *.a.duckdns.org")
	                DUCK("Hostname a.duckdns.org\n"),
	    "");
	assert_said(DNS_01 HTTPS_FOR("a.duckdns.org b.duckdns.org")
	                DUCK("Hostname a.duckdns.org\n"),
	    "t:2:11: 'Challenge dns-01' " NEEDS_PROOF "'b.duckdns.org': a "
	    "DNSHook, or a DDNS section whose provider can\n");
	/* Also for the names of those whom it stands in for. */
	assert_said(
	    "ACME z\nChallenge dns-01\nEnd\nACME\nFallback z\nEnd\n" HTTPS_FOR(
	        "a.example.org"),
	    "t:2:11: 'Challenge dns-01' " NEEDS_PROOF "'a.example.org': a "
	    "DNSHook, or a DDNS section whose provider can\n");
	/* A section that is wrong might have been the one. */
	assert_said(DNS_01 HTTPS_FOR("a.duckdns.org")
	                DUCK("Hostname a.duckdns.org\nIntervall 60\n"),
	    "t:13:1: unknown word 'Intervall'; did you mean 'Interval'?\n");
	assert_said(HTTPS_FOR("*.a.duckdns.org"),
	    "t:2:10: warning: only dns-01 proves '*.a.duckdns.org': it needs a "
	    "DNSHook in ACME, or a DDNS section whose provider can publish the "
	    "record\n");
	assert_said(
	    HTTPS_FOR("*.a.duckdns.org") DUCK("Hostname a.duckdns.org\n"), "");
}

#define GATEWAY(name, lines) "Gateway " name "\nForward h\n" lines "End\n"

static void
test_in_a_gateway(void **state)
{
	struct reading reading;
	const struct config_ddns *ddns;

	(void)state;
	init_clean(&reading,
	    GATEWAY("A.duckdns.org",
	        "DDNS duckdns\nToken a\nEnd\nDDNS noip\nLogin l\nPassword p\n"
	        "End\n") FLARE("Hostname x.example.org\n")
	        GATEWAY("b.duckdns.org", "DDNS duckdns\nToken b\nEnd\n"));
	assert_int_equal(reading.config->nddns, 4);
	ddns = reading.config->ddns;
	assert_string_equal(ddns->provider->name, "duckdns");
	assert_string_equal(ddns->hosts[0], "a.duckdns.org");
	assert_string_equal(ddns->token, "a");
	assert_int_equal(ddns->pos.line, 3);
	ddns = ddns->next;
	assert_string_equal(ddns->provider->name, "noip");
	assert_string_equal(ddns->hosts[0], "a.duckdns.org");
	ddns = ddns->next;
	assert_string_equal(ddns->provider->name, "cloudflare");
	ddns = ddns->next;
	assert_string_equal(ddns->hosts[0], "b.duckdns.org");
	assert_string_equal(ddns->token, "b");
	assert_int_equal(ddns->index, 3);
	reading_release(&reading);
	assert_said(GATEWAY("a.duckdns.org",
	                "DDNS duckdns\nToken t\nHostname b.duckdns.org\nEnd\n"),
	    "t:5:1: 'Hostname' has no use in a Gateway, whose name is "
	    "published: leave it out, or move the section to the top level\n");
	assert_said(GATEWAY("a.example.org", "DDNS duckdns\nToken t\nEnd\n"),
	    "t:1:9: 'DDNS duckdns' publishes names that end in .duckdns.org, "
	    "not 'a.example.org'\n");
	assert_said(GATEWAY("a.duckdns.org", "DDNS duckdns\nEnd\n"),
	    "t:3:1: 'DDNS duckdns' needs a Token or TokenFile: what the "
	    "provider's web site gives you for programs\n");
}

static void
test_secrets_are_not_printed(void **state)
{
	struct reading reading;
	char *printed;

	(void)state;
	init_clean(&reading,
	    GATEWAY("a.duckdns.org",
	        "DDNS DuckDNS\nToken hush\nIPv6 no\nEnd\n") "DDNS custom\n"
	                                                    "Hostname a.b\nURL "
	                                                    "https://x/"
	                                                    "?hush\nMethod "
	                                                    "POST\nBody hush\n"
	                                                    "Header \"X-Key: "
	                                                    "hush\"\nPassword "
	                                                    "hush\nEnd\n");
	printed = config_expand(reading.text, reading.diag);
	assert_non_null(strstr(printed,
	    "\nDDNS\t\"duckdns\"\n\tHostname\t\"a.duckdns.org\"\n"
	    "\tToken\t\"********\"\n\tIPv6\tno\nEnd\n"
	    "\nDDNS\t\"custom\"\n\tHostname\t\"a.b\"\n\tURL\t\"********\"\n"
	    "\tMethod\tPOST\n\tBody\t\"********\"\n\tHeader\t\"********\"\n"
	    "\tPassword\t\"********\"\nEnd\n"));
	assert_null(strstr(printed, "hush"));
	reading_release(&reading);
	reading_init_clean(&reading, printed);
	assert_int_equal(reading.config->nddns, 2);
	reading_release(&reading);
	free(printed);
}

static char *
path_of(const char *name)
{
	static char path[sizeof(dir) + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
read_main(struct reading *reading)
{
	struct error err;

	reading_of(reading, config_text_read(path_of("main"), &err));
}

/* What the other processes get of it. */
static struct config_text *
sealed(const struct reading *reading)
{
	struct error err;
	struct config_text *text;
	char bytes[4096];
	ssize_t len;
	int fd = config_text_seal(reading->text, &err);

	assert_int_not_equal(fd, -1);
	len = pread(fd, bytes, sizeof(bytes), 0);
	assert_true(len > 0);
	assert_null(memmem(bytes, (size_t)len, "hush", 4));
	text = config_text_unseal(fd, &err);
	assert_non_null(text);
	close(fd);
	return text;
}

static void
test_files_with_secrets(void **state)
{
	struct reading reading, copy;

	(void)state;
	write_file("main",
	    "DDNS duckdns\nHostname a.duckdns.org\nTokenFile token\nEnd\n"
	    "DDNS noip\nHostname a.b\nLogin l\nPasswordFile "
	    "password\nEnd\n" SITE,
	    0644);
	write_file("token", " hush-hush \n", 0600);
	write_file("password", "hush and hush\n", 0600);
	read_main(&reading);
	assert_messages(&reading, "");
	assert_string_equal(reading.config->ddns->token, "hush-hush");
	assert_string_equal(
	    reading.config->ddns->next->password, "hush and hush");
	reading_of(&copy, sealed(&reading));
	assert_messages(&copy, "");
	assert_string_equal(copy.config->ddns->token, "*********");
	assert_string_equal(copy.config->ddns->next->password, "*************");
	reading_release(&copy);
	config_text_check(reading.text, reading.diag);
	assert_messages(&reading, "");
	reading_release(&reading);

	write_file("token", "hush\nhush\n", 0600);
	read_main(&reading);
	assert_non_null(strstr(diag_line(reading.diag, 0),
	    "main:3:11: 'TokenFile' needs a file with one line of up to 1024 "
	    "bytes"));
	reading_release(&reading);
}

static void
test_files_that_others_read(void **state)
{
	struct reading reading;
	const char *line;

	(void)state;
	write_file("main",
	    "DDNS duckdns\nHostname a.duckdns.org\nToken \"hush\"\nEnd\n"
	    "DDNS desec\nHostname a.b\nTokenFile token\nEnd\n" SITE,
	    0604);
	write_file("token", "hush\n", 0644);
	read_main(&reading);
	config_text_check(reading.text, reading.diag);
	line = diag_line(reading.diag, 0);
	assert_non_null(strstr(line,
	    "main:3:8: warning: others may read this "
	    "file, and here is a secret in it: chmod "
	    "600 "));
	line = diag_line(reading.diag, 1);
	assert_non_null(strstr(line, "token:1:1: warning: others may read"));
	assert_null(diag_line(reading.diag, 2));
	reading_release(&reading);

	/* Nothing in it is a secret. */
	write_file("main", "PortMap off\n" SITE, 0644);
	read_main(&reading);
	config_text_check(reading.text, reading.diag);
	assert_messages(&reading, "");
	reading_release(&reading);
}

/* The other processes do not know where credentials are. */
static void
test_credentials(void **state)
{
	struct reading reading, copy;
	char *printed;

	(void)state;
	write_file("main",
	    "DDNS duckdns\nHostname a.duckdns.org\nTokenFile token\nEnd\n"
	    "DDNS desec\nHostname a.b\nTokenFile beside\nEnd\n" SITE,
	    0644);
	write_file("token", "the wrong one\n", 0600);
	write_file("beside", "hush-beside\n", 0600);
	write_file("credentials/token", "hush-credential\n", 0444);
	setenv("CREDENTIALS_DIRECTORY", path_of("credentials"), 1);
	read_main(&reading);
	assert_messages(&reading, "");
	assert_string_equal(reading.config->ddns->token, "hush-credential");
	assert_string_equal(reading.config->ddns->next->token, "hush-beside");
	config_text_check(reading.text, reading.diag);
	printed = config_expand(reading.text, reading.diag);
	assert_messages(&reading, "");
	assert_non_null(strstr(printed, "\tTokenFile\t\"token\"\n"));
	free(printed);
	unsetenv("CREDENTIALS_DIRECTORY");
	reading_of(&copy, sealed(&reading));
	assert_messages(&copy, "");
	assert_string_equal(copy.config->ddns->token, "***************");
	assert_string_equal(copy.config->ddns->next->token, "***********");
	reading_release(&copy);
	reading_release(&reading);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	return mkdir(path_of("credentials"), 0700);
}

static int
teardown(void **state)
{
	static const char *const names[] = { "main", "token", "password",
		"beside", "credentials/token" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(path_of(names[i]));
	rmdir(path_of("credentials"));
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_all_that_a_section_says),
		cmocka_unit_test(test_what_nothing_is_said_of),
		cmocka_unit_test(test_which_providers_there_are),
		cmocka_unit_test(test_what_a_provider_needs),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_where_addresses_come_from),
		cmocka_unit_test(test_custom),
		cmocka_unit_test(test_who_has_a_name),
		cmocka_unit_test(test_dns_01),
		cmocka_unit_test(test_in_a_gateway),
		cmocka_unit_test(test_secrets_are_not_printed),
		cmocka_unit_test(test_files_with_secrets),
		cmocka_unit_test(test_files_that_others_read),
		cmocka_unit_test(test_credentials),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
