/*
 * The command `doctor`: one check after the other. One that needs what an
 * earlier one has not found is skipped. The last asks somebody outside.
 */

#include "doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "machine.h"
#include "say.h"
#include "wrap.h"
#include "json/json.h"

#define ALL_MS 22000 /* a step that was begun takes 5 s more at the most */

/* What no house can see of itself. */
static const char not_checked[] =
    "whether the internet reaches us: that takes somebody outside";

enum { NEEDS_CONFIG = 1, NEEDS_STATUS = 2, HAS_TIME = 4 /* of its own */ };

static void check_config(struct doctor *doctor);

static const struct {
	const char *name;
	void (*run)(struct doctor *doctor);
	unsigned needs;
} checks[] = {
	{ "configuration", check_config, 0 },
	{ "gateway", doctor_check_gateway, 0 },
	{ "ports", doctor_check_ports, NEEDS_CONFIG },
	{ "backends", doctor_check_backends, NEEDS_CONFIG },
	{ "ways", doctor_check_ways, NEEDS_CONFIG | NEEDS_STATUS },
	{ "settings", doctor_check_settings, 0 },
	{ "certificates", doctor_check_certs, NEEDS_STATUS },
	{ "portmap", doctor_check_portmap, NEEDS_STATUS },
	{ "ddns", doctor_check_ddns, NEEDS_STATUS },
	{ "firewall", doctor_check_firewall, NEEDS_CONFIG },
	{ "mtu", doctor_check_mtu, 0 },
	{ "names", doctor_check_names, NEEDS_CONFIG },
	{ "reachability", doctor_check_reach,
	    NEEDS_CONFIG | NEEDS_STATUS | HAS_TIME },
};

void
doctor_tell(struct doctor *doctor, char *what)
{
	if (doctor->wish->tell != NULL)
		doctor->wish->tell(doctor->wish->arg, what);
	free(what);
}

void
doctor_say(struct doctor *doctor, enum doctor_verdict verdict, char *subject,
    char *evidence, char *cure)
{
	const struct doctor_finding finding = {
		.verdict = verdict,
		.check = doctor->check,
		.subject = subject,
		.evidence = evidence,
		.cure = cure,
	};

	doctor_add(&doctor->report, &finding);
}

bool
doctor_is_late(struct doctor *doctor, const char *subject)
{
	if (clock_mono_ms() < doctor->deadline)
		return false;
	doctor_say(doctor, DOCTOR_SKIPPED, xstrdup(subject),
	    xstrdup("because the time is up"), NULL);
	return true;
}

/* What only root may look at is no mistake. */
static enum doctor_verdict
judge_line(const char *line, enum diag_level level)
{
	if (geteuid() != 0 && strstr(line, strerror(EACCES)) != NULL)
		return DOCTOR_SKIPPED;
	return level == DIAG_ERROR ? DOCTOR_FAIL : DOCTOR_WARN;
}

static char *
cure_line(enum doctor_verdict verdict)
{
	return xstrdup(verdict == DOCTOR_SKIPPED
	        ? "Run the doctor as root to have it looked at."
	        : "Correct that place, then say `gatehouse reload`.");
}

static void
say_diag(struct doctor *doctor, const struct diag *diag)
{
	const char *line;

	for (unsigned n = 0; (line = diag_line(diag, n)) != NULL; n++) {
		enum doctor_verdict verdict =
		    judge_line(line, diag_level(diag, n));

		doctor_say(doctor, verdict, xstrdup("configuration"),
		    xstrdup(line), cure_line(verdict));
	}
	if (diag_line(diag, 0) == NULL)
		doctor_say(doctor, DOCTOR_OK, xstrdup("configuration"),
		    xasprintf("%s has no mistakes", doctor->file), NULL);
}

static void
check_config(struct doctor *doctor)
{
	struct error err;
	struct diag *diag;

	doctor->text = config_text_read(doctor->file, &err);
	if (doctor->text == NULL) {
		doctor_say(doctor, DOCTOR_FAIL, xstrdup("configuration"),
		    xstrdup(err.msg),
		    xstrdup("Name the file with -f, or run the doctor as "
		            "somebody who may read it."));
		return;
	}
	diag = diag_new();
	doctor->config = config_parse(doctor->text, diag);
	if (doctor->config != NULL) {
		machine_check(doctor->config, diag);
		config_text_check(doctor->text, diag);
		doctor->backends = xcalloc(
		    doctor->config->nbackends + 1, sizeof(doctor->backends[0]));
	}
	say_diag(doctor, diag);
	diag_free(diag);
}

/* What it needs and there is not, or NULL. */
static const char *
missing(const struct doctor *doctor, unsigned needs)
{
	if ((needs & NEEDS_CONFIG) && doctor->config == NULL)
		return "the configuration cannot be used";
	if ((needs & NEEDS_STATUS) && doctor->status == NULL)
		return "no gateway says how it is";
	return NULL;
}

static void
run_checks(struct doctor *doctor)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		const char *why = missing(doctor, checks[i].needs);

		doctor->check = checks[i].name;
		if (why != NULL)
			doctor_say(doctor, DOCTOR_SKIPPED,
			    xstrdup(checks[i].name),
			    xasprintf("because %s", why), NULL);
		else if ((checks[i].needs & HAS_TIME) ||
		    !doctor_is_late(doctor, checks[i].name))
			checks[i].run(doctor);
	}
}

void
doctor_examine(const struct doctor_wish *wish, struct doctor_report *report)
{
	struct doctor doctor = {
		.file = wish->file,
		.inside = wish->inside,
		.token = wish->token,
		.wish = wish,
		.deadline = clock_mono_ms() + ALL_MS,
		.now = clock_wall(),
		.report.not_checked = not_checked,
	};

	run_checks(&doctor);
	*report = doctor.report;
	free(doctor.backends);
	json_free(doctor.status);
	config_free(doctor.config);
	config_text_free(doctor.text);
}

static void
tell(void *arg, const char *what)
{
	fprintf(arg, "%s ...\n", what);
}

int
command_doctor(const struct arguments *args)
{
	const char *file = args->option[OPTION_FILE];
	const char *token_file = args->option[OPTION_HA_TOKEN_FILE];
	struct doctor_wish wish = {
		.file = file != NULL ? file : CONFIG_DEFAULT_FILE,
		.inside = args->option[OPTION_INSIDE] != NULL,
		.tell = isatty(STDERR_FILENO) ? tell : NULL,
		.arg = stderr,
	};
	struct doctor_report report;
	struct error err;
	char *token = NULL;
	int status;

	if (token_file != NULL) {
		token = ask_file(token_file, &err);
		if (token == NULL) {
			say("%s", err.msg);
			return EXIT_USAGE;
		}
		wish.token = token;
	}
	doctor_examine(&wish, &report);
	secret_free(token);
	if (args->option[OPTION_JSON] != NULL)
		doctor_print_json(&report, stdout);
	else
		doctor_print(&report, wrap_has_colour(stdout), stdout);
	status = doctor_exit_status(&report);
	doctor_release(&report);
	return status;
}
