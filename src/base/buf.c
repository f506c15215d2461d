/*
 * The growable buffer. Room at the front that was consumed is used again
 * before memory is asked for, once moving costs no more than was consumed.
 */

#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/xalloc.h"

#define FIRST_SIZE 512

void
buf_init(struct buf *buf, size_t cap)
{
	*buf = (struct buf){ .cap = cap };
}

void
buf_release(struct buf *buf)
{
	free(buf->base);
	*buf = (struct buf){ .cap = buf->cap };
}

void
buf_wipe(struct buf *buf)
{
	if (buf->base != NULL)
		secret_wipe(buf->base, buf->size);
	buf_release(buf);
}

void
buf_clear(struct buf *buf)
{
	buf->head = buf->tail = 0;
}

static size_t
cap_of(const struct buf *buf)
{
	return buf->cap > 0 ? buf->cap : BUF_CAP_DEFAULT;
}

static void
compact(struct buf *buf)
{
	size_t len = buf_len(buf);

	if (buf->head > 0)
		memmove(buf->base, buf_data(buf), len);
	buf->head = 0;
	buf->tail = len;
}

/* At least `need` bytes of memory, doubling, but not beyond the cap. */
static void
grow(struct buf *buf, size_t need, size_t cap)
{
	size_t size = buf->size > 0 ? buf->size : FIRST_SIZE;

	while (size < need)
		size = size > cap / 2 ? cap : size * 2;
	compact(buf);
	buf->base = xreallocarray(buf->base, size, 1);
	buf->size = size;
}

void *
buf_reserve(struct buf *buf, size_t want)
{
	size_t cap = cap_of(buf);
	size_t len = buf_len(buf);

	if (len > cap || want > cap - len)
		return NULL;
	if (buf->base == NULL || want > buf->size - buf->tail) {
		bool fits = want <= buf->size - len && buf->base != NULL;

		if (fits && (buf->head >= len || buf->size >= cap))
			compact(buf);
		else
			grow(buf, len + want, cap);
	}
	return buf->base + buf->tail;
}

void
buf_commit(struct buf *buf, size_t len)
{
	assert(len <= buf->size - buf->tail);
	buf->tail += len;
}

int
buf_append(struct buf *buf, const void *data, size_t len)
{
	void *room;

	/* Mostly a few bytes for which there is room: see to that first. */
	if (len > 0 && len <= buf->size - buf->tail &&
	    buf->size <= cap_of(buf)) {
		memcpy(buf->base + buf->tail, data, len);
		buf->tail += len;
		return 0;
	}
	room = buf_reserve(buf, len);
	if (room == NULL)
		return -1;
	if (len > 0)
		memcpy(room, data, len);
	buf_commit(buf, len);
	return 0;
}

int
buf_append_u64(struct buf *buf, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return buf_append(buf, digits + at, sizeof(digits) - at);
}

int
buf_printf(struct buf *buf, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	char *room;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	assert(len >= 0);
	if ((size_t)len < sizeof(small))
		return buf_append(buf, small, (size_t)len);

	/* The NUL that vsnprintf() adds needs room, but is no data. */
	room = buf_reserve(buf, (size_t)len + 1);
	if (room == NULL)
		return -1;
	va_start(ap, fmt);
	vsnprintf(room, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf_commit(buf, (size_t)len);
	return 0;
}

void
buf_consume(struct buf *buf, size_t len)
{
	assert(len <= buf_len(buf));
	buf->head += len;
	if (buf->head == buf->tail)
		buf_clear(buf);
}

char *
buf_detach(struct buf *buf, size_t *len)
{
	size_t n = buf_len(buf);
	char *s;

	compact(buf);
	s = xreallocarray(buf->base, n + 1, 1);
	s[n] = '\0';
	buf->base = NULL;
	buf_release(buf);
	if (len != NULL)
		*len = n;
	return s;
}
