/* Heads of responses: the input is what a backend sends. */

#include "heads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_heads(data, size, true);
	return 0;
}
