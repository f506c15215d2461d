/* Lists of addresses, named at the top level or written in a condition. */

#include <string.h>

#include "acl.h"
#include "build.h"
#include "option.h"

#define NETS_MAX 10000 /* in one list */

static void
add_net(struct config_acl *acl, struct config_net *nets, const char *text)
{
	if (acl_parse(&nets[acl->nnets], text))
		acl->nnets++;
}

static void
read_lines(struct build *build, const struct directive *section,
    struct config_acl *acl)
{
	const struct directive *line;
	const struct value *value;
	struct config_net *nets;
	unsigned n = 0;

	for (line = section->children; line != NULL; line = line->next)
		n += line->nvalues;
	nets = arena_alloc(build->arena, n * sizeof(*nets));
	acl->nets = nets;
	for (line = section->children; line != NULL; line = line->next)
		for (value = line->values; value != NULL; value = value->next)
			if (!line->bad)
				add_net(acl, nets, value->text);
}

static void
read_file(struct build *build, const struct directive *line,
    const struct value *path, struct config_acl *acl)
{
	struct config_net *nets = arena_alloc(
	                      build->arena, NETS_MAX * sizeof(*nets)),
	                  net;
	struct file_lines lines;
	char *text;

	acl->nets = nets;
	build_watch(build, line, path);
	if (!build_open(build, line->source, path, &lines))
		return;
	while ((text = build_next_line(build, &lines)) != NULL) {
		text[strcspn(text, " \t#")] = '\0';
		if (!acl_parse(&net, text))
			diag_add(build->diag, DIAG_ERROR, lines.pos,
			    "'%.100s' is neither an address nor a network such "
			    "as 192.168.1.0/24",
			    text);
		else if (acl->nnets == NETS_MAX) {
			diag_add(build->diag, DIAG_ERROR, lines.pos,
			    "more than %d addresses in one list", NETS_MAX);
			return;
		} else
			nets[acl->nnets++] = net;
	}
}

static struct config_acl *
read_acl(struct build *build, const struct directive *directive)
{
	struct config_acl *acl = arena_alloc(build->arena, sizeof(*acl));
	const struct value *last = directive->values;

	while (last != NULL && last->next != NULL)
		last = last->next;
	if ((directive->options & OPTION_FILE) != 0)
		read_file(build, directive, last, acl);
	else
		read_lines(build, directive, acl);
	return acl;
}

static const struct config_acl *
find_acl(const struct build *build, const char *name)
{
	const struct config_acl *acl = build->acls;

	while (acl != NULL && strcmp(acl->name, name) != 0)
		acl = acl->next;
	return acl;
}

void
build_acls(struct build *build)
{
	const struct directive *child = build->tree->root->children;
	struct config_acl **tail = &build->acls;

	for (; child != NULL; child = child->next) {
		if (child->bad || child->row->id != WORD_ACL)
			continue;
		if (child->nvalues > 1 && child->options == 0)
			diag_add(build->diag, DIAG_ERROR, child->pos,
			    "'ACL' takes a file behind -file only");
		if (find_acl(build, child->values->text) != NULL)
			diag_add(build->diag, DIAG_ERROR, child->pos,
			    "there is an ACL '%.100s' already",
			    child->values->text);
		*tail = read_acl(build, child);
		(*tail)->name = child->values->text;
		tail = &(*tail)->next;
	}
}

static void
warn_of_everybody(struct build *build, const struct directive *line,
    const struct config_acl *acl)
{
	for (unsigned i = 0; i < acl->nnets; i++)
		if (acl->nets[i].bits == 0) {
			diag_add(build->diag, DIAG_WARNING, line->pos,
			    "'TrustedIP' holds everybody: any client can say "
			    "that it is somebody else");
			return;
		}
}

const struct config_acl *
build_trusted(struct build *build, const struct directive *section)
{
	const struct directive *line = tree_find(section, WORD_TRUSTEDIP);
	const struct config_acl *acl;

	if (line == NULL)
		return build->trusted;
	acl = line->bad ? NULL : build_acl(build, line);
	if (acl != NULL)
		warn_of_everybody(build, line, acl);
	return acl;
}

const struct config_acl *
build_acl(struct build *build, const struct directive *line)
{
	const struct config_acl *acl;

	if (line->nvalues == 0 || (line->options & OPTION_FILE) != 0)
		return read_acl(build, line);
	acl = find_acl(build, line->values->text);
	if (acl == NULL)
		diag_add(build->diag, DIAG_ERROR, line->values->pos,
		    "there is no ACL '%.100s' at the top level",
		    line->values->text);
	return acl;
}
