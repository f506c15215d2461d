#ifndef TEST_STANDIN_H
#define TEST_STANDIN_H

/*
 * Stand-ins for the programs that the supervisor starts. They speak the real
 * protocol and do what files in $HOUSE say, so that a test can make them fail
 * in ways that the real ones rarely do. What they hear they log.
 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "ipc/chan.h"
#include "ipc/ddns.h"
#include "ipc/job.h"

static inline const char *
standin_path(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", getenv("HOUSE"), name);
	return path;
}

/* What a file says; NULL if it is not there. */
static inline const char *
standin_told(const char *name)
{
	static char text[1024];
	struct buf buf = { 0 };

	if (file_read(standin_path(name), sizeof(text) - 1, &buf, NULL) == -1)
		return NULL;
	memcpy(text, buf_data(&buf), buf_len(&buf));
	text[buf_len(&buf)] = '\0';
	buf_release(&buf);
	return text;
}

/* Is a word among what a file says? */
static inline bool
standin_told_of(const char *name, const char *word)
{
	const char *text = standin_told(name);

	return text != NULL && strstr(text, word) != NULL;
}

/* Takes the next word off a text; "" at its end. */
static inline void
standin_word(const char **text, char *dst, size_t size)
{
	*text += strspn(*text, " \n");
	snprintf(dst, size, "%.*s", (int)strcspn(*text, " \n"), *text);
	*text += strlen(dst);
}

static inline long
standin_number(const char **text)
{
	uint64_t number = 0;
	char word[24];

	standin_word(text, word, sizeof(word));
	if (!text_u64(word, strlen(word), INT64_MAX, &number))
		fatal("\"%s\" is not a number", word);
	return (long)number;
}

static inline void
standin_send(struct chan *chan, struct msg msg)
{
	struct error err;

	msg.fd = -1;
	if (chan_send(chan, &msg, &err) == -1)
		fatal("%s", err.msg);
}

/* Waits for a message; at the end of the line, so ends the process. */
static inline void
standin_hear(struct chan *chan, struct msg *msg)
{
	struct error err;
	enum chan_result result = chan_recv(chan, msg, &err);

	if (result == CHAN_BROKEN)
		fatal("%s", err.msg);
	if (result != CHAN_MESSAGE)
		exit(0);
	if (msg->fd != -1)
		close(msg->fd);
}

/* A pair as far as the supervisor can see; workers read what is between. */
static inline int
standin_pair(char *dst, size_t size, const char *serial, long lifetime)
{
	long now = (long)clock_wall();

	return snprintf(dst, size,
	    "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
	    "-----BEGIN CERTIFICATE-----\npair %s %ld %ld\n"
	    "-----END CERTIFICATE-----\n",
	    serial, now, now + lifetime);
}

static inline void
standin_answer_swap(
    struct chan *chan, unsigned worker, const struct msg_CERT_SWAP *swap)
{
	struct msg msg = { .kind = MSG_CERT_SWAPPED };
	struct msg_CERT_SWAPPED *answer = &msg.u.CERT_SWAPPED;
	char pem[512], serial[64];
	const char *text;

	snprintf(pem, sizeof(pem), "%.*s", (int)swap->pem.len,
	    (const char *)swap->pem.p);
	text = strstr(pem, "\npair ");
	if (text == NULL)
		fatal("no pair: %s", pem);
	text += strlen("\npair ");
	standin_word(&text, serial, sizeof(serial));
	answer->slot = swap->slot;
	answer->serial_number = swap->serial_number;
	if (standin_told_of("mute", serial)) {
		log_info("worker %u: pair %s, no answer", worker, serial);
		return;
	}
	if (standin_told_of("refuse", serial)) {
		answer->error = "told to refuse";
	} else {
		answer->not_before = standin_number(&text);
		answer->not_after = standin_number(&text);
		answer->serial = serial;
		answer->issuer = "stand-in";
		answer->names = "gw.test";
	}
	log_info("worker %u: pair %s %s", worker, serial,
	    answer->error == NULL ? "serves" : answer->error);
	standin_send(chan, msg);
}

