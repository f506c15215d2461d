#include "request.h"

#include <string.h>

#include "base/text.h"

static const struct verb {
	const char *name;
	enum request_arg arg;
	bool local;
} verbs[] = {
#define VERB(name, arg, local) { name, arg, local },
	REQUEST_VERBS(VERB)
};

static const struct verb *
find_verb(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (text_ieq(name, len, verbs[i].name))
			return &verbs[i];
	return NULL;
}

/* Words of printable ASCII, one space between two. */
static bool
is_printable(const char *s, size_t len, enum request_arg arg)
{
	char before = ' ';

	for (size_t i = 0; i < len; before = s[i++]) {
		if (s[i] < ' ' || s[i] > '~')
			return false;
		if (s[i] == ' ' && (arg != REQUEST_WORDS || before == ' '))
			return false;
	}
	return len == 0 || before != ' ';
}

int
request_parse(
    struct request *request, const char *line, size_t len, struct error *err)
{
	const char *space = memchr(line, ' ', len);
	size_t verblen = space != NULL ? (size_t)(space - line) : len;
	size_t arglen = space != NULL ? len - verblen - 1 : 0;
	const struct verb *verb = find_verb(line, verblen);

	if (verb == NULL)
		return error_set(err, ERR_SYNTAX, "unknown command");
	if (arglen > 0 && verb->arg == REQUEST_ALONE)
		return error_set(
		    err, ERR_SYNTAX, "%s takes no argument", verb->name);
	if (arglen >= sizeof(request->arg) ||
	    (arglen > 0 && !is_printable(space + 1, arglen, verb->arg)))
		return error_set(
		    err, ERR_SYNTAX, "%s: malformed argument", verb->name);
	*request = (struct request){ verb->name, verb->local, "" };
	if (arglen > 0)
		memcpy(request->arg, space + 1, arglen);
	return 0;
}
