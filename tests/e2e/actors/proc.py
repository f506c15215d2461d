"""Who has a socket or a pipe open, as /proc tells."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator, NamedTuple


class Holder(NamedTuple):
    """A process; its pidfd is open until the next one is asked for."""

    pidfd: int
    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"


def holders(links: set[str]) -> Iterator[Holder]:
    """Who holds any of these, named as links of /proc/PID/fd name them."""
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:
            continue    # gone meanwhile
        try:
            if any(_link(fd) in links for fd in (process / "fd").iterdir()):
                name = (process / "comm").read_text().strip()
                yield Holder(pidfd, pid, name)
        except OSError:
            pass    # not ours to see, or gone meanwhile
        finally:
            os.close(pidfd)


def _link(path: Path) -> str | None:
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return None     # closed meanwhile
