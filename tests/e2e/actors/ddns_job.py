"""A job of dynamic DNS, with the test in the supervisor's place.

It runs in a namespace of the test, where the providers and name servers are
fakes and the machine has public addresses that nobody else sees.
"""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Iterator, NamedTuple

from .ddns import Providers, Request, credentials
from .ddns_providers import PROTOCOLS
from .dns import FIRST, RESOLVER, SECOND, NameServer
from .gateway import BUILD
from .line import Said, encode, heard, read_enum, run
from .netns import Namespace

PROGRAM = BUILD / "libexec/gatehouse/gatehouse-ddns"
SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
LOG_DEBUG = 3

KINDS = read_enum("ipc/ddns.h", "ddns_kind", "DDNS_")
FAILURES = read_enum("ipc/ddns.h", "ddns_failure", "DDNS_")
SOURCES = read_enum("config/ddns.h", "ddns_source", "DDNS_SOURCE_")
IPV4, IPV6, BOTH = 1, 2, 3
VISIBLE, INVISIBLE, UNASKED = 1, 0, 2


class Street(NamedTuple):
    """A network with providers and name servers; `wan` is its interface."""

    namespace: Namespace
    providers: Providers
    servers: tuple[NameServer, NameServer]
    resolver: NameServer

    def address(self, verb: str, address: str, *options: str) -> None:
        """verb: add, replace, del; address with its prefix length."""
        self.namespace.run("ip", "address", verb, address, "dev", "wan",
                           *(["nodad"] if ":" in address and verb != "del"
                             else []), *options)

    def reset(self, *addresses: str) -> None:
        """As at first, with these addresses."""
        self.providers.reset()
        self.namespace.run("ip", "address", "flush", "dev", "wan", "scope",
                           "global")
        for address in addresses:
            self.address("add", address)
        for server in self.servers:
            server.refuses = False
            server.asked.clear()


@contextlib.contextmanager
def street(namespace: Namespace, directory: Path, *, zones: tuple[str, ...],
           hosts: tuple[str, ...], **options) -> Iterator[Street]:
    """What is around a house, until the end of the `with`."""
    (directory / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
    namespace.run("mount", "--bind", directory / "resolv.conf",
                  "/etc/resolv.conf")
    namespace.run("sh", "-ec", """
        ip link add wan type veth peer name isp
        for link in wan isp; do
            ip link set $link addrgenmode none up
        done""")
    with Providers(namespace, directory, zones=zones, hosts=hosts,
                   protocols=PROTOCOLS, **options) as providers:
        namespace.run("mount", "--bind", providers.ca_file,
                      SYSTEM_AUTHORITIES)
        with NameServer(namespace, RESOLVER, providers.zone,
                        resolves=True) as resolver, \
                NameServer(namespace, FIRST, providers.zone) as first, \
                NameServer(namespace, SECOND, providers.zone) as second:
            yield Street(namespace, providers, (first, second), resolver)


class Outcome(Said):
    """What a job of dynamic DNS said, and how it ended."""

    def _last(self, kind: str) -> dict | None:
        return self.fields(kind)[-1] if self.fields(kind) else None

    def _one(self, kind: str, status: int) -> dict:
        values = self._last(kind)
        assert values is not None, f"{self.messages}\n{self.log}"
        assert self.messages[-1][0] == kind, self.messages
        assert self.status == status, f"{self.status}\n{self.log}"
        return values

    @property
    def found(self) -> dict:
        """What it knows of our addresses."""
        values = self._last("DDNS_FOUND")
        assert values is not None, f"{self.messages}\n{self.log}"
        return values

    @property
    def done(self) -> dict:
        return self._one("DDNS_DONE", 0)

    @property
    def failure(self) -> dict:
        return self._one("DDNS_FAILED", 1)

    @property
    def kind(self) -> str:
        """Of a failure: AGAIN, STOP or NOWHERE."""
        return list(FAILURES)[self.failure["kind"]]


class Job:
    """Runs jobs in a street, each with these fields if it says no other."""

    def __init__(self, where: Street, **fields) -> None:
        self.street = where
        self.patience = 20
        self.fields = {"uid": -1, "gid": -1, "log_level": LOG_DEBUG,
                       "listens": BOTH, **fields}

    def run(self, what: str = "UPDATE", **fields) -> Outcome:
        """One job to its end; sources are words of SOURCES."""
        values = {**self.fields, **fields}
        for name in "ipv4", "ipv6":
            values[name] = SOURCES[values.get(name, "NONE")]
        for name in "hosts", "services":
            if isinstance(values.get(name), (list, tuple)):
                values[name] = " ".join(values[name])
        seen: list[bytes] = []

        def talk(line: socket.socket, pid: int) -> list[tuple[str, dict]]:
            self.street.providers.watch = _watching(pid, seen)
            line.send(encode("DDNS_JOB", kind=KINDS[what], **values))
            return list(heard(line))

        said = run(self.street.namespace.enter([PROGRAM]), talk,
                   kind=Outcome, patience=self.patience)
        told = f"{said.log}\n{said.messages}\n{seen}"
        for secret in credentials():
            assert secret not in told, f"{secret} in {told}"
        return said


def _watching(pid: int, seen: list[bytes]):
    """While a provider is asked: what others see of the process."""
    def look(_request: Request) -> None:
        for file in "cmdline", "environ":
            with contextlib.suppress(OSError):
                seen.append(Path(f"/proc/{pid}/{file}").read_bytes())
    return look
