/* The command `check`: all that is wrong with a configuration, in one go. */

#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "machine.h"
#include "say.h"

static const char *
plural(unsigned n)
{
	return n == 1 ? "" : "s";
}

/* Returns an EXIT_* value. */
static int
summarize(const char *file, const struct diag *diag, bool quiet)
{
	unsigned errors = diag_count(diag, DIAG_ERROR);
	unsigned warnings = diag_count(diag, DIAG_WARNING);
	const char *line;

	for (unsigned n = 0; (line = diag_line(diag, n)) != NULL; n++) {
		say_safely(stderr, line);
		fputc('\n', stderr);
	}
	if (errors > 0) {
		fprintf(stderr, "%s: %u error%s, %u warning%s\n", file, errors,
		    plural(errors), warnings, plural(warnings));
		return EXIT_BAD;
	}
	if (quiet)
		return EXIT_GOOD;
	if (warnings > 0)
		printf("%s: ok, with %u warning%s\n", file, warnings,
		    plural(warnings));
	else
		printf("%s: ok\n", file);
	return EXIT_GOOD;
}

static int
check(struct config_text *text, const char *file, bool expand)
{
	struct diag *diag = diag_new();
	struct config *config = config_parse(text, diag);
	char *expansion;
	int status;

	if (config != NULL) {
		machine_check(config, diag);
		config_text_check(text, diag);
	}
	config_free(config);
	status = summarize(file, diag, expand);
	if (status == EXIT_GOOD && expand) {
		expansion = config_expand(text, diag);
		fputs(expansion, stdout);
		free(expansion);
	}
	diag_free(diag);
	return status;
}

int
command_check(const struct arguments *args)
{
	const char *file = args->option[OPTION_FILE];
	struct config_text *text;
	struct error err;
	int status;

	if (file != NULL && args->operand != NULL) {
		say("check: one file at a time");
		return EXIT_USAGE;
	}
	if (file == NULL)
		file =
		    args->operand != NULL ? args->operand : CONFIG_DEFAULT_FILE;
	text = config_text_read(file, &err);
	if (text == NULL) {
		say("%s", err.msg);
		return EXIT_BAD;
	}
	status = check(text, file, args->option[OPTION_EXPAND] != NULL);
	config_text_free(text);
	return status;
}
