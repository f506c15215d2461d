/* Memory that must not be read later, and bytes nobody can guess. */

#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"

void
secret_wipe(void *ptr, size_t len)
{
	explicit_bzero(ptr, len);
}

void
secret_free(char *s)
{
	if (s == NULL)
		return;
	secret_wipe(s, strlen(s));
	free(s);
}

void
secret_random(void *ptr, size_t len)
{
	unsigned char *p = ptr;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			fatal("getrandom: %s", strerror(errno));
		p += n;
		len -= (size_t)n;
	}
}
