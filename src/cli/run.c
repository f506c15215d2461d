/*
 * The command `run`: becomes gatehoused, with a configuration file or with the
 * one that a few options stand for.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "ha_find.h"
#include "program.h"
#include "quick.h"
#include "say.h"

#define QUICK_FILE "gatehouse.conf" /* in the state directory */

static int
become_daemon(const char *file)
{
	char *daemon = program_find("../sbin/gatehoused");

	fflush(stdout);
	execl(daemon, "gatehoused", "-f", file, (char *)NULL);
	say("cannot run %s: %m", daemon);
	free(daemon);
	return EXIT_BAD;
}

static void
announce(const struct quick *quick, const char *file)
{
	printf("https://%s/ will be served on port 443 and passed on to %s,\n"
	       "with a certificate from Let's Encrypt that renews itself;\n"
	       "port 80 redirects there, and Let's Encrypt asks there who we "
	       "are.\n"
	       "Both ports must be reachable from the internet as %s.\n\n"
	       "state          %s\n"
	       "configuration  %s\n"
	       "how it is      gatehouse status -f %s\n"
	       "stop           Ctrl-C\n\n",
	    quick->host, quick->backend, quick->host, quick->state_dir, file,
	    file);
}

static int
write_file(const struct quick *quick, const char *text, struct error *err)
{
	int fd, rc;

	fd = file_open_dir(quick->state_dir, 0700, err);
	if (fd == -1)
		return -1;
	rc = file_write_at(fd, QUICK_FILE, text, strlen(text), 0600, err);
	close(fd);
	return rc;
}

static int
run_quick(const struct quick *quick)
{
	char *text, *file;
	struct error err;
	int status = EXIT_BAD;

	text = quick_text(quick, &err);
	if (text == NULL) {
		say("%s", err.msg);
		return EXIT_USAGE;
	}
	file = xasprintf("%s/%s", quick->state_dir, QUICK_FILE);
	if (write_file(quick, text, &err) == -1)
		say("%s", err.msg);
	else {
		announce(quick, file);
		status = become_daemon(file);
	}
	free(file);
	free(text);
	return status;
}

/* The options that only make sense together. */
static const char *
misuse(const struct arguments *args)
{
	bool host = args->option[OPTION_HOST] != NULL;

	if (host && args->option[OPTION_FILE] != NULL)
		return "either --file or --host: a file says all of it";
	if (!host &&
	    (args->option[OPTION_BACKEND] != NULL ||
	        args->option[OPTION_EMAIL] != NULL ||
	        args->option[OPTION_STATE_DIR] != NULL))
		return "--backend, --email and --state-dir need --host NAME: "
		       "what is your public name?";
	return NULL;
}

static void
say_found(const struct ha_found *found)
{
	char local[ADDR_TEXT_SIZE];

	printf("Home Assistant %s was found at %s.\n", found->version,
	    found->place);
	if (!found->trusts)
		printf("It does not trust this gateway yet, which it sees as "
		       "%s: `gatehouse doctor`\nhas the cure.\n",
		    addr_ip_text(&found->local, local));
	putchar('\n');
}

static int
run_found(struct quick *quick)
{
	struct ha_found found;
	struct error err;
	int status;

	if (ha_find(NULL, &found, &err) == -1) {
		say("run: %s", err.msg);
		return EXIT_BAD;
	}
	say_found(&found);
	quick->backend = found.place;
	quick->insecure = found.tls;
	status = run_quick(quick);
	ha_found_release(&found);
	return status;
}

int
command_run(const struct arguments *args)
{
	struct quick quick = { .host = args->option[OPTION_HOST],
		.backend = args->option[OPTION_BACKEND],
		.email = args->option[OPTION_EMAIL],
		.unprivileged = geteuid() == 0 };
	const char *file = args->option[OPTION_FILE];
	const char *wrong = misuse(args);
	struct error err;
	char *dir;
	int status;

	if (wrong != NULL) {
		say("run: %s", wrong);
		return EXIT_USAGE;
	}
	if (quick.host == NULL)
		return become_daemon(file != NULL ? file : CONFIG_DEFAULT_FILE);
	dir = args->option[OPTION_STATE_DIR] != NULL
	    ? quick_absolute(args->option[OPTION_STATE_DIR])
	    : quick_state_dir(&err);
	if (dir == NULL) {
		say("run: %s", err.msg);
		return EXIT_BAD;
	}
	quick.state_dir = dir;
	status = quick.backend != NULL ? run_quick(&quick) : run_found(&quick);
	free(dir);
	return status;
}
