/* The steps up to a gateway that runs: see setup.h. */

#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/xalloc.h"
#include "command.h"
#include "doctor_port.h"
#include "setup.h"

static const char home_assistant[] = "Home Assistant";

/* --- Home Assistant ------------------------------------------------------- */

static void
keep_backend(struct setup *setup)
{
	const struct ha_found *found = &setup->home_assistant;

	setup->answers.backend = xstrdup(found->place);
	setup_screen_end(&setup->screen, DOCTOR_OK,
	    xasprintf("found %s%sat %s", found->version,
	        found->version[0] != '\0' ? " " : "", found->place),
	    NULL);
}

/* Where to look after that; NULL: nobody says. */
static char *
ask_place(struct setup *setup)
{
	char *place = NULL;

	if (setup->asks)
		place =
		    ask_line("Home Assistant   where is it (ADDRESS:PORT): ");
	if (place != NULL && place[0] == '\0') {
		free(place);
		place = NULL;
	}
	return place;
}

int
setup_look(struct setup *setup)
{
	const char *given = setup->args->option[OPTION_BACKEND];
	char *place = NULL;
	struct error err;

	if (given != NULL)
		place = xstrdup(given);
	else if (setup->known.backend != NULL)
		place = xstrdup(setup->known.backend);
	for (;;) {
		int rc;

		setup_screen_begin(
		    &setup->screen, home_assistant, "looking for it");
		rc = setup->parts->find(place, &setup->home_assistant, &err);
		free(place);
		if (rc == 0)
			break;
		setup_screen_end(
		    &setup->screen, DOCTOR_FAIL, xstrdup(err.msg), NULL);
		place = ask_place(setup);
		if (place == NULL)
			return SETUP_HA;
	}
	keep_backend(setup);
	return SETUP_GOOD;
}

/* --- ports ---------------------------------------------------------------- */

/* Somebody else listens there. */
static bool
is_held(const struct doctor_port *port)
{
	return port->taken && strncmp(port->name, "gatehouse", 9) != 0;
}

static int
say_held(struct setup *setup, uint16_t number, const struct doctor_port *port)
{
	setup_screen_end(&setup->screen, DOCTOR_FAIL,
	    port->other != 0
	        ? xasprintf("port %u is held by %s (process %d)", number,
	              port->name, (int)port->other)
	        : xasprintf("port %u is held by another program", number),
	    xstrdup(number == 80
	            ? "Stop that program, or say --http01=no: then port 443 "
	              "alone proves the name."
	            : "Stop that program, or have it listen on another port."));
	return SETUP_PORT;
}

int
setup_step_ports(struct setup *setup)
{
	struct doctor_port http = { 0 }, https = { 0 };

	setup_screen_begin(&setup->screen, "Ports", "looking");
	setup->parts->port(80, &http);
	setup->parts->port(443, &https);
	setup->answers.port80_taken = is_held(&http);
	if (is_held(&http) && setup->answers.http01)
		return say_held(setup, 80, &http);
	if (is_held(&https))
		return say_held(setup, 443, &https);
	setup_screen_end(&setup->screen, DOCTOR_OK,
	    xstrdup(is_held(&http) ? "443 is free here, which is enough"
	            : https.taken  ? "80 and 443 are ours"
	                           : "80 and 443 are free here"),
	    NULL);
	return SETUP_GOOD;
}

/* --- the configuration ---------------------------------------------------- */

static int
say_failed(struct setup *setup, const struct error *err)
{
	setup_screen_end(&setup->screen, DOCTOR_FAIL, xstrdup(err->msg),
	    xstrdup(err->kind == ERR_DENIED || err->kind == ERR_SYS
	            ? "Run it as root: sudo gatehouse setup."
	            : "Look at that file."));
	return SETUP_PERMISSION;
}

static int
say_beside(struct setup *setup)
{
	const char *path = setup->files.path;

	setup_screen_end(&setup->screen, DOCTOR_FAIL,
	    xasprintf("%s is not from these answers: it stays as it is, and "
	              "what they make is in %s" SETUP_BESIDE,
	        path, path),
	    xasprintf("Take over from it what you want. Or, to have it all: "
	              "mv %s" SETUP_BESIDE " %s, and say this again.",
	        path, path));
	return SETUP_USAGE;
}

