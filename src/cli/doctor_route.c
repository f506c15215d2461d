/* The default route, and its MTU: see doctor_route.h. */

#include "doctor_route.h"

#include <net/route.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "dns/public.h"
#include "doctor.h"
#include "net/addr.h"
#include "procfs.h"

#define MTU_IPV6 1280u  /* RFC 8200 section 5: no link of it has less */
#define MTU_PPPOE 1492u /* what every site copes with */
#define DNS_PORT 53

/* --- routes -------------------------------------------------------------- */

#define WORDS_MAX 10

/* Where a line of each table has what. */
static const struct table {
	int family;
	const char *path;
	unsigned destination, mask, flags, metric, iface;
	bool decimal;    /* the metric */
	const char *any; /* the mask of a default route */
} tables[] = {
	{ AF_INET, "/proc/net/route", 1, 7, 3, 6, 0, true, "00000000" },
	{ AF_INET6, "/proc/net/ipv6_route", 0, 1, 8, 5, 9, false, "00" },
};

static const struct table *
table_of(int family)
{
	return &tables[family == AF_INET6];
}

static bool
read_metric(const struct table *table, struct slice word, uint32_t *metric)
{
	uint64_t number;

	if (!table->decimal)
		return procfs_hex(word.p, word.len, metric);
	if (!text_u64(word.p, word.len, UINT32_MAX, &number))
		return false;
	*metric = (uint32_t)number;
	return true;
}

bool
doctor_read_route(
    int family, const char *line, char iface[IF_NAMESIZE], uint32_t *metric)
{
	const struct table *table = table_of(family);
	struct slice words[WORDS_MAX], name;
	uint32_t flags;

	for (size_t i = 0; i < WORDS_MAX; i++)
		words[i] = procfs_word(&line);
	name = words[table->iface];
	if (!slice_eq(words[table->mask], table->any) ||
	    strspn(words[table->destination].p, "0") <
	        words[table->destination].len ||
	    name.len == 0 || name.len >= IF_NAMESIZE ||
	    !procfs_hex(
	        words[table->flags].p, words[table->flags].len, &flags) ||
	    !(flags & RTF_UP) || (flags & RTF_REJECT) ||
	    !read_metric(table, words[table->metric], metric))
		return false;
	memcpy(iface, name.p, name.len);
	iface[name.len] = '\0';
	return true;
}

bool
doctor_default_route(int family, char iface[IF_NAMESIZE])
{
	FILE *file = fopen(table_of(family)->path, "re");
	uint32_t metric, best = 0;
	char line[256], name[IF_NAMESIZE];
	bool found = false;

	iface[0] = '\0';
	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL)
		if (doctor_read_route(family, line, name, &metric) &&
		    (!found || metric < best)) {
			memcpy(iface, name, IF_NAMESIZE);
			best = metric;
			found = true;
		}
	fclose(file);
	return found;
}

/* --- MTU ----------------------------------------------------------------- */

enum doctor_verdict
doctor_judge_mtu(unsigned mtu)
{
	return mtu < MTU_IPV6 ? DOCTOR_WARN : DOCTOR_OK;
}

/* Of the interface; 0 = it does not say. */
static unsigned
interface_mtu(const char *iface)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned mtu = 0;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", iface);
	if (fd != -1 && ioctl(fd, SIOCGIFMTU, &request) == 0)
		mtu = (unsigned)request.ifr_mtu;
	if (fd != -1)
		close(fd);
	return mtu;
}

/* What the kernel has learned of the path there, 0 = nothing; none is sent. */
static unsigned
path_mtu(const struct addr *to)
{
	bool v6 = to->u.sa.sa_family == AF_INET6;
	int fd = socket(to->u.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(int);
	int mtu = 0;

	if (fd == -1)
		return 0;
	if (connect(fd, &to->u.sa, to->len) == -1 ||
	    getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
	        v6 ? IPV6_MTU : IP_MTU, &mtu, &len) == -1)
		mtu = 0;
	close(fd);
	return (unsigned)mtu;
}

static bool
is_public(const struct addr *addr)
{
	if (addr->u.sa.sa_family == AF_INET)
		return dns_is_public(
		    AF_INET, (const unsigned char *)&addr->u.in.sin_addr);
	return dns_is_public(AF_INET6, addr->u.in6.sin6_addr.s6_addr);
}

/* The smallest on the way to a public name server; 0 = not known. */
static unsigned
resolver_mtu(int family)
{
	FILE *file = fopen("/etc/resolv.conf", "re");
	unsigned least = 0;
	char line[256];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		const char *at = line;
		char text[ADDR_TEXT_SIZE];
		struct slice word;
		struct addr addr;
		unsigned mtu;

		if (!slice_eq(procfs_word(&at), "nameserver"))
			continue;
		word = procfs_word(&at);
		snprintf(text, sizeof(text), "%.*s", (int)word.len, word.p);
		if (!addr_parse(&addr, text, DNS_PORT) ||
		    addr.u.sa.sa_family != family || !is_public(&addr))
			continue;
		mtu = path_mtu(&addr);
		if (mtu != 0 && (least == 0 || mtu < least))
			least = mtu;
	}
	if (file != NULL)
		fclose(file);
	return least;
}

static void
say_mtu(struct doctor *doctor, int family, const char *iface)
{
	unsigned mtu = interface_mtu(iface), path = resolver_mtu(family);
	enum doctor_verdict verdict;
	char *cure = NULL;

	if (path != 0 && path < mtu)
		mtu = path;
	verdict = doctor_judge_mtu(mtu);
	if (verdict == DOCTOR_WARN)
		cure = xasprintf("Set it to 1500 (`ip link set dev %s mtu "
		                 "1500`), or to what the tunnel below it can "
		                 "carry: IPv6 needs 1280 at least.",
		    iface);
	else if (mtu < MTU_PPPOE)
		cure = xstrdup("Fine in itself. If large pages hang for some "
		               "clients, have the router clamp the MSS of TCP "
		               "to the path's MTU.");
	doctor_say(doctor, verdict,
	    xasprintf("MTU of IPv%d", family == AF_INET ? 4 : 6),
	    xasprintf("%u, by %s", mtu, iface), cure);
}

void
doctor_check_mtu(struct doctor *doctor)
{
	static const int families[] = { AF_INET, AF_INET6 };
	char iface[IF_NAMESIZE];
	bool found = false;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (doctor_default_route(families[i], iface) &&
		    interface_mtu(iface) != 0) {
			say_mtu(doctor, families[i], iface);
			found = true;
		}
	if (!found)
		doctor_say(doctor, DOCTOR_SKIPPED, xstrdup("MTU"),
		    xstrdup("because there is no default route"), NULL);
}
