/*
 * Templates: read once with the configuration, filled in for each request. What
 * a request supplies is data from there on: it is never looked at again for
 * references, what could end a line or a part of a URL is percent-encoded, and
 * the result has a bound.
 */

#include "template.h"

#include <string.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/text.h"
#include "http/basic.h"
#include "http/uri.h"

#define BACK_MAX 99 /* of "$1(N)" */
#define NAME_MAX_LEN 100

static const struct {
	const char *word;
	enum config_part_kind kind;
	bool named; /* a name stands behind it */
} accessors[] = {
	{ "host", PART_HOST, false },
	{ "port", PART_PORT, false },
	{ "url", PART_URL, false },
	{ "path", PART_PATH, false },
	{ "query", PART_QUERY, false },
	{ "param", PART_PARAMETER, true },
	{ "header", PART_FIELD, true },
	{ "remoteip", PART_CLIENT, false },
	{ "user", PART_USER, false },
	{ "const", PART_CONSTANT, true },
};

#define NACCESSORS (sizeof(accessors) / sizeof(accessors[0]))

struct reader {
	struct arena *arena;
	const char *text; /* what is left of it */
	const char *why;
	struct config_part *first;
	struct config_part **tail;
	struct config_part *last;
};

static struct config_part *
add_part(struct reader *reader, enum config_part_kind kind)
{
	struct config_part *part = arena_alloc(reader->arena, sizeof(*part));

	part->kind = kind;
	*reader->tail = part;
	reader->tail = &part->next;
	reader->last = part;
	return part;
}

