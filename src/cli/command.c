#include "command.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "commands.h"

#define BIT(option) (UINT64_C(1) << (option))

static const struct choice account_actions[] = {
	{ "show", NULL, "what the authority knows of it (if none is named)" },
	{ "update", NULL, "tell it the Email of the configuration" },
	{ "roll", NULL, "give the account another key" },
	{ "deactivate", NULL,
	    "close it for ever; the next certificate opens a\nnew one" },
	{ 0 },
};

static const struct choice ddns_actions[] = {
	{ "status", "[NAME]",
	    "which addresses are published, and where they came from\n"
	    "(if none is named)" },
	{ "test", "[NAME]",
	    "look for the address, ask the servers of the zone, and\n"
	    "publish nothing" },
	{ "update", "[NAME]",
	    "publish it now, even if it was already; also after the\n"
	    "provider has refused and you have put that right there" },
	{ 0 },
};

static const struct choice portmap_actions[] = {
	{ "status", NULL, "what the router forwards to us (if none is named)" },
	{ "renew", NULL, "ask the router again now" },
	{ "off", NULL,
	    "have it forward nothing to us, until the next reload\n"
	    "or `renew`" },
	{ 0 },
};

static const struct choice client_cert_actions[] = {
	{ "add", "NAME",
	    "make one: a file for the telephone, and its\n"
	    "password, which is shown once" },
	{ "list", NULL, "all that were made (if no action is named)" },
	{ "revoke", "NAME", "let it in no more" },
	{ 0 },
};

static const struct choice shells[] = {
	{ "bash", NULL, "for its directory bash-completion/completions" },
	{ "zsh", NULL, "as _gatehouse in a directory of its fpath" },
	{ "fish", NULL, "as gatehouse.fish in its directory completions" },
	{ 0 },
};

