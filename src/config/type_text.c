/* Texts of all kinds, names and paths. See type.h. */

#include "type_readers.h"

#include <string.h>

#include "acl.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/ddns.h"
#include "http/uri.h"
#include "logformat.h"
#include "option.h"

#define KEY_MAX 1024 /* bytes of an EAB key */

bool
type_text(struct reading *reading)
{
	return reading->value->text[0] != '\0';
}

bool
type_name(struct reading *reading)
{
	const char *text = reading->value->text;

	return http_is_token((struct slice){ text, strlen(text) });
}

bool
type_parameter(struct reading *reading)
{
	const char *text = reading->value->text;

	return text[0] != '\0' && text[strcspn(text, "&=?# ")] == '\0';
}

/* What syslog puts before "[123]:" must not look like more than a name. */
bool
type_tag(struct reading *reading)
{
	return logformat_is_name(reading->value->text);
}

bool
type_regex(struct reading *reading)
{
	const char *text = reading->value->text;

	if (type_is_word(text, "pcre") || type_is_word(text, "perl"))
		return type_refuse(reading,
		    "it can take any time to match; most expressions mean the "
		    "same to both, so leave this line out and try");
	return type_is_word(text, "posix");
}

/* Two letters that are wrong make another one of so short a name. */
bool
type_provider(struct reading *reading)
{
	const char *text = reading->value->text, *nearest = NULL;
	const char *const *choice;

	if (type_choice(reading))
		return true;
	if (type_is_word(text, "googledomains") || type_is_word(text, "google"))
		return type_refuse(reading,
		    "Google Domains was shut down; move the domain's DNS to "
		    "another provider, such as cloudflare");
	for (choice = reading->row->choices; *choice != NULL; choice++)
		if (text_distance(text, *choice) <= (strlen(text) < 6 ? 1 : 2))
			nearest = *choice;
	if (nearest != NULL)
		reading->why = arena_printf(
		    reading->tree->arena, "did you mean '%s'?", nearest);
	return false;
}

/* A light look: what the authority thinks of it is seen soon enough. */
bool
type_email(struct reading *reading)
{
	const char *text = reading->value->text;
	const char *at = strchr(text, '@');

	if (type_has_scheme(text, "mailto:"))
		return type_refuse(reading, "leave out mailto:");
	return at != NULL && at != text &&
	    text[strcspn(text, " \"(),:;<>[\\]")] == '\0' &&
	    uri_is_hostname(at + 1, strlen(at + 1), false);
}

bool
type_base64url(struct reading *reading)
{
	const char *text = reading->value->text;
	unsigned char key[KEY_MAX];
	size_t len = 0;
	bool good;

	good = text_unbase64url(text, key, sizeof(key), &len) && len > 0;
	secret_wipe(key, sizeof(key));
	return good;
}

/* It ends up in a header field, or encoded in a URL. */
bool
type_secret(struct reading *reading)
{
	const char *text = reading->value->text;

	return text[0] != '\0' && strlen(text) <= DDNS_SECRET_MAX &&
	    http_is_text(text);
}

bool
type_path(struct reading *reading)
{
	struct value *value = reading->value;

	if (value->text[0] == '\0')
		return false;
	value->text = tree_path(reading->tree, reading->source, value->text);
	return true;
}

/* The name of a credential stays as it is: its file is elsewhere every time. */
bool
type_secret_file(struct reading *reading)
{
	const struct value *value = reading->value;

	return text_credential(reading->tree->text, value->text) != NULL ||
	    type_path(reading);
}

bool
type_dir(struct reading *reading)
{
	return reading->value->text[0] == '/';
}

bool
type_acl(struct reading *reading)
{
	return (reading->options & OPTION_FILE) != 0 ? type_path(reading)
	                                             : type_text(reading);
}

bool
type_cidr(struct reading *reading)
{
	struct config_net net;

	return acl_parse(&net, reading->value->text);
}
