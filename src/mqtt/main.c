/*
 * gatehouse-mqtt: tells Home Assistant how the gateway is, through a broker,
 * and exits. The supervisor starts it with its line on descriptor 3. It holds
 * the broker's password, reads the status from the monitor, and keeps nothing.
 */

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/version.h"
#include "broker.h"
#include "document.h"
#include "ipc/line.h"
#include "ipc/msg.h"
#include "refusal.h"
#include "status.h"
#include "json/json.h"

#define PROGRAM "gatehouse-mqtt"
#define MEMORY_MAX ((size_t)64 * 1024 * 1024) /* beside what is there */

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
	entities_init(&entities, status);
	documents_init(documents, &entities, &scope);
	entities_release(&entities);
}

static int
run(const struct msg *job, uint32_t *nentities, struct refusal *refusal)
{
	const struct msg_MQTT_JOB *order = &job->u.MQTT_JOB;
	const struct broker broker = { .host = order->host,
		.port = (uint16_t)order->port,
		.tls = order->tls != 0,
		.ca_file = order->ca_file,
		.login = order->login,
		.password = order->password };
	static struct documents documents;
	struct json *status = status_read(job->fd, refusal);
	int rc;

	close(job->fd);
	if (status == NULL)
		return -1;
	write_documents(&documents, order, status);
	json_free(status);
	rc = broker_tell(&broker, &documents, refusal);
	*nentities = documents.n;
	documents_release(&documents);
	return rc;
}

int
main(void)
{
	struct msg failed = { .kind = MSG_MQTT_FAILED, .fd = -1 };
	struct msg done = { .kind = MSG_MQTT_DONE, .fd = -1 };
	struct chan *supervisor = line_begin(IPC_MQTT, PROGRAM, true);
	struct refusal refusal;
	struct msg job; /* borrows from the line: nothing else is heard */
	int ret;

	line_hear(supervisor, MSG_MQTT_JOB, &job);
	line_settle(PROGRAM, &job);
	line_confine(&job);
	sandbox_bound_memory(MEMORY_MAX); /* a broker sends what it likes */
	ret = run(&job, &done.u.MQTT_DONE.entities, &refusal);
	if (ret == 0) {
		line_tell(supervisor, &done);
	} else {
		failed.u.MQTT_FAILED.problem = refusal.problem;
		failed.u.MQTT_FAILED.detail = refusal.detail;
		failed.u.MQTT_FAILED.advice = refusal.advice;
		line_tell(supervisor, &failed);
	}
	chan_free(supervisor);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
