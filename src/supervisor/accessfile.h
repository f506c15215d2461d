#ifndef SUPERVISOR_ACCESSFILE_H
#define SUPERVISOR_ACCESSFILE_H

/*
 * The file of the access log. Workers are in a jail and open no files: the
 * supervisor opens it for them, and again after it was renamed.
 */

#include "base/error.h"

/*
 * Opens the file for appending; returns the descriptor or -1. A new one may be
 * read by its group; one that is there keeps its owner and mode. It must be a
 * regular file and no symbolic link.
 */
int accessfile_open(const char *path, struct error *err);

#endif
