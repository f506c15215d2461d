#ifndef CLI_SETUP_JUDGE_H
#define CLI_SETUP_JUDGE_H

/* How far the gateway has come, from what it says of itself. */

#include <stdint.h>

struct json;

enum setup_stage {
	SETUP_WAITING, /* for something that is under way */
	SETUP_REACHED,
	SETUP_TROUBLED, /* it may yet come */
	SETUP_BROKEN    /* not by itself, or not soon */
};

/* The caller frees the texts; next: what to do, NULL for nothing. */
struct setup_finding {
	enum setup_stage stage;
	char *text;
	char *next;
};
void setup_finding_release(struct setup_finding *finding);

/* status: all that it says. host: the name that all this is about. */
void setup_judge_ddns(
    const struct json *status, const char *host, struct setup_finding *finding);
void setup_judge_portmap(
    const struct json *status, struct setup_finding *finding);

/* How often its certificate was tried to get and not got; -1: never. */
int64_t setup_cert_failed(const struct json *status, const char *host);

/*
 * Is there one of the authority that is asked? failed: as it was when the
 * waiting began, for only what came after that counts.
 */
void setup_judge_cert(const struct json *status, const char *host,
    int64_t failed, struct setup_finding *finding);

#endif
