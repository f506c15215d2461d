/*
 * The command `completion`: a script with which a shell completes the commands,
 * made of the tables in command.c, so that none can be forgotten. The text
 * around it is constant.
 */

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "commands.h"
#include "say.h"

/* What a value or an operand of this name is, to bash, zsh and fish. */
static const struct path {
	const char *name, *bash, *zsh, *fish;
} paths[] = {
	{ "FILE", "-f", "_files", "-r -F" },
	{ "DIRECTORY", "-d", "_files -/",
	    "-x -a '(__fish_complete_directories)'" },
};
#define NPATHS (sizeof(paths) / sizeof(paths[0]))

/* NULL: it is no path. */
static const struct path *
find_path(const char *name)
{
	for (size_t i = 0; i < NPATHS; i++)
		if (name != NULL && strcmp(paths[i].name, name) == 0)
			return &paths[i];
	return NULL;
}

static bool
is_command(const char *operand)
{
	return operand != NULL && strcmp(operand, "COMMAND") == 0;
}

/* What stands within single quotes, with a backslash before each of `mark`. */
static void
print_text(const char *text, const char *mark, FILE *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			fputs("'\\'", out);
		else if (strchr(mark, *text) != NULL)
			fputc('\\', out);
		fputc(*text == '\n' ? ' ' : *text, out);
	}
}

/* " --name", and " -n" if there is a letter. */
static void
print_forms(const struct command_option *option, FILE *out)
{
	fprintf(out, " --%s", option->name);
	if (option->letter != 0)
		fprintf(out, " -%c", option->letter);
}

/* The options with a value; those of one kind of path, if it is not NULL. */
static void
print_valued(const struct path *path, FILE *out)
{
	for (enum option o = 0; o < OPTION_COUNT; o++) {
		const char *value = command_option(o)->value;

		if (value != NULL && (path == NULL || find_path(value) == path))
			print_forms(command_option(o), out);
	}
}

static void
print_options(const struct command *command, FILE *out)
{
	for (enum option o = 0; o < OPTION_COUNT; o++)
		if (command_takes(command, o))
			print_forms(command_option(o), out);
}

static void
print_commands(FILE *out)
{
	const struct command *command;

	for (size_t n = 0; (command = command_at(n)) != NULL; n++)
		fprintf(out, " %s", command->name);
}

/* The words that the operand can be, if they are known. */
static void
print_words(const struct command *command, FILE *out)
{
	const struct choice *c = command->choices;

	for (; c != NULL && c->word != NULL; c++)
		fprintf(out, " %s", c->word);
	if (is_command(command->operand))
		print_commands(out);
}

/* --- bash ----------------------------------------------------------------- */

static const char bash_head[] =
    "# What bash completes for gatehouse: `gatehouse completion bash`.\n"
    "\n"
    "_gatehouse_paths()\n"
    "{\n"
    "	compopt -o filenames 2>/dev/null\n"
    "	mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$2\")\n"
    "}\n"
    "\n"
    "_gatehouse()\n"
    "{\n"
    "	local cur=${COMP_WORDS[COMP_CWORD]}\n"
    "	local prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "	local i operands=0 options= words= path=\n";

static const char bash_values[] =
    "	COMPREPLY=()\n"
    "	if ((COMP_CWORD == 1)); then\n"
    "		mapfile -t COMPREPLY < <(compgen -W \"$commands\" -- "
    "\"$cur\")\n"
    "		return\n"
    "	fi\n"
    "	# --file=x comes as three words\n"
    "	[[ $cur == = ]] && cur=\n"
    "	[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}\n";

static const char bash_operands[] =
    "	[[ $valued == *\" $prev \"* ]] && return\n"
    "	for ((i = 2; i < COMP_CWORD; i++)); do\n"
    "		if [[ $valued == *\" ${COMP_WORDS[i]} \"* ]]; then\n"
    "			[[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))\n"
    "			((i++))\n"
    "		elif [[ ${COMP_WORDS[i]} != -* ]]; then\n"
    "			((operands++))\n"
    "		fi\n"
    "	done\n"
    "	case ${COMP_WORDS[1]} in\n";

