#ifndef IPC_MSG_H
#define IPC_MSG_H

/*
 * The messages of msg.def as structs, and their wire form. Everything here is
 * generated from that table by the preprocessor.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ipc/msg.def"

#define MSG_SIZE_MAX (128u * 1024) /* one message on the wire */

enum ipc_role {
	IPC_SUPERVISOR = 1,
	IPC_PROXY = 2,
	IPC_MONITOR = 4,
	IPC_ACME = 8,
	IPC_DDNS = 16,
	IPC_PORTMAP = 32,
	IPC_MQTT = 64
};

enum msg_kind {
#define MSG_ENUM(kind, from, to, fd) MSG_##kind,
	MSGS(MSG_ENUM)
#undef MSG_ENUM
	    MSG_COUNT
};

struct msg_bytes {
	const void *p;
	size_t len;
};

#define MSG_DECLARE_U32(name) uint32_t name;
#define MSG_DECLARE_I64(name) int64_t name;
#define MSG_DECLARE_STR(name) const char *name;
#define MSG_DECLARE_BYTES(name) struct msg_bytes name;

/* struct msg_cert_swap etc. have upper-case tags: struct msg_CERT_SWAP. */
#define MSG_STRUCT(kind, from, to, fd)                                         \
	struct msg_##kind {                                                    \
		MSG_FIELDS_##kind(MSG_DECLARE_U32, MSG_DECLARE_I64,            \
		    MSG_DECLARE_STR, MSG_DECLARE_BYTES) char end_;             \
	};
MSGS(MSG_STRUCT)
#undef MSG_STRUCT

struct msg_terms {
	MSG_TERMS(MSG_DECLARE_U32, MSG_DECLARE_I64, MSG_DECLARE_STR)
};

/*
 * A message. Texts and bytes are borrowed: from the sender until it is encoded,
 * from the receiver's buffer until the next receive. NULL text sends as "".
 */
struct msg {
	enum msg_kind kind;
	int fd; /* -1, or sent along (stays the sender's) / received (yours) */
	union {
#define MSG_MEMBER(kind, from, to, fd) struct msg_##kind kind;
		MSGS(MSG_MEMBER)
#undef MSG_MEMBER
		struct msg_terms terms; /* to read, of a first message */
	} u;
};

const char *msg_name(enum msg_kind kind);

/* Does the table let `from` send this kind to `to`? */
bool msg_allowed(enum msg_kind kind, enum ipc_role from, enum ipc_role to);
bool msg_has_fd(enum msg_kind kind);

/* Returns the length written, or -1 (ERR_LIMIT). */
long msg_encode(
    const struct msg *msg, void *dst, size_t size, struct error *err);

/* Strict: every byte accounted for, every text terminated and NUL-free. */
int msg_decode(struct msg *msg, const void *src, size_t len, struct error *err);

#endif
