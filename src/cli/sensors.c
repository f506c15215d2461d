#include "sensors.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "net/addr.h"
#include "say.h"

/* --- YAML and templates -------------------------------------------------- */

/* A double-quoted scalar of YAML. */
static void
put_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* A string of Jinja. The caller frees. */
static char *
jinja(const char *text)
{
	char *literal = xmalloc(2 * strlen(text) + 3);
	char *to = literal;

	*to++ = '\'';
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to++ = '\'';
	*to = '\0';
	return literal;
}

/* What is no letter and no digit becomes "_", in an identifier. */
static void
put_identifier(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		fputc(isascii(c) && isalnum(c) ? tolower(c) : '_', out);
	}
}

/* Frees the text. */
static void
put_template(FILE *out, const char *key, char *text)
{
	fprintf(out, "        %s: ", key);
	put_quoted(out, text);
	fputc('\n', out);
	free(text);
}

/* Begins a sensor; `of` may be "". */
static void
begin(FILE *out, const char *of, const char *what)
{
	char *name =
	    xasprintf("Gatehouse %s%s%s", of, of[0] != '\0' ? " " : "", what);

	fputs("      - name: ", out);
	put_quoted(out, name);
	fputs("\n        unique_id: \"", out);
	put_identifier(out, name);
	fputs("\"\n", out);
	free(name);
}

/* --- sensors ------------------------------------------------------------- */

static void
print_problem(FILE *out)
{
	begin(out, "", "problem");
	fputs("        device_class: problem\n", out);
	put_template(out, "value_template",
	    xstrdup("{{ value_json.problems | length > 0 }}"));
}

static void
print_problem_text(FILE *out)
{
	begin(out, "", "problem text");
	/* A state of Home Assistant has 255 characters at most. */
	put_template(out, "value_template",
	    xstrdup("{{ (value_json.problems | map(attribute='what') "
	            "| join('; '))[:250] or 'none' }}"));
}

static void
print_backends(const struct config *config, FILE *out)
{
	char name[CONFIG_LABEL_SIZE];

	for (unsigned i = 0; i < config->nbackends; i++) {
		char *literal;

		config_backend_label(config->backends[i], name);
		if (config_backend_repeats(config, i))
			continue;
		literal = jinja(name);
		begin(out, "backend", name);
		fputs("        device_class: connectivity\n", out);
		put_template(out, "value_template",
		    xasprintf("{{ 'up' in value_json.backends "
		              "| selectattr('name', 'eq', %s) "
		              "| map(attribute='state') | list }}",
		        literal));
		free(literal);
	}
}

static void
print_cert(const char *name, const char *which, FILE *out)
{
	char *date =
	    xasprintf("(value_json.certificates | selectattr(%s) "
	              "| map(attribute='not_after') | first | default(0))",
	        which);

	begin(out, name, "certificate expires");
	fputs("        device_class: timestamp\n", out);
	put_template(
	    out, "value_template", xasprintf("{{ %s | timestamp_utc }}", date));
	put_template(out, "availability", xasprintf("{{ %s > 0 }}", date));
	begin(out, name, "certificate days left");
	fputs("        device_class: duration\n"
	      "        unit_of_measurement: d\n"
	      "        state_class: measurement\n",
	    out);
	put_template(out, "value_template",
	    xasprintf(
	        "{{ ((%s - value_json.now) / 86400) | round(1) }}", date));
	put_template(out, "availability", xasprintf("{{ %s > 0 }}", date));
	free(date);
}

/* An elder certificate that has the name too; of another kind of key, say. */
static bool
was_cert(const struct config *config, unsigned n)
{
	const struct config_cert *cert = config->certs[n];

	for (unsigned i = 0; i < n; i++)
		if (config->certs[i]->kind == CERT_AUTO &&
		    strcmp(config->certs[i]->names[0], cert->names[0]) == 0)
			return true;
	return false;
}

/* What a file is for is not known before it is read: it has its number. */
static void
print_certs(const struct config *config, FILE *out)
{
	for (unsigned i = 0; i < config->ncerts; i++) {
		const struct config_cert *cert = config->certs[i];
		char *literal = NULL, *which, *name;

		if (cert->kind == CERT_AUTO) {
			if (was_cert(config, i))
				continue;
			literal = jinja(cert->names[0]);
			which = xasprintf("'names.0', 'eq', %s", literal);
			name = xstrdup(cert->names[0]);
		} else {
			which = xasprintf("'slot', 'eq', %u", cert->slot);
			name = xasprintf("%u", cert->slot);
		}
		print_cert(name, which, out);
		free(literal);
		free(which);
		free(name);
	}
}

