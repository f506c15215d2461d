/* Response headers as values: see header.h. No libcurl, no socket. */

#include "header.h"

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
