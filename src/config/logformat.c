/* Formats of the access log: from "%a %r" to a program of items. */

#include "logformat.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define ITEMS_MAX 200

#define COMBINED "%a - %u %t \"%r\" %s %b \"%{Referer}i\" \"%{User-Agent}i\""
#define EXTENDED                                                               \
	"%a \"%r\" %s (%{host}x -> %{backend}N) in %{received}x out %B, "      \
	"%{ms}T ms, first byte %{upstream}x ms"

/* The first six are LogLevel 0 to 5. */
static const struct logformat_builtin builtins[] = {
	{ "null", NULL, false },
	{ "regular", "%a \"%r\" %s", false },
	{ "extended", EXTENDED, false },
	{ "vhost_combined", "%{host}x " COMBINED, false },
	{ "combined", COMBINED, false },
	{ "detailed", EXTENDED ", %{tls}x", false },
	{ "full",
	    COMBINED " host=%{host}x backend=%{backend}N ms=%{ms}T "
	             "upstream=%{upstream}x in=%{received}x tls=%{tls}x",
	    false },
	{ "json",
	    "{\"time\":%{iso}t,\"client\":%a,\"method\":%m,\"host\":%{host}x,"
	    "\"path\":%U,\"query\":%q,\"protocol\":%H,\"status\":%s,"
	    "\"in\":%{received}x,\"out\":%B,\"ms\":%{ms}T,"
	    "\"backend\":%{backend}N,\"upstream_ms\":%{upstream}x,"
	    "\"tls\":%{tls}x,\"referer\":%{Referer}i,"
	    "\"user_agent\":%{User-Agent}i}",
	    true },
};

#define LEVELS 6
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum argument {
	TAKES_NOTHING,
	TAKES_FIELD,
	TAKES_TIME,
	TAKES_UNIT,
	TAKES_OBJECT,
	TAKES_OURS
};

static const struct specifier {
	char letter;
	enum argument takes;
	enum log_item_kind kind;
	unsigned what;
} specifiers[] = {
	{ 'a', TAKES_NOTHING, LINE_CLIENT, 0 },
	{ 'A', TAKES_NOTHING, LINE_LISTENER, 0 },
	{ 'b', TAKES_NOTHING, LINE_BYTES_CLF, 0 },
	{ 'B', TAKES_NOTHING, LINE_BYTES, 0 },
	{ 'D', TAKES_NOTHING, LINE_DURATION, LINE_MICROS },
	{ 'h', TAKES_NOTHING, LINE_PEER, 0 },
	{ 'H', TAKES_NOTHING, LINE_PROTOCOL, 0 },
	{ 'i', TAKES_FIELD, LINE_FIELD, 0 },
	{ 'I', TAKES_FIELD, LINE_FIELD, 0 },
	{ 'l', TAKES_NOTHING, LINE_NOTHING, 0 },
	{ 'L', TAKES_OBJECT, LINE_PLACE, 0 },
	{ 'm', TAKES_NOTHING, LINE_METHOD, 0 },
	{ 'N', TAKES_OBJECT, LINE_NAME, 0 },
	{ 'o', TAKES_FIELD, LINE_FIELD_OUT, 0 },
	{ 'P', TAKES_NOTHING, LINE_PROCESS, 0 },
	{ 'q', TAKES_NOTHING, LINE_QUERY, 0 },
	{ 'r', TAKES_NOTHING, LINE_REQUEST_LINE, 0 },
	{ 's', TAKES_NOTHING, LINE_STATUS, 0 },
	{ 't', TAKES_TIME, LINE_TIME, LINE_TIME_CLF },
	{ 'T', TAKES_UNIT, LINE_DURATION, LINE_SECONDS },
	{ 'u', TAKES_NOTHING, LINE_USER, 0 },
	{ 'U', TAKES_NOTHING, LINE_PATH, 0 },
	{ 'v', TAKES_NOTHING, LINE_NAME, LINE_OF_LISTENER },
	{ 'x', TAKES_OURS, LINE_TEXT, 0 },
};

