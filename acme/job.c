/* The job's own copy of what it was told: see job.h. */

#include "job.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "ipc/msg.h"

static const char *const ways[JOB_CHALLENGE_COUNT] = {
	[JOB_HTTP_01] = "http-01",
	[JOB_TLS_ALPN_01] = "tls-alpn-01",
	[JOB_DNS_01] = "dns-01",
};

/* The one form of an address that two texts can be compared in. */
static char *
normal_form(const char *name, size_t len)
{
	unsigned char address[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];
	char *copy = xstrndup(name, len), *p;

	if (inet_pton(AF_INET6, copy, address) == 1) {
		free(copy);
		return xstrdup(
		    inet_ntop(AF_INET6, address, text, sizeof(text)));
	}
	for (p = copy; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return copy;
}

static void
add_name(struct job *job, const char *name, size_t len)
{
	if (len == 0 || job->nnames == JOB_NAMES_MAX)
		return;
	job->names =
	    xreallocarray(job->names, job->nnames + 1, sizeof(*job->names));
	job->names[job->nnames++] = normal_form(name, len);
}

/* Words that we do not know are passed over. */
static void
add_way(struct job *job, const char *word, size_t len)
{
	enum job_challenge way = 0;

	while (way < JOB_CHALLENGE_COUNT &&
	    (strlen(ways[way]) != len || memcmp(ways[way], word, len) != 0))
		way++;
	if (way < JOB_CHALLENGE_COUNT && job->nways < JOB_CHALLENGE_COUNT)
		job->ways[job->nways++] = way;
}

/* Hands each word of a text to the function. */
static void
each_word(struct job *job, const char *text,
    void (*add)(struct job *job, const char *word, size_t len))
{
	size_t len;

	for (; *text != '\0'; text += len + (text[len] != '\0')) {
		len = strcspn(text, " ");
		add(job, text, len);
	}
}

void
job_init(struct job *job, struct chan *supervisor, const struct msg_JOB *msg)
{
	*job = (struct job){
		.supervisor = supervisor,
		.kind = (enum job_kind)msg->kind,
		.arg = xstrdup(msg->arg),
		.directory = xstrdup(msg->directory),
		.ca_file = xstrdup(msg->ca_file),
		.email = xstrdup(msg->email),
		.eab_kid = xstrdup(msg->eab_kid),
		.eab_key = xstrdup(msg->eab_key),
		.profile = xstrdup(msg->profile),
		.chain = xstrdup(msg->chain),
		.http_address = xstrdup(msg->http_address),
		.key_type = xstrdup(msg->key_type),
		.reuse_key = xstrdup(msg->reuse_key),
		.certificate = xstrdup(msg->certificate),
		.account_key = xstrdup(msg->account_key),
		.account_url = xstrdup(msg->account_url),
		.order_url = xstrdup(msg->order_url),
		.order_key = xstrdup(msg->order_key),
	};
	each_word(job, msg->names, add_name);
	each_word(job, msg->challenges, add_way);
}

void
job_release(struct job *job)
{
	size_t i;

	for (i = 0; i < job->nnames; i++)
		free(job->names[i]);
	free(job->names);
	free(job->arg);
	free(job->directory);
	free(job->ca_file);
	free(job->email);
	free(job->eab_kid);
	secret_free(job->eab_key);
	free(job->profile);
	free(job->chain);
	free(job->http_address);
	free(job->key_type);
	secret_free(job->reuse_key);
	free(job->certificate);
	secret_free(job->account_key);
	free(job->account_url);
	free(job->order_url);
	secret_free(job->order_key);
	*job = (struct job){ 0 };
}

const char *const *
job_names(const struct job *job)
{
	return (const char *const *)job->names;
}

const char *
job_way_word(enum job_challenge way)
{
	return way < JOB_CHALLENGE_COUNT ? ways[way] : "";
}

void
job_drop_way(struct job *job, enum job_challenge way)
{
	size_t kept = 0;

	for (size_t i = 0; i < job->nways; i++)
		if (job->ways[i] != way)
			job->ways[kept++] = job->ways[i];
	job->nways = kept;
}

bool
job_is_address(const char *name)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, address) == 1 ||
	    inet_pton(AF_INET6, name, address) == 1;
}

bool
job_has_name(const struct job *job, const char *name)
{
	size_t i;

	for (i = 0; i < job->nnames; i++)
		if (text_ieq(name, strlen(name), job->names[i]))
			return true;
	return false;
}
