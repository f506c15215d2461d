#include "clientindex.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"

static const char magic[] = "gatehouse-client-ca 1";
#define DATE_MAX INT64_C(253402300799) /* of the year 9999 */

static const char lower_hex[] = "0123456789abcdef";

/* --- names ---------------------------------------------------------------- */

static bool
is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

static bool
is_name(const char *name, size_t len)
{
	if (len == 0 || len > CLIENT_NAME_MAX || !is_alphanumeric(name[0]) ||
	    name[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alphanumeric(name[i]) &&
		    (name[i] == '\0' || strchr(" ._-+@", name[i]) == NULL))
			return false;
	return true;
}

int
client_name_check(const char *name, struct error *err)
{
	if (is_name(name, strlen(name)))
		return 0;
	return error_set(err, ERR_SYNTAX,
	    "a name has 1 to %d of the letters a to z, digits, blanks and "
	    ". _ - + @, with a letter or digit first and no blank at the end",
	    CLIENT_NAME_MAX);
}

/* --- reading -------------------------------------------------------------- */

struct reader {
	const char *next, *end;
	unsigned line;
};

/* The next line without its end; false if there is no whole one. */
static bool
next_line(struct reader *reader, const char **line, size_t *len)
{
	size_t left = (size_t)(reader->end - reader->next);
	const char *end = left > 0 ? memchr(reader->next, '\n', left) : NULL;

	reader->line++;
	if (end == NULL)
		return false;
	*line = reader->next;
	*len = (size_t)(end - reader->next);
	reader->next = end + 1;
	return true;
}

/* "word number" */
static bool
read_number(
    struct reader *reader, const char *word, uint64_t max, uint64_t *value)
{
	size_t len, wordlen = strlen(word);
	const char *line;

	return next_line(reader, &line, &len) && len > wordlen + 1 &&
	    memcmp(line, word, wordlen) == 0 && line[wordlen] == ' ' &&
	    text_u64(line + wordlen + 1, len - wordlen - 1, max, value);
}

/* Cuts the text before the next blank off; false if there is none. */
static bool
cut(const char **line, size_t *len, const char **word, size_t *wordlen)
{
	const char *blank = memchr(*line, ' ', *len);

	if (blank == NULL)
		return false;
	*word = *line;
	*wordlen = (size_t)(blank - *line);
	*len -= *wordlen + 1;
	*line = blank + 1;
	return true;
}

static bool
cut_date(const char **line, size_t *len, int64_t *date)
{
	const char *word;
	size_t wordlen;
	uint64_t value;

	if (!cut(line, len, &word, &wordlen) ||
	    !text_u64(word, wordlen, DATE_MAX, &value))
		return false;
	*date = (int64_t)value;
	return true;
}

static bool
cut_serial(const char **line, size_t *len, char serial[PKI_SERIAL_SIZE])
{
	const char *word;
	size_t wordlen;

	if (!cut(line, len, &word, &wordlen) || wordlen == 0 ||
	    wordlen >= PKI_SERIAL_SIZE)
		return false;
	memcpy(serial, word, wordlen);
	serial[wordlen] = '\0';
	return strspn(serial, lower_hex) == wordlen;
}

/* "serial from until revoked name" */
static bool
read_entry(const char *line, size_t len, struct client_entry *entry)
{
	if (!cut_serial(&line, &len, entry->serial) ||
	    !cut_date(&line, &len, &entry->from) ||
	    !cut_date(&line, &len, &entry->until) ||
	    !cut_date(&line, &len, &entry->revoked) || !is_name(line, len))
		return false;
	memcpy(entry->name, line, len);
	entry->name[len] = '\0';
	return true;
}

static bool
has_serial(const struct client_index *index, const char *serial)
{
	for (size_t i = 0; i < index->nentries; i++)
		if (strcmp(index->entries[i].serial, serial) == 0)
			return true;
	return false;
}

static void
append(struct client_index *index, const struct client_entry *entry)
{
	index->entries =
	    xreallocarray(index->entries, index->nentries + 1, sizeof(*entry));
	index->entries[index->nentries++] = *entry;
}

static bool
read_all(struct client_index *index, struct reader *reader)
{
	uint64_t count = 0;
	const char *line;
	size_t len;

	if (!next_line(reader, &line, &len) || len != sizeof(magic) - 1 ||
	    memcmp(line, magic, len) != 0 ||
	    !read_number(reader, "crl", INT64_MAX, &index->crl) ||
	    !read_number(reader, "clients", CLIENT_INDEX_MAX, &count))
		return false;
	while (count-- > 0) {
		struct client_entry entry;

		if (!next_line(reader, &line, &len) ||
		    !read_entry(line, len, &entry) ||
		    has_serial(index, entry.serial))
			return false;
		append(index, &entry);
	}
	reader->line++;
	return reader->next == reader->end;
}

int
client_index_parse(
    struct client_index *index, const char *text, size_t len, struct error *err)
{
	struct client_index read = { 0 };
	struct reader reader = { .next = text, .end = text + len };

	if (!read_all(&read, &reader)) {
		client_index_release(&read);
		return error_set(err, ERR_SYNTAX,
		    "line %u is damaged, or lines are missing", reader.line);
	}
	*index = read;
	return 0;
}

void
client_index_release(struct client_index *index)
{
	free(index->entries);
	memset(index, 0, sizeof(*index));
}

/* --- writing -------------------------------------------------------------- */

char *
client_index_text(const struct client_index *index)
{
	struct buf out = { 0 };

	buf_printf(&out, "%s\ncrl %" PRIu64 "\nclients %zu\n", magic,
	    index->crl, index->nentries);
	for (size_t i = 0; i < index->nentries; i++) {
		const struct client_entry *entry = &index->entries[i];

		buf_printf(&out, "%s %" PRId64 " %" PRId64 " %" PRId64 " %s\n",
		    entry->serial, entry->from, entry->until, entry->revoked,
		    entry->name);
	}
	return buf_detach(&out, NULL);
}

bool
client_entry_is_good(const struct client_entry *entry, int64_t now)
{
	return entry->revoked == 0 && now <= entry->until;
}

/* Those that have expired need no revocation any more. */
static void
forget_expired(struct client_index *index, int64_t now)
{
	size_t kept = 0;

	for (size_t i = 0; i < index->nentries; i++)
		if (now <= index->entries[i].until)
			index->entries[kept++] = index->entries[i];
	index->nentries = kept;
}

int
client_index_add(struct client_index *index, const struct client_entry *entry,
    int64_t now, struct error *err)
{
	if (index->nentries >= CLIENT_INDEX_MAX)
		forget_expired(index, now);
	if (index->nentries >= CLIENT_INDEX_MAX)
		return error_set(err, ERR_LIMIT,
		    "there are %d certificates that have not expired, which is "
		    "the most that are kept",
		    CLIENT_INDEX_MAX);
	append(index, entry);
	return 0;
}

struct client_entry *
client_index_find(
    const struct client_index *index, const char *name, int64_t now)
{
	struct client_entry *found = NULL;

	for (size_t i = index->nentries; i-- > 0;) {
		struct client_entry *entry = &index->entries[i];

		if (!text_ieq(name, strlen(name), entry->name))
			continue;
		if (client_entry_is_good(entry, now))
			return entry;
		if (found == NULL)
			found = entry;
	}
	return found;
}