static const struct command commands[] = {
	{ "setup", "make Home Assistant reachable, step by step",
	    "Finds Home Assistant, asks what it cannot find out, writes the\n"
	    "configuration, publishes your address, has the router let\n"
	    "clients in, rehearses and gets the certificate, makes Home\n"
	    "Assistant trust the gateway, starts the service, and looks at\n"
	    "it all. A second run goes on where the first one ended.\n\n"
	    "Exits 0 if all is well, 1 for a command line or configuration\n"
	    "that cannot be used, 2 without Home Assistant, 3 if the name\n"
	    "does not lead here, 4 if a port is not reached, 5 without a\n"
	    "certificate, 6 if Home Assistant does not trust the gateway, 7\n"
	    "without the permission.\n",
	    NULL, NULL, NULL,
	    BIT(OPTION_FILE) | BIT(OPTION_HOST) | BIT(OPTION_BACKEND) |
	        BIT(OPTION_DDNS) | BIT(OPTION_DDNS_TOKEN_FILE) |
	        BIT(OPTION_DDNS_LOGIN) | BIT(OPTION_DDNS_ZONE) |
	        BIT(OPTION_EMAIL) | BIT(OPTION_AGREE_TOS) |
	        BIT(OPTION_HA_TOKEN_FILE) | BIT(OPTION_UPNP) |
	        BIT(OPTION_HTTP01) | BIT(OPTION_STAGING) |
	        BIT(OPTION_STATE_DIR) | BIT(OPTION_NO_SERVICE) |
	        BIT(OPTION_DRY_RUN) | BIT(OPTION_YES) | BIT(OPTION_JSON),
	    command_setup },
	{ "run", "run the gateway in this terminal",
	    "Runs the gateway until Ctrl-C, with a configuration file, or for\n"
	    "one Home Assistant without one:\n\n"
	    "  gatehouse run --host ha.example.org --backend "
	    "192.168.1.2:8123\n\n"
	    "which writes a small configuration into the state directory and\n"
	    "says what it is going to do first. Without --backend, Home\n"
	    "Assistant is looked for on this machine and in the house.\n",
	    NULL, NULL, NULL,
	    BIT(OPTION_FILE) | BIT(OPTION_HOST) | BIT(OPTION_BACKEND) |
	        BIT(OPTION_EMAIL) | BIT(OPTION_STATE_DIR),
	    command_run },
	{ "check", "check a configuration and change nothing",
	    "Reads the configuration and what it names on this machine, and\n"
	    "prints every error and warning as file:line:column. Exits 0 if\n"
	    "the gateway would run with it, 1 if not.\n",
	    NULL, "FILE", NULL, BIT(OPTION_FILE) | BIT(OPTION_EXPAND),
	    command_check },
	{ "status", "show how the running gateway is",
	    "Shows listeners, backends, certificates and workers of the\n"
	    "gateway that runs with this configuration. Exits 3 if none "
	    "does.\n",
	    NULL, NULL, NULL,
	    BIT(OPTION_FILE) | BIT(OPTION_JSON) | BIT(OPTION_WATCH),
	    command_status },
	{ "doctor", "look for what is wrong, and say how to cure it",
	    "Looks at all that can be seen from here: the configuration, the\n"
	    "gateway, its ports, Home Assistant behind it, certificates, the\n"
	    "router, the firewall and the public names. Then the staging of\n"
	    "the authority is asked to come to ports 80 and 443, which "
	    "--inside\n"
	    "leaves out. Changes nothing. Exits 0 if all is well, 1 with a\n"
	    "warning, 2 if something is wrong.\n",
	    NULL, NULL, NULL,
	    BIT(OPTION_FILE) | BIT(OPTION_JSON) | BIT(OPTION_INSIDE) |
	        BIT(OPTION_HA_TOKEN_FILE),
	    command_doctor },
	{ "ha-sensors", "print sensors for Home Assistant",
	    "Prints YAML for the configuration.yaml of Home Assistant: "
	    "sensors\n"
	    "for what is wrong, the expiry of each certificate, each backend\n"
	    "and the requests. They ask the Status section of the\n"
	    "configuration.\n",
	    NULL, NULL, NULL, BIT(OPTION_FILE), command_ha_sensors },
	{ "ha-trust", "have Home Assistant trust the gateway",
	    "Looks whether Home Assistant takes our word for who its clients\n"
	    "are. If not, and with a token of one of its administrators, its\n"
	    "settings are changed, it restarts, and they are kept when they\n"
	    "were seen to work; a version before 2026.8 gets lines for its\n"
	    "configuration.yaml. Its external URL is set, too. Without a\n"
	    "token file you are asked, on a terminal, if need be.\n",
	    NULL, NULL, NULL,
	    BIT(OPTION_FILE) | BIT(OPTION_TOKEN_FILE) | BIT(OPTION_DRY_RUN) |
	        BIT(OPTION_JSON),
	    command_ha_trust },
	{ "reload", "take over a changed configuration",
	    "The running gateway reads its configuration again. If there is\n"
	    "an error in it, it is shown, and nothing else has happened.\n",
	    NULL, NULL, NULL, BIT(OPTION_FILE), command_reload },
	{ "renew", "get a new certificate now",
	    "Asks for the certificate with this name, or for all, although\n"
	    "they are not due. Waits set by the authority are kept to.\n"
	    "With --dry-run the whole journey is rehearsed, with the staging\n"
	    "directory where the authority has one, and nothing is kept.\n",
	    NULL, "NAME", NULL, BIT(OPTION_FILE) | BIT(OPTION_DRY_RUN),
	    command_renew },
	{ "revoke", "declare a certificate invalid",
	    "Has the authority revoke the certificate with this name, and a\n"
	    "new one is obtained. You are asked before, or say --yes.\n"
	    "REASON is unspecified, keyCompromise, affiliationChanged,\n"
	    "superseded or cessationOfOperation.\n",
	    NULL, "NAME", NULL,
	    BIT(OPTION_FILE) | BIT(OPTION_REASON) | BIT(OPTION_YES),
	    command_revoke },
	{ "account", "look after the account with an authority",
	    "Looks after the account of the default ACME section, or of the\n"
	    "one that --acme names.\n",
	    account_actions, "ACTION", NULL,
	    BIT(OPTION_FILE) | BIT(OPTION_ACME) | BIT(OPTION_YES),
	    command_account },
	{ "ddns", "look after the public address of your names",
	    "For the DDNS section with this NAME, or for all.\n", ddns_actions,
	    "ACTION", "NAME", BIT(OPTION_FILE), command_ddns },
	{ "import", "take over what another program has got",
	    "Takes over a certificate and its key, and the account that they\n"
	    "were got with, for the AutoCert with these names (or NAME):\n\n"
	    "  --cert FILE --key FILE      a chain and its key\n"
	    "  --pound FILE                one file with both\n"
	    "  --certbot DIRECTORY         /etc/letsencrypt/live/NAME\n"
	    "  --acme.sh DIRECTORY         ~/.acme.sh/NAME\n\n"
	    "A gateway that runs serves it at once, another one when it\n"
	    "starts. It is renewed when it is due.\n",
	    NULL, "NAME", NULL,
	    BIT(OPTION_FILE) | BIT(OPTION_CERT) | BIT(OPTION_KEY) |
	        BIT(OPTION_POUND) | BIT(OPTION_CERTBOT) | BIT(OPTION_ACME_SH) |
	        BIT(OPTION_FORCE),
	    command_import },
	{ "portmap", "look after the ports that the router maps",
	    "Looks after what PortMap has the router do.\n", portmap_actions,
	    "ACTION", NULL, BIT(OPTION_FILE), command_portmap },
	{ "client-cert", "certificates for telephones and browsers",
	    "Makes certificates with which clients prove who they are, and\n"
	    "the authority that the gateway knows them by, which is kept in\n"
	    "client-ca/ beside the configuration.\n",
	    client_cert_actions, "ACTION", "NAME",
	    BIT(OPTION_FILE) | BIT(OPTION_OUT) | BIT(OPTION_DAYS) |
	        BIT(OPTION_JSON),
	    command_client_cert },
	{ "reopen", "open the access log anew",
	    "After the file of the AccessLog was renamed: every process of\n"
	    "the running gateway goes on in a new one.\n",
	    NULL, NULL, NULL, BIT(OPTION_FILE), command_reopen },
	{ "start", "start the gateway as a service",
	    "Starts the gateway now and at each boot, by systemd; where there\n"
	    "is none, in the background. One that runs takes over its\n"
	    "configuration anew.\n",
	    NULL, NULL, NULL, BIT(OPTION_FILE), command_start },
	{ "stop", "stop the running gateway",
	    "Tells the gateway that runs with this configuration to stop.\n",
	    NULL, NULL, NULL, BIT(OPTION_FILE), command_stop },
	{ "uninstall", "undo what setup has done to this machine",
	    "Has the router forward nothing here any more, stops the gateway\n"
	    "and starts it at no boot. You are asked before, or say --yes.\n"
	    "What is left is listed; --purge removes the configuration with\n"
	    "its secrets, and all keys and certificates.\n",
	    NULL, NULL, NULL,
	    BIT(OPTION_FILE) | BIT(OPTION_PURGE) | BIT(OPTION_YES),
	    command_uninstall },
	{ "completion", "have a shell complete these commands",
	    "Prints a script for a shell. `make install` has put one for each\n"
	    "where it looks; for the bash that runs now:\n\n"
	    "  source <(gatehouse completion bash)\n",
	    shells, "SHELL", NULL, 0, command_completion },
	{ "help", "explain a command", "Without a command, lists them all.\n",
	    NULL, "COMMAND", NULL, 0, command_help },
	{ "version", "print the version", "", NULL, NULL, NULL, 0,
	    command_version },
};
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command_option options[OPTION_COUNT] = {
	[OPTION_HELP] = { "help", 'h', NULL, "explain this command" },
	[OPTION_FILE] = { "file", 'f', "FILE",
	    "the configuration (/etc/gatehouse/gatehouse.conf)" },
	[OPTION_EXPAND] = { "expand", 0, NULL,
	    "print it with every Gateway section written out" },
	[OPTION_JSON] = { "json", 0, NULL, "print JSON" },
	[OPTION_WATCH] = { "watch", 0, NULL, "show it anew every 2 seconds" },
	[OPTION_INSIDE] = { "inside", 0, NULL, "ask no authority" },
	[OPTION_HOST] = { "host", 0, "NAME",
	    "the public name of your Home Assistant" },
	[OPTION_BACKEND] = { "backend", 0, "ADDRESS:PORT",
	    "where it is inside your network" },
	[OPTION_EMAIL] = { "email", 0, "ADDRESS",
	    "where the authority may write to" },
	[OPTION_STATE_DIR] = { "state-dir", 0, "DIRECTORY",
	    "where keys and certificates are kept" },
	[OPTION_DDNS] = { "ddns", 0, "PROVIDER",
	    "who is told your address, or none" },
	[OPTION_DDNS_TOKEN_FILE] = { "ddns-token-file", 0, "FILE",
	    "with its token or password" },
	[OPTION_DDNS_LOGIN] = { "ddns-login", 0, "NAME",
	    "your account there, where it needs one" },
	[OPTION_DDNS_ZONE] = { "ddns-zone", 0, "DOMAIN",
	    "that the name belongs to, where it asks" },
	[OPTION_AGREE_TOS] = { "agree-tos", 0, NULL,
	    "you agree to the terms of Let's Encrypt" },
	[OPTION_HA_TOKEN_FILE] = { "ha-token-file", 0, "FILE",
	    "a long-lived token of Home Assistant" },
	[OPTION_UPNP] = { "upnp", 0, "auto|no",
	    "ask the router to forward ports (auto)" },
	[OPTION_HTTP01] = { "http01", 0, "yes|no",
	    "prove the name on port 80 (yes), or only on 443" },
	[OPTION_STAGING] = { "staging", 0, NULL, "stop after the rehearsal" },
	[OPTION_NO_SERVICE] = { "no-service", 0, NULL,
	    "start nothing that goes on afterwards" },
	[OPTION_DRY_RUN] = { "dry-run", 0, NULL, "rehearse, keep nothing" },
	[OPTION_REASON] = { "reason", 0, "REASON", "why (unspecified)" },
	[OPTION_YES] = { "yes", 0, NULL, "do not ask before" },
	[OPTION_PURGE] = { "purge", 0, NULL,
	    "remove configuration, secrets and keys" },
	[OPTION_ACME] = { "acme", 0, "NAME",
	    "the ACME section of the authority (default)" },
	[OPTION_CERT] = { "cert", 0, "FILE", "a certificate and its chain" },
	[OPTION_KEY] = { "key", 0, "FILE", "its key" },
	[OPTION_POUND] = { "pound", 0, "FILE", "both, as Pound has them" },
	[OPTION_CERTBOT] = { "certbot", 0, "DIRECTORY",
	    "of certbot: live/NAME" },
	[OPTION_ACME_SH] = { "acme.sh", 0, "DIRECTORY",
	    "of acme.sh: NAME or NAME_ecc" },
	[OPTION_FORCE] = { "force", 0, NULL,
	    "even if what is there looks better" },
	[OPTION_OUT] = { "out", 0, "FILE", "what add writes (NAME.p12, here)" },
	[OPTION_DAYS] = { "days", 0, "NUMBER",
	    "how long it is good, with add (1825)" },
	[OPTION_TOKEN_FILE] = { "token-file", 0, "FILE",
	    "a long-lived token of Home Assistant" },
};

