#include "authority.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "config/config.h"
#include "record.h"
#include "slot.h"

struct span {
	const char *p;
	size_t len;
};

/* The next "until URL" of record->gates; false past the last. */
static bool
next_gate(const char **text, int64_t *until, struct span *directory)
{
	size_t digits = strcspn(*text, " ");
	uint64_t number;

	if ((*text)[digits] == '\0' ||
	    !text_u64(*text, digits, INT64_MAX / 2, &number))
		return false;
	*text += digits + 1;
	*until = (int64_t)number;
	directory->p = *text;
	directory->len = strcspn(*text, " ");
	*text += directory->len;
	*text += strspn(*text, " ");
	return true;
}

static bool
is(const struct span *span, const char *text)
{
	return strlen(text) == span->len &&
	    memcmp(span->p, text, span->len) == 0;
}

int64_t
authority_gate(const struct record *record, const char *directory)
{
	const char *text = record->gates != NULL ? record->gates : "";
	struct span name;
	int64_t until;

	while (next_gate(&text, &until, &name))
		if (is(&name, directory))
			return until;
	return 0;
}

/* Writes them anew: moved by `move`, without one and without what is over. */
static void
rewrite(struct record *record, const char *without, int64_t move, int64_t now,
    struct buf *out)
{
	const char *text = record->gates != NULL ? record->gates : "";
	struct span name;
	int64_t until;

	while (next_gate(&text, &until, &name)) {
		until += move;
		if (until <= now || (without != NULL && is(&name, without)))
			continue;
		buf_printf(out, "%s%" PRId64 " %.*s",
		    buf_len(out) > 0 ? " " : "", until, (int)name.len, name.p);
	}
}

static void
replace(struct record *record, struct buf *out)
{
	char *text = buf_detach(out, NULL);

	record_set(&record->gates, text);
	free(text);
}

void
authority_set_gate(
    struct record *record, const char *directory, int64_t until, int64_t now)
{
	struct buf out = { 0 };

	rewrite(record, directory, 0, now, &out);
	if (until > now)
		buf_printf(&out, "%s%" PRId64 " %s",
		    buf_len(&out) > 0 ? " " : "", until, directory);
	replace(record, &out);
}

void
authority_loaded(struct record *record)
{
	const char *text = record->gates != NULL ? record->gates : "";
	struct buf out = { 0 };
	struct span name;
	int64_t until;

	while (next_gate(&text, &until, &name))
		if (until - record->schedule.saved_at <= SCHEDULE_WAIT_MAX)
			buf_printf(&out, "%s%" PRId64 " %.*s",
			    buf_len(&out) > 0 ? " " : "", until, (int)name.len,
			    name.p);
	replace(record, &out);
}

void
authority_clock_went_back(struct record *record, int64_t seconds)
{
	struct buf out = { 0 };

	rewrite(record, NULL, -seconds, 0, &out);
	replace(record, &out);
}

static const struct config_acme *
nth(const struct config_acme *first, int64_t n)
{
	while (n-- > 0 && first->fallback != NULL)
		first = first->fallback;
	return first;
}

static int64_t
count(const struct config_acme *acme)
{
	int64_t n = 0;

	for (; acme != NULL; acme = acme->fallback)
		n++;
	return n;
}

const struct config_acme *
authority_next(const struct slot *slot, int64_t now)
{
	const struct config_acme *own = slot->config->acme, *choice;
	const struct record *record = &slot->record;
	int64_t n = count(own), at = 0;

	if (record->schedule.failures >= AUTHORITY_FAILURES)
		at = (record->schedule.failures - AUTHORITY_FAILURES + 1) % n;
	for (int64_t i = 0; i < n; i++) {
		choice = nth(own, (at + i) % n);
		if (authority_gate(record, choice->directory) <= now)
			return choice;
	}
	return nth(own, at);
}

const struct config_acme *
authority_issued(const struct slot *slot)
{
	const struct config_acme *acme = slot->config->acme;
	const char *issuer = slot->record.issuer;

	if (issuer == NULL || slot->record.serial == NULL ||
	    slot->facts.serial == NULL ||
	    strcmp(slot->record.serial, slot->facts.serial) != 0)
		return NULL;
	while (acme != NULL && strcmp(acme->directory, issuer) != 0)
		acme = acme->fallback;
	return acme;
}
