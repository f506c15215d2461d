#include "ddns_ask.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "ddns.h"
#include "ddns_section.h"
#include "ddns_set.h"

struct ddns_ask {
	TAILQ_ENTRY(ddns_ask) entry;
	struct asker asker;
	enum ddns_kind kind;
	const struct ddns_section **pending;
	unsigned npending;
	bool ok;
	struct buf text; /* a line for each that has ended */
};

static void
add_line(struct ddns_ask *ask, bool ok, const char *line)
{
	ask->ok = ask->ok && ok;
	buf_printf(
	    &ask->text, "%s%s", buf_len(&ask->text) > 0 ? "\n" : "", line);
}

static void
end(struct ddns *ddns, struct ddns_ask *ask)
{
	buf_append(&ask->text, "", 1);
	supervisor_reply(
	    ask->asker, ask->ok, (const char *)buf_data(&ask->text));
	TAILQ_REMOVE(&ddns->asks, ask, entry);
	buf_release(&ask->text);
	free(ask->pending);
	free(ask);
}

/* Takes it off the list of those that are still to end. */
static bool
is_pending(struct ddns_ask *ask, const struct ddns_section *section)
{
	for (unsigned i = 0; i < ask->npending; i++)
		if (ask->pending[i] == section) {
			ask->pending[i] = ask->pending[--ask->npending];
			return true;
		}
	return false;
}

/* Is that right, and if not, why? The caller frees. */
static char *
judgement(const struct ddns_section *section)
{
	const struct ddns_record *record = &section->record;

	if (section->seen.visible == 1)
		return xstrdup(", as they should");
	if (record->problem == NULL)
		return xstrdup(", which is not that");
	return xasprintf(", which is not that, for publishing it has failed: "
	                 "%s: %s",
	    record->problem, record->detail != NULL ? record->detail : "");
}

/* What the servers say, beside what was found. The caller frees. */
static char *
findings(const struct ddns_section *section, const char *line)
{
	const struct ddns_seen *seen = &section->seen;
	const char *dns4 = seen->dns4 != NULL ? seen->dns4 : "";
	const char *dns6 = seen->dns6 != NULL ? seen->dns6 : "";
	char *judged, *text;

	if (!seen->known)
		return xstrdup(line);
	if (seen->visible == 2)
		return xasprintf(
		    "%s; the servers of its zone could not be asked", line);
	judged = judgement(section);
	text = xasprintf("%s; the servers of its zone say %s%s%s%s", line,
	    dns4[0] == '\0' && dns6[0] == '\0' ? "nothing" : dns4,
	    dns4[0] != '\0' && dns6[0] != '\0' ? " and " : "", dns6, judged);
	free(judged);
	return text;
}

void
ddns_ask_report(const struct ddns_section *section, enum ddns_kind kind,
    bool ok, const char *line)
{
	struct ddns *ddns = section->sup->ddns;
	struct ddns_ask *ask, *next;
	char *text;

	TAILQ_FOREACH_SAFE(ask, &ddns->asks, entry, next) {
		if (ask->kind != kind || !is_pending(ask, section))
			continue;
		text = kind == DDNS_LOOK && ok ? findings(section, line)
		                               : xstrdup(line);
		add_line(ask, ok, text);
		free(text);
		if (ask->npending == 0)
			end(ddns, ask);
	}
}

/* Says so at once if the provider would mind. */
static void
ask_section(struct ddns_ask *ask, struct ddns_section *section)
{
	const struct ddns_pace pace = ddns_section_pace(section);
	int64_t wait =
	    ddns_schedule_free(&section->record.schedule, &pace) - clock_wall();
	char *label, *line;

	if (ask->kind == DDNS_FORCE && wait > 0 &&
	    !(section->run != NULL && section->kind == DDNS_FORCE)) {
		label = ddns_section_label(section);
		line = xasprintf("%s: it was asked just now, and wants %" PRId64
		                 " seconds between two requests: wait %" PRId64
		                 " more",
		    label, pace.seconds, wait);
		add_line(ask, false, line);
		free(line);
		free(label);
		return;
	}
	ask->pending[ask->npending++] = section;
	if (section->run == NULL || section->kind != ask->kind)
		section->asked |= 1u << ask->kind;
}

