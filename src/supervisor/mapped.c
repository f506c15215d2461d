#include "mapped.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "record.h"

#define FILE_MAX 4096
#define PORTS_MAX 256

static bool
read_nonce(struct mapped *mapped, const char *text)
{
	unsigned char nonce[PORTMAP_NONCE_SIZE];
	size_t len;

	if (text == NULL ||
	    !text_unbase64url(text, nonce, sizeof(nonce), &len) ||
	    len != sizeof(nonce))
		return false;
	memcpy(mapped->nonce, nonce, sizeof(nonce));
	return true;
}

void
mapped_read(struct mapped *mapped, int dirfd)
{
	struct buf buf = { 0 };
	char *nonce = NULL, *ports = NULL;
	const char *text;
	size_t len;

	if (file_read_at(dirfd, MAPPED_FILE, FILE_MAX, &buf, NULL) == 0) {
		text = (const char *)buf_data(&buf);
		len = buf_len(&buf);
		nonce = record_line(&text, &len, "nonce");
		ports = record_line(&text, &len, "ports");
	}
	mapped->ports = NULL;
	if (!read_nonce(mapped, nonce))
		secret_random(mapped->nonce, sizeof(mapped->nonce));
	else if (ports != NULL && strlen(ports) <= PORTS_MAX)
		mapped->ports = xstrdup(ports);
	if (mapped->ports == NULL)
		mapped->ports = xstrdup("");
	free(nonce);
	free(ports);
	buf_release(&buf);
}

int
mapped_write(const struct mapped *mapped, int dirfd, struct error *err)
{
	char *nonce = text_base64url(mapped->nonce, sizeof(mapped->nonce));
	char *text = xasprintf("nonce: %s\nports: %s\n", nonce, mapped->ports);
	int rc =
	    file_write_at(dirfd, MAPPED_FILE, text, strlen(text), 0600, err);

	free(text);
	free(nonce);
	return rc;
}

void
mapped_release(struct mapped *mapped)
{
	free(mapped->ports);
	*mapped = (struct mapped){ 0 };
}

void
mapped_set(struct mapped *mapped, const char *ports)
{
	char *copy = xstrdup(ports);

	free(mapped->ports);
	mapped->ports = copy;
}
