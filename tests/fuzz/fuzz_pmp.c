/*
 * Datagrams from the router, or from whoever says to be it. The first byte says
 * what was asked for, the rest is the answer. What is taken for one is one.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "src/portmap/pmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pmp_map map = { .inside = 8443,
		.outside = 443,
		.lifetime = 3600,
		.nonce = "abcdefghijk" };
	struct pmp_answer answer = { .code = 0xdead };
	enum pmp_verdict verdict;

	if (size == 0 || size - 1 > PMP_PACKET_MAX)
		return 0;
	if (data[0] % 3 == 0)
		verdict = pmp_get_address(data + 1, size - 1, &answer);
	else if (data[0] % 3 == 1)
		verdict = pmp_get_map(data + 1, size - 1, &map, &answer);
	else
		verdict = pcp_get_map(data + 1, size - 1, &map, &answer);
	assert(verdict != PMP_SILENT);
	assert(verdict != PMP_OK || answer.code == 0);
	assert(verdict != PMP_REFUSED ||
	    (answer.code != 0 && answer.code != 0xdead));
	if (verdict == PMP_FOREIGN || verdict == PMP_VERSION)
		assert(answer.code == 0xdead);
	assert(pmp_result(answer.code)[0] != '\0');
	assert(pcp_result(answer.code)[0] != '\0');
	return 0;
}
