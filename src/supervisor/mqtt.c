#include "mqtt.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "child.h"
#include "config/config.h"
#include "generation.h"
#include "monitor.h"
#include "mqtt_schedule.h"
#include "plan.h"
#include "record.h"
#include "stats/journal.h"

#define MQTT_MAGIC 0x6d717474u
#define RUN_MAX_MS 30000

struct mqtt {
	unsigned magic;
	struct supervisor *sup;
	struct mqtt_schedule schedule;
	struct loop_timer timer;
	int64_t next; /* when it is due, seconds since the epoch; 0 = never */

	/* What is under way. */
	struct child *child; /* NULL: nothing */
	bool answered;
	struct loop_timer deadline;

	/* What came of it. */
	int64_t told_at; /* seconds since the epoch; 0 = never */
	char *problem;   /* of the last failure, with its detail; "" = none */
	char *advice;
};

static struct mqtt *
mqtt_from(void *arg)
{
	struct mqtt *mqtt = arg;

	assert(mqtt->magic == MQTT_MAGIC);
	return mqtt;
}

/* The section that is served, or NULL. */
static const struct config_mqtt *
section(const struct mqtt *mqtt)
{
	const struct supervisor *sup = mqtt->sup;

	if (sup->phase != PHASE_RUNNING || sup->current == NULL)
		return NULL;
	return sup->current->plan->config->mqtt;
}

static void
set_text(char **text, char *to)
{
	free(*text);
	*text = to;
}

static uint32_t
some_random(void)
{
	uint32_t random;

	secret_random(&random, sizeof(random));
	return random;
}

/* --- when ----------------------------------------------------------------- */

static void
wait_for_next(struct mqtt *mqtt)
{
	int64_t ms = mqtt_schedule_next(&mqtt->schedule) - clock_mono_ms();

	if (ms < 0)
		ms = 0;
	mqtt->next = clock_wall() + ms / 1000;
	loop_timer_set(mqtt->sup->loop, &mqtt->timer, ms);
}

void
mqtt_look(struct supervisor *sup)
{
	struct mqtt *mqtt = sup->mqtt;

	if (section(mqtt) == NULL)
		return;
	mqtt_schedule_changed(&mqtt->schedule, clock_mono_ms());
	if (mqtt->child == NULL)
		wait_for_next(mqtt);
}

/* --- how it ends ---------------------------------------------------------- */

static void
failed(struct mqtt *mqtt, const char *problem, const char *detail,
    const char *advice)
{
	char *text =
	    xasprintf("%s%s%s", problem, detail[0] != '\0' ? ": " : "", detail);
	bool is_news = strcmp(text, mqtt->problem) != 0;

	mqtt_schedule_failed(&mqtt->schedule, clock_mono_ms(), some_random());
	set_text(&mqtt->problem, text);
	set_text(&mqtt->advice, xstrdup(advice));
	if (!is_news)
		return;
	log_warn("MQTT: %s%s%s", mqtt->problem, advice[0] != '\0' ? ". " : "",
	    mqtt->advice);
	journal_event(mqtt->sup->journal, "mqtt-failed", "%s", mqtt->problem);
}

static void
told(struct mqtt *mqtt, unsigned entities)
{
	const struct config_mqtt *config = section(mqtt);

	if (config == NULL)
		return;
	mqtt_schedule_told(
	    &mqtt->schedule, config->interval, clock_mono_ms(), some_random());
	/* What was told just now still says that nothing could be. */
	if (mqtt->problem[0] != '\0')
		mqtt_schedule_changed(&mqtt->schedule, clock_mono_ms());
	if (mqtt->told_at == 0 || mqtt->problem[0] != '\0')
		log_info("MQTT: Home Assistant is told of %u entities, through "
		         "%s",
		    entities, config->server);
	mqtt->told_at = clock_wall();
	set_text(&mqtt->problem, xstrdup(""));
	set_text(&mqtt->advice, xstrdup(""));
}

/* The last message of this job: nothing that it says later counts. */
static bool
answers(struct mqtt *mqtt, const struct child *child)
{
	bool is_first = mqtt->child == child && !mqtt->answered;

	if (is_first)
		mqtt->answered = true;
	return is_first;
}

void
mqtt_done(struct child *child, const struct msg *msg)
{
	struct mqtt *mqtt = mqtt_from(child->owner);

	if (answers(mqtt, child))
		told(mqtt, msg->u.MQTT_DONE.entities);
}

void
mqtt_failed(struct child *child, const struct msg *msg)
{
	struct mqtt *mqtt = mqtt_from(child->owner);
	char *problem, *detail, *advice;

	if (!answers(mqtt, child))
		return;
	problem = record_said(msg->u.MQTT_FAILED.problem);
	detail = record_said(msg->u.MQTT_FAILED.detail);
	advice = record_said(msg->u.MQTT_FAILED.advice);
	failed(mqtt, problem, detail, advice);
	free(problem);
	free(detail);
	free(advice);
}

static void
after_exit(struct child *child, int status)
{
	struct mqtt *mqtt = mqtt_from(child->owner);
	char text[CHILD_STATUS_SIZE], *detail;

	if (mqtt->child != child)
		return;
	loop_timer_cancel(&mqtt->deadline);
	mqtt->child = NULL;
	if (!mqtt->answered) {
		detail = xasprintf(
		    "%s %s", child->name, child_status_text(status, text));
		failed(mqtt, "lost", detail, "");
		free(detail);
	}
	wait_for_next(mqtt);
	mqtt_show(mqtt->sup);
}

