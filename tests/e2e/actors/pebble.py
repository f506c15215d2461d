"""Pebble, the ACME test CA of the people who run Let's Encrypt.

Two programs: pebble-challtestsrv answers every DNS question with 127.0.0.1,
pebble is the CA. It validates for real, against `http_port`. Works with the
versions of Debian 12 (2.4) to sid (2.10).
"""

from __future__ import annotations

import json
import select
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Mapping

from . import PATIENCE
from .authority import Authority
from .backend import Connection, ScriptedBackend
from .client import RawClient
from .gateway import REPOSITORY
from .netns import Namespace
from .ports import free_port, free_ports, wait_until_open
from .process import Process

NEWER = REPOSITORY / "build/newer-pebble/usr/bin"  # by tests/newer-pebble


@dataclass(frozen=True)
class PebbleOptions:
    """What a test may want otherwise."""

    validity: int = 7776000     # seconds a certificate is valid
    nonce_reject: int = 15      # percent of good nonces refused
    authz_reuse: int = 0        # percent of valid authorizations reused
    alternate_roots: int = 0
    chain_length: int = 1       # intermediates below the root
    eab_keys: Mapping[str, str] = field(default_factory=dict)
    blocked: tuple[str, ...] = ("blocked.test",)
    profiles: Mapping[str, int] | None = None   # names and validity (>= 2.7)
    retry_after: int | None = None      # seconds, or as a date (>= 2.5)

    def environment(self) -> dict[str, str]:
        return {
            "PEBBLE_VA_NOSLEEP": "1",
            "PEBBLE_WFE_NONCEREJECT": str(self.nonce_reject),
            "PEBBLE_AUTHZREUSE": str(self.authz_reuse),
            "PEBBLE_ALTERNATE_ROOTS": str(self.alternate_roots),
            "PEBBLE_CHAIN_LENGTH": str(self.chain_length),
        }


def newer_programs() -> Path | None:
    """Where a Pebble is that has renewal information and profiles."""
    for directory in NEWER, Path(shutil.which("pebble") or "/").parent:
        program = directory / "pebble"
        if program.exists() and "  -version" in _usage(program):
            return directory
    return None


