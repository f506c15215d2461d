"""Which process holds which connection, as /proc tells it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


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


def established(pid: int, port: int) -> dict[int, str]:
    """The connections at a port, where this process lives.

    The port of the peer -> the socket, as descriptors() names it.
    """
    found = {}
    for row in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = row.split()
        local, peer = (int(fields[n].partition(":")[2], 16) for n in (1, 2))
        if fields[3] == "01" and local == port:
            found[peer] = f"socket:[{fields[9]}]"
    return found
