/* Ports, and who has them: see doctor_port.h. */

#include "doctor_port.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "doctor.h"
#include "http/message.h"
#include "procfs.h"
#include "json/json.h"

#define SOCKETS_MAX 128u /* workers share a port by one socket each */
/* Words of a row of /proc/net/tcp. */
enum { ADDRESS_WORD = 1, STATE_WORD = 3, INODE_WORD = 9 };

struct sockets {
	uint64_t inodes[SOCKETS_MAX];
	size_t n;
};

/* "0100007F:01BB": words of 32 bits as they lie in memory, and the port. */
static bool
read_address(struct slice field, struct addr *addr)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	uint32_t words[4], port;
	size_t n = (field.len - 5) / 8;

	if (field.len != 8 + 5 && field.len != 32 + 5)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!procfs_hex(field.p + 8 * i, 8, &words[i]))
			return false;
	if (!procfs_hex(field.p + 8 * n + 1, 4, &port))
		return false;
	if (n == 1) {
		memcpy(&in.sin_addr, words, sizeof(in.sin_addr));
		in.sin_port = htons((uint16_t)port);
		addr_from_sockaddr(
		    addr, (const struct sockaddr *)&in, sizeof(in));
	} else {
		memcpy(&in6.sin6_addr, words, sizeof(in6.sin6_addr));
		in6.sin6_port = htons((uint16_t)port);
		addr_from_sockaddr(
		    addr, (const struct sockaddr *)&in6, sizeof(in6));
	}
	return true;
}

bool
doctor_read_row(const char *row, struct addr *addr, uint64_t *inode)
{
	struct slice words[INODE_WORD + 1];

	for (size_t i = 0; i <= INODE_WORD; i++)
		words[i] = procfs_word(&row);
	return slice_eq(words[STATE_WORD], "0A") && /* TCP_LISTEN */
	    text_u64(words[INODE_WORD].p, words[INODE_WORD].len, UINT64_MAX,
	        inode) &&
	    read_address(words[ADDRESS_WORD], addr);
}

static bool
is_wildcard(const struct addr *addr)
{
	if (addr->u.sa.sa_family == AF_INET)
		return addr->u.in.sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&addr->u.in6.sin6_addr);
}

/* An IPv6 wildcard is taken for one that has IPv4 too, as it mostly does. */
bool
doctor_collide(const struct addr *a, const struct addr *b)
{
	bool same = a->u.sa.sa_family == b->u.sa.sa_family;

	if (addr_port(a) != addr_port(b))
		return false;
	if (is_wildcard(a) && (same || a->u.sa.sa_family == AF_INET6))
		return true;
	if (is_wildcard(b) && (same || b->u.sa.sa_family == AF_INET6))
		return true;
	return addr_eq(a, b);
}

static void
find_sockets(
    const char *table, const struct addr *addr, struct sockets *sockets)
{
	FILE *file = fopen(table, "re");
	struct addr at;
	char row[512];
	uint64_t inode;

	if (file == NULL)
		return;
	while (
	    fgets(row, sizeof(row), file) != NULL && sockets->n < SOCKETS_MAX)
		if (doctor_read_row(row, &at, &inode) &&
		    doctor_collide(&at, addr))
			sockets->inodes[sockets->n++] = inode;
	fclose(file);
}

static bool
is_ours(const struct json *status, pid_t pid)
{
	const struct json *workers = json_get(status, "workers");

	if (json_int(status, "pid", 0) == pid)
		return true;
	for (size_t i = 0; i < json_count(workers); i++)
		if (json_int(json_at(workers, i), "pid", 0) == pid)
			return true;
	return false;
}

static void
read_name(pid_t pid, char name[DOCTOR_NAME_SIZE])
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	snprintf(name, DOCTOR_NAME_SIZE, "process");
	if (file == NULL)
		return;
	if (fgets(name, DOCTOR_NAME_SIZE, file) != NULL)
		name[strcspn(name, "\n")] = '\0';
	fclose(file);
}

