#include "reach.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "client.h"

/* How the gateway's answer begins if the authority looked in vain. */
static const char not_reached[] = "not reached: ";

/* Takes a line off the text; "" past the last. */
static char *
take_line(const char **text)
{
	size_t len = strcspn(*text, "\n");
	char *line = xstrndup(*text, len);

	*text += len + ((*text)[len] != '\0');
	return line;
}

static void
judge(const struct client_answer *answer, struct reach *reach)
{
	const char *text = answer->text;
	size_t len = sizeof(not_reached) - 1;

	reach->end = answer->ok ? REACH_REACHED : REACH_UNKNOWN;
	if (!answer->ok && strncmp(text, not_reached, len) == 0) {
		reach->end = REACH_NOT;
		text += len;
	}
	reach->evidence = take_line(&text);
	reach->advice = take_line(&text);
}

static int
ask(const char *file, const char *name, const char *challenge,
    struct reach *reach, struct error *err)
{
	struct client_answer answer;
	char *path = client_find_socket(file), *request;
	int rc;

	if (path == NULL)
		return error_set(
		    err, ERR_NOTFOUND, "the configuration cannot be read");
	request = xasprintf("reach %s %s", name, challenge);
	rc = client_ask_within(path, request, REACH_SECONDS, &answer, err);
	free(request);
	free(path);
	if (rc == -1)
		return -1;
	judge(&answer, reach);
	free(answer.text);
	return 0;
}

void
reach_look(const char *file, const char *name, const char *challenge,
    struct reach *reach)
{
	struct error err;

	if (ask(file, name, challenge, reach, &err) == -1)
		*reach = (struct reach){ REACH_UNKNOWN, xstrdup(err.msg),
			xstrdup("") };
}

void
reach_release(struct reach *reach)
{
	free(reach->evidence);
	free(reach->advice);
	*reach = (struct reach){ .end = REACH_UNKNOWN };
}
