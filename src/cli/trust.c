/* The command `ha-trust`. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "backend.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "client.h"
#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "dial.h"
#include "doctor_ha.h"
#include "ha_trust.h"
#include "load.h"
#include "say.h"
#include "tls/client.h"
#include "json/json.h"

struct trust {
	const struct arguments *args;
	const struct config *config;
	struct json *status; /* of the running gateway, or NULL */
	struct json *report; /* NULL: for people */
	char *token;         /* or NULL */
	unsigned found;      /* backends that are Home Assistant */
	bool failed;         /* one of them does not trust us */
};

static const char *const ends[] = {
	[HA_TRUST_ALREADY] = "already",
	[HA_TRUST_DONE] = "done",
	[HA_TRUST_YAML] = "yaml",
	[HA_TRUST_REVERTED] = "reverted",
	[HA_TRUST_FAILED] = "failed",
};

/* For the addresses of names; nobody need be running. */
static struct json *
read_status(const char *file)
{
	struct client_answer answer;
	struct json *status = NULL;
	struct error err;
	char *path = client_find_socket(file);

	if (path != NULL && client_ask(path, "status", &answer, &err) == 0) {
		if (answer.ok)
			status =
			    json_parse(answer.text, strlen(answer.text), &err);
		free(answer.text);
	}
	free(path);
	return status;
}

static void
tell(void *arg, const char *what)
{
	(void)arg;
	say("%s", what);
}

static void
report(struct trust *trust, const struct config_backend *backend,
    const struct ha_trust_result *result)
{
	struct json *row = json_new_object();

	json_set_str(row, "backend", backend->place);
	json_set_str(row, "end", ends[result->end]);
	json_set_str(row, "text", result->text);
	json_set_bool(row, "url_set", result->url_set);
	json_append(trust->report, row);
}

static void
print(
    const struct config_backend *backend, const struct ha_trust_result *result)
{
	if (result->end == HA_TRUST_YAML)
		printf("%s: this Home Assistant reads its settings from a "
		       "file. Add this to its configuration.yaml and restart "
		       "it:\n",
		    backend->place);
	else
		printf("%s: ", backend->place);
	say_safely(stdout, result->text);
	putchar('\n');
}

static void
show(struct trust *trust, const struct config_backend *backend,
    const struct ha_trust_result *result)
{
	if (result->url_failed ||
	    (result->end != HA_TRUST_ALREADY && result->end != HA_TRUST_DONE))
		trust->failed = true;
	if (trust->report != NULL)
		report(trust, backend, result);
	else
		print(backend, result);
}

/* Whether there is one now. */
static bool
ask_token(struct trust *trust, const struct ha_trust_result *result)
{
	static const char question[] =
	    "Home Assistant does not trust the gateway. With a token of an "
	    "administrator\nthis is done for you; one is made in Home "
	    "Assistant: your name at the bottom\nleft, Security, Long-lived "
	    "access tokens. Token (not shown; Enter for none): ";

	if (!result->wants_token || !ask_is_possible())
		return false;
	trust->token = ask_hidden(question);
	if (trust->token != NULL && trust->token[0] != '\0')
		return true;
	secret_free(trust->token);
	trust->token = NULL;
	return false;
}

static void
settle(struct trust *trust, const struct config_backend *backend,
    struct ha_trust_wish *wish)
{
	char *url = backend_url(trust->config, backend);
	struct ha_trust_result result;

	wish->external_url = url;
	wish->token = trust->token;
	wish->dry_run = trust->args->option[OPTION_DRY_RUN] != NULL;
	wish->tell = trust->report != NULL ? NULL : tell;
	ha_trust(wish, &result);
	if (trust->token == NULL && ask_token(trust, &result)) {
		ha_trust_result_release(&result);
		wish->token = trust->token;
		ha_trust(wish, &result);
	}
	show(trust, backend, &result);
	ha_trust_result_release(&result);
	free(url);
}

static bool
is_ha(const struct trust *trust, const struct config_backend *backend)
{
	struct dial_answer answer;
	struct error err;

	if (backend_ask(backend, trust->status, &answer, &err) == 0)
		return answer.status == 200 &&
		    doctor_is_ha(answer.body, answer.len);
	say("%s: %s", backend->place, err.msg);
	return false;
}

static void
try(struct trust *trust, const struct config_backend *backend)
{
	struct ha_trust_wish wish = { .tls = backend->tls };
	struct tls_trust *system = NULL;
	struct tls_client *client = NULL;
	struct error err;

	if (!is_ha(trust, backend) ||
	    !backend_place(backend, trust->status, &wish.addr))
		return;
	trust->found++;
	if (backend->tls) {
		client = backend_tls(backend, &system, &err);
		wish.client = client;
	}
	if (backend->tls && client == NULL) {
		say("%s: %s", backend->place, err.msg);
		trust->failed = true;
	} else {
		settle(trust, backend, &wish);
	}
	tls_client_free(client);
	tls_trust_free(system);
}

static int
try_all(struct trust *trust, const char *file)
{
	trust->status = read_status(file);
	for (unsigned i = 0; i < trust->config->nbackends; i++)
		if (trust->config->backends[i]->used)
			try(trust, trust->config->backends[i]);
	json_free(trust->status);
	if (trust->found > 0)
		return trust->failed ? EXIT_BAD : EXIT_GOOD;
	say("no backend of %s answers as Home Assistant: start it, or see "
	    "`gatehouse doctor`",
	    file);
	return EXIT_BAD;
}

int
command_ha_trust(const struct arguments *args)
{
	struct trust trust = { .args = args };
	const char *file = args->option[OPTION_TOKEN_FILE];
	struct load load;
	struct error err;
	int status;

	if (file != NULL) {
		trust.token = ask_file(file, &err);
		if (trust.token == NULL) {
			say("%s", err.msg);
			return EXIT_BAD;
		}
	}
	if (!load_config(&load, args->option[OPTION_FILE])) {
		secret_free(trust.token);
		return EXIT_BAD;
	}
	trust.config = load.config;
	if (args->option[OPTION_JSON] != NULL)
		trust.report = json_new_array();
	status = try_all(&trust, load.file);
	if (trust.report != NULL) {
		char *text = json_dump(trust.report);

		puts(text);
		free(text);
	}
	json_free(trust.report);
	secret_free(trust.token);
	load_release(&load);
	return status;
}
