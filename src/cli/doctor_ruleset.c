#include "doctor_ruleset.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "json/json.h"

#define DEPTH_MAX 16      /* jumps, as the kernel has it */
#define STEPS_MAX 2000000 /* elements looked at, in all */

/* Whether something is so. */
enum truth { NO, MAYBE, YES };

/* What may become of the packet, as bits. */
enum { ACCEPTED = 1, DROPPED = 2, THROUGH = 4 };

struct walk {
	const struct json *rows; /* of the ruleset */
	const struct doctor_packet *packet;
	const char *family, *table; /* of the chain */
	unsigned steps;
};

/* What is known of the packet where a rule looks. */
struct value {
	enum { UNKNOWN, NUMBER, WORD, INTERFACE, SOURCE } type;
	int64_t number;
	const char *word;
};

/* The conditions of a rule, as far as they were read. */
struct guard {
	enum truth holds;
	bool port;   /* our port is asked for */
	bool opaque; /* so is something that iptables alone knows */
};

static bool
is(const struct json *object, const char *member, const char *word)
{
	const char *text = json_str(object, member);

	return text != NULL && strcmp(text, word) == 0;
}

static enum truth
both(enum truth a, enum truth b)
{
	return a < b ? a : b;
}

static enum truth
either(enum truth a, enum truth b)
{
	return a > b ? a : b;
}

/* --- conditions ----------------------------------------------------------- */

