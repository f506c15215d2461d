/*
 * Whatever a provider of dynamic DNS, or an address service, answers: every
 * reader of it is given the same bytes. A refusal says what was promised. A
 * family adds its reader to the table.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "fetch/fetch.h"
#include "src/ddns/address.h"
#include "src/ddns/custom.h"
#include "src/ddns/duckdns.h"
#include "src/ddns/dyndns2.h"
#include "src/ddns/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const hosts[] = { "a.example", "b.example" };

/* 1, 0, or -1 with the refusal. */
static int
read_dyndns2(const struct fetch_response *res, struct refusal *refusal)
{
	return dyndns2_read_answer(res, hosts, 2, refusal);
}

static int
read_duckdns(const struct fetch_response *res, struct refusal *refusal)
{
	return duckdns_read(res->body, false, refusal);
}

static int
read_custom(const struct fetch_response *res, struct refusal *refusal)
{
	return custom_read(res->body, "^(good|nochg|OK)", refusal);
}

static int (*const readers[])(
    const struct fetch_response *res, struct refusal *refusal) = {
	read_dyndns2,
	read_duckdns,
	read_custom,
};

static void
check_text(const char *text, size_t size)
{
	assert(strnlen(text, size) < size);
	for (; *text != '\0'; text++)
		assert(*text >= ' ' && *text < 0x7f && *text != '"');
}

static void
check_refusal(const struct refusal *refusal)
{
	assert(refusal->kind < DDNS_FAILURE_COUNT);
	assert(*refusal->problem != '\0');
	assert(refusal->advice != NULL);
	assert(refusal->retry_after >= -1);
	assert(refusal->retry_after <= FETCH_RETRY_AFTER_MAX);
	check_text(refusal->problem, sizeof(refusal->problem));
	check_text(refusal->detail, sizeof(refusal->detail));
}

static void
check_address(int family, const char *body, size_t len)
{
	char text[ADDRESS_SIZE], again[ADDRESS_SIZE];

	if (!address_in_answer(family, body, len, text))
		return;
	assert(address_read(family, text, strlen(text), again));
	assert(strcmp(text, again) == 0);
}

/* The first byte chooses the status. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned statuses[] = { 200, 401, 404, 429, 500, 302 };
	char type[] = "text/plain";
	struct fetch_response res = { .content_type = type, .retry_after = -1 };
	struct refusal refusal;

	if (size == 0)
		return 0;
	res.status = statuses[data[0] % 6];
	res.body_len = size - 1;
	res.body = xmalloc(size);
	memcpy(res.body, data + 1, size - 1);
	res.body[size - 1] = '\0';
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		memset(&refusal, 0xff, sizeof(refusal));
		if (readers[i](&res, &refusal) == -1)
			check_refusal(&refusal);
	}
	check_address(AF_INET, res.body, res.body_len);
	check_address(AF_INET6, res.body, res.body_len);
	free(res.body);
	return 0;
}
