/* The command `ddns`. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "client.h"
#include "command.h"
#include "commands.h"
#include "report_ddns.h"
#include "say.h"
#include "json/json.h"

static int
show(const struct client_answer *answer, const char *name)
{
	struct json *status;
	struct error err;
	unsigned found;

	if (!answer->ok) {
		say_safely(stderr, answer->text);
		return EXIT_BAD;
	}
	status = json_parse(answer->text, strlen(answer->text), &err);
	if (status == NULL) {
		say("%s", err.msg);
		return EXIT_BAD;
	}
	found =
	    report_ddns(json_get(status, "ddns"), name, clock_wall(), stdout);
	json_free(status);
	if (found > 0)
		return EXIT_GOOD;
	if (name != NULL)
		say("no DDNS section has the name '%s'", name);
	else
		say("there is no DDNS in the configuration");
	return EXIT_BAD;
}

static int
command_status_of(const struct arguments *args)
{
	struct client_answer answer;
	int status =
	    client_ask_gateway(args->option[OPTION_FILE], "status", &answer);

	if (status != EXIT_GOOD)
		return status;
	status = show(&answer, args->second);
	free(answer.text);
	return status;
}

int
command_ddns(const struct arguments *args)
{
	const char *action = args->operand != NULL ? args->operand : "status";
	char *request;

	if (strcmp(action, "status") == 0)
		return command_status_of(args);
	if (strcmp(action, "update") != 0 && strcmp(action, "test") != 0) {
		say("ddns: '%s' is none of status, test and update", action);
		return EXIT_USAGE;
	}
	request = args->second != NULL
	    ? xasprintf("ddns %s %s", action, args->second)
	    : xasprintf("ddns %s", action);
	return forward_text(args, request);
}
