"""A CA that says what the test wants, for what Pebble never does.

It believes every signature. Each path has a script: its answers one after the
other, the last one again and again. The scripts of a new FakeCA lead an order
for gw.test to finalization, which is refused.
"""

from __future__ import annotations

import base64
import json
import shutil
import ssl
import tempfile
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Callable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from .authority import Authority
from .ports import free_port

URN = "urn:ietf:params:acme:error:"


@dataclass(frozen=True)
class Reply:
    """An answer; a body that is no text is sent as JSON.

    pause: seconds between two bytes of the body; cut: so many bytes of it are
    sent, then the connection is closed.
    """

    body: object = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    nonce: bool = True
    pause: float = 0
    cut: int | None = None


Script = Reply | Callable[[], Reply] | None
SILENCE = None  # instead of a Reply: the connection is closed


def problem(kind: str, status: int = 400, /, detail: str = "because",
            headers: dict[str, str] | None = None, **members) -> Reply:
    return Reply({"type": URN + kind, "detail": detail, **members}, status,
                 {"Content-Type": "application/problem+json",
                  **(headers or {})})


def html(status: int, **headers: str) -> Reply:
    """What stands before a CA says when the CA is down."""
    return Reply("<html>Sorry", status, {
        name.replace("_", "-"): value for name, value in headers.items()})


class FakeCA:
    """An HTTPS server on 127.0.0.1; `requests` keeps what it was sent."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, object]] = []
        self.scripts: dict[str, list[Script]] = {}
        self._directory = Path(tempfile.mkdtemp(prefix="gh-fake-ca-"))
        self._authority = Authority(self._directory)
        self.ca_file = self._authority.ca_file
        self._port = free_port()
        self._nonces = 0
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", self._port), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self._authority.issue("127.0.0.1"))
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._write_scripts()

    def __enter__(self) -> FakeCA:
        self._thread.start()
        return self

    def __exit__(self, *_exc) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def directory(self) -> str:
        return self.url("/dir")

    def url(self, path: str) -> str:
        return f"https://127.0.0.1:{self._port}{path}"

    def say(self, path: str, *replies: Script) -> None:
        self.scripts[path] = list(replies)

    def offer(self, **members: object) -> None:
        """Adds to the directory, whose members are paths of ours."""
        self.scripts["/dir"][0].body.update({
            name: self.url(value) if isinstance(value, str) else value
            for name, value in members.items()})

    def issue(self, *names: str) -> None:
        """From now on the order of gw.test ends in a certificate."""
        self.say("/finalize", Reply(
            self.order("valid", certificate=self.url("/cert"))))
        self.say("/cert", lambda: Reply(self._authority.certify(
            self._requested_key(), *names or ["gw.test"]), headers={
                "Content-Type": "application/pem-certificate-chain"}))

    def certificate(self) -> str:
        """One that this CA issued some time ago, with its chain."""
        return self._authority.certify(
            ec.generate_private_key(ec.SECP256R1()).public_key(), "gw.test")

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return len(self.payloads(path))

    def payloads(self, path: str) -> list:
        """What a path was sent; one that ends in "/" is a beginning."""
        return [payload for _, asked, payload in self.requests
                if asked == path or path[-1] == "/" and asked.startswith(path)]

    def order(self, status: str, **members) -> dict:
        """An order for gw.test."""
        return {"status": status, "finalize": self.url("/finalize"),
                "authorizations": [self.url("/authz")],
                "identifiers": [{"type": "dns", "value": "gw.test"}],
                **members}

    def authorization(self, status: str, *challenges: dict) -> dict:
        """The authorization of gw.test, with an http-01 challenge."""
        return {"status": status, "challenges": list(challenges) or [
                    self.challenge()],
                "identifier": {"type": "dns", "value": "gw.test"}}

    def challenge(self, **members) -> dict:
        return {"type": "http-01", "status": "pending", "token": "tok-EN_1",
                "url": self.url("/challenge"), **members}

    def _write_scripts(self) -> None:
        self.say("/dir", Reply({
            "newNonce": self.url("/nonce"), "newAccount": self.url("/account"),
            "newOrder": self.url("/order")}, nonce=False))
        self.say("/nonce", Reply())
        self.say("/account", Reply(
            {"status": "valid"}, 201, {"Location": self.url("/account/1")}))
        self.say("/order", Reply(
            self.order("pending"), 201, {"Location": self.url("/order/1")}))
        self.say("/order/1", Reply(self.order("ready")))
        self.say("/authz", Reply(self.authorization("pending")),
                 Reply(self.authorization("valid")))
        self.say("/challenge", Reply(self.challenge()))
        self.say("/finalize", problem("badCSR"))

    def _requested_key(self):
        csr = self.payloads("/finalize")[-1]["csr"]
        return x509.load_der_x509_csr(_decode(csr)).public_key()

    def _next(self, path: str) -> Reply | None:
        """A script for all that is below a path has a name that ends in /."""
        script = self.scripts.get(path) or self.scripts.get(
            path[:path.rindex("/") + 1], [html(404)])
        reply = script.pop(0) if len(script) > 1 else script[0]
        return reply() if callable(reply) else reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                owner.requests.append((self.command, self.path, _payload(
                    self.rfile.read(length))))
                reply = owner._next(self.path)
                if reply is SILENCE:
                    self.close_connection = True
                    return
                self._send(reply)

            def _send(self, reply: Reply) -> None:
                text = isinstance(reply.body, str)
                body = (reply.body if text else json.dumps(reply.body)
                        ).encode()
                headers = {"Date": self.date_time_string(),
                           "Content-Length": str(len(body)), "Content-Type":
                           "text/html; charset=utf-8" if text
                           else "application/json"}
                if reply.nonce:
                    owner._nonces += 1
                    headers["Replay-Nonce"] = f"nonce-{owner._nonces}"
                self.send_response_only(reply.status)
                for name, value in {**headers, **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self._write(reply, body)

            def _write(self, reply: Reply, body: bytes) -> None:
                if reply.cut is not None:
                    body = body[:reply.cut]
                    self.close_connection = True
                if not reply.pause:
                    self.wfile.write(body)
                    return
                for number in range(len(body)):
                    self.wfile.write(body[number:number + 1])
                    if owner._closing.wait(reply.pause):
                        return

            do_GET = do_HEAD = do_POST = _answer

            def log_message(self, *_args) -> None:
                pass

        return Handler


def _payload(body: bytes) -> object:
    """What was signed, as JSON; "" of a POST-as-GET, None if nothing was."""
    if not body:
        return None
    try:
        raw = _decode(json.loads(body)["payload"])
    except KeyError:
        return json.loads(body)     # a webhook's
    return json.loads(raw) if raw else ""


def _decode(encoded: str) -> bytes:
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
