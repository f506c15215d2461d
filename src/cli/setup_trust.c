/* The step that has Home Assistant trust us: see setup.h. */

#include <stdlib.h>

#include "ask.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "setup.h"

/* May we have it trust us? */
static bool
ask_token(struct setup *setup)
{
	char *token;

	if (!setup->asks || setup->dry_run)
		return false;
	setup_screen_drop(&setup->screen);
	setup_screen_say(&setup->screen,
	    "Home Assistant does not trust this gateway yet (400). With a "
	    "long-lived access\ntoken (your profile there, Security), of an "
	    "administrator, that is done now.\nIt is not kept.\n");
	token =
	    ask_hidden("Token            (hidden; Enter: I do it myself): ");
	if (token == NULL || token[0] == '\0') {
		free(token);
		return false;
	}
	setup->ha_token = token;
	return true;
}

static int
end_trust(struct setup *setup, struct ha_trust_result *result)
{
	char *text = xstrdup(result->text != NULL ? result->text : "");

	switch (result->end) {
	case HA_TRUST_ALREADY:
	case HA_TRUST_DONE:
		setup->changed |= result->end == HA_TRUST_DONE;
		setup_screen_end(&setup->screen, DOCTOR_OK, text, NULL);
		return SETUP_GOOD;
	case HA_TRUST_YAML:
	case HA_TRUST_REVERTED:
	case HA_TRUST_FAILED:
		break;
	}
	setup_screen_end(&setup->screen,
	    setup->dry_run ? DOCTOR_WARN : DOCTOR_FAIL,
	    xstrdup("Home Assistant does not trust us"), text);
	return setup->dry_run ? SETUP_GOOD : SETUP_HA_CONFIG;
}

static void
try_trust(struct setup *setup, struct ha_trust_result *result)
{
	const struct ha_found *found = &setup->home_assistant;
	const struct ha_trust_wish wish = {
		.addr = found->addr,
		.tls = found->tls,
		.local = found->local,
		.token = setup->ha_token,
		.external_url =
		    setup->ha_token != NULL && !setup->answers.staging
		    ? setup->url
		    : NULL,
		.dry_run = setup->dry_run,
		.tell = setup_screen_tell,
		.arg = &setup->screen,
	};

	setup_screen_begin(&setup->screen, "Home Assistant", "asking it");
	setup->parts->trust(&wish, result);
}

int
setup_step_trust(struct setup *setup)
{
	struct ha_trust_result result = { .text = NULL };
	int status;

	try_trust(setup, &result);
	if (result.wants_token && ask_token(setup)) {
		ha_trust_result_release(&result);
		try_trust(setup, &result);
	}
	secret_free(setup->ha_token);
	setup->ha_token = NULL;
	status = end_trust(setup, &result);
	setup->changed |= result.url_set;
	ha_trust_result_release(&result);
	return status;
}
