/* Heads of requests: the input is what a client sends. */

#include "heads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_heads(data, size, false);
	return 0;
}
