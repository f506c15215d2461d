#ifndef PROXY_ROUTE_H
#define PROXY_ROUTE_H

#include <stdbool.h>

struct answer;
struct exchange;

/*
 * Decides where a request goes, and fills in its host, authority, service and
 * upgrade. True: to a backend of its service, or to its directory. False:
 * *answer is for the client. The order of the questions is the policy.
 */
bool route_request(struct exchange *ex, struct answer *answer);

#endif
