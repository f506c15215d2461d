/* The commands `help` and `version`. */

#include <stdio.h>

#include "base/version.h"
#include "command.h"
#include "commands.h"
#include "say.h"

int
command_help(const struct arguments *args)
{
	const struct command *command;
	struct error err;

	if (args->operand == NULL) {
		command_print_all(stdout);
		return EXIT_GOOD;
	}
	command = command_find(args->operand);
	if (command == NULL) {
		command_unknown(args->operand, &err);
		say("%s", err.msg);
		return EXIT_USAGE;
	}
	command_print(command, stdout);
	return EXIT_GOOD;
}

int
command_version(const struct arguments *args)
{
	(void)args;
	puts("gatehouse " GATEHOUSE_VERSION);
	return EXIT_GOOD;
}