static inline void
standin_go(struct chan *chan, unsigned worker)
{
	const char *reason = standin_told("fail");
	struct msg ready = { .kind = MSG_WORKER_READY };
	struct msg failed = { .kind = MSG_WORKER_FAILED };

	if (standin_told("babble") != NULL) {
		ssize_t n = write(chan_fd(chan), "\xff\xff\xff", 3);

		(void)n;
	} else if (standin_told("die") != NULL) {
		raise(SIGKILL);
	} else if (reason != NULL) {
		failed.u.WORKER_FAILED.reason = reason;
		standin_send(chan, failed);
	} else {
		log_info("worker %u goes", worker);
		standin_send(chan, ready);
	}
}

static inline int
standin_proxy(struct chan *chan)
{
	struct msg msg, done = { .kind = MSG_CHALLENGE_DONE };
	unsigned worker = 0, keys = 0, listeners = 0;
	const char *deaf;

	for (;;) {
		standin_hear(chan, &msg);
		switch ((int)msg.kind) {
		case MSG_START:
			worker = msg.u.START.worker;
			break;
		case MSG_LISTENER:
			listeners++;
			break;
		case MSG_TICKET_KEY:
			keys++;
			break;
		case MSG_CERT_SWAP:
			standin_answer_swap(chan, worker, &msg.u.CERT_SWAP);
			break;
		case MSG_WORKER_GO:
			if (listeners != 2 || keys == 0)
				fatal("%u listeners, %u keys", listeners, keys);
			standin_go(chan, worker);
			break;
		case MSG_BACKEND_STATE:
			log_info("worker %u: backend %u is %s", worker,
			    msg.u.BACKEND_STATE.backend,
			    msg.u.BACKEND_STATE.up            ? "up"
			        : msg.u.BACKEND_STATE.reached ? "ailing"
			                                      : "down");
			break;
		case MSG_CHALLENGE_SET:
			deaf = standin_told("deaf");
			log_info("worker %u: challenge %s", worker,
			    msg.u.CHALLENGE_SET.name);
			if (deaf != NULL && deaf[0] == (char)('0' + worker))
				break;
			done.u.CHALLENGE_DONE.kind = msg.u.CHALLENGE_SET.kind;
			done.u.CHALLENGE_DONE.name = msg.u.CHALLENGE_SET.name;
			standin_send(chan, done);
			break;
		case MSG_WORKER_DRAIN:
			log_info("worker %u: drain %u", worker,
			    msg.u.WORKER_DRAIN.seconds);
			standin_send(
			    chan, (struct msg){ .kind = MSG_WORKER_DRAINING });
			if (standin_told("linger") == NULL ||
			    msg.u.WORKER_DRAIN.seconds == 0)
				return 0;
			break;
		}
	}
}

/* Lines of "verb argument" from the test, as a person would type them. */
static inline void
standin_command(struct chan *chan, int fifo)
{
	struct msg msg = { .kind = MSG_CONTROL, .u.CONTROL.id = 7 };
	char lines[512] = "", *line = lines, *end, *arg;
	ssize_t n = read(fifo, lines, sizeof(lines) - 1);

	if (n <= 0)
		return;
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		arg = strchr(line, ' ');
		if (arg != NULL)
			*arg++ = '\0';
		msg.u.CONTROL.verb = line;
		msg.u.CONTROL.arg = arg;
		standin_send(chan, msg);
	}
}

/*
 * *heard: where commands come from: the fifo, from the moment that this monitor
 * goes until the next one does.
 */
