#include "page.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "pki/mac.h"

/* Of the object that is made of page.html. */
extern const unsigned char page_html[];
extern const size_t page_html_len;

void
page_render(struct buf *out)
{
	buf_append(out, page_html, page_html_len);
}

/* What stands between two tags, as a source of a policy. The caller frees. */
static char *
hash_between(const char *opening, const char *closing)
{
	const char *page = (const char *)page_html;
	const char *from =
	    memmem(page, page_html_len, opening, strlen(opening));
	const char *to;
	unsigned char digest[PKI_DIGEST_SIZE];
	char *text, *source;

	assert(from != NULL);
	from += strlen(opening);
	to = memmem(from, (size_t)(page + page_html_len - from), closing,
	    strlen(closing));
	assert(to != NULL);
	pki_digest(from, (size_t)(to - from), digest);
	text = text_base64url(digest, sizeof(digest));
	/* Not every browser takes base64url for what it is. */
	for (char *p = text; *p != '\0'; p++)
		*p = *p == '-' ? '+' : *p == '_' ? '/' : *p;
	source = xasprintf("'sha256-%s='", text);
	free(text);
	return source;
}

char *
page_policy(void)
{
	char *style = hash_between("<style>", "</style>");
	char *script = hash_between("<script>", "</script>");
	/*
	 * Home Assistant shows the page in a panel, from another origin. There
	 * is nothing in it to click, so a frame can trick nobody into anything.
	 */
	char *policy = xasprintf("default-src 'none'; style-src %s; "
	                         "script-src %s; connect-src 'self'; "
	                         "base-uri 'none'; form-action 'none'; "
	                         "frame-ancestors http: https:",
	    style, script);

	free(style);
	free(script);
	return policy;
}
