/*
 * Answers of name servers, whoever has sent them. The first byte says what was
 * asked for, the others are the message. A text is bounded and ends; a name has
 * no byte that could do harm in a log.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dns/dns.h"

#define NAME "_acme-challenge.gw.test"
#define MESSAGE_MAX 65535

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_name(const char *name, char lowest)
{
	for (; *name != '\0'; name++)
		assert(*name >= lowest && *name < 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_NS, DNS_CNAME, DNS_TXT,
		DNS_A, DNS_AAAA, DNS_CAA };
	struct dns_message message;
	struct dns_answer answer;
	enum dns_type type;

	if (size == 0 || size - 1 > MESSAGE_MAX)
		return 0;
	type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	message.data = data + 1;
	message.len = size - 1;
	memset(&answer, 0xff, sizeof(answer));
	if (dns_read(&message, NAME, type, &answer, NULL) == -1)
		return 0;
	assert(answer.n <= DNS_RECORDS_MAX);
	for (size_t i = 0; i < answer.n; i++) {
		assert(
		    strnlen(answer.records[i], DNS_TEXT_SIZE) < DNS_TEXT_SIZE);
		if (type != DNS_TXT)
			check_name(
			    answer.records[i], type == DNS_CAA ? ' ' : '!');
	}
	return 0;
}
