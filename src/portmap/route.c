#include "route.h"

#include <net/route.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

#define TABLE "/proc/self/net/route" /* what ProcSubset=pid leaves */
#define TABLE_MAX (1024u * 1024)

/* A line of the table; addresses as they lie in memory. */
struct entry {
	uint32_t destination, gateway, flags, metric, mask;
};

/* Takes the next word off a line; its length, 0 at the end. */
static size_t
next_word(const char **line, const char **word)
{
	size_t len;

	*line += strspn(*line, " \t");
	len = strcspn(*line, " \t\n");
	*word = *line;
	*line += len;
	return len;
}

static bool
read_hex(const char **line, uint32_t *value)
{
	static const char digits[] = "0123456789ABCDEF";
	uint32_t found = 0;
	const char *word;
	size_t len = next_word(line, &word);

	if (len == 0 || len > 8)
		return false;
	for (size_t i = 0; i < len; i++) {
		const char *digit = memchr(digits, word[i], 16);

		if (digit == NULL)
			return false;
		found = found << 4 | (uint32_t)(digit - digits);
	}
	*value = found;
	return true;
}

/* False if it is none: the heading, for one. */
static bool
read_entry(const char *line, struct entry *entry)
{
	const char *word;
	uint64_t metric;
	size_t len;

	if (next_word(&line, &word) == 0 ||
	    !read_hex(&line, &entry->destination) ||
	    !read_hex(&line, &entry->gateway) ||
	    !read_hex(&line, &entry->flags))
		return false;
	next_word(&line, &word); /* references */
	next_word(&line, &word); /* uses */
	len = next_word(&line, &word);
	if (!text_u64(word, len, UINT32_MAX, &metric))
		return false;
	entry->metric = (uint32_t)metric;
	return read_hex(&line, &entry->mask);
}

bool
route_parse(const char *text, struct in_addr *gateway)
{
	bool found = false;
	uint32_t metric = 0;
	struct entry entry;
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (!read_entry(text, &entry) || entry.destination != 0 ||
		    entry.mask != 0 || entry.gateway == 0 ||
		    (entry.flags & RTF_UP) == 0 ||
		    (entry.flags & RTF_GATEWAY) == 0 ||
		    (entry.flags & RTF_REJECT) != 0)
			continue;
		if (found && entry.metric >= metric)
			continue;
		found = true;
		metric = entry.metric;
		gateway->s_addr = entry.gateway;
	}
	return found;
}

int
route_gateway(struct in_addr *gateway, struct error *err)
{
	struct buf text = { 0 };
	FILE *file = fopen(TABLE, "re");
	bool found;

	if (file == NULL)
		return error_sys(err, TABLE);
	buf_init(&text, TABLE_MAX);
	for (;;) {
		void *room = buf_reserve(&text, 4096);
		size_t n = room == NULL ? 0 : fread(room, 1, 4096, file);

		if (n == 0)
			break;
		buf_commit(&text, n);
	}
	fclose(file);
	buf_append(&text, "", 1);
	found = buf_len(&text) > 0 &&
	    route_parse((const char *)buf_data(&text), gateway);
	buf_release(&text);
	if (!found)
		return error_set(err, ERR_NOTFOUND,
		    "there is no default route: this machine is in no "
		    "network, or has no router there");
	return 0;
}
