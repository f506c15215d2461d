/* Backends, asked directly: see doctor.h and doctor_ha.h. */

#include "doctor_ha.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "dial.h"
#include "doctor.h"
#include "report_parts.h"
#include "json/json.h"

#define CLOCK_BAD 60 /* seconds */

bool
doctor_is_ha(const char *body, size_t len)
{
	struct error err;
	struct json *doc = json_parse(body, len, &err);
	const char *name = json_str(doc, "name");
	bool is = name != NULL && strcmp(name, "Home Assistant") == 0;

	json_free(doc);
	return is;
}

bool
doctor_date_ahead(const char *date, int64_t now, int64_t *ahead)
{
	struct tm tm = { 0 };
	const char *end = strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm);

	if (end == NULL || *end != '\0')
		return false;
	*ahead = (int64_t)timegm(&tm) - now;
	return true;
}

enum doctor_verdict
doctor_judge_clock(int64_t ahead)
{
	return ahead > CLOCK_BAD || ahead < -CLOCK_BAD ? DOCTOR_WARN
	                                               : DOCTOR_OK;
}

enum doctor_way
doctor_judge_way(bool is_ha, unsigned status)
{
	if (is_ha && status == 400)
		return DOCTOR_WAY_DISTRUSTED;
	if (status >= 500 || (is_ha && status != 200))
		return DOCTOR_WAY_BLOCKED;
	return DOCTOR_WAY_GOOD;
}

static void
say_clock(struct doctor *doctor, const char *date)
{
	char span[REPORT_SPAN_SIZE];
	enum doctor_verdict verdict;
	int64_t ahead;

	if (!doctor_date_ahead(date, clock_wall(), &ahead))
		return;
	verdict = doctor_judge_clock(ahead);
	doctor_say(doctor, verdict, xstrdup("clock"),
	    xasprintf("%s %s that of the backend",
	        verdict == DOCTOR_OK ? "agrees"
	                             : report_span(span, llabs(ahead)),
	        verdict == DOCTOR_OK ? "with"
	            : ahead > 0      ? "behind"
	                             : "ahead of"),
	    verdict == DOCTOR_OK
	        ? NULL
	        : xstrdup("See with `timedatectl` which of the two is "
	                  "wrong, and have it set by NTP."));
}

static void
say_unreached(struct doctor *doctor, char *subject, const struct error *err)
{
	doctor_say(doctor, DOCTOR_FAIL, subject, xstrdup(err->msg),
	    xstrdup(err->kind == ERR_DENIED
	            ? "Name who vouches for its certificate with CAFile."
	            : "Start Home Assistant, or correct its address in the "
	              "configuration; new installations listen on port 80, "
	              "others on 8123."));
}

static void
check_backend(struct doctor *doctor, const struct config_backend *backend)
{
	struct doctor_backend *seen = &doctor->backends[backend->id];
	char *subject = xasprintf("backend %s", backend->place);
	struct dial_answer answer;
	struct error err;

	if (backend->cert.path != NULL) {
		doctor_say(doctor, DOCTOR_SKIPPED, subject,
		    xstrdup("because it wants a certificate that "
		            "only the workers show"),
		    NULL);
		return;
	}
	if (backend_ask(backend, doctor->status, &answer, &err) == -1) {
		say_unreached(doctor, subject, &err);
		return;
	}
	seen->answers = true;
	seen->local = answer.local;
	seen->is_ha =
	    answer.status == 200 && doctor_is_ha(answer.body, answer.len);
	doctor_say(doctor, DOCTOR_OK, subject,
	    seen->is_ha
	        ? xstrdup("Home Assistant answers")
	        : xasprintf("answers with %u, and is not Home Assistant",
	              answer.status),
	    NULL);
	if (seen->is_ha)
		say_clock(doctor, answer.date);
}

void
doctor_check_backends(struct doctor *doctor)
{
	for (unsigned i = 0; i < doctor->config->nbackends; i++) {
		const struct config_backend *backend =
		    doctor->config->backends[i];

		if (backend->used && !doctor_is_late(doctor, backend->place))
			check_backend(doctor, backend);
	}
}
