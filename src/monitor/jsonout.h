#ifndef MONITOR_JSONOUT_H
#define MONITOR_JSONOUT_H

/*
 * Writes JSON (RFC 8259) into a buffer, member by member: commas, escapes and
 * UTF-8 are seen to here. Inside an array the key is NULL. A buffer that is
 * full swallows the rest.
 */

#include <stdbool.h>
#include <stdint.h>

struct buf;

struct jsonout {
	struct buf *buf;
	bool comma; /* something precedes in this object or array */
};

void jsonout_init(struct jsonout *json, struct buf *buf);

void jsonout_object(struct jsonout *json, const char *key);
void jsonout_object_end(struct jsonout *json);
void jsonout_array(struct jsonout *json, const char *key);
void jsonout_array_end(struct jsonout *json);

/* Bytes that are no UTF-8 become U+FFFD; NULL becomes "". */
void jsonout_str(struct jsonout *json, const char *key, const char *value);
void jsonout_int(struct jsonout *json, const char *key, int64_t value);

#endif
