#ifndef JSON_H
#define JSON_H

/*
 * JSON as jobs and commands need it (jansson). Values are borrowed from the
 * document that json_parse() returned, except where said. A text cannot hold a
 * NUL: such a document is malformed, and so is one with a member twice.
 *
 * The makers are json_new_*(): jansson itself exports json_object() and calls
 * it, and the linker would give it ours.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct json;

/* An object or an array, nothing after it. Fails with ERR_SYNTAX. */
struct json *json_parse(const char *text, size_t len, struct error *err);
void json_free(struct json *doc); /* a document, not a borrowed value */

/* NULL when `value` is no object or has no such member. */
const struct json *json_get(const struct json *value, const char *member);

/* Names the members of an object: the one after `name`, or the first (NULL). */
const char *json_next_member(const struct json *object, const char *name);

/* NULL when missing or no string. Lives as long as the document. */
const char *json_str(const struct json *value, const char *member);

/* The same, but "" when missing; and whether that is `text`. */
const char *json_said(const struct json *value, const char *member);
bool json_is(const struct json *value, const char *member, const char *text);

/* `otherwise` when missing or no integer. */
int64_t json_int(
    const struct json *value, const char *member, int64_t otherwise);
bool json_bool(const struct json *value, const char *member, bool otherwise);

/* Elements of an array; 0 and NULL for anything else. */
size_t json_count(const struct json *array);
const struct json *json_at(const struct json *array, size_t index);
const char *json_text(const struct json *value); /* the string, or NULL */

/*
 * Building: the child is taken over. A text that is not UTF-8 is stored with a
 * '?' for each of its bytes above 0x7f.
 */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_string(const char *value);
void json_set_str(struct json *object, const char *member, const char *value);
void json_set_int(struct json *object, const char *member, int64_t value);
void json_set_bool(struct json *object, const char *member, bool value);
void json_set(struct json *object, const char *member, struct json *child);
void json_append(struct json *array, struct json *child);

/* Compact, NUL-terminated; the caller frees. */
char *json_dump(const struct json *doc);

#endif
