/* The table of commands: parsing, help, suggestions. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "command.h"

/* Parses the words that follow the command's name; at most 7. */
static int
parse(const char *name, struct arguments *args, struct error *err, ...)
{
	const struct command *command = command_find(name);
	char *argv[8] = { NULL };
	va_list ap;

	assert_non_null(command);
	va_start(ap, err);
	for (size_t i = 0; i < 7; i++)
		if ((argv[i] = va_arg(ap, char *)) == NULL)
			break;
	va_end(ap);
	return command_parse(command, argv, args, err);
}

#define END ((char *)NULL)

static void
test_option_forms(void **state)
{
	struct arguments args;

	(void)state;
	assert_int_equal(parse("status", &args, NULL, END), 0);
	assert_null(args.option[OPTION_FILE]);
	assert_null(args.option[OPTION_JSON]);
	assert_int_equal(parse("status", &args, NULL, "-f", "a", END), 0);
	assert_string_equal(args.option[OPTION_FILE], "a");
	assert_int_equal(parse("status", &args, NULL, "-fb", END), 0);
	assert_string_equal(args.option[OPTION_FILE], "b");
	assert_int_equal(
	    parse("status", &args, NULL, "--json", "--file", "c", END), 0);
	assert_string_equal(args.option[OPTION_FILE], "c");
	assert_non_null(args.option[OPTION_JSON]);
	assert_int_equal(parse("status", &args, NULL, "--file=d=e", END), 0);
	assert_string_equal(args.option[OPTION_FILE], "d=e");
	assert_int_equal(
	    parse("run", &args, NULL, "--state-dir", "-x", END), 0);
	assert_string_equal(args.option[OPTION_STATE_DIR], "-x");
}

static void
test_operands(void **state)
{
	struct arguments args;

	(void)state;
	assert_int_equal(
	    parse("check", &args, NULL, "x.conf", "--expand", END), 0);
	assert_string_equal(args.operand, "x.conf");
	assert_non_null(args.option[OPTION_EXPAND]);
	assert_int_equal(parse("check", &args, NULL, "--", "-f", END), 0);
	assert_string_equal(args.operand, "-f");
	assert_int_equal(parse("check", &args, NULL, "-", END), 0);
	assert_string_equal(args.operand, "-");
	assert_null(args.second);
	assert_int_equal(
	    parse("ddns", &args, NULL, "test", "-f", "x.conf", "gw.test", END),
	    0);
	assert_string_equal(args.operand, "test");
	assert_string_equal(args.second, "gw.test");
	assert_int_equal(
	    parse("client-cert", &args, NULL, "add", "--days", "3", "x", END),
	    0);
	assert_string_equal(args.operand, "add");
	assert_string_equal(args.second, "x");
	assert_int_equal(
	    parse("client-cert", &args, NULL, "add", "x", "y", END), -1);
	assert_int_equal(parse("check", &args, NULL, "x", "y", END), -1);
}

static void
test_every_command_has_help(void **state)
{
	const struct command *command;
	struct arguments args;

	(void)state;
	for (size_t n = 0; (command = command_at(n)) != NULL; n++) {
		assert_ptr_equal(command_find(command->name), command);
		assert_non_null(command->run);
		assert_true(strlen(command->summary) > 0);
		assert_int_equal(
		    parse(command->name, &args, NULL, "--help", END), 0);
		assert_non_null(args.option[OPTION_HELP]);
		assert_int_equal(
		    parse(command->name, &args, NULL, "-h", END), 0);
		assert_non_null(args.option[OPTION_HELP]);
	}
	assert_null(command_find("nonsense"));
	assert_null(command_find("stat"));
}

#define assert_refused(want, ...)                                              \
	do {                                                                   \
		struct arguments args_ = { .operand = "untouched" };           \
		struct error err_;                                             \
                                                                               \
		assert_int_equal(parse(__VA_ARGS__), -1);                      \
		assert_string_equal(err_.msg, want);                           \
		assert_string_equal(args_.operand, "untouched");               \
	} while (0)

