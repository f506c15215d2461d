#include "brief.h"

#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "bind.h"
#include "certstore.h"
#include "child.h"
#include "config/config.h"
#include "generation.h"
#include "plan.h"
#include "slot.h"
#include "supervisor.h"
#include "ways.h"

struct brief {
	struct supervisor *sup;
	const struct job_task *task;
	struct certstore_account account;
	struct certstore_order order;
	struct buf names;
	struct buf challenges;
	struct buf http_address;
	struct buf chain; /* in service */
	struct buf key;   /* that the next certificate is to have, too */
};

void
brief_free(struct brief *brief)
{
	if (brief == NULL)
		return;
	certstore_account_release(&brief->account);
	certstore_order_release(&brief->order);
	buf_release(&brief->names);
	buf_release(&brief->challenges);
	buf_release(&brief->http_address);
	buf_release(&brief->chain);
	buf_wipe(&brief->key);
	free(brief);
}

/* A text of its own, "" if there is none. */
static const char *
text_of(struct buf *buf)
{
	buf_append(buf, "", 1);
	return (const char *)buf_data(buf);
}

/*
 * The certificate in service is of interest to the CA that issued it; who
 * revokes it may have to prove with its key that he may.
 */
static void
read_pair(struct brief *brief)
{
	const struct job_task *task = brief->task;
	const struct slot *slot = task->slot;
	bool revokes = task->kind == JOB_REVOKE;
	struct buf pem = { 0 };

	if (slot == NULL || (!revokes && slot_dates(slot) == NULL) ||
	    slot_read_pair(slot, &pem, NULL) == -1)
		return;
	if (revokes || authority_issued(slot) == task->acme)
		certstore_chain(&pem, &brief->chain);
	if (revokes || (task->acme->reuse_key && task->kind == JOB_ISSUE))
		certstore_key(&pem, &brief->key);
	buf_wipe(&pem);
}

/* An order is of use for what it was placed for, and where. */
static void
read_order(struct brief *brief)
{
	const struct job_task *task = brief->task;
	struct certstore_order *order = &brief->order;
	char *wanted;

	if (task->kind != JOB_ISSUE)
		return;
	certstore_read_order(
	    &brief->sup->store, slot_name(task->slot), clock_wall(), order);
	wanted = slot_wanted(task->slot, task->directory);
	if (strcmp(order->wanted, wanted) != 0) {
		order->url[0] = '\0';
		order->key[0] = '\0';
	}
	free(wanted);
}

static int
gather(struct brief *brief, struct error *err)
{
	const struct job_task *task = brief->task;
	if (task->acme == NULL)
		return 0;
	read_order(brief);
	if (task->kind != JOB_RENEWAL_INFO &&
	    certstore_read_account(&brief->sup->store, task->directory,
	        &brief->account, err) == -1)
		return -1;
	read_pair(brief);
	return 0;
}

struct brief *
brief_new(
    struct supervisor *sup, const struct job_task *task, struct error *err)
{
	struct brief *brief = xcalloc(1, sizeof(*brief));

	brief->sup = sup;
	brief->task = task;
	if (gather(brief, err) == 0)
		return brief;
	brief_free(brief);
	return NULL;
}

/* How it is to prove the names. */
static void
print_ways(struct brief *brief, const struct generation *generation)
{
	const struct config *config = generation->plan->config;
	const struct job_task *task = brief->task;

	ways_print(&(struct ways){ .config = config,
	               .cert = task->slot->config,
	               .acme = task->acme,
	               .failed = task->slot->record.failed_way },
	    &brief->challenges);
	if (generation->bindings != NULL)
		ways_print_http_address(
		    config, generation->bindings->list, &brief->http_address);
}

static void
tell_authority(struct brief *brief, struct msg_JOB *job)
{
	const struct config_acme *acme = brief->task->acme;

	job->ca_file = acme->ca_file;
	job->email = acme->email;
	job->eab_kid = acme->eab_kid;
	job->eab_key = acme->eab_key;
	job->profile = acme->profile;
	job->chain = acme->chain;
	job->challenges = text_of(&brief->challenges);
	job->http_address = text_of(&brief->http_address);
	job->certificate = text_of(&brief->chain);
	job->reuse_key = text_of(&brief->key);
	job->account_key = brief->account.key;
	job->account_url = brief->account.url;
	job->order_url = brief->order.url;
	job->order_key = brief->order.key;
}

static void
tell_names(struct brief *brief, struct msg_JOB *job)
{
	const struct config_cert *cert = brief->task->slot->config;

	for (unsigned i = 0; i < cert->nnames; i++)
		buf_printf(
		    &brief->names, "%s%s", i > 0 ? " " : "", cert->names[i]);
	job->names = text_of(&brief->names);
	job->key_type = cert->key_type;
}

void
brief_send(struct brief *brief, struct child *child)
{
	const struct supervisor *sup = brief->sup;
	const struct job_task *task = brief->task;
	const struct generation *generation =
	    sup->current != NULL ? sup->current : sup->starting;
	const struct plan *plan = generation->plan;
	struct msg msg = { .kind = MSG_JOB,
		.fd = -1,
		.u.JOB = { SUPERVISOR_TERMS(sup, plan), .kind = task->kind,
		    .arg = task->arg, .directory = task->directory } };

	if (task->slot != NULL && task->acme != NULL)
		print_ways(brief, generation);
	if (task->slot != NULL)
		tell_names(brief, &msg.u.JOB);
	if (task->acme != NULL)
		tell_authority(brief, &msg.u.JOB);
	child_send(child, &msg);
}

bool
brief_has_order(const struct brief *brief)
{
	return brief->order.url != NULL && *brief->order.url != '\0';
}
