#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

/*
 * The commands and options of `gatehouse`. Parsing, help, "did you mean" and
 * what shells complete all come from the two tables in command.c.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* What the process exits with. */
enum {
	EXIT_GOOD = 0,
	EXIT_BAD = 1,        /* it failed, or something is wrong */
	EXIT_USAGE = 2,      /* the command line makes no sense */
	EXIT_NOT_RUNNING = 3 /* there is no gateway to ask */
};

enum option {
	OPTION_HELP,
	OPTION_FILE,
	OPTION_EXPAND,
	OPTION_JSON,
	OPTION_WATCH,
	OPTION_INSIDE,
	OPTION_HOST,
	OPTION_BACKEND,
	OPTION_EMAIL,
	OPTION_STATE_DIR,
	OPTION_DRY_RUN,
	OPTION_REASON,
	OPTION_YES,
	OPTION_PURGE,
	OPTION_ACME,
	OPTION_CERT,
	OPTION_KEY,
	OPTION_POUND,
	OPTION_CERTBOT,
	OPTION_ACME_SH,
	OPTION_FORCE,
	OPTION_OUT,
	OPTION_DAYS,
	OPTION_DDNS,
	OPTION_DDNS_TOKEN_FILE,
	OPTION_DDNS_LOGIN,
	OPTION_DDNS_ZONE,
	OPTION_AGREE_TOS,
	OPTION_HA_TOKEN_FILE,
	OPTION_UPNP,
	OPTION_HTTP01,
	OPTION_STAGING,
	OPTION_NO_SERVICE,
	OPTION_TOKEN_FILE,
	OPTION_COUNT
};

struct arguments {
	const char *option[OPTION_COUNT]; /* NULL = not given; "" = a flag */
	const char *operand;              /* NULL = none */
	const char *second;               /* the same */
};

/* A word that an operand may be. The last one of a list has no word. */
struct choice {
	const char *word;
	const char *takes; /* the operand that follows it; NULL = none */
	const char *help;
};

struct command {
	const char *name;
	const char *summary;          /* for the list of all */
	const char *help;             /* after the usage */
	const struct choice *choices; /* for the operand; NULL = any word */
	const char *operand;          /* what it is called; NULL = takes none */
	const char *second;           /* the same of a second one */
	uint64_t options; /* bits 1 << OPTION_*; --help is always one */
	int (*run)(const struct arguments *args);
};

struct command_option {
	const char *name;
	char letter;       /* 0 = none */
	const char *value; /* what it is called; NULL: a flag */
	const char *help;
};

const struct command_option *command_option(enum option option);
bool command_takes(const struct command *command, enum option option);

/* The n-th command; NULL past the end. */
const struct command *command_at(size_t n);
const struct command *command_find(const char *name);

/* argv after the command's name. The error is for people. */
int command_parse(const struct command *command, char *const *argv,
    struct arguments *args, struct error *err);

/* What a command exits with, if its line makes no sense. */
int command_misuse(const struct command *command);

/* The error for a word that is no command. */
int command_unknown(const char *name, struct error *err);

void command_print_all(FILE *out);
void command_print(const struct command *command, FILE *out);

#endif
