/*
 * HTTPS over libcurl's easy interface; the only file that knows it. One handle
 * serves all requests of a job, so that they share a connection. Runs in jobs,
 * which block. What a header means is in header.c.
 */

#include "fetch/fetch.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "header.h"

#define CONNECT_TIMEOUT_S 10L
#define TOTAL_TIMEOUT_S 60L
#define STALL_TIMEOUT_S 20L

struct fetch {
	CURL *easy;
	struct buf body; /* of the response that is being received */
	bool body_too_large;
	char reason[CURL_ERROR_SIZE];
};

static size_t
receive_body(char *data, size_t size, size_t count, void *arg)
{
	struct fetch *fetch = arg;

	if (buf_append(&fetch->body, data, size * count) == 0)
		return size * count;
	fetch->body_too_large = true;
	return CURL_WRITEFUNC_ERROR;
}

static bool
set_long(CURL *easy, CURLoption option, long value)
{
	return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool
set_str(CURL *easy, CURLoption option, const char *value)
{
	return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool
set_defaults(struct fetch *fetch)
{
	CURL *easy = fetch->easy;

	return set_str(easy, CURLOPT_PROTOCOLS_STR, "https,http") &&
	    set_str(easy, CURLOPT_PROXY, "") &&
	    set_str(easy, CURLOPT_USERAGENT, "gatehouse/" GATEHOUSE_VERSION) &&
	    set_long(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) &&
	    set_long(easy, CURLOPT_SSL_VERIFYPEER, 1) &&
	    set_long(easy, CURLOPT_SSL_VERIFYHOST, 2) &&
	    set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
	    set_long(easy, CURLOPT_FOLLOWLOCATION, 0) &&
	    set_long(easy, CURLOPT_NOSIGNAL, 1) &&
	    set_long(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S) &&
	    set_long(easy, CURLOPT_TIMEOUT, TOTAL_TIMEOUT_S) &&
	    set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1) &&
	    set_long(easy, CURLOPT_LOW_SPEED_TIME, STALL_TIMEOUT_S) &&
	    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->reason) ==
	    CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_body) ==
	    CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch) == CURLE_OK;
}

/* The system's directory of authorities would count as well as the file. */
static bool
set_ca_file(CURL *easy, const char *ca_file)
{
	return set_str(easy, CURLOPT_CAINFO, ca_file) &&
	    set_str(easy, CURLOPT_CAPATH, NULL);
}

struct fetch *
fetch_new(const char *ca_file, struct error *err)
{
	struct fetch *fetch;
	bool own_ca = ca_file != NULL && *ca_file != '\0';

	if (own_ca && access(ca_file, R_OK) == -1) {
		error_sys(err, "cannot read the CA file %s", ca_file);
		return NULL;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		error_set(err, ERR_SYS, "libcurl cannot start");
		return NULL;
	}
	fetch = xcalloc(1, sizeof(*fetch));
	buf_init(&fetch->body, FETCH_BODY_MAX);
	fetch->easy = curl_easy_init();
	if (fetch->easy == NULL || !set_defaults(fetch) ||
	    (own_ca && !set_ca_file(fetch->easy, ca_file))) {
		error_set(err, ERR_SYS, "libcurl lacks an option");
		fetch_free(fetch);
		return NULL;
	}
	return fetch;
}

void
fetch_free(struct fetch *fetch)
{
	if (fetch == NULL)
		return;
	curl_easy_cleanup(fetch->easy);
	buf_release(&fetch->body);
	free(fetch);
	curl_global_cleanup();
}

/* The URL in parts, if it is one of ours. curl_url_cleanup() frees it. */
static CURLU *
parse_url(const struct fetch_request *req, struct error *err)
{
	CURLU *url = curl_url();
	char *scheme = NULL;
	bool ok;

	ok = curl_url_set(url, CURLUPART_URL, req->url, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    (strcmp(scheme, "https") == 0 ||
	        (req->plain && strcmp(scheme, "http") == 0));
	curl_free(scheme);
	if (!ok) {
		error_set(err, ERR_SYNTAX, "not an %s URL",
		    req->plain ? "http:// or https://" : "https://");
		curl_url_cleanup(url);
		return NULL;
	}
	return url;
}

static void
add_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer == NULL)
		fatal("out of memory");
	*list = longer;
}

static void
add_header(struct curl_slist **list, const char *name, const char *value)
{
	char *line =
	    xasprintf("%s:%s%s", name, *value != '\0' ? " " : "", value);

	add_line(list, line);
	secret_free(line);
}

