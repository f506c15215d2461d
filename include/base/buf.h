#ifndef BASE_BUF_H
#define BASE_BUF_H

/*
 * A growable byte buffer with a cap. Bytes are appended at the end and consumed
 * from the front; the unread bytes are always contiguous at buf_data(). A
 * zeroed struct buf is a valid empty buffer whose cap is BUF_CAP_DEFAULT.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BUF_CAP_DEFAULT (16u * 1024 * 1024)

struct buf {
	unsigned char *base; /* NULL while empty and unused */
	size_t head;         /* first unread byte */
	size_t tail;         /* one past the last byte */
	size_t size;         /* bytes allocated */
	size_t cap;          /* most bytes it may hold unread; 0 = default */
};

void buf_init(struct buf *buf, size_t cap);
void buf_release(struct buf *buf); /* frees; the buffer is empty again */
void buf_wipe(struct buf *buf);    /* as buf_release(), zeroed first */
void buf_clear(struct buf *buf);   /* empties, keeps the memory */

static inline size_t
buf_len(const struct buf *buf)
{
	return buf->tail - buf->head;
}

/* NULL only while nothing was ever held. */
static inline unsigned char *
buf_data(const struct buf *buf)
{
	return buf->base == NULL ? NULL : buf->base + buf->head;
}

/*
 * Room for at least `want` bytes after the last one; the pointer is valid until
 * the next call that takes the buffer. NULL when the cap would be passed.
 * buf_commit() says how many of them were written.
 */
void *buf_reserve(struct buf *buf, size_t want);
void buf_commit(struct buf *buf, size_t len);

/* All append functions return 0, or -1 with nothing changed at the cap. */
int buf_append(struct buf *buf, const void *data, size_t len);
int buf_append_u64(struct buf *buf, uint64_t value); /* decimal */
static inline int
buf_append_str(struct buf *buf, const char *s)
{
	return buf_append(buf, s, strlen(s));
}
int buf_printf(struct buf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Drops `len` (<= buf_len) bytes from the front. */
void buf_consume(struct buf *buf, size_t len);

/* Gives the bytes, NUL-terminated, to the caller, who frees them. */
char *buf_detach(struct buf *buf, size_t *len);

#endif
