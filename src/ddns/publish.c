/* What the job does: see publish.h. */

#include "publish.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "decide.h"
#include "fetch/fetch.h"
#include "seen.h"
#include "supervisor.h"
#include "wanip.h"

/* Both families of addresses, and what is to be done about them. */
struct addresses {
	struct wanip v4, v6;
	bool drop4, drop6;
};

static void
find(const struct ddns_job *job, struct addresses *found)
{
	wanip_find(job, AF_INET, &found->v4);
	wanip_find(job, AF_INET6, &found->v6);
	found->drop4 = *found->v4.address == '\0' && found->v4.gone &&
	    *job->known4 != '\0';
	found->drop6 = *found->v6.address == '\0' && found->v6.gone &&
	    *job->known6 != '\0';
}

static bool
is_nothing(const struct addresses *found)
{
	return *found->v4.address == '\0' && *found->v6.address == '\0' &&
	    !found->drop4 && !found->drop6;
}

static int
nowhere(const struct addresses *found, struct refusal *refusal)
{
	const char *v4 = found->v4.why, *v6 = found->v6.why;

	return refuse(refusal, DDNS_NOWHERE, "address",
	    "Is this machine online? IPv4 and IPv6 of the DDNS section say "
	    "where an address is looked for.",
	    "no public address was found: %s%s%s%s%s",
	    *v4 != '\0' ? "IPv4: " : "", v4,
	    *v4 != '\0' && *v6 != '\0' ? "; " : "", *v6 != '\0' ? "IPv6: " : "",
	    v6);
}

/* NULL: not managed now. "": there should be none. */
static const char *
wanted(const struct wanip *found, bool drop)
{
	if (*found->address != '\0')
		return found->address;
	return drop ? "" : NULL;
}

static void
look(struct chan *supervisor, const struct ddns_job *job,
    const struct addresses *found, struct seen *seen)
{
	const struct wanted want = { .ipv4 = wanted(&found->v4, found->drop4),
		.ipv6 = wanted(&found->v6, found->drop6) };
	struct finding finding = { .ipv4 = found->v4.address,
		.ipv6 = found->v6.address,
		.source4 = found->v4.source,
		.source6 = found->v6.source };

	*seen = (struct seen){ .shown = SHOWN_UNKNOWN };
	if (want.ipv4 != NULL || want.ipv6 != NULL)
		seen_look(job, &want, seen);
	finding.dns4 = seen->ipv4;
	finding.dns6 = seen->ipv6;
	finding.visible = (unsigned)seen->shown;
	supervisor_found(supervisor, &finding);
}

static const char *
or_null(const char *address)
{
	return *address != '\0' ? address : NULL;
}

static int
send_update(const struct family *family, const struct ddns_job *job,
    const struct addresses *found, struct refusal *refusal)
{
	struct update updates[DDNS_HOSTS_MAX];
	struct fetch *fetch;
	struct error err;
	int ret;

	fetch = fetch_new(job->ca_file, &err);
	if (fetch == NULL)
		return refuse(
		    refusal, DDNS_AGAIN, "tls", "Check CAFile.", "%s", err.msg);
	for (size_t i = 0; i < job->nhosts; i++)
		updates[i] = (struct update){ .host = job->hosts[i],
			.ipv4 = or_null(found->v4.address),
			.ipv6 = or_null(found->v6.address),
			.drop4 = found->drop4,
			.drop6 = found->drop6 };
	ret =
	    provider_update(family, fetch, job, updates, job->nhosts, refusal);
	fetch_free(fetch);
	return ret;
}

static int
publish_addresses(struct chan *supervisor, const struct family *family,
    const struct ddns_job *job, struct outcome *outcome,
    struct refusal *refusal)
{
	struct addresses found;
	struct seen seen;
	struct outlook outlook = { .kind = job->kind,
		.known4 = job->known4,
		.known6 = job->known6,
		.published = job->published };
	enum verdict verdict;
	int ret;

	if (job->nhosts == 0)
		return refuse(refusal, DDNS_STOP, "nohost",
		    "Say the Hostname of the DDNS section.",
		    "there is no name to publish");
	find(job, &found);
	look(supervisor, job, &found, &seen);
	if (is_nothing(&found))
		return nowhere(&found, refusal);
	outlook.found4 = found.v4.address;
	outlook.found6 = found.v6.address;
	outlook.drop4 = found.drop4;
	outlook.drop6 = found.drop6;
	outlook.shown = seen.shown;
	outlook.now = clock_wall();
	verdict = decide(&outlook);
	snprintf(
	    outcome->text, sizeof(outcome->text), "%s", verdict_text(verdict));
	if (!verdict_publishes(verdict))
		return 0;
	ret = send_update(family, job, &found, refusal);
	if (ret == -1)
		return -1;
	outcome->updated = true;
	snprintf(outcome->text, sizeof(outcome->text), "%s%s%s%s (%s)",
	    ret == 1 ? "published " : "the provider had it already: ",
	    found.v4.address,
	    *found.v4.address != '\0' && *found.v6.address != '\0' ? " " : "",
	    found.v6.address, verdict_text(verdict));
	return 0;
}

static int
publish_record(const struct family *family, const struct ddns_job *job,
    struct outcome *outcome, struct refusal *refusal)
{
	const struct record record = { .name = job->name, .value = job->value };
	bool set = job->kind == DDNS_TXT_SET;
	struct fetch *fetch;
	struct error err;
	int ret;

	if (!provider_has_txt(family))
		return refuse(refusal, DDNS_STOP, "txt",
		    "Use another Challenge, or another provider for the name.",
		    "%s has no interface for TXT records", job->provider);
	fetch = fetch_new(job->ca_file, &err);
	if (fetch == NULL)
		return refuse(
		    refusal, DDNS_AGAIN, "tls", "Check CAFile.", "%s", err.msg);
	ret = provider_txt(family, fetch, job, &record, set, refusal);
	fetch_free(fetch);
	outcome->updated = ret == 0;
	snprintf(outcome->text, sizeof(outcome->text), "the record %.180s %s",
	    job->name, set ? "is published" : "is gone");
	return ret;
}

int
publish(struct chan *supervisor, const struct ddns_job *job,
    struct outcome *outcome, struct refusal *refusal)
{
	const struct family *family = provider_family(job->provider);

	*outcome = (struct outcome){ 0 };
	if (family == NULL)
		return refuse(refusal, DDNS_STOP, "provider", "",
		    "%s is no provider", job->provider);
	switch (job->kind) {
	case DDNS_LOOK:
	case DDNS_UPDATE:
	case DDNS_FORCE:
		return publish_addresses(
		    supervisor, family, job, outcome, refusal);
	case DDNS_TXT_SET:
	case DDNS_TXT_CLEAR:
		return publish_record(family, job, outcome, refusal);
	case DDNS_KIND_COUNT:
		break;
	}
	fatal("the supervisor wants an unknown job");
}
