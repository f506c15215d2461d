"""The supervisor's end of a job's line, for tests in its place."""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
import tempfile
from dataclasses import dataclass, field
from typing import Callable, Iterator, Sequence

from .gateway import REPOSITORY, SANITIZER

CHILD_FD = 3
MESSAGE_MAX = 128 * 1024


def read_enum(header: str, name: str, prefix: str) -> dict[str, int]:
    """The words of an enum without their prefix, and their numbers."""
    text = (REPOSITORY / "include" / header).read_text()
    body = re.search(rf"enum {name} \{{(.*?)\}};", text, re.S)[1]
    return {word: number for number, word in enumerate(
        re.findall(rf"^\t{prefix}(\w+)", body, re.M))}


def _read_table() -> dict[str, list[tuple[str, str]]]:
    """Kind -> its fields as (type, name), in the order of msg.def."""
    text = (REPOSITORY / "include/ipc/msg.def").read_text()
    text = text.replace("\\\n", " ")
    terms = re.search(r"#define MSG_TERMS\(U32, I64, STR\)(.*)", text)[1]
    text = text.replace("MSG_TERMS(U32, I64, STR) ", terms)
    fields = {
        kind: re.findall(r"(\w+)\((\w+)\)", rest) for kind, rest in re.findall(
            r"#define MSG_FIELDS_(\w+)\(U32, I64, STR, BYTES\)(.*)", text)}
    return {kind: fields[kind] for kind in re.findall(r"MSG\((\w+),", text)
            if kind in fields}


TABLE = _read_table()
KINDS = list(TABLE)


def encode(kind: str, /, **values) -> bytes:
    """A message; what is not named is 0 or empty."""
    data = struct.pack("=I", KINDS.index(kind))
    for form, name in TABLE[kind]:
        value = values.pop(name, None)
        if form == "U32":
            data += struct.pack("=I", value or 0)
        elif form == "I64":
            data += struct.pack("=q", value or 0)
        else:
            raw = value.encode() if isinstance(value, str) else value or b""
            data += struct.pack("=I", len(raw)) + raw
            data += b"\0" if form == "STR" else b""
    assert not values, f"{kind} has no {list(values)}"
    return data


def decode(data: bytes) -> tuple[str, dict]:
    """The kind of a message and its fields."""
    at = 4
    kind = KINDS[struct.unpack_from("=I", data)[0]]
    values: dict[str, int | str | bytes] = {}
    for form, name in TABLE[kind]:
        if form == "I64":
            values[name] = struct.unpack_from("=q", data, at)[0]
            at += 8
            continue
        number = struct.unpack_from("=I", data, at)[0]
        at += 4
        if form == "U32":
            values[name] = number
            continue
        raw = data[at:at + number]
        at += number + (form == "STR")
        values[name] = raw.decode() if form == "STR" else raw
    assert at == len(data), f"{kind}: {len(data) - at} bytes left over"
    return kind, values


def heard(line: socket.socket) -> Iterator[tuple[str, dict]]:
    """Each message, until the job hangs up."""
    while data := line.recv(MESSAGE_MAX):
        yield decode(data)


@dataclass
class Said:
    """What a job said, and how it ended."""

    status: int
    log: str
    messages: list[tuple[str, dict]] = field(default_factory=list)

    def fields(self, kind: str) -> list[dict]:
        """The messages of a kind."""
        return [values for name, values in self.messages if name == kind]


Talk = Callable[[socket.socket, int], list[tuple[str, dict]]]


def run(argv: Sequence, talk: Talk, *, kind: type[Said],
        patience: float) -> Said:
    """One job to its end. talk gets the line and the number of the process,
    and returns what it has heard; patience: seconds for a message."""
    line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line.settimeout(patience)
    with tempfile.TemporaryFile() as log, line:
        with theirs:
            pid = os.posix_spawnp(
                argv[0], [str(word) for word in argv], dict(os.environ),
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                    (os.POSIX_SPAWN_DUP2, theirs.fileno(), CHILD_FD)])
        try:
            messages = talk(line, pid)
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        line.close()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        log.seek(0)
        text = log.read().decode()
    assert not re.search(SANITIZER, text), text
    return kind(status, text, messages)