class Pebble(Process):
    """The CA. Its state is in memory: restart() makes a new CA of it.

    programs: where it is; None: the installed one.
    dns: the "address:port" of a server to ask instead of our own.
    """

    def __init__(self, *, http_port: int | None = None,
                 tls_port: int | None = None, dns: str | None = None,
                 namespace: Namespace | None = None,
                 programs: Path | None = None, **options) -> None:
        self.options = PebbleOptions(**options)
        self.http_port = http_port or free_port()
        self.tls_port = tls_port or free_port()
        (self._acme_port, self._management_port, self._dns_port,
         dns_management) = free_ports(4)
        self._directory = Path(tempfile.mkdtemp(prefix="gh-pebble-"))
        authority = Authority(self._directory)
        self.ca_file = authority.ca_file    # to trust the ACME API itself
        self._tls = ssl.create_default_context(cafile=self.ca_file)
        config = self._directory / "pebble.json"
        config.write_text(json.dumps(
            self._config(*authority.issue("localhost", "127.0.0.1"))))
        super().__init__(
            "pebble",
            [_program("pebble", programs), "-strict=true", "-config", config,
             "-dnsserver", dns or f"127.0.0.1:{self._dns_port}"],
            env=self.options.environment(), namespace=namespace)
        self.dns = Process("pebble-challtestsrv",
                           _challtestsrv(
                               _program("pebble-challtestsrv", programs),
                               self._dns_port, dns_management),
                           namespace=namespace)

    def _config(self, certificate: Path, key: Path) -> dict:
        eab = self.options.eab_keys
        return {"pebble": {
            "listenAddress": f"127.0.0.1:{self._acme_port}",
            "managementListenAddress": f"127.0.0.1:{self._management_port}",
            "certificate": str(certificate),
            "privateKey": str(key),
            "httpPort": self.http_port,
            "tlsPort": self.tls_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": bool(eab),
            "externalAccountMACKeys": dict(eab),
            "domainBlocklist": list(self.options.blocked),
            "certificateValidityPeriod": self.options.validity,     # < 2.7
            "profiles": {name: {
                "description": f"The profile {name}",
                "validityPeriod": validity} for name, validity in (
                    self.options.profiles or {
                        "default": self.options.validity}).items()},
            **({"retryAfter": {"authz": self.options.retry_after,
                               "order": self.options.retry_after}}
               if self.options.retry_after is not None else {}),
        }}

    def suggest(self, certificate: str, answer: str) -> None:
        """What renewal information says of a certificate (>= 2.8)."""
        body = json.dumps({"certificate": certificate,
                           "ariResponse": answer}).encode()
        url = f"https://127.0.0.1:{self._management_port}/set-renewal-info/"
        with urllib.request.urlopen(url, body, timeout=5, context=self._tls):
            pass

    @property
    def directory(self) -> str:
        """The URL of the ACME directory."""
        return f"https://127.0.0.1:{self._acme_port}/dir"

    def start(self) -> Pebble:
        self.dns.start()
        self.dns.wait_for_line("Starting management server")
        since = self.mark()
        super().start()
        self.wait_for_line("ACME directory available", since=since)
        for port in self._dns_port, self._management_port, self._acme_port:
            wait_until_open(port, connect=self._connect)
        return self

    @property
    def _connect(self) -> Callable[..., socket.socket]:
        """How its ports are reached."""
        if self.namespace:
            return self.namespace.connect
        return socket.create_connection

    def stop(self, timeout: float = PATIENCE) -> int | None:
        try:
            return super().stop(timeout)
        finally:
            self.dns.stop()

    def kill(self) -> None:
        super().kill()
        self.dns.kill()

    def restart(self) -> Pebble:
        """The same address, but a new CA that knows no account."""
        self.stop()
        return self.start()

    def close(self) -> None:
        super().close()
        self.dns.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def roots(self) -> list[str]:
        """The CA's roots as PEM, the default chain's first."""
        pems = []
        for number in range(1 + self.options.alternate_roots):
            with RawClient(("127.0.0.1", self._management_port),
                           name="localhost", tls=self._tls,
                           connect=self._connect) as client:
                answer = client.request("GET", f"/roots/{number}")
            assert answer.status == 200, answer
            pems.append(answer.body.decode())
        return pems

    def root_file(self) -> Path:
        """All of them in a file, to trust the certificates it issues."""
        path = self._directory / "roots.pem"
        path.write_text("".join(self.roots()))
        return path

    @property
    def new_orders(self) -> int:
        """Orders accepted so far."""
        return self.count(r"Added order ")

    @property
    def new_accounts(self) -> int:
        """Accounts made so far."""
        return self.count(r"There are now \d+ accounts in memory")

    @property
    def requests(self) -> int:
        """Requests of all kinds so far, refused ones too."""
        return self.count(r"-> calling handler\(\)")


class HeldValidation(ScriptedBackend):
    """What the CA asks of the gateway, held back until release().

    Then it waits until the gateway knows the answer.
    `with HeldValidation() as held, Pebble(http_port=held.port) as pebble:`
    """

    def __init__(self) -> None:
        super().__init__(self._relay)
        self._gateway: tuple[str, int] | None = None
        self._released = threading.Event()

    def release(self, http_port: int) -> None:
        """All questions go on, to the gateway at this port."""
        self._gateway = "127.0.0.1", http_port
        self._released.set()

    def _relay(self, connection: Connection) -> None:
        head = connection.read_head()
        self._released.wait(10)
        deadline = time.monotonic() + 5
        answer = b""
        while b" 200 " not in answer[:16] and time.monotonic() < deadline:
            select.select([], [], [], 0.01)
            with RawClient(self._gateway) as client:
                client.send(head)
                answer = client.read_to_end()
        connection.send(answer)


def _program(name: str, directory: Path | None) -> str:
    return str(directory / name) if directory else name


def _usage(program: str | Path) -> str:
    return subprocess.run(
        [program, "--help"], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=10, check=False).stdout


def _challtestsrv(program: str, dns_port: int, management_port: int
                  ) -> list[str]:
    """The command line; the DNS option was renamed in Pebble 2.10."""
    usage = _usage(program)
    off = [part for option in ("-http01", "-https01", "-tlsalpn01", "-doh")
           if f"  {option} " in usage for part in (option, "")]
    dns = "-dnsserver" if "  -dnsserver " in usage else "-dns01"
    return [program, dns, f"127.0.0.1:{dns_port}", *off,
            "-management", f"127.0.0.1:{management_port}",
            "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]
