#include "ddns_show.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "ddns_section.h"
#include "generation.h"
#include "supervisor.h"

/* One word: how it is, the worst of it first. */
static const char *
state_of(const struct ddns_section *section, int64_t now)
{
	const struct ddns_schedule *schedule = &section->record.schedule;

	if (schedule->stopped_at != 0)
		return "stopped";
	if (section->record.problem != NULL)
		return "failing";
	if (!schedule->looked)
		return "looking";
	if (schedule->wanted)
		return "waiting";
	if (!schedule->hidden)
		return "published";
	return ddns_schedule_settled(schedule, now) != 0 ? "pending" : "hidden";
}

static char *
names_of(const struct config_ddns *config)
{
	struct buf names = { 0 };

	for (unsigned i = 0; i < config->nhosts; i++)
		buf_printf(&names, "%s%s", i > 0 ? " " : "", config->hosts[i]);
	return buf_detach(&names, NULL);
}

static char *
problem_of(const struct ddns_record *record)
{
	if (record->problem == NULL)
		return xstrdup("");
	return xasprintf("%s: %s", record->problem,
	    record->detail == NULL ? "" : record->detail);
}

static void
show_seen(const struct ddns_seen *seen, struct msg_SHOW_DDNS *row)
{
	row->ipv4 = seen->ipv4;
	row->ipv6 = seen->ipv6;
	row->source4 = seen->source4;
	row->source6 = seen->source6;
	row->dns4 = seen->dns4;
	row->dns6 = seen->dns6;
	row->visible = seen->known ? seen->visible : 2;
}

static void
show_when(const struct ddns_section *section, struct msg_SHOW_DDNS *row)
{
	const struct ddns_schedule *schedule = &section->record.schedule;
	int64_t now = clock_wall();
	int64_t next = ddns_section_next(section).when;

	row->state = state_of(section, now);
	row->published_at = schedule->published_at;
	row->requested_at = schedule->requested_at;
	row->next_look = next > now ? next : now;
	row->stopped_at = schedule->stopped_at;
	row->failures = schedule->failures;
}

void
ddns_show(const struct ddns_section *section)
{
	struct supervisor *sup = section->sup;
	const struct config_ddns *config = section->config;
	const struct ddns_record *record = &section->record;
	struct msg msg = { .kind = MSG_SHOW_DDNS, .fd = -1 };
	struct msg_SHOW_DDNS *row = &msg.u.SHOW_DDNS;
	char *names, *problem;

	if (sup->current == NULL || sup->current->monitor.child == NULL)
		return;
	names = names_of(config);
	problem = problem_of(record);
	row->section = config->index;
	row->provider = config->provider->name;
	row->names = names;
	row->published4 = record->known4;
	row->published6 = record->known6;
	row->problem = problem;
	row->advice = record->advice;
	show_seen(&section->seen, row);
	show_when(section, row);
	monitor_tell(sup, &msg);
	free(names);
	free(problem);
}
