#ifndef PROXY_SENDFILE_H
#define PROXY_SENDFILE_H

/*
 * Files of a directory as responses (SendFile). The directories, and those of
 * ACME, are opened before the worker is jailed, and a path of a request leads
 * nowhere else. A file is sent in bounded pieces, when the client takes them.
 */

#include "base/error.h"

struct config;
struct exchange;

/* The directories, by their id in the configuration. */
struct sendfile_trees;

/* Errors begin with the place in the configuration. */
struct sendfile_trees *sendfile_trees_new(
    const struct config *config, struct error *err);
void sendfile_trees_free(struct sendfile_trees *trees); /* NULL is fine */

/* Of this id: file_open_beneath() opens files in it. */
int sendfile_tree(const struct sendfile_trees *trees, unsigned id);

/* Answers the request from the directory of its service. */
void sendfile_start(struct exchange *ex);

/* The client takes more. Only with ex->file. */
void sendfile_resume(struct exchange *ex);

/* Lets go of the file, if there is one. */
void sendfile_end(struct exchange *ex);

#endif
