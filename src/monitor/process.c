#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

/* The second number of statm counts resident pages, see proc(5). */
int64_t
process_memory(int64_t pid)
{
	char path[48], text[128];
	const char *pages;
	uint64_t n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/statm", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fgets(text, sizeof(text), file) != NULL) {
		pages = text + strcspn(text, " ");
		pages += strspn(pages, " ");
		text_u64(pages, strcspn(pages, " \n"), INT32_MAX, &n);
	}
	fclose(file);
	return (int64_t)n * sysconf(_SC_PAGESIZE);
}
