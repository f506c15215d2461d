/* DNS over libresolv, and over sockets of our own: see dns.h. */

#include "dns/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ready.h"
#include "base/secret.h"

#define QUERY_MAX 512
#define ANSWER_MAX 65535
#define TRIES 2
#define TRY_MS 2000

static const int types[] = {
	[DNS_NS] = ns_t_ns,
	[DNS_CNAME] = ns_t_cname,
	[DNS_TXT] = ns_t_txt,
	[DNS_A] = ns_t_a,
	[DNS_AAAA] = ns_t_aaaa,
	[DNS_CAA] = ns_t_caa,
};

struct packet {
	unsigned char data[ANSWER_MAX];
	size_t len;
};

static const char *
rcode_text(int rcode)
{
	switch (rcode) {
	case ns_r_formerr:
		return "FORMERR";
	case ns_r_servfail:
		return "SERVFAIL";
	case ns_r_refused:
		return "REFUSED";
	default:
		return "an error";
	}
}

/* --- answers -------------------------------------------------------------- */

/* The strings of a TXT record make one text (RFC 1035 section 3.3.14). */
static void
join_text(const ns_rr *rr, char text[DNS_TEXT_SIZE])
{
	const unsigned char *p = ns_rr_rdata(*rr);
	const unsigned char *end = p + ns_rr_rdlen(*rr);
	size_t used = 0;

	while (p < end) {
		size_t len = *p++;

		if (len > (size_t)(end - p))
			len = (size_t)(end - p);
		if (len > DNS_TEXT_SIZE - 1 - used)
			len = DNS_TEXT_SIZE - 1 - used;
		memcpy(text + used, p, len);
		used += len;
		if (used == DNS_TEXT_SIZE - 1)
			break;
		p += len;
	}
	text[used] = '\0';
}

static bool
read_address(int family, size_t size, const ns_rr *rr, char text[DNS_TEXT_SIZE])
{
	return ns_rr_rdlen(*rr) == size &&
	    inet_ntop(family, ns_rr_rdata(*rr), text, DNS_TEXT_SIZE) != NULL;
}

/* Flags, the length of the tag, the tag; the rest is the value (4.1). */
static bool
read_caa(const ns_rr *rr, char text[DNS_TEXT_SIZE])
{
	const unsigned char *p = ns_rr_rdata(*rr);
	size_t len = ns_rr_rdlen(*rr), tag;

	if (len < 2 || p[1] == 0 || (size_t)p[1] + 2 > len ||
	    len >= DNS_TEXT_SIZE)
		return false;
	tag = p[1];
	for (size_t i = 2; i < len; i++)
		if (p[i] < ' ' || p[i] > '~')
			return false;
	snprintf(text, DNS_TEXT_SIZE, "%.*s %.*s", (int)tag,
	    (const char *)p + 2, (int)(len - tag - 2),
	    (const char *)p + 2 + tag);
	return true;
}

static bool
read_record(ns_msg *msg, const ns_rr *rr, char text[DNS_TEXT_SIZE])
{
	char name[NS_MAXDNAME];

	if (ns_rr_type(*rr) == ns_t_txt) {
		join_text(rr, text);
		return true;
	}
	if (ns_rr_type(*rr) == ns_t_caa)
		return read_caa(rr, text);
	if (ns_rr_type(*rr) == ns_t_a)
		return read_address(AF_INET, 4, rr, text);
	if (ns_rr_type(*rr) == ns_t_aaaa)
		return read_address(AF_INET6, 16, rr, text);
	if (ns_name_uncompress(ns_msg_base(*msg), ns_msg_end(*msg),
	        ns_rr_rdata(*rr), name, sizeof(name)) == -1 ||
	    strlen(name) >= DNS_TEXT_SIZE)
		return false;
	memcpy(text, name, strlen(name) + 1);
	return true;
}

