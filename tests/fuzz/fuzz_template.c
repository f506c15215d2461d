/*
 * Texts that a request fills in. The input is the number of a place, a text up
 * to a NUL, and what the request supplies: path, query, the value of a field,
 * and what a condition matched, all the same. What may not stand in the place
 * must not come from the request.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "src/config/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text itself is of plain letters, but for references. */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static void
check_bytes(struct slice filled, enum config_place place, const char *text)
{
	size_t i;

	assert(filled.len <= CONFIG_FILLED_MAX);
	assert(strlen(filled.p) <= filled.len);
	if (place == PLACE_TEXT)
		return;
	for (i = 0; i < filled.len; i++) {
		unsigned char c = (unsigned char)filled.p[i];

		assert(c >= 0x20 && c != 0x7f);
		if (place != PLACE_FIELD && strchr(text, c) == NULL)
			assert(c != ' ' && c < 0x7f && c != '"' && c != '<' &&
			    c != '#' && c != '\\');
		if (place == PLACE_PATH && strchr(text, '?') == NULL)
			assert(c != '?');
		if (place == PLACE_PARAMETER && strchr(text, '&') == NULL)
			assert(c != '&');
	}
}

static void
check(const char *text, enum config_place place, struct slice supplied)
{
	struct arena *arena = arena_new(0);
	struct config_found found = { .tag = "tag" };
	struct config_memory memory = { .last = &found };
	struct http_field field = { .name = { "X", 1 }, .value = supplied };
	struct config_request req = {
		.host = "a.test",
		.peer = "192.0.2.1",
		.client = "192.0.2.1",
		.authority = supplied,
		.path = supplied,
		.query = supplied,
		.fields = &field,
		.nfields = 1,
		.memory = &memory,
	};
	const char *why = NULL;
	struct config_part *parts = template_parse(arena, text, &why);
	struct slice filled;
	size_t i;

	assert((parts == NULL) == (why != NULL));
	for (i = 0; i < CONFIG_GROUPS; i++)
		found.groups[i] = supplied;
	if (parts != NULL && template_is_fixed(parts))
		assert(parts->text.len <= strlen(text));
	if (parts != NULL && config_fill(parts, &req, place, arena, &filled))
		check_bytes(filled, place, text);
	arena_free(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end;
	char *text;
	size_t len;

	if (size < 2 || (end = memchr(data + 1, '\0', size - 1)) == NULL)
		return 0;
	len = (size_t)(end - data) - 1;
	text = strndup((const char *)data + 1, len);
	assert(text != NULL);
	if (is_plain(text))
		check(text, data[0] % (PLACE_PARAMETER + 1),
		    (struct slice){ (const char *)end + 1, size - len - 2 });
	free(text);
	return 0;
}
