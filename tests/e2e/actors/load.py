"""Clients that use a gateway all the time, and what they have met.

Each is a thread that waits for its own answers, and a little between two of
them. The first thing that goes wrong ends a client and is kept, with when it
was and what had happened() shortly before.
"""

from __future__ import annotations

import collections
import os
import threading
import time
from typing import Callable, Iterator

from . import PATIENCE
from .client import RawClient
from .home_assistant import HomeAssistantSocket

# How long a long test takes.
SOAK_SECONDS = int(os.environ.get("SOAK_SECONDS", 1800))

Open = Callable[[], RawClient]
Steps = Iterator[None]


class Load:
    """`with Load() as load`: at its end every client must have been well."""

    def __init__(self, pause: float = 0.1) -> None:
        self.pause = pause      # seconds between two steps of a client
        self.done: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []
        self._clients: list[threading.Thread] = []
        self._events: list[str] = []    # what the test has done meanwhile
        self._started = time.monotonic()
        self._begun = 0         # clients that have made a step
        self._changed = threading.Condition()
        self._over = threading.Event()

    def __enter__(self) -> Load:
        return self

    def __exit__(self, kind, *_exc) -> None:
        self._over.set()
        for client in self._clients:
            client.join(30)
        if kind is None:
            self.check()

    def check(self) -> None:
        """Nothing has gone wrong so far."""
        assert not self.failures, (
            f"{len(self.failures)} of {len(self._clients)} clients failed "
            f"(done: {dict(self.done)}):\n" + "\n".join(self.failures[:5]))

    def happened(self, what: str) -> None:
        """Something that may matter if a client fails."""
        with self._changed:
            self._events.append(f"{self._now():.1f} s: {what}")

    def _now(self) -> float:
        return time.monotonic() - self._started

    def add(self, steps: Callable[[], Steps], count: int = 1,
            kind: str = "client") -> None:
        """Start clients: generators, one step between two `yield`s.

        Returns when each has made its first step.
        """
        for _ in range(count):
            client = threading.Thread(
                target=self._run, args=(kind, steps()), daemon=True)
            self._clients.append(client)
            client.start()
        with self._changed:
            assert self._changed.wait_for(
                lambda: self.failures or self._begun == len(self._clients),
                30), f"{self._begun} of {len(self._clients)} clients began"
        self.check()

    def _run(self, kind: str, steps: Steps) -> None:
        since = time.monotonic()
        try:
            for number, _ in enumerate(steps):
                if number == 0:
                    self._note(begun=1)
                if self._over.wait(self.pause):
                    break
                since = time.monotonic()
        except Exception as failure:
            self._note(failure=f"{self._now():.1f} s: {kind}: "
                       f"{type(failure).__name__} after "
                       f"{time.monotonic() - since:.2f} s: {failure}")
        finally:
            steps.close()

    def _note(self, begun: int = 0, failure: str | None = None) -> None:
        with self._changed:
            self._begun += begun
            if failure:
                self.failures.append("\n  ".join(
                    [failure, *self._events[-3:]]))
            self._changed.notify_all()

    def count(self, what: str) -> None:
        with self._changed:
            self.done[what] += 1
            self._changed.notify_all()

    def wait_more(self, *kinds: str, count: int = 1, timeout: float = PATIENCE
                  ) -> None:
        """Wait until so many more steps of each kind have been made."""
        with self._changed:
            wanted = {kind: self.done[kind] + count for kind in kinds}
            assert self._changed.wait_for(
                lambda: self.failures or all(
                    self.done[kind] >= wanted[kind] for kind in kinds),
                timeout), f"{self.done} after {timeout:g} s, not {wanted}"
        self.check()

    def go_on(self, seconds: float) -> None:
        """Wait so long; a failure ends it at once."""
        with self._changed:
            self._changed.wait_for(lambda: self.failures, seconds)
        self.check()

    # The kinds of clients

    def keep_alive(self, connect: Open, count: int, *,
                   target: str = "/manifest.json", status: int = 200
                   ) -> None:
        """Requests on one connection, until the gateway says "close"."""
        def steps() -> Steps:
            while True:
                with connect() as client:
                    self.count("connections")
                    closing = False
                    while not closing:
                        response = client.request("GET", target)
                        assert response.status == status, response
                        self.count("requests")
                        closing = response.header("Connection") == "close"
                        yield
                    client.expect_end()
        self.add(steps, count, f"keep-alive {target}")

    def new_connections(self, connect: Open, count: int, *,
                        target: str = "/manifest.json") -> None:
        """A connection for each request."""
        def steps() -> Steps:
            while True:
                with connect() as client:
                    response = client.request("GET", target)
                    assert response.status == 200, response
                self.count("handshakes")
                yield
        self.add(steps, count, "new connection")

    def websockets(self, connect: Open, count: int) -> None:
        """Logged-in WebSockets that are never to end."""
        def steps() -> Steps:
            with HomeAssistantSocket(connect()) as socket:
                while True:
                    socket.ping(b"frame")
                    assert socket.call("ping")["type"] == "pong"
                    self.count("pongs")
                    yield
        self.add(steps, count, "websocket")