/* What may stand in braces, by the argument that it is for. */
static const struct {
	enum argument takes;
	const char *word;
	unsigned what;
} words[] = {
	{ TAKES_TIME, "iso", LINE_TIME_ISO },
	{ TAKES_TIME, "sec", LINE_TIME_SEC },
	{ TAKES_TIME, "msec", LINE_TIME_MSEC },
	{ TAKES_TIME, "usec", LINE_TIME_USEC },
	{ TAKES_TIME, "msec_frac", LINE_TIME_MSEC_FRAC },
	{ TAKES_TIME, "usec_frac", LINE_TIME_USEC_FRAC },
	{ TAKES_UNIT, "s", LINE_SECONDS },
	{ TAKES_UNIT, "f", LINE_SECONDS_FRAC },
	{ TAKES_UNIT, "ms", LINE_MILLIS },
	{ TAKES_UNIT, "us", LINE_MICROS },
	{ TAKES_OBJECT, "listener", LINE_OF_LISTENER },
	{ TAKES_OBJECT, "service", LINE_OF_SERVICE },
	{ TAKES_OBJECT, "backend", LINE_OF_BACKEND },
	{ TAKES_OURS, "host", LINE_HOST },
	{ TAKES_OURS, "sni", LINE_SNI },
	{ TAKES_OURS, "tls", LINE_TLS },
	{ TAKES_OURS, "received", LINE_RECEIVED },
	{ TAKES_OURS, "upstream", LINE_UPSTREAM },
};

struct reader {
	struct arena *arena;
	const char *text;
	const char *at;
	struct config_log_format *format;
	struct config_log_item *items;
	struct slice *outputs;
	struct logformat_fault *fault;
};

bool
logformat_is_name(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= LOGFORMAT_NAME_MAX &&
	    strspn(text,
	        "abcdefghijklmnopqrstuvwxyz"
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == len &&
	    strspn(text, "0123456789") != len;
}

const struct logformat_builtin *
logformat_builtin(const char *name)
{
	for (size_t i = 0; i < COUNT(builtins); i++)
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	return NULL;
}

const struct logformat_builtin *
logformat_level(unsigned level)
{
	return level < LEVELS ? &builtins[level] : NULL;
}

static struct config_log_item *
add(struct reader *reader)
{
	return &reader->items[reader->format->nitems++];
}

static bool
find_word(enum argument takes, struct slice argument, unsigned *what)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (words[i].takes == takes &&
		    slice_eq(argument, words[i].word)) {
			*what = words[i].what;
			return true;
		}
	return false;
}

/* "begin:" and "end:", then a word or strftime(3). */
static void
read_time(struct reader *reader, struct config_log_item *item, struct slice how)
{
	static const char begin[] = "begin:", end[] = "end:";
	size_t skip = 0;

	reader->format->has_time = true;
	if (how.len >= sizeof(begin) - 1 &&
	    memcmp(how.p, begin, sizeof(begin) - 1) == 0)
		skip = sizeof(begin) - 1;
	item->end = how.len >= sizeof(end) - 1 &&
	    memcmp(how.p, end, sizeof(end) - 1) == 0;
	if (item->end)
		skip = sizeof(end) - 1;
	how = (struct slice){ how.p + skip, how.len - skip };
	if (how.len == 0 || find_word(TAKES_TIME, how, &item->what))
		return;
	item->what = LINE_TIME_STRFTIME;
	item->text.p = arena_strndup(reader->arena, how.p, how.len);
	item->text.len = how.len;
}

static bool
read_field(
    struct reader *reader, struct config_log_item *item, struct slice name)
{
	if (!http_is_token(name))
		return false;
	item->text = name;
	if (item->kind != LINE_FIELD_OUT)
		return true;
	if (reader->format->noutputs == LINE_OUTPUTS_MAX)
		return false;
	item->what = reader->format->noutputs++;
	reader->outputs[item->what] = name;
	return true;
}

/* False if the argument is none that the specifier could take. */
static bool
read_argument(struct reader *reader, const struct specifier *specifier,
    struct slice argument)
{
	struct config_log_item *item = add(reader);
	unsigned kind = 0;

