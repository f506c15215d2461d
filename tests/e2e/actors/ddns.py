"""The providers of dynamic DNS, one HTTPS server for all of them.

Who is asked is told by the Host of the request; what their documents demand
is demanded, and whatever a client does against them is in `complaints`. What
is published is in `records`, which a zone of actors/dns.py can show.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import json
import shutil
import socket
import ssl
import tempfile
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Callable
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from . import PATIENCE
from .authority import Authority
from .dns import A, AAAA, CAA, TXT, Zone
from .https import https_server
from .netns import Namespace

LOGIN = "someone"
PASSWORD = "p4ss&w=rd%+#zQ"
TOKEN = "a7c4d0ad-114e-40ef-ba1d-d217904a50f2"
KINDS = {A: "A", AAAA: "AAAA", TXT: "TXT", CAA: "CAA"}


@dataclass(frozen=True)
class Reply:
    """An answer; a body that is no text is sent as JSON.

    pause: seconds between two bytes; cut: so many bytes are sent, then the
    connection is closed.
    """

    body: object = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0
    cut: int | None = None


HTML = Reply("<!DOCTYPE html>\n<html><head><title>good OK success updated"
             "</title></head><body>Welcome to our hotel!</body></html>",
             headers={"Content-Type": "text/html"})
EMPTY = Reply("")
BROKEN = Reply("Internal Server Error", 500)
DOWN = Reply("<html>Sorry</html>", 503, {
    "Retry-After": "1800", "Content-Type": "text/html"})
HURRIED = Reply("Too many requests", 429, {"Retry-After": "937"})
MISDIRECTED = Reply("", 302, {"Location": "https://captive.test/login"})


def credentials(*secrets: str) -> set[str]:
    """In every form in which they could be told."""
    plain = [*secrets, PASSWORD, TOKEN]
    return {form for secret in plain
            for form in (secret, quote(secret, safe=""), quote_plus(secret),
                         base64.b64encode(secret.encode()).decode())
            } | {base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()}


def kind_of(address: str) -> str:
    """The type of its record; "" if it is no address."""
    try:
        return "AAAA" if ipaddress.ip_address(address).version == 6 else "A"
    except ValueError:
        return ""


class Records:
    """What is published: name and type -> values."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str], list[str]] = {}
        self.history: list[tuple[str, str, tuple[str, ...]]] = []
        self.changed = threading.Condition()

    def get(self, name: str, kind: str) -> list[str]:
        return list(self._all.get((name.lower(), kind), []))

    def set(self, name: str, kind: str, *values: str) -> bool:
        """False: it was so already."""
        with self.changed:
            if self.get(name, kind) == list(values):
                return False
            self._all[name.lower(), kind] = list(values)
            self.history.append((name.lower(), kind, values))
            self.changed.notify_all()
        return True

    def clear(self) -> None:
        with self.changed:
            self._all.clear()
            self.history.clear()

    def wait(self, name: str, kind: str, *values: str,
             timeout: float = PATIENCE) -> None:
        """Until just this is published."""
        with self.changed:
            assert self.changed.wait_for(
                lambda: self.get(name, kind) == list(values), timeout), (
                f"{name} {kind}: {self.get(name, kind)} and not {values}")


class PublishedZone(Zone):
    """Shows the records; every other name is at our own loopback."""

    def __init__(self, directory: Path, records: Records,
                 zones: tuple[str, ...]) -> None:
        super().__init__(directory, ("test", *zones))
        self.records = records
        self.frozen: dict[tuple[str, str], list[str]] = {}  # shown instead
        self.providers: set[str] = set()    # names that are theirs

    def _ours(self, name: str) -> bool:
        return name not in self.providers and any(
            name == zone or name.endswith(f".{zone}")
            for zone in self.zones[1:])

    def find(self, name: str, kind: int) -> list[tuple[str, int, bytes]]:
        if self._ours(name) and kind in KINDS:
            key = name, KINDS[kind]
            values = self.frozen.get(key, self.records.get(*key))
            return [(name, kind, _rdata(kind, value)) for value in values]
        if kind == AAAA and not name.endswith(".servers.test"):
            return [(name, AAAA, socket.inet_pton(socket.AF_INET6, "::1"))]
        return super().find(name, kind)


def _rdata(kind: int, value: str) -> bytes:
    if kind == TXT:
        return bytes([len(value)]) + value.encode()
    if kind == CAA:     # "tag value"
        tag, _, text = value.partition(" ")
        return bytes([0, len(tag)]) + tag.encode() + text.encode()
    return socket.inet_pton(
        socket.AF_INET6 if kind == AAAA else socket.AF_INET, value)


@dataclass
class Request:
    """What a provider was sent."""

    method: str
    host: str       # without a port, lower case
    path: str
    query: dict[str, str]
    headers: dict[str, str]     # names in lower case
    body: bytes
    target: str
    complaints: list[str]

    def complain(self, what: str) -> None:
        self.complaints.append(f"{self.method} {self.host}{self.path} "
                               f"{sorted(self.query)}: {what}")

    def wants(self, condition: object, what: str) -> bool:
        if not condition:
            self.complain(what)
        return bool(condition)

    def only(self, *names: str) -> None:
        """The parameters that the documents know."""
        self.wants(set(self.query) <= set(names), f"not only {names}")

    @property
    def basic(self) -> tuple[str, str] | None:
        scheme, _, rest = self.headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            return None
        return tuple(base64.b64decode(rest).decode().split(":", 1))

    @property
    def json(self) -> object:
        self.wants(self.headers.get("content-type", "").startswith(
            "application/json"), "a body that is not called JSON")
        try:
            return json.loads(self.body)
        except ValueError:
            self.complain("a body that is no JSON")
            return {}


