#ifndef CLI_SETUP_H
#define CLI_SETUP_H

/*
 * `gatehouse setup`: from nothing to a page that loads, in steps. Each step
 * looks at what is already so, so a second run goes on where the first one was
 * ended, and changes nothing where all is done.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "ha_find.h"
#include "ha_trust.h"
#include "service.h"
#include "setup_answers.h"
#include "setup_files.h"
#include "setup_screen.h"

struct arguments;
struct doctor_port;
struct doctor_report;
struct doctor_wish;
struct reach;
struct setup_parts;

/* What the process exits with. */
enum {
	SETUP_GOOD = 0,
	SETUP_USAGE = 1, /* or a configuration of somebody else's is there */
	SETUP_HA = 2,
	SETUP_DNS = 3,
	SETUP_PORT = 4,
	SETUP_ACME = 5,
	SETUP_HA_CONFIG = 6,
	SETUP_PERMISSION = 7
};

struct setup {
	const struct arguments *args;
	const struct setup_parts *parts;
	bool asks; /* there is a person at a terminal */
	bool dry_run;
	struct setup_screen screen;
	struct setup_answers answers;
	struct setup_answers known; /* those of the configuration */
	struct setup_files files;
	enum setup_file file; /* what was there at the beginning */
	struct ha_found home_assistant;
	struct service *service;
	bool changed;   /* something */
	char *ha_token; /* NULL: none yet */
	char *url;
};

/*
 * What the steps do to the world outside; tests have others. `ask` asks the
 * gateway with this configuration one thing over its control socket.
 */
struct setup_parts {
	int (*find)(
	    const char *given, struct ha_found *found, struct error *err);
	bool (*resolves)(const char *host);
	void (*port)(uint16_t number, struct doctor_port *port);
	bool (*is_running)(const char *file);
	int (*start)(enum service_way way, const char *file,
	    struct service **service, struct error *err);
	int (*reload)(const char *file, struct error *err);
	void (*end)(struct service *service);
	int (*remove)(const char *file, struct error *err);
	int (*ask)(const char *file, const char *request, char **answer,
	    struct error *err);
	void (*reach)(const char *file, const char *name, const char *challenge,
	    struct reach *reach);
	void (*trust)(
	    const struct ha_trust_wish *wish, struct ha_trust_result *result);
	void (*examine)(
	    const struct doctor_wish *wish, struct doctor_report *report);
	int64_t (*now)(void); /* milliseconds, monotonic */
	void (*pause)(unsigned ms);
};

/*
 * From the first look to the last word; an exit status. The setup has args,
 * parts, what it may do, a screen and the path of the configuration.
 */
int setup_run(struct setup *setup);
void setup_release(struct setup *setup);

/* There was nothing to rehearse: the file was there as it should be. */
bool setup_is_rehearsed(const struct setup *setup);

/* What follows returns an exit status, too. */

/* The file's answers, the options' and a person's. */
int setup_questions(struct setup *setup);

/* Home Assistant, before anything is asked about it. */
int setup_look(struct setup *setup);

/* The steps before there is a gateway that runs. */
int setup_step_ports(struct setup *setup);
int setup_step_configuration(struct setup *setup);
int setup_step_service(struct setup *setup);

/* The steps that wait for the gateway, in their order. */
int setup_step_address(struct setup *setup);
int setup_step_router(struct setup *setup);
int setup_step_rehearsal(struct setup *setup);
int setup_step_reach(struct setup *setup);
int setup_step_certificate(struct setup *setup);

/* After a port was not reached: what of this house may be why. */
void setup_say_causes(struct setup *setup);

/* And those after it. */
int setup_step_trust(struct setup *setup);
int setup_step_examine(struct setup *setup);

#endif
