#ifndef DIRECTORY_H
#define DIRECTORY_H

/*
 * Where a CA takes its requests (RFC 8555 section 7.1.1, RFC 9773 section 3),
 * and what kinds of certificate it offers. What a CA need not have is "".
 */

#include <stdbool.h>

struct json;
struct problem;

struct directory {
	char *new_nonce;
	char *new_account;
	char *new_order;
	char *key_change;
	char *revoke_cert;
	char *renewal_info;
	char *terms;    /* page of the terms of service */
	char *profiles; /* their names, one space between two */
};

int directory_parse(struct directory *directory, const struct json *doc,
    struct problem *problem);
bool directory_offers(const struct directory *directory, const char *profile);
void directory_release(struct directory *directory);

#endif
