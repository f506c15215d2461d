#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * Memory of one job of work (an exchange, a configuration): allocated piece by
 * piece, freed in one act. Clean-up hooks run in reverse order of their
 * registration when the arena is freed.
 */

#include <stddef.h>

struct arena;

/* cap: most bytes it may hand out in all, 0 = no cap (sizes that we choose). */
struct arena *arena_new(size_t cap);
void arena_free(struct arena *arena);

/* Zeroed, aligned for any type. NULL only when the cap is reached. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_strdup(struct arena *arena, const char *s);
char *arena_strndup(struct arena *arena, const void *s, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void arena_on_free(struct arena *arena, void (*hook)(void *), void *arg);

#endif
