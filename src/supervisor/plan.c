#include "plan.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"

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
	struct config_rights rights;

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
		config_find_rights(plan->config, &rights, diag);
		plan->uid = rights.uid;
		plan->gid = rights.gid;
		plan->root = rights.root;
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
