#include "order.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

static bool
read_port(const char *text, size_t len, uint16_t *port)
{
	uint64_t value;

	if (!text_u64(text, len, UINT16_MAX, &value) || value == 0)
		return false;
	*port = (uint16_t)value;
	return true;
}

int
order_read_ports(struct order *order, const char *text, struct error *err)
{
	unsigned n = 0;

	while (*text != '\0') {
		struct order_port port;
		size_t len = strcspn(text, " ");
		size_t colon = strcspn(text, ":");

		if (colon >= len || !read_port(text, colon, &port.outside) ||
		    !read_port(text + colon + 1, len - colon - 1, &port.inside))
			return error_set(
			    err, ERR_SYNTAX, "no list of ports: %s", text);
		if (n == ORDER_PORTS_MAX)
			return error_set(err, ERR_LIMIT, "too many ports");
		order->ports[n++] = port;
		text += len;
		text += *text == ' ';
	}
	order->nports = n;
	return 0;
}

char *
order_print_ports(
    char dst[ORDER_PORTS_SIZE], const struct order_port *ports, unsigned n)
{
	size_t len = 0;

	dst[0] = '\0';
	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(dst + len, ORDER_PORTS_SIZE - len,
		    "%s%u:%u", i > 0 ? " " : "", ports[i].outside,
		    ports[i].inside);
	return dst;
}

void
outcome_mapped(
    struct outcome *outcome, struct order_port port, uint32_t lifetime)
{
	if (outcome->nports == ORDER_PORTS_MAX)
		return;
	if (outcome->nports == 0 || outcome->lifetime == 0 ||
	    (lifetime != 0 && lifetime < outcome->lifetime))
		outcome->lifetime = lifetime;
	outcome->ports[outcome->nports++] = port;
}

void
outcome_wan(struct outcome *outcome, struct in_addr wan)
{
	if (wan.s_addr != htonl(INADDR_ANY))
		inet_ntop(AF_INET, &wan, outcome->wan, sizeof(outcome->wan));
}

void
outcome_refused(struct outcome *outcome, const char *problem,
    const char *advice, const char *fmt, ...)
{
	char detail[sizeof(outcome->detail)];
	va_list ap;

	if (outcome->problem[0] != '\0')
		return;
	snprintf(outcome->problem, sizeof(outcome->problem), "%s", problem);
	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	log_escape(
	    outcome->detail, sizeof(outcome->detail), detail, strlen(detail));
	outcome->advice = advice;
}
