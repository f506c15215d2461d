"""Half an hour of everything at once: `make soak`.

Clients of every kind, good and bad, while a backend restarts, certificates are
renewed and the configuration is read again. No good request may fail. In the
second half there are no reloads, so that workers grow old: their memory must
not grow, nor the number of their descriptors.

SOAK_SECONDS=120 in the environment makes it shorter. SEED=N repeats the sizes
and the moments that are left to chance. A failure says when it was, which kind
of client met it, and what the test had just done to the gateway.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import select
import statistics
import threading
import time
from typing import Callable, Iterator

import pytest

from actors.client import BadResponse, RawClient
from actors.front import NAME, Front
from actors.gateway import CERTIFICATE, gateway_config
from actors.home_assistant import HomeAssistant, HomeAssistantSocket
from actors.load import SOAK_SECONDS as SECONDS, Load
from actors.pebble import Pebble
from actors.sockets import descriptors
from fake_ha import pattern_pieces

RESTLESS = "restless.test"
VALIDITY = 60           # seconds of a certificate, renewed at half of it
CYCLE = 6               # seconds between two disturbances
GROWTH = 4 << 20        # bytes, over the second half
SPARE = 8               # descriptors: what a worker may keep for later
POOL_IDLE = 40          # seconds until idle connections to backends are closed
WARMED_UP = 0.2         # of the second half, after the last reload

Connect = Callable[[], RawClient]
Steps = Iterator[None]


class Clients:
    """The kinds that are not in Load. Each is a generator of steps."""

    def __init__(self, connect: Connect, load: Load, rng: random.Random
                 ) -> None:
        self._connect = connect
        self._load = load
        self._rng = rng

    def uploads(self) -> Steps:
        """Bodies of any size, with a length or in chunks."""
        while True:
            size = self._rng.randrange(1 << 21)
            chunked = self._rng.random() < 0.5
            digest = hashlib.sha256()
            with self._connect() as client:
                client.send_request("POST", "/api/backup/upload", headers=[
                    ("Transfer-Encoding", "chunked") if chunked
                    else ("Content-Length", str(size))])
                for piece in pattern_pieces(0, size):
                    digest.update(piece)
                    client.send(b"%x\r\n%b\r\n" % (len(piece), piece)
                                if chunked else piece)
                if chunked:
                    client.send(b"0\r\n\r\n")
                assert client.read_response().json() == {
                    "length": size, "sha256": digest.hexdigest()}
            self._load.count("uploads")
            yield

    def downloads(self) -> Steps:
        while True:
            size = self._rng.randrange(1 << 22)
            framing = self._rng.choice(["length", "chunked", "close"])
            with self._connect() as client:
                response = client.request(
                    "GET", f"/api/download?size={size}&framing={framing}")
                assert response.status == 200, response
                assert response.body == b"".join(pattern_pieces(0, size))
            self._load.count("downloads")
            yield

    def streams(self) -> Steps:
        """Cameras that somebody watches for a while."""
        while True:
            with self._connect() as client:
                client.send_request(
                    "GET", "/api/camera_proxy_stream/door?rate=20")
                head = client.read_head()
                assert head.status == 200, head
                pieces = client.pieces(head)
                for _ in range(self._rng.randrange(10, 100)):
                    assert next(pieces)
            self._load.count("streams")
            yield

    def sockets(self) -> Steps:
        """WebSockets that outlive a reload, but not every one."""
        while True:
            with HomeAssistantSocket(self._connect()) as socket:
                for _ in range(self._rng.randrange(20, 150)):
                    assert socket.call("ping")["type"] == "pong"
                    self._load.count("pongs")
                    yield
                socket.close()

    def slow_ones(self) -> Steps:
        """A request that comes in pieces, a response that is read slowly."""
        request = (f"GET /api/download?size=300000 HTTP/1.1\r\n"
                   f"Host: {NAME}\r\n\r\n").encode()
        while True:
            with self._connect() as client:
                for start in range(0, len(request), 5):
                    client.send(request[start:start + 5])
                    yield
                head = client.read_head()
                assert head.status == 200, head
                for _ in client.pieces(head):
                    yield
            self._load.count("slow")

    def aborts(self) -> Steps:
        """Whoever leaves in the middle, in one way or another."""
        while True:
            with self._connect() as client:
                what = self._rng.randrange(5)
                if what == 0:
                    client.send(b"GET /api/ec")
                elif what == 1:
                    client.send_request("POST", "/api/backup/upload", headers=[
                        ("Content-Length", "1000000")])
                    client.send(bytes(self._rng.randrange(500_000)))
                elif what == 2:
                    client.send_request("GET", "/api/download?size=4000000")
                    client.read_head()
                elif what == 3:
                    HomeAssistantSocket(client).send_frame(1, b"{", False)
                else:
                    client.send_request("GET", "/api/stream")
                    client.read_head()
                yield
                if self._rng.random() < 0.5:
                    client.reset()
            self._load.count("aborts")

    def stalls(self) -> Steps:
        """Half a head, and then nothing until the gateway has enough."""
        while True:
            with self._connect() as client:
                client.sock.settimeout(15)
                client.send(b"GET / HTTP/1.1\r\nHost: ")
                yield
                assert client.read_response().status == 408
                client.expect_end()
            self._load.count("stalls")

    def visitors(self, away: threading.Event) -> Steps:
        """Of the restless backend: served, or told at once that it is away."""
        while True:
            began, excused = time.monotonic(), away.is_set()
            with self._connect() as client:
                try:
                    status = client.request("GET", "/manifest.json").status
                except BadResponse:
                    status = 502    # the backend ended within its answer
            assert status == 200 or status in (502, 503) and (
                excused or away.is_set()), status
            assert time.monotonic() - began < 5
            self._load.count("served" if status == 200 else "away")
            yield


def configuration(front: Front, pebble: Pebble, steady: HomeAssistant,
                  restless: HomeAssistant) -> str:
    """Two names on the same ports, each with its certificate."""
    text = gateway_config(
        front.state_dir, forward=steady.address, host=NAME,
        http_port=front.http_port, https_port=front.https_port,
        directory=pebble.directory, ca_file=pebble.ca_file)
    section = text[text.index(f'Gateway "{NAME}"'):]
    return "LogLevel 0\n" + text + section.replace(NAME, RESTLESS).replace(
        steady.address, restless.address)


def begin(front: Front, load: Load, rng: random.Random,
          away: threading.Event) -> None:
    """Everybody, at the same time."""
    good = Clients(front.https, load, rng)
    load.keep_alive(front.https, 10)
    load.keep_alive(front.http, 2, target="/x", status=301)
    load.new_connections(front.https, 2)
    for steps, count in [(good.uploads, 2), (good.downloads, 2),
                         (good.streams, 2), (good.sockets, 5),
                         (good.slow_ones, 2), (good.aborts, 3)]:
        load.add(steps, count, steps.__name__)
    for connect in front.http, front.https:
        load.add(Clients(connect, load, rng).stalls, 1, "stalls")
    guests = Clients(lambda: front.https(name=RESTLESS), load, rng)
    load.add(lambda: guests.visitors(away), 2, "visitors")


def restart(backend: HomeAssistant, load: Load, away: threading.Event
            ) -> None:
    """Away long enough to be missed; back, it is visited within seconds."""
    load.happened("the restless backend ends")
    away.set()
    backend.stop()
    load.wait_more("away", timeout=5)
    backend.start()
    load.happened("the restless backend is back")
    load.wait_more("served", count=5, timeout=5)
    away.clear()


def reload(front: Front, load: Load) -> None:
    load.happened("a reload")
    front.reload()
    load.happened("the reload has been answered")


def trend(samples: list[tuple[float, int]]) -> float:
    """By how much it grows from the first to the last, noise set aside."""
    times, sizes = zip(*samples)
    slope, _ = statistics.linear_regression(times, sizes)
    return slope * (times[-1] - times[0])


def counted(pid: int) -> int:
    return len(descriptors(pid))


def wait_few_descriptors(limits: dict[int, int]) -> None:
    deadline = time.monotonic() + POOL_IDLE
    while more := {pid: (counted(pid), limit) for pid, limit in limits.items()
                   if counted(pid) > limit}:
        assert time.monotonic() < deadline, (
            f"descriptors are left open, pid: (has, may have) {more}")
        select.select([], [], [], 0.5)


@pytest.mark.soak
@pytest.mark.skipif(os.geteuid() != 0, reason="looks into the processes")
@pytest.mark.timeout(SECONDS + 300)
def test_soak(make_gateway, home_assistant):
    seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
    print(f"SEED={seed} SOAK_SECONDS={SECONDS}")
    rng = random.Random(seed)
    with Pebble(validity=VALIDITY) as pebble, HomeAssistant() as restless:
        front = make_gateway(Front, lambda front: configuration(
            front, pebble, home_assistant, restless),
            http_port=pebble.http_port).start_ready()
        for name in NAME, RESTLESS:
            front.wait_for_line(f"certificate for {name} is in service", 20)
        at_rest = {role: max(map(counted, pids))
                   for role, pids in front.pids().items()}
        samples: dict[int, list[tuple[float, int]]] = {}
        with Load(pause=0.05) as load:
            away = threading.Event()
            begin(front, load, rng, away)
            start = time.monotonic()
            middle, end = start + SECONDS / 2, start + SECONDS
            while time.monotonic() < middle:
                load.wait_more("requests", count=50, timeout=20)
                if rng.random() < 0.5:
                    reload(front, load)
                else:
                    restart(restless, load, away)
                load.go_on(CYCLE)
            reload(front, load)
            workers = sorted(row["pid"] for row in front.status()["workers"]
                             if row["state"] == "serving")
            load.go_on((end - middle) * WARMED_UP)
            while time.monotonic() < end:
                restart(restless, load, away)
                load.go_on(CYCLE)
                for pid, size in front.rss().items():
                    samples.setdefault(pid, []).append(
                        (time.monotonic(), size))
        report(front, load, samples)
        roles = front.pids()
        assert sorted(roles["proxy"]) == workers, "a worker has ended"
        wait_few_descriptors({
            pid: at_rest[role] + SPARE
            for role, pids in roles.items() for pid in pids
            if role in at_rest})
        lasting = [front.pid, *roles["monitor"], *workers]
        grown = {pid: int(trend(samples[pid])) for pid in lasting}
        assert max(grown.values()) < GROWTH, (
            f"bytes by which each process grew: {grown}; roles: {roles}; "
            f"samples: {samples}")
        assert front.count(CERTIFICATE) >= SECONDS // VALIDITY
        assert front.stop() == 0


def report(front: Front, load: Load,
           samples: dict[int, list[tuple[float, int]]]) -> None:
    """What was done, for whoever reads the output of a long run."""
    print(json.dumps({
        "done": dict(load.done), "certificates": front.count(CERTIFICATE),
        "KiB, first and last of the second half": {
            pid: [sizes[0][1] >> 10, sizes[-1][1] >> 10]
            for pid, sizes in samples.items()}}, indent=1))
