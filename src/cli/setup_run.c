/* All steps, from the first look to the last word. */

#include <stdlib.h>

#include "base/secret.h"
#include "base/xalloc.h"
#include "command.h"
#include "say.h"
#include "setup.h"

static int
run_steps(struct setup *setup)
{
	static const struct {
		int (*run)(struct setup *setup);
		bool looks; /* it has its place in a dry run, too */
	} steps[] = {
		{ setup_step_ports, true },
		{ setup_step_configuration, true },
		{ setup_step_service, false },
		{ setup_step_address, false },
		{ setup_step_router, false },
		{ setup_step_rehearsal, false },
		{ setup_step_reach, false },
		{ setup_step_certificate, false },
		{ setup_step_trust, true },
		{ setup_step_examine, false },
	};
	int status = SETUP_GOOD;

	for (size_t i = 0;
	     status == SETUP_GOOD && i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].looks || !setup->dry_run)
			status = steps[i].run(setup);
	return status;
}

static void
say_end(struct setup *setup, int status)
{
	const char *path = setup->files.path;
	char *text;

	if (status != SETUP_GOOD)
		text = xstrdup("\nWhen that is done, say this again: it goes "
		               "on where it ended.\n");
	else if (setup->dry_run)
		text = xstrdup("\nNothing was changed.\n");
	else if (setup->args->option[OPTION_NO_SERVICE] != NULL)
		text = xasprintf("\nIt is ready for %s: gatehouse run -f %s\n",
		    setup->url, path);
	else
		text =
		    xasprintf("\n%sOpen %s\nCheck any time: gatehouse doctor\n",
		        setup->changed ? "" : "Nothing had to be changed. ",
		        setup->url);
	setup_screen_say(&setup->screen, text);
	free(text);
}

int
setup_run(struct setup *setup)
{
	struct error err;
	int status;

	if (setup_files_open(&setup->files, &setup->known, &err) == -1) {
		say("setup: %s", err.msg);
		return err.kind == ERR_DENIED ? SETUP_PERMISSION : SETUP_USAGE;
	}
	if (!setup->dry_run && setup->files.content == NULL &&
	    setup_files_may(&setup->files, &err) == -1) {
		say("setup: %s: run it as root (sudo gatehouse setup)",
		    err.msg);
		return SETUP_PERMISSION;
	}
	/* A person learns first what can be found without being asked. */
	status = setup->asks ? setup_look(setup) : setup_questions(setup);
	if (status == SETUP_GOOD)
		status =
		    setup->asks ? setup_questions(setup) : setup_look(setup);
	if (status == SETUP_GOOD) {
		setup->url = xasprintf("https://%s", setup->answers.host);
		status = run_steps(setup);
	}
	if (status == SETUP_GOOD || setup->url != NULL)
		say_end(setup, status);
	return status;
}

void
setup_release(struct setup *setup)
{
	setup->parts->end(setup->service);
	setup_screen_release(&setup->screen);
	setup_answers_release(&setup->answers);
	setup_answers_release(&setup->known);
	setup_files_close(&setup->files);
	ha_found_release(&setup->home_assistant);
	secret_free(setup->ha_token);
	free(setup->url);
}
