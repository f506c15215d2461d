/* Numbers, times and words that stand for one. See type.h. */

#include "type_readers.h"

#include <stdint.h>
#include <string.h>
#include <syslog.h>

#include "base/text.h"
#include "logformat.h"

#define SIZE_LIMIT (UINT64_C(1) << 50)
#define RATE_MAX 1000000 /* requests, or units of time */

bool
type_number(struct reading *reading)
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

bool
type_size(struct reading *reading)
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

bool
type_bool(struct reading *reading)
{
	size_t i;

	for (i = 0; i < COUNT(booleans); i++) {
		if (!type_is_word(reading->value->text, booleans[i].word))
			continue;
		reading->value->number = booleans[i].value;
		return true;
	}
	return false;
}

static const struct {
	char unit;
	unsigned seconds;
} units[] = {
	{ 's', 1 },
	{ 'm', 60 },
	{ 'h', 3600 },
	{ 'd', 86400 },
};

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

bool
type_duration(struct reading *reading)
{
	uint64_t seconds;

	if (!parse_duration(reading->value->text, DURATION_MAX, &seconds) ||
	    (int)seconds < reading->row->min)
		return false;
	reading->value->number = (int)seconds;
	return true;
}

/* A time that browsers are to remember something, or -1 for "off". */
bool
type_memory(struct reading *reading)
{
	uint64_t seconds;

	reading->value->number = -1;
	if (type_is_word(reading->value->text, "off"))
		return true;
	if (!parse_duration(reading->value->text, MEMORY_MAX, &seconds))
		return false;
	reading->value->number = (int)seconds;
	return true;
}

/* Of "5", "1/2s" or "200/500ms". */
bool
type_rate(struct reading *reading)
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
	while (i < COUNT(spans) && !type_is_word(text, spans[i].unit))
		i++;
	if (i == COUNT(spans))
		return false;
	reading->value->size = span * spans[i].microseconds / count;
	return reading->value->size > 0;
}

bool
type_choice(struct reading *reading)
{
	const char *const *choice = reading->row->choices;

	while (*choice != NULL && !type_is_word(reading->value->text, *choice))
		choice++;
	if (*choice == NULL)
		return false;
	reading->value->text = *choice;
	reading->value->number = (int)(choice - reading->row->choices);
	return true;
}

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

/* A wrong one is no reason to stop: the log is found under daemon. */
bool
type_facility(struct reading *reading)
{
	struct value *value = reading->value;
	unsigned least = 3, distance;
	const char *nearest = "daemon";
	size_t i;

	for (i = 0; i < COUNT(facilities); i++) {
		if (type_is_word(value->text, facilities[i].name)) {
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
bool
type_loglevel(struct reading *reading)
{
	if (!logformat_is_name(reading->value->text))
		return type_number(reading);
	reading->value->number = -1;
	return true;
}

/* 0 stands for auto: how many that are is found out where it matters. */
bool
type_workers(struct reading *reading)
{
	if (type_is_word(reading->value->text, "auto")) {
		reading->value->number = 0;
		return true;
	}
	return type_number(reading) && reading->value->number > 0;
}
