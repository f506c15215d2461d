#include "tell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "brief.h"
#include "config/config.h"
#include "generation.h"
#include "hook.h"
#include "job.h"
#include "plan.h"
#include "slot.h"
#include "supervisor.h"

static const char *const events[] = {
	[TELL_ISSUED] = "issued",
	[TELL_FAILING] = "failing",
	[TELL_EXPIRING] = "expiring",
};

/* What is said, for both. */
struct news {
	const char *event;
	char *names; /* one space between two */
	char *problem;
	int64_t not_after; /* 0: no certificate */
};

static struct news
gather(const struct slot *slot, enum tell_event event)
{
	const struct record *record = &slot->record;
	const struct schedule_dates *dates = slot_dates(slot);
	struct news news = { .event = events[event] };
	struct buf names = { 0 };

	for (unsigned i = 0; i < slot->config->nnames; i++)
		buf_printf(
		    &names, "%s%s", i > 0 ? " " : "", slot->config->names[i]);
	news.names = buf_detach(&names, NULL);
	news.not_after = dates != NULL ? dates->not_after : 0;
	news.problem = record->problem == NULL
	    ? xstrdup("")
	    : xasprintf("%s: %s%s%s", record->problem,
	          record->detail != NULL ? record->detail : "",
	          record->advice != NULL ? ". " : "",
	          record->advice != NULL ? record->advice : "");
	return news;
}

static void
news_release(struct news *news)
{
	free(news->names);
	free(news->problem);
}

static void
run_hook(const struct slot *slot, const struct news *news)
{
	struct supervisor *sup = slot->sup;
	const struct plan *plan = sup->current->plan;
	const char *argv[] = { slot->config->acme->hook, NULL };
	char *env[] = { xasprintf("GATEHOUSE_EVENT=%s", news->event),
		xasprintf("GATEHOUSE_NAMES=%s", news->names),
		xasprintf("GATEHOUSE_CERTIFICATE=%s/certs/%s.pem",
		    sup->dir.path, slot_name(slot)),
		xasprintf("GATEHOUSE_NOT_AFTER=%" PRId64, news->not_after),
		xasprintf("GATEHOUSE_PROBLEM=%s", news->problem), NULL };
	const struct hook_spec spec = { .argv = argv,
		.env = (const char *const *)env,
		.uid = plan->uid,
		.gid = plan->gid,
		.timeout_ms = HOOK_MS };
	struct error err = { 0 };

	if (hook_start(&sup->children, &spec, &err) == NULL)
		log_warn("Hook %s: %s", argv[0], err.msg);
	for (size_t i = 0; env[i] != NULL; i++)
		free(env[i]);
}

/* A JSON string. What is no printable ASCII has no place in it. */
static void
put_string(struct buf *out, const char *text, size_t len)
{
	buf_append_str(out, "\"");
	for (size_t i = 0; i < len; i++) {
		bool plain = text[i] >= ' ' && text[i] <= '~';

		if (text[i] == '"' || text[i] == '\\')
			buf_append_str(out, "\\");
		buf_append(out, plain ? &text[i] : "?", 1);
	}
	buf_append_str(out, "\"");
}

static void
put_names(struct buf *out, const char *names)
{
	buf_append_str(out, "[");
	while (*names != '\0') {
		size_t len = strcspn(names, " ");

		put_string(out, names, len);
		names += len;
		if (*names == ' ') {
			buf_append_str(out, ",");
			names++;
		}
	}
	buf_append_str(out, "]");
}

static void
call_webhook(const struct slot *slot, const struct news *news)
{
	struct job_task task = { .kind = JOB_NOTIFY,
		.directory = slot->config->acme->webhook };
	struct error err = { 0 };
	struct buf body = { 0 };
	char *text;

	buf_append_str(&body, "{\"event\":");
	put_string(&body, news->event, strlen(news->event));
	buf_append_str(&body, ",\"names\":");
	put_names(&body, news->names);
	buf_printf(
	    &body, ",\"not_after\":%" PRId64 ",\"problem\":", news->not_after);
	put_string(&body, news->problem, strlen(news->problem));
	buf_append_str(&body, "}");
	text = buf_detach(&body, NULL);
	task.arg = text;
	if (job_start_task(slot->sup, &task, NULL, &err) == NULL)
		log_warn("a Webhook was not told: %s", err.msg);
	free(text);
}

void
tell(const struct slot *slot, enum tell_event event)
{
	const struct config_acme *acme = slot->config->acme;
	struct news news;

	if (slot->sup->current == NULL)
		return;
	news = gather(slot, event);
	if (acme->hook != NULL)
		run_hook(slot, &news);
	if (acme->webhook != NULL)
		call_webhook(slot, &news);
	news_release(&news);
}

/* When somebody must be told that this one expires; 0 = never, or long ago. */
static int64_t
due(const struct slot *slot)
{
	const char *told = slot->record.told;

	if (!slot_is_auto(slot) || !slot->facts.known ||
	    (slot->source != SLOT_CURRENT && slot->source != SLOT_PREVIOUS) ||
	    (told != NULL && strcmp(told, slot->facts.serial) == 0))
		return 0;
	return schedule_emergency(&slot->facts.dates);
}

void
tell_expiring(struct supervisor *sup, int64_t now)
{
	for (unsigned i = 0; i < sup->current->nslots; i++) {
		struct slot *slot = sup->current->slots[i];
		int64_t when = due(slot);

		if (when == 0 || when > now)
			continue;
		log_err("certificate for %s: a twentieth of its life is left",
		    slot_name(slot));
		record_set(&slot->record.told, slot->facts.serial);
		if (slot_save(slot, NULL) == 0)
			tell(slot, TELL_EXPIRING);
	}
}
