/* The commands that the running gateway carries out. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
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
forward_text(const struct arguments *args, char *request)
{
	int status = forward(args, request);

	free(request);
	return status;
}

/* A verb, and a name if there is one. */
static int
forward_name(const struct arguments *args, const char *verb, const char *name)
{
	if (name == NULL)
		return forward(args, verb);
	return forward_text(args, xasprintf("%s %s", verb, name));
}

int
command_renew(const struct arguments *args)
{
	bool rehearse = args->option[OPTION_DRY_RUN] != NULL;

	return forward_name(
	    args, rehearse ? "dry-run" : "renew", args->operand);
}

bool
command_is_meant(const struct arguments *args, const char *question)
{
	char *text, *answer;
	bool meant;

	if (args->option[OPTION_YES] != NULL)
		return true;
	if (!isatty(STDIN_FILENO)) {
		say("%s Say so with --yes.", question);
		return false;
	}
	text = xasprintf("%s [y/N] ", question);
	answer = ask_line(text);
	meant = answer != NULL && (answer[0] == 'y' || answer[0] == 'Y');
	free(answer);
	free(text);
	return meant;
}

int
command_revoke(const struct arguments *args)
{
	const char *reason = args->option[OPTION_REASON];
	char *question;
	bool meant;

	if (args->operand == NULL) {
		say("revoke: which certificate? Give one of its names");
		return EXIT_USAGE;
	}
	question =
	    xasprintf("Revoke the certificate of %s? This cannot be undone.",
	        args->operand);
	meant = command_is_meant(args, question);
	free(question);
	if (!meant)
		return EXIT_USAGE;
	return forward_text(args,
	    xasprintf("revoke %s %s", reason != NULL ? reason : "unspecified",
	        args->operand));
}

int
command_account(const struct arguments *args)
{
	const char *action = args->operand != NULL ? args->operand : "show";
	char *verb;
	int status;

	if (strcmp(action, "deactivate") == 0 &&
	    !command_is_meant(
	        args, "Close the account? This cannot be undone."))
		return EXIT_USAGE;
	verb = xasprintf("account %s", action);
	status = forward_name(args, verb, args->option[OPTION_ACME]);
	free(verb);
	return status;
}

int
command_portmap(const struct arguments *args)
{
	return forward_name(
	    args, "portmap", args->operand != NULL ? args->operand : "status");
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
