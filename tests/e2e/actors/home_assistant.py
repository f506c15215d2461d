"""The stand-in Home Assistant as a process, and a client of its WebSocket."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from . import PATIENCE
from .client import RawClient, WebSocket
from .netns import Namespace
from .ports import free_port
from .process import Process

PROGRAM = Path(__file__).parent.parent / "fake_ha.py"
TOKEN = "long-lived-token"


class HomeAssistant(Process):
    """fake_ha.py; after stop() it starts again at the same port."""

    def __init__(self, *options: str, host: str = "127.0.0.1",
                 port: int | None = None,
                 namespace: Namespace | None = None) -> None:
        self.host = host
        self.port = port or free_port()
        super().__init__("home assistant", [
            sys.executable, PROGRAM, "--host", host, "--port", str(self.port),
            "--token", TOKEN, *options], namespace=namespace)

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def start(self) -> HomeAssistant:
        since = self.mark()
        super().start()
        self.wait_for_line("listening on http", since=since)
        return self

    def client(self, **options) -> RawClient:
        """A connection without a gateway between."""
        return RawClient((self.host, self.port), **options)

    def counters(self) -> dict[str, int]:
        """connections, requests (so far); active, streams, websockets."""
        return self.wait_counters()

    def wait_counters(self, timeout: float = PATIENCE, **wanted: int
                      ) -> dict[str, int]:
        """Wait until these counters have these values."""
        query = urllib.parse.urlencode({"timeout": timeout, **wanted})
        try:
            with urllib.request.urlopen(
                    f"{self.url}/api/counters?{query}",
                    timeout=timeout + 5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise self.error(f"counters are {error.read().decode()}, "
                                 f"not {wanted}") from None


class HomeAssistantSocket(WebSocket):
    """A WebSocket of Home Assistant's API, logged in."""

    def __init__(self, client: RawClient, *, token: str = TOKEN,
                 **options) -> None:
        super().__init__(client, **options)
        self._last_id = 0
        self.events: list[dict] = []
        self._expect("auth_required")
        self.send_json({"type": "auth", "access_token": token})
        self._expect("auth_ok")

    def _expect(self, kind: str) -> None:
        message = self.receive_json()
        assert message["type"] == kind, message

    def call(self, kind: str, **arguments) -> dict:
        """Send a command; its answer. Events on the way are kept."""
        self._last_id += 1
        self.send_json({"id": self._last_id, "type": kind, **arguments})
        while True:
            message = self.receive_json()
            if message["type"] != "event":
                assert message["id"] == self._last_id, message
                return message
            self.events.append(message["event"])

    def next_event(self) -> dict:
        if not self.events:
            message = self.receive_json()
            assert message["type"] == "event", message
            self.events.append(message["event"])
        return self.events.pop(0)
