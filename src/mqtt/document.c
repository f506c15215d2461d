#include "document.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "json/json.h"

#define EXPIRES 3 /* intervals without a word: then nothing is known */

/* Home Assistant shows these as one device. */
static struct json *
device(const struct documents *documents, const struct document_scope *scope)
{
	struct json *device = json_new_object();
	struct json *identifiers = json_new_array();
	char *name = xasprintf("Gatehouse %s", scope->id);

	json_append(identifiers, json_new_string(documents->node));
	json_set(device, "identifiers", identifiers);
	json_set_str(device, "name", name);
	json_set_str(device, "sw_version", scope->version);
	free(name);
	return device;
}

static struct json *
origin(const struct document_scope *scope)
{
	struct json *origin = json_new_object();

	json_set_str(origin, "name", "Gatehouse");
	json_set_str(origin, "sw_version", scope->version);
	return origin;
}

/* Takes the text over. */
static void
set_text(struct json *object, const char *member, char *text)
{
	json_set_str(object, member, text);
	free(text);
}

/* An entity that is new may be known before the state that has it. */
static void
set_templates(struct json *config, const char *id)
{
	set_text(config, "value_template",
	    xasprintf("{{ value_json.%s.value if '%s' in value_json else '%s' "
	              "}}",
	        id, id, ENTITY_UNKNOWN));
	set_text(config, "json_attributes_template",
	    xasprintf("{{ (value_json.%s.attributes if '%s' in value_json "
	              "else {}) | tojson }}",
	        id, id));
}

static char *
print_config(const struct documents *documents, const struct entity *entity,
    const struct document_scope *scope)
{
	struct json *config = json_new_object();
	char *text;

	json_set_str(config, "name", entity->name);
	set_text(config, "unique_id",
	    xasprintf("%s_%s", documents->node, entity->id));
	if (entity->device_class != NULL)
		json_set_str(config, "device_class", entity->device_class);
	json_set_str(config, "state_topic", documents->state.topic);
	json_set_str(config, "json_attributes_topic", documents->state.topic);
	set_templates(config, entity->id);
	json_set_int(
	    config, "expire_after", EXPIRES * (int64_t)scope->interval);
	json_set_int(config, "qos", 1);
	json_set(config, "device", device(documents, scope));
	json_set(config, "origin", origin(scope));
	text = json_dump(config);
	json_free(config);
	return text;
}

static char *
print_state(struct entities *entities)
{
	struct json *state = json_new_object();
	char *text;

	for (unsigned i = 0; i < entities->n; i++) {
		struct entity *entity = &entities->list[i];
		struct json *one = json_new_object();

		json_set_str(one, "value", entity->value);
		json_set(one, "attributes", entity->attributes);
		entity->attributes = NULL;
		json_set(state, entity->id, one);
	}
	text = json_dump(state);
	json_free(state);
	return text;
}

void
documents_init(struct documents *documents, struct entities *entities,
    const struct document_scope *scope)
{
	char *id = entity_identifier("", scope->id);

	documents->prefix = xstrdup(scope->prefix);
	documents->node = xasprintf("gatehouse_%s", id);
	documents->pattern =
	    xasprintf("%s/+/%s/+/config", scope->prefix, documents->node);
	documents->state.topic = xasprintf("gatehouse/%s/state", id);
	documents->state.payload = print_state(entities);
	documents->n = entities->n;
	for (unsigned i = 0; i < entities->n; i++) {
		const struct entity *entity = &entities->list[i];

		documents->list[i].topic =
		    xasprintf("%s/%s/%s/%s/config", scope->prefix,
		        entity->component, documents->node, entity->id);
		documents->list[i].payload =
		    print_config(documents, entity, scope);
	}
	free(id);
}

void
documents_release(struct documents *documents)
{
	free(documents->prefix);
	free(documents->node);
	free(documents->pattern);
	free(documents->state.topic);
	free(documents->state.payload);
	for (unsigned i = 0; i < documents->n; i++) {
		free(documents->list[i].topic);
		free(documents->list[i].payload);
	}
}

/* Skips a level that is this one, with its slash; NULL if it is another. */
static const char *
skip(const char *topic, const char *level)
{
	size_t len = strlen(level);

	if (strncmp(topic, level, len) != 0 || topic[len] != '/')
		return NULL;
	return topic + len + 1;
}

static const char *
skip_component(const char *topic)
{
	const char *rest = skip(topic, "sensor");

	return rest != NULL ? rest : skip(topic, "binary_sensor");
}

static bool
is_ours(const struct documents *documents, const char *topic)
{
	size_t len;

	topic = skip(topic, documents->prefix);
	if (topic != NULL)
		topic = skip_component(topic);
	if (topic != NULL)
		topic = skip(topic, documents->node);
	if (topic == NULL)
		return false;
	len = strspn(topic, "abcdefghijklmnopqrstuvwxyz0123456789_");
	return len > 0 && strcmp(topic + len, "/config") == 0;
}

bool
documents_is_leftover(const struct documents *documents, const char *topic)
{
	if (!is_ours(documents, topic))
		return false;
	for (unsigned i = 0; i < documents->n; i++)
		if (strcmp(documents->list[i].topic, topic) == 0)
			return false;
	return true;
}
