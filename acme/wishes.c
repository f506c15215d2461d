/* The newOrder request, and what is left out of it: see wishes.h. */

#include "wishes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "client.h"
#include "directory.h"
#include "job.h"
#include "problem.h"
#include "renewal.h"
#include "json/json.h"

/* What a new order says beyond the names. */
struct wishes {
	char *replaces;      /* the certificate that it is to follow, or NULL */
	const char *profile; /* NULL: the CA's choice */
	bool registered;     /* the account was, because the CA had lost it */
};

static struct json *
new_order(const struct job *job, const struct wishes *wishes)
{
	struct json *payload = json_new_object(), *list = json_new_array();
	size_t i;

	for (i = 0; i < job->nnames; i++) {
		struct json *identifier = json_new_object();

		json_set_str(identifier, "type",
		    job_is_address(job->names[i]) ? "ip" : "dns");
		json_set_str(identifier, "value", job->names[i]);
		json_append(list, identifier);
	}
	json_set(payload, "identifiers", list);
	if (wishes->profile != NULL)
		json_set_str(payload, "profile", wishes->profile);
	if (wishes->replaces != NULL)
		json_set_str(payload, "replaces", wishes->replaces);
	return payload;
}

static bool
has_address(const struct job *job)
{
	size_t i;

	for (i = 0; i < job->nnames; i++)
		if (job_is_address(job->names[i]))
			return true;
	return false;
}

/*
 * The profile that the configuration names must be there. If it names none and
 * there is an address among the names, the one that issues for addresses is a
 * good guess, and no more.
 */
static int
choose_profile(const struct directory *directory, const struct job *job,
    const char **profile, struct problem *problem)
{
	static const char for_addresses[] = "shortlived";

	*profile = NULL;
	if (*job->profile == '\0') {
		if (has_address(job) &&
		    directory_offers(directory, for_addresses))
			*profile = for_addresses;
		return 0;
	}
	if (!directory_offers(directory, job->profile))
		return problem_set(problem, PROBLEM_INVALID_PROFILE,
		    "the CA has no profile %s, but: %s", job->profile,
		    *directory->profiles != '\0' ? directory->profiles
		                                 : "none at all");
	*profile = job->profile;
	return 0;
}

/* Did the CA look at the order, and refuse what is in it? */
static bool
is_refusal(const struct problem *problem)
{
	return problem->status >= 400 && problem->kind != JOB_GATE &&
	    problem->type != PROBLEM_BAD_NONCE &&
	    problem->type != PROBLEM_RATE_LIMITED &&
	    problem->type != PROBLEM_PAUSED;
}

/*
 * What a disk has left of the account's URL may be no account's. Its key finds
 * it; true if it is elsewhere.
 */
static bool
is_elsewhere(struct client *client, const struct job *job)
{
	char *before = xstrdup(client_account(client));
	struct problem problem;
	bool moved = false;

	if (account_register(client, job, &problem) == 0)
		moved = strcmp(before, client_account(client)) != 0;
	else
		client_set_account(client, before);
	free(before);
	return moved;
}

/*
 * Takes out of the order what the CA may have stumbled over, each thing once.
 * A CA that lost the account (or was moved to by mistake and back) learns it
 * again, with the same key. False if there is nothing left to mend.
 */
static bool
mend(struct wishes *wishes, struct client *client, const struct job *job,
    struct problem *problem)
{
	if (problem->type == PROBLEM_ACCOUNT_DOES_NOT_EXIST &&
	    !wishes->registered) {
		log_warn("the CA does not know the account any more");
		wishes->registered = true;
		return account_register(client, job, problem) == 0;
	}
	if (problem->type == PROBLEM_MALFORMED && !wishes->registered) {
		wishes->registered = true;
		if (is_elsewhere(client, job))
			return true;
	}
	if (problem->type == PROBLEM_INVALID_PROFILE &&
	    wishes->profile != NULL && *job->profile == '\0') {
		log_info("ordering without the profile %s: %s", wishes->profile,
		    problem->detail);
		wishes->profile = NULL;
		return true;
	}
	if (wishes->replaces != NULL && is_refusal(problem)) {
		log_info(
		    "ordering anew, not as a replacement: %s", problem->detail);
		free(wishes->replaces);
		wishes->replaces = NULL;
		return true;
	}
	return false;
}

int
wishes_send(struct client *client, const struct job *job, struct answer *answer,
    struct problem *problem)
{
	const struct directory *directory = client_directory(client);
	struct wishes wishes = { .registered = false };
	struct json *payload;
	int ret;

	if (choose_profile(directory, job, &wishes.profile, problem) == -1)
		return -1;
	if (job->kind == JOB_ISSUE)
		wishes.replaces = renewal_replaces(client, job);
	do {
		payload = new_order(job, &wishes);
		ret = client_write(
		    client, directory->new_order, payload, answer, problem);
		json_free(payload);
	} while (ret == -1 && mend(&wishes, client, job, problem));
	free(wishes.replaces);
	return ret;
}
