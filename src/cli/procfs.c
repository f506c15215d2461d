#include "procfs.h"

#include <string.h>

struct slice
procfs_word(const char **row)
{
	struct slice word;

	*row += strspn(*row, " \t\n");
	word = (struct slice){ *row, strcspn(*row, " \t\n") };
	*row += word.len;
	return word;
}

bool
procfs_hex(const char *digits, size_t len, uint32_t *value)
{
	static const char all[] = "0123456789abcdef0123456789ABCDEF";

	*value = 0;
	for (size_t i = 0; i < len; i++) {
		const char *at = memchr(all, digits[i], sizeof(all) - 1);

		if (at == NULL)
			return false;
		*value = *value << 4 | ((uint32_t)(at - all) & 15);
	}
	return len > 0 && len <= 8;
}
