"""A browser without a window, spoken to in the DevTools protocol.

Over a pair of pipes, one JSON object after another, each ended by a NUL: no
port, no library. Whatever the page complains of is kept.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROGRAMS = "chromium", "chromium-browser", "google-chrome"
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--remote-debugging-pipe", "about:blank")

# The browser reads from 3 and writes to 4: copies above them come first, so
# that neither takes the place of the other.
EXEC = """
import fcntl, os, sys
pipes = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3]]
for fd, pipe in zip((3, 4), pipes):
    os.dup2(pipe, fd)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Chromium:
    """One browser with one page. Use it in a `with`."""

    def __init__(self) -> None:
        program = next(filter(None, map(shutil.which, PROGRAMS)))
        self.directory = tempfile.mkdtemp(prefix="gh-browser-")
        read, self._write = os.pipe()
        self._read, write = os.pipe()
        self._child = subprocess.Popen(
            [sys.executable, "-c", EXEC, str(read), str(write), program,
             f"--user-data-dir={self.directory}", *FLAGS],
            pass_fds=(read, write), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        os.close(read)
        os.close(write)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict] = []    # of the page, not yet waited for
        self.complaints: list[str] = []
        self.answers: dict[str, bytes] = {}     # by the path asked for

    def __enter__(self) -> Chromium:
        try:
            target = next(each for each in self.ask("Target.getTargets")[
                "targetInfos"] if each["type"] == "page")
            self._session = self.ask(
                "Target.attachToTarget", targetId=target["targetId"],
                flatten=True)["sessionId"]
            for domain in "Page", "Runtime", "Log", "Network":
                self.ask(f"{domain}.enable")
            return self
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._write)
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        os.close(self._read)
        shutil.rmtree(self.directory, ignore_errors=True)

    # The protocol

    def _receive(self, deadline: float) -> dict:
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._read], [], [], max(0, left))
            assert ready, "the browser says nothing"
            some = os.read(self._read, 1 << 20)
            assert some, "the browser has ended"
            self._buffer += some
        line, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(line)

    def _send(self, method: str, params: dict) -> int:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        return self._number

    def _note(self, event: dict) -> None:
        params = event["params"]
        if event["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif event["method"] == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif event["method"] == "Runtime.consoleAPICalled":
            self.complaints.append(str(params["args"]))
        elif event["method"] == "Fetch.requestPaused":
            self._answer(params)
        else:
            self.events.append(event)

    def _answer(self, paused: dict) -> None:
        path = "/" + paused["request"]["url"].split("/", 3)[3]
        body = self.answers[path]
        self._send("Fetch.fulfillRequest", {
            "requestId": paused["requestId"], "responseCode": 200,
            "responseHeaders": [
                {"name": "Content-Type", "value": "application/json"}],
            "body": base64.b64encode(body).decode()})

    def ask(self, method: str, *, timeout: float = 30, **params) -> dict:
        number = self._send(method, params)
        deadline = time.monotonic() + timeout
        while True:
            message = self._receive(deadline)
            if message.get("id") == number:
                assert "error" not in message, message["error"]
                return message["result"]
            if "method" in message:
                self._note(message)

    # The page

    def answer(self, path: str, body: bytes) -> None:
        """From now on the page gets this, whatever the server would say."""
        self.answers[path] = body
        self.ask("Fetch.enable", patterns=[
            {"urlPattern": f"*{each}"} for each in self.answers])

    def answer_no_more(self) -> None:
        self.answers.clear()
        self.ask("Fetch.disable")

    def look(self, width: int, height: int, *, dark: bool = False) -> None:
        """The size of the window, and what its owner likes."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width,
                 height=height, deviceScaleFactor=1, mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme",
             "value": "dark" if dark else "light"}])

    def script(self, on: bool) -> None:
        self.ask("Emulation.setScriptExecutionDisabled", value=not on)

    def visit(self, url: str) -> None:
        """Until all of it is there."""
        assert "errorText" not in self.ask("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && "
                  f"location.href === {json.dumps(url)}")

    def evaluate(self, expression: str) -> Any:
        done = self.ask("Runtime.evaluate", expression=expression,
                        returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait(self, expression: str, timeout: float = 20) -> Any:
        """Until it is true; its value."""
        deadline = time.monotonic() + timeout
        while not (value := self.evaluate(expression)):
            assert time.monotonic() < deadline, (
                expression, self.text(), self.complaints)
            select.select([], [], [], 0.05)
        return value

    def text(self) -> str:
        return self.evaluate("document.body.innerText")

    def screenshot(self, path: Path) -> None:
        """The whole page."""
        done = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(done["data"]))
