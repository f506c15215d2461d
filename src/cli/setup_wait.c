/* The steps that wait for the gateway: see setup.h. */

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "base/xalloc.h"
#include "command.h"
#include "net/addr.h"
#include "reach.h"
#include "setup.h"
#include "setup_judge.h"
#include "json/json.h"

#define PAUSE_MS 500
#define ADDRESS_MS 120000
#define ROUTER_MS 20000
#define CERT_MS 240000

/* What the gateway says of itself; NULL: nothing at this moment. */
static struct json *
ask_status(struct setup *setup)
{
	struct json *status = NULL;
	char *text = NULL;
	struct error err;

	if (setup->parts->ask(setup->files.path, "status", &text, &err) == 0)
		status = json_parse(text, strlen(text), &err);
	free(text);
	return status;
}

/* One of these is waited for. */
struct wait {
	void (*judge)(const struct json *status, const struct setup *setup,
	    int64_t failed, struct setup_finding *finding);
	int64_t failed; /* for judge */
	unsigned ms;    /* at most */
	bool patient;   /* trouble is waited out, too */
};

/* Until it is reached, or not to be. The finding is the caller's. */
static void
wait_for(
    struct setup *setup, const struct wait *wait, struct setup_finding *finding)
{
	int64_t deadline = setup->parts->now() + wait->ms;

	for (;;) {
		struct json *status = ask_status(setup);

		wait->judge(status, setup, wait->failed, finding);
		json_free(status);
		if (finding->stage == SETUP_REACHED ||
		    finding->stage == SETUP_BROKEN ||
		    (finding->stage == SETUP_TROUBLED && !wait->patient) ||
		    setup->parts->now() >= deadline)
			return;
		setup_screen_doing(&setup->screen, finding->text);
		setup->parts->pause(PAUSE_MS);
	}
}

/* Ends the step as it was found; takes the texts over. */
static void
end_step(struct setup *setup, enum doctor_verdict verdict,
    struct setup_finding *finding)
{
	setup_screen_end(&setup->screen, verdict, finding->text, finding->next);
	*finding = (struct setup_finding){ 0 };
}

/* --- the address ---------------------------------------------------------- */

static void
judge_address(const struct json *status, const struct setup *setup,
    int64_t failed, struct setup_finding *finding)
{
	(void)failed;
	setup_judge_ddns(status, setup->answers.host, finding);
}

/* Makes it as it was before this run. */
static void
take_back(struct setup *setup)
{
	if (!setup->files.made_config)
		return;
	if (setup->args->option[OPTION_NO_SERVICE] == NULL)
		setup->parts->remove(setup->files.path, NULL);
	setup->parts->end(setup->service);
	setup->service = NULL;
	setup_files_undo(&setup->files);
	setup->changed = false;
}

static int
say_refused(struct setup *setup, struct setup_finding *finding)
{
	bool made = setup->files.made_config;

	take_back(setup);
	end_step(setup, DOCTOR_FAIL, finding);
	if (made)
		setup_screen_say(&setup->screen,
		    "The provider has refused: what was written is removed "
		    "again.\n");
	return SETUP_DNS;
}

static bool
is_willing(struct setup *setup)
{
	char *line;
	bool willing;

	if (!setup->asks)
		return false;
	line =
	    ask_line("It may take longer with some providers. Go on? [y/N] ");
	willing = line != NULL && (line[0] == 'y' || line[0] == 'Y');
	free(line);
	return willing;
}

int
setup_step_address(struct setup *setup)
{
	static const struct wait wait = {
		.judge = judge_address,
		.ms = ADDRESS_MS,
		.patient = true,
	};
	struct setup_finding finding = { 0 };

	if (setup->answers.ddns == NULL)
		return SETUP_GOOD;
	setup_screen_begin(
	    &setup->screen, "DNS", "looking for our public address");
	wait_for(setup, &wait, &finding);
	if (finding.stage == SETUP_BROKEN)
		return say_refused(setup, &finding);
	if (finding.stage == SETUP_REACHED) {
		end_step(setup, DOCTOR_OK, &finding);
		return SETUP_GOOD;
	}
	end_step(setup, setup->asks ? DOCTOR_WARN : DOCTOR_FAIL, &finding);
	return is_willing(setup) ? SETUP_GOOD : SETUP_DNS;
}

