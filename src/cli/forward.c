/*
 * The commands that the running gateway carries out: reload, renew, reopen,
 * stop.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "client.h"
#include "command.h"
#include "commands.h"
#include "say.h"

static int
forward(const struct arguments *args, const char *request)
{
	struct client_answer answer;
	int status;

	status =
	    client_ask_gateway(args->option[OPTION_FILE], request, &answer);
	if (status != EXIT_GOOD)
		return status;
	say_safely(answer.ok ? stdout : stderr, answer.text);
	free(answer.text);
	return answer.ok ? EXIT_GOOD : EXIT_BAD;
}

int
command_reload(const struct arguments *args)
{
	return forward(args, "reload");
}

int
command_renew(const struct arguments *args)
{
	char *request;
	int status;

	if (args->operand == NULL)
		return forward(args, "renew");
	request = xasprintf("renew %s", args->operand);
	status = forward(args, request);
	free(request);
	return status;
}

int
command_reopen(const struct arguments *args)
{
	return forward(args, "reopen");
}

int
command_stop(const struct arguments *args)
{
	return forward(args, "stop");
}
