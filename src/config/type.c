/* The table of the types of values, and what their readers share. */

#include "type_readers.h"

#include <string.h>

#include "base/text.h"

bool
type_refuse(struct reading *reading, const char *why)
{
	reading->why = why;
	return false;
}

bool
type_is_word(const char *text, const char *word)
{
	return text_ieq(text, strlen(text), word);
}

bool
type_has_scheme(const char *text, const char *scheme)
{
	size_t len = strlen(scheme);

	return strlen(text) >= len && text_ieq(text, len, scheme);
}

static const struct {
	bool (*read)(struct reading *reading);
	bool quoted;       /* printed between quotation marks */
	const char *needs; /* NULL: depends on the row */
} types[] = {
	[VALUE_TEXT] = { type_text, true, "a text" },
	[VALUE_NUMBER] = { type_number, false, NULL },
	[VALUE_SIZE] = { type_size, false, "a size such as 4096, 64k or 2g" },
	[VALUE_BOOL] = { type_bool, false, "yes or no" },
	[VALUE_DURATION] = { type_duration, false, NULL },
	[VALUE_MEMORY] = { type_memory, false,
	    "off, or a time up to 730d such as 300 or 180d" },
	[VALUE_CHOICE] = { type_choice, false, NULL },
	[VALUE_FACILITY] = { type_facility, false, "a syslog facility" },
	[VALUE_LOGLEVEL] = { type_loglevel, false,
	    "a number from 0 to 5 or the name of a format" },
	[VALUE_TAG] = { type_tag, true,
	    "a name of at most 32 letters, digits, '_', '-' and '.'" },
	[VALUE_WORKERS] = { type_workers, false, "auto or a number up to 64" },
	[VALUE_PATH] = { type_path, true, "the path of a file" },
	[VALUE_DIR] = { type_dir, true, "the absolute path of a directory" },
	[VALUE_IP] = { type_ip, false,
	    "a numeric address such as 0.0.0.0 or ::1" },
	[VALUE_HOST] = { type_host, false, "an address or a host name" },
	[VALUE_FORWARD] = { type_forward, true,
	    "an address such as \"192.168.1.2:8123\"" },
	[VALUE_VHOST] = { type_vhost, true, "a host name" },
	[VALUE_HOSTNAME] = { type_hostname, true,
	    "a host name such as \"home.example.org\"" },
	[VALUE_PATTERN] = { type_pattern, true, "a regular expression" },
	[VALUE_NAME] = { type_name, true, "the name of a header field" },
	[VALUE_PARAMETER] = { type_parameter, true, "a parameter's name" },
	[VALUE_ACL] = { type_acl, true, "the name of an ACL" },
	[VALUE_CIDR] = { type_cidr, true,
	    "an address or a network such as 192.168.1.0/24" },
	[VALUE_FIELD] = { type_field, true,
	    "a header field such as \"X-Name: value\"" },
	[VALUE_REGEX] = { type_regex, false, "posix" },
	[VALUE_RATE] = { type_rate, false,
	    "a rate such as 5, 1/2s or 200/500ms" },
	[VALUE_TEMPLATE] = { type_filled, true, "a text" },
	[VALUE_TARGET] = { type_target, true,
	    "a part of a URL, percent-encoded" },
	[VALUE_SESSION] = { type_parameter, true,
	    "the name of a parameter, a cookie or a header field" },
	[VALUE_PROBE] = { type_probe, true,
	    "tcp, or a path such as \"/manifest.json\"" },
	[VALUE_URL] = { type_url, true,
	    "a URL such as \"https://home.example.org\"" },
	[VALUE_DIRECTORY] = { type_directory, true,
	    "letsencrypt, letsencrypt-staging, zerossl, google, "
	    "google-staging or a URL that begins with https://" },
	[VALUE_EMAIL] = { type_email, true, "an e-mail address" },
	[VALUE_BASE64URL] = { type_base64url, true, "a base64url text" },
	[VALUE_PROVIDER] = { type_provider, true, NULL },
	[VALUE_SECRETFILE] = { type_secret_file, true, "the path of a file" },
	[VALUE_SECRET] = { type_secret, true,
	    "a text without control characters" },
	[VALUE_SERVER] = { type_server, true,
	    "a host such as \"dyndns.example.org\", perhaps with a port" },
	[VALUE_HTTPS] = { type_https, true, "a URL that begins with https://" },
	[VALUE_HEADER] = { type_header, true,
	    "a header field such as \"X-Key: %p\", and none that frames the "
	    "request" },
};

bool
type_read(enum value_type type, struct reading *reading)
{
	return types[type].read(reading);
}

bool
type_is_quoted(enum value_type type)
{
	return types[type].quoted;
}

const char *
type_needs(enum value_type type)
{
	return types[type].needs;
}