const struct command *
command_at(size_t n)
{
	return n < NCOMMANDS ? &commands[n] : NULL;
}

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* Keeps in *best the name that is nearest to what was typed. */
static void
consider(
    const char *typed, const char *name, const char **best, unsigned *distance)
{
	unsigned d = text_distance(typed, name);

	if (d < *distance && d <= (strlen(name) + 1) / 3) {
		*distance = d;
		*best = name;
	}
}

int
command_unknown(const char *name, struct error *err)
{
	const char *best = NULL;
	unsigned distance = UINT_MAX;

	for (size_t i = 0; i < NCOMMANDS; i++)
		consider(name, commands[i].name, &best, &distance);
	if (best != NULL)
		return error_set(err, ERR_SYNTAX,
		    "unknown command '%s'; did you mean '%s'?", name, best);
	return error_set(err, ERR_SYNTAX,
	    "unknown command '%s'; `gatehouse help` lists them", name);
}

const struct command_option *
command_option(enum option option)
{
	return &options[option];
}

bool
command_takes(const struct command *command, enum option option)
{
	return option == OPTION_HELP || (command->options & BIT(option)) != 0;
}

static int
unknown_option(
    const struct command *command, const char *word, struct error *err)
{
	const char *best = NULL;
	unsigned distance = UINT_MAX;
	char *name = xstrndup(word, strcspn(word, "="));

	for (enum option o = 0; o < OPTION_COUNT; o++)
		if (command_takes(command, o))
			consider(name + strspn(name, "-"), options[o].name,
			    &best, &distance);
	if (best != NULL)
		error_set(err, ERR_SYNTAX,
		    "unknown option '%s'; did you mean '--%s'?", name, best);
	else
		error_set(err, ERR_SYNTAX,
		    "unknown option '%s'; `gatehouse %s --help` lists them",
		    name, command->name);
	free(name);
	return -1;
}