/* libcurl would copy user and password and free them as they are. */
static void
add_password(struct curl_slist **list, const struct fetch_request *req)
{
	char *pair = xasprintf("%s:%s", req->user, req->password);
	size_t len = strlen(pair);
	char *text = text_base64url(pair, len);
	char *value = xasprintf("Basic %s%s", text,
	    len % 3 == 1       ? "=="
	        : len % 3 == 2 ? "="
	                       : "");

	for (char *p = value + strlen("Basic "); *p != '\0'; p++) {
		if (*p == '-')
			*p = '+';
		if (*p == '_')
			*p = '/';
	}
	add_header(list, "Authorization", value);
	secret_free(value);
	secret_free(text);
	secret_free(pair);
}

/* An empty value keeps libcurl from sending that header by itself. */
static struct curl_slist *
request_headers(const struct fetch_request *req)
{
	struct curl_slist *list = NULL;
	const char *const *at;

	if (req->accept != NULL)
		add_header(&list, "Accept", req->accept);
	add_header(&list, "Content-Type",
	    req->body != NULL && req->content_type != NULL ? req->content_type
	                                                   : "");
	add_header(&list, "Expect", "");
	for (at = req->headers; at != NULL && *at != NULL; at++)
		add_line(&list, *at);
	if (req->user != NULL)
		add_password(&list, req);
	return list;
}

static void
free_headers(struct curl_slist *list)
{
	struct curl_slist *at;

	for (at = list; at != NULL; at = at->next)
		secret_wipe(at->data, strlen(at->data));
	curl_slist_free_all(list);
}

/* Can these lines stand in a request, each as one header? */
static int
check_headers(const struct fetch_request *req, struct error *err)
{
	const char *const *at;
	const char *p;

	for (at = req->headers; at != NULL && *at != NULL; at++) {
		for (p = *at; (unsigned char)*p >= ' ' && *p != 0x7f; p++)
			;
		if (*p != '\0' || strchr(*at, ':') == NULL || **at == ':')
			return error_set(
			    err, ERR_SYNTAX, "not a header: \"Name: value\"");
	}
	if (req->user != NULL &&
	    (req->password == NULL || strchr(req->user, ':') != NULL))
		return error_set(
		    err, ERR_SYNTAX, "a login that has a colon or no password");
	return 0;
}

static const struct {
	const char *name;
	bool body; /* may have one */
} methods[] = {
	{ "GET", false },
	{ "HEAD", false },
	{ "POST", true },
	{ "PUT", true },
	{ "PATCH", true },
	{ "DELETE", true },
};

static int
check_method(const struct fetch_request *req, struct error *err)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i].name, req->method) != 0)
			continue;
		if (req->body == NULL || methods[i].body)
			return 0;
		return error_set(
		    err, ERR_SYNTAX, "a %s has no body", req->method);
	}
	return error_set(err, ERR_SYNTAX, "no method %s", req->method);
}

/* A body, or at least its length, is what POST means to libcurl. */
static bool
set_body(CURL *easy, const struct fetch_request *req)
{
	return set_long(easy, CURLOPT_POST, 1) &&
	    set_long(easy, CURLOPT_POSTFIELDSIZE, (long)req->body_len) &&
	    set_str(
	        easy, CURLOPT_POSTFIELDS, req->body != NULL ? req->body : "");
}

/* All that a former request may have changed. */
static int
set_method(CURL *easy, const struct fetch_request *req, struct error *err)
{
	bool head = strcmp(req->method, "HEAD") == 0;
	bool body = req->body != NULL || strcmp(req->method, "POST") == 0 ||
	    strcmp(req->method, "PUT") == 0 ||
	    strcmp(req->method, "PATCH") == 0;

	if (!set_long(easy, CURLOPT_HTTPGET, 1) ||
	    (head && !set_long(easy, CURLOPT_NOBODY, 1)) ||
	    (body && !set_body(easy, req)) ||
	    !set_str(easy, CURLOPT_CUSTOMREQUEST, head ? NULL : req->method))
		return error_set(
		    err, ERR_SYS, "libcurl refuses %s", req->method);
	return 0;
}

static const long resolve_modes[] = {
	[FETCH_ANY] = CURL_IPRESOLVE_WHATEVER,
	[FETCH_IPV4] = CURL_IPRESOLVE_V4,
	[FETCH_IPV6] = CURL_IPRESOLVE_V6,
};

