#ifndef JOB_H
#define JOB_H

/*
 * The order that the supervisor gives: a copy of its JOB message, which is
 * gone with the next one.
 */

#include <stdbool.h>
#include <stddef.h>

#include "ipc/job.h"

struct chan;
struct msg_JOB;

#define JOB_NAMES_MAX 128

struct job {
	struct chan *supervisor; /* borrowed */
	enum job_kind kind;
	char **names; /* as a CA writes them: lower case, RFC 5952 */
	size_t nnames;
	/* As in msg.def; "" = none. */
	char *arg;
	char *directory;
	char *ca_file;
	char *email;
	char *eab_kid;
	char *eab_key;
	char *profile;
	char *chain;
	enum job_challenge
	    ways[JOB_CHALLENGE_COUNT]; /* to be tried, in order */
	size_t nways;
	char *http_address;
	char *key_type;
	char *reuse_key;
	char *certificate;
	char *account_key;
	char *account_url;
	char *order_url;
	char *order_key;
};

void job_init(
    struct job *job, struct chan *supervisor, const struct msg_JOB *msg);
void job_release(struct job *job); /* wipes what is secret */

/* The names as an array of borrowed strings, as pki wants them. */
const char *const *job_names(const struct job *job);

/* "http-01" and its like; "" for JOB_CHALLENGE_COUNT. */
const char *job_way_word(enum job_challenge way);

/* This way is known not to work. */
void job_drop_way(struct job *job, enum job_challenge way);

bool job_is_address(const char *name);

/* Is it one of the job's names? ASCII case is ignored. */
bool job_has_name(const struct job *job, const char *name);

#endif