/*
 * Which option a word like "-f", "-fFILE", "--file" or "--file=FILE" is, and
 * the value that is in it. OPTION_COUNT if the command has none such.
 */
static enum option
match_option(
    const struct command *command, const char *word, const char **value)
{
	bool is_long = word[1] == '-';
	size_t len = strcspn(word, "=");
	enum option o;

	*value = NULL;
	for (o = 0; o < OPTION_COUNT; o++) {
		if (!command_takes(command, o))
			continue;
		if (is_long && len - 2 == strlen(options[o].name) &&
		    memcmp(word + 2, options[o].name, len - 2) == 0) {
			if (word[len] == '=')
				*value = word + len + 1;
			break;
		}
		if (!is_long && word[1] == options[o].letter) {
			if (word[2] != '\0')
				*value = word + 2;
			break;
		}
	}
	return o;
}

/* Reads the option at *argv and moves on past it and its value. */
static int
parse_option(const struct command *command, char *const **argv,
    struct arguments *args, struct error *err)
{
	const char *word = *(*argv)++, *value;
	enum option o = match_option(command, word, &value);

	if (o == OPTION_COUNT)
		return unknown_option(command, word, err);
	if (options[o].value == NULL) {
		if (value != NULL)
			return error_set(err, ERR_SYNTAX,
			    "option --%s takes no value", options[o].name);
		args->option[o] = "";
		return 0;
	}
	if (value == NULL && **argv != NULL)
		value = *(*argv)++;
	if (value == NULL || *value == '\0')
		return error_set(err, ERR_SYNTAX, "option --%s needs its %s",
		    options[o].name, options[o].value);
	if (args->option[o] != NULL)
		return error_set(err, ERR_SYNTAX, "option --%s was given twice",
		    options[o].name);
	args->option[o] = value;
	return 0;
}

