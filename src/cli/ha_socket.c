#include "ha_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "http/websocket.h"
#include "pki/mac.h"
#include "wire.h"
#include "json/json.h"

#define KEY_BYTES 16
#define TOKEN_MAX 4096

struct ha_socket {
	struct wire wire;
	struct websocket ws;
	char version[HA_VERSION_SIZE];
	int64_t last_id;
};

/* Base64 with its padding (RFC 4648 section 4). The caller frees. */
static char *
base64(const void *data, size_t len)
{
	char *url = text_base64url(data, len);
	size_t padding = (4 - strlen(url) % 4) % 4;
	char *text = xasprintf("%s%.*s", url, (int)padding, "==");

	for (char *p = text; *p != '\0'; p++)
		*p = *p == '-' ? '+' : *p == '_' ? '/' : *p;
	free(url);
	return text;
}

/* What a server makes of the key (RFC 6455 section 4.2.2). */
static char *
accept_of(const char *key)
{
	unsigned char digest[PKI_SHA1_SIZE];
	char *text = xasprintf("%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);

	pki_sha1(text, strlen(text), digest);
	free(text);
	return base64(digest, sizeof(digest));
}

static int
judge_upgrade(const struct wire_head *head, const char *key, struct error *err)
{
	char *expected = accept_of(key);
	bool accepted = strcmp(head->accept, expected) == 0;

	free(expected);
	if (head->status == 403)
		return error_set(err, ERR_PROTOCOL,
		    "Home Assistant has banned this machine: take it out of "
		    "its ip_bans.yaml and restart it");
	if (head->status != 101)
		return error_set(err, ERR_PROTOCOL,
		    "the WebSocket of Home Assistant is answered with %u",
		    head->status);
	if (!accepted)
		return error_set(err, ERR_PROTOCOL,
		    "what answers in place of Home Assistant is no WebSocket");
	return 0;
}

static int
upgrade(struct wire *wire, const struct ha_place *place, struct error *err)
{
	unsigned char random[KEY_BYTES];
	char host[ADDR_TEXT_SIZE];
	struct wire_head head = { 0 };
	char *key, *more;
	int rc = -1;

	secret_random(random, sizeof(random));
	key = base64(random, sizeof(random));
	more = xasprintf("Connection: Upgrade\r\nUpgrade: websocket\r\n"
	                 "Sec-WebSocket-Version: 13\r\n"
	                 "Sec-WebSocket-Key: %s\r\n",
	    key);
	if (wire_get(wire, addr_text(&place->addr, host), "/api/websocket",
	        more, err) == 0 &&
	    wire_read_head(wire, &head, err) == 0)
		rc = judge_upgrade(&head, key, err);
	free(more);
	free(key);
	return rc;
}

static int
put(struct ha_socket *socket, enum websocket_opcode opcode, const void *content,
    size_t size, struct error *err)
{
	unsigned char mask[WEBSOCKET_MASK_SIZE];
	struct buf frame = { 0 };
	int rc;

	secret_random(mask, sizeof(mask));
	rc = websocket_put(&frame, opcode, content, size, mask);
	if (rc == -1)
		error_set(err, ERR_LIMIT, "too long a question");
	else
		rc = wire_send(&socket->wire, &frame, err);
	buf_wipe(&frame);
	return rc;
}

static int
end_of(struct error *err)
{
	return error_set(err, ERR_PROTOCOL, "it closed its WebSocket");
}

static int
nonsense(struct error *err)
{
	return error_set(
	    err, ERR_PROTOCOL, "what it says on its WebSocket makes no sense");
}

static int
wait_more(struct ha_socket *socket, struct error *err)
{
	ssize_t n = wire_receive(&socket->wire, err);

	return n > 0 ? 0 : n == 0 ? end_of(err) : -1;
}

/* Waits until socket->ws.message is the next one. */
static int
receive_text(struct ha_socket *socket, struct error *err)
{
	struct buf *in = &socket->wire.in;
	const unsigned char *content;
	enum websocket_result r;
	size_t size, pos;

	for (;;) {
		pos = 0;
		r = websocket_next(&socket->ws, buf_data(in), buf_len(in), &pos,
		    &content, &size);
		if (r == WEBSOCKET_PING &&
		    put(socket, WEBSOCKET_OP_PONG, content, size, err) == -1)
			return -1;
		buf_consume(in, pos);
		switch (r) {
		case WEBSOCKET_PING:
			break;
		case WEBSOCKET_TEXT:
			return 0;
		case WEBSOCKET_MORE:
			if (wait_more(socket, err) == -1)
				return -1;
			break;
		case WEBSOCKET_CLOSE:
			return end_of(err);
		case WEBSOCKET_BAD:
		case WEBSOCKET_TOO_LARGE:
			return nonsense(err);
		}
	}
}

/* The next message: an object, or an array of several. The caller frees. */
static struct json *
receive(struct ha_socket *socket, struct error *err)
{
	const struct buf *message = &socket->ws.message;
	struct json *received;

	if (receive_text(socket, err) == -1)
		return NULL;
	received =
	    json_parse((const char *)buf_data(message), buf_len(message), NULL);
	if (received == NULL)
		nonsense(err);
	return received;
}

static bool
is_type(const struct json *message, const char *type)
{
	const char *found = json_str(message, "type");

	return found != NULL && strcmp(found, type) == 0;
}

static int
meet(struct ha_socket *socket, struct error *err)
{
	struct json *message = receive(socket, err);
	const char *version;
	int rc = 0;

	if (message == NULL)
		return -1;
	version = json_str(message, "ha_version");
	if (!is_type(message, "auth_required"))
		rc = error_set(err, ERR_PROTOCOL,
		    "the WebSocket is not that of Home Assistant");
	else if (version != NULL)
		snprintf(
		    socket->version, sizeof(socket->version), "%s", version);
	json_free(message);
	return rc;
}

struct ha_socket *
ha_socket_open(const struct ha_place *place, struct error *err)
{
	struct ha_socket *socket = xcalloc(1, sizeof(*socket));

	wire_init(&socket->wire);
	buf_init(&socket->wire.in, 2 * HA_MESSAGE_MAX);
	socket->ws.max = HA_MESSAGE_MAX;
	wire_within(&socket->wire, HA_SOCKET_MS);
	if (wire_open(&socket->wire, &place->addr, NULL, place->tls, err) ==
	        0 &&
	    upgrade(&socket->wire, place, err) == 0 && meet(socket, err) == 0)
		return socket;
	wire_close(&socket->wire);
	websocket_release(&socket->ws);
	free(socket);
	return NULL;
}

void
ha_socket_free(struct ha_socket *socket)
{
	static const unsigned char normal[] = { 0x03, 0xe8 };

	if (socket == NULL)
		return;
	put(socket, WEBSOCKET_OP_CLOSE, normal, sizeof(normal), NULL);
	wire_close(&socket->wire);
	websocket_release(&socket->ws);
	free(socket);
}

const char *
ha_socket_version(const struct ha_socket *socket)
{
	return socket->version;
}

/* Needs no escape in JSON. */
static bool
is_token(const char *token)
{
	size_t len = strlen(token);

	for (size_t i = 0; i < len; i++)
		if (token[i] <= ' ' || token[i] >= 0x7f || token[i] == '"' ||
		    token[i] == '\\')
			return false;
	return len > 0 && len <= TOKEN_MAX;
}

/* Not by way of struct json, which would keep copies of the token. */
static int
send_token(struct ha_socket *socket, const char *token, struct error *err)
{
	struct buf text = { 0 };
	int rc;

	buf_printf(&text, "{\"type\":\"auth\",\"access_token\":\"%s\"}", token);
	rc = put(
	    socket, WEBSOCKET_OP_TEXT, buf_data(&text), buf_len(&text), err);
	buf_wipe(&text);
	return rc;
}

int
ha_socket_login(struct ha_socket *socket, const char *token, struct error *err)
{
	struct json *message;
	int rc = 0;

	if (!is_token(token))
		return error_set(err, ERR_SYNTAX,
		    "this is no token: one is a single word of some 180 "
		    "letters and digits with two dots");
	wire_within(&socket->wire, HA_SOCKET_MS);
	if (send_token(socket, token, err) == -1)
		return -1;
	message = receive(socket, err);
	if (message == NULL)
		return -1;
	if (is_type(message, "auth_invalid"))
		rc = error_set(
		    err, ERR_DENIED, "Home Assistant does not know this token");
	else if (!is_type(message, "auth_ok"))
		rc = error_set(err, ERR_PROTOCOL,
		    "what answers the login is not Home Assistant");
	json_free(message);
	return rc;
}

/* The result with this number in what was received, or NULL. */
static const struct json *
find_result(const struct json *received, int64_t id)
{
	size_t n = json_count(received);

	if (n == 0)
		return is_type(received, "result") &&
		        json_int(received, "id", -1) == id
		    ? received
		    : NULL;
	for (size_t i = 0; i < n; i++) {
		const struct json *found =
		    find_result(json_at(received, i), id);

		if (found != NULL)
			return found;
	}
	return NULL;
}

static enum ha_refusal
read_refusal(const struct json *result, struct error *err)
{
	static const struct {
		const char *code;
		enum ha_refusal why;
	} codes[] = {
		{ "unknown_command", HA_UNKNOWN_COMMAND },
		{ "not_running", HA_NOT_RUNNING },
		{ "unauthorized", HA_UNAUTHORIZED },
	};
	const struct json *error = json_get(result, "error");
	const char *code = json_str(error, "code");
	const char *message = json_str(error, "message");

	error_set(err, ERR_DENIED, "%s",
	    message != NULL    ? message
	        : code != NULL ? code
	                       : "it does not say why");
	for (size_t i = 0; code != NULL && i < sizeof(codes) / sizeof(codes[0]);
	     i++)
		if (strcmp(codes[i].code, code) == 0)
			return codes[i].why;
	return HA_REFUSED;
}

/* Waits for the answer to a question; others are thrown away. */
static struct json *
receive_result(
    struct ha_socket *socket, enum ha_refusal *why, struct error *err)
{
	const struct json *result;
	struct json *received, *found = NULL;

	for (;;) {
		received = receive(socket, err);
		if (received == NULL)
			return NULL;
		result = find_result(received, socket->last_id);
		if (result != NULL)
			break;
		json_free(received);
	}
	if (!json_bool(result, "success", false))
		*why = read_refusal(result, err);
	else if (json_get(result, "result") != NULL)
		found = json_clone(json_get(result, "result"));
	else
		found = json_new_object();
	json_free(received);
	return found;
}

struct json *
ha_socket_call(struct ha_socket *socket, const char *type,
    struct json *arguments, enum ha_refusal *why, struct error *err)
{
	struct json *question =
	    arguments != NULL ? arguments : json_new_object();
	char *text;
	int rc;

	*why = HA_LOST;
	json_set_int(question, "id", ++socket->last_id);
	json_set_str(question, "type", type);
	text = json_dump(question);
	json_free(question);
	wire_within(&socket->wire, HA_SOCKET_MS);
	rc = put(socket, WEBSOCKET_OP_TEXT, text, strlen(text), err);
	free(text);
	return rc == 0 ? receive_result(socket, why, err) : NULL;
}
