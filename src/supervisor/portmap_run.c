/* One run of gatehouse-portmap, and what is written down of how it ended. */

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "child.h"
#include "ddns.h"
#include "generation.h"
#include "lease.h"
#include "plan.h"
#include "portmap.h"
#include "portmap_state.h"
#include "record.h"
#include "renewal.h"
#include "stats/journal.h"

#define RUN_MAX_MS 60000
#define WAN_FAILURES 3 /* in a row: then its address is not known */

struct portmap *
portmap_from(void *arg)
{
	struct portmap *pm = arg;

	assert(pm->magic == PORTMAP_MAGIC);
	return pm;
}

void
portmap_text(char **text, const char *said)
{
	char *copy = record_said(said);

	free(*text);
	*text = copy;
}

/* What is told as an address, and is none, is not known. */
static void
set_wan(struct portmap *pm, const char *said)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, said, &addr) != 1 || strcmp(said, pm->wan) == 0)
		return;
	log_info("the router's address outside is %s", said);
	portmap_text(&pm->wan, said);
	ddns_look(pm->sup);
}

static void
failed(struct portmap *pm, const char *problem, const char *detail,
    const char *advice)
{
	char *text =
	    xasprintf("%s%s%s", problem, detail[0] != '\0' ? ": " : "", detail);
	char *before = xstrdup(pm->problem);

	pm->failures++;
	portmap_text(&pm->problem, text);
	portmap_text(&pm->advice, advice);
	free(text);
	if (clock_mono_ms() >= pm->until_ms)
		portmap_text(&pm->mapped, "");
	portmap_answered(pm, false);
	if (strcmp(before, pm->problem) != 0) {
		log_warn("port mapping: %s%s%s", pm->problem,
		    pm->advice[0] != '\0' ? ". " : "", pm->advice);
		journal_event(
		    pm->sup->journal, "portmap-failed", "%s", pm->problem);
	}
	free(before);
}

static void
mapped(struct portmap *pm, const struct msg_PORTMAP_DONE *said)
{
	char *before = xstrdup(pm->mapped);
	bool changed;

	portmap_text(&pm->mapped, said->ports);
	pm->lifetime = said->lifetime;
	pm->until_ms = said->lifetime == 0
	    ? INT64_MAX
	    : clock_mono_ms() + 1000 * (int64_t)said->lifetime;
	changed = strcmp(before, pm->mapped) != 0;
	free(before);
	if (changed)
		pm->since = clock_wall();
	portmap_answered(pm, true);
	if (changed) {
		log_info("the router forwards %s to us, by %s", pm->mapped,
		    pm->protocol);
		journal_event(pm->sup->journal, "portmap-up",
		    "the router forwards %s, by %s", pm->mapped, pm->protocol);
	}
}

static void
unmapped(struct portmap *pm)
{
	portmap_text(&pm->mapped, "");
	pm->until_ms = 0;
	portmap_keep(pm, "");
	portmap_answered(pm, true);
	log_info("the router forwards nothing to us any more");
	journal_event(pm->sup->journal, "portmap-removed",
	    "the router forwards nothing any more");
}

void
portmap_done(struct child *child, const struct msg *msg)
{
	struct portmap *pm = portmap_from(child->owner);
	const struct msg_PORTMAP_DONE *said = &msg->u.PORTMAP_DONE;
	char *before;

	if (pm->child != child || pm->answered)
		return;
	pm->answered = true;
	pm->failures = 0;
	portmap_text(&pm->problem, "");
	portmap_text(&pm->advice, "");
	portmap_text(&pm->protocol, said->protocol);
	before = pm->warning;
	pm->warning = NULL;
	portmap_text(&pm->warning, said->text);
	set_wan(pm, said->wan);
	switch (pm->kind) {
	case PORTMAP_MAP:
		mapped(pm, said);
		break;
	case PORTMAP_UNMAP:
		unmapped(pm);
		break;
	case PORTMAP_ADDRESS:
	case PORTMAP_KIND_COUNT:
		portmap_answered(pm, true);
		break;
	}
	if (pm->warning[0] != '\0' && strcmp(pm->warning, before) != 0)
		log_warn("port mapping: %s", pm->warning);
	free(before);
}

void
portmap_failed(struct child *child, const struct msg *msg)
{
	struct portmap *pm = portmap_from(child->owner);
	const struct msg_PORTMAP_FAILED *said = &msg->u.PORTMAP_FAILED;

	if (pm->child != child || pm->answered)
		return;
	pm->answered = true;
	portmap_text(&pm->protocol, said->protocol);
	portmap_text(&pm->warning, "");
	set_wan(pm, said->wan);
	if (said->wan[0] == '\0' && pm->failures + 1 >= WAN_FAILURES)
		portmap_text(&pm->wan, "");
	failed(pm, said->problem, said->detail, said->advice);
}

static void
after_exit(struct child *child, int status)
{
	struct portmap *pm = portmap_from(child->owner);
	char text[CHILD_STATUS_SIZE], *detail;

	if (pm->child != child)
		return;
	loop_timer_cancel(&pm->deadline);
	pm->child = NULL;
	if (!pm->answered) {
		detail = xasprintf(
		    "%s %s", child->name, child_status_text(status, text));
		failed(pm, "lost", detail, "");
		free(detail);
	}
	portmap_ended(pm, pm->failures == 0);
	renewal_update(pm->sup);
}

static void
on_deadline(void *arg)
{
	struct portmap *pm = portmap_from(arg);

	if (!pm->answered)
		failed(pm, "timeout", "the router took too long", "");
	pm->answered = true;
	child_kill(pm->child);
}

static void
send_order(struct portmap *pm, const char *ports)
{
	const struct supervisor *sup = pm->sup;
	const struct plan *plan = sup->current->plan;
	struct msg msg = { .kind = MSG_PORTMAP_JOB,
		.fd = -1,
		.u.PORTMAP_JOB = { SUPERVISOR_TERMS(sup, plan),
		    .root = plan->root, .kind = pm->kind, .ports = ports,
		    .lifetime = LEASE_SECONDS,
		    .nonce = { pm->kept.nonce, sizeof(pm->kept.nonce) } } };

	child_send(pm->child, &msg);
}

void
portmap_run(struct portmap *pm, enum portmap_kind kind, const char *ports)
{
	const struct child_spec spec = {
		.role = IPC_PORTMAP, .owner = pm, .on_exit = after_exit
	};
	struct error err = { 0 };

	pm->kind = kind;
	pm->answered = false;
	pm->deadline.fn = on_deadline;
	pm->deadline.arg = pm;
	pm->child = child_spawn(&pm->sup->children, &spec, &err);
	if (pm->child == NULL) {
		failed(pm, "cannot start", err.msg, "");
		portmap_ended(pm, false);
		return;
	}
	send_order(pm, ports);
	loop_timer_set(pm->sup->loop, &pm->deadline, RUN_MAX_MS);
}

void
portmap_cancel(struct portmap *pm)
{
	loop_timer_cancel(&pm->deadline);
	if (pm->child != NULL) {
		child_close(pm->child);
		child_kill(pm->child); /* it may wait for a silent router */
	}
	pm->child = NULL;
}
