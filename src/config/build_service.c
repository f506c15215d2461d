/* Services: their conditions, and the redirect or the backends behind them. */

#include <string.h>

#include "base/text.h"
#include "build.h"
#include "pattern.h"

static const struct {
	enum word id;
	enum config_condition_kind kind;
} conditions[] = {
	{ WORD_HOST, COND_HOST },
	{ WORD_HEADREQUIRE, COND_FIELD },
	{ WORD_HEADDENY, COND_FIELD_ABSENT },
	{ WORD_URL, COND_URL },
};

#define NCONDITIONS (sizeof(conditions) / sizeof(conditions[0]))

/* NULL if the line is no condition, or a bad one. */
static struct config_condition *
build_condition(struct build *build, const struct directive *section,
    const struct directive *line)
{
	struct config_condition *condition;
	char host[PATTERN_HOST_SIZE];
	bool ignore_case = true;
	size_t i = 0;

	if (line->bad)
		return NULL;
	while (i < NCONDITIONS && conditions[i].id != line->row->id)
		i++;
	if (i == NCONDITIONS)
		return NULL;
	condition = arena_alloc(build->arena, sizeof(*condition));
	condition->kind = conditions[i].kind;
	condition->text = line->values->text;
	if (condition->kind == COND_HOST)
		return condition;
	if (condition->kind == COND_FIELD &&
	    pattern_is_host(condition->text, host)) {
		condition->kind = COND_HOST;
		condition->text = arena_strdup(build->arena, host);
		return condition;
	}
	if (condition->kind == COND_URL)
		ignore_case =
		    build_number(build, section, WORD_IGNORECASE) != 0;
	if (!build_pattern(build, line, ignore_case, &condition->regex))
		return NULL;
	return condition;
}

/* A URL without a path, or with a lone '/', takes the request's. */
static bool
is_bare_origin(const char *url, size_t *len)
{
	const char *authority = strstr(url, "://") + strlen("://");
	size_t end = strcspn(authority, "/?#");

	*len = (size_t)(authority - url) + end;
	return authority[end] == '\0' || strcmp(authority + end, "/") == 0;
}

static const struct config_redirect *
build_redirect(struct build *build, const struct directive *line)
{
	struct config_redirect *redirect;
	const struct value *url = line->values;
	const char *code = line->row->def;
	uint64_t status;
	size_t len;

	if (line->bad)
		return NULL;
	if (url->next != NULL) {
		code = url->text;
		url = url->next;
	}
	redirect = arena_alloc(build->arena, sizeof(*redirect));
	redirect->status = text_u64(code, strlen(code), 999, &status)
	    ? (unsigned)status
	    : CONFIG_REDIRECT_PERMANENT;
	redirect->url = url->text;
	redirect->append = is_bare_origin(url->text, &len);
	if (redirect->append)
		redirect->url = arena_strndup(build->arena, url->text, len);
	return redirect;
}

/* What is said of TLS without TLS was meant to be with it. */
static void
check_tls(struct build *build, const struct directive *section,
    const struct config_backend *backend)
{
	const struct directive *ca = tree_find(section, WORD_CAFILE);
	const struct directive *insecure = tree_find(section, WORD_INSECURE);
	const struct directive *extra = ca != NULL ? ca : insecure;

	if (!backend->tls && extra != NULL)
		diag_add(build->diag, DIAG_ERROR, extra->pos,
		    "'%s' needs HTTPS: without it the backend shows no "
		    "certificate",
		    extra->row->word);
	else if (ca != NULL && insecure != NULL)
		diag_add(build->diag, DIAG_ERROR, insecure->pos,
		    "'Insecure' leaves nothing to 'CAFile'; one of them must "
		    "go");
	else if (insecure != NULL)
		diag_add(build->diag, DIAG_WARNING, insecure->pos,
		    "'Insecure': whoever gets between the gateway and '%s' "
		    "can read and change everything; CAFile with the "
		    "backend's own certificate prevents it",
		    backend->host);
}

static void
build_backend_tls(struct build *build, const struct directive *section,
    struct config_backend *backend)
{
	const struct value *ca = build_value(section, WORD_CAFILE);

	backend->tls = tree_find(section, WORD_HTTPS) != NULL;
	backend->insecure = tree_find(section, WORD_INSECURE) != NULL;
	backend->server_name = build_text(section, WORD_SERVERNAME);
	backend->ca_file = ca != NULL ? ca->text : NULL;
	backend->ca_pos = ca != NULL ? ca->pos : section->pos;
	check_tls(build, section, backend);
}

static const struct config_backend *
build_backend(struct build *build, const struct directive *section)
{
	struct config_backend *backend =
	    arena_alloc(build->arena, sizeof(*backend));
	const char *host = build_text(section, WORD_ADDRESS);

	backend->pos = section->pos;
	backend->id = build->config->nbackends;
	backend->host = host != NULL ? host : "";
	backend->port = (uint16_t)build_number(build, section, WORD_PORT);
	backend->numeric =
	    addr_parse(&backend->addr, backend->host, backend->port);
	build_backend_tls(build, section, backend);
	backend->timeout = (unsigned)build_number(build, section, WORD_TIMEOUT);
	backend->connect_timeout =
	    (unsigned)build_number(build, section, WORD_CONNTO);
	backend->ws_timeout =
	    (unsigned)build_number(build, section, WORD_WSTIMEOUT);
	build->config->backends[build->config->nbackends++] = backend;
	return backend;
}

static void
check_service(struct build *build, const struct directive *section,
    const struct config_service *service)
{
	if (tree_is_bad(section))
		return;
	if (service->nbackends == 0 && service->redirect == NULL)
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "'Service' has neither a BackEnd nor a Redirect");
	if (service->nbackends > 0 && service->redirect != NULL)
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "'Service' has both a BackEnd and a Redirect; a request "
		    "can go to one of them only");
}

static struct config_service *
build_service(struct build *build, const struct directive *section)
{
	struct config_service *service =
	    arena_alloc(build->arena, sizeof(*service));
	struct config_condition **tail = &service->conditions;
	const struct directive *line;

	service->pos = section->pos;
	service->backends = arena_alloc(build->arena,
	    tree_count(section, WORD_BACKEND) * sizeof(*service->backends));
	for (line = section->children; line != NULL; line = line->next) {
		*tail = build_condition(build, section, line);
		if (*tail != NULL)
			tail = &(*tail)->next;
		else if (line->row != NULL && line->row->id == WORD_BACKEND)
			service->backends[service->nbackends++] =
			    build_backend(build, line);
		else if (line->row != NULL && line->row->id == WORD_REDIRECT)
			service->redirect = build_redirect(build, line);
	}
	check_service(build, section, service);
	return service;
}

struct config_service *
build_services(struct build *build, const struct directive *section)
{
	struct config_service *first = NULL, **tail = &first;
	const struct directive *child;

	for (child = section->children; child != NULL; child = child->next) {
		if (child->row == NULL || child->row->id != WORD_SERVICE)
			continue;
		*tail = build_service(build, child);
		tail = &(*tail)->next;
	}
	return first;
}
