/* The command `status`. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "client.h"
#include "command.h"
#include "commands.h"
#include "report.h"
#include "say.h"
#include "watch.h"
#include "json/json.h"

int
command_status(const struct arguments *args)
{
	struct client_answer answer;
	struct json *status;
	struct error err;
	int rc;

	if (args->option[OPTION_WATCH] != NULL &&
	    args->option[OPTION_JSON] != NULL) {
		say("status: either --watch or --json");
		return EXIT_USAGE;
	}
	if (args->option[OPTION_WATCH] != NULL)
		return watch(args->option[OPTION_FILE]);
	rc = client_ask_gateway(args->option[OPTION_FILE], "status", &answer);
	if (rc != EXIT_GOOD)
		return rc;
	status = answer.ok ? json_parse(answer.text, strlen(answer.text), &err)
	                   : NULL;
	if (!answer.ok)
		say_safely(stderr, answer.text);
	else if (status == NULL)
		say("%s", err.msg);
	else if (args->option[OPTION_JSON] != NULL)
		fputs(answer.text, stdout);
	else
		report_print(status, clock_wall(), stdout);
	rc = status != NULL ? EXIT_GOOD : EXIT_BAD;
	json_free(status);
	free(answer.text);
	return rc;
}
