"""Requirement 1 of security: one request in, one request out.

The corpora of published research, as tables. A witness behind the gateway
reads by the letter of RFC 9112 and keeps what it has heard. Each attack either
is refused, with nothing of it passed on, or arrives as one request whose
framing is the gateway's own; what is hidden in its body is never a request.
"""

from __future__ import annotations

import re
import time
from typing import Iterator, NamedTuple

import pytest

from actors.backend import Connection, ScriptedBackend
from actors.client import FIELD_LINE, RawClient
from actors.front import NAME, Front, native, pound
from actors.ports import free_port

HOST = f"Host: {NAME}\r\n".encode()
HIDDEN = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
BYTES = [bytes([number]) for number in (*range(0x01, 0x20),
                                        *range(0x7f, 0x100))]
GOOD_AGAIN = 3      # seconds until a good request is served, at most


class Heard(NamedTuple):
    """One whole request, as the backend understood it."""

    head: bytes
    body: bytes

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode("latin-1")

    def check(self) -> None:
        """Its head can be read in one way only."""
        line, *fields = self.head[:-4].split(b"\r\n")
        assert re.fullmatch(rb"[A-Z]+ [!-~]+ HTTP/1\.1", line), line
        names = []
        for field in fields:
            match = FIELD_LINE.fullmatch(field)
            assert match, field
            names.append(match[1].lower())
        assert names.count(b"host") == 1
        assert sum(name in (b"content-length", b"transfer-encoding")
                   for name in names) <= 1, names


class Witness(ScriptedBackend):
    """Answers each request with its path."""

    def __init__(self) -> None:
        super().__init__(self.listen)
        self.heard: list[Heard] = []

    def listen(self, connection: Connection) -> None:
        while True:
            self.note(connection, Heard(*connection.read_request()))

    def note(self, connection: Connection, heard: Heard) -> None:
        heard.check()
        self.heard.append(heard)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"
                        % (len(heard.path), heard.path.encode("latin-1")))


@pytest.fixture(scope="module")
def witness() -> Iterator[Witness]:
    with Witness() as made:
        yield made


@pytest.fixture(scope="module")
def front(witness: Witness) -> Iterator[Front]:
    """One worker: a connection to the backend is used again and again."""
    with Front(pound(witness.address, top="Alive 3600")) as made:
        yield made


def good_request(front: Front) -> None:
    """Whoever comes after the attacks is served, and soon."""
    began = time.monotonic()
    with front.https() as client:
        assert client.request("GET", "/good").body == b"/good"
    assert time.monotonic() - began < GOOD_AGAIN


def refusal(client: RawClient) -> int:
    """The status of one answer that is the last."""
    response = client.read_response()
    if response.status != 200:
        assert response.header("Connection") == "close", response
        client.expect_end()
    return response.status


def judge(front: Front, witness: Witness, attacks: list[bytes], body: bytes
          ) -> set[int]:
    """Send them all; the numbers of those that were passed on.

    Each is a head with %d for its number in the target, without the empty
    line; the body, if it is one, hides a request.
    """
    before = len(witness.heard)
    wrong, passed = [], set()
    for number, attack in enumerate(attacks):
        wire = attack.replace(b"%d", b"%d" % number) + b"\r\n" + body
        try:
            with front.http() as client:
                client.send(wire)
                status = refusal(client)
        except (AssertionError, OSError) as failure:
            wrong.append((wire, failure))
            continue
        if status == 200:
            passed.add(number)
        elif status not in (400, 501):
            wrong.append((wire, status))
    good_request(front)
    assert not wrong, f"{len(wrong)} of {len(attacks)}: {wrong[:3]}"
    heard = witness.heard[before:]
    assert [request.path for request in heard] == [
        *(f"/{number}" for number in sorted(passed)), "/good"]
    assert {request.body for request in heard[:-1]} <= {body}
    return passed


# Bytes around the fields that frame a message