static const char bash_tail[] =
    "	esac\n"
    "	((operands > 0)) && words= path=\n"
    "	if [[ -n $path && $cur != -* ]]; then\n"
    "		_gatehouse_paths \"$path\" \"$cur\"\n"
    "		return\n"
    "	fi\n"
    "	[[ -z $words || $cur == -* ]] && words=$options\n"
    "	mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
    "}\n"
    "\n"
    "complete -F _gatehouse gatehouse\n";

static void
bash_command(const struct command *command, FILE *out)
{
	const struct path *path = find_path(command->operand);

	fprintf(out, "\t%s)\n\t\toptions='", command->name);
	print_options(command, out);
	fputs("'\n\t\twords='", out);
	print_words(command, out);
	fprintf(
	    out, "'\n\t\tpath=%s\n\t\t;;\n", path != NULL ? path->bash : "");
}

static void
print_bash(FILE *out)
{
	const struct command *command;

	fputs(bash_head, out);
	fputs("\tlocal commands='", out);
	print_commands(out);
	fputs("'\n\tlocal valued='", out);
	print_valued(NULL, out);
	fputs(" '\n\n", out);
	fputs(bash_values, out);
	for (size_t i = 0; i < NPATHS; i++) {
		fputs("\tif [[ '", out);
		print_valued(&paths[i], out);
		fprintf(out,
		    " ' == *\" $prev \"* ]]; then\n"
		    "\t\t_gatehouse_paths %s \"$cur\"\n\t\treturn\n\tfi\n",
		    paths[i].bash);
	}
	fputs(bash_operands, out);
	for (size_t n = 0; (command = command_at(n)) != NULL; n++)
		bash_command(command, out);
	fputs(bash_tail, out);
}

/* --- zsh ------------------------------------------------------------------ */

static const char zsh_head[] =
    "#compdef gatehouse\n"
    "# What zsh completes for gatehouse: `gatehouse completion zsh`.\n"
    "\n"
    "local context state state_descr line\n"
    "local -a commands\n"
    "typeset -A opt_args\n"
    "\n"
    "commands=(\n";

static const char zsh_body[] =
    ")\n"
    "_arguments -C ':command:->command' '*::argument:->argument'\n"
    "case $state in\n"
    "command)\n"
    "	_describe -t commands command commands\n"
    "	;;\n"
    "argument)\n"
    "	case $words[1] in\n";

static const char zsh_tail[] = "	esac\n"
                               "	;;\n"
                               "esac\n";

/* ":name:what to do" */
static void
zsh_value(const char *name, FILE *out)
{
	const struct path *path = find_path(name);

	fputc(':', out);
	print_text(name, ":", out);
	fprintf(out, ":%s", path != NULL ? path->zsh : "");
}

static void
zsh_option(const struct command_option *option, FILE *out)
{
	const char *name = option->name;
	const char *equals = option->value != NULL ? "=" : "";

	if (option->letter != 0)
		fprintf(out, " \\\n\t\t    '(-%c --%s)'{-%c%s,--%s%s}'",
		    option->letter, name, option->letter,
		    option->value != NULL ? "+" : "", name, equals);
	else
		fprintf(out, " \\\n\t\t    '--%s%s", name, equals);
	fputc('[', out);
	print_text(option->help, "[]", out);
	fputc(']', out);
	if (option->value != NULL)
		zsh_value(option->value, out);
	fputc('\'', out);
}

static void
zsh_command(const struct command *command, FILE *out)
{
	fprintf(out, "\t%s)\n\t\t_arguments", command->name);
	for (enum option o = 0; o < OPTION_COUNT; o++)
		if (command_takes(command, o))
			zsh_option(command_option(o), out);
	if (command->choices != NULL || is_command(command->operand)) {
		fprintf(out, " \\\n\t\t    ':%s:(", command->operand);
		print_words(command, out);
		fputs(" )'", out);
	} else if (command->operand != NULL) {
		fputs(" \\\n\t\t    '", out);
		zsh_value(command->operand, out);
		fputc('\'', out);
	}
	fputs("\n\t\t;;\n", out);
}

