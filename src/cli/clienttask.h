#ifndef CLI_CLIENTTASK_H
#define CLI_CLIENTTASK_H

/* One call of `gatehouse client-cert`. */

#include <stdint.h>

struct arguments;
struct config;
struct config_text;
struct error;

struct client_task {
	const struct arguments *args;
	const char *name; /* of the client; NULL: none was given */
	const char *file; /* the configuration */
	struct config_text *text;
	struct config *config; /* NULL: there are errors in it */
	char *dir;             /* of the authority */
	int64_t now;           /* seconds since the epoch */
};

/* Returns an EXIT_* value. */
int client_add(struct client_task *task);

/* Says what failed; EXIT_BAD. */
int client_failed(const struct error *err);

#endif