static void
add_text(struct reader *reader, const char *text, size_t len)
{
	struct config_part *part = reader->last;

	/* Characters behind an escape go on where the text before it ended. */
	if (part == NULL || part->kind != PART_TEXT) {
		part = add_part(reader, PART_TEXT);
		part->text = (struct slice){ text, len };
		return;
	}
	if (part->text.p + part->text.len != text)
		part->text.p = arena_printf(reader->arena, "%.*s%.*s",
		    (int)part->text.len, part->text.p, (int)len, text);
	part->text.len += len;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "(2)" or "(tag)" behind a reference. */
static bool
read_condition(struct reader *reader, struct config_part *part)
{
	const char *p = reader->text + 1;
	size_t len = strcspn(p, ")");
	uint64_t back;

	if (p[len] == '\0' || len == 0) {
		reader->why = "'$1(' needs a number or a tag, and ')'";
		return false;
	}
	if (text_u64(p, len, BACK_MAX, &back))
		part->back = (unsigned)back;
	else
		part->text = (struct slice){ p, len };
	reader->text = p + len + 1;
	return true;
}

/* At "$1" or "${1". */
static bool
read_group(struct reader *reader)
{
	bool braced = reader->text[1] == '{';
	const char *digit = reader->text + 1 + braced;
	struct config_part *part = add_part(reader, PART_GROUP);

	if (!is_digit(*digit) || (!braced && is_digit(digit[1]))) {
		reader->why = braced
		    ? "'${' needs a digit, and '}'"
		    : "there are $0 to $9 only; '${1}0' has a digit behind it";
		return false;
	}
	part->group = (unsigned)(*digit - '0');
	reader->text = digit + 1;
	if (*reader->text == '(' && !read_condition(reader, part))
		return false;
	if (!braced)
		return true;
	if (*reader->text != '}') {
		reader->why = "'${' needs a digit, and '}'";
		return false;
	}
	reader->text++;
	return true;
}

/* "%[remoteip 0]" is the address of the connection, whoever is behind it. */
static bool
takes_argument(
    const struct config_part *part, bool named, const char *name, size_t len)
{
	struct slice argument = { name, len };

	if (named)
		return part->kind == PART_FIELD
		    ? http_is_token(argument) && len <= NAME_MAX_LEN
		    : len > 0 && memchr(name, ' ', len) == NULL;
	return len == 0 ||
	    (part->kind == PART_CLIENT &&
	        (slice_eq(argument, "0") || slice_eq(argument, "1")));
}

/* At "%[". */
static bool
read_accessor(struct reader *reader)
{
	const char *word = reader->text + 2, *end = strchr(word, ']'), *name;
	struct config_part *part;
	size_t len, i = 0;

	reader->why = "%[...] needs one of host, port, url, path, query, param "
	              "NAME, header NAME, remoteip, user, const NAME";
	if (end == NULL)
		return false;
	len = strcspn(word, " \t]");
	while (i < NACCESSORS && !text_ieq(word, len, accessors[i].word))
		i++;
	if (i == NACCESSORS)
		return false;
	part = add_part(reader, accessors[i].kind);
	name = word + len + strspn(word + len, " \t");
	if (!takes_argument(
	        part, accessors[i].named, name, (size_t)(end - name)))
		return false;
	part->text.len = (size_t)(end - name);
	part->text.p = arena_strndup(reader->arena, name, part->text.len);
	reader->text = end + 1;
	reader->why = NULL;
	return true;
}

static bool
read_part(struct reader *reader)
{
	const char *text = reader->text;
	size_t len;

	if (text[0] == '%' && text[1] == '[')
		return read_accessor(reader);
	if (text[0] == '$' && (is_digit(text[1]) || text[1] == '{'))
		return read_group(reader);
	if (text[0] == '$' && (text[1] == '$' || text[1] == '%')) {
		add_text(reader, text + 1, 1);
		reader->text += 2;
		return true;
	}
	len = 1 + strcspn(text + 1, "$%");
	add_text(reader, text, len);
	reader->text += len;
	return true;
}

struct config_part *
template_parse(struct arena *arena, const char *text, const char **why)
{
	struct reader reader = { .arena = arena, .text = text };

	reader.tail = &reader.first;
	if (*text == '\0')
		add_text(&reader, text, 0);
	while (*reader.text != '\0')
		if (!read_part(&reader)) {
			*why = reader.why;
			return NULL;
		}
	return reader.first;
}

bool
template_is_fixed(const struct config_part *parts)
{
	return parts->kind == PART_TEXT && parts->next == NULL;
}

bool
template_refers(const struct config_part *parts)
{
	while (parts != NULL && parts->kind != PART_GROUP)
		parts = parts->next;
	return parts != NULL;
}

/* What a template comes to, as far as it has been filled in. */
struct filling {
	const struct config_request *req;
	enum config_place place;
	const struct config_part *next; /* behind what is being put */
	struct buf out;
	bool bad; /* not what may stand there */
};

#define UNRESERVED                                                             \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

static bool
is_encoded(enum config_place place)
{
	return place == PLACE_ENCODED_PATH || place == PLACE_ENCODED_PARAMETER;
}

/* What may stand there as it is: the rest is percent-encoded. */
static bool
may_stand(enum config_place place, char c)
{
	unsigned char byte = (unsigned char)c;

	if (byte < 0x20 || byte == 0x7f)
		return false;
	if (is_encoded(place))
		return strchr(UNRESERVED, c) != NULL ||
		    (place == PLACE_ENCODED_PATH && c == '/');
	if (place == PLACE_FIELD || place == PLACE_TEXT)
		return true;
	if (byte == ' ' || byte > 0x7e || strchr("\"<>\\^`{|}#", c) != NULL)
		return false;
	return !(place == PLACE_PATH && c == '?') &&
	    !(place == PLACE_PARAMETER && c == '&');
}

static void
put(struct filling *filling, const void *text, size_t len)
{
	if (buf_append(&filling->out, text, len) == -1)
		filling->bad = true;
}

static void
put_encoded(struct filling *filling, struct slice text)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t done = 0, i;

	if (filling->place == PLACE_TEXT) {
		put(filling, text.p, text.len);
		return;
	}
	for (i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.p[i];
		char code[] = { '%', hex[byte >> 4], hex[byte & 15] };

		if (may_stand(filling->place, text.p[i]))
			continue;
		put(filling, text.p + done, i - done);
		put(filling, code, sizeof(code));
		done = i + 1;
	}
	put(filling, text.p + done, text.len - done);
}

/* Whether what comes next still belongs to the host of the URL. */
static bool
in_authority(const struct filling *filling)
{
	const char *text = (const char *)buf_data(&filling->out);
	size_t len = buf_len(&filling->out), start;

	if (filling->place != PLACE_URL || len == 0)
		return false;
	start =
	    len > 4 && text[4] == ':' ? strlen("http://") : strlen("https://");
	return len >= start && memchr(text + start, '/', len - start) == NULL &&
	    memchr(text + start, '?', len - start) == NULL;
}

/* Whether the configuration goes on with the host that is being written. */
static bool
goes_on(const struct config_part *next)
{
	return next != NULL && next->kind == PART_TEXT && next->text.len > 0 &&
	    strchr("/?:", next->text.p[0]) == NULL;
}

/*
 * A request makes no host longer that the configuration has written, and none
 * shorter: it would be sent to "home.example.org.evil.test", or to "evil.test"
 * by what was to be "$1.example.org".
 */
static bool
spares_host(const struct filling *filling, struct slice text)
{
	size_t len = buf_len(&filling->out), i;
	char last;

	if (text.len == 0 || !in_authority(filling))
		return true;
	last = (char)buf_data(&filling->out)[len - 1];
	if (strchr("/.-[", last) == NULL)
		return strchr("/?:", text.p[0]) != NULL;
	for (i = 0; i < text.len; i++)
		if (strchr(last == '[' ? "/?" : "/?:", text.p[i]) != NULL)
			return !goes_on(filling->next);
	return true;
}

