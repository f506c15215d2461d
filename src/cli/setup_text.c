/* The configuration that answers make: see setup_answers.h. */

#include <string.h>

#include "base/buf.h"
#include "config/config.h"
#include "quick.h"
#include "setup_answers.h"

static const char head[] =
    "# Gatehouse: the way into Home Assistant from outside. Written by\n"
    "# `gatehouse setup`; change it as you like, then `gatehouse check` and\n"
    "# `gatehouse reload`. All that can be set is in gatehouse.conf(5).\n\n";

static const char rehearsing[] =
    "# A rehearsal: browsers do not accept these certificates. `gatehouse\n"
    "# setup` goes on from here.\n";

/* A comment on the line that was put last. */
static void
remark(struct buf *buf, const char *text)
{
	buf->tail--;
	buf_printf(buf, "\t# %s\n", text);
}

static void
put_process(struct buf *buf, const struct setup_answers *answers,
    const struct setup_place *place)
{
	if (place->user != NULL) {
		quick_put(buf, "User\t", place->user);
		remark(buf, "who the workers run as");
	}
	if (place->jail != NULL) {
		quick_put(buf, "RootJail\t", place->jail);
		remark(buf, "all that they see of the disk");
	}
	if (answers->state_dir != NULL)
		quick_put(buf, "StateDir\t", answers->state_dir);
	if (answers->port_map)
		buf_append_str(buf,
		    "PortMap\tauto\t# the router forwards ports 80 and 443 to "
		    "us\n");
}

static void
put_authority(
    struct buf *buf, const struct setup_answers *answers, bool rehearsal)
{
	if (!rehearsal && answers->http01)
		return;
	buf_printf(buf, "\n%sACME\n", rehearsal ? rehearsing : "");
	if (rehearsal)
		buf_append_str(buf, "\tDirectory\t\"letsencrypt-staging\"\n");
	if (!answers->http01)
		buf_append_str(buf,
		    "\tChallenge\t\"tls-alpn-01\"\t# nothing on port 80\n");
	buf_append_str(buf, "End\n");
}

static void
put_ddns(struct buf *buf, const struct setup_answers *answers,
    const struct setup_place *place)
{
	if (answers->ddns == NULL)
		return;
	quick_put(buf, "\tDDNS ", answers->ddns->name);
	remark(buf, "keeps the address of the name");
	if (answers->login != NULL)
		quick_put(buf, "\t\tLogin\t", answers->login);
	if (place->secret_file != NULL)
		quick_put(buf,
		    answers->ddns->needs & DDNS_TOKEN ? "\t\tTokenFile\t"
		                                      : "\t\tPasswordFile\t",
		    place->secret_file);
	if (answers->zone != NULL)
		quick_put(buf, "\t\tZone\t", answers->zone);
	buf_append_str(buf, "\tEnd\n");
}

static void
put_gateway(struct buf *buf, const struct setup_answers *answers,
    const struct setup_place *place)
{
	buf_append_str(buf, "\n");
	quick_put(buf, "Gateway ", answers->host);
	quick_put(buf, "\tForward\t", answers->backend);
	remark(buf, "Home Assistant");
	if (strncmp(answers->backend, "https:", 6) == 0)
		buf_append_str(
		    buf, "\tInsecure\t# its certificate is not looked at\n");
	if (answers->email != NULL) {
		quick_put(buf, "\tEmail\t", answers->email);
		remark(buf, "for the certificate authority");
	}
	if (!answers->http01 && answers->port80_taken)
		buf_append_str(buf,
		    "\tPort\t0\t# any one: port 80 is another program's\n");
	put_ddns(buf, answers, place);
	buf_append_str(buf, "End\n");
}

char *
setup_text(const struct setup_answers *answers, const struct setup_place *place,
    bool rehearsal)
{
	struct buf buf = { 0 };

	buf_append_str(&buf, head);
	put_process(&buf, answers, place);
	put_authority(&buf, answers, rehearsal || answers->staging);
	put_gateway(&buf, answers, place);
	return buf_detach(&buf, NULL);
}
