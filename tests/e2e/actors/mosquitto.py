"""Mosquitto, a real MQTT broker, and whoever listens to all that it is told.

What is retained there and what Home Assistant would make of it can be asked
for as Home Assistant sees it: by topic, the last one counting.
"""

from __future__ import annotations

import datetime
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Callable

import jinja2.sandbox

from .ports import free_port
from .process import Process

LOGIN = "gatehouse"
PASSWORD = "correct horse battery"
_WATCHER = ("watcher", "of all topics")

_ENVIRONMENT = jinja2.sandbox.ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined)


class Mosquitto(Process):
    """The broker, for two users; with a certificate, over TLS."""

    def __init__(self, *, tls: tuple[Path, Path] | None = None,
                 ca_file: Path | None = None) -> None:
        self.port = free_port()
        self.ca_file = ca_file
        self.directory = Path(tempfile.mkdtemp(prefix="mqtt-"))
        passwords = self.directory / "passwords"
        passwords.touch(0o600)
        for user, password in (LOGIN, PASSWORD), _WATCHER:
            subprocess.run(
                ["mosquitto_passwd", "-b", passwords, user, password],
                check=True, capture_output=True)
        lines = [f"listener {self.port} 127.0.0.1", "user root",
                 "allow_anonymous false", f"password_file {passwords}",
                 "log_dest stderr", "log_type all", "connection_messages true"]
        if tls:
            lines += [f"certfile {tls[0]}", f"keyfile {tls[1]}"]
        file = self.directory / "mosquitto.conf"
        file.write_text("\n".join(lines) + "\n")
        super().__init__("mosquitto", ["mosquitto", "-c", file])

    def start(self) -> Mosquitto:
        since = self.mark()
        super().start()
        self.wait_for_line(r"mosquitto version .* running", since=since)
        return self

    def close(self) -> None:
        super().close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def publish(self, topic: str, payload: str) -> None:
        """Retained, by a program of somebody else."""
        user, password = _WATCHER
        subprocess.run(
            ["mosquitto_pub", "-p", str(self.port), "-u", user, "-P", password,
             "-q", "1", "-r", "-t", topic, "-m", payload], check=True)

    def watcher(self) -> Watcher:
        return Watcher(self)


class Watcher(Process):
    """A subscriber to everything; knows what is retained by now."""

    def __init__(self, broker: Mosquitto) -> None:
        user, password = _WATCHER
        tls = ["--cafile", broker.ca_file] if broker.ca_file else []
        super().__init__("mosquitto_sub", [
            "stdbuf", "-oL", "mosquitto_sub", "-h", "localhost" if tls else "127.0.0.1",
            "-p", str(broker.port), "-u", user, "-P", password, *tls,
            "-d", "-q", "1", "-t", "#", "-F", "told %t %p"])

    def start(self) -> Watcher:
        super().start()
        self.wait_for_line("received SUBACK")
        return self

    def topics(self) -> dict[str, str]:
        """Those that are not empty."""
        found: dict[str, str] = {}
        for line in self.read_lines(0, 0):
            if line.text.startswith("told "):
                _told, topic, payload = line.text.split(" ", 2)
                found[topic] = payload
        return {topic: text for topic, text in found.items() if text}

    def configs(self) -> dict[str, dict]:
        """What is discovered, by the name of the entity."""
        found = {}
        for topic, payload in self.topics().items():
            if topic.endswith("/config"):
                config = json.loads(payload)
                assert config["name"] not in found
                found[config["name"]] = config
        return found

    def entities(self) -> dict[str, tuple[str, dict]]:
        """State and attributes of each, as Home Assistant renders them."""
        topics = self.topics()
        found = {}
        for name, config in self.configs().items():
            text = topics.get(config["state_topic"])
            if text is None:
                continue
            shown = {
                key: _ENVIRONMENT.from_string(config[key]).render(
                    value_json=json.loads(text))
                for key in ("value_template", "json_attributes_template")}
            found[name] = (shown["value_template"],
                           json.loads(shown["json_attributes_template"]))
        return found

    def wait_until(self, condition: Callable[[], bool],
                   timeout: float = 30) -> None:
        """Asks again with each message that comes."""
        deadline = time.monotonic() + timeout
        while True:
            since = self.mark()
            if condition():
                return
            if not self.read_lines(since, deadline - time.monotonic()):
                raise self.error(f"not so: {self.entities()}")

    def wait_state(self, name: str, state: str, timeout: float = 30) -> dict:
        """Until the entity is so; its attributes."""
        self.wait_until(
            lambda: self.entities().get(name, (None,))[0] == state, timeout)
        return self.entities()[name][1]


def moment(text: str) -> float:
    """Seconds since the epoch, of a time as Home Assistant takes it."""
    when = datetime.datetime.fromisoformat(text)
    assert when.tzinfo is not None
    return when.timestamp()
