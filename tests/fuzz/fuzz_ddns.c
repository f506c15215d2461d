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
#include "src/ddns/families.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct update hosts[] = { { .host = "a.example" },
	{ .host = "b.example" } };

static const struct {
	const struct api_rules *rules;
	api_reader *read;
} readers[] = {
	{ &dyndns2_rules, dyndns2_read },
	{ &ipv64_rules, ipv64_read },
	{ &ddnss_rules, ddnss_read },
	{ &dynu_rules, dynu_read },
	{ &dynv6_rules, dynv6_read },
	{ &desec_rules, desec_read },
	{ &freedns_rules, freedns_read },
	{ &namecheap_rules, namecheap_read },
};

/* Those that read no more than a body. */
static int
read_body(size_t i, const char *body, struct refusal *refusal)
{
	return i == 0 ? duckdns_read(body, false, refusal)
	              : custom_read(body, "^(good|nochg|OK)", refusal);
}

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
	struct fetch_response res = { .retry_after = -1 };
	struct refusal refusal;

	if (size == 0)
		return 0;
	res.status = statuses[data[0] % 6];
	res.body_len = size - 1;
	res.body = xmalloc(size);
	memcpy(res.body, data + 1, size - 1);
	res.body[size - 1] = '\0';
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		const struct api api = {
			.rules = readers[i].rules, .updates = hosts, .n = 2
		};

		memset(&refusal, 0xff, sizeof(refusal));
		if (readers[i].read(&api, &res, &refusal) == -1)
			check_refusal(&refusal);
	}
	for (size_t i = 0; i < 2; i++) {
		memset(&refusal, 0xff, sizeof(refusal));
		if (read_body(i, res.body, &refusal) == -1)
			check_refusal(&refusal);
	}
	check_address(AF_INET, res.body, res.body_len);
	check_address(AF_INET6, res.body, res.body_len);
	free(res.body);
	return 0;
}
