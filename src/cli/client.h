#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

/*
 * The command's end of the control socket: one question, one answer. The
 * monitor's request.h describes what may be asked.
 */

#include <stdbool.h>

#include "base/error.h"

struct client_answer {
	bool ok;
	char *text; /* without "ok " or "error "; the caller frees */
};

/* ERR_NOTFOUND: nobody listens there. */
int client_ask(const char *path, const char *request,
    struct client_answer *answer, struct error *err);

/* The same, with a silence of so many seconds at most. */
int client_ask_within(const char *path, const char *request, unsigned seconds,
    struct client_answer *answer, struct error *err);

/*
 * Asks the gateway that runs with this configuration (NULL: the default one)
 * and says what went wrong. Returns an EXIT_* value; EXIT_GOOD: *answer is set.
 */
int client_ask_gateway(
    const char *file, const char *request, struct client_answer *answer);

/*
 * Where the gateway with this configuration (NULL: the default one) is asked.
 * NULL if that cannot be read. The caller frees.
 */
char *client_socket(const char *file, struct error *err);

/* The same, after saying why that is not known. */
char *client_find_socket(const char *file);

#endif