def spoilt(name: bytes, value: bytes) -> list[bytes]:
    """Each byte, in each place where a parser may trim or end a line."""
    field = name + b": " + value
    return [line + b"\r\n" for byte in BYTES for line in [
        byte + field, name + byte + b": " + value, name + b":" + byte + value,
        field + byte]]


def hidden(field: bytes) -> list[bytes]:
    """A field behind or before another line, with a byte at the seam."""
    return [line + b"\r\n" for byte in BYTES for line in [
        b"X: X" + byte + field, b"X: X\r" + byte + field,
        b"X: X" + byte + b"\n" + field, field + byte + b"X: X",
        field + b"\r" + byte + b"X: X", field + byte + b"\nX: X"]]


CODING = b"Transfer-Encoding: chunked"
SPELLINGS = [line + b"\r\n" for line in [
    b" " + CODING, b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding\t:\tchunked", b"Transfer-Encoding : chunked",
    b"Transfer Encoding: chunked", b"Transfer_Encoding: chunked",
    b"Transfer Encoding:chunked", b"Transfer-Encoding:  chunked",
    b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding: chunked, cow",
    b"Transfer-Encoding: cow, chunked", b"Content-Encoding: chunked",
    b"Transfer-Encoding:\n chunked", b"Transfer-Encoding:\r\n\tchunked",
    b'Transfer-Encoding: "chunked"', b"Transfer-Encoding: 'chunked'",
    b"Transfer-Encoding: chunk", b"TrAnSFer-EnCODinG: cHuNkeD",
    b"TRANSFER-ENCODING: CHUNKED", b"Transfer-Encoding: chunked\r",
    b"Transfer-Encoding: chunked\t", CODING + b"\r\n" + CODING,
    b"Transfer-Encoding: cow\r\n" + CODING,
    CODING + b"\r\nTransfer-Encoding: cow",
    CODING + b"\r\nTransfer-Encoding: identity",
    b"Transfer\r-Encoding: chunked", b"Transfer-Encoding: cow chunked bar",
    b"Transfer-Encoding: \xff chunked", b"Transfer-Encoding: ch\x96nked",
    b"Transf\x82r-Encoding: chunked", b"X:X\r" + CODING, b"X:X\n" + CODING,
    b"Foo: bar\r\n " + CODING, b"Connection: Transfer-Encoding\r\n" + CODING,
    b"Connection: Content-Length\r\n" + CODING]]


@pytest.mark.parametrize("corpus", [
    pytest.param(spoilt(b"Transfer-Encoding", b"chunked"), id="bytes"),
    pytest.param(hidden(CODING), id="seams"),
    pytest.param(SPELLINGS, id="spellings")])
def test_sec1_coding_that_only_some_would_see(front, witness, corpus):
    """With a length, that only others would see; the length counts, or
    neither."""
    body = b"0\r\n\r\n" + HIDDEN
    length = b"Content-Length: %d\r\n" % len(body)
    passed = judge(front, witness, [
        b"POST /%d HTTP/1.1\r\n" + HOST + length + line for line in corpus],
        body)
    for number in passed:
        assert not re.search(rb"(?:^|\n) *transfer-encoding[ \t]*:",
                             corpus[number], re.I), corpus[number]


def test_sec1_length_that_only_some_would_see(front, witness):
    """What a front that misses it takes for the next request is the body."""
    lines = spoilt(b"Content-Length", b"%d" % len(HIDDEN))
    passed = judge(front, witness, [
        b"POST /%d HTTP/1.1\r\n" + HOST + line for line in lines], HIDDEN)
    assert {lines[number] for number in passed} == {
        b"Content-Length:\t%d\r\n" % len(HIDDEN),
        b"Content-Length: %d\t\r\n" % len(HIDDEN)}


def test_sec1_host_that_only_some_would_see(front, witness):
    lines = spoilt(b"Host", NAME.encode())
    passed = judge(front, witness, [
        b"GET /%d HTTP/1.1\r\n" + line for line in lines], b"")
    assert {lines[number] for number in passed} == {
        b"Host:\t" + NAME.encode() + b"\r\n", HOST[:-2] + b"\t\r\n"}


