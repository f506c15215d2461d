/* The answers: of options, of the configuration that is there, of a person. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ask.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "command.h"
#include "config/config.h"
#include "quick.h"
#include "say.h"
#include "setup.h"

#define TERMS "https://letsencrypt.org/repository/"

struct question {
	enum option option;
	const char *label;
	const char *what; /* in words, for who is told that it is missing */
	const char *hint; /* beside the label */
	bool optional;
	bool hidden;
	/* -1: it will not do. May replace it by what it stands for. */
	int (*check)(struct setup *setup, char **answer, struct error *err);
};

static const char *
option(const struct setup *setup, enum option o)
{
	return setup->args->option[o];
}

/* "Label            (hint) [otherwise]: " */
static char *
make_prompt(const struct question *question, const char *otherwise)
{
	bool shown = otherwise != NULL && !question->hidden;

	return xasprintf("%-16s %s%s%s%s: ", question->label, question->hint,
	    shown ? " [" : "", shown ? otherwise : "", shown ? "]" : "");
}

/* Until an answer will do. An exit status. */
static int
ask(struct setup *setup, const struct question *question, const char *otherwise,
    char **answer)
{
	char *prompt = make_prompt(question, otherwise);
	struct error err;
	bool good = false;

	while (!good) {
		char *line =
		    question->hidden ? ask_hidden(prompt) : ask_line(prompt);

		if (line == NULL)
			break;
		if (line[0] == '\0') {
			free(line);
			line = otherwise != NULL ? xstrdup(otherwise) : NULL;
		}
		good = line != NULL ? question->check(setup, &line, &err) == 0
		                    : question->optional;
		if (good)
			*answer = line;
		else {
			setup_screen_advise(&setup->screen,
			    line != NULL ? err.msg
			                 : "This has to be answered.");
			secret_free(line);
		}
	}
	free(prompt);
	return good ? SETUP_GOOD : SETUP_USAGE;
}

static int
put_question(struct setup *setup, const struct question *question,
    const char *otherwise, char **answer)
{
	const char *given = option(setup, question->option);
	const char *name = command_option(question->option)->name;
	struct error err;
	char *value;

	if (given == NULL && setup->asks)
		return ask(setup, question, otherwise, answer);
	if (given == NULL)
		given = otherwise;
	if (given == NULL && question->optional)
		return SETUP_GOOD;
	if (given == NULL) {
		say("setup: %s? Say --%s %s", question->what, name,
		    command_option(question->option)->value);
		return SETUP_USAGE;
	}
	value = xstrdup(given);
	if (question->check(setup, &value, &err) == 0) {
		*answer = value;
		return SETUP_GOOD;
	}
	say("setup: --%s: %s", name, err.msg);
	secret_free(value);
	return SETUP_USAGE;
}

/* --- what is asked -------------------------------------------------------- */