int
dns_read(const struct dns_message *message, const char *name,
    enum dns_type type, struct dns_answer *answer, struct error *err)
{
	ns_msg msg;
	ns_rr rr;
	int rcode;

	if (ns_initparse(message->data, (int)message->len, &msg) == -1)
		return error_set(err, ERR_PROTOCOL, "a broken answer");
	rcode = ns_msg_getflag(msg, ns_f_rcode);
	if (rcode != ns_r_noerror && rcode != ns_r_nxdomain)
		return error_set(err, ERR_PROTOCOL, "%s", rcode_text(rcode));
	answer->n = 0;
	for (int i = 0; i < ns_msg_count(msg, ns_s_an); i++) {
		if (answer->n == DNS_RECORDS_MAX)
			break;
		if (ns_parserr(&msg, ns_s_an, i, &rr) == -1)
			return error_set(err, ERR_PROTOCOL, "a broken answer");
		if ((int)ns_rr_type(rr) == types[type] &&
		    strcasecmp(ns_rr_name(rr), name) == 0 &&
		    read_record(&msg, &rr, answer->records[answer->n]))
			answer->n++;
	}
	return 0;
}

/* --- the system's resolver ------------------------------------------------ */

/* Every server is waited for `retrans` seconds, `retry` times. */
static void
hurry(struct __res_state *resolver, int64_t deadline)
{
	int64_t left = (deadline - clock_mono_ms()) / 1000;

	if (left <
	    (int64_t)resolver->retrans * resolver->retry * resolver->nscount) {
		resolver->retry = 1;
		resolver->retrans = (int)(left / resolver->nscount);
		if (resolver->retrans < 1)
			resolver->retrans = 1;
	}
}

int
dns_resolve(const char *name, enum dns_type type, int64_t deadline_ms,
    struct dns_answer *answer, struct error *err)
{
	static unsigned char data[ANSWER_MAX];
	struct dns_message message = { .data = data };
	struct __res_state resolver = { 0 };
	int len, why;

	if (clock_mono_ms() >= deadline_ms)
		return error_set(err, ERR_TIMEOUT, "the time is up");
	if (res_ninit(&resolver) == -1)
		return error_set(err, ERR_SYS, "no resolver");
	hurry(&resolver, deadline_ms);
	len = res_nquery(
	    &resolver, name, ns_c_in, types[type], data, sizeof(data));
	why = resolver.res_h_errno;
	res_nclose(&resolver);
	if (len == -1 && (why == HOST_NOT_FOUND || why == NO_DATA)) {
		answer->n = 0;
		return 0;
	}
	if (len == -1)
		return error_set(
		    err, ERR_TIMEOUT, "this machine's resolver does not say");
	message.len = (size_t)len;
	return dns_read(&message, name, type, answer, err);
}

size_t
dns_find_servers(const char *host, struct dns_server *servers, size_t max)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list, *at;
	char absolute[DNS_TEXT_SIZE + 1];
	size_t n = 0;

	/* No domain that this machine would look for it in as well. */
	snprintf(absolute, sizeof(absolute), "%s.", host);
	if (getaddrinfo(absolute, "53", &hints, &list) != 0)
		return 0;
	for (at = list; at != NULL && n < max; at = at->ai_next, n++) {
		memcpy(&servers[n].address, at->ai_addr, at->ai_addrlen);
		servers[n].len = at->ai_addrlen;
	}
	freeaddrinfo(list);
	return n;
}

/* --- one server ----------------------------------------------------------- */

