"""Which process holds which connection, as /proc tells it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Iterator


def descriptors(pid: int) -> set[str]:
    """What the descriptors of a process are: paths, "socket:[inode]" …

    What is closed meanwhile may be missing, and all of it once it has ended.
    """
    found = set()
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for number in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                found.add(os.readlink(f"/proc/{pid}/fd/{number}"))
    return found


LISTENING = "0A"


def established(pid: int, port: int) -> dict[int, str]:
    """The connections at a port, where this process lives.

    The port of the peer -> the socket, as descriptors() names it.
    """
    return {peer: socket for local, peer, state, socket in _table(pid)
            if state == "01" and local == port}


def accepted(pid: int, *ports: int) -> set[str]:
    """What a process holds that came in at these ports, in any state."""
    return descriptors(pid) & {
        socket for local, _, state, socket in _table(pid)
        if state != LISTENING and local in ports}


def _table(pid: int) -> Iterator[tuple[int, int, str, str]]:
    """Local port, port of the peer, state and socket of each connection."""
    for row in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = row.split()
        local, peer = (int(fields[n].partition(":")[2], 16) for n in (1, 2))
        yield local, peer, fields[3], f"socket:[{fields[9]}]"
