"""A backend that does what the test says, byte by byte.

Each connection gets a thread that runs a behaviour: a function of a
Connection. Every byte received is kept, so that a test can see what a
gateway really forwarded.
"""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
import time
from pathlib import Path
from typing import Callable

from . import PATIENCE
from .ports import free_port

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Ended(Exception):
    """The peer ended the connection; the behaviour has no more to do."""


class Connection:
    """One accepted connection, in the thread that serves it."""

    def __init__(self, backend: ScriptedBackend, sock: socket.socket) -> None:
        self.received = bytearray()     # everything, from the first byte
        self.ended = False              # the peer closed or reset it
        self._backend = backend
        self._sock = sock
        self._unread = bytearray()

    def receive(self) -> bytes:
        """The next bytes; b"" at the end of the connection."""
        if not self._unread:
            self._fill()
        data = bytes(self._unread)
        self._unread.clear()
        return data

    def _fill(self) -> bool:
        try:
            data = self._sock.recv(65536)
        except ConnectionResetError:
            data = b""
        with self._backend.changed:
            self.received += data
            self.ended = not data
            self._backend.changed.notify_all()
        self._unread += data
        return bool(data)

    def _take(self, length: int) -> bytes:
        while len(self._unread) < length:
            if not self._fill():
                raise Ended
        data = bytes(self._unread[:length])
        del self._unread[:length]
        return data

    def read_head(self) -> bytes:
        """The next request's head, with its empty line."""
        while (end := self._unread.find(b"\r\n\r\n")) < 0:
            if not self._fill():
                raise Ended
        return self._take(end + 4)

    def read_request(self) -> tuple[bytes, bytes]:
        """The next request: its head, and its body as framed on the wire."""
        head = self.read_head()
        if re.search(rb"\r\ntransfer-encoding: *chunked\r\n", head, re.I):
            return head, self._read_chunks()
        length = re.search(rb"\r\ncontent-length: *([0-9]+)\r\n", head, re.I)
        return head, self._take(int(length[1])) if length else b""

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            line = self._read_line()
            body += line
            if size := int(line, 16):
                body += self._take(size + 2)
                continue
            while (line := self._read_line()) != b"\r\n":
                body += line
            return bytes(body + line)

    def _read_line(self) -> bytes:
        while (end := self._unread.find(b"\r\n")) < 0:
            if not self._fill():
                raise Ended
        return self._take(end + 2)

    def read_to_end(self) -> None:
        """Wait until the peer ends the connection."""
        while self.receive():
            pass

    def send(self, data: bytes) -> None:
        try:
            self._sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            raise Ended from None

    def finish_sending(self) -> None:
        """Send a FIN; receiving goes on."""
        self._sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """End it with a TCP reset."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack("ii", 1, 0))
        self._sock.close()

    def close(self) -> None:
        self._sock.close()

    def interrupt(self) -> None:
        """From another thread: whatever it waits for is over."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass    # closed already


Behaviour = Callable[[Connection], None]


def answer(response: bytes = OK) -> Behaviour:
    """The same response to every request, on a connection kept alive."""
    def behave(connection: Connection) -> None:
        while True:
            connection.read_request()
            connection.send(response)
    return behave


class ScriptedBackend:
    """Accepts connections and lets `behaviour` serve them.

    The behaviour may be exchanged at any time, for connections to come. If
    one fails, stop() raises what it raised.
    """

    def __init__(self, behaviour: Behaviour | None = None, *,
                 listener: socket.socket | None = None) -> None:
        self.behaviour = behaviour or answer()
        self.changed = threading.Condition()
        self.connections: list[Connection] = []
        self._listener = listener
        self._threads: list[threading.Thread] = []
        self._failure: BaseException | None = None
        self._stopping = False
        self.port = (listener.getsockname()[1] if listener else free_port())

    def __enter__(self) -> ScriptedBackend:
        return self.start()

    def __exit__(self, *_exc) -> None:
        self.stop()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> ScriptedBackend:
        """Listen, and again after a stop() at the same port."""
        self._stopping = False
        if self._listener is None:
            self._listener = socket.create_server(
                ("127.0.0.1", self.port), backlog=512)
        self._run(self._accept)
        return self

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._listener is None:
            return
        with self.changed:
            self._stopping = True
            open_ones = list(self.connections)
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in open_ones:
            connection.interrupt()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()
        self._listener = None
        self._threads.clear()
        failure, self._failure = self._failure, None
        if failure:
            raise failure

    def _run(self, target: Callable, *args) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _peer = self._listener.accept()
            except OSError:
                return  # stop() shut it down
            connection = Connection(self, sock)
            with self.changed:
                if self._stopping:
                    sock.close()
                    return
                self.connections.append(connection)
                self._run(self._serve, connection)
                self.changed.notify_all()

    def _serve(self, connection: Connection) -> None:
        try:
            self.behaviour(connection)
        except Ended:
            pass
        except Exception as failure:
            if not self._stopping:
                self._failure = failure
        finally:
            connection.close()

    def wait_until(self, condition: Callable[[], bool],
                   timeout: float = PATIENCE) -> None:
        """Wait for something about `connections`, e.g. that one ended."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, f"not so within {timeout:g} s: {self}"
                self.changed.wait(left)

    def wait_for_connections(self, count: int,
                             timeout: float = PATIENCE) -> None:
        self.wait_until(lambda: len(self.connections) >= count, timeout)

    def received(self) -> list[bytes]:
        """What each connection has brought so far."""
        with self.changed:
            return [bytes(connection.received)
                    for connection in self.connections]

    def received_since(self, before: list[bytes]) -> list[bytes]:
        """The same, without what received() said before and what is empty."""
        now = self.received()
        before = before + [b""] * (len(now) - len(before))
        return [new[len(old):] for old, new in zip(before, now)
                if len(new) > len(old)]

    def __repr__(self) -> str:
        return f"ScriptedBackend(received={self.received()})"


class SecureBackend(ScriptedBackend):
    """A scripted backend behind TLS."""

    def __init__(self, chain: Path, key: Path) -> None:
        super().__init__()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain, key)
        self.context.set_alpn_protocols(["h2", "http/1.1"])
        self.context.sni_callback = self._note_name
        self.names: list[str | None] = []
        self.protocols: list[str | None] = []

    def _note_name(self, _sock, name: str | None, _context) -> None:
        self.names.append(name)

    def _serve(self, connection: Connection) -> None:
        try:
            connection._sock = self.context.wrap_socket(
                connection._sock, server_side=True)
            self.protocols.append(connection._sock.selected_alpn_protocol())
        except OSError:
            connection.close()
            return
        super()._serve(connection)
