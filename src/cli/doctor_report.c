#include "doctor_report.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "wrap.h"
#include "json/json.h"

#define INDENT 6

static const struct {
	const char *mark; /* for people */
	const char *word; /* for programs */
	const char *colour;
} verdicts[] = {
	[DOCTOR_SKIPPED] = { "skip", "skipped", "\033[2m" },
	[DOCTOR_OK] = { "ok", "ok", "\033[32m" },
	[DOCTOR_WARN] = { "warn", "warn", "\033[33m" },
	[DOCTOR_FAIL] = { "FAIL", "fail", "\033[31m" },
};

const char *
doctor_mark(enum doctor_verdict verdict)
{
	return verdicts[verdict].mark;
}

const char *
doctor_word(enum doctor_verdict verdict)
{
	return verdicts[verdict].word;
}

const char *
doctor_colour(enum doctor_verdict verdict)
{
	return verdicts[verdict].colour;
}

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

static void
print_finding(const struct doctor_finding *finding, bool colour, FILE *out)
{
	struct buf drawn = { 0 };
	size_t at;

	buf_printf(&drawn, "%s%-4s%s  ",
	    colour ? doctor_colour(finding->verdict) : "",
	    doctor_mark(finding->verdict), colour ? "\033[0m" : "");
	at = wrap_put(&drawn, finding->subject, INDENT, INDENT, SIZE_MAX);
	buf_append_str(&drawn, ": ");
	wrap_put(&drawn, finding->evidence, at + 2, INDENT, WRAP_COLUMNS);
	if (finding->cure != NULL) {
		buf_printf(&drawn, "\n%*s-> ", INDENT, "");
		wrap_put(
		    &drawn, finding->cure, INDENT + 3, INDENT, WRAP_COLUMNS);
	}
	buf_append_str(&drawn, "\n");
	fwrite(buf_data(&drawn), 1, buf_len(&drawn), out);
	buf_release(&drawn);
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

	json_set_str(doc, "verdict", doctor_word(report->worst));
	for (size_t i = 0; i < report->n; i++) {
		const struct doctor_finding *finding = &report->findings[i];
		struct json *row = json_new_object();

		json_set_str(row, "check", finding->check);
		json_set_str(row, "subject", finding->subject);
		json_set_str(row, "verdict", doctor_word(finding->verdict));
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
