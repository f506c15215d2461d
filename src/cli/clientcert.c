/*
 * The command `client-cert`: certificates for the telephones and browsers of a
 * house. Everything happens here, with the rights of whoever typed it; the
 * gateway only reads the authority's certificate and its list of revocations,
 * when it starts and when it is told to.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "client.h"
#include "clientindex.h"
#include "clientlines.h"
#include "clientstore.h"
#include "clienttask.h"
#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "say.h"
#include "json/json.h"

int
client_failed(const struct error *err)
{
	say("client-cert: %s", err->msg);
	return EXIT_BAD;
}

/* --- the configuration ---------------------------------------------------- */

/* Beside the configuration; absolute, for the lines that name it. */
static char *
find_dir(const char *file, struct error *err)
{
	char *beside = file_parent(file);
	char *parent = realpath(beside, NULL);
	char *dir = NULL;

	if (parent == NULL)
		error_sys(err, "%s", file);
	else
		dir = xasprintf(
		    "%s/client-ca", strcmp(parent, "/") == 0 ? "" : parent);
	free(parent);
	free(beside);
	return dir;
}

static int
task_open(struct client_task *task, struct error *err)
{
	const char *file = task->args->option[OPTION_FILE];
	struct diag *diag;

	task->file = file != NULL ? file : CONFIG_DEFAULT_FILE;
	task->now = clock_wall();
	task->text = config_text_read(task->file, err);
	if (task->text == NULL)
		return -1;
	task->dir = find_dir(task->file, err);
	if (task->dir == NULL)
		return -1;
	diag = diag_new();
	task->config = config_parse(task->text, diag);
	diag_free(diag);
	return 0;
}

static void
task_close(struct client_task *task)
{
	config_free(task->config);
	config_text_free(task->text);
	free(task->dir);
}

/* A gateway that runs takes the lists over now; returns an EXIT_* value. */
static int
reload(const struct client_task *task)
{
	char *state_dir = config_find_state_dir(task->text);
	char *path = xasprintf("%s/" CONFIG_CONTROL_SOCKET, state_dir);
	struct client_answer answer;
	struct error err = { 0 };
	int status = EXIT_GOOD;

	if (client_ask(path, "reload", &answer, &err) == 0) {
		if (answer.ok)
			puts("The running gateway has reloaded. Connections "
			     "that are open stay so until they\nend; a restart "
			     "ends them.");
		else {
			say("client-cert: the running gateway does not know it "
			    "yet, for it cannot reload:");
			say_safely(stderr, answer.text);
			status = EXIT_BAD;
		}
		free(answer.text);
	} else if (err.kind == ERR_NOTFOUND)
		puts("No gateway is running; it will know when one starts.");
	else {
		say("client-cert: the running gateway may not know it yet (%s):"
		    " run `gatehouse reload`",
		    err.msg);
		status = EXIT_BAD;
	}
	free(path);
	free(state_dir);
	return status;
}

/* --- revoke --------------------------------------------------------------- */

/* What the gateway makes of a new list; returns an EXIT_* value. */
static int
publish(const struct client_task *task)
{
	struct client_lines lines = client_lines_look(task->config, task->dir);

	if (task->config != NULL && lines.listing == 0) {
		if (lines.trusting == 0) {
			printf("No listener of %s asks for certificates of "
			       "this authority.\n",
			    task->file);
			return EXIT_GOOD;
		}
		say("client-cert: it still gets in: no listener of %s has the "
		    "line",
		    task->file);
		fprintf(stderr, "    CRLlist \"%s/" CLIENT_STORE_CRL "\"\n",
		    task->dir);
		return EXIT_BAD;
	}
	if (lines.trusting > lines.listing)
		say("client-cert: a listener of %s trusts the authority and "
		    "has no CRLlist \"%s/" CLIENT_STORE_CRL "\"",
		    task->file, task->dir);
	return reload(task);
}

static int
mark_revoked(const struct client_task *task, struct client_store *store,
    struct error *err)
{
	struct client_entry *entry =
	    client_index_find(&store->index, task->name, task->now);
	char date[CLOCK_DATE_SIZE];

	if (entry == NULL)
		return error_set(err, ERR_NOTFOUND,
		    "no certificate was made for %s: see `gatehouse "
		    "client-cert list`",
		    task->name);
	if (entry->revoked != 0)
		printf("%s: certificate %s has been revoked since %s; the list "
		       "is written anew\n",
		    entry->name, entry->serial,
		    clock_date(date, entry->revoked));
	else if (!client_entry_is_good(entry, task->now))
		return error_set(err, ERR_DENIED,
		    "the certificate of %s has expired at %s: there is nothing "
		    "to revoke",
		    entry->name, clock_date(date, entry->until));
	else
		entry->revoked = task->now;
	return client_store_save(store, task->now, err);
}

