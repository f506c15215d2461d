#include "request.h"

#include <string.h>

#include "base/text.h"

static const struct verb {
	const char *name;
	bool takes_arg;
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

static bool
is_printable(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return true;
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
	if (arglen > 0 && !verb->takes_arg)
		return error_set(
		    err, ERR_SYNTAX, "%s takes no argument", verb->name);
	if (arglen >= sizeof(request->arg) || !is_printable(space + 1, arglen))
		return error_set(
		    err, ERR_SYNTAX, "%s: malformed argument", verb->name);
	*request = (struct request){ verb->name, verb->local, "" };
	if (arglen > 0)
		memcpy(request->arg, space + 1, arglen);
	return 0;
}