static inline void
standin_hear_monitor(struct chan *chan, int fifo, int *heard)
{
	struct msg msg, ready = { .kind = MSG_WORKER_READY };
	struct msg backend = { .kind = MSG_BACKEND_STATE,
		.u.BACKEND_STATE = { .backend = 0, .up = 1 } };
	const struct msg_SHOW_CERT *row = &msg.u.SHOW_CERT;

	standin_hear(chan, &msg);
	if (msg.kind == MSG_WORKER_GO) {
		log_info("the monitor goes");
		if (standin_told("ailing") != NULL) {
			backend.u.BACKEND_STATE.up = 0;
			backend.u.BACKEND_STATE.reached = 1;
		}
		standin_send(chan, ready);
		standin_send(chan, backend);
		*heard = fifo;
	}
	if (msg.kind == MSG_SHOW_CERT)
		log_info("row: %s, serial '%s', failures %d, problem '%s', "
		         "next in %ld, %s: %s; attempts %d at %s, issued by "
		         "'%s', chosen %d",
		    row->source, row->serial, (int)row->failures, row->problem,
		    (long)(row->next_attempt - clock_wall()), row->state,
		    row->reason, (int)row->attempts, row->directory,
		    row->issued_by, row->chosen != 0);
	if (msg.kind == MSG_SHOW_DDNS)
		log_info("address row: %s '%s' %s, failures %d, problem '%s', "
		         "also '%s', next look in %ld",
		    msg.u.SHOW_DDNS.names, msg.u.SHOW_DDNS.published4,
		    msg.u.SHOW_DDNS.state, (int)msg.u.SHOW_DDNS.failures,
		    msg.u.SHOW_DDNS.problem, msg.u.SHOW_DDNS.published6,
		    (long)(msg.u.SHOW_DDNS.next_look - clock_wall()));
	if (msg.kind == MSG_SHOW_PORTMAP)
		log_info("ports row: %s '%s', at '%s', warning '%s'",
		    msg.u.SHOW_PORTMAP.state, msg.u.SHOW_PORTMAP.ports,
		    msg.u.SHOW_PORTMAP.wan, msg.u.SHOW_PORTMAP.warning);
	if (msg.kind == MSG_SHOW_MQTT)
		log_info("mqtt row: %s at '%s', failures %u, problem '%s'",
		    msg.u.SHOW_MQTT.state, msg.u.SHOW_MQTT.server,
		    msg.u.SHOW_MQTT.failures, msg.u.SHOW_MQTT.problem);
	if (msg.kind == MSG_STATUS_WANTED)
		log_info("the status is wanted");
	if (msg.kind == MSG_CONTROL_CEASE) {
		log_info("the monitor hears nobody else");
		*heard = -1;
	}
	if (msg.kind == MSG_CONTROL_REPLY)
		log_info("reply %u: %s: %s", msg.u.CONTROL_REPLY.id,
		    msg.u.CONTROL_REPLY.ok ? "ok" : "error",
		    msg.u.CONTROL_REPLY.text);
}

static inline int
standin_monitor(struct chan *chan)
{
	int fifo = open(standin_path("control"), O_RDWR | O_NONBLOCK);
	struct pollfd fds[2] = { { .fd = chan_fd(chan), .events = POLLIN },
		{ .fd = -1, .events = POLLIN } };

	while (poll(fds, 2, -1) > 0)
		if (fds[0].revents != 0)
			standin_hear_monitor(chan, fifo, &fds[1].fd);
		else
			standin_command(chan, fifo);
	return 1;
}