/* Of a connection, all of it. */
static int
receive_all(int fd, unsigned char *data, size_t len, int64_t deadline)
{
	while (len > 0) {
		ssize_t n;

		if (ready_wait(fd, POLLIN, deadline) == -1)
			return -1;
		n = recv(fd, data, len, 0);
		if (n == 0)
			errno = ECONNRESET;
		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
			return -1;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static bool
is_reply(const struct packet *query, const struct packet *reply)
{
	return reply->len >= NS_HFIXEDSZ &&
	    memcmp(query->data, reply->data, 2) == 0 &&
	    (reply->data[2] & 0x80) != 0;
}

static int
exchange_udp(
    int fd, const struct packet *query, struct packet *reply, int64_t deadline)
{
	ssize_t n;

	if (send(fd, query->data, query->len, MSG_NOSIGNAL) == -1)
		return -1;
	do {
		if (ready_wait(fd, POLLIN, deadline) == -1)
			return -1;
		n = recv(fd, reply->data, sizeof(reply->data), 0);
		if (n == -1 && errno != EAGAIN)
			return -1;
		reply->len = n > 0 ? (size_t)n : 0;
	} while (!is_reply(query, reply));
	return 0;
}

/* The length goes before a message (RFC 1035 section 4.2.2). */
static int
exchange_tcp(
    int fd, const struct packet *query, struct packet *reply, int64_t deadline)
{
	unsigned char both[2 + QUERY_MAX], size[2];

	both[0] = (unsigned char)(query->len >> 8);
	both[1] = (unsigned char)query->len;
	memcpy(both + 2, query->data, query->len);
	if (ready_wait(fd, POLLOUT, deadline) == -1 ||
	    send(fd, both, 2 + query->len, MSG_NOSIGNAL) !=
	        (ssize_t)(2 + query->len) ||
	    receive_all(fd, size, 2, deadline) == -1)
		return -1;
	reply->len = (size_t)size[0] << 8 | size[1];
	if (receive_all(fd, reply->data, reply->len, deadline) == -1)
		return -1;
	if (is_reply(query, reply))
		return 0;
	errno = EPROTO;
	return -1;
}

static int
exchange(const struct dns_server *server, int kind, const struct packet *query,
    struct packet *reply, int64_t deadline)
{
	int64_t now = clock_mono_ms();
	const struct sockaddr *address =
	    (const struct sockaddr *)&server->address;
	int fd =
	    socket(address->sa_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc = -1, failure;

	if (fd == -1)
		return -1;
	if (deadline > now + TRY_MS)
		deadline = now + TRY_MS;
	if (connect(fd, address, server->len) == 0 || errno == EINPROGRESS)
		rc = (kind == SOCK_DGRAM ? exchange_udp : exchange_tcp)(
		    fd, query, reply, deadline);
	failure = errno;
	close(fd);
	errno = failure;
	return rc;
}

static int
make_query(struct packet *query, const char *name, enum dns_type type)
{
	struct __res_state resolver = { 0 };
	int len;

	if (res_ninit(&resolver) == -1)
		return -1;
	len = res_nmkquery(&resolver, ns_o_query, name, ns_c_in, types[type],
	    NULL, 0, NULL, query->data, QUERY_MAX);
	res_nclose(&resolver);
	if (len < NS_HFIXEDSZ)
		return -1;
	secret_random(query->data, 2);
	query->data[2] &= 0xfe; /* no recursion */
	query->len = (size_t)len;
	return 0;
}

int
dns_ask(const struct dns_server *server, const char *name, enum dns_type type,
    int64_t deadline_ms, struct dns_answer *answer, struct error *err)
{
	static struct packet query, reply;
	struct dns_message message = { .data = reply.data };
	int rc = -1;

	if (make_query(&query, name, type) == -1)
		return error_set(err, ERR_SYNTAX, "no name that can be asked");
	errno = ETIMEDOUT;
	for (int i = 0; i < TRIES && rc == -1 && clock_mono_ms() < deadline_ms;
	     i++)
		rc = exchange(server, SOCK_DGRAM, &query, &reply, deadline_ms);
	if (rc == 0 && (reply.data[2] & 0x02) != 0) /* truncated */
		rc = exchange(server, SOCK_STREAM, &query, &reply, deadline_ms);
	if (rc == -1)
		return error_sys(err, "no answer");
	message.len = reply.len;
	return dns_read(&message, name, type, answer, err);
}
