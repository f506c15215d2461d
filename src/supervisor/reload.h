#ifndef SUPERVISOR_RELOAD_H
#define SUPERVISOR_RELOAD_H

/*
 * Reads the configuration again and starts a generation of it. Whatever is
 * wrong is the answer to who asked; what serves is not touched by it.
 */

#include <stdbool.h>

struct asker;
struct child;
struct diag;
struct supervisor;

void reload_init(struct supervisor *sup);
void reload_release(struct supervisor *sup);

void reload_start(struct supervisor *sup, struct asker asker);

/*
 * The start of a generation has ended. The answer is the warnings of its
 * configuration, then `last`.
 */
void reload_end(struct supervisor *sup, bool ok, const char *last);

/* The monitor died, and who asked through it has gone with it. */
void reload_forget(struct supervisor *sup, const struct child *monitor);

#endif
