"""The gateway under test: gatehoused with a configuration of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator, Sequence

from . import PATIENCE
from .client import RawClient
from .netns import Namespace
from .proc import memory
from .process import Process
from .sockets import descriptors, established

REPOSITORY = Path(__file__).resolve().parents[3]
BUILD = REPOSITORY / os.environ.get("GATEHOUSE_BUILD", "build/release")

# What the gateway logs when it has reached these states.
READY = r"ready: \d+ listeners"
CERTIFICATE = r"certificate for .* is in service: serial (?P<serial>\w+)"
SANITIZER = r"ERROR: \w+Sanitizer|runtime error:"

NO_CA = "https://127.0.0.1:1/dir"   # nobody is there: no test asks a real CA


def gateway_config(state_dir: str | Path, *, forward: str, http_port: int,
                   https_port: int, host: str = "gw.test",
                   address: str = "127.0.0.1", directory: str = NO_CA,
                   ca_file: str | Path | None = None,
                   email: str | None = None, workers: int = 2,
                   challenge: str | None = None, extra: str = "") -> str:
    """A configuration with one Gateway section; `extra` goes before it."""
    acme = [f'    Directory "{directory}"']
    if ca_file:
        acme.append(f'    CAFile "{ca_file}"')
    if email:
        acme.append(f'    Email "{email}"')
    if challenge:
        acme.append(f"    Challenge {challenge}")
    return "\n".join([
        f'StateDir "{state_dir}"',
        f"Workers {workers}",
        extra.rstrip(),
        "ACME",
        *acme,
        "End",
        f'Gateway "{host}"',
        f'    Forward "{forward}"',
        f'    Address "{address}"',
        f"    Port {http_port}",
        f"    HTTPSPort {https_port}",
        "End",
        ""])


class Gateway(Process):
    """gatehoused in the foreground, with a directory for its files.

    The directory's name is short, for UNIX sockets are made in it.
    """

    def __init__(self, *, build: Path = BUILD, file: Path | None = None,
                 options: Sequence[str | Path] = (),
                 namespace: Namespace | None = None) -> None:
        self.directory = Path(tempfile.mkdtemp(
            prefix="gh-", dir=tempfile.tempdir or "/tmp"))
        self.file = file or self.directory / "gatehouse.conf"
        self.state_dir = self.directory / "state"
        self._command = build / "bin/gatehouse"
        super().__init__(
            "gatehoused",
            [build / "sbin/gatehoused", "-f", self.file, *options],
            namespace=namespace)

    def configure(self, text: str) -> Gateway:
        """Write the configuration; a running gateway needs a reload()."""
        self.file.write_text(text)
        return self

    def start_ready(self, timeout: float = PATIENCE) -> Gateway:
        """Start it and wait until it serves."""
        since = self.mark()
        self.start()
        self.wait_ready(timeout, since=since)
        return self

    def wait_ready(self, timeout: float = PATIENCE, *, since: int = 0) -> None:
        self.wait_for_line(READY, timeout, since=since)

    def wait_certificate(self, timeout: float = PATIENCE, *, since: int = 0
                         ) -> re.Match[str]:
        """Wait until every worker serves a certificate of the CA."""
        return self.wait_for_line(CERTIFICATE, timeout, since=since)

    def stop(self, timeout: float = PATIENCE) -> int | None:
        """SIGTERM: it must exit 0, as the last of its processes.

        No sanitizer may have complained.
        """
        status = super().stop(timeout)
        if status not in (0, None):
            raise self.error(f"exit status {status}")
        if self.stragglers:
            raise self.error(f"ended before {', '.join(self.stragglers)}")
        if self.count(SANITIZER):
            raise self.error("a sanitizer report")
        return status

    def close(self) -> None:
        super().close()
        shutil.rmtree(self.directory, ignore_errors=True)

    # The command people type

    def run(self, *args: str, timeout: float = 30
            ) -> subprocess.CompletedProcess[str]:
        """gatehouse with these arguments, to its end."""
        argv = [str(self._command), *args]
        if self.namespace:
            argv = self.namespace.enter(argv)
        return subprocess.run(argv, stdout=subprocess.PIPE, timeout=timeout,
                              stderr=subprocess.PIPE, text=True, check=False)

    def run_checked(self, *args: str) -> str:
        """The same, to success; its output."""
        done = self.run(*args)
        if done.returncode != 0:
            raise self.error(f"gatehouse {' '.join(args)}: exit status "
                             f"{done.returncode}: {done.stderr}")
        return done.stdout

    def reload(self) -> str:
        return self.run_checked("reload", "-f", str(self.file))

    def status(self) -> dict:
        return json.loads(
            self.run_checked("status", "--json", "-f", str(self.file)))

    # Its processes

    def pids(self) -> dict[str, list[int]]:
        """Process ids by role: supervisor, proxy, monitor, acme …"""
        roles: dict[str, list[int]] = {"supervisor": [self.pid]}
        for pid in self._descendants(self.pid):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue    # it ended meanwhile
            name = os.path.basename(command.split(b"\0")[0].decode())
            roles.setdefault(name.removeprefix("gatehouse-"), []).append(pid)
        return roles

    def assert_supervisor_alone_knows(self, secret: str) -> None:
        """No other role has it in memory; nobody in what `ps` shows."""
        raw = secret.encode()
        looked_at = set()
        for role, pids in self.pids().items():
            for pid in pids:
                with contextlib.suppress(FileNotFoundError,
                                         ProcessLookupError):
                    seen = [Path(f"/proc/{pid}/{name}").read_bytes()
                            for name in ("cmdline", "environ")]
                    assert not any(raw in part for part in seen)
                    knows = any(raw in part for part in memory(pid))
                    assert knows == (role == "supervisor"), role
                    looked_at.add(role)
        assert {"proxy", "monitor", "supervisor"} <= looked_at

    def _descendants(self, pid: int) -> Iterator[int]:
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        except OSError:
            return
        for child in map(int, children.split()):
            yield child
            yield from self._descendants(child)

    def worker_of(self, client: RawClient) -> int:
        """The process that has accepted a connection."""
        port = client.sock.getpeername()[1]
        ours = client.sock.getsockname()[1]
        socket = established(self.pid, port)[ours]
        return next(pid for pid in self.pids()["proxy"]
                    if socket in descriptors(pid))

    def rss(self) -> dict[int, int]:
        """Resident bytes of each process."""
        return self._memory("status", "VmRSS")

    def pss(self) -> dict[int, int]:
        """Bytes of each process, shared pages counted by share."""
        return self._memory("smaps_rollup", "Pss")

    def _memory(self, file: str, field: str) -> dict[int, int]:
        sizes = {}
        for pid in sum(self.pids().values(), []):
            try:
                text = Path(f"/proc/{pid}/{file}").read_text()
            except OSError:
                continue
            if match := re.search(rf"^{field}:\s+(\d+) kB", text, re.M):
                sizes[pid] = int(match[1]) * 1024
        return sizes

    # Its clients

    def client(self, port: int, **options) -> RawClient:
        """A connection to one of its ports, from where it lives."""
        if self.namespace:
            options.setdefault("connect", self.namespace.connect)
        return RawClient(("127.0.0.1", port), **options)
