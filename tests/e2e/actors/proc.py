"""Other processes: who has what open, and whether they end."""

from __future__ import annotations

import os
import select
import time
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple


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


def all_end(pidfds: Iterable[int], timeout: float) -> bool:
    """Whether all of these processes end in time. Closes the descriptors."""
    deadline = time.monotonic() + timeout
    pidfds = list(pidfds)
    try:
        return all(
            select.select([fd], [], [], max(0, deadline - time.monotonic()))[0]
            for fd in pidfds)
    finally:
        for fd in pidfds:
            os.close(fd)


def memory(pid: int) -> Iterator[bytes]:
    """What a process can read and write of its own."""
    with open(f"/proc/{pid}/mem", "rb", 0) as file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, mode, *_rest = line.split()
            start, end = (int(part, 16) for part in span.split("-"))
            # a sanitizer's map of the memory is larger than the memory
            if mode[0] != "r" or "[v" in line or end - start > 2**30:
                continue
            try:
                file.seek(start)
                yield file.read(end - start)
            except OSError:
                continue