/* Is it about packets of a protocol that is not ours? */
static bool
is_other_protocol(const struct json *payload)
{
	const char *protocol = json_str(payload, "protocol");
	static const char *const others[] = { "udp", "udplite", "icmp",
		"icmpv6", "igmp", "sctp", "dccp", "esp", "ah", "comp", "arp" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (protocol != NULL && strcmp(protocol, others[i]) == 0)
			return true;
	return false;
}

static struct value
payload_value(const struct walk *walk, const struct json *payload)
{
	if (is_other_protocol(payload))
		return (struct value){ .type = WORD, .word = "" };
	if (is(payload, "field", "dport"))
		return (struct value){ .type = NUMBER,
			.number = walk->packet->port };
	if (is(payload, "field", "saddr"))
		return (struct value){ .type = SOURCE };
	if (is(payload, "field", "protocol") || is(payload, "field", "nexthdr"))
		return (struct value){ .type = WORD, .word = "tcp" };
	return (struct value){ .type = UNKNOWN };
}

/* What the left side of a comparison is for the packet. */
static struct value
value_of(const struct walk *walk, const struct json *left)
{
	const struct json *payload = json_get(left, "payload");
	const struct json *meta = json_get(left, "meta");
	const struct json *ct = json_get(left, "ct");

	if (payload != NULL)
		return payload_value(walk, payload);
	if (is(meta, "key", "l4proto"))
		return (struct value){ .type = WORD, .word = "tcp" };
	if (is(meta, "key", "iifname") || is(meta, "key", "iif"))
		return (struct value){ .type = INTERFACE,
			.word = walk->packet->iface };
	if (is(ct, "key", "state"))
		return (struct value){ .type = WORD, .word = "new" };
	if (is(ct, "key", "status"))
		return (struct value){ .type = WORD, .word = "" };
	return (struct value){ .type = UNKNOWN };
}

static enum truth
is_interface(const char *pattern, const char *iface)
{
	size_t len = strlen(pattern);

	if (strcmp(pattern, "lo") == 0)
		return NO;
	if (iface[0] == '\0')
		return MAYBE;
	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(pattern, iface, len - 1) == 0 ? YES : NO;
	return strcmp(pattern, iface) == 0 ? YES : NO;
}

static enum truth matches(
    struct walk *walk, const struct json *right, const struct value *value);

static enum truth
matches_list(
    struct walk *walk, const struct json *list, const struct value *value)
{
	enum truth found = NO;

	for (size_t i = 0; i < json_count(list) && found != YES; i++)
		found = either(found, matches(walk, json_at(list, i), value));
	return found;
}

/* "@name": the set of this name in the same table. */
static enum truth
matches_named(struct walk *walk, const char *name, const struct value *value)
{
	for (size_t i = 0; i < json_count(walk->rows); i++) {
		const struct json *set =
		    json_get(json_at(walk->rows, i), "set");
		const struct json *elements = json_get(set, "elem");

		walk->steps++;
		if (is(set, "name", name) && is(set, "table", walk->table) &&
		    is(set, "family", walk->family))
			return value->type == SOURCE
			    ? MAYBE
			    : matches_list(walk, elements, value);
	}
	return MAYBE;
}

static enum truth
matches_number(const struct json *right, int64_t number)
{
	const struct json *range = json_get(right, "range");

	if (range == NULL)
		return json_number(right, -1) == number ? YES : NO;
	return json_number(json_at(range, 0), INT64_MAX) <= number &&
	        number <= json_number(json_at(range, 1), -1)
	    ? YES
	    : NO;
}

/* Nobody of the internet is meant by an address that a rule names. */
static enum truth
matches(struct walk *walk, const struct json *right, const struct value *value)
{
	const char *text = json_text(right);
	const struct json *inner;

	if (walk->steps++ > STEPS_MAX || value->type == UNKNOWN)
		return MAYBE;
	if (text != NULL && text[0] == '@')
		return matches_named(walk, text + 1, value);
	if ((inner = json_get(right, "set")) != NULL ||
	    (inner = json_get(right, "|")) != NULL)
		return matches_list(walk, inner, value);
	if (json_count(right) > 0)
		return matches_list(walk, right, value);
	if ((inner = json_get(right, "elem")) != NULL)
		return matches(walk, json_get(inner, "val"), value);
	switch (value->type) {
	case SOURCE:
		return NO;
	case NUMBER:
		return matches_number(right, value->number);
	case INTERFACE:
		return text != NULL ? is_interface(text, value->word) : MAYBE;
	case WORD:
		return text != NULL && strcmp(text, value->word) == 0 ? YES
		                                                      : NO;
	case UNKNOWN:
		break;
	}
	return MAYBE;
}

static enum truth
compare(struct walk *walk, const struct json *match, bool *port)
{
	const struct json *left = json_get(match, "left");
	struct value value = value_of(walk, left);
	enum truth found = matches(walk, json_get(match, "right"), &value);

	if (is_other_protocol(json_get(left, "payload")))
		return NO;
	if (value.type == NUMBER && found != NO)
		*port = true;
	if (is(match, "op", "==") || is(match, "op", "in"))
		return found;
	if (is(match, "op", "!="))
		return YES - found;
	return MAYBE;
}

/* What iptables alone can read is printed by its name, or without one. */
static void
guard_by_iptables(struct guard *guard, const struct json *xt)
{
	if (is(xt, "type", "target"))
		return;
	guard->holds = both(guard->holds, MAYBE);
	if (is(xt, "name", "multiport"))
		guard->port = true;
	else if (!is(xt, "name", "addrtype"))
		guard->opaque = true;
}

static void
guard_by(struct walk *walk, struct guard *guard, const struct json *statement)
{
	static const char *const unknown[] = { "limit", "quota", "ct count",
		"meter" };
	const struct json *match = json_get(statement, "match");
	const struct json *xt = json_get(statement, "xt");

	if (match != NULL)
		guard->holds =
		    both(guard->holds, compare(walk, match, &guard->port));
	if (xt != NULL)
		guard_by_iptables(guard, xt);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if (json_get(statement, unknown[i]) != NULL)
			guard->holds = both(guard->holds, MAYBE);
}

/* --- verdicts ------------------------------------------------------------- */

static unsigned walk_chain(
    struct walk *walk, const char *chain, unsigned depth);

/* An accept for what iptables alone knows is one for what is under way. */
static unsigned
accept_by(const struct guard *guard)
{
	return guard->opaque && !guard->port ? THROUGH : ACCEPTED;
}

/*
 * What a statement makes of the packet; THROUGH: the rules go on, and with
 * *leaves those of the caller.
 */
static unsigned
verdict_of(struct walk *walk, const struct json *statement,
    const struct guard *guard, unsigned depth, bool *leaves)
{
	const struct json *jump = json_get(statement, "jump");
	const struct json *go = json_get(statement, "goto");
	const struct json *xt = json_get(statement, "xt");

	*leaves = go != NULL || json_get(statement, "return") != NULL;
	if (jump != NULL || go != NULL)
		return walk_chain(
		    walk, json_str(jump != NULL ? jump : go, "target"), depth);
	if (json_get(statement, "accept") != NULL ||
	    json_get(statement, "queue") != NULL)
		return accept_by(guard);
	if (json_get(statement, "drop") != NULL ||
	    json_get(statement, "reject") != NULL || is(xt, "name", "REJECT"))
		return DROPPED;
	return THROUGH;
}

/* What may become of it so far, and of those that meet the next rule. */
struct fate {
	unsigned bits;
	bool goes_on;
};

static void
take(struct fate *fate, enum truth holds, unsigned verdict, bool leaves)
{
	if (holds == NO)
		return;
	fate->bits |= verdict & (ACCEPTED | DROPPED);
	if (leaves && (verdict & THROUGH))
		fate->bits |= THROUGH;
	if (holds == YES && (leaves || !(verdict & THROUGH)))
		fate->goes_on = false;
}

/* A table of verdicts: the first that holds for sure ends it. */
static void
take_map(struct walk *walk, const struct json *vmap, const struct guard *guard,
    unsigned depth, struct fate *fate)
{
	const struct json *pairs = json_get(json_get(vmap, "data"), "set");
	struct value value = value_of(walk, json_get(vmap, "key"));

	if (pairs == NULL) { /* a named one */
		fate->bits |= ACCEPTED;
		return;
	}
	for (size_t i = 0; i < json_count(pairs) && fate->goes_on; i++) {
		const struct json *pair = json_at(pairs, i);
		struct guard here = *guard;
		unsigned verdict;
		bool leaves;

		here.holds =
		    both(here.holds, matches(walk, json_at(pair, 0), &value));
		if (here.holds == NO)
			continue;
		verdict =
		    verdict_of(walk, json_at(pair, 1), &here, depth, &leaves);
		take(fate, here.holds, verdict, leaves);
	}
}

static void
apply_rule(struct walk *walk, const struct json *rule, unsigned depth,
    struct fate *fate)
{
	const struct json *expr = json_get(rule, "expr");
	struct guard guard = { .holds = YES };

	for (size_t i = 0; i < json_count(expr) && fate->goes_on; i++) {
		const struct json *statement = json_at(expr, i);
		const struct json *vmap = json_get(statement, "vmap");
		unsigned verdict;
		bool leaves;

		guard_by(walk, &guard, statement);
		if (guard.holds == NO)
			return;
		if (vmap != NULL) {
			take_map(walk, vmap, &guard, depth, fate);
			continue;
		}
		verdict = verdict_of(walk, statement, &guard, depth, &leaves);
		take(fate, guard.holds, verdict, leaves);
	}
}

/* Where it takes too long to find out, nothing is said to be closed. */
static unsigned
walk_chain(struct walk *walk, const char *chain, unsigned depth)
{
	struct fate fate = { .goes_on = true };

	if (chain == NULL || depth > DEPTH_MAX)
		return ACCEPTED;
	for (size_t i = 0; i < json_count(walk->rows) && fate.goes_on; i++) {
		const struct json *rule =
		    json_get(json_at(walk->rows, i), "rule");

		if (walk->steps++ > STEPS_MAX)
			return ACCEPTED;
		if (is(rule, "chain", chain) &&
		    is(rule, "table", walk->table) &&
		    is(rule, "family", walk->family))
			apply_rule(walk, rule, depth + 1, &fate);
	}
	return fate.bits | (fate.goes_on ? THROUGH : 0);
}

static bool
is_input(const struct json *chain)
{
	return is(chain, "hook", "input") && is(chain, "type", "filter") &&
	    (is(chain, "family", "ip") || is(chain, "family", "ip6") ||
	        is(chain, "family", "inet"));
}

static bool
is_closed(const struct json *rows, const struct json *chain,
    const struct doctor_packet *packet)
{
	struct walk walk = { .rows = rows,
		.packet = packet,
		.family = json_str(chain, "family"),
		.table = json_str(chain, "table") };
	unsigned fate = walk_chain(&walk, json_str(chain, "name"), 0);

	if (is(chain, "policy", "drop"))
		return !(fate & ACCEPTED);
	return !(fate & (ACCEPTED | THROUGH));
}

const struct json *
doctor_ruleset_closed(const struct json *ruleset,
    const struct doctor_packet *packet, const struct json *after)
{
	const struct json *rows = json_get(ruleset, "nftables");
	bool found = after == NULL;

	for (size_t i = 0; i < json_count(rows); i++) {
		const struct json *chain = json_get(json_at(rows, i), "chain");

		if (chain == NULL)
			continue;
		if (!found)
			found = chain == after;
		else if (is_input(chain) && is_closed(rows, chain, packet))
			return chain;
	}
	return NULL;
}