static void
test_what_is_refused(void **state)
{
	(void)state;
	assert_refused(
	    "option --file needs its FILE", "status", &args_, &err_, "-f", END);
	assert_refused("option --file needs its FILE", "status", &args_, &err_,
	    "--file=", END);
	assert_refused("option --json takes no value", "status", &args_, &err_,
	    "--json=yes", END);
	assert_refused("option --file was given twice", "status", &args_, &err_,
	    "-f", "a", "-f", "b", END);
	assert_refused("'x' is too much: see `gatehouse status --help`",
	    "status", &args_, &err_, "x", END);
	assert_refused("'c' is too much: see `gatehouse ddns --help`", "ddns",
	    &args_, &err_, "test", "b", "c", END);
	assert_refused("'b' is too much: see `gatehouse renew --help`", "renew",
	    &args_, &err_, "a", "b", END);
}

static void
test_unknown_options_suggest(void **state)
{
	(void)state;
	assert_refused("unknown option '--jsn'; did you mean '--json'?",
	    "status", &args_, &err_, "--jsn", END);
	assert_refused("unknown option '--bakend'; did you mean '--backend'?",
	    "run", &args_, &err_, "--bakend", "x", END);
	assert_refused("unknown option '--jsonx'; did you mean '--json'?",
	    "status", &args_, &err_, "--jsonx=y", END);
	/* An option of another command is not one of this one. */
	assert_refused("unknown option '--json'; "
	               "`gatehouse reload --help` lists them",
	    "reload", &args_, &err_, "--json", END);
	assert_refused("unknown option '-x'; `gatehouse reload --help` lists "
	               "them",
	    "reload", &args_, &err_, "-x", END);
	/* A prefix is not enough. */
	assert_refused("unknown option '--exp'; "
	               "`gatehouse check --help` lists them",
	    "check", &args_, &err_, "--exp", END);
}

static void
test_unknown_commands_suggest(void **state)
{
	static const struct {
		const char *typed, *said;
	} cases[] = {
		{ "relaod",
		    "unknown command 'relaod'; did you mean 'reload'?" },
		{ "Status",
		    "unknown command 'Status'; did you mean 'status'?" },
		{ "chek", "unknown command 'chek'; did you mean 'check'?" },
		{ "halp", "unknown command 'halp'; did you mean 'help'?" },
		{ "frobnicate",
		    "unknown command 'frobnicate'; "
		    "`gatehouse help` lists them" },
		{ "", "unknown command ''; `gatehouse help` lists them" },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(command_unknown(cases[i].typed, &err), -1);
		assert_string_equal(err.msg, cases[i].said);
	}
}

static char *
printed(const struct command *command)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (command != NULL)
		command_print(command, out);
	else
		command_print_all(out);
	fclose(out);
	return text;
}

static void
test_help_comes_from_the_table(void **state)
{
	const struct command *command;
	char *all = printed(NULL), *text;

	(void)state;
	for (size_t n = 0; (command = command_at(n)) != NULL; n++) {
		assert_non_null(strstr(all, command->summary));
		text = printed(command);
		assert_int_equal(strncmp(text, "usage: gatehouse ", 17), 0);
		assert_non_null(strstr(text, "-h, --help"));
		for (const char *line = text; *line != '\0';
		     line += strcspn(line, "\n") + 1)
			assert_true(strcspn(line, "\n") < 80);
		free(text);
	}
	free(all);
	text = printed(command_find("run"));
	assert_non_null(strstr(text, "-f, --file FILE"));
	assert_non_null(strstr(text, "    --backend ADDRESS:PORT"));
	assert_null(strstr(text, "--json"));
	free(text);
	text = printed(command_find("client-cert"));
	assert_non_null(strstr(text,
	    "ACTION is one of:\n\n"
	    "  add NAME     make one: a file for the telephone, and its\n"
	    "               password, which is shown once\n"
	    "  list         all that were made (if no action is named)\n"
	    "  revoke NAME  let it in no more\n\n"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_option_forms),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_every_command_has_help),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_unknown_options_suggest),
		cmocka_unit_test(test_unknown_commands_suggest),
		cmocka_unit_test(test_help_comes_from_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