static int
set_request(CURL *easy, const struct fetch_request *req, struct error *err)
{
	long seconds = req->seconds != 0 ? (long)req->seconds : TOTAL_TIMEOUT_S;

	if (set_method(easy, req, err) == -1)
		return -1;
	if (!set_long(easy, CURLOPT_IPRESOLVE, resolve_modes[req->family]) ||
	    !set_long(easy, CURLOPT_TIMEOUT, seconds))
		return error_set(err, ERR_SYS, "libcurl lacks an option");
	return 0;
}

static enum error_kind
failure_kind(const struct fetch *fetch, CURLcode code)
{
	if (fetch->body_too_large)
		return ERR_LIMIT;
	switch ((int)code) {
	case CURLE_OPERATION_TIMEDOUT:
		return ERR_TIMEOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
		return ERR_NOTFOUND;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return ERR_CRYPTO;
	default:
		return ERR_SYS;
	}
}

static int
transfer_failed(
    const struct fetch *fetch, CURLU *url, CURLcode code, struct error *err)
{
	char reason[CURL_ERROR_SIZE];
	const char *text = fetch->reason;
	char *host = NULL;

	if (fetch->body_too_large)
		text = "the answer is too large";
	else if (*text == '\0')
		text = curl_easy_strerror(code);
	log_escape(reason, sizeof(reason), text, strlen(text));
	curl_url_get(url, CURLUPART_HOST, &host, 0);
	error_set(err, failure_kind(fetch, code), "%s: %s",
	    host != NULL ? host : "?", reason);
	curl_free(host);
	return -1;
}

static const char *
response_header(CURL *easy, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return "";
	return header->value;
}

/* What a link leads to, seen from the URL that was asked; NULL if nothing. */
static char *
resolve(CURLU *base, const char *target)
{
	CURLU *url = curl_url_dup(base);
	char *text = NULL, *resolved = NULL;

	if (url != NULL &&
	    curl_url_set(url, CURLUPART_URL, target, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK)
		resolved = header_text(text);
	curl_free(text);
	curl_url_cleanup(url);
	return resolved;
}

static void
take_alternates(CURL *easy, CURLU *base, struct fetch_response *res)
{
	struct curl_header *header;
	size_t i;

	res->nalternates = 0;
	for (i = 0; curl_easy_header(easy, "Link", i, CURLH_HEADER, -1,
	                &header) == CURLHE_OK;
	     i++) {
		const char *rest = header->value;
		char *target, *url;

		while (res->nalternates < FETCH_ALTERNATES_MAX &&
		    (target = header_next_alternate(&rest)) != NULL) {
			url = resolve(base, target);
			if (url != NULL)
				res->alternates[res->nalternates++] = url;
			free(target);
		}
	}
}

static void
take_response(struct fetch *fetch, CURLU *url, struct fetch_response *res)
{
	CURL *easy = fetch->easy;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	res->status = (unsigned)status;
	res->content_type =
	    header_media_type(response_header(easy, "Content-Type"));
	res->location = header_text(response_header(easy, "Location"));
	res->replay_nonce = header_text(response_header(easy, "Replay-Nonce"));
	res->date = header_date(response_header(easy, "Date"));
	res->retry_after =
	    header_retry_after(response_header(easy, "Retry-After"),
	        res->date != -1 ? res->date : clock_wall());
	take_alternates(easy, url, res);
	res->body = buf_detach(&fetch->body, &res->body_len);
}

int
fetch_perform(struct fetch *fetch, const struct fetch_request *req,
    struct fetch_response *res, struct error *err)
{
	struct curl_slist *headers = NULL;
	CURLcode code;
	CURLU *url;
	int ret = -1;

	if (check_method(req, err) == -1 || check_headers(req, err) == -1)
		return -1;
	url = parse_url(req, err);
	if (url == NULL)
		return -1;
	buf_clear(&fetch->body);
	fetch->body_too_large = false;
	fetch->reason[0] = '\0';
	headers = request_headers(req);
	curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(fetch->easy, CURLOPT_CURLU, url);
	if (set_request(fetch->easy, req, err) == -1)
		goto out;
	code = curl_easy_perform(fetch->easy);
	if (code == CURLE_OK) {
		take_response(fetch, url, res);
		ret = 0;
	} else {
		transfer_failed(fetch, url, code, err);
	}
out:
	curl_easy_setopt(fetch->easy, CURLOPT_CURLU, NULL);
	curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, NULL);
	curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDS, NULL);
	free_headers(headers);
	curl_url_cleanup(url);
	return ret;
}

void
fetch_response_release(struct fetch_response *res)
{
	free(res->body);
	free(res->content_type);
	free(res->location);
	free(res->replay_nonce);
	for (size_t i = 0; i < res->nalternates; i++)
		free(res->alternates[i]);
	*res = (struct fetch_response){ 0 };
}
