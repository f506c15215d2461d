#ifndef PROXY_LOGTIME_H
#define PROXY_LOGTIME_H

/* Times as the access log writes them. */

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "http/message.h"

#define LOGTIME_SIZE 64

/* "[18/Sep/2011:19:18:28 +0200]", local; valid until the next call. */
struct slice logtime_clf(time_t second);

/* "2011-09-18T17:18:28.123Z" (RFC 3339). Returns dst. */
char *logtime_iso(char dst[LOGTIME_SIZE], int64_t ms);

/* As strftime(3), local. Returns the length; 0 if it does not fit. */
size_t logtime_format(char dst[LOGTIME_SIZE], const char *how, time_t second);

#endif
