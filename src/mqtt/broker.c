#include "broker.h"

#include <assert.h>
#include <errno.h>
#include <mosquitto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "document.h"
#include "refusal.h"

#define TALK_MAGIC 0x74616c6bu
#define KEEPALIVE 60 /* seconds; we do not stay that long */
#define LOOP_MS 1000
#define LEFTOVERS_MAX 256 /* the others are taken away the next time */
#define SAID_SIZE 160

/* Why a broker does not let us in (MQTT 3.1.1 section 3.2.2.3). */
enum connack {
	CONNACK_ACCEPTED = 0,
	CONNACK_BAD_LOGIN = 4,
	CONNACK_NOT_AUTHORIZED = 5
};

struct talk {
	unsigned magic;
	const struct broker *broker;
	const struct documents *documents;
	struct mosquitto *mosq;
	bool answered; /* the broker has said … */
	int connack;   /* … this */
	bool sent;     /* all there is to say */
	int failed;    /* the first thing that could not be sent */
	unsigned unacknowledged;
	char *leftovers[LEFTOVERS_MAX];
	unsigned nleftovers;
	char said[SAID_SIZE]; /* by the library, of its last error */
};

static struct talk *
talk_from(void *arg)
{
	struct talk *talk = arg;

	assert(talk->magic == TALK_MAGIC);
	return talk;
}

/* --- what is said --------------------------------------------------------- */

/* Without a payload the broker forgets what it has there. */
static void
publish(struct talk *talk, const char *topic, const char *payload)
{
	int rc = mosquitto_publish(talk->mosq, NULL, topic,
	    payload != NULL ? (int)strlen(payload) : 0, payload, 1, true);

	if (rc == MOSQ_ERR_SUCCESS)
		talk->unacknowledged++;
	else if (talk->failed == 0)
		talk->failed = rc;
}

/*
 * The broker sends what it keeps before it acknowledges what it hears later. A
 * user who may not read there leaves behind what is no more, and no harm done.
 */
static void
on_connect(struct mosquitto *mosq, void *arg, int connack)
{
	struct talk *talk = talk_from(arg);
	const struct documents *documents = talk->documents;

	talk->answered = true;
	talk->connack = connack;
	if (connack != CONNACK_ACCEPTED)
		return;
	talk->failed = mosquitto_subscribe(mosq, NULL, documents->pattern, 0);
	publish(talk, documents->state.topic, documents->state.payload);
	for (unsigned i = 0; i < documents->n; i++)
		publish(
		    talk, documents->list[i].topic, documents->list[i].payload);
	talk->sent = true;
}

static void
on_publish(struct mosquitto *mosq, void *arg, int mid)
{
	struct talk *talk = talk_from(arg);

	(void)mosq;
	(void)mid;
	if (talk->unacknowledged > 0)
		talk->unacknowledged--;
}

static void
on_message(
    struct mosquitto *mosq, void *arg, const struct mosquitto_message *message)
{
	struct talk *talk = talk_from(arg);

	(void)mosq;
	if (message->retain && message->payloadlen > 0 &&
	    talk->nleftovers < LEFTOVERS_MAX &&
	    documents_is_leftover(talk->documents, message->topic))
		talk->leftovers[talk->nleftovers++] = xstrdup(message->topic);
}

static void
on_log(struct mosquitto *mosq, void *arg, int level, const char *text)
{
	struct talk *talk = talk_from(arg);

	(void)mosq;
	if (level == MOSQ_LOG_ERR)
		snprintf(talk->said, sizeof(talk->said), "%s", text);
}

/* --- what goes wrong ------------------------------------------------------ */

#define LOOK_THERE                                                             \
	"Check that the broker runs there, and the name and port in MQTT"

static int
refuse_login(const struct broker *broker, struct refusal *refusal)
{
	if (broker->login[0] == '\0')
		return refuse(refusal, "login",
		    "Give MQTT the Login and Password of a user of the broker",
		    "%s lets nobody in without a user", broker->host);
	return refuse(refusal, "login",
	    "Check Login and Password in MQTT, and the users of the broker",
	    "%s does not accept user %s with this password", broker->host,
	    broker->login);
}

static int
refuse_connack(const struct talk *talk, struct refusal *refusal)
{
	if (talk->connack == CONNACK_BAD_LOGIN ||
	    talk->connack == CONNACK_NOT_AUTHORIZED)
		return refuse_login(talk->broker, refusal);
	return refuse(refusal, "refused", "The log of the broker says why",
	    "%s says: %s", talk->broker->host,
	    mosquitto_connack_string(talk->connack));
}

static int
refuse_tls(const struct talk *talk, struct refusal *refusal)
{
	return refuse(refusal, "tls",
	    "Check CAFile in MQTT, that the certificate of the broker has the "
	    "name that MQTT says, and that the port is one for TLS",
	    "%s:%u: %s", talk->broker->host, talk->broker->port,
	    talk->said[0] != '\0' ? talk->said : "no TLS");
}

static int
refuse_silence(const struct talk *talk, struct refusal *refusal)
{
	return refuse(refusal, "timeout", LOOK_THERE,
	    "%s:%u does not answer in %d seconds", talk->broker->host,
	    talk->broker->port,
	    (talk->answered ? BROKER_MS : BROKER_CONNECT_MS) / 1000);
}

