#include "ha_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "json/json.h"

#define NETWORK_SIZE (ADDR_TEXT_SIZE + 4) /* "/128" */
#define ADDED_MAX 2

static const char proxies_word[] = "trusted_proxies";
static const char forwarded_word[] = "use_x_forwarded_for";

/* --- networks ------------------------------------------------------------ */

struct network {
	struct addr addr; /* without host bits */
	unsigned bits;
	bool was_exact; /* it had none, either */
};

static unsigned
width(const struct addr *addr)
{
	return addr->u.sa.sa_family == AF_INET6 ? 128 : 32;
}

static bool
read_network(const char *text, struct network *network)
{
	const char *slash = strchr(text, '/');
	char host[ADDR_TEXT_SIZE];
	struct addr addr;
	uint64_t bits;

	snprintf(host, sizeof(host), "%.*s",
	    (int)(slash != NULL ? slash - text : (ptrdiff_t)strlen(text)),
	    text);
	if (strchr(host, '%') != NULL || !addr_parse(&addr, host, 0))
		return false;
	bits = width(&addr);
	if (slash != NULL &&
	    !text_u64(slash + 1, strlen(slash + 1), bits, &bits))
		return false;
	network->addr = addr;
	network->bits = (unsigned)bits;
	addr_mask(&network->addr, network->bits, network->bits);
	network->was_exact = addr_eq(&network->addr, &addr);
	return true;
}

static bool
holds(const struct network *network, struct addr addr)
{
	if (addr.u.sa.sa_family != network->addr.u.sa.sa_family)
		return false;
	addr_mask(&addr, network->bits, network->bits);
	return addr_eq(&addr, &network->addr);
}

static void
write_network(const struct network *network, char text[NETWORK_SIZE])
{
	char ip[ADDR_TEXT_SIZE];

	snprintf(text, NETWORK_SIZE, "%s/%u", addr_ip_text(&network->addr, ip),
	    network->bits);
}

/*
 * The networks of one address each that are to be trusted. On this machine a
 * connection may come from either loopback address.
 */
static unsigned
list_added(const struct addr *proxy, struct network added[ADDED_MAX])
{
	unsigned n = 1;

	added[0] = (struct network){ .addr = *proxy, .bits = width(proxy) };
	addr_mask(&added[0].addr, 32, 128);
	if (addr_is_loopback(proxy)) {
		read_network("127.0.0.1", &added[0]);
		read_network("::1", &added[n++]);
	}
	return n;
}

/* --- what it says -------------------------------------------------------- */

/* "2026-11-23T14:20:00.123+00:00" for people, if it is of that shape. */
static void
read_when(const char *text, char when[HA_WHEN_SIZE])
{
	static const char shape[] = "0000-00-00T00:00:00";
	size_t len = sizeof(shape) - 1;

	when[0] = '\0';
	if (text == NULL || strlen(text) < len ||
	    strcmp(text + strlen(text) - 6, "+00:00") != 0)
		return;
	for (size_t i = 0; i < len; i++)
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9'
		                    : text[i] != shape[i])
			return;
	snprintf(when, HA_WHEN_SIZE, "%.10s %.8sZ", text, text + 11);
}

static const char *
find_failure(const struct json *pending)
{
	const char *message = json_str(pending, "error_message");

	return message != NULL ? message : json_str(pending, "error");
}

int
ha_config_read(
    const struct json *answer, struct ha_config *config, struct error *err)
{
	const char *type = json_str(answer, "active_config_type");
	const struct json *pending = json_get(answer, "pending");
	struct ha_config found = { .failure = find_failure(pending) };
	bool legacy = type != NULL && strcmp(type, "default_legacy_port") == 0;

	if (type != NULL)
		found.active = json_get(answer, legacy ? "default" : type);
	if (json_next_member(found.active, NULL) == NULL)
		return error_set(err, ERR_PROTOCOL,
		    "what Home Assistant says of its HTTP settings makes no "
		    "sense to this version of Gatehouse");
	found.is_legacy = legacy;
	found.on_trial = strcmp(type, "pending") == 0;
	found.waiting = !found.on_trial && found.failure == NULL &&
	    json_next_member(pending, NULL) != NULL;
	read_when(json_str(answer, "revert_at"), found.when);
	*config = found;
	return 0;
}

bool
ha_config_trusts(const struct json *slot, const struct addr *proxy)
{
	const struct json *list = json_get(slot, proxies_word);
	struct network network;

	if (!json_bool(slot, forwarded_word, false))
		return false;
	for (size_t i = 0; i < json_count(list); i++) {
		const char *text = json_text(json_at(list, i));

		if (text != NULL && read_network(text, &network) &&
		    holds(&network, *proxy))
			return true;
	}
	return false;
}

