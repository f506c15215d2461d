#ifndef MQTT_DOCUMENT_H
#define MQTT_DOCUMENT_H

/*
 * What the broker keeps for Home Assistant: for each entity a document that
 * says what it is (MQTT discovery), under
 *
 *	PREFIX/COMPONENT/NODE/ENTITY/config
 *
 * and one for all of them that says how they are, under gatehouse/ID/state. A
 * NODE is gatehouse_ID.
 */

#include <stdbool.h>
#include <stdint.h>

#include "entity.h"

struct document {
	char *topic;
	char *payload;
};

struct documents {
	struct document state;
	struct document list[ENTITIES_MAX];
	unsigned n;
	char *prefix;
	char *node;
	char *pattern; /* of the topics of the list */
};

struct document_scope {
	const char *prefix;
	const char *id;      /* of the gateway; made an identifier here */
	const char *version; /* of the program */
	uint32_t interval;   /* seconds between two times that this is told */
};

/* Takes the attributes of the entities over. */
void documents_init(struct documents *documents, struct entities *entities,
    const struct document_scope *scope);
void documents_release(struct documents *documents);

/*
 * Is it the topic of an entity that we have made, or could have, and is there
 * none any more? A broker says what it likes: anything else is not ours.
 */
bool documents_is_leftover(
    const struct documents *documents, const char *topic);

#endif