/* What the library says, in its numbers and those of the system. */
static int
refuse_error(
    const struct talk *talk, int rc, int number, struct refusal *refusal)
{
	const struct broker *broker = talk->broker;

	switch (rc) {
	case MOSQ_ERR_TLS:
		return refuse_tls(talk, refusal);
	case MOSQ_ERR_EAI:
		return refuse(refusal, "name", LOOK_THERE,
		    "there is no address of %s", broker->host);
	case MOSQ_ERR_ERRNO:
		if (number == EINTR)
			return refuse_silence(talk, refusal);
		if (number == EPROTO || talk->said[0] != '\0')
			return refuse_tls(talk, refusal);
		return refuse(refusal, "connection", LOOK_THERE, "%s:%u: %s",
		    broker->host, broker->port, strerror(number));
	case MOSQ_ERR_CONN_LOST:
	case MOSQ_ERR_NO_CONN:
		return refuse(refusal, "connection",
		    broker->tls
		        ? "The log of the broker says why"
		        : "The log of the broker says why; a port for TLS "
		          "needs the line TLS yes in MQTT",
		    "%s:%u hung up", broker->host, broker->port);
	default:
		return refuse(refusal, "connection", "", "%s:%u: %s",
		    broker->host, broker->port, mosquitto_strerror(rc));
	}
}

/* --- the conversation ----------------------------------------------------- */

/* One whom nobody listens to: it is there to interrupt a system call. */
static void
on_alarm(int number)
{
	(void)number;
}

/*
 * The library connects to one address after the other, and waits for each as
 * long as the kernel does: an alarm, and one more for each address after it,
 * put an end to that.
 */
static int
connect_in_time(struct talk *talk)
{
	struct itimerval limit = { { 1, 0 }, { BROKER_CONNECT_MS / 1000, 0 } };
	static const struct itimerval off = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = on_alarm };
	int rc, number;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &limit, NULL);
	errno = 0;
	rc = mosquitto_connect(
	    talk->mosq, talk->broker->host, talk->broker->port, KEEPALIVE);
	number = errno;
	setitimer(ITIMER_REAL, &off, NULL);
	errno = number;
	return rc;
}

static bool
is_over(const struct talk *talk)
{
	return talk->failed != 0 ||
	    (talk->answered && talk->connack != CONNACK_ACCEPTED) ||
	    (talk->sent && talk->unacknowledged == 0);
}

static int
listen_to(struct talk *talk, int64_t started, struct refusal *refusal)
{
	while (!is_over(talk)) {
		int64_t limit = talk->answered ? BROKER_MS : BROKER_CONNECT_MS;
		int64_t left = started + limit - clock_mono_ms();
		int rc;

		if (left <= 0)
			return refuse_silence(talk, refusal);
		errno = 0;
		rc = mosquitto_loop(
		    talk->mosq, left < LOOP_MS ? (int)left : LOOP_MS, 1);
		/* The broker hangs up behind a refusal. */
		if (rc != MOSQ_ERR_SUCCESS && !is_over(talk))
			return refuse_error(talk, rc, errno, refusal);
	}
	if (talk->connack != CONNACK_ACCEPTED)
		return refuse_connack(talk, refusal);
	if (talk->failed != 0)
		return refuse_error(talk, talk->failed, errno, refusal);
	return 0;
}

static int
converse(struct talk *talk, struct refusal *refusal)
{
	int64_t started = clock_mono_ms();
	int rc = connect_in_time(talk);

	if (rc != MOSQ_ERR_SUCCESS)
		return refuse_error(talk, rc, errno, refusal);
	if (listen_to(talk, started, refusal) == -1)
		return -1;
	for (unsigned i = 0; i < talk->nleftovers; i++)
		publish(talk, talk->leftovers[i], NULL);
	if (listen_to(talk, started, refusal) == -1)
		return -1;
	mosquitto_disconnect(talk->mosq);
	return 0;
}

static int
set_up(struct talk *talk)
{
	const struct broker *broker = talk->broker;
	int rc = MOSQ_ERR_SUCCESS;

	mosquitto_connect_callback_set(talk->mosq, on_connect);
	mosquitto_publish_callback_set(talk->mosq, on_publish);
	mosquitto_message_callback_set(talk->mosq, on_message);
	mosquitto_log_callback_set(talk->mosq, on_log);
	if (broker->login[0] != '\0')
		rc = mosquitto_username_pw_set(talk->mosq, broker->login,
		    broker->password[0] != '\0' ? broker->password : NULL);
	if (rc != MOSQ_ERR_SUCCESS || !broker->tls)
		return rc;
	if (broker->ca_file[0] == '\0')
		return mosquitto_int_option(
		    talk->mosq, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
	return mosquitto_tls_set(
	    talk->mosq, broker->ca_file, NULL, NULL, NULL, NULL);
}

/* A file that cannot be read is what the library calls a bad argument. */
static int
refuse_set_up(const struct broker *broker, int rc, struct refusal *refusal)
{
	if (rc == MOSQ_ERR_INVAL && broker->ca_file[0] != '\0')
		return refuse(refusal, "tls",
		    "Check CAFile in MQTT, and that the workers' user may read "
		    "it",
		    "%s cannot be read", broker->ca_file);
	return refuse(
	    refusal, "local", "", "libmosquitto: %s", mosquitto_strerror(rc));
}

int
broker_tell(const struct broker *broker, const struct documents *documents,
    struct refusal *refusal)
{
	struct talk talk = {
		.magic = TALK_MAGIC, .broker = broker, .documents = documents
	};
	int rc, ret = -1;

	mosquitto_lib_init();
	talk.mosq = mosquitto_new(documents->node, true, &talk);
	rc = talk.mosq != NULL ? set_up(&talk) : MOSQ_ERR_NOMEM;
	if (rc != MOSQ_ERR_SUCCESS)
		refuse_set_up(broker, rc, refusal);
	else
		ret = converse(&talk, refusal);
	mosquitto_destroy(talk.mosq);
	mosquitto_lib_cleanup();
	for (unsigned i = 0; i < talk.nleftovers; i++)
		free(talk.leftovers[i]);
	return ret;
}