/* "socket:[4711]" */
static bool
read_link(const char *link, uint64_t *inode)
{
	static const char prefix[] = "socket:[";
	size_t len = sizeof(prefix) - 1;

	return strncmp(link, prefix, len) == 0 &&
	    text_u64(link + len, strcspn(link + len, "]"), UINT64_MAX, inode);
}

/* Whether the process holds one of them. */
static bool
holds(pid_t pid, const struct sockets *sockets)
{
	char path[64], link[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while ((entry = readdir(dir)) != NULL) {
		ssize_t len = readlinkat(
		    dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		uint64_t inode;

		if (len <= 0)
			continue;
		link[len] = '\0';
		if (!read_link(link, &inode))
			continue;
		for (size_t i = 0; i < sockets->n; i++)
			if (sockets->inodes[i] == inode)
				found = true;
	}
	closedir(dir);
	return found;
}

static void
find_holders(const struct json *status, const struct sockets *sockets,
    struct doctor_port *port)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	uint64_t number;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		pid_t pid;

		if (!text_u64(entry->d_name, strlen(entry->d_name), INT32_MAX,
		        &number))
			continue;
		pid = (pid_t)number;
		if (!holds(pid, sockets))
			continue;
		if (status != NULL && is_ours(status, pid))
			port->ours = true;
		else if (port->other == 0) {
			port->other = pid;
			read_name(pid, port->name);
		}
	}
	if (dir != NULL)
		closedir(dir);
}

void
doctor_look_at_port(const struct addr *addr, const struct json *status,
    struct doctor_port *port)
{
	struct sockets sockets = { .n = 0 };

	find_sockets("/proc/net/tcp", addr, &sockets);
	find_sockets("/proc/net/tcp6", addr, &sockets);
	port->taken = sockets.n > 0;
	if (port->taken)
		find_holders(status, &sockets, port);
}

bool
doctor_find_holder(const struct addr *addr, char name[DOCTOR_NAME_SIZE])
{
	struct doctor_port port = { .other = 0 };

	doctor_look_at_port(addr, NULL, &port);
	memcpy(name, port.name, DOCTOR_NAME_SIZE);
	return port.other != 0;
}

enum doctor_verdict
doctor_judge_port(const struct doctor_port *port)
{
	if (!port->running)
		return port->taken ? DOCTOR_FAIL : DOCTOR_SKIPPED;
	if (!port->taken || port->other != 0)
		return DOCTOR_FAIL;
	return DOCTOR_OK;
}

static char *
evidence(const struct doctor_port *port)
{
	if (!port->taken)
		return xstrdup(port->running
		        ? "nobody listens there, although the configuration "
		          "says so"
		        : "because no gateway is running; it is "
		          "free");
	if (port->other != 0)
		return xasprintf("%s (process %d) listens there%s", port->name,
		    (int)port->other,
		    port->ours ? ", too, and has a part of the connections"
		               : "");
	if (port->ours)
		return xstrdup("the gateway listens");
	return xstrdup("it is listened on; by whom, only root can see");
}

static char *
cure(const struct doctor_port *port)
{
	if (!port->taken)
		return xstrdup("Say `gatehouse reload`, and read what it "
		               "answers.");
	return xstrdup("Stop that program, or have one of the two listen on "
	               "another port.");
}

static void
check_port(struct doctor *doctor, const struct config_listener *listener)
{
	struct doctor_port port = { .running = doctor->status != NULL ||
		    doctor->is_silent };
	char text[ADDR_TEXT_SIZE];
	enum doctor_verdict verdict;

	doctor_look_at_port(&listener->addr, doctor->status, &port);
	verdict = doctor_judge_port(&port);
	doctor_say(doctor, verdict,
	    xasprintf("port %s", addr_text(&listener->addr, text)),
	    evidence(&port), verdict == DOCTOR_FAIL ? cure(&port) : NULL);
}

void
doctor_check_ports(struct doctor *doctor)
{
	const struct config_listener *listener;

	for (listener = doctor->config->listeners; listener != NULL;
	     listener = listener->next)
		if (addr_port(&listener->addr) != 0)
			check_port(doctor, listener);
}
