/* The command `setup`: what its steps do to the world, and what it prints. */

#include "setup.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "client.h"
#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "dns/dns.h"
#include "doctor.h"
#include "doctor_port.h"
#include "quick.h"
#include "reach.h"
#include "say.h"
#include "setup_break.h"

static bool
resolves(const char *host)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA };
	struct dns_server servers[1];
	struct dns_answer answer;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (dns_resolve(host, types[i], &answer, NULL) == 0 &&
		    answer.n > 0)
			return true;
	/* An alias, or a name that only this machine knows. */
	return dns_find_servers(host, servers, 1) > 0;
}

static void
look_at_port(uint16_t number, struct doctor_port *port)
{
	struct addr addr;

	addr_parse(&addr, "::", number);
	doctor_look_at_port(&addr, NULL, port);
}

static int
ask_gateway(
    const char *file, const char *request, char **answer, struct error *err)
{
	struct client_answer said;
	char *path = client_find_socket(file);
	int rc;

	if (path == NULL)
		return error_set(err, ERR_SYNTAX, "%s cannot be read", file);
	rc = client_ask(path, request, &said, err);
	free(path);
	if (rc == -1)
		return -1;
	if (said.ok) {
		*answer = said.text;
		return 0;
	}
	error_set(err, ERR_DENIED, "%s", said.text);
	free(said.text);
	return -1;
}

static void
pause_for(unsigned ms)
{
	poll(NULL, 0, (int)ms);
}

static const struct setup_parts parts = {
	.find = ha_find,
	.resolves = resolves,
	.port = look_at_port,
	.is_running = service_is_running,
	.start = service_start,
	.reload = service_reload,
	.end = service_end,
	.remove = service_remove,
	.ask = ask_gateway,
	.reach = reach_look,
	.trust = ha_trust,
	.examine = doctor_examine,
	.now = clock_mono_ms,
	.pause = pause_for,
};

/* --- the end -------------------------------------------------------------- */

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
		text = xasprintf(
		    "\n%sOpen %s    Check any time: gatehouse doctor\n",
		    setup->changed ? "" : "Nothing had to be changed. ",
		    setup->url);
	setup_screen_say(&setup->screen, text);
	free(text);
}

static int
run(struct setup *setup)
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
		status = setup_steps(setup);
	}
	if (status == SETUP_GOOD || setup->url != NULL)
		say_end(setup, status);
	return status;
}

static void
release(struct setup *setup)
{
	service_end(setup->service);
	setup_screen_release(&setup->screen);
	setup_answers_release(&setup->answers);
	setup_answers_release(&setup->known);
	setup_files_close(&setup->files);
	ha_found_release(&setup->home_assistant);
	secret_free(setup->ha_token);
	free(setup->url);
}

int
command_setup(const struct arguments *args)
{
	const char *file = args->option[OPTION_FILE];
	bool json = args->option[OPTION_JSON] != NULL;
	char *path = quick_absolute(file != NULL ? file : CONFIG_DEFAULT_FILE);
	struct setup setup = {
		.args = args,
		.parts = &parts,
		.asks = isatty(STDIN_FILENO) && !json &&
		    args->option[OPTION_YES] == NULL,
		.dry_run = args->option[OPTION_DRY_RUN] != NULL,
		.files.path = path,
	};
	int status;

	setup_break_arm();
	setup_screen_init(&setup.screen, json ? NULL : stdout);
	status = run(&setup);
	if (json)
		setup_screen_json(
		    &setup.screen, status, setup.url, path, stdout);
	release(&setup);
	free(path);
	return status;
}
