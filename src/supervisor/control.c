#include "control.h"

#include <string.h>

#include "base/log.h"
#include "child.h"
#include "chore.h"
#include "ddns_ask.h"
#include "generation.h"
#include "import.h"
#include "monitor.h"
#include "portmap.h"
#include "reload.h"
#include "renewal.h"
#include "supervisor.h"

static void
command_reload(struct supervisor *sup, struct asker asker, const char *arg)
{
	(void)arg;
	reload_start(sup, asker);
}

static void
command_stop(struct supervisor *sup, struct asker asker, const char *arg)
{
	(void)arg;
	supervisor_reply(asker, true, "stopping");
	supervisor_stop(sup);
}

static void
command_drain(struct supervisor *sup, struct asker asker, const char *arg)
{
	(void)arg;
	supervisor_reply(asker, true, "draining");
	supervisor_drain(sup);
}

static void
command_reopen(struct supervisor *sup, struct asker asker, const char *arg)
{
	(void)arg;
	supervisor_reopen(sup, asker);
}

static const struct command {
	const char *verb;
	void (*run)(
	    struct supervisor *sup, struct asker asker, const char *arg);
} commands[] = {
	{ "reload", command_reload },
	{ "renew", renewal_ask },
	{ "dry-run", chore_dry_run },
	{ "reach", chore_reach },
	{ "revoke", chore_revoke },
	{ "account", chore_account },
	{ "import", import_ask },
	{ "portmap", portmap_ask },
	{ "ddns", ddns_ask },
	{ "reopen", command_reopen },
	{ "stop", command_stop },
	{ "drain", command_drain },
};

void
control_command(struct child *child, const struct msg *msg)
{
	const struct msg_CONTROL *control = &msg->u.CONTROL;
	struct supervisor *sup = monitor_from(child->owner)->generation->sup;
	struct asker asker = { child, control->id };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].verb, control->verb) == 0) {
			log_debug(
			    "command: %s %s", control->verb, control->arg);
			commands[i].run(sup, asker, control->arg);
			return;
		}
	supervisor_reply(asker, false, "there is no such command");
}