static void
put_value(struct filling *filling, struct slice text)
{
	if (!spares_host(filling, text))
		filling->bad = true;
	put_encoded(filling, text);
}

static const struct config_found *
find_match(const struct config_request *req, const struct config_part *part)
{
	const struct config_found *match =
	    req->memory != NULL ? req->memory->last : NULL;
	unsigned back = part->back;

	if (part->text.len > 0) {
		while (match != NULL &&
		    (match->tag == NULL || !slice_eq(part->text, match->tag)))
			match = match->before;
		return match;
	}
	while (match != NULL && back-- > 0)
		match = match->before;
	return match;
}

static struct slice
port_of(const struct config_request *req)
{
	const char *p = req->authority.p;
	size_t at = req->authority.len;

	while (at > 0 && is_digit(p[at - 1]))
		at--;
	return at > 0 && p[at - 1] == ':'
	    ? (struct slice){ p + at - 1, req->authority.len - at + 1 }
	    : (struct slice){ "", 0 };
}

static void
put_host(struct filling *filling)
{
	const char *host = filling->req->host;
	bool bare = strchr(host, ':') != NULL; /* an IPv6 address */

	if (bare)
		put(filling, "[", 1);
	if (bare)
		put(filling, host, strlen(host));
	else
		put_value(filling, (struct slice){ host, strlen(host) });
	if (bare)
		put(filling, "]", 1);
}

/* Nobody has looked at the password here: BasicAuth does. */
static void
put_user(struct filling *filling)
{
	static const struct slice name = { "Authorization", 13 };
	const struct config_request *req = filling->req;
	struct http_basic basic;

	if (!http_basic_read(
	        http_value(req->fields, req->nfields, name), &basic))
		return;
	put_value(filling, basic.user);
	secret_wipe(&basic, sizeof(basic));
}

static void
put_part(struct filling *filling, const struct config_part *part)
{
	const struct config_request *req = filling->req;
	const struct config_found *match;
	const char *client;

	switch (part->kind) {
	case PART_TEXT:
		if (is_encoded(filling->place))
			put_encoded(filling, part->text);
		else
			put(filling, part->text.p, part->text.len);
		break;
	case PART_GROUP:
		match = find_match(req, part);
		if (match != NULL)
			put_value(filling, match->groups[part->group]);
		break;
	case PART_HOST:
		put_host(filling);
		break;
	case PART_PORT:
		put_value(filling, port_of(req));
		break;
	case PART_URL:
		put_value(filling, req->path);
		put_value(filling, req->query);
		break;
	case PART_PATH:
		put_value(filling, req->path);
		break;
	case PART_QUERY:
		put_value(filling, config_query(req));
		break;
	case PART_PARAMETER:
		put_value(filling, config_parameter(req, part->text.p));
		break;
	case PART_FIELD:
		put_value(
		    filling, http_value(req->fields, req->nfields, part->text));
		break;
	case PART_CLIENT:
		client = slice_eq(part->text, "0") ? req->peer : req->client;
		put_value(filling, (struct slice){ client, strlen(client) });
		break;
	case PART_CONSTANT:
		put_encoded(filling, part->text);
		break;
	case PART_USER:
		put_user(filling);
		break;
	}
}

/* A URL that was filled in still has to be one. */
static bool
has_host(const struct filling *filling)
{
	const char *text = (const char *)buf_data(&filling->out);
	size_t len = buf_len(&filling->out), end;
	const char *host = len > 0 ? memmem(text, len, "://", 3) : NULL;
	struct slice authority, name;
	uint16_t port;

	if (host == NULL)
		return false;
	host += 3;
	for (end = 0; host + end < text + len; end++)
		if (host[end] == '/' || host[end] == '?')
			break;
	authority = (struct slice){ host, end };
	return uri_parse_authority(authority, &name, &port);
}

bool
config_fill(const struct config_part *parts, const struct config_request *req,
    enum config_place place, struct arena *arena, struct slice *filled)
{
	struct filling filling = { .req = req, .place = place };
	char *copy = NULL;

	buf_init(&filling.out, CONFIG_FILLED_MAX);
	for (; parts != NULL && !filling.bad; parts = parts->next) {
		filling.next = parts->next;
		put_part(&filling, parts);
	}
	if (place == PLACE_URL && !has_host(&filling))
		filling.bad = true;
	if (!filling.bad)
		copy = arena_strndup(
		    arena, buf_data(&filling.out), buf_len(&filling.out));
	if (copy != NULL)
		*filled = (struct slice){ copy, buf_len(&filling.out) };
	buf_release(&filling.out);
	return copy != NULL;
}