/* --- the router ----------------------------------------------------------- */

/* As which a router knows us; false: nobody can say. */
static bool
find_own(char text[ADDR_TEXT_SIZE])
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct addr far, own;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good;

	/* Nothing is sent: the kernel chooses a way, and our address on it. */
	good = fd != -1 && addr_parse(&far, "198.51.100.1", 9) &&
	    connect(fd, &far.u.sa, far.len) == 0 &&
	    getsockname(fd, (struct sockaddr *)&ss, &len) == 0;
	if (fd != -1)
		close(fd);
	if (!good)
		return false;
	addr_from_sockaddr(&own, (const struct sockaddr *)&ss, len);
	addr_ip_text(&own, text);
	return true;
}

static char *
router_recipe(void)
{
	char own[ADDR_TEXT_SIZE] = "this machine";

	find_own(own);
	return xasprintf("On the page of your router, forward TCP port 80 to "
	                 "port 80 of %s, and TCP port 443 to its port 443.",
	    own);
}

static void
judge_router(const struct json *status, const struct setup *setup,
    int64_t failed, struct setup_finding *finding)
{
	(void)setup;
	(void)failed;
	setup_judge_portmap(status, finding);
}

int
setup_step_router(struct setup *setup)
{
	static const struct wait wait = {
		.judge = judge_router,
		.ms = ROUTER_MS,
	};
	struct setup_finding finding = { 0 };

	if (!setup->answers.port_map)
		return SETUP_GOOD;
	setup_screen_begin(&setup->screen, "Router", "asking it");
	wait_for(setup, &wait, &finding);
	if (finding.stage == SETUP_REACHED) {
		end_step(setup, DOCTOR_OK, &finding);
		return SETUP_GOOD;
	}
	if (finding.next == NULL)
		finding.next = router_recipe();
	/* It may have been told by hand: the rehearsal shows that. */
	end_step(setup, DOCTOR_WARN, &finding);
	return SETUP_GOOD;
}

/* --- certificates --------------------------------------------------------- */

static void
judge_cert(const struct json *status, const struct setup *setup, int64_t failed,
    struct setup_finding *finding)
{
	setup_judge_cert(status, setup->answers.host, failed, finding);
}

static void
renew(struct setup *setup)
{
	char *request = xasprintf("renew %s", setup->answers.host);
	char *answer = NULL;

	setup->parts->ask(setup->files.path, request, &answer, NULL);
	free(request);
	free(answer);
}

/* One that has failed before is not due: it is tried again now. */
static void
wait_for_cert(struct setup *setup, struct setup_finding *finding)
{
	struct wait wait = { .judge = judge_cert, .ms = CERT_MS };
	struct json *status = ask_status(setup);

	wait.failed = setup_cert_failed(status, setup->answers.host);
	json_free(status);
	if (wait.failed != -1)
		renew(setup);
	wait_for(setup, &wait, finding);
}

/*
 * Where to look after this problem, as an exit status: the authority did not
 * meet us, or it did not come that far.
 */
static int
blame(const char *problem)
{
	static const struct {
		const char *word;
		int status;
	} rows[] = {
		{ "connection:", SETUP_PORT },
		{ "incorrectResponse:", SETUP_PORT },
		{ "tls:", SETUP_PORT },
		{ "unauthorized:", SETUP_PORT },
		{ "selfcheck:", SETUP_PORT },
		{ "dns:", SETUP_DNS },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(problem, rows[i].word, strlen(rows[i].word)) == 0)
			return rows[i].status;
	return SETUP_ACME;
}

