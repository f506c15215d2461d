#include "route.h"

#include <net/route.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#define TABLE "/proc/self/net/route" /* what ProcSubset=pid leaves */
#define TABLE_MAX (1024u * 1024)

/*
 * A line of the table, addresses as they lie in memory. False if it is none:
 * the heading, for one.
 */
struct entry {
	unsigned destination, gateway, flags, metric, mask;
};

static bool
read_entry(const char *line, struct entry *entry)
{
	return sscanf(line, "%*15s %8x %8x %4x %*u %*u %9u %8x",
	           &entry->destination, &entry->gateway, &entry->flags,
	           &entry->metric, &entry->mask) == 5;
}

bool
route_parse(const char *text, struct in_addr *gateway)
{
	bool found = false;
	unsigned metric = 0;
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
