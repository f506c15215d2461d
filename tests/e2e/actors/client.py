"""Raw clients: what is sent is exactly what the test says.

RawClient speaks bytes over TCP or TLS and reads responses by the letter of
RFC 9112: what a tolerant client would overlook is a BadResponse here.
WebSocket is RFC 6455 on top of it, as strict.
"""

from __future__ import annotations

import _ssl
import base64
import contextlib
import ctypes
import hashlib
import json
import os
import re
import socket
import ssl
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Iterator

from cryptography import x509

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2}) "
                         rb"([\t -~\x80-\xff]*)")
FIELD_LINE = re.compile(
    rb"(" + TOKEN + rb"):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")
MAX_LINE = 128 * 1024

Headers = Iterable[tuple[str, str]]


@contextlib.contextmanager
def _errors_forgotten() -> Iterator[None]:
    """Python 3.13 leaves the error of a connection in OpenSSL's queue, where
    it becomes that of the next one: python/cpython#148594.
    """
    try:
        yield
    except OSError:
        ctypes.CDLL(_ssl.__file__).ERR_clear_error()
        raise


class BadResponse(AssertionError):
    """The peer broke the protocol, or its response is truncated."""


@dataclass
class Response:
    """One response; field names keep their case and order."""

    version: str
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    trailers: list[tuple[str, str]] = field(default_factory=list)
    interim: list[Response] = field(default_factory=list)   # the 1xx before

    def all(self, name: str) -> list[str]:
        """The values of every field with this name."""
        return [value for field_name, value in self.headers
                if field_name.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The value of a field that may be there once."""
        values = self.all(name)
        if len(values) > 1:
            raise BadResponse(f"{name} is repeated: {values}")
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)


def tls_context(ca_file: str | Path | None = None, *,
                minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
                maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
                ciphers: str | None = None,
                alpn: Iterable[str] = ()) -> ssl.SSLContext:
    """A client's TLS settings; without a CA file anybody is trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file:
        context.load_verify_locations(ca_file)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if maximum in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        context.set_ciphers("ALL:@SECLEVEL=0")  # else it offers nothing
    if ciphers:
        context.set_ciphers(ciphers)
    context.minimum_version = minimum
    context.maximum_version = maximum
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


class RawClient:
    """One connection. Every wait is bounded by `timeout` seconds."""

    def __init__(self, address: tuple[str, int], *,
                 tls: ssl.SSLContext | None = None, name: str | None = None,
                 session: ssl.SSLSession | None = None, timeout: float = 10,
                 connect: Callable[..., socket.socket]
                 = socket.create_connection) -> None:
        self.name = name or "%s:%d" % address[:2]
        self.sock = connect(address, timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            try:
                self.sock = tls.wrap_socket(
                    self.sock, server_hostname=name, session=session,
                    suppress_ragged_eofs=False)
            except Exception:
                self.sock.close()
                raise
        self._buffer = bytearray()
        self._eof = False

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    def finish_sending(self) -> None:
        """Send a FIN (under TLS without close_notify); receiving goes on."""
        socket.socket.shutdown(self.sock, socket.SHUT_WR)

    # Certificates

    def peer_certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.sock.getpeercert(True))

    def peer_serial(self) -> int:
        return self.peer_certificate().serial_number

    # Bytes

    def send(self, data: bytes) -> None:
        with _errors_forgotten():
            self.sock.sendall(data)

    @property
    def leftover(self) -> bytes:
        """What has been received and not read."""
        return bytes(self._buffer)

    def _fill(self) -> bool:
        """Receive more; False at the end of the connection.

        Under TLS an end without close_notify raises ssl.SSLEOFError.
        """
        if self._eof:
            return False
        with _errors_forgotten():
            data = self.sock.recv(65536)
        self._eof = not data
        self._buffer += data
        return bool(data)

    def _take(self, length: int) -> bytes:
        data = bytes(self._buffer[:length])
        del self._buffer[:length]
        return data

    def read_exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            if not self._fill():
                raise BadResponse(
                    f"the connection ended {length - len(self._buffer)} "
                    f"bytes short, after {self.leftover[-200:]!r}")
        return self._take(length)

    def read_until(self, delimiter: bytes) -> bytes:
        """All bytes up to a delimiter, including it."""
        start = 0
        while (found := self._buffer.find(delimiter, start)) < 0:
            start = max(0, len(self._buffer) - len(delimiter))
            if not self._fill():
                raise BadResponse(f"the connection ended before "
                                  f"{delimiter!r}: {self.leftover[-200:]!r}")
        return self._take(found + len(delimiter))

    def read_to_end(self) -> bytes:
        """All bytes until the peer ends the connection."""
        while self._fill():
            pass
        return self._take(len(self._buffer))

    def expect_end(self) -> None:
        """The peer ends the connection and sends nothing more."""
        if rest := self.read_to_end():
            raise BadResponse(f"more bytes than expected: {rest[:200]!r}")

    # Requests and responses

    def send_request(self, method: str, target: str, *,
                     headers: Headers = (), body: bytes = b"",
                     host: str | None = None, version: str = "1.1") -> None:
        """A request with Host, and Content-Length if there is a body."""
        lines = [f"{method} {target} HTTP/{version}",
                 f"Host: {host or self.name}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def request(self, method: str, target: str, **options) -> Response:
        """The same, and its response."""
        self.send_request(method, target, **options)
        return self.read_response(method)

    def read_response(self, method: str = "GET") -> Response:
        """One complete response; interim ones are kept in it."""
        interim = []
        while (head := self.read_head()).status < 200 and head.status != 101:
            interim.append(head)
        head.interim = interim
        head.body = b"".join(self.pieces(head, method))
        return head

    def read_head(self) -> Response:
        """A status line and its fields; the body is not read."""
        line = self._line()
        match = STATUS_LINE.fullmatch(line)
        if not match:
            raise BadResponse(f"not a status line: {line[:200]!r}")
        minor, status, reason = (part.decode("latin-1")
                                 for part in match.groups())
        return Response(f"1.{minor}", int(status), reason, self._fields())

    def pieces(self, head: Response, method: str = "GET") -> Iterator[bytes]:
        """The body as it comes, so that it may be endless."""
        coding = head.header("Transfer-Encoding")
        length = head.header("Content-Length")
        bodiless = head.status < 200 or head.status == 204
        if coding is not None and length is not None:
            raise BadResponse("Transfer-Encoding and Content-Length")
        if bodiless and (coding, length) != (None, None):
            raise BadResponse(f"a {head.status} response with framing")
        if coding is not None and (coding, head.version) != (
                "chunked", "1.1"):
            raise BadResponse(f"{coding!r} in HTTP/{head.version}")
        if length is not None and not re.fullmatch("[0-9]{1,18}", length):
            raise BadResponse(f"Content-Length: {length!r}")
        if bodiless or method == "HEAD" or head.status == 304:
            return
        if coding is not None:
            yield from self._chunks(head)
        elif length is not None:
            yield from self._counted(int(length))
        else:
            while self._buffer or self._fill():
                yield self._take(len(self._buffer))

    def _counted(self, length: int) -> Iterator[bytes]:
        while length > 0:
            if not self._buffer and not self._fill():
                raise BadResponse(f"body truncated, {length} bytes short")
            piece = self._take(min(length, len(self._buffer)))
            length -= len(piece)
            yield piece

    def _chunks(self, head: Response) -> Iterator[bytes]:
        while True:
            line = self._line()
            if not re.fullmatch(b"[0-9A-Fa-f]{1,15}", line):
                raise BadResponse(f"not a chunk size: {line[:200]!r}")
            if (length := int(line, 16)) == 0:
                break
            yield from self._counted(length)
            if (end := self.read_exactly(2)) != b"\r\n":
                raise BadResponse(f"{end!r} after a chunk")
        head.trailers = self._fields()

    def _line(self) -> bytes:
        line = self.read_until(b"\n")[:-1]
        if not line.endswith(b"\r") or len(line) > MAX_LINE:
            raise BadResponse(f"not a line: {line[:200]!r}")
        return line[:-1]

    def _fields(self) -> list[tuple[str, str]]:
        fields = []
        while line := self._line():
            match = FIELD_LINE.fullmatch(line)
            if not match:
                raise BadResponse(f"not a field: {line[:200]!r}")
            name, value = (part.decode("latin-1") for part in match.groups())
            fields.append((name, value))
        return fields


# WebSockets

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class WebSocketClosed(Exception):
    """The peer closed the WebSocket, with this code."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


def mask(key: bytes, payload: bytes) -> bytes:
    """XOR with a repeated key of four bytes."""
    stream = (key * (len(payload) // 4 + 1))[:len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")
            ).to_bytes(len(payload), "big")


class WebSocket:
    """An open WebSocket over a RawClient, which it closes with itself."""

    def __init__(self, client: RawClient, path: str = "/api/websocket", *,
                 host: str | None = None, headers: Headers = ()) -> None:
        self.client = client
        key = base64.b64encode(os.urandom(16))
        client.send_request("GET", path, host=host, headers=[
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", key.decode()), *headers])
        self.response = client.read_response()
        accept = base64.b64encode(
            hashlib.sha1(key + ACCEPT_SUFFIX).digest()).decode()
        if self.response.status != 101 or (
                self.response.header("Upgrade"),
                self.response.header("Sec-WebSocket-Accept")) != (
                "websocket", accept):
            raise BadResponse(f"no WebSocket: {self.response}")

    def __enter__(self) -> WebSocket:
        return self

    def __exit__(self, *_exc) -> None:
        self.client.close()

    def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.send_frame(TEXT, message.encode())
        else:
            self.send_frame(BINARY, message)

    def send_json(self, message) -> None:
        self.send(json.dumps(message))

    def send_frame(self, opcode: int, payload: bytes = b"",
                   final: bool = True) -> None:
        key = os.urandom(4)
        head = bytes([final << 7 | opcode])
        if len(payload) < 126:
            head += bytes([0x80 | len(payload)])
        elif len(payload) < 65536:
            head += struct.pack(">BH", 0x80 | 126, len(payload))
        else:
            head += struct.pack(">BQ", 0x80 | 127, len(payload))
        self.client.send(head + key + mask(key, payload))

    def read_frame(self) -> tuple[int, bytes, bool]:
        """(opcode, payload, final)"""
        first, second = self.client.read_exactly(2)
        if first & 0x70 or second & 0x80:
            raise BadResponse(f"bad frame {first:02x} {second:02x}")
        opcode, final, length = first & 15, bool(first & 0x80), second
        if opcode >= CLOSE and (length > 125 or not final):
            raise BadResponse(f"bad control frame {first:02x} {second:02x}")
        if length == 126:
            length, = struct.unpack(">H", self.client.read_exactly(2))
        elif length == 127:
            length, = struct.unpack(">Q", self.client.read_exactly(8))
        return opcode, self.client.read_exactly(length), final

    def receive(self) -> str | bytes:
        """The next message; pings are answered on the way."""
        kind, parts = None, []
        while True:
            opcode, payload, final = self.read_frame()
            if opcode == PING:
                self.send_frame(PONG, payload)
            elif opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0] if payload else None
                raise WebSocketClosed(code)
            elif opcode in (TEXT, BINARY, CONTINUATION):
                if (opcode == CONTINUATION) != (kind is not None):
                    raise BadResponse(f"frame {opcode} within {kind}")
                kind = kind or opcode
                parts.append(payload)
                if final:
                    data = b"".join(parts)
                    return data.decode() if kind == TEXT else data
            elif opcode != PONG:
                raise BadResponse(f"frame of kind {opcode}")

    def receive_json(self):
        return json.loads(self.receive())

    def ping(self, payload: bytes = b"") -> None:
        """Send a ping and wait for its pong; nothing else may come."""
        self.send_frame(PING, payload)
        frame = self.read_frame()
        if frame != (PONG, payload, True):
            raise BadResponse(f"not a pong: {frame}")

    def close(self, code: int = 1000) -> int | None:
        """The closing handshake; the code that the peer closed with."""
        self.send_frame(CLOSE, struct.pack(">H", code))
        try:
            while True:
                self.receive()
        except WebSocketClosed as closed:
            return closed.code
        finally:
            self.client.close()