	item->kind = specifier->kind;
	item->what = specifier->what;
	switch (specifier->takes) {
	case TAKES_NOTHING:
		return argument.len == 0;
	case TAKES_FIELD:
		return read_field(reader, item, argument);
	case TAKES_TIME:
		read_time(reader, item, argument);
		return true;
	case TAKES_UNIT:
		return argument.len == 0 ||
		    find_word(TAKES_UNIT, argument, &item->what);
	case TAKES_OBJECT:
		return find_word(TAKES_OBJECT, argument, &item->what);
	case TAKES_OURS:
		if (!find_word(TAKES_OURS, argument, &kind))
			return false;
		item->kind = (enum log_item_kind)kind;
		return true;
	}
	return false;
}

static const struct specifier *
find_specifier(char letter)
{
	for (size_t i = 0; i < COUNT(specifiers); i++)
		if (specifiers[i].letter == letter)
			return &specifiers[i];
	return NULL;
}

static int __attribute__((format(printf, 3, 4)))
refuse(struct reader *reader, const char *at, const char *fmt, ...)
{
	struct logformat_fault *fault = reader->fault;
	va_list ap;

	fault->at = (size_t)(at - reader->text);
	va_start(ap, fmt);
	vsnprintf(fault->what, sizeof(fault->what), fmt, ap);
	va_end(ap);
	return -1;
}

/* What begins with '%', at reader->at. */
static int
read_specifier(struct reader *reader)
{
	const char *start = reader->at++, *close;
	const struct specifier *specifier;
	struct slice argument = { "", 0 };

	if (*reader->at == '{') {
		close = strchr(reader->at, '}');
		if (close == NULL)
			return refuse(reader, start, "'%%{' without its '}'");
		argument.p = reader->at + 1;
		argument.len = (size_t)(close - argument.p);
		reader->at = close + 1;
	} else if (reader->at[0] == '>' && reader->at[1] == 's') {
		add(reader)->kind = LINE_STATUS_LINE;
		reader->at += 2;
		return 0;
	}
	if (*reader->at == '\0')
		return refuse(reader, start, "nothing follows the '%%'");
	specifier = find_specifier(*reader->at);
	if (specifier == NULL)
		return refuse(reader, start,
		    "'%%%c' stands for nothing that is known", *reader->at);
	if (!read_argument(reader, specifier, argument))
		return refuse(reader, start,
		    argument.len == 0
		        ? "'%%%c' needs a word in braces, '%%{…}%c'"
		        : "'%%%c' does not know what is in the braces",
		    *reader->at, *reader->at);
	reader->at++;
	return 0;
}

static int
read_items(struct reader *reader)
{
	while (*reader->at != '\0') {
		size_t len = strcspn(reader->at, "%");
		struct config_log_item *item;

		if (reader->format->nitems + 1 >= ITEMS_MAX)
			return refuse(reader, reader->at, "more than %d parts",
			    ITEMS_MAX);
		if (len == 0 && reader->at[1] == '%') {
			reader->at++;
			len = 1;
		}
		if (len == 0) {
			if (read_specifier(reader) == -1)
				return -1;
			continue;
		}
		item = add(reader);
		item->kind = LINE_TEXT;
		item->text = (struct slice){ reader->at, len };
		reader->at += len;
	}
	return 0;
}

struct config_log_format *
logformat_read(
    struct arena *arena, const char *text, struct logformat_fault *fault)
{
	struct config_log_format *format = arena_alloc(arena, sizeof(*format));
	struct reader reader = { .arena = arena,
		.text = text,
		.at = text,
		.format = format,
		.fault = fault };

	reader.items = arena_alloc(arena, ITEMS_MAX * sizeof(*reader.items));
	reader.outputs =
	    arena_alloc(arena, LINE_OUTPUTS_MAX * sizeof(*reader.outputs));
	format->items = reader.items;
	format->outputs = reader.outputs;
	return read_items(&reader) == 0 ? format : NULL;
}
