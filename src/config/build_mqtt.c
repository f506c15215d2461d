/* The MQTT section. */

#include <string.h>

#include "build.h"

#define PORT 1883
#define PORT_TLS 8883

/* The name of a topic, not a pattern of some. */
static bool
is_topic(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > 128 || text[0] == '/' || text[len - 1] == '/')
		return false;
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' || strchr("+#$", *text) != NULL)
			return false;
	return true;
}

static void
read_prefix(struct build *build, const struct directive *section,
    struct config_mqtt *mqtt)
{
	const struct value *value = build_value(section, WORD_PREFIX);

	mqtt->prefix = schema_row(SCOPE_MQTT, WORD_PREFIX)->def;
	if (value == NULL)
		return;
	mqtt->prefix = value->text;
	if (!is_topic(value->text))
		diag_add(build->diag, DIAG_ERROR, value->pos,
		    "'Prefix' needs a topic such as homeassistant, without "
		    "blanks, +, # and $");
}

/* The port that is said, or the usual one of what is spoken. */
static void
read_server(const struct directive *section, struct config_mqtt *mqtt)
{
	const struct value *tls = build_value(section, WORD_TLS);
	uint16_t port = 0;

	mqtt->server = section->values->text;
	addr_split(mqtt->server, mqtt->host, sizeof(mqtt->host), &port);
	mqtt->tls = tls != NULL ? tls->number != 0 : port == PORT_TLS;
	if (port == 0)
		port = mqtt->tls ? PORT_TLS : PORT;
	mqtt->port = port;
}

static void
read_account(struct build *build, const struct directive *section,
    struct config_mqtt *mqtt)
{
	const struct build_secret_words words = { WORD_PASSWORD,
		WORD_PASSWORDFILE, CONFIG_MQTT_SECRET_MAX };
	bool bad = tree_is_bad(section);

	mqtt->login = build_text(section, WORD_LOGIN);
	mqtt->password = build_secret(build, section, &words, &bad);
	if (mqtt->password != NULL && mqtt->login == NULL && !bad)
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "'MQTT' has a password, but no Login: the user at the "
		    "broker");
}

const struct config_mqtt *
build_mqtt(struct build *build)
{
	const struct directive *section =
	    tree_find(build->tree->root, WORD_MQTT);
	struct config_mqtt *mqtt;
	const struct value *ca;

	if (section == NULL || section->bad)
		return NULL;
	mqtt = arena_alloc(build->arena, sizeof(*mqtt));
	mqtt->pos = section->pos;
	read_server(section, mqtt);
	read_account(build, section, mqtt);
	read_prefix(build, section, mqtt);
	mqtt->id = build_text(section, WORD_ID);
	mqtt->interval = (unsigned)build_number(build, section, WORD_INTERVAL);
	ca = build_value(section, WORD_CAFILE);
	if (ca != NULL) {
		mqtt->ca_file = ca->text;
		mqtt->ca_pos = ca->pos;
		if (!mqtt->tls)
			diag_add(build->diag, DIAG_ERROR, ca->pos,
			    "'CAFile' is for TLS, which this broker is not "
			    "spoken to over; say 'TLS yes', or leave it out");
	}
	return mqtt;
}