const char *
ha_config_bad_network(const struct json *slot)
{
	const struct json *list = json_get(slot, proxies_word);
	struct network network;

	for (size_t i = 0; i < json_count(list); i++) {
		const char *text = json_text(json_at(list, i));

		if (text != NULL &&
		    (!read_network(text, &network) || !network.was_exact))
			return text;
	}
	return NULL;
}

/* --- what we want -------------------------------------------------------- */

static bool
has_text(const struct json *list, const char *text)
{
	for (size_t i = 0; i < json_count(list); i++)
		if (strcmp(json_text(json_at(list, i)), text) == 0)
			return true;
	return false;
}

static void
add_text(struct json *list, const char *text)
{
	if (!has_text(list, text))
		json_append(list, json_new_string(text));
}

/* Those of others, canonical. What is no network we leave as it is. */
static struct json *
copy_networks(const struct json *list)
{
	struct json *copy = json_new_array();
	struct network network;
	char canonical[NETWORK_SIZE];

	for (size_t i = 0; i < json_count(list); i++) {
		const char *text = json_text(json_at(list, i));

		if (text != NULL && read_network(text, &network)) {
			write_network(&network, canonical);
			text = canonical;
		}
		if (text != NULL)
			add_text(copy, text);
	}
	return copy;
}

struct json *
ha_config_wanted(const struct ha_config *config, const struct addr *proxy)
{
	static const char *const about[] = { "created_at", "error",
		"error_message" };
	struct json *wanted = json_clone(config->active);
	struct json *list = copy_networks(json_get(wanted, proxies_word));
	struct network added[ADDED_MAX];
	char text[NETWORK_SIZE];
	unsigned n = list_added(proxy, added);

	for (size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++)
		json_remove(wanted, about[i]);
	for (unsigned i = 0; i < n; i++) {
		write_network(&added[i], text);
		add_text(list, text);
	}
	json_set(wanted, proxies_word, list);
	json_set_bool(wanted, forwarded_word, true);
	if (config->is_legacy)
		json_set_int(wanted, "server_port", HA_LEGACY_PORT);
	return wanted;
}

char *
ha_config_added(const struct addr *proxy)
{
	struct network added[ADDED_MAX];
	char first[NETWORK_SIZE], second[NETWORK_SIZE];

	if (list_added(proxy, added) == 1) {
		write_network(&added[0], first);
		return xstrdup(first);
	}
	write_network(&added[0], first);
	write_network(&added[1], second);
	return xasprintf("%s and %s", first, second);
}

char *
ha_config_yaml(const struct addr *proxy)
{
	struct network added[ADDED_MAX];
	char ip[ADDR_TEXT_SIZE];
	unsigned n = list_added(proxy, added);
	struct buf yaml = { 0 };

	buf_printf(&yaml, "  http:\n    %s: true\n    %s:", forwarded_word,
	    proxies_word);
	for (unsigned i = 0; i < n; i++)
		buf_printf(
		    &yaml, "\n      - %s", addr_ip_text(&added[i].addr, ip));
	return buf_detach(&yaml, NULL);
}

bool
ha_config_wants_yaml(const char *version)
{
	size_t len = strcspn(version, ".");
	const char *rest = version + len + (version[len] == '.');
	uint64_t year, month;

	return text_u64(version, len, 9999, &year) &&
	    text_u64(rest, strcspn(rest, "."), 12, &month) &&
	    (year < 2026 || (year == 2026 && month < 8));
}

bool
ha_config_is_url(const char *found, const char *url)
{
	size_t len = strlen(url);

	return found != NULL && strncmp(found, url, len) == 0 &&
	    (found[len] == '\0' || strcmp(found + len, "/") == 0);
}

/* --- what it has seen ---------------------------------------------------- */

/* The word behind `before`, if that is an address. */
static bool
find_addr(const char *message, const char *before, struct addr *addr)
{
	const char *p = strstr(message, before);
	char word[ADDR_TEXT_SIZE];
	int len;

	if (p == NULL)
		return false;
	p += strlen(before);
	len = (int)strspn(p, "0123456789abcdefABCDEF.:");
	if (len > 0 && p[len - 1] == '.')
		len--; /* of the sentence */
	snprintf(word, sizeof(word), "%.*s", len, p);
	return addr_parse(addr, word, 0);
}

static bool
reads_refusal(const char *message, struct addr *addr)
{
	return find_addr(message, "from an untrusted proxy ", addr) ||
	    find_addr(message, "a reverse proxy was received from ", addr);
}

bool
ha_config_refused(const struct json *log, struct addr *addr)
{
	for (size_t i = 0; i < json_count(log); i++) {
		const struct json *lines = json_get(json_at(log, i), "message");

		for (size_t n = 0; n < json_count(lines); n++) {
			const char *text = json_text(json_at(lines, n));

			if (text != NULL && reads_refusal(text, addr))
				return true;
		}
	}
	return false;
}