static int
check_host(struct setup *setup, char **answer, struct error *err)
{
	(void)setup;
	for (char *p = *answer; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return setup_check_host(*answer, err);
}

static int
check_email(struct setup *setup, char **answer, struct error *err)
{
	(void)setup;
	return setup_check_email(*answer, err);
}

/* A provider; or none, where the name leads somewhere already. */
static int
check_ddns(struct setup *setup, char **answer, struct error *err)
{
	const struct ddns_provider *provider = ddns_provider(*answer);
	const char *host = setup->answers.host;

	if (provider != NULL) {
		setup->answers.ddns = provider;
		return setup_check_provider(provider, err);
	}
	if (strcasecmp(*answer, "none") != 0)
		return error_set(err, ERR_SYNTAX,
		    "'%s' is no provider that is known: see DYNAMIC DNS in "
		    "gatehouse.conf(5), or say none",
		    *answer);
	setup->answers.ddns = NULL;
	if (setup->parts->resolves(host))
		return 0;
	return error_set(err, ERR_SYNTAX,
	    "%s has no address in the DNS: give it one there, or name the "
	    "provider that is to be told yours",
	    host);
}

static int
check_secret(struct setup *setup, char **answer, struct error *err)
{
	(void)setup;
	if (strlen(*answer) <= DDNS_SECRET_MAX)
		return 0;
	return error_set(
	    err, ERR_SYNTAX, "it has %d bytes at most", DDNS_SECRET_MAX);
}

static int
check_any(struct setup *setup, char **answer, struct error *err)
{
	(void)setup;
	(void)answer;
	(void)err;
	return 0;
}

static int
ask_host(struct setup *setup)
{
	static const struct question question = {
		.option = OPTION_HOST,
		.label = "Host name",
		.what = "what is your public name",
		.hint = "(such as myhome.duckdns.org)",
		.check = check_host,
	};

	return put_question(
	    setup, &question, setup->known.host, &setup->answers.host);
}

/* Are these the answers that the configuration has about this name? */
static bool
is_known(const struct setup *setup)
{
	return setup->known.host != NULL &&
	    strcasecmp(setup->known.host, setup->answers.host) == 0;
}

static int
ask_ddns(struct setup *setup)
{
	static const struct question question = {
		.option = OPTION_DDNS,
		.label = "Dynamic DNS",
		.what = "who is told when your address changes",
		.hint = "a provider such as duckdns, or none",
		.check = check_ddns,
	};
	const struct ddns_provider *provider =
	    setup_provider_of(setup->answers.host);
	const char *otherwise = "none";
	char *answer = NULL;
	int status;

	if (is_known(setup) && setup->known.ddns != NULL)
		otherwise = setup->known.ddns->name;
	else if (provider != NULL && !is_known(setup))
		otherwise = provider->name;
	/* The name itself says it. */
	if (provider != NULL && strcmp(otherwise, provider->name) == 0 &&
	    option(setup, OPTION_DDNS) == NULL &&
	    setup_check_provider(provider, NULL) == 0) {
		setup->answers.ddns = provider;
		return SETUP_GOOD;
	}
	status = put_question(setup, &question, otherwise, &answer);
	free(answer);
	return status;
}

/* What the provider's section needs beside the secret. */
static int
ask_account(struct setup *setup)
{
	static const struct question login = {
		.option = OPTION_DDNS_LOGIN,
		.label = "Login",
		.what = "what is your account with the DDNS provider",
		.hint = "(the account, or the key, with the provider)",
		.check = check_any,
	};
	static const struct question zone = {
		.option = OPTION_DDNS_ZONE,
		.label = "Domain",
		.what = "which domain of yours is the name in",
		.hint = "(that the name belongs to)",
		.check = check_host,
	};
	unsigned needs =
	    setup->answers.ddns != NULL ? setup->answers.ddns->needs : 0;
	unsigned may = needs |
	    (setup->answers.ddns != NULL ? setup->answers.ddns->may : 0);
	bool known = is_known(setup);
	int status = SETUP_GOOD;

	if ((needs & DDNS_LOGIN) != 0)
		status = put_question(setup, &login,
		    known ? setup->known.login : NULL, &setup->answers.login);
	if (status == SETUP_GOOD &&
	    ((needs & DDNS_ZONE) != 0 ||
	        ((may & DDNS_ZONE) != 0 &&
	            option(setup, OPTION_DDNS_ZONE) != NULL)))
		status = put_question(setup, &zone,
		    known ? setup->known.zone : NULL, &setup->answers.zone);
	return status;
}

static int
read_secret(struct setup *setup, enum option o, char **secret)
{
	struct error err;

	*secret = ask_file(option(setup, o), &err);
	if (*secret != NULL)
		return SETUP_GOOD;
	say("setup: --%s: %s", command_option(o)->name, err.msg);
	return SETUP_USAGE;
}

static int
ask_secret(struct setup *setup)
{
	const struct ddns_provider *ddns = setup->answers.ddns;
	const char *otherwise = NULL;
	struct question question = {
		.option = OPTION_DDNS_TOKEN_FILE,
		.what = "where is the token of your DDNS provider",
		.hidden = true,
		.check = check_secret,
	};
	char *hint;
	int status;

	if (ddns == NULL)
		return SETUP_GOOD;
	if (option(setup, OPTION_DDNS_TOKEN_FILE) != NULL)
		return read_secret(
		    setup, OPTION_DDNS_TOKEN_FILE, &setup->answers.secret);
	if (is_known(setup) && setup->known.ddns == ddns)
		otherwise = setup->known.secret;
	question.label = ddns->needs & DDNS_TOKEN ? "Token" : "Password";
	hint = xasprintf("of %s (hidden, %s)", ddns->name,
	    otherwise != NULL ? "Enter: as it was"
	                      : "kept in a file of its own");
	question.hint = hint;
	status =
	    put_question(setup, &question, otherwise, &setup->answers.secret);
	free(hint);
	return status;
}

static int
ask_email(struct setup *setup)
{
	static const struct question question = {
		.option = OPTION_EMAIL,
		.label = "E-mail",
		.hint = "(optional, for Let's Encrypt)",
		.optional = true,
		.check = check_email,
	};

	return put_question(setup, &question,
	    is_known(setup) ? setup->known.email : NULL, &setup->answers.email);
}

/* Whoever has a configuration of ours has agreed. */
static int
ask_terms(struct setup *setup)
{
	static const char prompt[] =
	    "Terms            <" TERMS "> Do you agree? [Y/n] ";
	char *line;
	bool agreed;

	if (option(setup, OPTION_AGREE_TOS) != NULL || is_known(setup))
		return SETUP_GOOD;
	if (!setup->asks) {
		say("setup: do you agree to the terms of Let's Encrypt, "
		    "<" TERMS ">? Say --agree-tos");
		return SETUP_USAGE;
	}
	line = ask_line(prompt);
	agreed = line != NULL &&
	    (line[0] == '\0' || line[0] == 'y' || line[0] == 'Y');
	free(line);
	if (agreed)
		return SETUP_GOOD;
	say("setup: without that Let's Encrypt gives no certificate; nothing "
	    "was changed");
	return SETUP_USAGE;
}

/* An option that is one of two words. */
static int
read_choice(const struct setup *setup, enum option o, const char *yes,
    const char *no, bool otherwise, bool *choice)
{
	const char *word = option(setup, o);

	*choice = otherwise;
	if (word == NULL)
		return SETUP_GOOD;
	*choice = strcmp(word, yes) == 0;
	if (*choice || strcmp(word, no) == 0)
		return SETUP_GOOD;
	say("setup: --%s is %s or %s, not '%s'", command_option(o)->name, yes,
	    no, word);
	return SETUP_USAGE;
}

static int
read_choices(struct setup *setup)
{
	struct setup_answers *answers = &setup->answers;
	bool known = is_known(setup);

	answers->staging = option(setup, OPTION_STAGING) != NULL;
	if (option(setup, OPTION_STATE_DIR) != NULL)
		answers->state_dir =
		    quick_absolute(option(setup, OPTION_STATE_DIR));
	else if (known && setup->known.state_dir != NULL)
		answers->state_dir = xstrdup(setup->known.state_dir);
	if (read_choice(setup, OPTION_UPNP, "auto", "no",
	        !known || setup->known.port_map,
	        &answers->port_map) != SETUP_GOOD)
		return SETUP_USAGE;
	return read_choice(setup, OPTION_HTTP01, "yes", "no",
	    !known || setup->known.http01, &answers->http01);
}

int
setup_questions(struct setup *setup)
{
	static int (*const questions[])(struct setup *) = { ask_host,
		read_choices, ask_ddns, ask_account, ask_secret, ask_email,
		ask_terms };
	int status = SETUP_GOOD;

	for (size_t i = 0; status == SETUP_GOOD &&
	     i < sizeof(questions) / sizeof(questions[0]);
	     i++)
		status = questions[i](setup);
	if (status == SETUP_GOOD && option(setup, OPTION_HA_TOKEN_FILE) != NULL)
		status =
		    read_secret(setup, OPTION_HA_TOKEN_FILE, &setup->ha_token);
	return status;
}
