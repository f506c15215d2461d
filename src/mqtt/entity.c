#include "entity.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/xalloc.h"
#include "json/json.h"

#define MOMENT_SIZE 32

/* Of a certificate. */
static const char *
first_name(const struct json *cert)
{
	const char *name = json_text(json_at(json_get(cert, "names"), 0));

	return name != NULL ? name : "?";
}

/* RFC 3339, as Home Assistant takes it for a moment. 0 is none. */
static char *
moment(int64_t seconds)
{
	char text[MOMENT_SIZE];
	time_t wall = (time_t)seconds;
	struct tm tm;

	if (seconds == 0 || gmtime_r(&wall, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S+00:00", &tm) == 0)
		return xstrdup(ENTITY_UNKNOWN);
	return xstrdup(text);
}

char *
entity_identifier(const char *prefix, const char *text)
{
	char *id = xasprintf("%s%s", prefix, text), *p;

	for (p = id; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		*p = isascii(c) && isalnum(c) ? (char)tolower(c) : '_';
	}
	return id;
}

static bool
has_id(const struct entities *entities, const char *id)
{
	for (unsigned i = 0; i < entities->n; i++)
		if (strcmp(entities->list[i].id, id) == 0)
			return true;
	return false;
}

static bool
has_name(const struct entities *entities, const char *name)
{
	for (unsigned i = 0; i < entities->n; i++)
		if (strcmp(entities->list[i].name, name) == 0)
			return true;
	return false;
}

struct kind {
	const char *component;
	const char *device_class;
	const char *id;   /* begins with this … */
	const char *name; /* … as its name does with that */
};

/* Of two with one name, the second is called so. The caller frees. */
static char *
free_id(const struct entities *entities, const char *id)
{
	char *other = xstrdup(id);

	for (unsigned n = 2; has_id(entities, other); n++) {
		free(other);
		other = xasprintf("%s_%u", id, n);
	}
	return other;
}

/* Takes the value over. NULL: there are too many. */
static struct json *
add(struct entities *entities, const struct kind *kind, const char *of,
    char *value)
{
	struct entity *entity = &entities->list[entities->n];
	char *id;

	if (entities->n == ENTITIES_MAX) {
		free(value);
		return NULL;
	}
	id = entity_identifier(kind->id, of);
	entity->component = kind->component;
	entity->device_class = kind->device_class;
	entity->id = free_id(entities, id);
	entity->name =
	    xasprintf("%s%s%s", kind->name, of[0] != '\0' ? " " : "", of);
	entity->value = value;
	entity->attributes = json_new_object();
	entities->n++;
	free(id);
	return entity->attributes;
}

static void
set_moment(struct json *attributes, const char *name, int64_t seconds)
{
	char *text = moment(seconds);

	json_set_str(attributes, name, text);
	free(text);
}

static void
copy_text(struct json *attributes, const struct json *from, const char *name)
{
	json_set_str(attributes, name, json_said(from, name));
}

/* What is wrong and what to do, a text for each. */
static struct json *
texts_of(const struct json *problems)
{
	struct json *texts = json_new_array();

	for (size_t i = 0; i < json_count(problems); i++) {
		const char *advice = json_said(json_at(problems, i), "advice");
		char *text =
		    xasprintf("%s%s%s", json_said(json_at(problems, i), "what"),
		        advice[0] != '\0' ? ". " : "", advice);

		json_append(texts, json_new_string(text));
		free(text);
	}
	return texts;
}

static void
add_verdict(struct entities *entities, const struct json *problems)
{
	static const struct kind kind = { "binary_sensor", "problem", "problem",
		"Problem" };
	bool well = json_count(problems) == 0;

	json_set(
	    add(entities, &kind, "", xstrdup(well ? ENTITY_OFF : ENTITY_ON)),
	    "problems", texts_of(problems));
}

static void
add_cert(struct entities *entities, const struct json *cert)
{
	static const struct kind kind = { "sensor", "timestamp", "certificate_",
		"Certificate" };
	struct json *attributes = add(entities, &kind, first_name(cert),
	    moment(json_int(cert, "not_after", 0)));

	if (attributes == NULL)
		return;
	copy_text(attributes, cert, "state");
	copy_text(attributes, cert, "issuer");
	set_moment(
	    attributes, "next_attempt", json_int(cert, "next_attempt", 0));
	copy_text(attributes, cert, "problem");
	copy_text(attributes, cert, "advice");
}

/* Two services may have the same backend: it is told once. */
static void
add_backend(struct entities *entities, const struct json *backend)
{
	static const struct kind kind = { "binary_sensor", "connectivity",
		"backend_", "Backend" };
	const char *name = json_said(backend, "name");
	char *full = xasprintf("%s %s", kind.name, name);
	struct json *attributes = NULL;

	if (!has_name(entities, full))
		attributes = add(entities, &kind, name,
		    xstrdup(json_is(backend, "state", "up") ? ENTITY_ON
		            : json_is(backend, "state", "down")
		            ? ENTITY_OFF
		            : ENTITY_UNKNOWN));
	free(full);
	if (attributes == NULL)
		return;
	set_moment(attributes, "since", json_int(backend, "since", 0));
	copy_text(attributes, backend, "error");
}

/* A name may have two providers, which publish the same. */
static void
add_address(
    struct entities *entities, const struct json *ddns, const char *name)
{
	static const struct kind kind = { "sensor", NULL, "address_",
		"Address" };
	const char *ipv4 = json_said(ddns, "ipv4");
	const char *ipv6 = json_said(ddns, "ipv6");
	char *full = xasprintf("%s %s", kind.name, name);
	struct json *attributes = NULL;

	if (!has_name(entities, full))
		attributes = add(entities, &kind, name,
		    xstrdup(ipv4[0] != '\0'   ? ipv4
		            : ipv6[0] != '\0' ? ipv6
		                              : ENTITY_UNKNOWN));
	free(full);
	if (attributes == NULL)
		return;
	copy_text(attributes, ddns, "ipv4");
	copy_text(attributes, ddns, "ipv6");
	copy_text(attributes, ddns, "provider");
	copy_text(attributes, ddns, "state");
	copy_text(attributes, ddns, "problem");
	copy_text(attributes, ddns, "advice");
}

static void
add_addresses(struct entities *entities, const struct json *ddns)
{
	const struct json *names = json_get(ddns, "names");

	for (size_t i = 0; i < json_count(names); i++) {
		const char *name = json_text(json_at(names, i));

		if (name != NULL)
			add_address(entities, ddns, name);
	}
}

void
entities_init(struct entities *entities, const struct json *status)
{
	const struct json *certs = json_get(status, "certificates");
	const struct json *backends = json_get(status, "backends");
	const struct json *sections = json_get(status, "ddns");

	entities->n = 0;
	add_verdict(entities, json_get(status, "problems"));
	for (size_t i = 0; i < json_count(certs); i++)
		add_cert(entities, json_at(certs, i));
	for (size_t i = 0; i < json_count(backends); i++)
		add_backend(entities, json_at(backends, i));
	for (size_t i = 0; i < json_count(sections); i++)
		add_addresses(entities, json_at(sections, i));
}

void
entities_release(struct entities *entities)
{
	for (unsigned i = 0; i < entities->n; i++) {
		struct entity *entity = &entities->list[i];

		free(entity->id);
		free(entity->name);
		free(entity->value);
		json_free(entity->attributes);
	}
	entities->n = 0;
}
