/* The texts of a `custom` section: see template.h. */

#include "template.h"

#include <string.h>

#include "api.h"

/* NULL: no such letter. */
static const char *
value_of(const struct template_values *values, char letter)
{
	const struct {
		char letter;
		const char *value;
	} rows[] = {
		{ 'h', values->host },
		{ 'i', values->ipv4 },
		{ '6', values->ipv6 },
		{ 'u', values->login },
		{ 'p', values->password },
		{ 't', values->token },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].letter == letter)
			return rows[i].value;
	return NULL;
}

static void
put_json(struct buf *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if ((unsigned char)*value < ' ')
			buf_printf(out, "\\u%04x", (unsigned char)*value);
		else
			buf_printf(out, "%s%c",
			    *value == '"' || *value == '\\' ? "\\" : "",
			    *value);
	}
}

static void
put_value(struct buf *out, const char *value, enum template_form form)
{
	switch (form) {
	case TEMPLATE_URL:
		api_encode(out, value);
		break;
	case TEMPLATE_JSON:
		put_json(out, value);
		break;
	case TEMPLATE_PLAIN:
		buf_append_str(out, value);
		break;
	}
}

int
template_fill(struct buf *out, const char *text, enum template_form form,
    const struct template_values *values)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "%");
		const char *value = NULL;

		if (len == 0) {
			value = value_of(values, text[1]);
			len = text[1] == '%' || value != NULL ? 2 : 1;
		}
		if (value != NULL)
			put_value(out, value, form);
		else if (buf_append(out, text, *text == '%' ? 1 : len) == -1)
			return -1;
		text += len;
	}
	return 0;
}

bool
template_has(const char *text, char letter)
{
	for (; *text != '\0'; text++) {
		if (*text != '%' || text[1] == '\0')
			continue;
		if (text[1] == letter)
			return true;
		text++;
	}
	return false;
}
