"""A gateway that tells its status over HTTP."""

from __future__ import annotations

import json
import select
import time
from typing import Callable, TypeVar

from . import PATIENCE
from .client import RawClient, Response
from .front import Front, native
from .openmetrics import CONTENT_TYPE, Metrics, parse
from .ports import free_port

T = TypeVar("T")


def wait_for(ask: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """Ask until the answer is what is wanted."""
    deadline = time.monotonic() + PATIENCE
    while not wanted(answer := ask()):
        assert time.monotonic() < deadline, answer
        select.select([], [], [], 0.02)
    return answer


class Watched(Front):
    """A gateway with a Status section of these lines."""

    def __init__(self, forward: str, lines: str = "", **options) -> None:
        self.status_port = free_port()
        self.status_lines = lines
        super().__init__(
            lambda front: native(forward, extra=self.section(), **options)(
                front))

    def section(self) -> str:
        return f"Status\nPort {self.status_port}\n{self.status_lines}\nEnd"

    def ask(self, path: str, *, method: str = "GET",
            host: str = "localhost") -> Response:
        with RawClient(("127.0.0.1", self.status_port),
                       name=host) as client:
            return client.request(method, path)

    def metrics(self) -> Metrics:
        answer = self.ask("/metrics")
        assert answer.status == 200
        assert answer.header("Content-Type") == CONTENT_TYPE
        return parse(answer.body.decode("ascii"))

    def status_json(self) -> dict:
        answer = self.ask("/status.json")
        assert answer.header("Content-Type") == "application/json"
        return json.loads(answer.body)

    def events(self) -> list[dict]:
        """But for those of certificates, which come when they please."""
        return [event for event in self.status_json()["events"]
                if not event["kind"].startswith("certificate")]

    def eventually(self, wanted: Callable[[Metrics], bool]) -> Metrics:
        """The figures, once they are so: a worker counts what it has done,
        and it has answered before."""
        return wait_for(self.metrics, wanted)

    def reload(self) -> str:
        """Until the monitor that brought the answer is gone: it still holds
        the socket, and may take a connection."""
        def monitors() -> list[int]:
            return self.pids().get("monitor", [])

        old = wait_for(monitors, bool)
        said = super().reload()
        wait_for(monitors, lambda pids: not set(old) & set(pids))
        return said
