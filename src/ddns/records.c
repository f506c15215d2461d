/* Records at providers: see records.h. */

#include "records.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "job.h"
#include "json/json.h"

#define WALK_MAX 10 /* names that may be the zone's */

static void
records_add(struct records *records, const char *id, const char *value,
    const char *comment)
{
	size_t n = records->n++;

	snprintf(records->items[n].id, sizeof(records->items[n].id), "%s", id);
	records->items[n].value = xstrdup(value);
	records->items[n].comment = comment != NULL ? xstrdup(comment) : NULL;
}

static void
records_release(struct records *records)
{
	size_t i;

	for (i = 0; i < records->n; i++) {
		free(records->items[i].value);
		free(records->items[i].comment);
	}
	records->n = 0;
}

struct json *
records_texts(const struct records *records)
{
	struct json *texts = json_new_array();
	size_t i;

	for (i = 0; i < records->n; i++)
		json_append(texts, json_new_string(records->items[i].value));
	return texts;
}

bool
zone_relative(const char *host, const char *zone, char *relative)
{
	size_t len = strlen(host), tail = strlen(zone);

	if (tail == 0 || tail > len || len >= ZONE_NAME_SIZE ||
	    !text_ieq(host + len - tail, tail, zone))
		return false;
	if (tail == len)
		snprintf(relative, ZONE_NAME_SIZE, "@");
	else if (host[len - tail - 1] == '.' && len - tail > 1)
		snprintf(relative, ZONE_NAME_SIZE, "%.*s",
		    (int)(len - tail - 1), host);
	else
		return false;
	return true;
}

const char *
zone_subname(const struct zone *zone)
{
	return strcmp(zone->relative, "@") == 0 ? "" : zone->relative;
}

/* Quotes around a value are how it is written, and not part of it. */
static void
trim_quotes(const char **text, size_t *len)
{
	*len = strlen(*text);
	if (*len >= 2 && **text == '"' && (*text)[*len - 1] == '"') {
		(*text)++;
		*len -= 2;
	}
}

bool
record_same(const char *type, const char *a, const char *b)
{
	int family = strcmp(type, "A") == 0 ? AF_INET
	    : strcmp(type, "AAAA") == 0     ? AF_INET6
	                                    : AF_UNSPEC;
	unsigned char left[16] = { 0 }, right[16] = { 0 };
	size_t alen, blen;

	if (family != AF_UNSPEC)
		return inet_pton(family, a, left) == 1 &&
		    inet_pton(family, b, right) == 1 &&
		    memcmp(left, right, sizeof(left)) == 0;
	trim_quotes(&a, &alen);
	trim_quotes(&b, &blen);
	return alen == blen && memcmp(a, b, alen) == 0;
}

static int
refuse_many(const struct zone *zone, struct refusal *refusal)
{
	return refuse(refusal, DDNS_STOP, "records",
	    "Remove records of this name that are not in use.",
	    "%s has more than %d records of one type at %s", zone->host,
	    RECORDS_MAX, zone->api.rules->provider);
}

/* Whether a record's own name is the zone's host. */
static bool
is_host(const struct zone *zone, const char *name, bool relative)
{
	size_t len;

	if (name == NULL)
		return false;
	if (relative)
		return text_ieq(*name != '\0' ? name : "@",
		    *name != '\0' ? strlen(name) : 1, zone->relative);
	len = strlen(name);
	if (len > 0 && name[len - 1] == '.')
		len--;
	return text_ieq(name, len, zone->host);
}

/* A record that is not the host's, or of another type, is left alone. */
static bool
is_asked_for(const struct zone *zone, const char *type, const struct json *item)
{
	const struct record_members *members = zone->verbs->members;
	const char *kind;

	if (members->type == NULL)
		return true;
	kind = json_str(item, members->type);
	return kind != NULL && strcmp(kind, type) == 0 &&
	    json_str(item, members->value) != NULL &&
	    is_host(zone, json_str(item, members->name), members->relative);
}

static int
read_item(const struct zone *zone, const struct json *item,
    struct records *records, struct refusal *refusal)
{
	const struct record_members *members = zone->verbs->members;
	const char *value = members->value != NULL
	    ? json_str(item, members->value)
	    : json_text(item);
	char id[API_ID_SIZE] = "";

	if (value == NULL)
		return api_strange(
		    &zone->api, refusal, "a value that is no text");
	if (members->id != NULL && !api_id(item, members->id, id))
		return api_strange(
		    &zone->api, refusal, "a record without a valid id");
	if (records->n == RECORDS_MAX)
		return refuse_many(zone, refusal);
	records_add(records, id, value, json_str(item, "comment"));
	return 0;
}

static int
read_document(const struct zone *zone, const char *type, const struct json *doc,
    struct records *records, struct refusal *refusal)
{
	const struct record_members *members = zone->verbs->members;
	const struct json *list = doc;

	if (members->within != NULL)
		list = json_get(list, members->within);
	if (members->list != NULL)
		list = json_get(list, members->list);
	/* An object counts as an empty array, but for its members. */
	if (list == NULL || json_next_member(list, NULL) != NULL)
		return api_strange(&zone->api, refusal, "no list of records");
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *item = json_at(list, i);