static void
on_deadline(void *arg)
{
	struct mqtt *mqtt = mqtt_from(arg);

	if (!mqtt->answered)
		failed(mqtt, "timeout", "the broker took too long", "");
	mqtt->answered = true;
	child_kill(mqtt->child);
}

/* --- how it begins -------------------------------------------------------- */

/* The status as it is now comes out of the descriptor. -1: see the error. */
static int
open_status(struct supervisor *sup, struct error *err)
{
	struct msg msg = { .kind = MSG_STATUS_WANTED };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return error_sys(err, "socketpair");
	msg.fd = ends[0];
	monitor_tell(sup, &msg);
	close(ends[0]);
	return ends[1];
}

static void
send_job(struct mqtt *mqtt, int status)
{
	const struct supervisor *sup = mqtt->sup;
	const struct config_mqtt *config = section(mqtt);
	const struct plan *plan = sup->current->plan;
	struct msg msg = { .kind = MSG_MQTT_JOB,
		.fd = status,
		.u.MQTT_JOB = { SUPERVISOR_TERMS(sup, plan),
		    .host = config->host, .port = config->port,
		    .tls = config->tls, .login = config->login,
		    .password = config->password, .ca_file = config->ca_file,
		    .prefix = config->prefix, .id = config->id,
		    .interval = config->interval } };

	child_send(mqtt->child, &msg);
}

static int
spawn(struct mqtt *mqtt, struct error *err)
{
	const struct child_spec spec = {
		.role = IPC_MQTT, .owner = mqtt, .on_exit = after_exit
	};
	int status = open_status(mqtt->sup, err);

	if (status == -1)
		return -1;
	mqtt->child = child_spawn(&mqtt->sup->children, &spec, err);
	if (mqtt->child != NULL)
		send_job(mqtt, status);
	close(status);
	return mqtt->child != NULL ? 0 : -1;
}

static void
go(void *arg)
{
	struct mqtt *mqtt = mqtt_from(arg);
	struct error err = { 0 };

	if (section(mqtt) == NULL)
		return;
	mqtt_schedule_started(&mqtt->schedule, clock_mono_ms());
	mqtt->answered = false;
	if (spawn(mqtt, &err) == -1) {
		failed(mqtt, "cannot start", err.msg, "");
		wait_for_next(mqtt);
		mqtt_show(mqtt->sup);
		return;
	}
	loop_timer_set(mqtt->sup->loop, &mqtt->deadline, RUN_MAX_MS);
}

/* Whoever speaks with the broker is ended, unheard. */
static void
cancel(struct mqtt *mqtt)
{
	loop_timer_cancel(&mqtt->timer);
	loop_timer_cancel(&mqtt->deadline);
	if (mqtt->child != NULL) {
		child_close(mqtt->child);
		child_kill(mqtt->child);
	}
	mqtt->child = NULL;
	mqtt->next = 0;
}

static void
forget(struct mqtt *mqtt)
{
	mqtt->schedule = (struct mqtt_schedule){ 0 };
	mqtt->told_at = 0;
	set_text(&mqtt->problem, xstrdup(""));
	set_text(&mqtt->advice, xstrdup(""));
}

void
mqtt_update(struct supervisor *sup)
{
	struct mqtt *mqtt = sup->mqtt;

	cancel(mqtt);
	forget(mqtt);
	mqtt->schedule.next_ms = clock_mono_ms() + MQTT_SETTLE_MS;
	if (section(mqtt) != NULL)
		wait_for_next(mqtt);
	mqtt_show(sup);
}

void
mqtt_show(struct supervisor *sup)
{
	const struct mqtt *mqtt = sup->mqtt;
	const struct config_mqtt *config = section(mqtt);
	const char *state = config == NULL ? "off"
	    : mqtt->problem[0] != '\0'     ? "failing"
	    : mqtt->told_at != 0           ? "told"
	                                   : "waiting";
	struct msg msg = { .kind = MSG_SHOW_MQTT,
		.fd = -1,
		.u.SHOW_MQTT = { .state = state,
		    .server = config != NULL ? config->server : "",
		    .told_at = mqtt->told_at,
		    .next_attempt = mqtt->next,
		    .failures = mqtt->schedule.failures,
		    .problem = mqtt->problem,
		    .advice = mqtt->advice } };

	monitor_tell(sup, &msg);
}

void
mqtt_start(struct supervisor *sup)
{
	struct mqtt *mqtt = xcalloc(1, sizeof(*mqtt));

	mqtt->magic = MQTT_MAGIC;
	mqtt->sup = sup;
	mqtt->timer.fn = go;
	mqtt->deadline.fn = on_deadline;
	mqtt->timer.arg = mqtt->deadline.arg = mqtt;
	forget(mqtt);
	sup->mqtt = mqtt;
}

void
mqtt_stop(struct supervisor *sup)
{
	cancel(sup->mqtt);
}

void
mqtt_release(struct supervisor *sup)
{
	if (sup->mqtt == NULL)
		return;
	cancel(sup->mqtt);
	free(sup->mqtt->problem);
	free(sup->mqtt->advice);
	free(sup->mqtt);
	sup->mqtt = NULL;
}
