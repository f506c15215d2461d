"""Home Assistant's own JavaScript client, run by Node.js.

Its packages are installed once, by npm into build/node.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

from . import PATIENCE
from .gateway import REPOSITORY
from .process import Process

SOURCE = Path(__file__).parent.parent
DIRECTORY = REPOSITORY / "build/node"
FILES = ("package.json", "package-lock.json")
SCRIPT = "ha_client.mjs"


def install() -> Path:
    """The directory with node_modules, as package-lock.json says."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    wanted = b"".join((SOURCE / name).read_bytes() for name in FILES)
    with open(DIRECTORY / "installed", "a+b") as stamp:
        fcntl.flock(stamp, fcntl.LOCK_EX)
        stamp.seek(0)
        if stamp.read() != wanted:
            for name in FILES:
                shutil.copy(SOURCE / name, DIRECTORY)
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
                 "--loglevel=error"], cwd=DIRECTORY, check=True, timeout=120)
            stamp.truncate(0)
            stamp.write(wanted)
        shutil.copy(SOURCE / SCRIPT, DIRECTORY)
    return DIRECTORY


class HomeAssistantClient(Process):
    """home-assistant-js-websocket, logged in at a URL.

    The connection goes to 127.0.0.1 whatever the name in the URL is.
    """

    def __init__(self, url: str, token: str, *,
                 ca_file: str | Path | None = None) -> None:
        super().__init__(
            "home-assistant-js-websocket",
            ["node", install() / SCRIPT, url, token],
            env={"NODE_EXTRA_CA_CERTS": str(ca_file)} if ca_file else {})

    def wait_event(self, name: str, timeout: float = PATIENCE, *,
                   since: int = 0) -> dict:
        """Wait for "ready", "disconnected", "event", "pong" …"""
        match = self.wait_for_line(
            rf'^(\{{"event":"{name}".*)$', timeout, since=since)
        return json.loads(match[1])

    def command(self, command: str, answer: str) -> dict:
        """Say "ping", "subscribe" or "close"; wait for its answer."""
        since = self.mark()
        self.send_line(command)
        return self.wait_event(answer, since=since)

    @property
    def disconnects(self) -> int:
        return self.count('^{"event":"disconnected"')
