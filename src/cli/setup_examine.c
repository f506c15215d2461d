/* What the doctor says, within setup: see setup.h. */

#include <string.h>

#include "base/xalloc.h"
#include "doctor.h"
#include "setup.h"

/* What a check that failed means for whoever runs us. */
static int
status_of(const char *check)
{
	static const struct {
		const char *check;
		int status;
	} rows[] = {
		{ "configuration", SETUP_USAGE },
		{ "backends", SETUP_HA },
		{ "ddns", SETUP_DNS },
		{ "names", SETUP_DNS },
		{ "certificates", SETUP_ACME },
		{ "ways", SETUP_HA_CONFIG },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].check, check) == 0)
			return rows[i].status;
	return SETUP_PORT;
}

static char *
copy(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

static void
say_finding(struct setup *setup, const struct doctor_finding *finding)
{
	setup_screen_begin(&setup->screen, "", "");
	setup_screen_end(&setup->screen, finding->verdict,
	    xasprintf("%s: %s", finding->subject, finding->evidence),
	    copy(finding->cure));
}

/* Only what is not well; an exit status. */
static int
say_findings(struct setup *setup, const struct doctor_report *report)
{
	int status = SETUP_GOOD;

	for (size_t i = 0; i < report->n; i++) {
		const struct doctor_finding *finding = &report->findings[i];

		if (finding->verdict != DOCTOR_WARN &&
		    finding->verdict != DOCTOR_FAIL)
			continue;
		if (finding->verdict == DOCTOR_FAIL && status == SETUP_GOOD)
			status = status_of(finding->check);
		say_finding(setup, finding);
	}
	return status;
}

/* What the house can see of itself, and may be why nobody comes in. */
static bool
is_cause(const struct doctor_finding *finding)
{
	return (strcmp(finding->check, "firewall") == 0 &&
	           finding->verdict >= DOCTOR_WARN) ||
	    (strcmp(finding->check, "names") == 0 &&
	        finding->verdict == DOCTOR_FAIL);
}

void
setup_say_causes(struct setup *setup)
{
	const struct doctor_wish wish = { .file = setup->files.path,
		.inside = true,
		.tell = setup_screen_tell,
		.arg = &setup->screen };
	static struct doctor_report report;

	setup_screen_begin(&setup->screen, "", "looking for the cause");
	setup->parts->examine(&wish, &report);
	setup_screen_drop(&setup->screen);
	for (size_t i = 0; i < report.n; i++)
		if (is_cause(&report.findings[i]))
			say_finding(setup, &report.findings[i]);
	doctor_release(&report);
}

int
setup_step_examine(struct setup *setup)
{
	/* After a rehearsal it is known how we are reached from outside. */
	const struct doctor_wish wish = { .file = setup->files.path,
		.inside = !setup_is_rehearsed(setup),
		.tell = setup_screen_tell,
		.arg = &setup->screen };
	static struct doctor_report report;
	unsigned well = 0, looked = 0;
	int status;

	if (setup->answers.staging)
		return SETUP_GOOD;
	setup_screen_begin(&setup->screen, "Check",
	    "looking at all of it, as the doctor does");
	setup->parts->examine(&wish, &report);
	for (size_t i = 0; i < report.n; i++) {
		well += report.findings[i].verdict == DOCTOR_OK;
		looked += report.findings[i].verdict != DOCTOR_SKIPPED;
	}
	setup_screen_end(&setup->screen,
	    report.worst == DOCTOR_SKIPPED ? DOCTOR_OK : report.worst,
	    xasprintf("%u of %u checks find nothing wrong%s", well, looked,
	        well < looked ? ", but:" : ""),
	    NULL);
	status = say_findings(setup, &report);
	doctor_release(&report);
	return status;
}
