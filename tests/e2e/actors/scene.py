"""A house, a router and an internet, as `gatehouse setup` meets them.

Nothing in the house says that it is a test: Let's Encrypt, DuckDNS and the
services that say an address are at their own names, their certificates are
of an authority that the system knows, and the directories of Gatehouse are
empty. What is mounted is seen in the house only, and no packet leaves.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import ssl
import subprocess
import tempfile
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

from .authority import Authority
from .client import RawClient, Response, tls_context
from .ddns import PublishedZone, Providers, Reply, Request
from .ddns_providers import duckdns
from .dns import A, NS, NameServer, wire_name
from .gateway import BUILD, SANITIZER, Gateway
from .home_assistant import HomeAssistant
from .https import https_server
from .netns import Namespace
from .pebble import Pebble
from .router import HOUSE, RULES, WAN, Miniupnpd, Street

NAME = "myhome.duckdns.org"
FILE = "/etc/gatehouse/gatehouse.conf"
RESOLVER = "9.9.9.9"
SERVERS = "ns1.duckdns.org", "ns2.duckdns.org"
PRODUCTION = "acme-v02.api.letsencrypt.org"
STAGING = "acme-staging-v02.api.letsencrypt.org"
TRACE = "1.1.1.1"
HOSTS = {
    SERVERS[0]: "99.79.143.35",
    SERVERS[1]: "35.182.183.211",
    "www.duckdns.org": "3.97.58.28",
    "api.ipify.org": "104.26.12.205",
    "checkipv4.dedyn.io": "88.99.64.5",
    PRODUCTION: "172.65.32.248",
    STAGING: "172.65.46.172",
}
NEW_ORDER = "/order-plz"    # Pebble's path
PRIVATE = ("/etc/gatehouse", "/etc/ssl/certs", "/run/gatehouse",
           "/run/systemd", "/var/lib/gatehouse", "/var/log/gatehouse")
HOP_BY_HOP = {"connection", "content-length", "host", "transfer-encoding"}


def _seen(_fake: Providers, request: Request) -> Reply:
    return Reply(request.headers["-peer"])


def _trace(_fake: Providers, request: Request) -> Reply:
    return Reply(f"fl=1\nip={request.headers['-peer']}\nts=1\n")


SERVICES = {
    "www.duckdns.org/update": duckdns,
    "api.ipify.org/": _seen,
    "checkipv4.dedyn.io/": _seen,
    f"{TRACE}/cdn-cgi/trace": _trace,
}


class World(PublishedZone):
    """Every name that there is."""

    def find(self, name: str, kind: int) -> list[tuple[str, int, bytes]]:
        if kind == NS and name in self.zones:
            return [(name, NS, wire_name(server)) for server in SERVERS]
        if name in HOSTS:
            return [(name, A, bytes(map(int, HOSTS[name].split("."))))
                    ] if kind == A else []
        return super().find(name, kind) if self._ours(name) else []


class LetsEncrypt:
    """Pebble, by the name and the paths of Let's Encrypt.

    `replies` has what is answered instead, by path; `requests` what came.
    """

    def __init__(self, internet: Namespace, host: str,
                 authority: Authority) -> None:
        self.requests: list[tuple[str, str]] = []
        self.replies: dict[str, Reply] = {}
        self.pebble = Pebble(http_port=80, tls_port=443, nonce_reject=0,
                             dns=f"{RESOLVER}:53", namespace=internet)
        self._internet = internet
        self._place = HOSTS[host], 443
        self._host = host
        self._tls = tls_context(self.pebble.ca_file)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*authority.issue(host))
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> LetsEncrypt:
        self._stack.enter_context(self.pebble)
        self._stack.enter_context(https_server(
            self._internet, self._place, self._context, self._handler()))
        return self

    def __exit__(self, *_exc) -> None:
        self._stack.close()

    def count(self, path: str) -> int:
        """Requests so far that have changed something, or asked for it."""
        return self.requests.count(("POST", path))

    def _ask(self, method: str, path: str, headers: list[tuple[str, str]],
             body: bytes) -> Response:
        port = urlsplit(self.pebble.directory).port
        with RawClient(("127.0.0.1", port), name="localhost", tls=self._tls,
                       connect=self._internet.connect) as client:
            return client.request(method, path, host=self._host, body=body,
                                  headers=headers)

    def _answer(self, method: str, path: str, headers: list[tuple[str, str]],
                body: bytes) -> Response:
        self.requests.append((method, path))
        if reply := self.replies.get(path):
            nonce = self._ask("HEAD", "/nonce-plz", [], b"")
            return Response(
                "1.1", reply.status, "", list(reply.headers.items())
                + [("Replay-Nonce", nonce.header("Replay-Nonce"))],
                json.dumps(reply.body).encode())
        return self._ask(method, "/dir" if path == "/directory" else path,
                         headers, body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _answer(self) -> None:
                body = self.rfile.read(
                    int(self.headers.get("content-length", 0)))
                answer = owner._answer(
                    self.command, self.path, _passed_on(
                        self.headers.items()), body)
                self.send_response_only(answer.status)
                for name, value in _passed_on(answer.headers):
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_HEAD = do_POST = _answer

            def log_message(self, *_args) -> None:
                pass

        return Handler


def _passed_on(headers) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers
            if name.lower() not in HOP_BY_HOP]


class Scene:
    """All of it, from the start on; what fails is made to by its tests.

    upnp=False: the router maps nothing. cgnat=True: its provider has one
    address for many. home_assistant: options of the stand-in; None: it is
    not there.
    """

    def __init__(self, *, upnp: bool = True, cgnat: bool = False,
                 home_assistant: tuple[str, ...] | None = ()) -> None:
        self._stack = contextlib.ExitStack()
        self.home_assistant: HomeAssistant | None = None
        self.router: Miniupnpd | None = None
        try:
            self._build(cgnat)
            if upnp:
                self.router = self._enter(Miniupnpd(self.street))
            else:
                self.street.router.run("nft", RULES)
            if home_assistant is not None:
                self.home_assistant = self._enter(HomeAssistant(
                    *home_assistant, port=8123, namespace=self.house))
        except BaseException:
            self.close()
            raise

    def _enter(self, actor):
        return self._stack.enter_context(actor)

    def _build(self, cgnat: bool) -> None:
        directory = self._directory = Path(self._enter(
            tempfile.TemporaryDirectory(prefix="gh-", dir="/tmp")))
        directory.chmod(0o755)
        self.street = self._enter(Street(cgnat=cgnat))
        self.house, self.internet = self.street.house, self.street.internet
        for address in RESOLVER, TRACE, *HOSTS.values():
            self.internet.add_address(f"{address}/32")
        authority = Authority(directory, "The world")
        self.providers = self._enter(Providers(
            self.internet, directory, zones=("duckdns.org",), hosts=(NAME,),
            protocols=SERVICES, zone=World, authority=authority,
            addresses=tuple(HOSTS[urlsplit("//" + service).hostname]
                            for service in SERVICES
                            if not service.startswith(TRACE)) + (TRACE,)))
        self.records = self.providers.records
        self.resolver = self._enter(NameServer(
            self.internet, RESOLVER, self.providers.zone, resolves=True))
        self.servers = [self._enter(NameServer(
            self.internet, HOSTS[name], self.providers.zone))
            for name in SERVERS]
        self.production, self.staging = (
            self._enter(LetsEncrypt(self.internet, host, authority))
            for host in (PRODUCTION, STAGING))
        self._furnish(authority.ca_file.read_text())

        self._stack.callback(self.house.end_all)    # what setup has started

    def _furnish(self, authority: str) -> None:
        """What the house has before anybody has typed anything."""
        for path in PRIVATE:
            self.house.private_directory(path)
        self.write("/etc/ssl/certs/ca-certificates.crt",
                   authority + self.root)
        self.own("resolv.conf").write_text(f"nameserver {RESOLVER}\n")
        self.house.run("mount", "--bind", self.own("resolv.conf"),
                       "/etc/resolv.conf")
        self.own("programs").mkdir()
        self.house.run("mount", "--bind", BUILD, self.own("programs"))

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        self._stack.close()

    # In the house

    def own(self, name: str) -> Path:
        """A file of whoever types there, where commands are run."""
        return self._directory / name

    def write_own(self, name: str, text: str) -> None:
        """That nobody else may read."""
        self.own(name).write_text(text, encoding="ascii")
        self.own(name).chmod(0o600)

    def path(self, path: str) -> Path:
        """A file of the house, as this process reaches it."""
        return Path(f"/proc/{self.house.pid}/root{path}")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        self.path(path).write_text(text, encoding="ascii")
        self.path(path).chmod(mode)

    def gateway(self) -> Gateway:
        """gatehoused with the configuration of the house."""
        return Gateway(build=self.own("programs"), file=Path(FILE),
                       namespace=self.house)

    def begin(self, *command: str) -> subprocess.Popen[str]:
        """What somebody types in the house, without a terminal."""
        programs = f"{self.own('programs/bin')}:{self.own('programs/sbin')}"
        return subprocess.Popen(
            self.house.enter(command, self._directory), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={
                **os.environ, "PATH": f"{programs}:{os.environ['PATH']}"})

    def type(self, *command: str, timeout: float = 50
             ) -> subprocess.CompletedProcess[str]:
        """The same, to its end."""
        with self.begin(*command) as process:
            try:
                out, err = process.communicate(timeout=timeout)
            except BaseException:
                process.kill()
                raise
        assert not re.search(SANITIZER, err), err
        return subprocess.CompletedProcess(
            command, process.returncode, out, err)

    def asked(self, host: str) -> int:
        """Requests so far to a provider or a service of this name."""
        return sum(request.host == host
                   for request in self.providers.requests)

    # From the internet

    @property
    def root(self) -> str:
        """The authority that is Let's Encrypt here, as PEM."""
        return self.production.pebble.roots()[0]

    def client(self, space: Namespace | None = None) -> RawClient:
        """Who believes what browsers believe, and has come by the name."""
        address, = self.records.get(NAME, "A")
        return RawClient(
            (address, 443), name=NAME,
            tls=ssl.create_default_context(cadata=self.root),
            connect=(space or self.internet).connect)

    def visit(self, path: str = "/manifest.json", *,
              space: Namespace | None = None) -> Response:
        """A page, from the internet or from this namespace."""
        with self.client(space) as client:
            return client.request("GET", path)

    # What goes wrong, or has not to

    def block(self, port: int, how: str = "reject with tcp reset") -> None:
        """The provider lets nothing through to this port; or how="drop"."""
        self._rules(f"""
            table inet isp {{
                chain in {{
                    type filter hook prerouting priority -100
                    iifname wan tcp dport {port} {how}
                }}
            }}""")

    def shut(self, port: int) -> None:
        """The house's own firewall refuses this port."""
        self.house.run("nft", f"""
            table inet firewall {{
                chain input {{
                    type filter hook input priority 0
                    iifname != lo tcp dport {port} reject with tcp reset
                }}
            }}""")

    def allow_hairpin(self) -> None:
        """The router leads the house back in by its public address."""
        self._rules(f"""
            table ip hairpin {{
                chain in {{
                    type nat hook prerouting priority -101
                    iifname lan ip daddr {WAN} tcp dport {{80, 443}} \\
                        dnat to {HOUSE}
                }}
                chain out {{
                    type nat hook postrouting priority 101
                    iifname lan oifname lan masquerade
                }}
            }}""")

    def _rules(self, rules: str) -> None:
        self.street.router.run("nft", rules)
