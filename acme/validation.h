#ifndef VALIDATION_H
#define VALIDATION_H

/*
 * What the CA met when it looked whether a name is ours, in words that tell the
 * owner of a home network what to mend: which address, which port, silence or a
 * stranger's answer.
 */

struct json;
struct problem;

/*
 * Reads a challenge that failed (RFC 8555 section 8): its error, told with the
 * address that the CA used, and with advice for just that. Returns -1.
 */
int validation_problem(struct problem *problem, const struct json *challenge);

#endif
