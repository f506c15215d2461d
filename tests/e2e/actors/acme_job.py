"""A certificate job, with the test in the supervisor's place.

Job is gatehouse-acme at the other end of a SOCK_SEQPACKET line. The test keeps
what the job asks it to save, and serves its challenge answers over HTTP.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
import tempfile
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .gateway import BUILD, REPOSITORY, SANITIZER

PROGRAM = BUILD / "libexec/gatehouse/gatehouse-acme"
CHILD_FD = 3
MESSAGE_MAX = 128 * 1024
WELL_KNOWN = "/.well-known/acme-challenge/"


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


def _read_jobs() -> dict[str, int]:
    """The words of enum job_kind, without JOB_, and their numbers."""
    text = (REPOSITORY / "include/ipc/job.h").read_text()
    body = re.search(r"enum job_kind \{(.*?)\};", text, re.S)[1]
    return {word: number for number, word in enumerate(
        re.findall(r"^\tJOB_(\w+)", body, re.M))}


JOBS = _read_jobs()


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


class ChallengeServer:
    """What answers on port 80: the tokens in `answers`, 404 otherwise."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, str] = {}
        self.asked = 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.asked += 1
                body = owner.answers.get(self.path.removeprefix(WELL_KNOWN))
                self.send_response(404 if body is None else 200)
                self.end_headers()
                self.wfile.write((body or "nothing here").encode())

            def log_message(self, *_args) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> ChallengeServer:
        self._thread.start()
        return self

    def __exit__(self, *_exc) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Store:
    """What the supervisor would have on its disk."""

    account_key: str = ""
    account_url: str = ""
    order_url: str = ""
    order_key: str = ""


@dataclass
class Outcome:
    """What a job said, and how it ended."""

    status: int
    log: str
    messages: list[tuple[str, dict]] = field(default_factory=list)

    def fields(self, kind: str) -> list[dict]:
        """The messages of a kind."""
        return [values for name, values in self.messages if name == kind]

    @property
    def issued(self) -> dict:
        """The certificate; fails with the reason if there is none."""
        assert self.fields("CERT_ISSUED"), f"{self.messages}\n{self.log}"
        assert self.status == 0, self.log
        return self.fields("CERT_ISSUED")[0]

    @property
    def done(self) -> str:
        """The last word of a job that issues nothing."""
        assert self.fields("JOB_DONE"), f"{self.messages}\n{self.log}"
        assert self.status == 0, self.log
        return self.fields("JOB_DONE")[0]["text"]

    @property
    def informed(self) -> dict:
        """When the CA would have the certificate renewed."""
        assert self.fields("RENEWAL_INFO"), f"{self.messages}\n{self.log}"
        assert self.status == 0, self.log
        return self.fields("RENEWAL_INFO")[0]

    @property
    def failure(self) -> dict:
        assert self.fields("JOB_FAILED"), f"{self.messages}\n{self.log}"
        assert self.status == 1, self.log
        return self.fields("JOB_FAILED")[0]


class Job:
    """Runs jobs one after the other with the state that they leave."""

    def __init__(self, answers: dict[str, str] | None = None, **job) -> None:
        self.store = Store()
        self.patience = 30      # seconds for a message
        self.answers = {} if answers is None else answers
        self.defaults = {"uid": -1, "gid": -1, "names": "gw.test",
                         "challenges": "http-01", "log_level": 3, **job}

    def _reply(self, kind: str, values: dict) -> bytes | None:
        if kind == "ACCOUNT_SAVE":
            self.store.account_key = values["key"]
            self.store.account_url = values["url"]
        elif kind == "ORDER_SAVE":
            self.store.order_key = values["key"]
            self.store.order_url = values["url"]
        elif kind == "CHALLENGE_SET":
            self.answers[values["name"]] = values["answer"].decode()
            return encode("CHALLENGE_READY", kind=values["kind"],
                          name=values["name"])
        elif kind == "CHALLENGE_CLEAR":
            del self.answers[values["name"]]
            return None
        else:
            return None
        return encode("SAVED")

    def run(self, what: str = "ISSUE", *, kill_at: str | None = None,
            leave_at: str | None = None, **job) -> Outcome:
        """One job to its end; what: a word of JOBS.

        kill_at: at the first message of this kind, which is kept but not
        answered, the job is killed; leave_at: the supervisor goes away.
        """
        line, theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.settimeout(self.patience)
        with tempfile.TemporaryFile() as log, line:
            with theirs:
                pid = _start(theirs.fileno(), log.fileno())
            try:
                line.send(encode(
                    "JOB", **{"kind": JOBS[what], **self.defaults,
                              **vars(self.store), **job}))
                messages = self._converse(line, pid, kill_at, leave_at)
            except BaseException:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                raise
            line.close()
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            log.seek(0)
            text = log.read().decode()
        assert not re.search(SANITIZER, text), text
        return Outcome(status, text, messages)

    def _converse(self, line: socket.socket, pid: int, kill_at: str | None,
                  leave_at: str | None) -> list[tuple[str, dict]]:
        messages = []
        while data := line.recv(MESSAGE_MAX):
            kind, values = decode(data)
            messages.append((kind, values))
            answer = self._reply(kind, values)
            if kind == kill_at:
                os.kill(pid, signal.SIGKILL)
                break
            if kind == leave_at:
                break
            if answer:
                line.send(answer)
        return messages


def _start(line: int, log: int) -> int:
    return os.posix_spawn(
        PROGRAM, [str(PROGRAM)], dict(os.environ), file_actions=[
            (os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2),
            (os.POSIX_SPAWN_DUP2, line, CHILD_FD)])