/* One line of the file "job": a verb and two arguments at most. */
static inline bool
standin_step(struct chan *chan, const char *verb, const char *first, long n)
{
	struct msg msg = { 0 };
	char pem[512];

	if (strcmp(verb, "account") == 0) {
		msg.kind = MSG_ACCOUNT_SAVE;
		msg.u.ACCOUNT_SAVE.key = "-----BEGIN PRIVATE KEY-----\n"
		                         "-----END PRIVATE KEY-----\n";
		msg.u.ACCOUNT_SAVE.url = first;
	} else if (strcmp(verb, "key") == 0) {
		bool none = strcmp(first, "-") == 0;

		msg.kind = MSG_ACCOUNT_SAVE;
		snprintf(pem, sizeof(pem),
		    "-----BEGIN PRIVATE KEY-----\n%s\n"
		    "-----END PRIVATE KEY-----\n",
		    first);
		msg.u.ACCOUNT_SAVE.key = none ? "" : pem;
		msg.u.ACCOUNT_SAVE.url =
		    none ? "" : "https://ca.test/account/1";
	} else if (strcmp(verb, "done") == 0) {
		msg.kind = MSG_JOB_DONE;
		snprintf(pem, sizeof(pem), "%s\ndone", first);
		msg.u.JOB_DONE.text = pem;
		standin_send(chan, msg);
		return false;
	} else if (strcmp(verb, "refuse-as") == 0) {
		msg.kind = MSG_JOB_FAILED;
		msg.u.JOB_FAILED.problem = first;
		msg.u.JOB_FAILED.detail = "as\ntold";
		msg.u.JOB_FAILED.retry_after = -1;
		standin_send(chan, msg);
		return false;
	} else if (strcmp(verb, "order") == 0) {
		msg.kind = MSG_ORDER_SAVE;
		msg.u.ORDER_SAVE.url = first;
		msg.u.ORDER_SAVE.key = "-----BEGIN PRIVATE KEY-----\n"
		                       "-----END PRIVATE KEY-----\n";
	} else if (strcmp(verb, "challenge") == 0) {
		msg.kind = MSG_CHALLENGE_SET;
		msg.u.CHALLENGE_SET.kind = JOB_HTTP_01;
		msg.u.CHALLENGE_SET.name = first;
		msg.u.CHALLENGE_SET.answer =
		    (struct msg_bytes){ "token.thumb", 11 };
	} else if (strcmp(verb, "record") == 0) {
		msg.kind = MSG_CHALLENGE_SET;
		msg.u.CHALLENGE_SET.kind = JOB_DNS_01;
		msg.u.CHALLENGE_SET.name = first;
		msg.u.CHALLENGE_SET.answer = (struct msg_bytes){ "value", 5 };
		standin_send(chan, msg);
		standin_hear(chan, &msg);
		if (msg.u.CHALLENGE_READY.error[0] == '\0')
			return true;
		msg = (struct msg){ .kind = MSG_JOB_FAILED };
		msg.u.JOB_FAILED.problem = "hook";
		msg.u.JOB_FAILED.detail = "the record is not published";
		standin_send(chan, msg);
		return false;
	} else if (strcmp(verb, "issue") == 0) {
		int len = standin_pair(pem, sizeof(pem), first, n);

		msg.kind = MSG_CERT_ISSUED;
		msg.u.CERT_ISSUED.pem.p = pem;
		msg.u.CERT_ISSUED.pem.len = (size_t)len;
		standin_send(chan, msg);
		return false;
	} else if (strcmp(verb, "fail") == 0) {
		msg.kind = MSG_JOB_FAILED;
		msg.u.JOB_FAILED.kind = (uint32_t)(first[0] - '0');
		msg.u.JOB_FAILED.problem = "test";
		msg.u.JOB_FAILED.detail = "as\ntold";
		msg.u.JOB_FAILED.retry_after = n;
		standin_send(chan, msg);
		return false;
	} else if (access(standin_path("died"), F_OK) == -1) {
		close(open(standin_path("died"), O_CREAT | O_WRONLY, 0600));
		raise(SIGKILL); /* "die-once" */
	} else {
		return true;
	}
	standin_send(chan, msg);
	standin_hear(chan, &msg);
	log_info("job: %s", msg_name(msg.kind));
	return true;
}

/* The window is in the file "window"; without it the CA has none. */
static inline void
standin_inform(struct chan *chan, const struct msg_JOB *job)
{
	const char *told = standin_told("window");
	struct msg msg = { .kind = MSG_RENEWAL_INFO, .fd = -1 };
	const char *space = told != NULL ? strchr(told, ' ') : NULL;
	uint64_t start, end;

	log_info(
	    "job: window of '%.40s' at %s", job->certificate, job->directory);
	msg.u.RENEWAL_INFO.url = "https://ca.test/\nwhy";
	msg.u.RENEWAL_INFO.retry_after = 21600;
	if (space != NULL &&
	    text_u64(told, (size_t)(space - told), INT64_MAX, &start) &&
	    text_u64(space + 1, strlen(space + 1), INT64_MAX, &end)) {
		msg.u.RENEWAL_INFO.start = (int64_t)start;
		msg.u.RENEWAL_INFO.end = (int64_t)end;
	}
	standin_send(chan, msg);
}

