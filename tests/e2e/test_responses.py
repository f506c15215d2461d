"""What a client gets to see of a backend's response."""

from __future__ import annotations

import contextlib
import hashlib
import select
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from actors.backend import OK, Connection, ScriptedBackend
from actors.client import BadResponse, Response
from actors.front import Front, until_quiet
from fake_ha import pattern_pieces

STATUS = b"HTTP/1.1 200 OK\r\n"
CHUNKED = STATUS + b"Transfer-Encoding: chunked\r\n\r\n"
SIZE = 64 << 20


def reply(script: ScriptedBackend, response: bytes, *more: bytes,
          close: bool = False) -> None:
    """The backend answers like this, then waits for the gateway to leave."""
    def behave(connection: Connection) -> None:
        connection.read_request()
        for part in response, *more:
            connection.send(part)
        if close:
            connection.finish_sending()
        connection.read_to_end()
    script.behaviour = behave


def fetch(front: Front, method: str = "GET", version: str = "1.1",
          scheme: str = "https") -> Response:
    """One response, from its first to its last byte."""
    with front.open(scheme) as client:
        client.send_request(method, "/", version=version)
        response = client.read_response(method)
        if response.header("Connection") == "close":
            client.expect_end()
        return response


# Framing: (what the backend sends, its body, whether it closes then)

