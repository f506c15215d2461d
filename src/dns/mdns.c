/* Services in the house: see mdns.h. */

#include "dns/mdns.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <poll.h>
#include <resolv.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ready.h"
#include "base/xalloc.h"

#define PORT 5353
#define GROUP 0xe00000fbu /* 224.0.0.251 */
#define MESSAGE_MAX 9000  /* RFC 6762 section 17 */
#define QUESTION_MAX 512
#define INTERFACES_MAX 32
#define RECORDS_MAX 8     /* of each type that are looked at */
#define TO_US_ALONE 0x80  /* the top bit of the class (section 5.4) */
#define CLASS_MASK 0x7fff /* it means something else in an answer (10.2) */
#define SRV_PORT 4        /* where it is in the data, … */
#define SRV_TARGET 6      /* … and the host (RFC 2782) */

struct mdns {
	int fd;
	char *service;
	unsigned heard;
	unsigned char message[MESSAGE_MAX];
};

/* --- answers -------------------------------------------------------------- */

typedef char name_text[NS_MAXDNAME];

struct server {
	name_text instance;
	name_text host;
	uint16_t port;
};

struct host {
	name_text name;
	struct in_addr address;
};

/* What a message says, whatever the order of its records. */
struct records {
	name_text instances[RECORDS_MAX];
	size_t ninstances;
	struct server servers[RECORDS_MAX];
	size_t nservers;
	struct host hosts[RECORDS_MAX];
	size_t nhosts;
};

static bool
read_name(const ns_msg *msg, const ns_rr *rr, size_t offset, name_text *name)
{
	return ns_rr_rdlen(*rr) > offset &&
	    ns_name_uncompress(ns_msg_base(*msg), ns_msg_end(*msg),
	        ns_rr_rdata(*rr) + offset, *name, sizeof(*name)) != -1;
}

static void
keep_server(struct records *records, const ns_msg *msg, const ns_rr *rr)
{
	struct server *server = &records->servers[records->nservers];

	if (records->nservers == RECORDS_MAX ||
	    !read_name(msg, rr, SRV_TARGET, &server->host))
		return;
	server->port = (uint16_t)ns_get16(ns_rr_rdata(*rr) + SRV_PORT);
	snprintf(
	    server->instance, sizeof(server->instance), "%s", ns_rr_name(*rr));
	records->nservers++;
}

static void
keep_host(struct records *records, const ns_rr *rr)
{
	struct host *host = &records->hosts[records->nhosts];

	if (records->nhosts == RECORDS_MAX ||
	    ns_rr_rdlen(*rr) != sizeof(host->address))
		return;
	memcpy(&host->address, ns_rr_rdata(*rr), sizeof(host->address));
	snprintf(host->name, sizeof(host->name), "%s", ns_rr_name(*rr));
	records->nhosts++;
}

static void
keep(struct records *records, const ns_msg *msg, const ns_rr *rr,
    const char *service)
{
	if ((ns_rr_class(*rr) & CLASS_MASK) != ns_c_in)
		return;
	if (ns_rr_type(*rr) == ns_t_srv)
		keep_server(records, msg, rr);
	else if (ns_rr_type(*rr) == ns_t_a)
		keep_host(records, rr);
	else if (ns_rr_type(*rr) == ns_t_ptr &&
	    records->ninstances < RECORDS_MAX &&
	    strcasecmp(ns_rr_name(*rr), service) == 0 &&
	    read_name(msg, rr, 0, &records->instances[records->ninstances]))
		records->ninstances++;
}

static void
add(struct mdns_answer *answer, struct in_addr address, uint16_t port)
{
	if (answer->n < MDNS_PLACES_MAX)
		answer->places[answer->n++] =
		    (struct mdns_place){ address, port };
}

static void
add_instance(struct mdns_answer *answer, const struct records *records,
    const char *instance, struct in_addr sender)
{
	const struct server *server = NULL;
	size_t before = answer->n;

	for (size_t i = 0; i < records->nservers && server == NULL; i++)
		if (strcasecmp(records->servers[i].instance, instance) == 0)
			server = &records->servers[i];
	for (size_t i = 0; i < records->nhosts && server != NULL; i++)
		if (strcasecmp(records->hosts[i].name, server->host) == 0)
			add(answer, records->hosts[i].address, server->port);
	if (answer->n == before)
		add(answer, sender, server != NULL ? server->port : 0);
}

int
mdns_read(const struct dns_message *message, const char *service,
    struct in_addr sender, struct mdns_answer *answer, struct error *err)
{
	static const ns_sect sections[] = { ns_s_an, ns_s_ns, ns_s_ar };
	static struct records records;
	ns_msg msg;
	ns_rr rr;

