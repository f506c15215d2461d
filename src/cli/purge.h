#ifndef CLI_PURGE_H
#define CLI_PURGE_H

/*
 * Removing what is ours, by name, and nothing that lies beside it. No symbolic
 * link is followed and none is removed.
 */

#include <stddef.h>

#include "base/error.h"

struct purge_entry {
	const char *name;
	unsigned depth; /* 0: a file or socket; n: directories of n levels */
};

/*
 * Removes these from a directory, and then the directory if it is empty. What
 * is missing already is fine. -1: one of them could not be removed, or is none
 * of ours; the others are gone.
 */
int purge_directory(const char *path, const struct purge_entry *entries,
    size_t n, struct error *err);

/* A state directory. ERR_DENIED if a gateway runs in it. */
int purge_state_dir(const char *path, struct error *err);

/*
 * A configuration, its `.gatehouse-new`, and client-ca/ beside it. `secrets`:
 * the files that it reads secrets from; only those beside it are removed.
 */
int purge_config(
    const char *file, const char *const *secrets, size_t n, struct error *err);

#endif
