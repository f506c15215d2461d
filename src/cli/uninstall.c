/*
 * The command `uninstall`: what `setup` has done to this machine is undone, and
 * what it has done elsewhere is said.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "client.h"
#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "purge.h"
#include "say.h"
#include "service.h"

#define SECRET_FILES_MAX 64

/* What the configuration says, as far as it can be read. */
struct house {
	const char *file;
	struct config_text *text; /* NULL: there is none */
	struct config *config;    /* NULL: none without errors */
	char *state_dir;
	char *client_ca;
};

static void
house_open(struct house *house, const char *file)
{
	struct diag *diag = diag_new();
	char *dir = file_parent(file);

	*house = (struct house){ .file = file };
	house->client_ca = xasprintf("%s/client-ca", dir);
	house->text = config_text_read(file, NULL);
	if (house->text != NULL) {
		house->config = config_parse(house->text, diag);
		house->state_dir = config_find_state_dir(house->text);
	} else
		house->state_dir = xstrdup(CONFIG_DEFAULT_STATE_DIR);
	free(dir);
	diag_free(diag);
}

static void
house_close(struct house *house)
{
	config_free(house->config);
	config_text_free(house->text);
	free(house->state_dir);
	free(house->client_ca);
}

/* --- what is undone ------------------------------------------------------- */

/* A router that does not answer forgets by itself, in an hour. */
static void
unmap(const struct house *house)
{
	struct client_answer answer;
	struct error err;
	char *path;

	if (house->config != NULL && !house->config->port_map)
		return;
	path = client_socket(house->file, &err);
	if (path != NULL &&
	    client_ask(path, "portmap off", &answer, &err) == 0) {
		if (answer.ok)
			puts("Router           forwards nothing here any more");
		else
			say("the router may forward ports here for another "
			    "hour: %.*s",
			    (int)strcspn(answer.text, "\n"), answer.text);
		free(answer.text);
	}
	free(path);
}

static int
stop(const struct house *house)
{
	struct error err;

	if (service_is_running(house->file))
		unmap(house);
	if (service_remove(house->file, &err) == -1) {
		say("uninstall: the gateway is still there: %s", err.msg);
		return -1;
	}
	puts("Service          stopped, and starts at no boot");
	return 0;
}

/* --- what is left --------------------------------------------------------- */

static void
say_left(const char *label, const char *path, const char *what)
{
	if (access(path, F_OK) == 0)
		printf("%-17s%s%s\n", label, path, what);
}

static void
say_files(const struct house *house)
{
	const struct config *config = house->config;

	say_left("Configuration", house->file, "");
	say_left("State", house->state_dir, ": keys and certificates");
	say_left("Client CA", house->client_ca,
	    ": who may come in with a certificate");
	if (config != NULL && config->access_log != NULL)
		say_left("Access log", config->access_log, "");
}

static void
say_names(const struct config *config)
{
	const struct config_ddns *ddns;

	for (ddns = config->ddns; ddns != NULL; ddns = ddns->next)
		for (unsigned i = 0; i < ddns->nhosts; i++)
			printf("%-17s%s still points here; delete it at %s\n",
			    "Name", ddns->hosts[i], ddns->provider->name);
	for (unsigned i = 0; i < config->nbackends; i++)
		if (config->backends[i]->used)
			printf("%-17s%s may still trust this machine as a "
			       "proxy,\n%-17sand know the external URL: see "
			       "its settings\n",
			    "Home Assistant", config->backends[i]->place, "");
}

/* --- --purge -------------------------------------------------------------- */

static int
purge_state(const struct house *house)
{
	bool was = access(house->state_dir, F_OK) == 0;
	struct error err;

	if (purge_state_dir(house->state_dir, &err) == -1) {
		say("%s", err.msg);
		return -1;
	}
	if (access(house->state_dir, F_OK) == 0)
		printf("%-17s%s is left: there is more in it than the "
		       "gateway's\n",
		    "State", house->state_dir);
	else if (was)
		printf("%-17s%s is removed\n", "State", house->state_dir);
	return 0;
}

static int
purge(const struct house *house)
{
	const char *secrets[SECRET_FILES_MAX];
	struct error err;
	unsigned n = 0;
	int rc;

	if (house->text != NULL)
		while (n < SECRET_FILES_MAX &&
		    (secrets[n] = config_text_secret_file(house->text, n)) !=
		        NULL)
			n++;
	if (purge_state(house) == -1)
		return -1; /* the configuration says where it is */
	rc = purge_config(house->file, secrets, n, &err);
	if (rc == -1)
		say("%s", err.msg);
	else if (house->text != NULL)
		printf("%-17s%s is removed\n", "Configuration", house->file);
	for (unsigned i = 0; i < n; i++)
		say_left("Secret", secrets[i], " is left");
	return rc;
}

int
command_uninstall(const struct arguments *args)
{
	const char *file = args->option[OPTION_FILE];
	bool all = args->option[OPTION_PURGE] != NULL;
	struct house house;
	int rc;

	if (!command_is_meant(args,
	        all ? "Stop the gateway, and remove its configuration, keys "
	              "and certificates? This cannot be undone."
	            : "Stop the gateway, and start it at no boot any more?"))
		return EXIT_USAGE;
	house_open(&house, file != NULL ? file : CONFIG_DEFAULT_FILE);
	rc = stop(&house);
	if (rc == 0 && all)
		rc = purge(&house);
	if (rc == 0) {
		say_files(&house);
		if (house.config != NULL)
			say_names(house.config);
		puts(
		    "Program          is removed by the package manager, or by "
		    "`make uninstall`");
	}
	house_close(&house);
	return rc == 0 ? EXIT_GOOD : EXIT_BAD;
}
