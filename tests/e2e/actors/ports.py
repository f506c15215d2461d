"""TCP ports of this machine, given by the kernel and kept for long.

A port that is found free and let go can be taken by anybody before the
actor binds it. So the socket that found it stays bound, never listens, and
permits sharing: servers may bind the port at any time and as often as they
like, while the kernel gives it to nobody else. It is bound to all addresses:
clients of other tests come from some that only they use, and a server that
wants all of them would find the port taken there. Of so many that a test
long ago had one, the oldest go: a process has only so many descriptors.
"""

from __future__ import annotations

import collections
import select
import socket
import time
from pathlib import Path
from typing import Callable

from . import PATIENCE
from .proc import holders

_held: collections.deque[socket.socket] = collections.deque(maxlen=256)


def free_port() -> int:
    """A port that is ours until its module has long ended."""
    dual = socket.has_dualstack_ipv6()
    holder = socket.socket(socket.AF_INET6 if dual else socket.AF_INET)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if dual:
        holder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    holder.bind(("", 0))
    _held.append(holder)
    return holder.getsockname()[1]


def free_ports(count: int) -> list[int]:
    """Several of them, all different."""
    return [free_port() for _ in range(count)]


def wait_until_open(port: int, timeout: float = PATIENCE,
                    address: str = "127.0.0.1", *,
                    connect: Callable[..., socket.socket]
                    = socket.create_connection) -> None:
    """Wait for a server that says "listening" shortly before it listens.

    The kernel tells nobody that a port was opened, so this one asks again.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            connect((address, port), timeout).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            select.select([], [], [], 0.002)


def is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Whether a server could bind this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def holder_of(port: int) -> str | None:
    """Who listens on a TCP port, as "name (pid N)", if it can be known."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    return next(map(str, holders(inodes)), None)
