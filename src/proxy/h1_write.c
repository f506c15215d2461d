#include "h1_write.h"

#include <time.h>

#include "base/buf.h"
#include "base/clock.h"

/* The IMF-fixdate of now (RFC 9110 section 5.6.7), written once a second. */
static const char *
date_line(void)
{
	static char text[64];
	static int64_t written;
	int64_t now = clock_wall();
	time_t t = (time_t)now;
	struct tm tm;

	if (now != written && gmtime_r(&t, &tm) != NULL) {
		strftime(text, sizeof text,
		    "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
		written = now;
	}
	return text;
}

void
h1_write_head(struct buf *out, const struct http_response *head)
{
	buf_append_str(out, "HTTP/1.1 ");
	buf_append_u64(out, head->status);
	buf_append(out, " ", 1);
	if (head->reason.len > 0)
		buf_append(out, head->reason.p, head->reason.len);
	else
		buf_append_str(out, http_reason(head->status));
	buf_append_str(out, "\r\n");
	for (unsigned i = 0; i < head->nfields; i++) {
		const struct http_field *field = &head->fields[i];

		buf_append(out, field->name.p, field->name.len);
		buf_append(out, ": ", 2);
		buf_append(out, field->value.p, field->value.len);
		buf_append(out, "\r\n", 2);
	}
	if (head->status >= 200 &&
	    http_find(head->fields, head->nfields, HTTP_DATE) == NULL)
		buf_append_str(out, date_line());
}

void
h1_write_framing(struct buf *out, const struct http_body *how, bool chunked)
{
	if (how->framing == HTTP_BY_LENGTH) {
		buf_append_str(out, "Content-Length: ");
		buf_append_u64(out, how->length);
		buf_append(out, "\r\n", 2);
	} else if (chunked) {
		buf_append_str(out, "Transfer-Encoding: chunked\r\n");
	}
}

void
h1_write_connection(struct buf *out, bool keep_alive, enum http_version version)
{
	if (!keep_alive)
		buf_append_str(out, "Connection: close\r\n");
	else if (version == HTTP_1_0)
		buf_append_str(out, "Connection: keep-alive\r\n");
	buf_append_str(out, "\r\n");
}

int
h1_write_chunk_end(struct iovec *iov, bool data, bool end)
{
	static char all[] = "\r\n0\r\n\r\n";

	if (!data && !end)
		return 0;
	*iov = data ? (struct iovec){ all, end ? 7 : 2 }
	            : (struct iovec){ all + 2, 5 };
	return 1;
}
