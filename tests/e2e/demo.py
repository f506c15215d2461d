#!/usr/bin/python3
"""See the gateway do its main job, on this machine alone: `make run`.

Starts Pebble as the certificate authority, a stand-in Home Assistant and
Gatehouse; shows how the certificate is obtained; uses the result once and
says how to use it. Ctrl-C ends what was started here and nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sys
import tempfile
import threading
import time
from typing import Callable, Iterator

from actors.client import RawClient, tls_context
from actors.gateway import (BUILD, CERTIFICATE, READY, Gateway,
                            gateway_config)
from actors.home_assistant import TOKEN, HomeAssistant, HomeAssistantSocket
from actors.pebble import Pebble
from actors.ports import holder_of, is_free
from actors.process import ActorError

HOST = "home.localhost"     # browsers and curl know: this machine
PATIENCE = 30               # seconds for a step of the gateway
LOG_LINE = re.compile(r"(?P<program>[\w-]+)\[\d+\]: (?P<level>\w+): "
                      r"(?P<text>.*)")


class Terminal:
    """Plain lines, with a little colour where there is a terminal."""

    def __init__(self) -> None:
        self._colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._began = time.monotonic()

    def _style(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text

    def title(self, text: str) -> None:
        print(f"\n{self._style('1', text)}\n", flush=True)

    def done(self, what: str, how: str) -> None:
        """Something has happened; with the seconds since the start."""
        passed = f"{time.monotonic() - self._began:5.2f} s"
        print(f"  {self._style('32', 'ok')} {self._style('2', passed)}  "
              f"{what:<15} {how}", flush=True)

    def fact(self, name: str, value: str) -> None:
        print(f"  {name:<12} {value}", flush=True)

    def detail(self, text: str) -> None:
        print(f"{'':32}{text}", flush=True)

    def log(self, line: str) -> None:
        """A line of the gateway's log."""
        match = LOG_LINE.match(line)
        text = f"{match['program']}: {match['text']}" if match else line
        loud = not match or match["level"] in ("warning", "error")
        print(f"{'':15}{self._style('33' if loud else '2', text)}",
              flush=True)

    def failure(self, text: str) -> None:
        print(f"\n{self._style('31', 'Failed:')} {text}", file=sys.stderr,
              flush=True)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Gatehouse on this machine")
    parser.add_argument("--http-port", type=int, default=8080)
    parser.add_argument("--https-port", type=int, default=8443)
    parser.add_argument("--once", action="store_true",
                        help="end when everything has been shown")
    return parser.parse_args()


