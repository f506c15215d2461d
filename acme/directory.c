/* The CA's directory object: see directory.h. */

#include "directory.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "problem.h"
#include "json/json.h"

int
directory_parse(struct directory *directory, const struct json *doc,
    struct problem *problem)
{
	const char *new_nonce = json_str(doc, "newNonce");
	const char *new_account = json_str(doc, "newAccount");
	const char *new_order = json_str(doc, "newOrder");
	const char *terms = json_str(json_get(doc, "meta"), "termsOfService");

	if (new_nonce == NULL || new_account == NULL || new_order == NULL)
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA's directory lacks newNonce, newAccount or "
		    "newOrder");
	*directory = (struct directory){
		.new_nonce = xstrdup(new_nonce),
		.new_account = xstrdup(new_account),
		.new_order = xstrdup(new_order),
		.terms = xstrdup(terms != NULL ? terms : ""),
	};
	return 0;
}

void
directory_release(struct directory *directory)
{
	free(directory->new_nonce);
	free(directory->new_account);
	free(directory->new_order);
	free(directory->terms);
	*directory = (struct directory){ 0 };
}
