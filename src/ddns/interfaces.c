/*
 * One question to the kernel tells addresses of both families with their flags,
 * which getifaddrs() leaves out.
 */

#include "interfaces.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ready.h"
#include "dns/public.h"

#define ANSWER_SIZE 32768 /* the kernel's pieces are no larger */
#define ANSWER_MS 2000

/* Of two addresses, IFA_LOCAL is ours, and IFA_ADDRESS may be the peer's. */
static void
read_attributes(
    struct nlmsghdr *head, struct candidate *candidate, size_t *address_len)
{
	struct ifaddrmsg *message = NLMSG_DATA(head);
	struct rtattr *at = IFA_RTA(message);
	size_t left = IFA_PAYLOAD(head);
	bool local = false;

	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		size_t len = RTA_PAYLOAD(at);

		if (at->rta_type == IFA_FLAGS && len == sizeof(unsigned))
			memcpy(&candidate->flags, RTA_DATA(at), len);
		if (at->rta_type != IFA_LOCAL &&
		    (at->rta_type != IFA_ADDRESS || local))
			continue;
		if (len > sizeof(candidate->address))
			continue;
		memcpy(candidate->address, RTA_DATA(at), len);
		*address_len = len;
		local = at->rta_type == IFA_LOCAL;
	}
}

static void
add_address(
    struct nlmsghdr *head, struct candidate list[INTERFACES_MAX], size_t *n)
{
	struct ifaddrmsg *message = NLMSG_DATA(head);
	struct candidate candidate = { 0 };
	size_t len = 0;

	if (head->nlmsg_len < NLMSG_LENGTH(sizeof(*message)))
		return;
	candidate.family = message->ifa_family;
	candidate.flags = message->ifa_flags;
	read_attributes(head, &candidate, &len);
	if ((candidate.family == AF_INET && len == 4) ||
	    (candidate.family == AF_INET6 && len == 16))
		if (dns_is_public(candidate.family, candidate.address) &&
		    *n < INTERFACES_MAX)
			list[(*n)++] = candidate;
}

int
interfaces_read(
    void *data, size_t len, struct candidate list[INTERFACES_MAX], size_t *n)
{
	struct nlmsghdr *head = data;

	for (; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
		if (head->nlmsg_type == NLMSG_DONE)
			return 1;
		if (head->nlmsg_type == NLMSG_ERROR)
			return -1;
		if (head->nlmsg_type == RTM_NEWADDR)
			add_address(head, list, n);
	}
	return 0;
}

static int
ask_kernel(int fd)
{
	const struct {
		struct nlmsghdr head;
		struct ifaddrmsg message;
	} question = { .head = { .nlmsg_len = sizeof(question),
		           .nlmsg_type = RTM_GETADDR,
		           .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		           .nlmsg_seq = 1 } };
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	return sendto(fd, &question, sizeof(question), 0,
	           (const struct sockaddr *)&kernel,
	           sizeof(kernel)) == (ssize_t)sizeof(question)
	    ? 0
	    : -1;
}

/* One piece. As interfaces_read(), with errno. */
static int
take_piece(
    int fd, int64_t deadline, struct candidate list[INTERFACES_MAX], size_t *n)
{
	static _Alignas(struct nlmsghdr) unsigned char data[ANSWER_SIZE];
	struct sockaddr_nl from = { 0 };
	socklen_t size = sizeof(from);
	ssize_t len;

	if (ready_wait(fd, POLLIN, deadline) == -1)
		return -1;
	len = recvfrom(
	    fd, data, sizeof(data), 0, (struct sockaddr *)&from, &size);
	if (len == -1)
		return errno == EINTR ? 0 : -1;
	if (from.nl_pid != 0) /* not the kernel */
		return 0;
	errno = EPROTO;
	return interfaces_read(data, (size_t)len, list, n);
}

int
interfaces_list(
    struct candidate list[INTERFACES_MAX], size_t *n, struct error *err)
{
	int64_t deadline = clock_mono_ms() + ANSWER_MS;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int rc = -1;

	*n = 0;
	if (fd != -1 && ask_kernel(fd) == 0)
		do
			rc = take_piece(fd, deadline, list, n);
		while (rc == 0);
	if (rc == -1)
		error_sys(err, "the kernel does not tell our addresses");
	if (fd != -1)
		close(fd);
	return rc == -1 ? -1 : 0;
}
