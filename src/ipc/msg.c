/*
 * The wire form of the messages of msg.def: four bytes of kind, then the fields
 * in the order of the table. Both ends run on the same machine, from the same
 * build, so numbers are in host order. A text is its length (without the NUL),
 * its bytes and a NUL; bytes are their length and themselves.
 *
 * In every process of a gateway. The reader trusts nothing it reads: the other
 * end may have been taken over.
 */

#include "ipc/msg.h"

#include <string.h>

/* The names that the table uses. */
enum {
	SUPERVISOR = IPC_SUPERVISOR,
	PROXY = IPC_PROXY,
	MONITOR = IPC_MONITOR,
	ACME = IPC_ACME,
	DDNS = IPC_DDNS,
	PORTMAP = IPC_PORTMAP,
	MQTT = IPC_MQTT
};
enum { MSG_NO_FD, MSG_WITH_FD };

struct writer {
	unsigned char *p;
	size_t left;
	bool full; /* sticky: nothing is written after it */
};

static void
put(struct writer *w, const void *data, size_t len)
{
	if (w->full || len > w->left) {
		w->full = true;
		return;
	}
	if (len == 0)
		return;
	memcpy(w->p, data, len);
	w->p += len;
	w->left -= len;
}

static void
put_u32(struct writer *w, uint32_t value)
{
	put(w, &value, sizeof(value));
}

static void
put_i64(struct writer *w, int64_t value)
{
	put(w, &value, sizeof(value));
}

static void
put_bytes(struct writer *w, struct msg_bytes bytes)
{
	if (bytes.len > MSG_SIZE_MAX) {
		w->full = true;
		return;
	}
	put_u32(w, (uint32_t)bytes.len);
	put(w, bytes.p, bytes.len);
}

static void
put_str(struct writer *w, const char *s)
{
	if (s == NULL)
		s = "";
	put_bytes(w, (struct msg_bytes){ s, strlen(s) });
	put(w, "", 1);
}

struct reader {
	const unsigned char *p;
	size_t left;
	const char *bad; /* sticky: the first thing that was wrong */
};

static const void *
get(struct reader *r, size_t len)
{
	const void *p = r->p;

	if (r->bad == NULL && len > r->left)
		r->bad = "cut short";
	if (r->bad != NULL)
		return NULL;
	r->p += len;
	r->left -= len;
	return p;
}

static uint32_t
get_u32(struct reader *r)
{
	uint32_t value = 0;
	const void *p = get(r, sizeof(value));

	if (p != NULL)
		memcpy(&value, p, sizeof(value));
	return value;
}

static int64_t
get_i64(struct reader *r)
{
	int64_t value = 0;
	const void *p = get(r, sizeof(value));

	if (p != NULL)
		memcpy(&value, p, sizeof(value));
	return value;
}

static struct msg_bytes
get_bytes(struct reader *r)
{
	size_t len = get_u32(r);

	return (struct msg_bytes){ get(r, len), len };
}

static const char *
get_str(struct reader *r)
{
	struct msg_bytes text = get_bytes(r);
	const char *end = get(r, 1);

	if (r->bad != NULL)
		return NULL;
	if (*end != '\0' || strlen(text.p) != text.len)
		r->bad = "text with a NUL or without its end";
	return text.p;
}

#define PUT_U32(name) put_u32(w, m->name);
#define PUT_I64(name) put_i64(w, m->name);
#define PUT_STR(name) put_str(w, m->name);
#define PUT_BYTES(name) put_bytes(w, m->name);
#define GET_U32(name) m->name = get_u32(r);
#define GET_I64(name) m->name = get_i64(r);
#define GET_STR(name) m->name = get_str(r);
#define GET_BYTES(name) m->name = get_bytes(r);

/* clang-format off */
#define MSG_CODEC(kind, from, to, fd)                                          \
	static void                                                            \
	put_##kind(struct writer *w, const struct msg *msg)                    \
	{                                                                      \
		const struct msg_##kind *m = &msg->u.kind;                     \
		(void)w, (void)m;                                              \
		MSG_FIELDS_##kind(PUT_U32, PUT_I64, PUT_STR, PUT_BYTES)        \
	}                                                                      \
	static void                                                            \
	get_##kind(struct reader *r, struct msg *msg)                          \
	{                                                                      \
		struct msg_##kind *m = &msg->u.kind;                           \
		(void)r, (void)m;                                              \
		MSG_FIELDS_##kind(GET_U32, GET_I64, GET_STR, GET_BYTES)        \
	}
MSGS(MSG_CODEC)
/* clang-format on */

static const struct type {
	const char *name;
	unsigned from, to; /* enum ipc_role, or-ed */
	bool fd;
	void (*put)(struct writer *, const struct msg *);
	void (*get)(struct reader *, struct msg *);
} types[MSG_COUNT] = {
#define MSG_TYPE(kind, from, to, fd)                                           \
	[MSG_##kind] = { #kind, from, to, fd, put_##kind, get_##kind },
	MSGS(MSG_TYPE)
};

const char *
msg_name(enum msg_kind kind)
{
	return types[kind].name;
}

bool
msg_allowed(enum msg_kind kind, enum ipc_role from, enum ipc_role to)
{
	return (types[kind].from & from) != 0 && (types[kind].to & to) != 0;
}

bool
msg_has_fd(enum msg_kind kind)
{
	return types[kind].fd;
}

long
msg_encode(const struct msg *msg, void *dst, size_t size, struct error *err)
{
	struct writer w = { .p = dst, .left = size };

	put_u32(&w, msg->kind);
	types[msg->kind].put(&w, msg);
	if (w.full)
		return error_set(err, ERR_LIMIT, "%s does not fit in %zu bytes",
		    msg_name(msg->kind), size);
	return (long)(size - w.left);
}

int
msg_decode(struct msg *msg, const void *src, size_t len, struct error *err)
{
	struct reader r = { .p = src, .left = len };
	struct msg m = { .fd = -1 };
	uint32_t kind = get_u32(&r);

	if (r.bad != NULL || kind >= MSG_COUNT)
		return error_set(
		    err, ERR_PROTOCOL, "message of an unknown kind");
	m.kind = kind;
	types[kind].get(&r, &m);
	if (r.bad == NULL && r.left != 0)
		r.bad = "bytes left over";
	if (r.bad != NULL)
		return error_set(
		    err, ERR_PROTOCOL, "%s: %s", msg_name(m.kind), r.bad);
	*msg = m;
	return 0;
}