Answer = Callable[["Providers", Request], Reply]


class Providers:
    """All of them, at a port of these addresses of a namespace.

    The names under `zones` are the account's; `hosts` are those that exist.
    `zone` is what shows the records, `authority` who certifies the providers.
    """

    def __init__(self, namespace: Namespace, directory: Path, *,
                 zones: tuple[str, ...], hosts: tuple[str, ...],
                 protocols: dict[str, Answer], port: int = 443,
                 addresses: tuple[str, ...] = ("127.0.0.1", "::1"),
                 zone: type[PublishedZone] = PublishedZone,
                 authority: Authority | None = None) -> None:
        self.records = Records()
        self.zones, self.hosts = zones, set(hosts)
        self.of_token = hosts[0]    # where a token is for one name
        self.zone = zone(directory, self.records, zones)
        self.port = port
        self.protocols = protocols
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.answer: Reply | None = None    # instead of the right one
        self.answers: list[Reply | None] = []   # of the next requests, first
        self.watch: Callable[[Request], None] = lambda request: None
        self.addresses: dict[str, str | Reply] = {}  # of services, by Host
        self.asked: list[tuple[str, str]] = []  # of them: Host, who asked
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._directory = Path(tempfile.mkdtemp(prefix="gh-ddns-"))
        self._directory.chmod(0o755)
        authority = authority or Authority(self._directory, "Providers")
        self.ca_file = authority.ca_file
        self.ca_file.chmod(0o644)
        names = {host.partition("/")[0] for host in protocols}
        self.zone.providers |= names
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.issue(
            "fake.test", "127.0.0.1", "localhost", *sorted(names),
            "*.check.test", "::1"))
        self._servers = contextlib.ExitStack()
        for address in addresses:
            self._servers.enter_context(https_server(
                namespace, (address, port), context, self._handler()))

    def __enter__(self) -> Providers:
        return self

    def __exit__(self, *_exc) -> None:
        self._closing.set()
        self._servers.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def reset(self) -> None:
        """As it was at the beginning."""
        self.records.clear()
        self.requests.clear()
        self.complaints.clear()
        self.addresses.clear()
        self.asked.clear()
        self.answers.clear()
        self.zone.frozen.clear()
        self.answer, self.watch = None, lambda request: None

    def wait(self, count: int, timeout: float = PATIENCE) -> list[Request]:
        """Until so many requests have come."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: len(self.requests) >= count, timeout), (
                f"{len(self.requests)} requests and not {count}")
        return self.requests

    def wait_asked(self, count: int, timeout: float = PATIENCE) -> None:
        """Until the address services were asked so often."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: len(self.asked) >= count, timeout), self.asked

    def zone_of(self, host: str) -> tuple[str, str]:
        """The zone of a name and what is before it; "@": the zone itself."""
        for zone in self.zones:
            if host == zone:
                return zone, "@"
            if host.endswith(f".{zone}"):
                return zone, host[:-len(zone) - 1]
        return "", host

    def _right_answer(self, request: Request) -> Reply:
        for name, answer in self.protocols.items():
            host, slash, path = name.partition("/")
            if host == request.host and request.path.startswith(slash + path):
                return answer(self, request)
        request.complain("nobody of this name has such a path")
        return Reply("<html>Not Found", 404)

    def _reply(self, request: Request) -> Reply:
        service = self.addresses.get(request.host)
        with self._changed:
            if service is not None:
                self.asked.append((request.host, request.headers["-peer"]))
            else:
                self.requests.append(request)
            self._changed.notify_all()
        if service is not None:
            return Reply(service) if isinstance(service, str) else service
        self.watch(request)
        request.wants(request.headers.get("user-agent"), "no User-Agent")
        right = self.answers.pop(0) if self.answers else self.answer
        return right or self._right_answer(request)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _answer(self) -> None:
                target = urlsplit(self.path)
                pairs = parse_qsl(target.query, keep_blank_values=True)
                headers = {name.lower(): value
                           for name, value in self.headers.items()}
                headers["-peer"] = self.client_address[0]
                host = headers.get("host", "").lower()
                request = Request(
                    self.command, host.rsplit(":", 1)[0], target.path,
                    dict(pairs), headers, self.rfile.read(
                        int(headers.get("content-length", 0))), self.path,
                    owner.complaints)
                request.wants(len(pairs) == len(request.query),
                              "a parameter twice")
                self._send(owner._reply(request))

            def _send(self, reply: Reply) -> None:
                text = isinstance(reply.body, str)
                body = (reply.body if text else json.dumps(reply.body)
                        ).encode()
                headers = {"Date": self.date_time_string(),
                           "Content-Type": "text/plain" if text
                           else "application/json"}
                if reply.status != 204:
                    headers["Content-Length"] = str(len(body))
                self.send_response_only(reply.status)
                for name, value in {**headers, **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if reply.cut is not None:
                    body = body[:reply.cut]
                    self.close_connection = True
                step = 1 if reply.pause else len(body) or 1
                for at in range(0, len(body), step):
                    self.wfile.write(body[at:at + step])
                    if reply.pause and owner._closing.wait(reply.pause):
                        return

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

            def log_message(self, *_args) -> None:
                pass

        return Handler
