#include "plan.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"

static void
find_user(struct plan *plan, struct diag *diag)
{
	const struct config *config = plan->config;
	const struct passwd *pw;

	if (config->user == NULL)
		return;
	pw = getpwnam(config->user);
	if (pw == NULL) {
		diag_add(diag, DIAG_ERROR, config->user_pos,
		    "there is no user \"%s\" on this machine", config->user);
		return;
	}
	plan->uid = pw->pw_uid;
	plan->gid = pw->pw_gid;
}

/* Debian calls the group of "nobody" differently from everyone else. */
static void
find_group(struct plan *plan, struct diag *diag)
{
	const struct config *config = plan->config;
	const struct group *gr;

	if (config->group == NULL)
		return;
	gr = getgrnam(config->group);
	if (gr == NULL && strcmp(config->group, "nobody") == 0) {
		gr = getgrnam("nogroup");
		if (gr != NULL)
			diag_add(diag, DIAG_WARNING, config->group_pos,
			    "there is no group \"nobody\" on this machine; "
			    "taking \"nogroup\"");
	}
	if (gr == NULL)
		diag_add(diag, DIAG_ERROR, config->group_pos,
		    "there is no group \"%s\" on this machine", config->group);
	else
		plan->gid = gr->gr_gid;
}

static void
find_root(struct plan *plan, struct diag *diag)
{
	const struct config *config = plan->config;
	struct stat st;

	if (config->root_jail == NULL)
		return;
	if (stat(config->root_jail, &st) == -1)
		diag_add(diag, DIAG_ERROR, config->root_jail_pos,
		    "RootJail %s: %s", config->root_jail, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		diag_add(diag, DIAG_ERROR, config->root_jail_pos,
		    "RootJail %s is not a directory", config->root_jail);
	else
		plan->root = config->root_jail;
}

/* Without root nothing can be given up; a person trying things out may. */
static void
stay(const struct plan *plan, struct diag *diag)
{
	const struct config *config = plan->config;
	const struct {
		const char *word;
		const char *value;
		struct config_pos pos;
	} wants[] = {
		{ "User", config->user, config->user_pos },
		{ "Group", config->group, config->group_pos },
		{ "RootJail", config->root_jail, config->root_jail_pos },
	};

	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		if (wants[i].value != NULL)
			diag_add(diag, DIAG_WARNING, wants[i].pos,
			    "not started as root: %s has no effect",
			    wants[i].word);
}

struct plan *
plan_load(const char *file, struct diag *diag, struct error *err)
{
	struct plan *plan = xcalloc(1, sizeof(*plan));

	plan->sealed = -1;
	plan->uid = PLAN_STAY;
	plan->gid = (gid_t)PLAN_STAY;
	plan->root = "";
	if (err != NULL)
		err->msg[0] = '\0';
	plan->text = config_text_read(file, err);
	if (plan->text != NULL)
		plan->config = config_parse(plan->text, diag);
	if (plan->config == NULL) {
		plan_free(plan);
		return NULL;
	}
	config_text_check(plan->text, diag);
	if (geteuid() == 0) {
		find_user(plan, diag);
		find_group(plan, diag);
		find_root(plan, diag);
	} else {
		stay(plan, diag);
	}
	if (diag_count(diag, DIAG_ERROR) == 0)
		plan->sealed = config_text_seal(plan->text, err);
	if (plan->sealed == -1) {
		plan_free(plan);
		return NULL;
	}
	return plan;
}

int64_t
plan_wire_id(uint32_t id)
{
	return id == PLAN_STAY ? -1 : (int64_t)id;
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	if (plan->sealed != -1)
		close(plan->sealed);
	config_free(plan->config);
	config_text_free(plan->text);
	free(plan);
}
