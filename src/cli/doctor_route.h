#ifndef CLI_DOCTOR_ROUTE_H
#define CLI_DOCTOR_ROUTE_H

/* The way to the internet, and how large packets may be on it. */

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "doctor_report.h"

/*
 * A line of /proc/net/route (AF_INET) or /proc/net/ipv6_route (AF_INET6): true
 * if it is a default route that is up; then its interface and its metric.
 */
bool doctor_read_route(
    int family, const char *line, char iface[IF_NAMESIZE], uint32_t *metric);

/* The interface of the best one; false, and "", if there is none. */
bool doctor_default_route(int family, char iface[IF_NAMESIZE]);

enum doctor_verdict doctor_judge_mtu(unsigned mtu);

#endif
