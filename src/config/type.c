/*
 * The types of values, one reader each. A reader says whether the text is of
 * its type, brings it into the form that the later stages want, and may have a
 * reason that helps more than the type's description.
 */

#include "type.h"

#include <stdint.h>
#include <string.h>
#include <sys/un.h>
#include <syslog.h>

#include "acl.h"
#include "base/secret.h"
#include "base/text.h"
#include "config/ddns.h"
#include "http/uri.h"
#include "logformat.h"
#include "net/addr.h"
#include "option.h"
#include "template.h"

#define KEY_MAX 1024 /* bytes of an EAB key */
#define SIZE_LIMIT (UINT64_C(1) << 50)
#define HOST_MAX 253     /* bytes of a host name */
#define RATE_MAX 1000000 /* requests, or units of time */
#define FIELD_NAME_MAX 100
#define FIELD_MAX 4096 /* bytes of a field that is set, or of a URL */

static const struct {
	const char *name;
	int facility;
} facilities[] = {
	{ "auth", LOG_AUTH },
	{ "authpriv", LOG_AUTHPRIV },
	{ "cron", LOG_CRON },
	{ "daemon", LOG_DAEMON },
	{ "ftp", LOG_FTP },
	{ "kern", LOG_KERN },
	{ "local0", LOG_LOCAL0 },
	{ "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 },
	{ "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 },
	{ "local7", LOG_LOCAL7 },
	{ "lpr", LOG_LPR },
	{ "mail", LOG_MAIL },
	{ "news", LOG_NEWS },
	{ "syslog", LOG_SYSLOG },
	{ "user", LOG_USER },
	{ "uucp", LOG_UUCP },
	{ "-", -1 },
};

static const struct {
	const char *word;
	int value;
} booleans[] = {
	{ "yes", 1 },
	{ "no", 0 },
	{ "on", 1 },
	{ "off", 0 },
	{ "true", 1 },
	{ "false", 0 },
	{ "1", 1 },
	{ "0", 0 },
};

static const struct {
	char unit;
	unsigned seconds;
} units[] = {
	{ 's', 1 },
	{ 'm', 60 },
	{ 'h', 3600 },
	{ 'd', 86400 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
refuse(struct reading *reading, const char *why)
{
	reading->why = why;
	return false;
}

static bool
is_word(const char *text, const char *word)
{
	return text_ieq(text, strlen(text), word);
}

static bool
has_scheme(const char *text, const char *scheme)
{
	size_t len = strlen(scheme);

	return strlen(text) >= len && text_ieq(text, len, scheme);
}

static bool
read_text(struct reading *reading)
{
	return reading->value->text[0] != '\0';
}

static bool
read_number(struct reading *reading)
{
	const char *text = reading->value->text;
	uint64_t number;

	if (!text_u64(
	        text, strlen(text), (uint64_t)reading->row->max, &number) ||
	    (int)number < reading->row->min)
		return false;
	reading->value->number = (int)number;
	return true;
}

static bool
read_size(struct reading *reading)
{
	static const char letters[] = "kmg";
	const char *text = reading->value->text;
	size_t len = strlen(text);
	const char *letter =
	    len > 0 ? strchr(letters, text[len - 1] | 0x20) : NULL;
	unsigned shift = 0;

	if (letter != NULL && *letter != '\0') {
		shift = 10 * (unsigned)(letter - letters + 1);
		len--;
	}
	if (!text_u64(text, len, SIZE_LIMIT >> shift, &reading->value->size))
		return false;
	reading->value->size <<= shift;
	return true;
}

static bool
read_bool(struct reading *reading)
{
	size_t i;

	for (i = 0; i < COUNT(booleans); i++) {
		if (!is_word(reading->value->text, booleans[i].word))
			continue;
		reading->value->number = booleans[i].value;
		return true;
	}
	return false;
}

static unsigned
unit_seconds(char unit)
{
	size_t i;

	for (i = 0; i < COUNT(units); i++)
		if (units[i].unit == unit)
			return units[i].seconds;
	return 0;
}

/* Seconds, or "1m30s", up to `most`. */
static bool
parse_duration(const char *text, uint64_t most, uint64_t *seconds)
{
	uint64_t total = 0, number;
	const char *p = text;

	if (text_u64(p, strlen(p), most, &number)) {
		total = number;
		p = "";
	}
	while (*p != '\0') {
		size_t digits = strspn(p, "0123456789");
		unsigned unit = unit_seconds(p[digits]);

		if (unit == 0 || !text_u64(p, digits, most, &number))
			return false;
		total += number * unit;
		if (total > most)
			return false;
		p += digits + 1;
	}
	*seconds = total;
	return text[0] != '\0';
}

static bool
read_duration(struct reading *reading)
{
	uint64_t seconds;

	if (!parse_duration(reading->value->text, DURATION_MAX, &seconds) ||
	    (int)seconds < reading->row->min)
		return false;
	reading->value->number = (int)seconds;
	return true;
}

/* A time that browsers are to remember something, or -1 for "off". */
static bool
read_memory(struct reading *reading)
{
	uint64_t seconds;

	reading->value->number = -1;
	if (is_word(reading->value->text, "off"))
		return true;
	if (!parse_duration(reading->value->text, MEMORY_MAX, &seconds))
		return false;
	reading->value->number = (int)seconds;
	return true;
}

/* Of "5", "1/2s" or "200/500ms". */
static bool
read_rate(struct reading *reading)
{
	static const struct {
		const char *unit;
		uint64_t microseconds;
	} spans[] = { { "", 1000000 }, { "s", 1000000 }, { "ms", 1000 },
		{ "us", 1 } };
	const char *text = reading->value->text;
	size_t len = strcspn(text, "/"), digits, i = 0;
	uint64_t count, span = 1;

	if (!text_u64(text, len, RATE_MAX, &count) || count == 0)
		return false;
	text += len;
	if (*text == '/') {
		digits = strspn(++text, "0123456789");
		if (!text_u64(text, digits, RATE_MAX, &span) || span == 0)
			return false;
		text += digits;
	}
	while (i < COUNT(spans) && !is_word(text, spans[i].unit))
		i++;
	if (i == COUNT(spans))
		return false;
	reading->value->size = span * spans[i].microseconds / count;
	return reading->value->size > 0;
}

static bool
read_regex(struct reading *reading)
{
	const char *text = reading->value->text;

	if (is_word(text, "pcre") || is_word(text, "perl"))
		return refuse(reading,
		    "it can take any time to match; most expressions mean the "
		    "same to both, so leave this line out and try");
	return is_word(text, "posix");
}

static bool
read_choice(struct reading *reading)
{
	const char *const *choice = reading->row->choices;

	while (*choice != NULL && !is_word(reading->value->text, *choice))
		choice++;
	if (*choice == NULL)
		return false;
	reading->value->text = *choice;
	reading->value->number = (int)(choice - reading->row->choices);
	return true;
}

/* A wrong one is no reason to stop: the log is found under daemon. */
static bool
read_facility(struct reading *reading)
{
	struct value *value = reading->value;
	unsigned least = 3, distance;
	const char *nearest = "daemon";
	size_t i;

	for (i = 0; i < COUNT(facilities); i++) {
		if (is_word(value->text, facilities[i].name)) {
			value->number = facilities[i].facility;
			return true;
		}
		distance = text_distance(value->text, facilities[i].name);
		if (distance < least) {
			least = distance;
			nearest = facilities[i].name;
		}
	}
	diag_add(reading->tree->diag, DIAG_WARNING, value->pos,
	    "'" SHOWN "' is not a log facility; daemon is used (did you mean "
	    "'%s'?)",
	    value->text, nearest);
	value->text = "daemon";
	value->number = LOG_DAEMON;
	return true;
}

/* Whether there is a format of that name is seen when all are known. */
static bool
read_loglevel(struct reading *reading)
{
	if (!logformat_is_name(reading->value->text))
		return read_number(reading);
	reading->value->number = -1;
	return true;
}

/* What syslog puts before "[123]:" must not look like more than a name. */
static bool
read_tag(struct reading *reading)
{
	return logformat_is_name(reading->value->text);
}

/* 0 stands for auto: how many that are is found out where it matters. */
static bool
read_workers(struct reading *reading)
{
	if (is_word(reading->value->text, "auto")) {
		reading->value->number = 0;
		return true;
	}
	return read_number(reading) && reading->value->number > 0;
}

static bool
read_path(struct reading *reading)
{
	struct value *value = reading->value;

	if (value->text[0] == '\0')
		return false;
	value->text = tree_path(reading->tree, reading->source, value->text);
	return true;
}

/* The name of a credential stays as it is: its file is elsewhere every time. */
static bool
read_secret_file(struct reading *reading)
{
	const struct value *value = reading->value;

	return text_credential(reading->tree->text, value->text) != NULL ||
	    read_path(reading);
}

/* It ends up in a header field, or encoded in a URL. */
static bool
read_secret(struct reading *reading)
{
	const char *text = reading->value->text;

	return text[0] != '\0' && strlen(text) <= DDNS_SECRET_MAX &&
	    http_is_text(text);
}

static bool
read_acl(struct reading *reading)
{
	return (reading->options & OPTION_FILE) != 0 ? read_path(reading)
	                                             : read_text(reading);
}

/* Two letters that are wrong make another one of so short a name. */
static bool
read_provider(struct reading *reading)
{
	const char *text = reading->value->text, *nearest = NULL;
	const char *const *choice;

	if (read_choice(reading))
		return true;
	if (is_word(text, "googledomains") || is_word(text, "google"))
		return refuse(reading,
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

static bool
read_cidr(struct reading *reading)
{
	struct config_net net;

	return acl_parse(&net, reading->value->text);
}

static bool
read_name(struct reading *reading)
{
	const char *text = reading->value->text;

	return http_is_token((struct slice){ text, strlen(text) });
}

static bool
read_parameter(struct reading *reading)
{
	const char *text = reading->value->text;

	return text[0] != '\0' && text[strcspn(text, "&=?# ")] == '\0';
}

static bool
read_dir(struct reading *reading)
{
	return reading->value->text[0] == '/';
}

static bool
read_ip(struct reading *reading)
{
	struct value *value = reading->value;
	char host[ADDR_TEXT_SIZE];
	struct addr addr;
	uint16_t port;

	if (addr_parse(&addr, value->text, 0))
		return true;
	if (!addr_split(value->text, host, sizeof(host), &port) ||
	    !addr_parse(&addr, host, 0))
		return false;
	if (value->text[strlen(value->text) - 1] != ']')
		return refuse(reading, "the port has a line of its own");
	value->text = arena_strdup(reading->tree->arena, host);
	return true;
}

/* Names of containers and Windows hosts hold underscores. */
static bool
is_host(const char *text)
{
	size_t len = strlen(text);
	struct addr addr;

	if (addr_parse(&addr, text, 0))
		return true;
	return len > 0 && len <= HOST_MAX && text[0] != '.' && text[0] != '-' &&
	    strspn(text,
	        "abcdefghijklmnopqrstuvwxyz"
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

/* The path of a UNIX socket, which connect(2) bounds. */
static bool
is_socket(struct reading *reading, const char *path)
{
	struct sockaddr_un sun;

	if (path[0] != '/' || path[1] == '\0')
		return refuse(reading, "the path of a socket begins with /");
	if (strlen(path) >= sizeof(sun.sun_path))
		return refuse(reading, "the path of a socket is shorter");
	if (strstr(path, "/../") != NULL)
		return refuse(reading, "a path without ..");
	return true;
}

static bool
read_host(struct reading *reading)
{
	const char *text = reading->value->text;

	if (is_host(text))
		return true;
	if (text[0] == '/')
		return is_socket(reading, text);
	if (strstr(text, "://") != NULL)
		return refuse(reading, "an address is not a URL");
	if (strchr(text, ':') != NULL)
		return refuse(reading, "the port has a line of its own");
	return false;
}

static bool
read_forward(struct reading *reading)
{
	const char *text = reading->value->text;
	char host[HOST_MAX + 1];
	uint16_t port = 1;

	if (has_scheme(text, UNIX_SCHEME))
		return is_socket(reading, text + strlen(UNIX_SCHEME));
	if (has_scheme(text, "https://"))
		text += strlen("https://");
	else if (strstr(text, "://") != NULL)
		return refuse(reading, "leave out http:// and any path");
	return addr_split(text, host, sizeof(host), &port) && is_host(host) &&
	    port != 0;
}

static const char *
lower_case(struct tree *tree, const char *text)
{
	char *copy = arena_strdup(tree->arena, text), *p;

	for (p = copy; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

static bool
read_vhost(struct reading *reading)
{
	struct value *value = reading->value;
	char host[HOST_MAX + 1];
	struct addr addr;
	uint16_t port;

	if (uri_is_hostname(value->text, strlen(value->text), false) ||
	    addr_parse(&addr, value->text, 0)) {
		value->text = lower_case(reading->tree, value->text);
		return true;
	}
	if (addr_split(value->text, host, sizeof(host), &port))
		return refuse(reading, "a port has no part in it");
	return false;
}

/* What it is as a pattern is seen when it is compiled. */
static bool
read_pattern(struct reading *reading)
{
	if ((reading->options & OPTION_FILE) != 0)
		return read_path(reading);
	if (reading->row->id == WORD_HOST &&
	    (reading->options & OPTIONS_HOW & ~(unsigned)OPTION_EXACT) == 0)
		return read_vhost(reading);
	return read_text(reading);
}

/*
 * A certificate can be for an address or a wildcard, too, and a wildcard can
 * have addresses; a gateway can be neither.
 */
static bool
read_hostname(struct reading *reading)
{
	struct value *value = reading->value;
	size_t len = strlen(value->text);
	enum word id = reading->row->id;
	bool any = id == WORD_AUTOCERT || id == WORD_HOSTNAME;
	struct addr addr;

	if (addr_parse(&addr, value->text, 0) && id != WORD_AUTOCERT)
		return refuse(reading,
		    id == WORD_GATEWAY
		        ? "for an address, use ListenHTTPS with AutoCert"
		        : "an address is not a name");
	if (uri_is_hostname(value->text, len, any) ||
	    addr_parse(&addr, value->text, 0)) {
		value->text = lower_case(reading->tree, value->text);
		return true;
	}
	if (uri_is_hostname(value->text, len, true))
		return refuse(reading,
		    id == WORD_GATEWAY
		        ? "for a wildcard, use ListenHTTPS with AutoCert"
		        : "the name alone, without *.");
	if (strstr(value->text, "://") != NULL)
		return refuse(reading, "the name alone, without https://");
	return false;
}

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

	if (!has_scheme(text, scheme))
		return false;
	for (p = text; *p != '\0'; p++)
		if (*p < 0x21 || *p > 0x7e || strchr("\"<>\\^`{|}", *p) != NULL)
			return false;
	authority.p = text + strlen(scheme);
	authority.len = strcspn(authority.p, "/?#");
	return uri_parse_authority(authority, &host, &port);
}

/* What is told over it must reach nobody else, and be nobody else's answer. */
static bool
read_https(struct reading *reading)
{
	const char *text = reading->value->text;

	if (has_scheme(text, "http://"))
		return refuse(reading, "this is asked over https only");
	return strlen(text) <= FIELD_MAX && is_url(text, "https://");
}

static bool
read_server(struct reading *reading)
{
	const char *text = reading->value->text;
	char host[HOST_MAX + 1];
	uint16_t port = 1;

	if (has_scheme(text, "http://"))
		return refuse(reading,
		    "it is asked over https only; write the name alone");
	if (has_scheme(text, "https://"))
		return refuse(reading, "the name alone, without https://");
	if (strstr(text, "://") != NULL)
		return refuse(
		    reading, "the name alone, without what ends in ://");
	if (strchr(text, '/') != NULL)
		return refuse(reading, "the name alone, without a path");
	return addr_split(text, host, sizeof(host), &port) && is_host(host) &&
	    port != 0;
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

static bool
read_filled(struct reading *reading)
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

static bool
read_url(struct reading *reading)
{
	const char *text = reading->value->text;
	const struct config_part *parts = read_template(reading);

	if (parts == NULL)
		return false;
	if (template_is_fixed(parts))
		return is_url(parts->text.p, "https://") ||
		    is_url(parts->text.p, "http://");
	return (has_scheme(text, "https://") || has_scheme(text, "http://")) &&
	    is_made_of(parts, is_location_byte, "");
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

static bool
read_field(struct reading *reading)
{
	const char *text = reading->value->text;
	size_t len = strcspn(text, ":");
	struct slice name = { text, len };

	if (text[len] == '\0' || len > FIELD_NAME_MAX || !http_is_token(name) ||
	    !http_is_text(text + len + 1))
		return false;
	if (strlen(text) > FIELD_MAX)
		return refuse(reading, "too long");
	if (is_reserved(text, len))
		return refuse(reading, "the gateway writes this field itself");
	return read_filled(reading);
}

/* Of a request of our own, which libcurl frames. */
static bool
read_header(struct reading *reading)
{
	const char *text = reading->value->text;
	size_t len = strcspn(text, ":");
	struct slice name = { text, len };

	return text[len] != '\0' && len <= FIELD_NAME_MAX &&
	    strlen(text) <= FIELD_MAX && http_is_token(name) &&
	    http_is_text(text + len + 1) && !is_reserved(text, len);
}

/* Bytes of a URL, without those that would end the part that is meant. */
static bool
read_target(struct reading *reading)
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
		return refuse(reading, "too long");
	if ((reading->options & OPTION_ENCODE) != 0)
		return true;
	if ((id == WORD_SETURL || id == WORD_SETPATH) &&
	    parts->kind == PART_TEXT && parts->text.p[0] != '/')
		return refuse(reading, "a path begins with a slash");
	return is_made_of(parts, is_url_byte, stop);
}

static bool
read_probe(struct reading *reading)
{
	const char *text = reading->value->text, *p;

	if (is_word(text, PROBE_TCP)) {
		reading->value->text = PROBE_TCP;
		return true;
	}
	if (strlen(text) > FIELD_MAX)
		return refuse(reading, "too long");
	for (p = text; *p != '\0'; p++)
		if (!is_url_byte(*p))
			return false;
	return text[0] == '/';
}

static bool
read_directory(struct reading *reading)
{
	static const char *const names[] = { "letsencrypt",
		"letsencrypt-staging", "zerossl", "google", "google-staging" };
	struct value *value = reading->value;
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		if (!is_word(value->text, names[i]))
			continue;
		value->text = names[i];
		return true;
	}
	if (has_scheme(value->text, "http://"))
		return refuse(reading, "ACME is spoken over https only");
	return is_url(value->text, "https://");
}

/* A light look: what the authority thinks of it is seen soon enough. */
static bool
read_email(struct reading *reading)
{
	const char *text = reading->value->text;
	const char *at = strchr(text, '@');

	if (has_scheme(text, "mailto:"))
		return refuse(reading, "leave out mailto:");
	return at != NULL && at != text &&
	    text[strcspn(text, " \"(),:;<>[\\]")] == '\0' &&
	    uri_is_hostname(at + 1, strlen(at + 1), false);
}

static bool
read_base64url(struct reading *reading)
{
	const char *text = reading->value->text;
	unsigned char key[KEY_MAX];
	size_t len = 0;
	bool good;

	good = text_unbase64url(text, key, sizeof(key), &len) && len > 0;
	secret_wipe(key, sizeof(key));
	return good;
}

static const struct {
	bool (*read)(struct reading *reading);
	bool quoted;       /* printed between quotation marks */
	const char *needs; /* NULL: depends on the row */
} types[] = {
	[VALUE_TEXT] = { read_text, true, "a text" },
	[VALUE_NUMBER] = { read_number, false, NULL },
	[VALUE_SIZE] = { read_size, false, "a size such as 4096, 64k or 2g" },
	[VALUE_BOOL] = { read_bool, false, "yes or no" },
	[VALUE_DURATION] = { read_duration, false, NULL },
	[VALUE_MEMORY] = { read_memory, false,
	    "off, or a time up to 730d such as 300 or 180d" },
	[VALUE_CHOICE] = { read_choice, false, NULL },
	[VALUE_FACILITY] = { read_facility, false, "a syslog facility" },
	[VALUE_LOGLEVEL] = { read_loglevel, false,
	    "a number from 0 to 5 or the name of a format" },
	[VALUE_TAG] = { read_tag, true,
	    "a name of at most 32 letters, digits, '_', '-' and '.'" },
	[VALUE_WORKERS] = { read_workers, false, "auto or a number up to 64" },
	[VALUE_PATH] = { read_path, true, "the path of a file" },
	[VALUE_DIR] = { read_dir, true, "the absolute path of a directory" },
	[VALUE_IP] = { read_ip, false,
	    "a numeric address such as 0.0.0.0 or ::1" },
	[VALUE_HOST] = { read_host, false, "an address or a host name" },
	[VALUE_FORWARD] = { read_forward, true,
	    "an address such as \"192.168.1.2:8123\"" },
	[VALUE_VHOST] = { read_vhost, true, "a host name" },
	[VALUE_HOSTNAME] = { read_hostname, true,
	    "a host name such as \"home.example.org\"" },
	[VALUE_PATTERN] = { read_pattern, true, "a regular expression" },
	[VALUE_NAME] = { read_name, true, "the name of a header field" },
	[VALUE_PARAMETER] = { read_parameter, true, "a parameter's name" },
	[VALUE_ACL] = { read_acl, true, "the name of an ACL" },
	[VALUE_CIDR] = { read_cidr, true,
	    "an address or a network such as 192.168.1.0/24" },
	[VALUE_FIELD] = { read_field, true,
	    "a header field such as \"X-Name: value\"" },
	[VALUE_REGEX] = { read_regex, false, "posix" },
	[VALUE_RATE] = { read_rate, false,
	    "a rate such as 5, 1/2s or 200/500ms" },
	[VALUE_TEMPLATE] = { read_filled, true, "a text" },
	[VALUE_TARGET] = { read_target, true,
	    "a part of a URL, percent-encoded" },
	[VALUE_SESSION] = { read_parameter, true,
	    "the name of a parameter, a cookie or a header field" },
	[VALUE_PROBE] = { read_probe, true,
	    "tcp, or a path such as \"/manifest.json\"" },
	[VALUE_URL] = { read_url, true,
	    "a URL such as \"https://home.example.org\"" },
	[VALUE_DIRECTORY] = { read_directory, true,
	    "letsencrypt, letsencrypt-staging, zerossl, google, "
	    "google-staging or a URL that begins with https://" },
	[VALUE_EMAIL] = { read_email, true, "an e-mail address" },
	[VALUE_BASE64URL] = { read_base64url, true, "a base64url text" },
	[VALUE_PROVIDER] = { read_provider, true, NULL },
	[VALUE_SECRETFILE] = { read_secret_file, true, "the path of a file" },
	[VALUE_SECRET] = { read_secret, true,
	    "a text without control characters" },
	[VALUE_SERVER] = { read_server, true,
	    "a host such as \"dyndns.example.org\", perhaps with a port" },
	[VALUE_HTTPS] = { read_https, true, "a URL that begins with https://" },
	[VALUE_HEADER] = { read_header, true,
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