	if (message->len > MESSAGE_MAX ||
	    ns_initparse(message->data, (int)message->len, &msg) == -1 ||
	    ns_msg_getflag(msg, ns_f_qr) == 0)
		return error_set(err, ERR_PROTOCOL, "a broken answer");
	records.ninstances = records.nservers = records.nhosts = 0;
	for (size_t s = 0; s < sizeof(sections) / sizeof(sections[0]); s++)
		for (int i = 0; i < ns_msg_count(msg, sections[s]); i++) {
			if (ns_parserr(&msg, sections[s], i, &rr) == -1)
				return error_set(
				    err, ERR_PROTOCOL, "a broken answer");
			keep(&records, &msg, &rr, service);
		}
	answer->n = 0;
	for (size_t i = 0; i < records.ninstances; i++)
		add_instance(answer, &records, records.instances[i], sender);
	return 0;
}

/* --- the question --------------------------------------------------------- */

static ssize_t
make_question(unsigned char question[QUESTION_MAX], const char *service)
{
	struct __res_state resolver = { 0 };
	int len;

	if (res_ninit(&resolver) == -1)
		return -1;
	len = res_nmkquery(&resolver, ns_o_query, service, ns_c_in, ns_t_ptr,
	    NULL, 0, NULL, question, QUESTION_MAX);
	res_nclose(&resolver);
	if (len <= NS_HFIXEDSZ)
		return -1;
	memset(question, 0, 4); /* neither an identifier nor flags (18.1) */
	question[len - 2] |= TO_US_ALONE;
	return len;
}

/* On this interface. Whether it went, for one may have gone down meanwhile. */
static bool
send_on(
    int fd, const char *interface, const unsigned char *question, size_t len)
{
	const struct sockaddr_in group = { .sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(GROUP) };
	const struct ip_mreqn where = { .imr_ifindex =
		                            (int)if_nametoindex(interface) };

	return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &where,
	           sizeof(where)) == 0 &&
	    sendto(fd, question, len, MSG_NOSIGNAL,
	        (const struct sockaddr *)&group, sizeof(group)) != -1;
}

static int
send_everywhere(int fd, const char *service, struct error *err)
{
	const unsigned wanted = IFF_UP | IFF_MULTICAST;
	unsigned char question[QUESTION_MAX];
	ssize_t len = make_question(question, service);
	struct ifaddrs *list, *at;
	unsigned asked = 0;

	if (len == -1)
		return error_set(err, ERR_SYNTAX, "no service to ask for");
	if (getifaddrs(&list) == -1)
		return error_sys(err, "the list of interfaces");
	for (at = list; at != NULL && asked < INTERFACES_MAX; at = at->ifa_next)
		if (at->ifa_addr != NULL &&
		    at->ifa_addr->sa_family == AF_INET &&
		    (at->ifa_flags & (wanted | IFF_LOOPBACK)) == wanted &&
		    send_on(fd, at->ifa_name, question, (size_t)len))
			asked++;
	freeifaddrs(list);
	if (asked == 0)
		return error_set(
		    err, ERR_NOTFOUND, "there is no network to ask in");
	return 0;
}

struct mdns *
mdns_ask(const char *service, struct error *err)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct mdns *mdns;

	if (fd == -1) {
		error_sys(err, "socket");
		return NULL;
	}
	if (send_everywhere(fd, service, err) == -1) {
		close(fd);
		return NULL;
	}
	mdns = xcalloc(1, sizeof(*mdns));
	mdns->fd = fd;
	mdns->service = xstrdup(service);
	return mdns;
}

void
mdns_free(struct mdns *mdns)
{
	if (mdns == NULL)
		return;
	close(mdns->fd);
	free(mdns->service);
	free(mdns);
}

int
mdns_next(struct mdns *mdns, int64_t deadline_ms, struct mdns_answer *answer,
    struct error *err)
{
	struct dns_message message = { .data = mdns->message };
	struct sockaddr_in from = { 0 };

	while (mdns->heard < MDNS_MESSAGES_MAX) {
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(mdns->fd, mdns->message, MESSAGE_MAX, 0,
		    (struct sockaddr *)&from, &size);

		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return error_sys(err, "receive");
		if (n == -1) {
			if (ready_wait(mdns->fd, POLLIN, deadline_ms) == -1)
				break;
			continue;
		}
		mdns->heard++;
		message.len = (size_t)n;
		if (mdns_read(&message, mdns->service, from.sin_addr, answer,
		        NULL) == 0 &&
		    answer->n > 0)
			return 0;
	}
	return error_set(err, ERR_TIMEOUT, "nobody answers");
}
