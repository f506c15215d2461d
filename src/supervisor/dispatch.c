#include "dispatch.h"

#include <assert.h>

#include "base/log.h"
#include "challenge.h"
#include "child.h"
#include "control.h"
#include "ddns_run.h"
#include "generation.h"
#include "job.h"
#include "monitor.h"
#include "mqtt.h"
#include "portmap.h"
#include "swap.h"
#include "worker.h"

static void
on_worker_ready(struct child *child, const struct msg *msg)
{
	(void)msg;
	worker_on_ready(worker_from(child->owner));
}

static void
on_worker_failed(struct child *child, const struct msg *msg)
{
	worker_on_failed(
	    worker_from(child->owner), msg->u.WORKER_FAILED.reason);
}

static void
on_worker_draining(struct child *child, const struct msg *msg)
{
	(void)msg;
	worker_on_draining(worker_from(child->owner));
}

/* It serves from the moment it reads; nobody waits for this. */
static void
on_monitor_ready(struct child *child, const struct msg *msg)
{
	(void)msg;
	log_debug("%s[%ld] serves", child->name, (long)child->pid);
}

static void
on_monitor_failed(struct child *child, const struct msg *msg)
{
	monitor_on_failed(
	    monitor_from(child->owner), msg->u.WORKER_FAILED.reason);
}

typedef void handler(struct child *child, const struct msg *msg);

static handler *const from_proxy[MSG_COUNT] = {
	[MSG_WORKER_READY] = on_worker_ready,
	[MSG_WORKER_FAILED] = on_worker_failed,
	[MSG_WORKER_DRAINING] = on_worker_draining,
	[MSG_CERT_SWAPPED] = swap_answered,
	[MSG_CHALLENGE_DONE] = challenge_done,
	[MSG_BACKEND_MARK] = generation_backend_mark,
};

static handler *const from_monitor[MSG_COUNT] = {
	[MSG_WORKER_READY] = on_monitor_ready,
	[MSG_WORKER_FAILED] = on_monitor_failed,
	[MSG_BACKEND_STATE] = generation_backend_state,
	[MSG_CONTROL] = control_command,
};

static handler *const from_acme[MSG_COUNT] = {
	[MSG_ACCOUNT_SAVE] = job_account_save,
	[MSG_ORDER_SAVE] = job_order_save,
	[MSG_CHALLENGE_SET] = challenge_set,
	[MSG_CHALLENGE_CLEAR] = challenge_clear,
	[MSG_RENEWAL_INFO] = job_renewal_info,
	[MSG_CERT_ISSUED] = job_issued,
	[MSG_JOB_DONE] = job_done,
	[MSG_JOB_FAILED] = job_failed,
};

static handler *const from_portmap[MSG_COUNT] = {
	[MSG_PORTMAP_DONE] = portmap_done,
	[MSG_PORTMAP_FAILED] = portmap_failed,
};

static handler *const from_mqtt[MSG_COUNT] = {
	[MSG_MQTT_DONE] = mqtt_done,
	[MSG_MQTT_FAILED] = mqtt_failed,
};

static handler *const from_ddns[MSG_COUNT] = {
	[MSG_DDNS_FOUND] = ddns_run_found,
	[MSG_DDNS_DONE] = ddns_run_done,
	[MSG_DDNS_FAILED] = ddns_run_failed,
};

static handler *
find(enum msg_kind kind, enum ipc_role role)
{
	switch (role) {
	case IPC_PROXY:
		return from_proxy[kind];
	case IPC_MONITOR:
		return from_monitor[kind];
	case IPC_ACME:
		return from_acme[kind];
	case IPC_DDNS:
		return from_ddns[kind];
	case IPC_PORTMAP:
		return from_portmap[kind];
	case IPC_MQTT:
		return from_mqtt[kind];
	case IPC_SUPERVISOR:
		break;
	}
	return NULL;
}

bool
dispatch_hears(enum msg_kind kind, enum ipc_role role)
{
	return find(kind, role) != NULL;
}

void
dispatch(struct child *child, const struct msg *msg)
{
	handler *hear = find(msg->kind, child->role);

	assert(hear != NULL);
	hear(child, msg);
}
