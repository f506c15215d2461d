"""A job of dynamic DNS, with the test in the supervisor's place.

It runs in a namespace of the test, where the providers and name servers are
fakes and the machine has public addresses that nobody else sees.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator, NamedTuple

from .acme_job import CHILD_FD, MESSAGE_MAX, decode, encode
from .ddns import Providers, Request, credentials
from .ddns_providers import PROTOCOLS
from .dns import FIRST, RESOLVER, SECOND, NameServer
from .gateway import BUILD, REPOSITORY, SANITIZER
from .netns import Namespace

PROGRAM = BUILD / "libexec/gatehouse/gatehouse-ddns"
SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
LOG_DEBUG = 3


def _read_enum(header: str, name: str, prefix: str) -> dict[str, int]:
    """The words of an enum without their prefix, and their numbers."""
    text = (REPOSITORY / "include" / header).read_text()
    body = re.search(rf"enum {name} \{{(.*?)\}};", text, re.S)[1]
    return {word: number for number, word in enumerate(
        re.findall(rf"^\t{prefix}(\w+)", body, re.M))}


KINDS = _read_enum("ipc/ddns.h", "ddns_kind", "DDNS_")
FAILURES = _read_enum("ipc/ddns.h", "ddns_failure", "DDNS_")
SOURCES = _read_enum("config/ddns.h", "ddns_source", "DDNS_SOURCE_")
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


@dataclass
class Outcome:
    """What a job said, and how it ended."""

    status: int
    log: str
    messages: list[tuple[str, dict]] = field(default_factory=list)

    def _last(self, kind: str) -> dict | None:
        found = [values for name, values in self.messages if name == kind]
        return found[-1] if found else None

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
        line, theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.settimeout(self.patience)
        seen: list[bytes] = []
        with tempfile.TemporaryFile() as log, line:
            with theirs:
                pid = self._start(theirs.fileno(), log.fileno())
            self.street.providers.watch = _watching(pid, seen)
            try:
                line.send(encode("DDNS_JOB", kind=KINDS[what], **values))
                messages = []
                while data := line.recv(MESSAGE_MAX):
                    messages.append(decode(data))
            except BaseException:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                raise
            line.close()
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            log.seek(0)
            text = log.read().decode()
        assert not re.search(SANITIZER, text), text
        told = f"{text}\n{messages}\n{seen}"
        for secret in credentials():
            assert secret not in told, f"{secret} in {told}"
        return Outcome(status, text, messages)

    def _start(self, line: int, log: int) -> int:
        argv = self.street.namespace.enter([PROGRAM])
        return os.posix_spawnp(
            argv[0], argv, dict(os.environ), file_actions=[
                (os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2),
                (os.POSIX_SPAWN_DUP2, line, CHILD_FD)])


def _watching(pid: int, seen: list[bytes]):
    """While a provider is asked: what others see of the process."""
    def look(_request: Request) -> None:
        for file in "cmdline", "environ":
            with contextlib.suppress(OSError):
                seen.append(Path(f"/proc/{pid}/{file}").read_bytes())
    return look
