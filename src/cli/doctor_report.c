#include "doctor_report.h"

#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "json/json.h"

#define COLUMNS 80
#define INDENT 6

static const struct {
	const char *word;
	const char *colour;
} verdicts[] = {
	[DOCTOR_SKIPPED] = { "skip", "\033[2m" },
	[DOCTOR_OK] = { "ok", "\033[32m" },
	[DOCTOR_WARN] = { "warn", "\033[33m" },
	[DOCTOR_FAIL] = { "FAIL", "\033[31m" },
};

/* The same for programs. */
static const char *const words[] = {
	[DOCTOR_SKIPPED] = "skipped",
	[DOCTOR_OK] = "ok",
	[DOCTOR_WARN] = "warn",
	[DOCTOR_FAIL] = "fail",
};

static void
finding_release(struct doctor_finding *finding)
{
	free(finding->subject);
	free(finding->evidence);
	free(finding->cure);
}

void
doctor_add(struct doctor_report *report, const struct doctor_finding *finding)
{
	struct doctor_finding copy = *finding;

	if (copy.verdict > report->worst)
		report->worst = copy.verdict;
	if (report->n < DOCTOR_FINDINGS_MAX)
		report->findings[report->n++] = copy;
	else
		finding_release(&copy);
}

void
doctor_release(struct doctor_report *report)
{
	for (size_t i = 0; i < report->n; i++)
		finding_release(&report->findings[i]);
	*report = (struct doctor_report){ 0 };
}

int
doctor_exit_status(const struct doctor_report *report)
{
	switch (report->worst) {
	case DOCTOR_SKIPPED:
	case DOCTOR_OK:
		return 0;
	case DOCTOR_WARN:
		return 1;
	case DOCTOR_FAIL:
		break;
	}
	return 2;
}

/*
 * A text from column `at` on, broken between words; its own line ends stay, and
 * the blanks after them.
 */
static void
print_wrapped(const char *text, size_t at, FILE *out)
{
	while (*text != '\0') {
		size_t len = strcspn(text + 1, " \n") + 1;
		char word[COLUMNS * 8];

		if (*text == '\n' ||
		    (*text == ' ' && at + len > COLUMNS && at > INDENT)) {
			fprintf(out, "\n%*s", INDENT, "");
			text++;
			len--;
			at = INDENT;
		}
		if (len >= sizeof(word))
			len = sizeof(word) - 1;
		memcpy(word, text, len);
		word[len] = '\0';
		say_safely(out, word);
		at += len;
		text += len;
	}
	fputc('\n', out);
}

static void
print_finding(const struct doctor_finding *finding, bool colour, FILE *out)
{
	fprintf(out, "%s%-4s%s  ",
	    colour ? verdicts[finding->verdict].colour : "",
	    verdicts[finding->verdict].word, colour ? "\033[0m" : "");
	say_safely(out, finding->subject);
	fputs(": ", out);
	print_wrapped(
	    finding->evidence, INDENT + strlen(finding->subject) + 2, out);
	if (finding->cure != NULL) {
		fprintf(out, "%*s-> ", INDENT, "");
		print_wrapped(finding->cure, INDENT + 3, out);
	}
}

static void
print_sum(const struct doctor_report *report, FILE *out)
{
	unsigned count[DOCTOR_FAIL + 1] = { 0 };

	for (size_t i = 0; i < report->n; i++)
		count[report->findings[i].verdict]++;
	fprintf(out, "%u ok, %u to be looked after, %u wrong, %u skipped\n",
	    count[DOCTOR_OK], count[DOCTOR_WARN], count[DOCTOR_FAIL],
	    count[DOCTOR_SKIPPED]);
}

void
doctor_print(const struct doctor_report *report, bool colour, FILE *out)
{
	for (size_t i = 0; i < report->n; i++)
		print_finding(&report->findings[i], colour, out);
	fputc('\n', out);
	if (report->not_checked != NULL)
		fprintf(out, "not checked: %s\n", report->not_checked);
	print_sum(report, out);
}

void
doctor_print_json(const struct doctor_report *report, FILE *out)
{
	struct json *doc = json_new_object(), *checks = json_new_array();
	char *text;

	json_set_str(doc, "verdict", words[report->worst]);
	for (size_t i = 0; i < report->n; i++) {
		const struct doctor_finding *finding = &report->findings[i];
		struct json *row = json_new_object();

		json_set_str(row, "check", finding->check);
		json_set_str(row, "subject", finding->subject);
		json_set_str(row, "verdict", words[finding->verdict]);
		json_set_str(row, "evidence", finding->evidence);
		json_set_str(
		    row, "cure", finding->cure != NULL ? finding->cure : "");
		json_append(checks, row);
	}
	json_set(doc, "checks", checks);
	json_set_str(doc, "not_checked",
	    report->not_checked != NULL ? report->not_checked : "");
	text = json_dump(doc);
	fprintf(out, "%s\n", text);
	free(text);
	json_free(doc);
}