class Demo:
    """The actors and the story."""

    def __init__(self, options: argparse.Namespace, say: Terminal,
                 stack: contextlib.ExitStack) -> None:
        self.options = options
        self.say = say
        self.stack = stack
        self.gateway = stack.enter_context(contextlib.closing(Gateway()))
        self.shown = 0      # lines of its log
        self.interrupted = False
        self.origin = f"https://{HOST}:{options.https_port}"

    def tell(self) -> None:
        self.say.title("Gatehouse, a Home Assistant stand-in and a test CA "
                       "on this machine")
        for step in (self.start_others, self.start_gateway,
                     self.show_certificate, self.use_it, self.explain):
            self.stop_if_interrupted()
            step()

    def interrupt(self) -> None:
        """From another thread: the user has seen enough."""
        self.interrupted = True
        self.gateway.end_waiting()

    def stop_if_interrupted(self) -> None:
        if self.interrupted:
            raise KeyboardInterrupt

    def start_others(self) -> None:
        ports = self.options.http_port, self.options.https_port
        for port in ports:
            if not is_free(port):
                raise ActorError(f"port {port} is taken by "
                                 f"{holder_of(port) or 'another program'}")
        if not (BUILD / "sbin/gatehoused").exists():
            raise ActorError(f"{BUILD}/sbin/gatehoused has not been built")
        self.pebble = self.stack.enter_context(Pebble(http_port=ports[0]))
        self.say.done("Test CA", f"Pebble at {self.pebble.directory}")
        self.backend = self.stack.enter_context(HomeAssistant())
        self.say.done("Home Assistant", f"a stand-in at {self.backend.url}")

    def start_gateway(self) -> None:
        ports = self.options.http_port, self.options.https_port
        self.root = self.gateway.directory / "ca.pem"
        self.root.write_bytes(self.pebble.root_file().read_bytes())
        self.tls = tls_context(self.root)
        self.gateway.configure(gateway_config(
            self.gateway.state_dir, host=HOST, forward=self.backend.address,
            http_port=ports[0], https_port=ports[1],
            directory=self.pebble.directory, ca_file=self.pebble.ca_file))
        self.gateway.start()
        self.follow_until(READY)
        self.say.done("Gatehouse", f"serves ports {ports[0]} and {ports[1]},"
                      " still with a certificate of its own")

    def follow_until(self, pattern: str) -> None:
        """Show the gateway's log until it says this."""
        deadline = time.monotonic() + PATIENCE
        while lines := self.gateway.read_lines(
                self.shown, deadline - time.monotonic()):
            for line in lines:
                self.say.log(line.text)
                self.shown += 1
                if re.search(pattern, line.text):
                    return
        self.stop_if_interrupted()
        raise self.gateway.error(f"did not get there within {PATIENCE} s")

    def show_certificate(self) -> None:
        """Until the CA's certificate is being served; then look at it."""
        self.follow_until(CERTIFICATE)
        with self.connect() as client:
            certificate = client.sock.getpeercert()
        issuer = dict(pair for name in certificate["issuer"] for pair in name)
        names = [name for _kind, name in certificate["subjectAltName"]]
        self.say.done("Certificate", f"for {', '.join(names)}, verified")
        self.say.detail(f"issued by  {issuer['commonName']}")
        self.say.detail(f"serial     {certificate['serialNumber'].lower()}")
        self.say.detail(f"valid to   {certificate['notAfter']}")

    def connect(self) -> RawClient:
        return RawClient(("127.0.0.1", self.options.https_port),
                         tls=self.tls, name=HOST)

    def use_it(self) -> None:
        """One request of each kind, checked."""
        authority = f"{HOST}:{self.options.https_port}"
        with self.connect() as client:
            response = client.request("GET", "/api/echo", host=authority,
                                      headers=[("X-Forwarded-For", "6.6.6.6")])
        seen = response.json() if response.status == 200 else {}
        if (seen.get("remote"), seen.get("scheme")) != ("127.0.0.1", "https"):
            raise ActorError(f"HTTPS through the gateway: {response}")
        self.say.done("HTTPS", "a request that claimed to come from 6.6.6.6 "
                      f"arrived as from {seen['remote']}")
        with HomeAssistantSocket(self.connect(), host=authority) as socket:
            began = time.monotonic()
            socket.call("ping")
            took = (time.monotonic() - began) * 1000
        self.say.done("WebSocket", f"logged in, ping answered in {took:.1f} "
                      "ms")
        with RawClient(("127.0.0.1", self.options.http_port)) as client:
            response = client.request("GET", "/lovelace?x=1", host=HOST)
        location = response.header("Location")
        if location != f"{self.origin}/lovelace?x=1":
            raise ActorError(f"HTTP is not redirected to HTTPS: {response}")
        self.say.done("HTTP", f"{response.status} to {location}")

    def explain(self) -> None:
        self.say.title("Try it")
        self.say.fact("Command line", f"curl --cacert {self.root} --resolve "
                      f"{HOST}:{self.options.https_port}:127.0.0.1 "
                      f"{self.origin}/manifest.json")
        self.say.fact("Browser", f"{self.origin}/  (it does not know the test "
                      "CA and will ask)")
        self.say.fact("WebSocket", f"wss{self.origin[5:]}/api/websocket  "
                      f"(token {TOKEN})")
        self.say.fact("Stream", f"{self.origin}/api/camera_proxy_stream/demo")
        self.say.fact("Status", f"{BUILD}/bin/gatehouse status -f "
                      f"{self.gateway.file}")

    def follow(self) -> None:
        """Show the gateway's log for as long as it runs."""
        self.say.title("Running; Ctrl-C ends it. The log goes on:")
        while lines := self.gateway.read_lines(self.shown):
            for line in lines:
                self.say.log(line.text)
            self.shown += len(lines)
        self.stop_if_interrupted()
        raise self.gateway.error("ended by itself")


@contextlib.contextmanager
def interruption(act: Callable[[], None]) -> Iterator[None]:
    """While inside, Ctrl-C and SIGTERM lead to one call, in a thread of its
    own: an exception out of a handler could meet a lock half taken."""
    hears, tells = os.pipe()
    os.set_blocking(tells, False)

    def wait() -> None:
        if os.read(hears, 1):
            act()

    waiting = threading.Thread(target=wait)
    signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    for number in signal.SIGINT, signal.SIGTERM:
        signal.signal(number, lambda *_: None)
    waiting.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(-1)
        os.close(tells)
        waiting.join()
        os.close(hears)


def main() -> int:
    """0: shown, or ended by the user; 1: something failed."""
    options = parse_options()
    say = Terminal()
    try:
        with (tempfile.TemporaryDirectory(prefix="gh-", dir="/tmp") as files,
              contextlib.ExitStack() as stack):
            tempfile.tempdir = files    # every actor's files are in there
            demo = Demo(options, say, stack)
            with (interruption(demo.interrupt),
                  contextlib.suppress(KeyboardInterrupt)):
                demo.tell()
                if not options.once:
                    demo.follow()
            demo.gateway.stop()
    except (ActorError, OSError) as failure:
        say.failure(str(failure))
        return 1
    say.title("Ended; nothing is left behind.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
