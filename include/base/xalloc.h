#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

/*
 * Allocation of sizes that we choose. Out of memory ends the process (a worker
 * is restarted by its supervisor). Anything whose size a peer chooses goes
 * through a capped struct buf or arena instead.
 */

#include <stddef.h>

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *ptr, size_t count, size_t size)
    __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));

/* Stops at a NUL before `len`. s may be NULL when len is 0. */
char *xstrndup(const char *s, size_t len)
    __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

#endif
