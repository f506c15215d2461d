#ifndef HEADER_H
#define HEADER_H

/* The values of response headers that a job cares about, read strictly. */

#include <stdint.h>

/* An HTTP-date in its three forms (RFC 9110 section 5.6.7); -1 if malformed. */
int64_t header_date(const char *value);

/*
 * Retry-After (RFC 9110 section 10.2.3) as seconds from `now`, which is the
 * server's clock if it told us; 0 to FETCH_RETRY_AFTER_MAX, -1 if malformed.
 */
int64_t header_retry_after(const char *value, int64_t now);

/*
 * The target of the next link of relation "alternate" in a Link header (RFC
 * 8288 section 3), as it is written. Moves *value on; NULL when there is none.
 * The caller frees.
 */
char *header_next_alternate(const char **value);

/* The media type without its parameters, in lower case. The caller frees. */
char *header_media_type(const char *value);

/*
 * A copy of a value that is passed on, or "" if it is too long or holds
 * anything but printable ASCII. The caller frees.
 */
char *header_text(const char *value);

#endif
