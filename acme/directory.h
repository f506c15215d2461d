#ifndef DIRECTORY_H
#define DIRECTORY_H

/* Where a CA takes its requests (RFC 8555 section 7.1.1). */

struct json;
struct problem;

struct directory {
	char *new_nonce;
	char *new_account;
	char *new_order;
	char *terms; /* page of the terms of service, "" if there are none */
};

int directory_parse(struct directory *directory, const struct json *doc,
    struct problem *problem);
void directory_release(struct directory *directory);

#endif
