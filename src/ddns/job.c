/* The job's own copy of what it was told: see job.h. */

#include "job.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/xalloc.h"
#include "ipc/msg.h"

/* The pieces of a text between its separators; more than `max` are left out. */
static char **
split(const char *text, char separator, size_t max, size_t *n)
{
	char **pieces = NULL;

	*n = 0;
	while (*text != '\0' && *n < max) {
		const char *end = strchr(text, separator);
		size_t len = end != NULL ? (size_t)(end - text) : strlen(text);

		if (len > 0) {
			pieces = xreallocarray(pieces, *n + 1, sizeof(*pieces));
			pieces[(*n)++] = xstrndup(text, len);
		}
		text += len + (end != NULL);
	}
	return pieces;
}

static void
free_pieces(char **pieces, size_t n)
{
	for (size_t i = 0; i < n; i++)
		secret_free(pieces[i]);
	free(pieces);
}

/* A section that says no server means the provider's own. */
static char *
copy_server(const struct msg_DDNS_JOB *msg)
{
	const struct ddns_provider *provider = ddns_provider(msg->provider);

	if (*msg->server == '\0' && provider != NULL)
		return xstrdup(provider->server);
	return xstrdup(msg->server);
}

void
job_init(struct ddns_job *job, const struct msg_DDNS_JOB *msg)
{
	*job = (struct ddns_job){
		.kind = (enum ddns_kind)msg->kind,
		.provider = xstrdup(msg->provider),
		.login = xstrdup(msg->login),
		.password = xstrdup(msg->password),
		.token = xstrdup(msg->token),
		.zone = xstrdup(msg->zone),
		.server = copy_server(msg),
		.ca_file = xstrdup(msg->ca_file),
		.url = xstrdup(msg->url),
		.method = xstrdup(msg->method),
		.body = xstrdup(msg->body),
		.success = xstrdup(msg->success),
		.ipv4 = (enum ddns_source)msg->ipv4,
		.ipv6 = (enum ddns_source)msg->ipv6,
		.listens = msg->listens,
		.router = xstrdup(msg->router),
		.known4 = xstrdup(msg->known4),
		.known6 = xstrdup(msg->known6),
		.published = msg->published,
		.name = xstrdup(msg->name),
		.value = xstrdup(msg->value),
	};
	job->hosts = split(msg->hosts, ' ', DDNS_HOSTS_MAX, &job->nhosts);
	job->headers =
	    split(msg->headers, '\n', DDNS_HEADERS_MAX, &job->nheaders);
	job->services =
	    split(msg->services, ' ', DDNS_SERVICES_MAX, &job->nservices);
}

void
job_release(struct ddns_job *job)
{
	free_pieces(job->hosts, job->nhosts);
	free_pieces(job->headers, job->nheaders);
	free_pieces(job->services, job->nservices);
	free(job->provider);
	free(job->login);
	secret_free(job->password);
	secret_free(job->token);
	free(job->zone);
	free(job->server);
	free(job->ca_file);
	secret_free(job->url); /* may hold a key of its own */
	free(job->method);
	secret_free(job->body);
	free(job->success);
	free(job->router);
	free(job->known4);
	free(job->known6);
	free(job->name);
	free(job->value);
	*job = (struct ddns_job){ 0 };
}
