/*
 * The arena: blocks filled from the front, the current one first. What fits
 * into that goes there; a large piece that does not gets a block of its own.
 */

#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define BLOCK_SIZE 1984 /* with malloc's own words, half a page */
#define ALIGNMENT alignof(max_align_t)

struct block {
	struct block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

struct hook {
	struct hook *next;
	void (*run)(void *);
	void *arg;
};

struct arena {
	struct block *blocks; /* the first one is being filled */
	struct hook *hooks;   /* latest first */
	size_t left;          /* bytes that may still be handed out */
};

static struct block *
block_new(size_t size)
{
	struct block *block = xmalloc(sizeof(*block) + size);

	block->next = NULL;
	block->used = 0;
	block->size = size;
	return block;
}

/* Zeroed memory, whatever the cap says. */
static void *
take(struct arena *arena, size_t size)
{
	struct block *block = arena->blocks;
	void *piece;

	assert(size <= PTRDIFF_MAX - sizeof(*block) - ALIGNMENT);
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (size > block->size - block->used && size > BLOCK_SIZE / 4) {
		struct block *own = block_new(size);

		/* Behind the current block, which still has room. */
		own->next = block->next;
		block->next = own;
		block = own;
	} else if (size > block->size - block->used) {
		block = block_new(BLOCK_SIZE);
		block->next = arena->blocks;
		arena->blocks = block;
	}
	piece = block->data + block->used;
	block->used += size;
	return memset(piece, 0, size);
}

struct arena *
arena_new(size_t cap)
{
	struct block *block = block_new(BLOCK_SIZE);
	struct arena *arena = (struct arena *)block->data;

	/* The arena lives in its own first block. */
	block->used = (sizeof(*arena) + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	arena->blocks = block;
	arena->hooks = NULL;
	arena->left = cap > 0 ? cap : SIZE_MAX;
	return arena;
}

void
arena_free(struct arena *arena)
{
	struct block *block, *next;
	struct hook *hook;

	if (arena == NULL)
		return;
	/* A hook may allocate, and may register another. */
	while ((hook = arena->hooks) != NULL) {
		arena->hooks = hook->next;
		hook->run(hook->arg);
	}
	for (block = arena->blocks; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	if (size > arena->left)
		return NULL;
	arena->left -= size;
	return take(arena, size > 0 ? size : 1);
}

char *
arena_strdup(struct arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

char *
arena_strndup(struct arena *arena, const void *s, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	if (copy != NULL && len > 0)
		memcpy(copy, s, len);
	return copy;
}

char *
arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(len >= 0);
	s = arena_alloc(arena, (size_t)len + 1);
	if (s == NULL)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(s, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return s;
}

void
arena_on_free(struct arena *arena, void (*run)(void *), void *arg)
{
	struct hook *hook = take(arena, sizeof(*hook));

	hook->run = run;
	hook->arg = arg;
	hook->next = arena->hooks;
	arena->hooks = hook;
}