		if (is_asked_for(zone, type, item) &&
		    read_item(zone, item, records, refusal) < 0)
			return -1;
	}
	return 0;
}

static int
refuse_zone(const struct zone *zone, const char *name, struct refusal *refusal)
{
	return refuse(refusal, DDNS_STOP, "zone", zone->verbs->not_found,
	    "%s knows no zone %s%s", zone->api.rules->provider,
	    name != NULL ? "" : "that has ", name != NULL ? name : zone->host);
}

/* 1 = that is the zone, 0 = it is not, -1 = refused. */
static int
try_zone(struct zone *zone, const char *name, struct refusal *refusal)
{
	const struct api_request request = zone->verbs->look_up(zone, name);
	const struct json *found;
	struct json *doc = NULL;
	int r = 1;

	if (api_ask(&zone->api, &request, &doc, refusal) < 0)
		return -1;
	found = doc != NULL ? zone->verbs->found(doc) : NULL;
	if (found == NULL)
		r = 0;
	else if (!api_id(found, "id", zone->id))
		r = api_strange(
		    &zone->api, refusal, "a zone without a valid id");
	else
		snprintf(zone->name, sizeof(zone->name), "%s", name);
	json_free(doc);
	return r;
}

/* Tries Zone, or the names that the host lies in, the longest first. */
static int
walk(struct zone *zone, struct refusal *refusal)
{
	const char *name = zone->host;
	size_t dots = 0, i;
	int r;

	if (*zone->api.job->zone != '\0') {
		r = try_zone(zone, zone->api.job->zone, refusal);
		return r == 0 ? refuse_zone(zone, zone->api.job->zone, refusal)
		              : r;
	}
	for (i = 0; name[i] != '\0'; i++)
		dots += name[i] == '.';
	for (; dots > 0; dots--, name = strchr(name, '.') + 1) {
		if (dots > WALK_MAX || *name == '_' || *name == '*')
			continue;
		r = try_zone(zone, name, refusal);
		if (r != 0)
			return r;
	}
	return refuse_zone(zone, NULL, refusal);
}

static int
find_zone(struct zone *zone, struct refusal *refusal)
{
	if (zone->verbs->find != NULL)
		return zone->verbs->find(zone, refusal);
	if (zone->verbs->look_up != NULL)
		return walk(zone, refusal) < 0 ? -1 : 0;
	snprintf(zone->name, sizeof(zone->name), "%s", zone->api.job->zone);
	return 0;
}

static int
zone_open(struct zone *zone, const struct zone_verbs *verbs,
    struct fetch *fetch, const struct ddns_job *job, struct refusal *refusal)
{
	zone->verbs = verbs;
	api_init(&zone->api, fetch, job, verbs->rules,
	    verbs->header != NULL ? verbs->header(job) : NULL);
	if (find_zone(zone, refusal) < 0)
		return -1;
	if (!zone_relative(zone->host, zone->name, zone->relative))
		return refuse(refusal, DDNS_STOP, "zone",
		    "Zone must be a domain that the name lies in.",
		    "%s does not lie in the zone %s", zone->host, zone->name);
	return 0;
}

/* Where nothing of a name or type is there, some say 404. */
static int
read_records(struct zone *zone, const char *type, struct records *records,
    struct refusal *refusal)
{
	const struct api_request request = zone->verbs->read(zone, type);
	struct json *doc = NULL;
	int r = api_ask(&zone->api, &request, &doc, refusal);

	if (r == 0 && doc != NULL)
		r = read_document(zone, type, doc, records, refusal);
	zone->exists = records->n > 0;
	json_free(doc);
	return r;
}

static int
write_records(struct zone *zone, const char *type,
    const struct records *records, struct refusal *refusal)
{
	const struct api_request request =
	    zone->verbs->write(zone, type, records);
	struct json *doc = NULL;
	int r = api_ask(&zone->api, &request, &doc, refusal);

	if (r == 0 && doc != NULL && zone->verbs->await != NULL)
		r = zone->verbs->await(zone, &doc, refusal);
	json_free(doc);
	return r;
}

static int
add_record(struct zone *zone, const char *type, const char *value,
    struct refusal *refusal)
{
	const struct api_request request = zone->verbs->add(zone, type, value);

	return api_ask(&zone->api, &request, NULL, refusal);
}

static int
change_record(struct zone *zone, const char *type, const char *id,
    const char *value, struct refusal *refusal)
{
	const struct api_request request =
	    zone->verbs->change(zone, type, id, value);

	return api_ask(&zone->api, &request, NULL, refusal);
}

static int
remove_record(struct zone *zone, const char *id, struct refusal *refusal)
{
	const struct api_request request = zone->verbs->remove(zone, id);

	return api_ask(&zone->api, &request, NULL, refusal);
}

