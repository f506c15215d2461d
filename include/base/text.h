#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/* Strict readers of small texts. Nothing here depends on the locale. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decimal digits only, the whole of the text, at most `max`. No sign, no space,
 * no empty text. Leading zeros are digits like any other. False if not so.
 */
bool text_u64(const char *s, size_t len, uint64_t max, uint64_t *value);

/* ASCII case-insensitive equality of len bytes with a string. */
bool text_ieq(const char *s, size_t len, const char *with);

/*
 * Edit distance, for "did you mean"; ASCII case ignored; two letters that
 * changed places count once. UINT_MAX if either has 64 bytes or more.
 */
unsigned text_distance(const char *a, const char *b);

/*
 * Base64url without padding (RFC 4648 section 5). The encoder returns a string
 * that the caller frees; the decoder returns false on any foreign character,
 * padding, or more than dstsize bytes.
 */
char *text_base64url(const void *data, size_t len);
bool text_unbase64url(const char *s, void *dst, size_t dstsize, size_t *dstlen);

#endif
