#ifndef PROTOCOL_H
#define PROTOCOL_H

/*
 * The protocols that routers speak. Each function does what the order says, as
 * far as its protocol can, and writes down how that went.
 */

#include "order.h"

/*
 * What was mapped stands in the outcome, beside the first refusal of others:
 * ATTEMPT_DONE if anything was. PCP alone tells no address.
 */
enum attempt pcp_attempt(const struct order *order, struct outcome *outcome);
enum attempt natpmp_attempt(const struct order *order, struct outcome *outcome);
enum attempt igd_attempt(const struct order *order, struct outcome *outcome);

#endif