/* One by one: what is there becomes the value, the rest goes. */
static int
change_one(struct zone *zone, const char *type, const struct records *records,
    const char *value, struct refusal *refusal)
{
	size_t kept = 0, i;

	if (records->n == 0)
		return add_record(zone, type, value, refusal);
	for (i = 0; i < records->n; i++)
		if (record_same(type, records->items[i].value, value))
			kept = i;
	for (i = 0; i < records->n; i++)
		if (i != kept &&
		    remove_record(zone, records->items[i].id, refusal) < 0)
			return -1;
	if (record_same(type, records->items[kept].value, value))
		return 0;
	if (change_record(
	        zone, type, records->items[kept].id, value, refusal) == 0)
		return 0;
	/* It was there a moment ago: somebody else is at work. */
	if (strcmp(refusal->problem, "HTTP 404") == 0)
		refusal->kind = DDNS_AGAIN;
	return -1;
}

/* The only record of this type. 1: it was not; 0: it was so already. */
static int
set_only(struct zone *zone, const char *type, const char *value,
    struct refusal *refusal)
{
	struct records records = { .n = 0 }, only = { .n = 0 };
	int r = read_records(zone, type, &records, refusal);

	if (r == 0 && records.n == 1 &&
	    record_same(type, records.items[0].value, value))
		goto out;
	if (r == 0 && zone->verbs->write != NULL) {
		records_add(&only, "", value, NULL);
		r = write_records(zone, type, &only, refusal);
	} else if (r == 0)
		r = change_one(zone, type, &records, value, refusal);
	if (r == 0)
		r = 1;
out:
	records_release(&only);
	records_release(&records);
	return r;
}

static bool
has_value(const struct records *records, const char *type, const char *value)
{
	size_t i;

	for (i = 0; i < records->n; i++)
		if (record_same(type, records->items[i].value, value))
			return true;
	return false;
}

static int
add_value(struct zone *zone, const char *type, const char *value,
    struct refusal *refusal)
{
	struct records records = { .n = 0 };
	int r = read_records(zone, type, &records, refusal);

	if (r < 0 || has_value(&records, type, value))
		goto out;
	if (zone->verbs->write == NULL) {
		r = add_record(zone, type, value, refusal);
		goto out;
	}
	if (records.n == RECORDS_MAX) {
		r = refuse_many(zone, refusal);
		goto out;
	}
	records_add(&records, "", value, NULL);
	r = write_records(zone, type, &records, refusal);
out:
	records_release(&records);
	return r;
}

static int
remove_each(struct zone *zone, const char *type, const struct records *records,
    const char *value, struct refusal *refusal)
{
	size_t i;

	for (i = 0; i < records->n; i++)
		if (record_same(type, records->items[i].value, value) &&
		    remove_record(zone, records->items[i].id, refusal) < 0)
			return -1;
	return 0;
}

/* 1: it is gone; 0: it was not there. */
static int
take_value(struct zone *zone, const char *type, const char *value,
    struct refusal *refusal)
{
	struct records records = { .n = 0 }, rest = { .n = 0 };
	int r = read_records(zone, type, &records, refusal);
	size_t i;

	if (r < 0 || !has_value(&records, type, value))
		goto out;
	for (i = 0; i < records.n; i++)
		if (!record_same(type, records.items[i].value, value))
			records_add(&rest, "", records.items[i].value,
			    records.items[i].comment);
	r = zone->verbs->write != NULL
	    ? write_records(zone, type, &rest, refusal)
	    : remove_each(zone, type, &records, value, refusal);
	if (r == 0)
		r = 1;
out:
	records_release(&rest);
	records_release(&records);
	return r;
}

/* One family of addresses; `known` is what we published before. */
static int
publish(struct zone *zone, const char *type, const char *address,
    const char *known, struct refusal *refusal)
{
	if (address != NULL)
		return set_only(zone, type, address, refusal);
	return *known != '\0' ? take_value(zone, type, known, refusal) : 0;
}

int
zone_update(const struct zone_verbs *verbs, struct fetch *fetch,
    const struct ddns_job *job, const struct update *update,
    struct refusal *refusal)
{
	struct zone zone = { .host = update->host };
	const char *known4 = update->drop4 ? job->known4 : "";
	const char *known6 = update->drop6 ? job->known6 : "";
	int four = 0, six = 0;

	if (zone_open(&zone, verbs, fetch, job, refusal) < 0)
		four = -1;
	if (four == 0)
		four = publish(&zone, "A", update->ipv4, known4, refusal);
	if (four >= 0)
		six = publish(&zone, "AAAA", update->ipv6, known6, refusal);
	api_release(&zone.api);
	return four < 0 || six < 0 ? -1 : four | six;
}

int
zone_txt(const struct zone_verbs *verbs, struct fetch *fetch,
    const struct ddns_job *job, const struct record *record, bool set,
    struct refusal *refusal)
{
	struct zone zone = { .host = record->name };
	const char *quote = verbs->quotes ? "\"" : "";
	char *value = xasprintf("%s%s%s", quote, record->value, quote);
	int r = zone_open(&zone, verbs, fetch, job, refusal);

	if (r == 0)
		r = set ? add_value(&zone, "TXT", value, refusal)
		        : take_value(&zone, "TXT", value, refusal);
	api_release(&zone.api);
	free(value);
	return r < 0 ? -1 : 0;
}
