/*
 * JSON over jansson; the only file that knows it. struct json is never defined:
 * a pointer to one is a json_t that went through the two casts below.
 */

#include "json/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"

static json_t *
native(struct json *value)
{
	return (json_t *)(void *)value;
}

static const json_t *
native_const(const struct json *value)
{
	return (const json_t *)(const void *)value;
}

static struct json *
ours(json_t *value)
{
	return (struct json *)(void *)value;
}

/* jansson's makers fail for want of memory alone. */
static struct json *
made(json_t *value)
{
	if (value == NULL)
		fatal("out of memory");
	return ours(value);
}

struct json *
json_parse(const char *text, size_t len, struct error *err)
{
	json_error_t where;
	json_t *doc;

	doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	if (doc == NULL)
		error_set(err, ERR_SYNTAX,
		    "no valid JSON at line %d, column %d", where.line,
		    where.column);
	return ours(doc);
}

void
json_free(struct json *doc)
{
	json_decref(native(doc));
}

const struct json *
json_get(const struct json *value, const char *member)
{
	return ours(json_object_get(native_const(value), member));
}

const char *
json_next_member(const struct json *object, const char *name)
{
	/* The iterators of jansson do not know a const object. */
	json_t *value = (json_t *)(uintptr_t)object;
	void *at = name == NULL
	    ? json_object_iter(value)
	    : json_object_iter_next(value, json_object_iter_at(value, name));

	return json_object_iter_key(at);
}

const char *
json_text(const struct json *value)
{
	return json_string_value(native_const(value));
}

const char *
json_str(const struct json *value, const char *member)
{
	return json_text(json_get(value, member));
}

const char *
json_said(const struct json *value, const char *member)
{
	const char *text = json_str(value, member);

	return text != NULL ? text : "";
}

bool
json_is(const struct json *value, const char *member, const char *text)
{
	return strcmp(json_said(value, member), text) == 0;
}

int64_t
json_int(const struct json *value, const char *member, int64_t otherwise)
{
	const json_t *found = native_const(json_get(value, member));

	return json_is_integer(found) ? json_integer_value(found) : otherwise;
}

bool
json_bool(const struct json *value, const char *member, bool otherwise)
{
	const json_t *found = native_const(json_get(value, member));

	return json_is_boolean(found) ? json_is_true(found) : otherwise;
}

size_t
json_count(const struct json *array)
{
	return json_array_size(native_const(array));
}

const struct json *
json_at(const struct json *array, size_t index)
{
	return ours(json_array_get(native_const(array), index));
}

struct json *
json_new_object(void)
{
	return made(json_object());
}

struct json *
json_new_array(void)
{
	return made(json_array());
}

struct json *
json_new_string(const char *value)
{
	json_t *string = json_string(value);
	char *copy, *p;

	if (string == NULL) {
		copy = xstrdup(value);
		for (p = copy; *p != '\0'; p++)
			if ((unsigned char)*p > 0x7f)
				*p = '?';
		string = json_string(copy);
		free(copy);
	}
	return made(string);
}

void
json_set(struct json *object, const char *member, struct json *child)
{
	if (json_object_set_new(native(object), member, native(child)) != 0)
		fatal("out of memory");
}

void
json_set_str(struct json *object, const char *member, const char *value)
{
	json_set(object, member, json_new_string(value));
}

void
json_set_int(struct json *object, const char *member, int64_t value)
{
	json_set(object, member, made(json_integer(value)));
}

void
json_set_bool(struct json *object, const char *member, bool value)
{
	json_set(object, member, made(json_boolean(value)));
}

void
json_append(struct json *array, struct json *child)
{
	if (json_array_append_new(native(array), native(child)) != 0)
		fatal("out of memory");
}

char *
json_dump(const struct json *doc)
{
	char *text = json_dumps(native_const(doc), JSON_COMPACT);

	if (text == NULL)
		fatal("out of memory");
	return text;
}
