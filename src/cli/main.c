/*
 * gatehouse: the command that people type. It has the rights of whoever typed
 * it; serving does not need it.
 */

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "commands.h"
#include "say.h"

static int
run(const struct command *command, char *const *argv)
{
	struct arguments args;
	struct error err;

	if (command_parse(command, argv, &args, &err) == -1) {
		say("%s", err.msg);
		return command_misuse(command);
	}
	if (args.option[OPTION_HELP] != NULL) {
		command_print(command, stdout);
		return EXIT_GOOD;
	}
	return command->run(&args);
}

static const struct command *
find(const char *name)
{
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	else if (strcmp(name, "--version") == 0)
		name = "version";
	return command_find(name);
}

int
main(int argc, char **argv)
{
	const struct command *command;
	struct error err;
	int status;

	if (argc < 2) {
		command_print_all(stderr);
		return EXIT_USAGE;
	}
	command = find(argv[1]);
	if (command == NULL) {
		command_unknown(argv[1], &err);
		say("%s", err.msg);
		return EXIT_USAGE;
	}
	status = run(command, argv + 2);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		say("cannot write to standard output");
		return EXIT_BAD;
	}
	return status;
}
