#include "systemd.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "program.h"

#define UNIT "gatehouse.service"
#define LIMIT_MS 120000 /* more than the unit's own limits of both kinds */
#define JOURNAL_MS 10000

bool
systemd_is_here(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

static int
run(const char *const *argv, struct buf *said, struct error *err)
{
	return program_run(argv, LIMIT_MS, said, err);
}

char *
systemd_find_unit(void)
{
	static const char *const argv[] = { "systemctl", "show",
		"--property=ExecStart", UNIT, NULL };
	static const char mark[] = "path=";
	struct buf said = { 0 };
	char *text, *path = NULL;
	const char *at;

	if (run(argv, &said, NULL) == 0 && buf_append(&said, "", 1) == 0) {
		text = buf_detach(&said, NULL);
		at = strstr(text, mark);
		if (at != NULL) {
			at += strlen(mark);
			path = xstrndup(at, strcspn(at, " ;\n"));
		}
		free(text);
	}
	buf_release(&said);
	return path;
}

static bool
is_same(const char *a, const char *b)
{
	char one[PATH_MAX], other[PATH_MAX];

	return realpath(a, one) != NULL && realpath(b, other) != NULL &&
	    strcmp(one, other) == 0;
}

int
systemd_check_unit(const char *daemon, struct error *err)
{
	char *path = systemd_find_unit();
	int rc = 0;

	if (path == NULL)
		rc = error_set(err, ERR_NOTFOUND,
		    "systemd knows no " UNIT ": install it with `make "
		    "install`, or say --no-service");
	else if (!is_same(path, daemon))
		rc = error_set(err, ERR_NOTFOUND,
		    UNIT " of systemd starts %.200s, which is not this "
		         "program's: use the `gatehouse` that was installed "
		         "with it, or say --no-service",
		    path);
	free(path);
	return rc;
}

/* Why the service does not start is in the journal. */
static void
add_journal(struct error *err)
{
	static const char *const argv[] = { "journalctl", "--unit", UNIT,
		"--lines", "5", "--output", "cat", "--no-pager", NULL };
	struct buf said = { 0 };
	char *words;

	if (program_run(argv, JOURNAL_MS, &said, NULL) == 0) {
		words = program_last_words(&said);
		error_set(err, ERR_DENIED,
		    "systemd could not start " UNIT ": %s", words);
		free(words);
	}
	buf_release(&said);
}

int
systemd_start(struct error *err)
{
	static const char *const go[] = { "systemctl", "start", UNIT, NULL };
	static const char *const halt[] = { "systemctl", "stop", UNIT, NULL };

	if (run(go, NULL, err) == 0)
		return 0;
	add_journal(err);
	run(halt, NULL, NULL); /* it would be tried for ever */
	return -1;
}

int
systemd_enable(struct error *err)
{
	static const char *const argv[] = { "systemctl", "enable", UNIT, NULL };

	return run(argv, NULL, err);
}

int
systemd_disable(struct error *err)
{
	static const char *const argv[] = { "systemctl", "disable", "--now",
		UNIT, NULL };

	return run(argv, NULL, err);
}