static unsigned
count(const struct ddns *ddns)
{
	const struct ddns_section *section;
	unsigned n = 0;

	TAILQ_FOREACH(section, &ddns->sections, entry)
		n++;
	return n;
}

static void
ask_sections(struct ddns *ddns, struct ddns_ask *ask, const char *name)
{
	struct ddns_section *section;
	char *line;

	TAILQ_FOREACH(section, &ddns->sections, entry)
		if (name[0] == '\0' || ddns_section_has(section, name))
			ask_section(ask, section);
	if (ask->npending > 0 || buf_len(&ask->text) > 0)
		return;
	line = xasprintf("no DDNS section has the name '%.100s'; `gatehouse "
	                 "ddns status` shows those that there are",
	    name);
	add_line(ask, false, line);
	free(line);
}

static void
begin(struct supervisor *sup, struct asker asker, enum ddns_kind kind,
    const char *name)
{
	struct ddns *ddns = sup->ddns;
	struct ddns_ask *ask;

	if (sup->phase != PHASE_RUNNING || sup->current == NULL) {
		supervisor_reply(asker, false, "the gateway is stopping");
		return;
	}
	if (ddns == NULL || TAILQ_EMPTY(&ddns->sections)) {
		supervisor_reply(
		    asker, false, "there is no DDNS in the configuration");
		return;
	}
	ask = xcalloc(1, sizeof(*ask));
	ask->asker = asker;
	ask->kind = kind;
	ask->ok = true;
	ask->pending = xcalloc(count(ddns), sizeof(struct ddns_section *));
	TAILQ_INSERT_TAIL(&ddns->asks, ask, entry);
	ask_sections(ddns, ask, name);
	if (ask->npending == 0)
		end(ddns, ask);
	ddns_go_on(sup);
}

static const struct {
	const char *word;
	enum ddns_kind kind;
} actions[] = {
	{ "update", DDNS_FORCE },
	{ "test", DDNS_LOOK },
};

void
ddns_ask(struct supervisor *sup, struct asker asker, const char *arg)
{
	size_t len = strcspn(arg, " ");

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strlen(actions[i].word) == len &&
		    strncmp(actions[i].word, arg, len) == 0) {
			begin(sup, asker, actions[i].kind,
			    arg + len + strspn(arg + len, " "));
			return;
		}
	supervisor_reply(asker, false,
	    "addresses can be published now (update) or only looked for "
	    "(test)");
}

void
ddns_ask_dismiss(struct supervisor *sup, const char *text)
{
	struct ddns_ask *ask;

	if (sup->ddns == NULL)
		return;
	while ((ask = TAILQ_FIRST(&sup->ddns->asks)) != NULL) {
		add_line(ask, true, text);
		end(sup->ddns, ask);
	}
}

void
ddns_ask_forget(struct supervisor *sup, const struct child *monitor)
{
	struct ddns_ask *ask, *next;

	if (sup->ddns == NULL)
		return;
	TAILQ_FOREACH_SAFE(ask, &sup->ddns->asks, entry, next)
		if (ask->asker.monitor == monitor) {
			ask->asker.monitor = NULL;
			end(sup->ddns, ask);
		}
}

void
ddns_ask_forget_section(struct ddns *ddns, const struct ddns_section *section)
{
	struct ddns_ask *ask, *next;

	TAILQ_FOREACH_SAFE(ask, &ddns->asks, entry, next) {
		if (!is_pending(ask, section))
			continue;
		add_line(ask, false, "it is no longer in the configuration");
		if (ask->npending == 0)
			end(ddns, ask);
	}
}
