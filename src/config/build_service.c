/* Services: their conditions, and the answers that are not a backend's. */

#include <string.h>

#include "base/text.h"
#include "build.h"

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
	struct slice fixed = { "", 0 };
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
	redirect->parts = build_template(build, line, url, url->text, &fixed);
	if (redirect->parts != NULL)
		return redirect;
	redirect->append = is_bare_origin(fixed.p, &len);
	redirect->url = arena_strndup(
	    build->arena, fixed.p, redirect->append ? len : fixed.len);
	return redirect;
}

/* The page that the last value of a line names; NULL with an error given. */
static struct config_page *
build_page(struct build *build, const struct directive *line,
    const struct value *file, unsigned status)
{
	struct config_page *page = arena_alloc(build->arena, sizeof(*page));

	if (!build_read(
	        build, line->source, file, CONFIG_PAGE_MAX, &page->text))
		return NULL;
	page->status = status;
	page->type = page->text.len > 0 && page->text.p[0] == '<'
	    ? "text/html; charset=utf-8"
	    : "text/plain; charset=utf-8";
	return page;
}

struct config_page *
build_pages(struct build *build, const struct directive *section)
{
	struct config_page *first = NULL, **tail = &first;
	const struct directive *line;

	for (line = section->children; line != NULL; line = line->next) {
		const struct value *file = line->values;
		int status;

		if (line->bad || line->row->id != WORD_ERRORFILE)
			continue;
		status = line->row->min;
		if (file->next != NULL) {
			status = file->number;
			file = file->next;
		}
		*tail = build_page(build, line, file, (unsigned)status);
		if (*tail != NULL)
			tail = &(*tail)->next;
	}
	return first;
}

/* Whether a password is asked about, also by a Match or an Eval. */
static bool
asks_who(const struct config_condition *cond)
{
	while (
	    cond != NULL && cond->kind != COND_USER && !asks_who(cond->parts))
		cond = cond->next;
	return cond != NULL;
}

/* Error, Success and Metrics. */
static const struct config_reply *
build_reply(struct build *build, const struct directive *line,
    const struct config_condition *conditions)
{
	struct config_reply *reply = arena_alloc(build->arena, sizeof(*reply));
	const struct value *file = line->values;

	if (line->bad)
		return NULL;
	reply->status = 200;
	reply->metrics = line->row->id == WORD_METRICS;
	if (line->row->id == WORD_ERROR) {
		reply->status = (unsigned)file->number;
		file = file->next;
	}
	reply->challenge = reply->status == 401 && asks_who(conditions);
	if (file != NULL)
		reply->page = build_page(build, line, file, reply->status);
	return reply;
}

const struct config_directory *
build_directory(struct build *build, const struct directive *line)
{
	struct config_directory *directory =
	    arena_alloc(build->arena, sizeof(*directory));
	struct config *config = build->config;

	if (line->bad)
		return NULL;
	directory->id = config->ndirectories;
	directory->word = line->row->word;
	directory->file =
	    (struct config_file){ line->values->text, line->values->pos };
	config->directories[config->ndirectories++] = directory;
	return directory;
}

/* What may stand in a service that only edits. */
static bool
is_edit(const struct directive *line)
{
	static const enum word others[] = { WORD_FALLTHROUGH, WORD_LOGSUPPRESS,
		WORD_DISABLED, WORD_IGNORECASE, WORD_CONSTANT, WORD_INCLUDE };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (line->row->id == others[i])
			return true;
	if (line->row->id == WORD_REWRITE)
		return line->scope == SCOPE_REQUEST;
	return (line->row->scopes & SCOPE_REQUEST) != 0;
}

static void
check_fall_through(struct build *build, const struct directive *section)
{
	const struct directive *line;

	for (line = section->children; line != NULL; line = line->next)
		if (!line->bad && !is_edit(line))
			diag_add(build->diag, DIAG_ERROR, line->pos,
			    "'%s' cannot stand in a Service with FallThrough: "
			    "that only edits requests, for the services after "
			    "it%s",
			    line->row->word,
			    line->row->id == WORD_HEADREMOVE
			        ? "; DeleteHeader takes fields out"
			        : "");
}

