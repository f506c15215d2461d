/* URLs and header fields, and what is filled into them. See type.h. */

#include "type_readers.h"

#include <string.h>

#include "base/text.h"
#include "http/uri.h"
#include "option.h"
#include "template.h"

#define FIELD_NAME_MAX 100
#define FIELD_MAX 4096 /* bytes of a field that is set, or of a URL */

/* RFC 3986 section 2, and '%'. */
static bool
is_url_byte(char c)
{
	return c >= 0x21 && c <= 0x7e && strchr("\"<>\\^`{|}#", c) == NULL;
}

/* What may stand in a URL (RFC 3986), and an authority that is one. */
static bool
is_url(const char *text, const char *scheme)
{
	struct slice authority, host;
	uint16_t port;
	const char *p;

	if (!type_has_scheme(text, scheme))
		return false;
	for (p = text; *p != '\0'; p++)
		if (*p < 0x21 || *p > 0x7e || strchr("\"<>\\^`{|}", *p) != NULL)
			return false;
	authority.p = text + strlen(scheme);
	authority.len = strcspn(authority.p, "/?#");
	return uri_parse_authority(authority, &host, &port);
}

/* What is told over it must reach nobody else, and be nobody else's answer. */
bool
type_https(struct reading *reading)
{
	const char *text = reading->value->text;

	if (type_has_scheme(text, "http://"))
		return type_refuse(reading, "this is asked over https only");
	return strlen(text) <= FIELD_MAX && is_url(text, "https://");
}

bool
type_directory(struct reading *reading)
{
	static const char *const names[] = { "letsencrypt",
		"letsencrypt-staging", "zerossl", "google", "google-staging" };
	struct value *value = reading->value;
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		if (!type_is_word(value->text, names[i]))
			continue;
		value->text = names[i];
		return true;
	}
	if (type_has_scheme(value->text, "http://"))
		return type_refuse(reading, "ACME is spoken over https only");
	return is_url(value->text, "https://");
}

bool
type_probe(struct reading *reading)
{
	const char *text = reading->value->text, *p;

	if (type_is_word(text, PROBE_TCP)) {
		reading->value->text = PROBE_TCP;
		return true;
	}
	if (strlen(text) > FIELD_MAX)
		return type_refuse(reading, "too long");
	for (p = text; *p != '\0'; p++)
		if (!is_url_byte(*p))
			return false;
	return text[0] == '/';
}

/* Its parts, of which somebody may have to fill in some; NULL if it is bad. */
static const struct config_part *
read_template(struct reading *reading)
{
	const struct config_part *parts = template_parse(
	    reading->tree->arena, reading->value->text, &reading->why);

	reading->refers |= template_refers(parts);
	return parts;
}

bool
type_filled(struct reading *reading)
{
	return read_template(reading) != NULL;
}

/* What is written in the configuration itself is of these bytes. */
static bool
is_made_of(const struct config_part *part, bool (*is)(char), const char *but)
{
	size_t i;

	for (; part != NULL; part = part->next) {
		if (part->kind != PART_TEXT)
			continue;
		for (i = 0; i < part->text.len; i++)
			if (!is(part->text.p[i]) ||
			    strchr(but, part->text.p[i]) != NULL)
				return false;
	}
	return true;
}

static bool
is_location_byte(char c)
{
	return c == '#' || is_url_byte(c);
}

bool
type_url(struct reading *reading)
{
	const char *text = reading->value->text;
	const struct config_part *parts = read_template(reading);

	if (parts == NULL)
		return false;
	if (template_is_fixed(parts))
		return is_url(parts->text.p, "https://") ||
		    is_url(parts->text.p, "http://");
	return (type_has_scheme(text, "https://") ||
	           type_has_scheme(text, "http://")) &&
	    is_made_of(parts, is_location_byte, "");
}

/* Bytes of a URL, without those that would end the part that is meant. */
bool
type_target(struct reading *reading)
{
	const struct config_part *parts = read_template(reading);
	enum word id = reading->row->id;
	const char *stop = "";

	if (id == WORD_SETPATH)
		stop = "?";
	else if (id == WORD_SETQUERYPARAM)
		stop = "&";
	if (parts == NULL)
		return false;
	if (strlen(reading->value->text) > FIELD_MAX)
		return type_refuse(reading, "too long");
	if ((reading->options & OPTION_ENCODE) != 0)
		return true;
	if ((id == WORD_SETURL || id == WORD_SETPATH) &&
	    parts->kind == PART_TEXT && parts->text.p[0] != '/')
		return type_refuse(reading, "a path begins with a slash");
	return is_made_of(parts, is_url_byte, stop);
}

/* What the gateway says itself, on every hop anew or about the client. */
static bool
is_reserved(const char *name, size_t len)
{
	static const char *const names[] = { "Connection", "Content-Length",
		"Expect", "Host", "HTTP2-Settings", "Keep-Alive",
		"Proxy-Connection", "TE", "Trailer", "Transfer-Encoding",
		"Upgrade" };
	static const char prefix[] = "X-Forwarded-";
	char plain[FIELD_NAME_MAX + 1];
	size_t i;

	for (i = 0; i < len; i++)
		plain[i] = (char)(name[i] == '_' ? '-' : name[i]);
	for (i = 0; i < COUNT(names); i++)
		if (text_ieq(plain, len, names[i]))
			return true;
	return len >= sizeof(prefix) - 1 &&
	    text_ieq(plain, sizeof(prefix) - 1, prefix);
}

bool
type_field(struct reading *reading)
{
	const char *text = reading->value->text;
	size_t len = strcspn(text, ":");
	struct slice name = { text, len };

	if (text[len] == '\0' || len > FIELD_NAME_MAX || !http_is_token(name) ||
	    !http_is_text(text + len + 1))
		return false;
	if (strlen(text) > FIELD_MAX)
		return type_refuse(reading, "too long");
	if (is_reserved(text, len))
		return type_refuse(
		    reading, "the gateway writes this field itself");
	return type_filled(reading);
}

/* Of a request of our own, which libcurl frames. */
bool
type_header(struct reading *reading)
{
	const char *text = reading->value->text;
	size_t len = strcspn(text, ":");
	struct slice name = { text, len };

	return text[len] != '\0' && len <= FIELD_NAME_MAX &&
	    strlen(text) <= FIELD_MAX && http_is_token(name) &&
	    http_is_text(text + len + 1) && !is_reserved(text, len);
}
