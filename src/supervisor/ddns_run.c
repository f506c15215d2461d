#include "ddns_run.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "bind.h"
#include "child.h"
#include "config/config.h"
#include "ddns_record.h"
#include "generation.h"
#include "plan.h"
#include "portmap.h"
#include "record.h"
#include "supervisor.h"

#define RUN_MAGIC 0x64646e73u

struct ddns_run {
	unsigned magic;
	struct supervisor *sup;
	struct child *child;
	struct loop_timer deadline;
	bool late;
	void (*found)(void *arg, const struct msg_DDNS_FOUND *found);
	void (*ended)(void *arg, const struct ddns_end *end); /* NULL: over */
	void *arg;
};

static struct ddns_run *
run_from(void *arg)
{
	struct ddns_run *run = arg;

	assert(run->magic == RUN_MAGIC);
	return run;
}

/* --- what it is told ------------------------------------------------------ */

static unsigned
families_of(const struct binding *binding)
{
	if (binding->dual)
		return DDNS_BOTH;
	return binding->actual.u.sa.sa_family == AF_INET6 ? DDNS_IPV6
	                                                  : DDNS_IPV4;
}

static unsigned
listens(const struct supervisor *sup)
{
	const struct bindings *bindings = sup->current->bindings;
	unsigned families = 0;

	for (unsigned i = 0; bindings != NULL && i < bindings->count; i++)
		families |= families_of(&bindings->list[i]);
	return families;
}

/* With `between` between two. The caller frees. */
static char *
join(const char *const *texts, unsigned n, const char *between)
{
	struct buf joined = { 0 };

	for (unsigned i = 0; i < n; i++)
		buf_printf(&joined, "%s%s", i > 0 ? between : "", texts[i]);
	return buf_detach(&joined, NULL);
}

static void
tell_section(struct msg_DDNS_JOB *job, const struct config_ddns *config)
{
	job->provider = config->provider->name;
	job->login = config->login;
	job->password = config->password;
	job->token = config->token;
	job->zone = config->zone;
	job->server = config->server;
	job->ca_file = config->ca_file;
	job->url = config->url;
	job->method = config->method;
	job->body = config->body;
	job->success = config->success;
	job->ipv4 = config->ipv4;
	job->ipv6 = config->ipv6;
}

static void
tell(struct ddns_run *run, const struct ddns_task *task)
{
	const struct config_ddns *config = task->config;
	const struct plan *plan = run->sup->current->plan;
	char *hosts = join(config->hosts, config->nhosts, " ");
	char *headers = join(config->headers, config->nheaders, "\n");
	char *services = join(config->services, config->nservices, " ");
	struct msg msg = { .kind = MSG_DDNS_JOB,
		.fd = -1,
		.u.DDNS_JOB = { SUPERVISOR_TERMS(run->sup, plan),
		    .kind = task->kind, .hosts = hosts, .headers = headers,
		    .services = services, .listens = listens(run->sup),
		    .router = portmap_wan(run->sup),
		    .known4 = task->record->known4,
		    .known6 = task->record->known6,
		    .published = task->record->schedule.published_at,
		    .name = task->name, .value = task->value } };

	tell_section(&msg.u.DDNS_JOB, config);
	child_send(run->child, &msg);
	free(hosts);
	free(services);
	secret_free(headers); /* "Authorization" may be among them */
}

/* --- how it ends ---------------------------------------------------------- */

static void
end(struct ddns_run *run, const struct ddns_end *how)
{
	void (*ended)(void *arg, const struct ddns_end *end) = run->ended;

	run->ended = NULL;
	run->found = NULL;
	if (ended != NULL)
		ended(run->arg, how);
}

static void
after_exit(struct child *child, int status)
{
	struct ddns_run *run = run_from(child->owner);
	char text[CHILD_STATUS_SIZE];
	char *detail =
	    xasprintf("%s %s", child->name, child_status_text(status, text));

	loop_timer_cancel(&run->deadline);
	end(run,
	    &(struct ddns_end){ .kind = DDNS_AGAIN,
	        .problem = run->late ? "timeout" : "lost",
	        .detail = run->late ? "the job took too long" : detail,
	        .advice = "",
	        .retry_after = -1,
	        .lost = true });
	free(detail);
	run->magic = 0;
	free(run);
}

static void
on_deadline(void *arg)
{
	struct ddns_run *run = run_from(arg);

	run->late = true;
	child_kill(run->child);
}

struct ddns_run *
ddns_run_start(
    struct supervisor *sup, const struct ddns_task *task, struct error *err)
{
	struct ddns_run *run = xcalloc(1, sizeof(*run));
	const struct child_spec spec = {
		.role = IPC_DDNS, .owner = run, .on_exit = after_exit
	};
	bool txt = task->kind == DDNS_TXT_SET || task->kind == DDNS_TXT_CLEAR;

	run->magic = RUN_MAGIC;
	run->sup = sup;
	run->found = task->found;
	run->ended = task->ended;
	run->arg = task->arg;
	run->deadline.fn = on_deadline;
	run->deadline.arg = run;
	run->child = child_spawn(&sup->children, &spec, err);
	if (run->child == NULL) {
		free(run);
		return NULL;
	}
	loop_timer_set(
	    sup->loop, &run->deadline, txt ? DDNS_RUN_TXT_MS : DDNS_RUN_MS);
	tell(run, task);
	return run;
}

void
ddns_run_cancel(struct ddns_run *run)
{
	if (run == NULL)
		return;
	run->ended = NULL;
	run->found = NULL;
	child_close(run->child);
	child_kill(run->child);
}

static bool
is_address(int family, const char *text)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return text[0] == '\0' || inet_pton(family, text, bytes) == 1;
}

void
ddns_run_found(struct child *child, const struct msg *msg)
{
	const struct msg_DDNS_FOUND *found = &msg->u.DDNS_FOUND;
	struct ddns_run *run = run_from(child->owner);

	if (!is_address(AF_INET, found->ipv4) ||
	    !is_address(AF_INET6, found->ipv6)) {
		end(run,
		    &(struct ddns_end){ .kind = DDNS_AGAIN,
		        .problem = "local",
		        .detail = "the job found an address that is none",
		        .advice = "",
		        .retry_after = -1 });
		child_kill(child);
	} else if (run->found != NULL) {
		run->found(run->arg, found);
	}
}

void
ddns_run_done(struct child *child, const struct msg *msg)
{
	char *text = record_said(msg->u.DDNS_DONE.text);

	end(run_from(child->owner),
	    &(struct ddns_end){ .done = true,
	        .updated = msg->u.DDNS_DONE.updated != 0,
	        .text = text });
	free(text);
}

void
ddns_run_failed(struct child *child, const struct msg *msg)
{
	const struct msg_DDNS_FAILED *said = &msg->u.DDNS_FAILED;
	char *problem = record_said(said->problem);
	char *detail = record_said(said->detail);
	char *advice = record_said(said->advice);
	struct ddns_end how = { .kind = DDNS_AGAIN,
		.problem = problem,
		.detail = detail,
		.advice = advice,
		.retry_after = said->retry_after };

	if (said->kind < DDNS_FAILURE_COUNT)
		how.kind = (enum ddns_failure)said->kind;
	end(run_from(child->owner), &how);
	free(problem);
	free(detail);
	free(advice);
}