/* What a job is asked to do, and by whom. */
static inline void
standin_log_job(const struct msg_JOB *job)
{
	static const char *const kinds[] = { [JOB_DRY_RUN] = "dry run",
		[JOB_REVOKE] = "revocation",
		[JOB_ACCOUNT] = "account",
		[JOB_NOTIFY] = "message" };

	if (job->kind == JOB_ISSUE)
		log_info("job: names '%s', order '%s', account '%s'",
		    job->names, job->order_url, job->account_url);
	else if (job->kind == JOB_REACH)
		log_info("job: look at '%s' by '%s' from %s", job->names,
		    job->challenges, job->directory);
	else
		log_info("job: %s '%s' at %s; '%.40s', %s", kinds[job->kind],
		    job->arg, job->directory, job->certificate,
		    job->reuse_key[0] != '\0' ? "with its key" : "no key");
}

/* Chores do what the file "chore" says. */
static inline int
standin_acme(struct chan *chan)
{
	const char *told;
	char verb[32], first[64];
	struct msg msg;

	standin_hear(chan, &msg);
	if (msg.u.JOB.kind == JOB_PLACEHOLDER) {
		standin_step(chan, "issue", "self", 86400);
		return 0;
	}
	if (msg.u.JOB.kind == JOB_RENEWAL_INFO) {
		standin_inform(chan, &msg.u.JOB);
		return 0;
	}
	standin_log_job(&msg.u.JOB);
	if (msg.u.JOB.kind == JOB_ISSUE) {
		told = standin_told("job");
		if (told == NULL)
			told = "issue first 7776000\n";
	} else {
		told = standin_told("chore");
		if (told == NULL)
			told = "done well 0\n";
	}
	do {
		standin_word(&told, verb, sizeof(verb));
		standin_word(&told, first, sizeof(first));
	} while (standin_step(chan, verb, first, standin_number(&told)));
	return 0;
}

static inline const char *
standin_address(const char *word)
{
	return strcmp(word, "-") == 0 ? "" : word;
}

/* What was found, or that there is none. */
static inline const char *
standin_source(const char *word)
{
	return strcmp(word, "-") == 0 ? "none" : "service";
}

/*
 * Finds what the file "address" says: IPv4, IPv6 ("-" for none) and whether it
 * is visible.
 */
static inline void
standin_find(struct chan *chan)
{
	const char *told = standin_told("address");
	char ipv4[48], ipv6[48];
	struct msg msg = { .kind = MSG_DDNS_FOUND };

	if (told == NULL)
		told = "203.0.113.9 - 1";
	standin_word(&told, ipv4, sizeof(ipv4));
	standin_word(&told, ipv6, sizeof(ipv6));
	msg.u.DDNS_FOUND.ipv4 = standin_address(ipv4);
	msg.u.DDNS_FOUND.ipv6 = standin_address(ipv6);
	msg.u.DDNS_FOUND.source4 = standin_source(ipv4);
	msg.u.DDNS_FOUND.source6 = standin_source(ipv6);
	msg.u.DDNS_FOUND.visible = (uint32_t)standin_number(&told);
	standin_send(chan, msg);
}

/* The provider does what the file "provider" says: a verb and a number. */
static inline void
standin_provide(struct chan *chan, const char *told)
{
	struct msg msg = { .kind = MSG_DDNS_FAILED };
	char verb[32];

	standin_word(&told, verb, sizeof(verb));
	if (strcmp(verb, "die") == 0)
		raise(SIGKILL);
	if (strcmp(verb, "hang") == 0) {
		log_info("ddns: the provider says nothing");
		standin_hear(chan, &msg);
	}
	msg.u.DDNS_FAILED.kind =
	    strcmp(verb, "stop") == 0 ? DDNS_STOP : DDNS_AGAIN;
	msg.u.DDNS_FAILED.problem = verb;
	msg.u.DDNS_FAILED.detail = "as\ntold";
	msg.u.DDNS_FAILED.advice = "Ask it.";
	msg.u.DDNS_FAILED.retry_after = standin_number(&told);
	standin_send(chan, msg);
}