static int
revoke_client(struct client_task *task)
{
	struct client_store store = { 0 };
	struct error err = { 0 };
	int status;

	if (client_name_check(task->name, &err) == -1) {
		client_failed(&err);
		return EXIT_USAGE;
	}
	if (client_store_open(&store, task->dir, false, task->now, &err) ==
	        -1 ||
	    mark_revoked(task, &store, &err) == -1)
		status = client_failed(&err);
	else {
		printf("%s: revoked\n", task->name);
		/* The lock is not held while the gateway takes its time. */
		client_store_close(&store);
		status = publish(task);
	}
	client_store_close(&store);
	return status;
}

/* --- list ----------------------------------------------------------------- */

static const char *
state_of(const struct client_entry *entry, int64_t now)
{
	if (entry->revoked != 0)
		return "revoked";
	return client_entry_is_good(entry, now) ? "valid" : "expired";
}

static void
print_table(const struct client_task *task, const struct client_index *index)
{
	for (size_t i = 0; i < index->nentries; i++) {
		const struct client_entry *entry = &index->entries[i];
		char from[CLOCK_DATE_SIZE], until[CLOCK_DATE_SIZE];

		printf("%-20s  %s  %.10s  %.10s  %s\n", entry->name,
		    entry->serial, clock_date(from, entry->from),
		    clock_date(until, entry->until),
		    state_of(entry, task->now));
	}
}

static void
print_json(const struct client_task *task, const struct client_index *index)
{
	struct json *list = json_new_array();
	char *text;

	for (size_t i = 0; i < index->nentries; i++) {
		const struct client_entry *entry = &index->entries[i];
		struct json *row = json_new_object();

		json_set_str(row, "name", entry->name);
		json_set_str(row, "serial", entry->serial);
		json_set_int(row, "not_before", entry->from);
		json_set_int(row, "not_after", entry->until);
		json_set_int(row, "revoked", entry->revoked);
		json_set_str(row, "state", state_of(entry, task->now));
		json_append(list, row);
	}
	text = json_dump(list);
	puts(text);
	free(text);
	json_free(list);
}

static int
list(struct client_task *task)
{
	bool json = task->args->option[OPTION_JSON] != NULL;
	struct client_store store = { 0 };
	struct error err = { 0 };
	int status = EXIT_GOOD;

	if (client_store_read(&store, task->dir, &err) == -1 &&
	    err.kind != ERR_NOTFOUND)
		return client_failed(&err);
	if (json)
		print_json(task, &store.index);
	else if (!store.open)
		printf("%s\n", err.msg);
	else
		print_table(task, &store.index);
	if (store.open && !client_store_is_published(&store)) {
		say("client-cert: %s/" CLIENT_STORE_CRL " is not the newest "
		    "list: the next add or revoke writes it, also one of a "
		    "name that is revoked already",
		    task->dir);
		status = EXIT_BAD;
	}
	client_store_close(&store);
	return status;
}

/* --- the command ---------------------------------------------------------- */

static const struct action {
	const char *word;
	int (*run)(struct client_task *task);
	bool named;          /* it takes a name */
	enum option only[3]; /* of --out, --days, --json; OPTION_HELP ends */
} actions[] = {
	{ "add", client_add, true, { OPTION_OUT, OPTION_DAYS } },
	{ "list", list, false, { OPTION_JSON } },
	{ "revoke", revoke_client, true, { OPTION_HELP } },
};
#define NACTIONS (sizeof(actions) / sizeof(actions[0]))

static const struct action *
find_action(const char *word)
{
	for (size_t i = 0; i < NACTIONS; i++)
		if (strcmp(actions[i].word, word) == 0)
			return &actions[i];
	return NULL;
}

static bool
takes(const struct action *action, enum option option)
{
	for (size_t i = 0; action->only[i] != OPTION_HELP; i++)
		if (action->only[i] == option)
			return true;
	return false;
}

/* Whether the words make sense; says what does not. */
static bool
makes_sense(const struct action *action, const struct arguments *args)
{
	static const enum option some[] = { OPTION_OUT, OPTION_DAYS,
		OPTION_JSON };
	static const char *const words[] = { "--out", "--days", "--json" };

	if (action->named != (args->second != NULL)) {
		say(action->named
		        ? "client-cert: %s whom? Give a name, such as phone"
		        : "client-cert: %s takes no name",
		    action->word);
		return false;
	}
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		if (args->option[some[i]] != NULL && !takes(action, some[i])) {
			say("client-cert: %s takes no %s", action->word,
			    words[i]);
			return false;
		}
	return true;
}

int
command_client_cert(const struct arguments *args)
{
	const char *word = args->operand != NULL ? args->operand : "list";
	const struct action *action = find_action(word);
	struct client_task task = { .args = args, .name = args->second };
	struct error err = { 0 };
	int status;

	if (action == NULL) {
		say("client-cert: '%s' is none of add, list and revoke", word);
		return EXIT_USAGE;
	}
	if (!makes_sense(action, args))
		return EXIT_USAGE;
	status = task_open(&task, &err) == 0 ? action->run(&task)
	                                     : client_failed(&err);
	task_close(&task);
	return status;
}
