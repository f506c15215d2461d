"""Name servers in a namespace of the test: a resolver, and two of a zone.

TXT records are files of a directory, with the name of the record and a value
in each line, so that a hook publishes by writing one.
"""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass, field
from pathlib import Path

from .netns import Namespace

A, NS, CNAME, SOA, TXT, AAAA, CAA = 1, 2, 5, 6, 16, 28, 257
RESOLVER, FIRST, SECOND = "127.0.0.53", "127.0.0.2", "127.0.0.3"
REFUSED = 5
TRUNCATED = 0x0200
ANSWER = 0x8480     # a response, from an authority, recursion available


def wire_name(text: str) -> bytes:
    labels = text.split(".") if text else []
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in labels) + b"\0"


def _question(query: bytes) -> tuple[str, int, int]:
    """The name, lower case, the type, and where the question ends."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind = struct.unpack_from("!H", query, at + 1)[0]
    return ".".join(labels).lower(), kind, at + 5


@dataclass
class Zone:
    """What there is: every name of `zones` has two servers."""

    directory: Path
    zones: tuple[str, ...] = ("test",)
    aliases: dict[str, str] = field(default_factory=dict)

    def find(self, name: str, kind: int) -> list[tuple[str, int, bytes]]:
        if name in self.aliases and kind != CNAME:
            alias = name, CNAME, wire_name(self.aliases[name])
            return [alias, *self.find(self.aliases[name], kind)]
        if name in self.aliases:
            return [(name, CNAME, wire_name(self.aliases[name]))]
        if kind == NS and name in self.zones:
            return [(name, NS, wire_name(f"ns{n}.servers.test"))
                    for n in (1, 2)]
        if kind == A:
            address = {"ns1.servers.test": FIRST, "ns2.servers.test": SECOND
                       }.get(name, "127.0.0.1")
            return [(name, A, socket.inet_aton(address))]
        if kind == TXT:
            return [(name, TXT, bytes([len(text)]) + text)
                    for text in self.texts(name)]
        return []

    def texts(self, name: str) -> list[bytes]:
        try:
            return (self.directory / name).read_bytes().splitlines()
        except OSError:
            return []


class NameServer:
    """Answers at port 53 of an address of the namespace, by UDP and TCP."""

    def __init__(self, namespace: Namespace, address: str, zone: Zone,
                 resolves: bool = False) -> None:
        self.zone = zone
        self.late = 0           # questions for TXT to know nothing about yet
        self.truncates = False  # UDP has no room for an answer
        self.refuses = False
        self.asked: list[tuple[str, str, int]] = []     # transport, name, type
        self._resolves = resolves
        self._udp = namespace.socket(kind=socket.SOCK_DGRAM)
        self._udp.bind((address, 53))
        self._tcp = namespace.socket()
        self._tcp.bind((address, 53))
        self._tcp.listen(16)
        self._threads = [threading.Thread(target=serve, daemon=True)
                         for serve in (self._serve_udp, self._serve_tcp)]

    def __enter__(self) -> NameServer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc) -> None:
        for sock in self._udp, self._tcp:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass    # UDP: not connected, but woken up
        for thread in self._threads:
            thread.join(5)
        for sock in self._udp, self._tcp:
            sock.close()

    def _serve_udp(self) -> None:
        while True:
            query, peer = self._udp.recvfrom(4096)
            if len(query) < 17:
                return
            self._udp.sendto(self._answer(query, "udp"), peer)

    def _serve_tcp(self) -> None:
        while True:
            try:
                connection = self._tcp.accept()[0]
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                while size := stream.read(2):
                    query = stream.read(struct.unpack("!H", size)[0])
                    answer = self._answer(query, "tcp")
                    connection.sendall(
                        struct.pack("!H", len(answer)) + answer)

    def _answer(self, query: bytes, transport: str) -> bytes:
        name, kind, end = _question(query)
        self.asked.append((transport, name, kind))
        flags, found = ANSWER, self.zone.find(name, kind)
        assert self._resolves or not query[2] & 1, "recursion desired"
        if self.refuses:
            flags, found = flags | REFUSED, []
        elif kind == TXT and self.late > 0:
            self.late -= 1
            found = []
        elif self.truncates and transport == "udp":
            flags, found = flags | TRUNCATED, []
        records = b"".join(
            wire_name(owner) + struct.pack("!HHIH", what, 1, 0, len(data))
            + data
            for owner, what, data in found)
        return query[:2] + struct.pack(
            "!HHHHH", flags, 1, len(found), 0, 0) + query[12:end] + records