# Chunks

ENDS = [b"\n", b"\r", b"\rX", b"\r\r\n", b"\n\n", b"\n\r", b"XX", b"\0",
        b"\x0b", b"\x85", b" "]


@pytest.mark.parametrize("before, behind", [
    pytest.param(b"5", b"hello\r\n0\r\n\r\n", id="TERM"),
    pytest.param(b"5;", b"hello\r\n0\r\n\r\n", id="TERM.EXT"),
    pytest.param(b"5;a", b"\r\nhello\r\n0\r\n\r\n", id="EXT.TERM"),
    pytest.param(b'5;a="', b'"\r\nhello\r\n0\r\n\r\n', id="quoted"),
    pytest.param(b"5\r\nhello", b"0\r\n\r\n", id="SPILL"),
    pytest.param(b"5\r\nhello", b"\r\n0\r\n\r\n", id="SPILL.CRLF"),
    pytest.param(b"5\r\nhello\r\n", b"0\r\n\r\n", id="before"),
    pytest.param(b"5\r\nhello\r\n0", b"\r\n", id="last"),
    pytest.param(b"5\r\nhello\r\n0\r\n", b"", id="trailer")])
def test_sec1_chunk_lines_end_in_one_way(front, witness, before, behind):
    """TERM.EXT, EXT.TERM, SPILL and their kin; quoting is no shelter."""
    attacks = [
        b"POST /%d HTTP/1.1\r\n" + HOST + CODING + b"\r\n\r\n" + before + end
        + behind + HIDDEN for end in ENDS
        if not ((end in b" \x85" or end == b"XX") and before[1:2] == b";")]
    assert not judge(front, witness, attacks, b"")


@pytest.mark.parametrize("extension", [
    b";a", b";a=b", b";", b";;", b';a="b;c"', b';a="\\"\t"', b";\x85",
    b" ;a=b", b"; a = b"])
def test_sec1_chunk_extensions_end_here(front, witness, extension):
    """Passed without them, or refused: never with them."""
    before = len(witness.heard)
    with front.http() as client:
        client.send(b"POST /x HTTP/1.1\r\n" + HOST + CODING + b"\r\n\r\n5"
                    + extension + b"\r\nhello\r\n0\r\n\r\n")
        status = refusal(client)
    good_request(front)
    heard = witness.heard[before:-1]
    assert [request.body for request in heard] == (
        [b"5\r\nhello\r\n0\r\n\r\n"] if status == 200 else [])


# Requests that the gateway answers, whose body nobody asked for

@pytest.fixture(scope="module")
def answering(witness: Witness) -> Iterator[Front]:
    """It has an answer of its own for each of these paths."""
    services = "\n".join(
        f'Service\nPath -exact "/{path}"\n{answer}\nEnd'
        for path, answer in [
            ("moved", 'Redirect "https://elsewhere.test"'),
            ("gone", "Error 410"), ("well", "Success"),
            ("down", "BackEnd\nAddress 127.0.0.1\n"
             f"Port {free_port()}\nEnd")])
    with Front(pound(witness.address, top="Alive 3600",
                     plain=services + '\nMaxRequest 1k\nCheckURL "^/[a-z]*$"')
               ) as made:
        yield made


@pytest.fixture(scope="module")
def redirecting(witness: Witness) -> Iterator[Front]:
    """Its monitor connects, but asks the witness for nothing."""
    def config(front: Front) -> str:
        return native(witness.address)(front).replace(
            "    Port", "    Probe tcp\n    Port", 1)

    with Front(config) as made:
        yield made


