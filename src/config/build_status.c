/* The Status section. */

#include "build.h"

static const char **
read_names(struct build *build, const struct directive *section, unsigned *n)
{
	const struct directive *line;
	const char **names;

	names = arena_alloc(build->arena,
	    tree_count(section, WORD_SERVERNAME) * sizeof(*names));
	for (line = section->children; line != NULL; line = line->next)
		if (!line->bad && line->row->id == WORD_SERVERNAME)
			names[(*n)++] = line->values->text;
	return names;
}

/* Both would have the port, and each get some of the other's connections. */
static void
check_collision(struct build *build, const struct directive *section,
    const struct config_status *status)
{
	const struct config_listener *listener =
	    build_collision(build, &status->addr);
	char text[ADDR_TEXT_SIZE];

	if (listener == NULL || tree_is_bad(section))
		return;
	diag_add(build->diag, DIAG_ERROR, section->pos,
	    "'Status' wants to listen on %s, but the listener on %s listens "
	    "there already",
	    addr_text(&status->addr, text),
	    tree_where(build->tree, listener->pos, section->pos));
}

const struct config_status *
build_status(struct build *build)
{
	const struct directive *section =
	    tree_find(build->tree->root, WORD_STATUS);
	const struct directive *acl;
	struct config_status *status;
	const char *address;

	if (section == NULL)
		return NULL;
	status = arena_alloc(build->arena, sizeof(*status));
	status->pos = section->pos;
	address = build_text(section, WORD_ADDRESS);
	if (address == NULL)
		address = schema_row(SCOPE_STATUS, WORD_ADDRESS)->def;
	addr_parse(&status->addr, address,
	    (uint16_t)build_number(build, section, WORD_PORT));
	acl = tree_find(section, WORD_ACL);
	if (acl != NULL && !acl->bad)
		status->acl = build_acl(build, acl);
	status->names = read_names(build, section, &status->nnames);
	check_collision(build, section, status);
	return status;
}
