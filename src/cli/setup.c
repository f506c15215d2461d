/* The command `setup`: what its steps do to the world, and what it prints. */

#include "setup.h"

#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "client.h"
#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "doctor.h"
#include "doctor_port.h"
#include "quick.h"
#include "reach.h"
#include "say.h"
#include "setup_break.h"

/* Also an alias, or a name that only this machine knows. */
static bool
resolves(const char *host)
{
	struct addrinfo *list;

	if (getaddrinfo(host, NULL, NULL, &list) != 0)
		return false;
	freeaddrinfo(list);
	return true;
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
	char *path = client_socket(file, err);
	int rc;

	if (path == NULL)
		return -1;
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

int
command_setup(const struct arguments *args)
{
	const char *file = args->option[OPTION_FILE];
	bool json = args->option[OPTION_JSON] != NULL;
	char *path = quick_absolute(file != NULL ? file : CONFIG_DEFAULT_FILE);
	struct setup setup = {
		.args = args,
		.parts = &parts,
		.asks = ask_is_possible() && !json &&
		    args->option[OPTION_YES] == NULL,
		.dry_run = args->option[OPTION_DRY_RUN] != NULL,
		.files.path = path,
	};
	int status;

	setup_break_arm();
	setup_screen_init(&setup.screen, json ? NULL : stdout);
	status = setup_run(&setup);
	if (json)
		setup_screen_json(
		    &setup.screen, status, setup.url, path, stdout);
	setup_release(&setup);
	free(path);
	return status;
}