int
setup_step_rehearsal(struct setup *setup)
{
	struct setup_finding finding = { 0 };
	int status;

	if (setup_is_rehearsed(setup))
		return SETUP_GOOD;
	setup_screen_begin(&setup->screen, "Rehearsal",
	    "with the staging authority of Let's Encrypt");
	wait_for_cert(setup, &finding);
	/* After a refusal the gateway takes another way: by port 443. */
	if (finding.stage == SETUP_BROKEN &&
	    blame(finding.text) == SETUP_PORT) {
		setup_screen_doing(&setup->screen, "once more, by port 443");
		wait_for_cert(setup, &finding);
	}
	if (finding.stage != SETUP_REACHED) {
		status = blame(finding.text);
		end_step(setup, DOCTOR_FAIL, &finding);
		if (status == SETUP_PORT)
			setup_say_causes(setup);
		return status;
	}
	free(finding.text);
	finding.text =
	    xstrdup("the staging authority has issued a certificate");
	end_step(setup, DOCTOR_OK, &finding);
	return SETUP_GOOD;
}

/* Whether nothing speaks against it. */
static bool
try_port(struct setup *setup, const char *label, const char *challenge,
    enum doctor_verdict otherwise)
{
	struct reach reach = { .evidence = NULL };
	enum doctor_verdict verdict = DOCTOR_OK;

	setup_screen_begin(
	    &setup->screen, label, "having the staging authority come to it");
	setup->parts->reach(
	    setup->files.path, setup->answers.host, challenge, &reach);
	switch (reach.end) {
	case REACH_REACHED:
		break;
	case REACH_UNKNOWN:
		verdict = DOCTOR_WARN;
		break;
	case REACH_NOT:
		verdict = otherwise;
		break;
	}
	setup_screen_end(&setup->screen, verdict, xstrdup(reach.evidence),
	    reach.advice[0] != '\0'    ? xstrdup(reach.advice)
	        : verdict == DOCTOR_OK ? NULL
	                               : router_recipe());
	reach_release(&reach);
	return verdict != DOCTOR_FAIL;
}

int
setup_step_reach(struct setup *setup)
{
	if (setup_is_rehearsed(setup))
		return SETUP_GOOD;
	/* Nobody is kept out by a closed port 80, which only redirects. */
	if (setup->answers.http01)
		try_port(setup, "Port 80", "http-01", DOCTOR_WARN);
	if (try_port(setup, "Port 443", "tls-alpn-01", DOCTOR_FAIL))
		return SETUP_GOOD;
	setup_say_causes(setup);
	return SETUP_PORT;
}

static int
write_final(struct setup *setup)
{
	struct error err;

	setup_screen_doing(&setup->screen, "the rehearsal is over");
	if (setup_files_put(&setup->files, setup->files.final, &err) == -1 ||
	    setup->parts->reload(setup->files.path, &err) == -1) {
		setup_screen_end(
		    &setup->screen, DOCTOR_FAIL, xstrdup(err.msg), NULL);
		return SETUP_PERMISSION;
	}
	setup->changed = true;
	return SETUP_GOOD;
}

int
setup_step_certificate(struct setup *setup)
{
	struct setup_finding finding = { 0 };
	int status;

	if (setup->answers.staging && !setup_is_rehearsed(setup))
		return SETUP_GOOD;
	setup_screen_begin(&setup->screen, "Certificate", "ordering it");
	status = setup_is_rehearsed(setup) ? SETUP_GOOD : write_final(setup);
	if (status != SETUP_GOOD)
		return status;
	wait_for_cert(setup, &finding);
	if (finding.stage == SETUP_REACHED) {
		end_step(setup, DOCTOR_OK, &finding);
		return SETUP_GOOD;
	}
	end_step(setup, DOCTOR_FAIL, &finding);
	return SETUP_ACME;
}