LOCAL = [
    ("answering", b"POST /moved", b"", 302),
    ("answering", b"POST /gone", b"", 410),
    ("answering", b"GET /well", b"", 200),
    ("answering", b"POST /down", b"", 503),
    ("answering", b"POST /1", b"", 501),
    ("answering", b"TRACE /", b"", 405),
    ("answering", b"BREW /", b"", 501),
    ("answering", b"POST /", b"Expect: y 100-continue\r\n", 417),
    ("answering", b"POST /moved", b"Expect: 100-continue\r\n", 302),
    ("answering", b"HEAD /moved", b"", 302),
    ("redirecting", b"POST /", b"", 308),
    ("redirecting", b"GET /", b"", 301),
    ("redirecting", b"POST /.well-known/acme-challenge/x", b"", 405),
    ("redirecting", b"GET /.well-known/acme-challenge/x", b"", 404)]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("which, start, fields, status", LOCAL)
def test_sec1_body_of_a_local_answer_is_no_request(
        request, witness, which, start, fields, status, late):
    """CL.0: it is read away, or the connection ends; whenever it comes."""
    front = request.getfixturevalue(which)
    method = start.split()[0].decode()
    head = (start + b" HTTP/1.1\r\n" + HOST + fields
            + b"Content-Length: %d\r\n\r\n" % len(HIDDEN))
    before = len(witness.heard)
    with front.http() as client:
        client.send(head if late else head + HIDDEN)
        response = client.read_response(method)
        assert response.status == status
        if late:
            assert response.header("Connection") == "close"
            client.send(HIDDEN)
        if response.header("Connection") == "close":
            client.expect_end()
        else:
            assert client.request("GET", "/").status == (
                200 if which == "answering" else 301)
    assert "/smuggled" not in {each.path for each in witness.heard[before:]}


@pytest.mark.parametrize("fields", [b"", b"Expect: 100-continue\r\n"])
def test_sec1_body_behind_an_early_answer_is_no_request(front, witness,
                                                        fields):
    """0.CL: this backend ignores the body, and would take it for one."""
    def ignore(connection: Connection) -> None:
        while True:
            witness.note(connection, Heard(connection.read_head(), b""))

    before = len(witness.heard)
    witness.stop()
    witness.behaviour = ignore
    witness.start()
    try:
        for _ in range(10):
            with front.https() as client:
                client.send(b"POST /upload HTTP/1.1\r\n" + HOST + fields
                            + b"Content-Length: %d\r\n\r\n" % len(HIDDEN))
                response = client.read_response()
                assert response.body == b"/upload"
                assert response.header("Connection") == "close"
                client.send(HIDDEN)
                client.expect_end()
            good_request(front)
    finally:
        witness.stop()
        witness.behaviour = witness.listen
        witness.start()
    assert {each.path for each in witness.heard[before:]} == {
        "/upload", "/good"}


# What a tunnel must not become

@pytest.mark.parametrize("fields", [
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
    b"Upgrade: TLS/1.0\r\nConnection: Upgrade\r\n",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 777\r\n"])
def test_sec6_nothing_is_tunnelled_without_a_101(front, witness, fields):
    """h2c smuggling, and a WebSocket that the backend did not agree to."""
    before = len(witness.heard)
    with front.https() as client:
        client.send(b"GET /first HTTP/1.1\r\n" + HOST + fields + b"\r\n")
        assert client.read_response().body == b"/first"
        client.send(b"GET /second HTTP/1.1\r\n" + HOST
                    + b"X-Forwarded-For: 6.6.6.6\r\n\r\n")
        assert client.read_response().body == b"/second"
    first, second = witness.heard[before:]
    assert b"h2c" not in first.head and b"HTTP2" not in first.head
    assert b"X-Forwarded-For: 127.0.0.1\r\n" in second.head


def test_sec1_the_witness_can_tell(front, witness):
    """What is sound passes, and two requests are two."""
    before = len(witness.heard)
    with front.http() as client:
        client.send(b"POST /one HTTP/1.1\r\n" + HOST + CODING
                    + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + HIDDEN)
        assert [client.read_response().body for _ in range(2)] == [
            b"/one", b"/smuggled"]
    assert [each.path for each in witness.heard[before:]] == [
        "/one", "/smuggled"]
