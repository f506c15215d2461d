#ifndef VALIDATION_H
#define VALIDATION_H

/*
 * What the CA met when it looked whether a name is ours, in words that tell the
 * owner of a home network what to mend: which address, which port, silence or a
 * stranger's answer.
 */

struct json;
struct problem;

#define VALIDATION_PLACE_SIZE 128

/* "the IPv6 address 2001:db8::1, port 80", as far as the CA says it. */
const char *validation_place(
    const struct json *challenge, char text[VALIDATION_PLACE_SIZE]);

/*
 * Reads a challenge that failed (RFC 8555 section 8): its error, told with the
 * address that the CA used, and with advice for just that. Returns -1.
 */
int validation_problem(struct problem *problem, const struct json *challenge);

#endif
