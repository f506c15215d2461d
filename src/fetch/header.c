/* Response headers as values: see header.h. No libcurl, no socket. */

#include "header.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "fetch/fetch.h"

int64_t
header_date(const char *value)
{
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %e %H:%M:%S %Y",
	};
	struct tm tm;
	const char *end;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(&tm, 0, sizeof(tm));
		end = strptime(value, forms[i], &tm);
		if (end != NULL && *end == '\0')
			return timegm(&tm);
	}
	return -1;
}

int64_t
header_retry_after(const char *value, int64_t now)
{
	uint64_t seconds;
	int64_t date;

	if (*value != '\0' && strspn(value, "0123456789") == strlen(value)) {
		if (!text_u64(
		        value, strlen(value), FETCH_RETRY_AFTER_MAX, &seconds))
			return FETCH_RETRY_AFTER_MAX;
		return (int64_t)seconds;
	}
	date = header_date(value);
	if (date == -1)
		return -1;
	if (date <= now)
		return 0;
	return date - now < FETCH_RETRY_AFTER_MAX ? date - now
	                                          : FETCH_RETRY_AFTER_MAX;
}

/* The end of this link: a comma that is in neither a target nor a quotation. */
static const char *
end_of_link(const char *p)
{
	char closing = '\0';

	for (; *p != '\0' && (closing != '\0' || *p != ','); p++)
		if (closing != '\0')
			closing = *p == closing ? '\0' : closing;
		else if (*p == '<')
			closing = '>';
		else if (*p == '"')
			closing = '"';
	return p;
}

/* Is "alternate" one of the words of the rel parameter in [p, end)? */
static bool
is_alternate(const char *p, const char *end)
{
	static const char word[] = "alternate";
	size_t len;

	p = memmem(p, (size_t)(end - p), "rel=", 4);
	if (p == NULL)
		return false;
	for (p += 4; p < end && *p != ';'; p += len) {
		p += strspn(p, "\" \t");
		len = strcspn(p, "\" \t,;");
		if (text_ieq(p, len, word))
			return true;
		if (len == 0)
			break;
	}
	return false;
}

char *
header_next_alternate(const char **value)
{
	const char *p = *value, *start, *target, *close;

	while (*p != '\0') {
		start = p + strspn(p, " \t,");
		p = end_of_link(start);
		close = memchr(start, '>', (size_t)(p - start));
		target = start + 1;
		if (*start == '<' && close != NULL && is_alternate(close, p)) {
			*value = p;
			return xstrndup(target, (size_t)(close - target));
		}
		if (p == start)
			break;
	}
	*value = p;
	return NULL;
}

char *
header_media_type(const char *value)
{
	char *type, *p;

	type = header_text(value);
	type[strcspn(type, "; \t")] = '\0';
	for (p = type; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return type;
}

char *
header_text(const char *value)
{
	size_t len = strlen(value), i;

	if (len > FETCH_HEADER_MAX)
		return xstrdup("");
	for (i = 0; i < len; i++)
		if (value[i] < ' ' || value[i] > '~')
			return xstrdup("");
	return xstrdup(value);
}