FRAMINGS = [
    (STATUS + b"Content-Length: 5\r\n\r\nhello", b"hello", False),
    (STATUS + b"Content-Length: 0\r\n\r\n", b"", False),
    (STATUS + b"content-length:\t0005 \r\n\r\nhello", b"hello", False),
    (CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", b"hello", False),
    (CHUNKED + b"3;a=b\r\nhel\r\n02\r\nlo\r\n0\r\nX: y\r\n\r\n", b"hello",
     False),
    (CHUNKED + b"0\r\n\r\n", b"", False),
    (STATUS + b"\r\nhello", b"hello", True),
    (STATUS + b"\r\n", b"", True),
    (STATUS + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello", b"hello",
     True),
    (b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello", True),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello", True),
    (b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
    (b"HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
    (b"HTTP/1.1 299 Gr\xfc\xdf Gott\r\nContent-Length: 5\r\n\r\nhello",
     b"hello", False),
]


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("response, body, close", FRAMINGS)
def test_every_framing_arrives(scripted, script, response, body, close,
                               version):
    reply(script, response, close=close)
    got = fetch(scripted, version=version)
    assert got.body == body
    assert not got.trailers
    if version == "1.0":
        assert got.header("Transfer-Encoding") is None
    else:
        assert got.header("Connection") is None


@pytest.mark.parametrize("response, body, close", FRAMINGS)
def test_every_framing_arrives_byte_by_byte(scripted, script, response, body,
                                            close):
    reply(script, *[bytes([byte]) for byte in response], close=close)
    assert fetch(scripted).body == body


@pytest.mark.parametrize("method, response, length", [
    ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", None),
    ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", None),
    ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "9"),
    ("GET", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", None),
    ("HEAD", STATUS + b"Content-Length: 9\r\n\r\n", "9"),
    ("HEAD", STATUS + b"\r\n", None),
    ("HEAD", b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", "9")])
def test_responses_without_a_body(scripted, script, method, response, length):
    def behave(connection: Connection) -> None:
        while True:
            connection.read_request()
            connection.send(response)

    script.behaviour = behave
    before = script.received()
    with scripted.https() as client:
        for _ in range(3):
            got = client.request(method, "/")
            assert (got.body, got.header("Content-Length")) == (b"", length)
    assert len(script.received_since(before)) == 1


def test_head_with_chunks_is_the_last_on_its_connection(scripted, script):
    """aiohttp sends their end, some time later, although there are none."""
    reply(script, CHUNKED)
    with scripted.https() as client:
        for _ in range(2):
            got = client.request("HEAD", "/")
            assert (got.status, got.headers[0][0]) == (200, "Date")
            script.wait_until(lambda: all(
                connection.ended for connection in script.connections))


# What belongs to the backend, and what to the hop

HEADERS = [
    "Server: aiohttp", "Date: Sun, 06 Nov 1994 08:49:37 GMT",
    "Content-Type: text/html; charset=utf-8", "Content-Encoding: br",
    "Vary: Accept-Encoding, Origin", 'ETag: W/"x"', "Cache-Control: no-store",
    "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2",
    "Referrer-Policy: no-referrer", "X-Content-Type-Options: nosniff",
    "X-Frame-Options: SAMEORIGIN",
    "Content-Disposition: attachment; filename=\"a b\"",
    "Accept-Ranges: bytes",
    "Location: http://192.168.1.2:8123/x", "WWW-Authenticate: Basic realm=x",
    "Strict-Transport-Security: max-age=1", "X-Latin: \xe9", "x-lower: 1",
    "X_Under: 2", "X-Empty: "]


def test_s6_s7_fields_pass_once_and_in_order(scripted, script):
    reply(script, STATUS + "\r\n".join(HEADERS).encode("latin-1")
          + b"\r\nContent-Length: 5\r\n\r\n\x1f\x8b\0\xff!")
    got = fetch(scripted)
    assert got.body == b"\x1f\x8b\0\xff!"
    assert [f"{name}: {value}" for name, value in got.headers
            if name != "Content-Length"] == HEADERS


def test_hop_by_hop_fields_of_the_backend_end_here(scripted, script):
    reply(script, STATUS + b"Connection: X-One, Keep-Alive\r\nX-One: 1\r\n"
          b"Keep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nUpgrade: h2c\r\n"
          b"Trailer: X\r\nTE: x\r\nProxy-Connection: close\r\nX-Two: 2\r\n"
          b"Content-Length: 0\r\n\r\n")
    assert {name for name, _ in fetch(scripted).headers} == {
        "X-Two", "Content-Length", "Date"}


def test_the_gateway_dates_what_has_no_date(front, scripted, script):
    reply(script, OK)
    assert fetch(scripted).header("Date").endswith(" GMT")
    with front.https() as client:
        assert client.request("GET", "/").header("Date")


def test_the_stand_in_answers_as_without_a_gateway(front, home_assistant):
    ours = {"Date", "Strict-Transport-Security"}
    answers = []
    for client in home_assistant.client(), front.https():
        with client:
            got = client.request("GET", "/api/download?size=1000", headers=[
                ("Range", "bytes=5-9")])
        answers.append((got.status, got.reason, sorted(
            field for field in got.headers if field[0] not in ours),
            got.body))
    assert answers[0] == answers[1]
    assert answers[0][0] == 206


@pytest.mark.parametrize("asked, status, content, body", [
    ("bytes=0-4", 206, "bytes 0-4/9", b"01234"),
    ("bytes=-2", 206, "bytes 7-8/9", b"78"),
    ("bytes=9-", 416, "bytes */9", b""),
    (None, 200, None, b"012345678")])
def test_s5_ranges_are_the_backends_affair(scripted, script, asked, status,
                                           content, body):
    lines = [b"Content-Disposition: attachment; filename=\"b.tar\"",
             b"Accept-Ranges: bytes", b"Content-Length: %d" % len(body)]
    if content:
        lines.append(b"Content-Range: " + content.encode())
    reply(script, b"HTTP/1.1 %d Status\r\n%b\r\n\r\n%b" % (
        status, b"\r\n".join(lines), body))
    conditions = [("Range", asked), ("If-Range", '"x"')] if asked else []
    before = script.received()
    with scripted.https() as client:
        got = client.request("GET", "/backup", headers=conditions)
    assert (got.status, got.body) == (status, body)
    assert [f"{name}: {value}".encode() for name, value in got.headers
            if name != "Date"] == lines[:2] + lines[3:] + [lines[2]]
    received, = script.received_since(before)
    for name, value in conditions:
        assert f"\r\n{name}: {value}\r\n".encode() in received


# 1xx

def test_interim_responses_are_relayed(scripted, script):
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
    reply(script, b"HTTP/1.1 102 Processing\r\n\r\n" + early * 15 + OK)
    got = fetch(scripted)
    assert [head.status for head in got.interim] == [102] + [103] * 15
    assert got.interim[1].headers == [("Link", "</a>; rel=preload")]
    assert (got.status, got.body) == (200, b"ok")


def test_interim_response_arrives_before_the_final_one(scripted, script):
    seen = threading.Event()

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        assert seen.wait(10)
        connection.send(OK)

    script.behaviour = behave
    with scripted.https() as client:
        client.send_request("GET", "/")
        assert client.read_head().status == 103
        seen.set()
        assert client.read_response().body == b"ok"


def test_http10_client_gets_no_interim_response(scripted, script):
    reply(script, b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK)
    assert not fetch(scripted, version="1.0").interim


def test_endless_interim_responses_are_cut(scripted, script):
    reply(script, b"HTTP/1.1 103 Early Hints\r\n\r\n" * 17 + OK)
    got = fetch(scripted)
    assert (got.status, len(got.interim)) == (502, 16)


# What cannot be trusted

LENGTH = STATUS + b"Content-Length: 2\r\n"
BAD = [
    b"\r\n", b"hello\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n",
    b"HTTP/1.1 20 OK\r\n\r\n", b"HTTP/1.1 099 OK\r\n\r\n",
    b"HTTP/1.1 2000 OK\r\n\r\n", b"HTTP/1.1  200 OK\r\n\r\n",
    b"HTTP/1.1 200OK\r\n\r\n", b"HTTP/2 200 OK\r\n\r\n",
    b"HTTP/2.0 200 OK\r\n\r\n", b"HTTP/0.9 200 OK\r\n\r\n",
    b"http/1.1 200 OK\r\n\r\n", b"ICY 200 OK\r\n\r\n", b"\x15\x03\x01\0\2\2F",
    b"HTTP/1.1 200 O\0K\r\n\r\n", b"HTTP/1.1 200 OK\n\r\n",
    b"HTTP/1.1 200 OK\rX: y\r\n\r\n",
    LENGTH + b"Content-Length: 2\r\n\r\nok",
    LENGTH + b"Content-Length: 3\r\n\r\nok",
    LENGTH + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    STATUS + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"
    b"0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    *[STATUS + b"Content-Length:" + value + b"\r\n\r\nok" for value in [
        b"", b" +2", b" -2", b" 0x2", b" 2,2", b" 2 2", b" 2\xa0", b" two",
        b" 18446744073709551618"]],
    *[STATUS + b"Transfer-Encoding:" + value + b"\r\n\r\n0\r\n\r\n"
      for value in [b"", b" gzip", b" gzip, chunked", b" chunked, chunked",
                    b" chunked, identity", b" identity", b" xchunked",
                    b" chunked\x0b"]],
    STATUS + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"
    b"\r\n0\r\n\r\n",
    LENGTH + b"X: a\0b\r\n\r\nok", LENGTH + b"X: a\rb\r\n\r\nok",
    LENGTH + b"X: a\nb: c\r\n\r\nok", LENGTH + b"X : y\r\n\r\nok",
    LENGTH + b" X: y\r\n\r\nok", LENGTH + b"X: y\r\n z\r\n\r\nok",
    LENGTH + b": y\r\n\r\nok", LENGTH + b"X\r\n\r\nok", LENGTH + b"\n\r\nok",
    LENGTH + b"X: " + b"y" * (128 << 10) + b"\r\n\r\nok",
    LENGTH + b"X: y\r\n" * 256 + b"\r\nok",
    CHUNKED + b"2\nok\r\n0\r\n\r\n", CHUNKED + b"0x2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
]


@pytest.mark.parametrize("response", BAD)
def test_bad_response_is_a_502(scripted, script, response):
    reply(script, response)
    with scripted.https() as client:
        client.send_request("GET", "/")
        try:
            got = client.read_response()
        except BadResponse:     # its head was good: cut where it went bad
            assert response.startswith(CHUNKED)
            client.expect_end()
        else:
            assert got.status == 502
            assert b"ok" not in got.body
            assert client.request("GET", "/").status == 502     # kept alive
    script.wait_until(lambda: all(
        connection.ended for connection in script.connections))


def padded(fields: int, size: int) -> bytes:
    """A response whose head has so many fields and bytes."""
    head = LENGTH + b"X: y\r\n" * (fields - 2)
    left = size - len(head) - len("Y: \r\n\r\n")
    return head + b"Y: " + b"y" * left + b"\r\n\r\nok"


@pytest.mark.parametrize("fields, size, status", [
    (256, 4096, 200), (257, 4096, 502),
    (3, 128 << 10, 200), (3, (128 << 10) + 1, 502)])
def test_sec10_heads_of_responses_are_bounded(scripted, script, fields, size,
                                              status):
    reply(script, padded(fields, size))
    got = fetch(scripted)
    assert got.status == status
    assert (got.body == b"ok") == (status == 200)


@pytest.mark.parametrize("close", [Connection.finish_sending,
                                   Connection.reset])
@pytest.mark.parametrize("response, status", [
    (b"", 502), (STATUS, 502), (STATUS + b"Content-Length: 5\r\n", 502),
    (b"HTTP/1.1 103 Early Hints\r\n\r\n", 502), (OK, 200)])
def test_end_of_the_connection_behind_a_response(
        scripted, script, response, status, close):
    """However close behind: a reset may come with the bytes before it."""
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(response)
        close(connection)

    script.behaviour = behave
    for _ in range(30):
        assert fetch(scripted).status == status


@pytest.mark.parametrize("response", [
    STATUS + b"Content-Length: 9\r\n\r\nhello", CHUNKED + b"5\r\nhello\r\n",
    STATUS + b"\r\nhello"])
def test_reset_behind_a_part_of_the_body(scripted, script, response):
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(response)
        connection.reset()

    script.behaviour = behave
    for _ in range(30):
        with pytest.raises(BadResponse):
            fetch(scripted)


@pytest.mark.parametrize("lines", [
    b"Content-Length: 5\r\nContent-Length: 6\r\n",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"])
@pytest.mark.parametrize("method, status", [
    ("HEAD", b"200 OK"), ("GET", b"304 Not Modified")])
def test_framing_of_a_missing_body_is_not_relayed_twice(
        scripted, script, method, status, lines):
    reply(script, b"HTTP/1.1 " + status + b"\r\n" + lines + b"\r\n")
    got = fetch(scripted, method)
    assert len(got.all("Content-Length") + got.all("Transfer-Encoding")) <= 1


# Truncation stays visible

TRUNCATED = [STATUS + b"Content-Length: 100\r\n\r\nhello",
             CHUNKED + b"5\r\nhello\r\n", CHUNKED + b"64\r\nhello",
             CHUNKED + b"5\r\nhello\r\n0\r\n", CHUNKED + b"5\r\nhello\r\nx"]
RESET = {"http": ConnectionResetError,
         # Python before 3.13 takes a reset under TLS for an end.
         "https": (ConnectionResetError, ssl.SSLEOFError)}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("response", TRUNCATED)
def test_truncated_response_has_no_clean_end(scripted, script, scheme,
                                             response):
    reply(script, response, close=True)
    with scripted.open(scheme) as client:
        client.send_request("GET", "/")
        head = client.read_head()
        body = b""
        with pytest.raises(BadResponse):
            for piece in client.pieces(head):
                body += piece
        assert body == b"hello"
        client.expect_end()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("response", TRUNCATED[1:])
def test_truncated_response_to_http10_ends_with_a_reset(
        scripted, script, scheme, response):
    reply(script, response, close=True)
    with scripted.open(scheme) as client:
        client.send_request("GET", "/", version="1.0")
        with pytest.raises(RESET[scheme]):
            client.read_response()


@pytest.mark.parametrize("version, error", [
    ("1.1", BadResponse), ("1.0", RESET["https"])])
def test_reset_is_not_the_end_of_a_close_delimited_response(
        scripted, script, version, error):
    heard = threading.Event()

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(STATUS + b"\r\nhello")
        assert heard.wait(10)
        connection.reset()

    script.behaviour = behave
    with scripted.https() as client:
        client.send_request("GET", "/", version=version)
        pieces = client.pieces(client.read_head())
        assert next(pieces) == b"hello"
        heard.set()
        with pytest.raises(error):
            next(pieces)


# One response for one request

POISON = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"


@pytest.mark.parametrize("response, method", [
    (OK, "GET"), (CHUNKED + b"2\r\nok\r\n0\r\n\r\n", "GET"),
    (b"HTTP/1.1 204 No Content\r\n\r\n", "GET"),
    (b"HTTP/1.1 304 Not Modified\r\n\r\n", "GET"),
    (STATUS + b"Content-Length: 0\r\n\r\n", "POST"),
    (STATUS + b"Content-Length: 6\r\n\r\n", "HEAD")])
@pytest.mark.parametrize("later", [False, True])
def test_surplus_never_reaches_the_next_request(scripted, script, response,
                                                method, later):
    """Neither behind the response nor once the connection lies idle."""
    parts = [response, POISON] if later else [response + POISON]
    reply(script, *parts)
    with scripted.https() as client:
        assert b"poison" not in client.request(method, "/").body
        script.wait_until(lambda: all(
            connection.ended for connection in script.connections))
        assert b"poison" not in client.request(method, "/").body


def test_backend_that_wants_no_more_is_not_asked_again(scripted, script):
    reply(script, STATUS + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
    before = script.received()
    with scripted.https() as client:
        for _ in range(3):
            assert client.request("GET", "/").header("Connection") is None
    assert len(script.received_since(before)) == 3


# Much data

@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_slow_reader_slows_the_backend(scripted, script, framing):
    sent = 0

    def behave(connection: Connection) -> None:
        nonlocal sent
        connection.read_request()
        connection.send(STATUS + {
            "length": b"Content-Length: %d\r\n" % SIZE,
            "chunked": b"Transfer-Encoding: chunked\r\n",
            "close": b""}[framing] + b"\r\n")
        piece = bytes(65536)
        if framing == "chunked":
            piece = b"10000\r\n" + piece + b"\r\n"
        for _ in range(SIZE // 65536):
            connection.send(piece)
            sent += 65536
        if framing == "chunked":
            connection.send(b"0\r\n\r\n")

    def small_window(address, timeout) -> socket.socket:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sock.settimeout(timeout)
        sock.connect(address)
        return sock

    script.behaviour = behave
    before = sum(scripted.rss().values())
    with scripted.https(connect=small_window) as client:
        client.send_request("GET", "/")
        head = client.read_head()
        assert until_quiet(lambda: sent) < SIZE // 2
        assert sum(scripted.rss().values()) - before < 8 << 20
        assert sum(map(len, client.pieces(head))) == SIZE


def test_slow_backend_slows_an_upload(scripted, script):
    go_on = threading.Event()

    def behave(connection: Connection) -> None:
        connection.read_head()
        assert go_on.wait(20)
        received = 0
        while received < SIZE:
            received += len(connection.receive())
        connection.send(OK)

    script.behaviour = behave
    before = sum(scripted.rss().values())
    with scripted.https() as client:
        client.send_request("POST", "/", headers=[
            ("Content-Length", str(SIZE))])
        client.sock.setblocking(False)
        sent = 0
        while select.select([], [client.sock], [], 0.3)[1]:
            with contextlib.suppress(ssl.SSLWantWriteError):
                sent += client.sock.send(bytes(16384))
        assert sent < SIZE // 2
        assert sum(scripted.rss().values()) - before < 8 << 20
        go_on.set()
        client.sock.settimeout(10)
        client.send(bytes(SIZE - sent))
        assert client.read_response().status == 200


DIGEST = hashlib.sha256()
for _piece in pattern_pieces(0, SIZE):
    DIGEST.update(_piece)


def download(front: Front, framing: str) -> str:
    with front.https(timeout=60) as client:
        client.send_request(
            "GET", f"/api/download?size={SIZE}&framing={framing}")
        digest = hashlib.sha256()
        for piece in client.pieces(client.read_head()):
            digest.update(piece)
        return digest.hexdigest()


def upload(front: Front, framing: str) -> str:
    with front.https(timeout=60) as client:
        chunked = framing == "chunked"
        client.send_request("POST", "/api/backup/upload", headers=[
            ("Transfer-Encoding", "chunked") if chunked
            else ("Content-Length", str(SIZE))])
        for piece in pattern_pieces(0, SIZE):
            if chunked:
                piece = b"%x\r\n%b\r\n" % (len(piece), piece)
            client.send(piece)
        if chunked:
            client.send(b"0\r\n\r\n")
        return client.read_response().json()["sha256"]


def test_64_mib_each_way_in_every_framing_at_once(front):
    jobs = [(download, "length"), (download, "chunked"), (download, "close"),
            (upload, "length"), (upload, "chunked")]
    with ThreadPoolExecutor(len(jobs)) as pool:
        done = [pool.submit(job, front, framing) for job, framing in jobs]
        assert [job.result() for job in done] == [
            DIGEST.hexdigest()] * len(jobs)