static void
check_service(struct build *build, const struct directive *section)
{
	static const enum word answers[] = { WORD_REDIRECT, WORD_ERROR,
		WORD_SUCCESS, WORD_SENDFILE, WORD_METRICS };
	const char *found = NULL;
	size_t i;

	if (tree_is_bad(section))
		return;
	if (tree_find(section, WORD_FALLTHROUGH) != NULL) {
		check_fall_through(build, section);
		return;
	}
	if (tree_find(section, WORD_BACKEND) != NULL ||
	    tree_find(section, WORD_USEBACKEND) != NULL)
		found = "BackEnd";
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const struct directive *line = tree_find(section, answers[i]);

		if (line == NULL)
			continue;
		if (found != NULL)
			diag_add(build->diag, DIAG_ERROR, section->pos,
			    "'Service' has both %s and %s; a request can "
			    "go to one of them only",
			    found, line->row->word);
		found = line->row->word;
	}
	if (found == NULL)
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "'Service' needs a BackEnd, or else a Redirect, an Error, "
		    "a Success, a SendFile or Metrics");
}

static const struct config_session *
build_session(struct build *build, const struct directive *section)
{
	struct config_session *session =
	    arena_alloc(build->arena, sizeof(*session));
	const char *id = build_text(section, WORD_ID);
	bool named;

	if (tree_is_bad(section))
		return NULL;
	session->type =
	    (enum config_session_type)build_value(section, WORD_TYPE)->number;
	session->ttl = (unsigned)build_value(section, WORD_TTL)->number;
	if (id != NULL)
		session->id = (struct slice){ id, strlen(id) };
	named = session->type == SESSION_URL ||
	    session->type == SESSION_COOKIE || session->type == SESSION_HEADER;
	if (named != (id != NULL))
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    named ? "'Session' of this Type needs an ID"
		          : "'Session' of this Type has no ID");
	build->config->nsessions++;
	return session;
}

/*
 * Never for subdomains: other things at home may live there, without TLS.
 */
static struct slice
build_hsts(struct build *build, const struct directive *section)
{
	const struct value *value = build_value(section, WORD_HSTS);
	const char *text = "";

	if (value != NULL && value->number >= 0)
		text = arena_printf(build->arena, "max-age=%d", value->number);
	return (struct slice){ text, strlen(text) };
}

/* What the service says in place of its listener; -1: nothing. */
static int
own_number(const struct directive *section, enum word id)
{
	const struct value *value = build_value(section, id);

	return value != NULL ? value->number : -1;
}

static struct config_service *
build_service(struct build *build, const struct directive *section)
{
	struct config_service *service =
	    arena_alloc(build->arena, sizeof(*service));
	const struct directive *line;

	service->pos = section->pos;
	service->rewrite_location = own_number(section, WORD_REWRITELOCATION);
	service->rewrite_errors = own_number(section, WORD_REWRITEERRORS);
	service->name = section->values != NULL ? section->values->text : NULL;
	service->falls_through = tree_find(section, WORD_FALLTHROUGH) != NULL;
	service->conditions = build_conditions(build, section);
	service->head_remove = build_removals(build, section);
	service->hsts = build_hsts(build, section);
	service->request_rules = build_rules(build, section, SCOPE_REQUEST);
	service->response_rules = build_rules(build, section, SCOPE_RESPONSE);
	build_backends(build, section, service);
	for (line = section->children; line != NULL; line = line->next) {
		if (line->row == NULL)
			continue;
		if (line->row->id == WORD_ERROR ||
		    line->row->id == WORD_SUCCESS ||
		    line->row->id == WORD_METRICS)
			service->reply =
			    build_reply(build, line, service->conditions);
		else if (line->row->id == WORD_REDIRECT)
			service->redirect = build_redirect(build, line);
		else if (line->row->id == WORD_SENDFILE)
			service->directory = build_directory(build, line);
		else if (line->row->id == WORD_SESSION)
			service->session = build_session(build, line);
	}
	service->log_suppress = build_log_suppress(section);
	check_service(build, section);
	return service;
}

bool
build_is_disabled(const struct directive *section)
{
	const struct value *value = build_value(section, WORD_DISABLED);

	return value != NULL && value->number != 0;
}

struct config_service *
build_services(struct build *build, const struct directive *section)
{
	struct config_service *first = NULL, **tail = &first;
	const struct directive *child;

	for (child = section->children; child != NULL; child = child->next) {
		struct config_service *service;

		if (child->row == NULL || child->row->id != WORD_SERVICE)
			continue;
		service = build_service(build, child);
		if (build_is_disabled(child))
			continue;
		*tail = service;
		tail = &service->next;
	}
	return first;
}
