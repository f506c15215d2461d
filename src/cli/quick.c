#include "quick.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/config.h"

void
quick_put(struct buf *buf, const char *word, const char *value)
{
	buf_printf(buf, "%s\"", word);
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			buf_append_str(buf, "\\");
		buf_append(buf, value, 1);
	}
	buf_append_str(buf, "\"\n");
}

int
quick_judge(const char *content, struct error *err)
{
	struct config_text *text =
	    config_text_new("run", content, strlen(content));
	struct diag *diag = diag_new();
	struct config *config = config_parse(text, diag);
	int rc = 0;

	for (unsigned n = 0; config == NULL; n++)
		if (diag_level(diag, n) == DIAG_ERROR) {
			rc = error_set(err, ERR_SYNTAX, "%s",
			    strstr(diag_line(diag, n), ": ") + 2);
			break;
		}
	config_free(config);
	diag_free(diag);
	config_text_free(text);
	return rc;
}

char *
quick_text(const struct quick *quick, struct error *err)
{
	struct buf buf = { 0 };
	char *text;

	buf_append_str(&buf,
	    "# Written by `gatehouse run --host`, and again each time.\n");
	quick_put(&buf, "StateDir ", quick->state_dir);
	if (quick->unprivileged)
		quick_put(&buf, "User ", "nobody");
	buf_append_str(&buf, "LogFacility -\n");
	quick_put(&buf, "Gateway ", quick->host);
	quick_put(&buf, "\tForward ", quick->backend);
	if (quick->insecure)
		buf_append_str(&buf, "\tInsecure\n");
	if (quick->email != NULL)
		quick_put(&buf, "\tEmail ", quick->email);
	buf_append_str(&buf, "End\n");
	text = buf_detach(&buf, NULL);
	if (quick_judge(text, err) == 0)
		return text;
	free(text);
	return NULL;
}

char *
quick_state_dir(struct error *err)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (geteuid() == 0)
		return xstrdup(CONFIG_DEFAULT_STATE_DIR);
	if (state != NULL && state[0] == '/')
		return xasprintf("%s/gatehouse", state);
	if (home == NULL || home[0] != '/') {
		pw = getpwuid(geteuid());
		home = pw != NULL ? pw->pw_dir : NULL;
	}
	if (home != NULL)
		return xasprintf("%s/.local/state/gatehouse", home);
	error_set(err, ERR_NOTFOUND,
	    "you have no home directory: say --state-dir DIRECTORY");
	return NULL;
}

char *
quick_absolute(const char *path)
{
	char *here, *full;

	if (path[0] == '/')
		return xstrdup(path);
	here = getcwd(NULL, 0);
	full = xasprintf("%s/%s", here != NULL ? here : "", path);
	free(here);
	return full;
}
