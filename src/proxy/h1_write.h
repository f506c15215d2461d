#ifndef PROXY_H1_WRITE_H
#define PROXY_H1_WRITE_H

/* The text of a response head to a client (RFC 9112 section 4). */

#include <stdbool.h>
#include <sys/uio.h>

#include "http/message.h"

struct buf;

/* Status line and fields; a Date where a final response lacks one. */
void h1_write_head(struct buf *out, const struct http_response *head);

void h1_write_framing(
    struct buf *out, const struct http_body *how, bool chunked);

/* What becomes of the connection, and the empty line. */
void h1_write_connection(
    struct buf *out, bool keep_alive, enum http_version version);

/* What follows a chunk's data (if any) and the last chunk; 0 or 1 pieces. */
int h1_write_chunk_end(struct iovec *iov, bool data, bool end);

#endif
