"""Bodies larger than memory, and readers that do not read."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import select
import subprocess
import threading
import time
from pathlib import Path
from typing import IO

import pytest

from actors.backend import Connection, ScriptedBackend
from actors.front import NAME, Front, pound, until_quiet
from fake_ha import pattern_pieces

SIZE = 3_000_000_000
GROWTH = 8 << 20            # bytes that any process may grow by
READERS, EACH = 50, 16 << 20


def peaks(front: Front) -> dict[int, int]:
    """The most memory that each process ever had."""
    return {pid: int(re.search(
        r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M
        )[1]) * 1024 for pid in front.rss()}


def curl(front: Front, path: str, *options: str, **pipes
         ) -> subprocess.Popen[bytes]:
    """curl, which is faster than any client here; in the background."""
    return subprocess.Popen(
        ["curl", "--silent", "--show-error", "--fail", "--cacert",
         front.authority.ca_file, "--resolve",
         f"{NAME}:{front.https_port}:127.0.0.1", *options,
         f"https://{NAME}:{front.https_port}{path}"],
        stdout=subprocess.PIPE, **pipes)


def write_pattern(target: IO[bytes], length: int) -> str:
    """Write the bytes of a download of this length; their digest."""
    digest = hashlib.sha256()
    with target:
        for piece in pattern_pieces(0, length):
            target.write(piece)
            digest.update(piece)
    return digest.hexdigest()


def digest_of(source: IO[bytes]) -> str:
    done = subprocess.run(["sha256sum"], stdin=source, timeout=120,
                          stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()[0]


@pytest.mark.release
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_three_gigabytes_each_way(make_gateway, home_assistant):
    front = make_gateway(Front, pound(home_assistant.address))
    front.start_ready()
    front.status()      # by then every process has come up
    before = front.rss()
    with curl(front, "/api/backup/upload", "--request", "POST",
              "--upload-file", "-", stdin=subprocess.PIPE) as upload:
        digest = write_pattern(upload.stdin, SIZE)
        assert json.load(upload.stdout) == {"length": SIZE, "sha256": digest}
    with curl(front, f"/api/download?size={SIZE}") as download:
        assert digest_of(download.stdout) == digest
    assert (upload.returncode, download.returncode) == (0, 0)
    after = peaks(front)
    assert after.keys() == before.keys()
    for pid in before:
        assert after[pid] - before[pid] < GROWTH, (before, after)


class Generous(ScriptedBackend):
    """Answers with EACH bytes, as fast as they are taken."""

    def __init__(self) -> None:
        super().__init__(self.give)
        self.given = 0
        self._lock = threading.Lock()

    def give(self, connection: Connection) -> None:
        connection.read_head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
                        % EACH)
        for piece in pattern_pieces(0, EACH):
            connection.send(piece)
            with self._lock:
                self.given += len(piece)


@pytest.mark.release
def test_fifty_readers_that_stall(make_gateway):
    with Generous() as backend:
        front = make_gateway(Front, pound(backend.address)).start_ready()
        front.status()
        before = front.rss()
        with contextlib.ExitStack() as clients:
            bodies = []
            for _ in range(READERS):
                client = clients.enter_context(front.https())
                client.send_request("GET", "/")
                head = client.read_head()
                assert head.status == 200
                bodies.append(client.pieces(head))
            assert until_quiet(lambda: backend.given) < READERS * EACH
            worker, = front.pids()["proxy"]
            assert front.rss()[worker] - before[worker] <= GROWTH
            assert sum(map(len, bodies[0])) == EACH
            assert sum(map(len, bodies[-1])) == EACH


@pytest.mark.release
def test_memory_of_clients_that_have_gone_is_given_back(make_gateway, backend):
    front = make_gateway(Front, pound(backend.address)).start_ready()
    worker, = front.pids()["proxy"]
    with front.https() as client:
        client.request("GET", "/")      # what the first one needs stays
    before = front.rss()[worker]
    with contextlib.ExitStack() as clients:
        for _ in range(400):
            client = clients.enter_context(front.https())
            assert client.request("GET", "/").status == 200
        grown = front.rss()[worker] - before
    deadline = time.monotonic() + 15
    while (kept := front.rss()[worker] - before) > grown / 3:
        assert time.monotonic() < deadline, (kept, grown)
        select.select([], [], [], 0.1)
