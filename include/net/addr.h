#ifndef NET_ADDR_H
#define NET_ADDR_H

/* Socket addresses, IPv4 and IPv6. Never resolves a name. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct error;
struct sockaddr_un;

struct addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u;
	socklen_t len; /* 0: no address */
};

#define ADDR_TEXT_SIZE 64 /* "[v6%zone]:port" and NUL */

/* Numeric host ("192.0.2.1", "2001:db8::1", without brackets). */
bool addr_parse(struct addr *addr, const char *host, uint16_t port);

/*
 * Splits "host:port", "[v6]:port" or "host" (then *port is left alone) as a
 * configuration has it. The host is copied without brackets. False if it is
 * none of them or does not fit.
 */
bool addr_split(const char *text, char *host, size_t hostsize, uint16_t *port);

/* Copies what the kernel gave, turning ::ffff:a.b.c.d into IPv4. */
void addr_from_sockaddr(
    struct addr *addr, const struct sockaddr *sa, socklen_t len);

uint16_t addr_port(const struct addr *addr);

/* "192.0.2.1:80", "[2001:db8::1]:80", "-" for no address. Returns dst. */
char *addr_text(const struct addr *addr, char dst[ADDR_TEXT_SIZE]);

/* The same without port and brackets: what X-Forwarded-For carries. */
char *addr_ip_text(const struct addr *addr, char dst[ADDR_TEXT_SIZE]);

/* Keeps so many bits of it, and neither port nor zone. */
void addr_mask(struct addr *addr, unsigned bits4, unsigned bits6);

/* Of a UNIX socket. ERR_LIMIT: the path does not fit. */
int addr_unix(struct sockaddr_un *sun, const char *path, struct error *err);

bool addr_is_loopback(const struct addr *addr);
bool addr_eq(const struct addr *a, const struct addr *b);

/*
 * A backend's addresses on their way between processes (BACKEND_STATE): sent as
 * the bytes of an array of struct addr, at most so many. The reader checks each
 * one and returns their number, or -1 if `src` is no such array.
 */
#define ADDR_LIST_MAX 8
int addr_list_read(
    struct addr list[ADDR_LIST_MAX], const void *src, size_t len);

#endif
