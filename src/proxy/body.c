#include "body.h"

#include <string.h>

enum h1_result
body_decode(struct h1_body *body, char *data, size_t len, size_t *used,
    struct slice *payload)
{
	char *first = NULL;
	size_t total = 0, pos = 0;
	enum h1_result r;

	do {
		struct slice run = { 0 };

		r = h1_body_next(body, data, len, &pos, &run);
		if (run.len == 0)
			continue;
		if (first == NULL)
			first = data + (run.p - data);
		else
			memmove(first + total, run.p, run.len);
		total += run.len;
	} while (r == H1_MORE && pos < len);
	if (r == H1_MORE && body->done)
		r = H1_DONE;
	*used = pos;
	*payload = (struct slice){ first, total };
	return r;
}