int
command_parse(const struct command *command, char *const *argv,
    struct arguments *args, struct error *err)
{
	struct arguments parsed = { .operand = NULL };
	bool only_operands = false;

	while (*argv != NULL) {
		const char *word = *argv;

		if (!only_operands && strcmp(word, "--") == 0) {
			only_operands = true;
			argv++;
		} else if (!only_operands && word[0] == '-' &&
		    word[1] != '\0') {
			if (parse_option(command, &argv, &parsed, err) == -1)
				return -1;
		} else if (parsed.operand != NULL && parsed.second == NULL &&
		    command->second != NULL)
			parsed.second = *argv++;
		else if (command->operand != NULL && parsed.operand == NULL)
			parsed.operand = *argv++;
		else
			return error_set(err, ERR_SYNTAX,
			    "'%s' is too much: see `gatehouse %s --help`", word,
			    command->name);
	}
	*args = parsed;
	return 0;
}

int
command_misuse(const struct command *command)
{
	/* Its other numbers say what is missing in the house. */
	return command->run == command_setup ? EXIT_BAD : EXIT_USAGE;
}

void
command_print_all(FILE *out)
{
	fputs("Gatehouse is a TLS gateway for Home Assistant.\n\n"
	      "usage: gatehouse COMMAND [OPTION ...]\n\n",
	    out);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(
		    out, "  %-12s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`gatehouse COMMAND --help` explains one of them.\n", out);
}

static void
print_option(enum option o, FILE *out)
{
	char text[32];

	snprintf(text, sizeof(text), "--%s%s%s", options[o].name,
	    options[o].value != NULL ? " " : "",
	    options[o].value != NULL ? options[o].value : "");
	if (options[o].letter != 0)
		fprintf(out, "  -%c, %-22s %s\n", options[o].letter, text,
		    options[o].help);
	else
		fprintf(out, "      %-22s %s\n", text, options[o].help);
}

/* A choice and what it takes; its length if out is NULL. */
static int
print_choice(const struct choice *choice, FILE *out)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%s%s%s", choice->word,
	    choice->takes != NULL ? " " : "",
	    choice->takes != NULL ? choice->takes : "");

	return out == NULL ? len : fprintf(out, "  %s", text) - 2;
}

static void
print_choices(const struct command *command, FILE *out)
{
	int width = 0;

	fprintf(out, "%s is one of:\n\n", command->operand);
	for (const struct choice *c = command->choices; c->word != NULL; c++)
		if (print_choice(c, NULL) > width)
			width = print_choice(c, NULL);
	for (const struct choice *c = command->choices; c->word != NULL; c++) {
		int indent = width - print_choice(c, out) + 2;

		for (const char *line = c->help; *line != '\0';
		     indent = width + 4) {
			int len = (int)strcspn(line, "\n");

			fprintf(out, "%*s%.*s\n", indent, "", len, line);
			line += len + (line[len] == '\n');
		}
	}
	fputc('\n', out);
}

void
command_print(const struct command *command, FILE *out)
{
	fprintf(out, "usage: gatehouse %s%s", command->name,
	    command->options != 0 ? " [OPTION ...]" : "");
	if (command->operand != NULL)
		fprintf(out, " [%s", command->operand);
	if (command->second != NULL)
		fprintf(out, " [%s]", command->second);
	if (command->operand != NULL)
		fputs("]", out);
	fprintf(out, "\n\n%s\n", command->help);
	if (command->choices != NULL)
		print_choices(command, out);
	for (enum option o = 0; o < OPTION_COUNT; o++)
		if (command_takes(command, o))
			print_option(o, out);
}
