#ifndef CLI_DOCTOR_FIREWALL_H
#define CLI_DOCTOR_FIREWALL_H

/* Whether a firewall of this machine keeps everybody out. */

struct json;

/*
 * How to open a port that this chain of the ruleset keeps closed, with the
 * tools of whoever made the chain. The caller frees.
 */
char *doctor_firewall_cure(
    const struct json *ruleset, const struct json *chain, unsigned port);

#endif
