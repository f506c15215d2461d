/* Allocation that never fails: see base/xalloc.h. */

#include "base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void *
xmalloc(size_t size)
{
	void *ptr = malloc(size > 0 ? size : 1);

	if (ptr == NULL)
		fatal("out of memory (%zu bytes)", size);
	return ptr;
}

void *
xcalloc(size_t count, size_t size)
{
	void *ptr = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	if (ptr == NULL)
		fatal("out of memory (%zu times %zu bytes)", count, size);
	return ptr;
}

void *
xreallocarray(void *ptr, size_t count, size_t size)
{
	ptr = reallocarray(ptr, count > 0 ? count : 1, size > 0 ? size : 1);
	if (ptr == NULL)
		fatal("out of memory (%zu times %zu bytes)", count, size);
	return ptr;
}

char *
xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *
xstrndup(const char *s, size_t len)
{
	char *copy;

	len = len > 0 ? strnlen(s, len) : 0;
	copy = xmalloc(len + 1);
	if (len > 0)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (len == -1)
		fatal("out of memory (formatting \"%s\")", fmt);
	return s;
}