static void
print_figures(FILE *out)
{
	static const struct {
		const char *what;
		const char *unit;
		const char *state_class;
		const char *value;
	} figures[] = {
		{ "requests", "requests", "total_increasing",
		    "{{ value_json.traffic.requests.values() | sum }}" },
		{ "failed requests", "requests", "total_increasing",
		    "{{ value_json.traffic.requests['5xx'] }}" },
		{ "connections", "connections", "measurement",
		    "{{ value_json.traffic.connections_open }}" },
		{ "time to answer", "ms", "measurement",
		    "{{ value_json.hour.p95 }}" },
	};

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		begin(out, "", figures[i].what);
		fprintf(out,
		    "        unit_of_measurement: %s\n"
		    "        state_class: %s\n",
		    figures[i].unit, figures[i].state_class);
		put_template(
		    out, "value_template", xasprintf("%s", figures[i].value));
	}
}

/* --- where they ask ------------------------------------------------------ */

static bool
is_any(const struct addr *addr)
{
	char text[ADDR_TEXT_SIZE];

	addr_ip_text(addr, text);
	return strcmp(text, "0.0.0.0") == 0 || strcmp(text, "::") == 0;
}

static void
print_resource(const struct config_status *status, FILE *out)
{
	char address[ADDR_TEXT_SIZE];
	char *url;

	addr_text(&status->addr, address);
	if (status->nnames > 0)
		snprintf(
		    address, sizeof(address), ":%u", addr_port(&status->addr));
	else if (is_any(&status->addr))
		snprintf(address, sizeof(address), "127.0.0.1:%u",
		    addr_port(&status->addr));
	url = xasprintf("http://%s%s/status.json",
	    status->nnames > 0 ? status->names[0] : "", address);
	fputs("rest:\n  - resource: ", out);
	put_quoted(out, url);
	fputs("\n    scan_interval: 60\n    timeout: 10\n", out);
	free(url);
}

static void
print_advice(const struct config_status *status, FILE *out)
{
	fputs("# Sensors of Home Assistant for this gateway, made by "
	      "`gatehouse ha-sensors`.\n"
	      "# They belong into configuration.yaml; below its \"rest:\", if "
	      "there is one.\n"
	      "# Make them anew when certificates or backends change.\n",
	    out);
	if (addr_is_loopback(&status->addr))
		fputs("#\n"
		      "# The Status section listens on this machine only. If "
		      "Home Assistant runs\n"
		      "# elsewhere, or in a container with a network of its "
		      "own, write into it\n"
		      "#     Address ADDRESS-OF-THIS-MACHINE\n"
		      "#     ACL\n"
		      "#         \"ADDRESS-OF-HOME-ASSISTANT\"\n"
		      "#     End\n"
		      "# and make them anew.\n",
		    out);
	else if (is_any(&status->addr) && status->nnames == 0)
		fputs(
		    "#\n"
		    "# If Home Assistant runs elsewhere, 127.0.0.1 below must "
		    "be the address of\n"
		    "# this machine.\n",
		    out);
	if (status->acl != NULL)
		fputs("#\n"
		      "# The ACL of the Status section must have the address "
		      "of Home Assistant.\n",
		    out);
}

void
sensors_print(const struct config *config, FILE *out)
{
	print_advice(config->status, out);
	print_resource(config->status, out);
	fputs("    binary_sensor:\n", out);
	print_problem(out);
	print_backends(config, out);
	fputs("    sensor:\n", out);
	print_problem_text(out);
	print_certs(config, out);
	print_figures(out);
}

/* --- the command --------------------------------------------------------- */

static int
print_for(const struct config *config, const char *file)
{
	if (config->status == NULL) {
		say("%s has no Status section, which Home Assistant would ask. "
		    "Add\n\n"
		    "Status\n"
		    "End\n\n"
		    "and `gatehouse reload`; if Home Assistant runs on another "
		    "machine, rather\n\n"
		    "Status\n"
		    "    Address ADDRESS-OF-THIS-MACHINE\n"
		    "    ACL\n"
		    "        \"ADDRESS-OF-HOME-ASSISTANT\"\n"
		    "    End\n"
		    "End",
		    file);
		return EXIT_BAD;
	}
	if (addr_port(&config->status->addr) == 0) {
		say("the Status section of %s leaves its port to chance, so "
		    "nobody can be told; give it a Port",
		    file);
		return EXIT_BAD;
	}
	sensors_print(config, stdout);
	return EXIT_GOOD;
}

int
command_ha_sensors(const struct arguments *args)
{
	const char *file = args->option[OPTION_FILE] != NULL
	    ? args->option[OPTION_FILE]
	    : CONFIG_DEFAULT_FILE;
	struct config_text *text;
	struct config *config;
	struct diag *diag;
	struct error err;
	int status = EXIT_BAD;

	text = config_text_read(file, &err);
	if (text == NULL) {
		say("%s", err.msg);
		return EXIT_BAD;
	}
	diag = diag_new();
	config = config_parse(text, diag);
	if (config != NULL)
		status = print_for(config, file);
	else
		say("there are errors in %s: see `gatehouse check`", file);
	config_free(config);
	diag_free(diag);
	config_text_free(text);
	return status;
}
