#ifndef CLI_DIAL_H
#define CLI_DIAL_H

/*
 * One question over HTTP, with or without TLS, that waits for its answer three
 * seconds at most. For a command that has nothing else to do meanwhile.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "net/addr.h"

struct tls_client;

#define DIAL_MS 3000
#define DIAL_BODY_SIZE 4096
#define DIAL_DATE_SIZE 64

struct dial {
	struct addr addr;       /* unless there is a path */
	const char *path;       /* of a UNIX socket, or NULL */
	struct tls_client *tls; /* NULL: without; borrowed */
	const char *host;       /* of the request; NULL: only connect */
	const char *target;
	const char *more; /* further field lines, or "" */
};

struct dial_answer {
	struct addr local; /* where the question came from */
	unsigned status;
	char date[DIAL_DATE_SIZE]; /* as it was sent; "": none */
	char body[DIAL_BODY_SIZE]; /* its beginning; a 101: the first frame */
	size_t len;                /* of it, without the NUL after it */
};

/* ERR_DENIED: the certificate is not accepted. ERR_TIMEOUT, ERR_PROTOCOL … */
int dial_ask(
    const struct dial *dial, struct dial_answer *answer, struct error *err);

#endif
