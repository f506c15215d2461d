#ifndef DNS_DNS_H
#define DNS_DNS_H

/*
 * Questions to the name service that getaddrinfo() has no words for, and to one
 * server instead of all. Answers are read by libc's parser (ns_parserr).
 *
 * Nobody is asked or waited for past a deadline, on the monotonic clock; only
 * libc's resolver counts in seconds and may take one more for each server.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

/*
 * An address is told as inet_ntop() does, a CAA record (RFC 8659) as "tag
 * value", printable ASCII; its flags are not told.
 */
enum dns_type { DNS_NS, DNS_CNAME, DNS_TXT, DNS_A, DNS_AAAA, DNS_CAA };

#define DNS_NO_DEADLINE INT64_MAX

#define DNS_RECORDS_MAX 16
#define DNS_TEXT_SIZE 256 /* a longer text is cut */

struct dns_answer {
	size_t n; /* 0: there is no such record */
	char records[DNS_RECORDS_MAX][DNS_TEXT_SIZE];
};

struct dns_message {
	const unsigned char *data;
	size_t len; /* 65 535 at most */
};

/* Picks the records of just this name out of a message. */
int dns_read(const struct dns_message *message, const char *name,
    enum dns_type type, struct dns_answer *answer, struct error *err);

struct dns_server {
	struct sockaddr_storage address;
	socklen_t len;
};

/*
 * The records of just this name, from the system's resolver. -1: it does not
 * answer, or could not find out.
 */
int dns_resolve(const char *name, enum dns_type type, int64_t deadline_ms,
    struct dns_answer *answer, struct error *err);

/*
 * The same from one server, which is to answer from what it knows itself. Over
 * UDP, and over TCP if the answer is too long for that; two seconds each time.
 */
int dns_ask(const struct dns_server *server, const char *name,
    enum dns_type type, int64_t deadline_ms, struct dns_answer *answer,
    struct error *err);

/* The addresses of a host, as libc knows them; their number. 0: none. */
size_t dns_find_servers(
    const char *host, struct dns_server *servers, size_t max);

#endif
