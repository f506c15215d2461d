/*
 * gatehouse-mqtt: tells Home Assistant how the gateway is, through a broker,
 * and exits. The supervisor starts it with its line on descriptor 3. It holds
 * the broker's password, reads the status from the monitor, and keeps nothing.
 */

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/version.h"
#include "broker.h"
#include "document.h"
#include "ipc/chan.h"
#include "ipc/msg.h"
#include "refusal.h"
#include "status.h"
#include "json/json.h"

#define PROGRAM "gatehouse-mqtt"

/* Borrowed from the line, on which nothing else is heard. */
static int
read_order(struct chan *supervisor, struct msg_MQTT_JOB *order)
{
	struct error err;
	struct msg msg;

	switch (chan_recv(supervisor, &msg, &err)) {
	case CHAN_MESSAGE:
		break;
	case CHAN_EMPTY:
	case CHAN_CLOSED:
		log_info("the supervisor is gone");
		exit(EXIT_FAILURE);
	case CHAN_BROKEN:
		fatal("the supervisor sent nonsense: %s", err.msg);
	}
	if (msg.kind != MSG_MQTT_JOB)
		fatal("the supervisor sent %s and no job", msg_name(msg.kind));
	*order = msg.u.MQTT_JOB;
	log_set_tag(order->log_tag);
	log_open(PROGRAM, (enum log_target)order->log_target,
	    (int)order->log_facility);
	log_set_level((enum log_level)order->log_level);
	return msg.fd;
}

static void
give_up_privilege(const struct msg_MQTT_JOB *order)
{
	struct sandbox box = { .uid = (uid_t)order->uid,
		.gid = (gid_t)order->gid };
	struct error err;

	if (sandbox_enter(&box, &err) == -1)
		fatal("cannot give up privilege: %s", err.msg);
}

/* As the status has it: the caller releases them. */
static void
write_documents(struct documents *documents, const struct msg_MQTT_JOB *order,
    const struct json *status)
{
	static struct entities entities;
	char machine[HOST_NAME_MAX + 1] = "";
	struct document_scope scope = { .prefix = order->prefix,
		.id = order->id,
		.version = GATEHOUSE_VERSION,
		.interval = order->interval };

	gethostname(machine, sizeof(machine) - 1);
	if (order->id[0] == '\0')
		scope.id = machine;
	entities_init(&entities, status, clock_wall());
	documents_init(documents, &entities, &scope);
	entities_release(&entities);
}

static int
run(const struct msg_MQTT_JOB *order, int fd, unsigned *nentities,
    struct refusal *refusal)
{
	const struct broker broker = { .host = order->host,
		.port = (uint16_t)order->port,
		.tls = order->tls != 0,
		.ca_file = order->ca_file,
		.login = order->login,
		.password = order->password };
	static struct documents documents;
	struct json *status = status_read(fd, refusal);
	int rc;

	close(fd);
	if (status == NULL)
		return -1;
	write_documents(&documents, order, status);
	json_free(status);
	rc = broker_tell(&broker, &documents, refusal);
	*nentities = documents.n;
	documents_release(&documents);
	return rc;
}

static void
tell(struct chan *supervisor, const struct msg *msg)
{
	struct error err;

	if (chan_send(supervisor, msg, &err) == -1)
		fatal("cannot tell the supervisor %s: %s", msg_name(msg->kind),
		    err.msg);
}

int
main(void)
{
	struct msg failed = { .kind = MSG_MQTT_FAILED, .fd = -1 };
	struct msg done = { .kind = MSG_MQTT_DONE, .fd = -1 };
	struct msg_MQTT_JOB order;
	struct refusal refusal;
	struct chan *supervisor;
	int fd, ret;

	if (fcntl(CHAN_CHILD_FD, F_GETFD) == -1) {
		fputs(PROGRAM " is started by gatehoused\n", stderr);
		return 2;
	}
	signal(SIGUSR1, SIG_IGN); /* may be sent to the whole service */
	log_open(PROGRAM, LOG_TO_STDERR, 0);
	supervisor = chan_new(CHAN_CHILD_FD, IPC_MQTT, IPC_SUPERVISOR, true);
	fd = read_order(supervisor, &order);
	give_up_privilege(&order);
	signal(SIGPIPE, SIG_IGN);
	ret = run(&order, fd, &done.u.MQTT_DONE.entities, &refusal);
	if (ret == 0) {
		tell(supervisor, &done);
	} else {
		failed.u.MQTT_FAILED.problem = refusal.problem;
		failed.u.MQTT_FAILED.detail = refusal.detail;
		failed.u.MQTT_FAILED.advice = refusal.advice;
		tell(supervisor, &failed);
	}
	chan_free(supervisor);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
