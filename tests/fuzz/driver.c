/*
 * Runs a fuzz harness over files, and over all files of directories, as part of
 * the tests: what libFuzzer found once must never come back. Each input is an
 * allocation of exactly its size, so that AddressSanitizer sees every byte read
 * beyond it. Prints "N inputs"; on a crash the last line of stderr before the
 * report names the input.
 */

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/xalloc.h"

#define INPUT_MAX (4u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned inputs;

static void
run_file(const char *path)
{
	struct buf content = { 0 };
	struct error err;
	uint8_t *exact;
	size_t size;

	if (file_read(path, INPUT_MAX, &content, &err) == -1) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	size = buf_len(&content);
	exact = malloc(size);
	if (exact == NULL && size > 0)
		abort();
	if (size > 0)
		memcpy(exact, buf_data(&content), size);
	buf_release(&content);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	inputs++;
}

static void
run_directory(const char *path)
{
	struct dirent **entries;
	int n, i;

	n = scandir(path, &entries, NULL, alphasort);
	if (n == -1) {
		perror(path);
		exit(1);
	}
	for (i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.') {
			char *file =
			    xasprintf("%s/%s", path, entries[i]->d_name);

			run_file(file);
			free(file);
		}
		free(entries[i]);
	}
	free(entries);
}

int
main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			run_directory(argv[i]);
		else
			run_file(argv[i]);
	}
	printf("%u inputs\n", inputs);
	return inputs > 0 ? 0 : 1;
}