static int
write_first(struct setup *setup)
{
	struct setup_files *files = &setup->files;
	struct error err;

	if (setup_files_put_secret(files, &setup->answers, &err) == -1) {
		setup_screen_end(&setup->screen, DOCTOR_FAIL, xstrdup(err.msg),
		    err.kind == ERR_DENIED && files->secret_path != NULL
		        ? xasprintf("If it is the right one: mv %s" SETUP_BESIDE
		                    " %s, and say this again.",
		              files->secret_path, files->secret_path)
		        : NULL);
		return err.kind == ERR_DENIED ? SETUP_USAGE : SETUP_PERMISSION;
	}
	if (setup->file == SETUP_FILE_NONE) {
		if (setup_files_put(files, files->rehearsal, &err) == -1)
			return say_failed(setup, &err);
		setup->changed = true;
	}
	setup_screen_end(&setup->screen, DOCTOR_OK,
	    xasprintf("%s %s%s%s",
	        setup->file == SETUP_FILE_NONE ? "written:" : "going on with",
	        files->path, files->secret_path != NULL ? ", and " : "",
	        files->secret_path != NULL ? files->secret_path : ""),
	    NULL);
	return SETUP_GOOD;
}

static int
show_plan(struct setup *setup)
{
	const struct setup_files *files = &setup->files;
	bool new = setup->file == SETUP_FILE_NONE ||
	    setup->file == SETUP_FILE_REHEARSAL;

	setup_screen_end(&setup->screen, DOCTOR_OK,
	    xasprintf(new ? "would be written: %s"
	                  : "would be written beside %s, which is another one",
	        files->path),
	    NULL);
	setup_screen_say(&setup->screen, "\n");
	setup_screen_say(&setup->screen, files->final);
	setup_screen_say(&setup->screen, "\n");
	return SETUP_GOOD;
}

bool
setup_is_rehearsed(const struct setup *setup)
{
	return setup->file == SETUP_FILE_FINAL ||
	    setup->file == SETUP_FILE_EDITED;
}

int
setup_step_configuration(struct setup *setup)
{
	struct setup_files *files = &setup->files;
	struct error err;

	setup_screen_begin(&setup->screen, "Configuration", "writing");
	setup->file = setup_files_plan(files, &setup->answers);
	if (setup->file == SETUP_FILE_FINAL ||
	    setup->file == SETUP_FILE_EDITED) {
		setup_screen_end(&setup->screen, DOCTOR_OK,
		    xasprintf("%s is there and stays as it is%s", files->path,
		        setup->file == SETUP_FILE_EDITED
		            ? ", with what you have changed"
		            : ""),
		    NULL);
		return SETUP_GOOD;
	}
	if (setup->dry_run)
		return show_plan(setup);
	if (setup_files_may(files, &err) == -1)
		return say_failed(setup, &err);
	if (setup->file != SETUP_FILE_OTHER)
		return write_first(setup);
	if (setup_files_put_beside(files, &err) == -1)
		return say_failed(setup, &err);
	return say_beside(setup);
}

/* --- the service ---------------------------------------------------------- */

static const char *
way_text(enum service_way way)
{
	switch (way) {
	case SERVICE_SYSTEMD:
		return "gatehouse.service runs, and will after a restart";
	case SERVICE_DAEMON:
		return "the gateway runs; without systemd, nobody starts it "
		       "after a restart of the machine";
	case SERVICE_CHILD:
		break;
	}
	return "the gateway runs for as long as this takes";
}

int
setup_step_service(struct setup *setup)
{
	enum service_way way =
	    service_choose(setup->args->option[OPTION_NO_SERVICE] != NULL);
	bool was_running = setup->parts->is_running(setup->files.path);
	struct error err;

	if (setup->dry_run)
		return SETUP_GOOD;
	setup_screen_begin(&setup->screen, "Service", "starting");
	if (setup->parts->start(
	        way, setup->files.path, &setup->service, &err) == -1) {
		setup_screen_end(&setup->screen, DOCTOR_FAIL, xstrdup(err.msg),
		    xasprintf("See what `gatehouse check -f %s` says; then "
		              "say this again.",
		        setup->files.path));
		return SETUP_PORT;
	}
	setup->changed |= !was_running;
	setup_screen_end(&setup->screen, DOCTOR_OK,
	    xstrdup(was_running && way == SERVICE_CHILD
	            ? "the gateway was running already"
	            : way_text(way)),
	    NULL);
	return SETUP_GOOD;
}
