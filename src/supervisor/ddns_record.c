#include "ddns_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/siphash.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "config/ddns.h"
#include "record.h"

#define RECORD_MAX (16u * 1024)

#define FIELD(member) offsetof(struct ddns_record, member)

static const struct record_field fields[] = {
	{ "key", RECORD_TEXT, FIELD(key) },
	{ "section", RECORD_TEXT, FIELD(section) },
	{ "words", RECORD_TEXT, FIELD(words) },
	{ "ipv4", RECORD_TEXT, FIELD(known4) },
	{ "ipv6", RECORD_TEXT, FIELD(known6) },
	{ "requested-at", RECORD_NUMBER, FIELD(schedule.requested_at) },
	{ "published-at", RECORD_NUMBER, FIELD(schedule.published_at) },
	{ "repeats", RECORD_NUMBER, FIELD(schedule.repeats) },
	{ "changed-at", RECORD_NUMBER, FIELD(schedule.changed_at) },
	{ "failures", RECORD_NUMBER, FIELD(schedule.failures) },
	{ "not-before", RECORD_NUMBER, FIELD(schedule.not_before) },
	{ "stopped-at", RECORD_NUMBER, FIELD(schedule.stopped_at) },
	{ "problem", RECORD_TEXT, FIELD(problem) },
	{ "detail", RECORD_TEXT, FIELD(detail) },
	{ "advice", RECORD_TEXT, FIELD(advice) },
};

static const struct record_table table = { fields,
	sizeof(fields) / sizeof(fields[0]) };

void
ddns_record_release(struct ddns_record *record)
{
	record_fields_release(&table, record);
	*record = (struct ddns_record){ 0 };
}

void
ddns_record_parse(struct ddns_record *record, const char *text, size_t len)
{
	record_fields_parse(&table, record, text, len);
}

void
ddns_record_print(const struct ddns_record *record, struct buf *out)
{
	record_fields_print(&table, record, out);
}

void
ddns_record_read(int dirfd, const char *name, struct ddns_record *record)
{
	struct buf text = { 0 };

	*record = (struct ddns_record){ 0 };
	if (file_read_at(dirfd, name, RECORD_MAX, &text, NULL) == 0)
		ddns_record_parse(
		    record, (const char *)buf_data(&text), buf_len(&text));
	buf_release(&text);
}

int
ddns_record_write(int dirfd, const char *name, const struct ddns_record *record,
    struct error *err)
{
	struct buf text = { 0 };
	int rc;

	buf_init(&text, RECORD_MAX);
	ddns_record_print(record, &text);
	rc = file_write_at(
	    dirfd, name, buf_data(&text), buf_len(&text), 0600, err);
	buf_release(&text);
	return rc;
}

/* Each with its end, so that two texts cannot meet in the middle. */
static void
put(struct buf *out, const char *text)
{
	if (text != NULL)
		buf_append_str(out, text);
	buf_append(out, "", 1);
}

static void
put_section(struct buf *out, const struct config_ddns *config)
{
	put(out, config->provider->name);
	for (unsigned i = 0; i < config->nhosts; i++)
		put(out, config->hosts[i]);
	put(out, "");
	put(out, config->login);
	put(out, config->zone);
	put(out, config->server);
}

static void
put_words(struct buf *out, const struct config_ddns *config)
{
	put_section(out, config);
	put(out, config->password);
	put(out, config->token);
	put(out, config->ca_file);
	put(out, config->url);
	put(out, config->method);
	put(out, config->body);
	put(out, config->success);
	for (unsigned i = 0; i < config->nheaders; i++)
		put(out, config->headers[i]);
	buf_printf(out, "%d %d", (int)config->ipv4, (int)config->ipv6);
}

/* NULL without a good key. The caller frees. */
static char *
hash(const struct ddns_record *record, const struct config_ddns *config,
    void (*what)(struct buf *out, const struct config_ddns *config))
{
	unsigned char key[SIPHASH_KEY_SIZE];
	struct buf text = { 0 };
	uint64_t value;
	size_t len;

	if (record->key == NULL ||
	    !text_unbase64url(record->key, key, sizeof(key), &len) ||
	    len != sizeof(key))
		return NULL;
	what(&text, config);
	value = siphash(key, buf_data(&text), buf_len(&text));
	buf_wipe(&text);
	return text_base64url(&value, sizeof(value));
}

static bool
is_hash(const char *kept, char *now)
{
	bool same = kept != NULL && now != NULL && strcmp(kept, now) == 0;

	free(now);
	return same;
}

bool
ddns_record_is_of(
    const struct ddns_record *record, const struct config_ddns *config)
{
	return is_hash(record->section, hash(record, config, put_section));
}

bool
ddns_record_adopt(struct ddns_record *record, const struct config_ddns *config)
{
	unsigned char key[SIPHASH_KEY_SIZE];

	if (is_hash(record->words, hash(record, config, put_words)))
		return false;
	if (!ddns_record_is_of(record, config)) {
		ddns_record_release(record);
		secret_random(key, sizeof(key));
		record->key = text_base64url(key, sizeof(key));
	}
	free(record->section);
	free(record->words);
	record->section = hash(record, config, put_section);
	record->words = hash(record, config, put_words);
	ddns_record_problem(record, NULL, NULL, NULL);
	return true;
}

void
ddns_record_problem(struct ddns_record *record, const char *problem,
    const char *detail, const char *advice)
{
	record_set(&record->problem, problem);
	record_set(&record->detail, detail);
	record_set(&record->advice, advice);
}

char *
ddns_record_name(const struct config_ddns *config, unsigned n)
{
	char *name = n == 1
	    ? xasprintf("%s-%s", config->provider->name, config->hosts[0])
	    : xasprintf(
	          "%s-%s-%u", config->provider->name, config->hosts[0], n);

	for (char *p = name; *p != '\0'; p++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.-", *p) ==
		    NULL)
			*p = '_';
	return name;
}
