#ifndef HTTP_H1_H
#define HTTP_H1_H

/*
 * The HTTP/1.1 codec (RFC 9112), without I/O, clock or allocation. It is strict
 * where request smuggling lives: lines end in CRLF and nothing else, no space
 * before the colon, no folded lines, no control bytes, one framing. The same
 * bytes get the same verdict however they are cut into reads.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/message.h"

/* Bounds on what a peer may send (docs/threat-model.md says why). */
#define H1_REQUEST_LINE_MAX (32u * 1024) /* without its CRLF */
#define H1_REQUEST_HEAD_MAX (64u * 1024) /* request line, fields, empty line */
#define H1_REQUEST_FIELDS_MAX 128
#define H1_RESPONSE_HEAD_MAX (128u * 1024)
#define H1_RESPONSE_FIELDS_MAX 256
#define H1_METHOD_MAX 32
#define H1_CHUNK_LINE_MAX 256                /* without its CRLF */
#define H1_CHUNK_EXTENSIONS_MAX (16u * 1024) /* in one body */
#define H1_TRAILER_MAX (8u * 1024)           /* with the empty line */

enum h1_result {
	H1_MORE,           /* well-formed so far, not complete */
	H1_DONE,           /* complete */
	H1_BAD,            /* malformed: 400 (request) or 502 (response) */
	H1_LINE_TOO_LONG,  /* request line: 414 */
	H1_HEAD_TOO_LARGE, /* fields or head: 431 (request), 502 (response) */
	H1_BAD_VERSION,    /* HTTP/2.0 to HTTP/9.9: 505; 502 in a response */
	H1_NOT_IMPLEMENTED /* a coding besides chunked: 501 (or 502) */
};

/*
 * Finds the end of a head, line by line, remembering where it was between
 * reads: nothing is searched twice. Zero it before the first byte of a message.
 */
struct h1_scan {
	size_t line;     /* offset of the first byte of the unfinished line */
	size_t scanned;  /* offset up to which no CR or LF was found */
	unsigned fields; /* complete field lines seen */
	bool started;    /* the start line is complete */
	bool response;   /* which limits apply; set by the caller */
	size_t head_len; /* after H1_DONE: length with the empty line */
};

/*
 * `data` holds all bytes of the message so far (from its first byte on), `len`
 * of them. One CRLF before a request line is skipped (RFC 9112 section 2.2)
 * and counted in head_len. H1_DONE says the head is data[0 .. head_len).
 * The start line is judged as soon as it is complete, by its first byte even
 * before; field lines only for their ends, their number and the limits, since
 * parsing follows. H1_MORE is never the answer once `len` reaches the limit of
 * the head.
 */
enum h1_result h1_scan(struct h1_scan *scan, const char *data, size_t len);

/*
 * Parses a complete head as h1_scan() delimited it. `fields` has room for
 * scan->fields entries. H1_DONE or an error. The result points into data.
 */
enum h1_result h1_parse_request(const char *data, size_t head_len,
    struct http_field *fields, unsigned max_fields, struct http_request *req);
enum h1_result h1_parse_response(const char *data, size_t head_len,
    struct http_field *fields, unsigned max_fields, struct http_response *res);

/*
 * How the body ends. H1_DONE with *body set; H1_BAD for Content-Length beside
 * Transfer-Encoding, repeated or malformed Content-Length, Transfer-Encoding
 * in HTTP/1.0, chunked not last or twice; H1_NOT_IMPLEMENTED for other codings.
 */
enum h1_result h1_request_body(
    const struct http_request *req, struct http_body *body);

/*
 * The same for a response to a request of this method (RFC 9112 section 6.3):
 * HEAD, 1xx, 204 and 304 have none, whatever the fields say.
 */
enum h1_result h1_response_body(const struct http_response *res,
    struct slice request_method, struct http_body *body);

/* Whether the sender keeps the connection open after this message (9.3). */
bool h1_keep_alive(enum http_version version, const struct http_field *fields,
    unsigned nfields);

/* Decoder of any body. Embedded; h1_body_init() before use. */
struct h1_body {
	enum http_framing framing;
	unsigned char state; /* of the chunk grammar */
	bool done;           /* the last byte of the message was seen */
	uint64_t left;       /* of the body, or of this chunk */
	size_t line_len;     /* of the chunk line being read */
	size_t extensions;   /* bytes of chunk extensions so far */
	size_t trailer;      /* bytes of the trailer section so far */
};

void h1_body_init(struct h1_body *body, const struct http_body *how);

/*
 * Takes bytes at data[*pos .. len), advances *pos past what was used, and
 * points *payload at the next run of body bytes inside data (possibly empty).
 * Call it until it no longer returns a payload:
 *   H1_MORE  all bytes up to len were used, or a payload was found
 *   H1_DONE  the message is complete; data[*pos ..) belongs to the next one
 *   H1_BAD   malformed chunk framing; nothing after it can be trusted
 * A payload comes with H1_MORE only; body->done may be true with the last one.
 * H1_DONE and H1_BAD repeat themselves.
 * Chunk extensions and trailers are checked, counted and dropped.
 */
enum h1_result h1_body_next(struct h1_body *body, const char *data, size_t len,
    size_t *pos, struct slice *payload);

/*
 * What the end of the connection means now: true when the message is complete
 * (HTTP_BY_CLOSE), false when it was cut short.
 */
bool h1_body_eof(struct h1_body *body);

#define H1_CHUNK_HEAD_MAX 19 /* 16 hexadecimal digits, CRLF, NUL */

/* Writes the line that opens a chunk of `len` (> 0) bytes; returns its size. */
size_t h1_chunk_head(char dst[H1_CHUNK_HEAD_MAX], uint64_t len);

#endif