static void
print_zsh(FILE *out)
{
	const struct command *command;

	fputs(zsh_head, out);
	for (size_t n = 0; (command = command_at(n)) != NULL; n++) {
		fprintf(out, "\t'%s:", command->name);
		print_text(command->summary, ":", out);
		fputs("'\n", out);
	}
	fputs(zsh_body, out);
	for (size_t n = 0; (command = command_at(n)) != NULL; n++)
		zsh_command(command, out);
	fputs(zsh_tail, out);
}

/* --- fish ----------------------------------------------------------------- */

static const char fish_head[] =
    "# What fish completes for gatehouse: `gatehouse completion fish`.\n"
    "\n"
    "function __gatehouse_in\n"
    "	set -l words (commandline -opc)\n"
    "	test (count $words) -gt 1; and test $words[2] = $argv[1]\n"
    "end\n"
    "\n"
    "# In this command, which has no operand yet.\n"
    "function __gatehouse_first\n"
    "	__gatehouse_in $argv[1]; or return 1\n"
    "	set -l words (commandline -opc)\n"
    "	set -l value 0\n"
    "	set -e words[1..2]\n"
    "	for word in $words\n"
    "		if test $value = 1\n"
    "			set value 0\n"
    "		else if contains -- $word";

static const char fish_body[] =
    "\n"
    "			set value 1\n"
    "		else if not string match -q -- '-*' $word\n"
    "			return 1\n"
    "		end\n"
    "	end\n"
    "	return 0\n"
    "end\n"
    "\n"
    "complete -c gatehouse -f\n";

static void
fish_option(const struct command *command, const struct command_option *option,
    FILE *out)
{
	const struct path *path = find_path(option->value);

	fprintf(out, "complete -c gatehouse -n '__gatehouse_in %s' -l %s",
	    command->name, option->name);
	if (option->letter != 0)
		fprintf(out, " -s %c", option->letter);
	if (option->value != NULL)
		fprintf(out, " %s", path != NULL ? path->fish : "-x");
	fputs(" -d '", out);
	print_text(option->help, "", out);
	fputs("'\n", out);
}

/* One more word of the command line, where `when` is true. */
static void
fish_word(const char *when, const char *of, const char *word, const char *help,
    FILE *out)
{
	fprintf(out, "complete -c gatehouse -n '%s%s' -a '%s' -d '", when, of,
	    word);
	print_text(help, "", out);
	fputs("'\n", out);
}

static void
fish_command(const struct command *command, FILE *out)
{
	const char *name = command->name;
	const struct choice *c = command->choices;
	const struct command *other;

	fish_word("test (count (commandline -opc)) = 1", "", name,
	    command->summary, out);
	for (enum option o = 0; o < OPTION_COUNT; o++)
		if (command_takes(command, o))
			fish_option(command, command_option(o), out);
	for (; c != NULL && c->word != NULL; c++)
		fish_word("__gatehouse_first ", name, c->word, c->help, out);
	if (is_command(command->operand))
		for (size_t n = 0; (other = command_at(n)) != NULL; n++)
			fish_word("__gatehouse_first ", name, other->name,
			    other->summary, out);
	if (find_path(command->operand) != NULL)
		fprintf(out,
		    "complete -c gatehouse -n '__gatehouse_first %s' "
		    "-F\n",
		    name);
}

static void
print_fish(FILE *out)
{
	const struct command *command;

	fputs(fish_head, out);
	print_valued(NULL, out);
	fputs(fish_body, out);
	for (size_t n = 0; (command = command_at(n)) != NULL; n++)
		fish_command(command, out);
}

/* --- the command ---------------------------------------------------------- */

static const struct {
	const char *name;
	void (*print)(FILE *out);
} shells[] = {
	{ "bash", print_bash },
	{ "zsh", print_zsh },
	{ "fish", print_fish },
};

int
command_completion(const struct arguments *args)
{
	if (args->operand == NULL) {
		say("completion: for which shell? bash, zsh or fish");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shells[i].name, args->operand) == 0) {
			shells[i].print(stdout);
			return EXIT_GOOD;
		}
	say("completion: '%s' is none of bash, zsh and fish", args->operand);
	return EXIT_USAGE;
}
