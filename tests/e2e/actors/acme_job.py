"""A certificate job, with the test in the supervisor's place.

Job is gatehouse-acme at the other end of a SOCK_SEQPACKET line. The test keeps
what the job asks it to save, and serves its challenge answers over HTTP.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .gateway import BUILD
from .line import Said, encode, heard, read_enum, run

PROGRAM = BUILD / "libexec/gatehouse/gatehouse-acme"
WELL_KNOWN = "/.well-known/acme-challenge/"


JOBS = read_enum("ipc/job.h", "job_kind", "JOB_")


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


class Outcome(Said):
    """What a certificate job said, and how it ended."""

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
        def talk(line: socket.socket, pid: int) -> list[tuple[str, dict]]:
            line.send(encode(
                "JOB", **{"kind": JOBS[what], **self.defaults,
                          **vars(self.store), **job}))
            messages = []
            for kind, values in heard(line):
                messages.append((kind, values))
                answer = self._reply(kind, values)
                if kind == kill_at:
                    os.kill(pid, signal.SIGKILL)
                if kind in (kill_at, leave_at):
                    break
                if answer:
                    line.send(answer)
            return messages

        return run([PROGRAM], talk, kind=Outcome, patience=self.patience)