static inline int
standin_ddns(struct chan *chan)
{
	static const char *const kinds[] = { [DDNS_LOOK] = "look",
		[DDNS_UPDATE] = "update",
		[DDNS_FORCE] = "force",
		[DDNS_TXT_SET] = "set",
		[DDNS_TXT_CLEAR] = "clear" };
	struct msg msg, done = { .kind = MSG_DDNS_DONE };
	const char *told;
	const struct msg_DDNS_JOB *job = &msg.u.DDNS_JOB;
	enum ddns_kind kind;

	standin_hear(chan, &msg);
	kind = (enum ddns_kind)job->kind;
	log_info("ddns: %s at %s for '%s' with '%s', known '%s' '%s', "
	         "listens %u, record '%s' '%s'",
	    kinds[kind], job->provider, job->hosts, job->token, job->known4,
	    job->known6, job->listens, job->name, job->value);
	if (kind == DDNS_LOOK || kind == DDNS_UPDATE || kind == DDNS_FORCE)
		standin_find(chan);
	told = standin_told("provider");
	if (kind != DDNS_LOOK && told != NULL) {
		standin_provide(chan, told);
		return 1;
	}
	done.u.DDNS_DONE.updated = kind != DDNS_LOOK;
	done.u.DDNS_DONE.text = "as told";
	standin_send(chan, done);
	return 0;
}

/* A router that does as it is told, and has the address in the file "wan". */
static inline int
standin_portmap(struct chan *chan)
{
	struct msg msg, done = { .kind = MSG_PORTMAP_DONE };
	const struct msg_PORTMAP_JOB *job = &msg.u.PORTMAP_JOB;
	const char *wan = standin_told("wan");

	standin_hear(chan, &msg);
	log_info("portmap: %s '%s'",
	    job->kind == PORTMAP_MAP         ? "map"
	        : job->kind == PORTMAP_UNMAP ? "unmap"
	                                     : "address",
	    job->ports);
	done.u.PORTMAP_DONE.protocol = "PCP";
	done.u.PORTMAP_DONE.wan = wan != NULL ? wan : "203.0.113.9";
	done.u.PORTMAP_DONE.ports = job->kind == PORTMAP_MAP ? job->ports : "";
	done.u.PORTMAP_DONE.lifetime = job->lifetime;
	standin_send(chan, done);
	return 0;
}

/* A broker that takes everything, but for the problem in the file "broker". */
static inline int
standin_mqtt(struct chan *chan)
{
	struct msg msg, done = { .kind = MSG_MQTT_DONE };
	struct msg failed = { .kind = MSG_MQTT_FAILED };
	const char *problem = standin_told("broker");

	done.u.MQTT_DONE.entities = 3;
	standin_hear(chan, &msg);
	log_info("mqtt: %s:%u as '%s' with '%s'", msg.u.MQTT_JOB.host,
	    msg.u.MQTT_JOB.port, msg.u.MQTT_JOB.login, msg.u.MQTT_JOB.password);
	if (problem == NULL) {
		done.u.MQTT_DONE.entities = 3;
		standin_send(chan, done);
		return 0;
	}
	if (strcmp(problem, "die") == 0)
		raise(SIGKILL);
	failed.u.MQTT_FAILED.problem = problem;
	failed.u.MQTT_FAILED.detail = "as\ntold";
	standin_send(chan, failed);
	return 1;
}

/* main() of a stand-in; -1 if this is none. */
static inline int
standin_main(const char *name)
{
	static const struct {
		const char *name;
		enum ipc_role role;
		int (*run)(struct chan *chan);
	} roles[] = {
		{ "gatehouse-proxy", IPC_PROXY, standin_proxy },
		{ "gatehouse-monitor", IPC_MONITOR, standin_monitor },
		{ "gatehouse-acme", IPC_ACME, standin_acme },
		{ "gatehouse-ddns", IPC_DDNS, standin_ddns },
		{ "gatehouse-portmap", IPC_PORTMAP, standin_portmap },
		{ "gatehouse-mqtt", IPC_MQTT, standin_mqtt },
	};

	struct chan *chan;
	int status;

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(roles[i].name, name) == 0) {
			log_open(roles[i].name, LOG_TO_STDERR, 0);
			chan = chan_new(
			    CHAN_CHILD_FD, roles[i].role, IPC_SUPERVISOR, true);
			status = roles[i].run(chan);
			chan_free(chan);
			exit(status);
		}
	return -1;
}

#endif
