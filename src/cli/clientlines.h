#ifndef CLI_CLIENTLINES_H
#define CLI_CLIENTLINES_H

/*
 * The lines of a configuration that make listeners ask for certificates of an
 * authority for clients: whether they are there, and which are missing.
 */

#include <stdbool.h>
#include <stdio.h>

struct config;

/* Of the listeners for HTTPS. */
struct client_lines {
	unsigned listeners;
	unsigned complete; /* these ask, and know authority and list */
	unsigned trusting; /* these know the authority … */
	unsigned listing;  /* … and these the list */
};

/* dir: of the authority. A NULL configuration has no listeners. */
struct client_lines client_lines_look(
    const struct config *config, const char *dir);

/* For people: what each listener has, or the lines to put in. */
void client_lines_print(
    const struct config *config, const char *file, const char *dir, FILE *out);

#endif
