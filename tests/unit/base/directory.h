#ifndef TEST_DIRECTORY_H
#define TEST_DIRECTORY_H

/* Directories for what a test writes. */

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * One for a whole program, made and removed by cmocka's hooks for a group. A
 * test that leaves something in it fails the group.
 */
static __attribute__((unused)) char directory[] = "/tmp/gatehouse-XXXXXX";

static inline int
make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) == NULL;
}

static inline int
remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static inline int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* With all that is in it. */
static inline int
remove_tree(const char *path)
{
	return nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
