/*
 * The command `doctor`: every check that can be made from the house, one after
 * the other. A check that needs what an earlier one has not found is skipped.
 */

#include "doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "machine.h"
#include "json/json.h"

#define ALL_MS 22000 /* a step that was begun takes 5 s more at the most */

enum { NEEDS_CONFIG = 1, NEEDS_STATUS = 2 };

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
	{ "certificates", doctor_check_certs, NEEDS_STATUS },
	{ "portmap", doctor_check_portmap, NEEDS_STATUS },
	{ "ddns", doctor_check_ddns, NEEDS_STATUS },
	{ "names", doctor_check_names, NEEDS_CONFIG },
};

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
		else if (!doctor_is_late(doctor, checks[i].name))
			checks[i].run(doctor);
	}
}

static bool
wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0');
}

int
command_doctor(const struct arguments *args)
{
	const char *file = args->option[OPTION_FILE];
	struct doctor doctor = {
		.file = file != NULL ? file : CONFIG_DEFAULT_FILE,
		.deadline = clock_mono_ms() + ALL_MS,
		.now = clock_wall(),
	};
	int status;

	run_checks(&doctor);
	if (args->option[OPTION_JSON] != NULL)
		doctor_print_json(&doctor.report, stdout);
	else
		doctor_print(&doctor.report, wants_colour(), stdout);
	status = doctor_exit_status(&doctor.report);
	doctor_release(&doctor.report);
	free(doctor.backends);
	json_free(doctor.status);
	config_free(doctor.config);
	config_text_free(doctor.text);
	return status;
}
