"""R6: what could be read in two ways is refused, and nothing of it goes on.

Every attack is followed by a request that a lenient reader would find. The
client gets one answer and the end; the backend gets not a byte.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from pathlib import Path

import pytest

from actors.client import RawClient
from actors.front import until_quiet

GET = b"GET / HTTP/1.1\r\n"
POST = b"POST / HTTP/1.1\r\n"
HOST = b"Host: gw.test\r\n"
CL = b"Content-Length: 5\r\n"
TE = b"Transfer-Encoding: chunked\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: gw.test\r\n\r\n"


def with_field(*lines: bytes) -> bytes:
    """A GET with these field lines, which have their ends."""
    return GET + HOST + b"".join(lines) + b"\r\n"


def with_length(value: bytes) -> bytes:
    return POST + HOST + b"Content-Length:" + value + b"\r\n\r\nhello"


def with_coding(value: bytes) -> bytes:
    return POST + HOST + b"Transfer-Encoding:" + value + b"\r\n\r\n0\r\n\r\n"


def with_chunks(body: bytes) -> bytes:
    return POST + HOST + TE + b"\r\n" + body


REQUEST_LINES = [line + HOST + b"\r\n" for line in [
    b"GET  / HTTP/1.1\r\n", b"GET /  HTTP/1.1\r\n", b"GET\t/ HTTP/1.1\r\n",
    b"GET /\tHTTP/1.1\r\n", b" GET / HTTP/1.1\r\n", b"GET / HTTP/1.1 \r\n",
    b"GET /\r\n", b"GET / \r\n", b"GET HTTP/1.1\r\n", b"/ HTTP/1.1\r\n",
    b"GET / http/1.1\r\n", b"GET / HTTP/1,1\r\n", b"GET / HTTP/1.10\r\n",
    b"GET / HTTP/01.1\r\n", b"GET / HTTP/1.1x\r\n", b"GET / HTTPS/1.1\r\n",
    b"GET / HTTP/1.\r\n", b"GET / HTTP/0.9\r\n", b"GET / x HTTP/1.1\r\n",
    b"GET /\0 HTTP/1.1\r\n", b"GET /\x7f HTTP/1.1\r\n", b"G\0T / HTTP/1.1\r\n",
    b"GET /\xc3\xa4 HTTP/1.1\r\n", b"G(T / HTTP/1.1\r\n",
    b"GET /#x HTTP/1.1\r\n", b"GET x HTTP/1.1\r\n", b"GET * HTTP/1.1\r\n",
    b"GET gw.test HTTP/1.1\r\n",
    b"GET gw.test:443 HTTP/1.1\r\n", b"GET ftp://gw.test/ HTTP/1.1\r\n",
    b"GET http:/gw.test/ HTTP/1.1\r\n", b"GET http://u@gw.test/ HTTP/1.1\r\n",
    b"GET http:///x HTTP/1.1\r\n", b"GET http://gw.test:x/ HTTP/1.1\r\n",
    b"GET http://gw.test\\x/ HTTP/1.1\r\n", b"\r\n\r\nGET / HTTP/1.1\r\n",
    b"\nGET / HTTP/1.1\r\n", b"GET / HTTP/1.1\n", b"GET / HTTP/1.1\r\r\n",
    b"GET /\rx HTTP/1.1\r\n", b"GET / HTTP/1.1\rX: y\r\n"]]

LINES = [
    with_field(b"X : y\r\n"), with_field(b"X\t: y\r\n"),
    with_field(b"Content-Length : 5\r\n"), with_field(b": y\r\n"),
    with_field(b"no colon\r\n"), with_field(b"X\r\n"),
    with_field(b"X Y: z\r\n"), with_field(b"X(Y): z\r\n"),
    with_field(b"X\0Y: z\r\n"),
    with_field(b"X\x0b: z\r\n"), with_field(b"\x7fX: z\r\n"),
    with_field(b"\xc3\xa4: z\r\n"), with_field(b'"X": z\r\n'),
    with_field(b"X/Y: z\r\n"), with_field(b"X: a\0b\r\n"),
    with_field(b"X: a\x01b\r\n"), with_field(b"X: a\x0bb\r\n"),
    with_field(b"X: a\x1fb\r\n"), with_field(b"X: a\x7fb\r\n"),
    with_field(b"X: a\rb\r\n"), with_field(b"X: a\r\r\n"),
    with_field(b"X: a\nb: c\r\n"), with_field(b"X: a\n"),
    with_field(b"X: a\r\n b\r\n"), with_field(b"X: a\r\n\tb\r\n"),
    with_field(b"X: a\r\n \r\n"), with_field(b"X: \r\n Content-Length: 5\r\n"),
    GET + b" X: y\r\n" + HOST + b"\r\n", GET + b"\tX: y\r\n" + HOST + b"\r\n",
    GET + HOST + b"X: y\r\n\n", GET + HOST + b"\n", GET + HOST + b"\r\r\n",
    GET + b"Host: gw.test\n\r\n", GET + b"\r\n" + HOST + b"\r\n"]

HOSTS = [
    GET + b"\r\n", GET + HOST + HOST + b"\r\n",
    GET + HOST + b"hOST: other.test\r\n\r\n", GET + b"Host:\r\n\r\n",
    GET + b"Host: gw.test, other.test\r\n\r\n",
    GET + b"Host: gw.test other.test\r\n\r\n",
    GET + b"Host: gw.test\xff\r\n\r\n",
    GET + b"Host: @gw.test\r\n\r\n", GET + b"Host: gw.test:80:80\r\n\r\n",
    b"GET http://gw.test/ HTTP/1.1\r\n\r\n",
    b"GET http://gw.test/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET http://gw.test/ HTTP/1.1\r\nHost: a@b\r\n\r\n",
    b"GET http://gw.test/ HTTP/1.1\r\nHost:\r\n\r\n"]

LENGTHS = [with_length(value) for value in [
    b"", b" ", b" +5", b" -5", b" 0x5", b" 5_", b" 5 5", b" 5,5", b" 5, 5",
    b" 5,", b" ,5", b" five", b" 5.0", b" 5e0", b" 5;a", b' "5"', b" 5\x0b",
    b" \x0b5", b" 5\0", b" 5\xa0", b" 5\x85", b" 9223372036854775808",
    b" 18446744073709551621", b" 4294967301x", b" 00000000000000000005"]] + [
    POST + HOST + CL + CL + b"\r\nhello",
    POST + HOST + CL + b"content-length: 6\r\n\r\nhello",
    POST + HOST + b"Content-Length: 0\r\n" + CL + b"\r\nhello"]

BOTH = [
    POST + HOST + CL + TE + b"\r\n0\r\n\r\n",
    POST + HOST + TE + CL + b"\r\n0\r\n\r\n",
    POST + HOST + TE + b"Content-Length: 0\r\n\r\n0\r\n\r\n",
    POST + HOST + b"Content-Length:\r\n" + TE + b"\r\n0\r\n\r\n",
    POST + HOST + TE + b"Connection: Content-Length\r\n" + CL
    + b"\r\n0\r\n\r\n",
    POST + HOST + CL + b"Connection: Transfer-Encoding\r\n" + TE
    + b"\r\n0\r\n\r\n"]

CODINGS = [with_coding(value) for value in [
    b"", b" ,", b" chunked,", b" ,chunked", b" chunked, chunked",
    b" chunked, identity", b" chunked, gzip", b' "chunked"', b" chunked;q=1",
    b" chunked\x0b", b" \x0bchunked", b" chunked\0", b" chunked\xa0",
    b" chun\x00ked", b" chunked chunked", b" [chunked]"]] + [
    POST + HOST + TE + TE + b"\r\n0\r\n\r\n",
    POST + HOST + TE + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    POST + HOST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    POST + HOST + b"Transfer-Encoding :chunked\r\n\r\n0\r\n\r\n",
    POST + HOST + b"Transfer-Encoding\r\n: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.0\r\n" + HOST + TE + b"\r\n0\r\n\r\n",
    b"POST / HTTP/1.0\r\n" + HOST + CL + TE + b"\r\n0\r\n\r\n",
    b"GET / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: identity\r\n\r\n"]

UNKNOWN_CODINGS = [with_coding(value) for value in [
    b" gzip", b" identity", b" gzip, chunked", b" xchunked", b" cow",
    b" chunke", b" identity, chunked"]]

CHUNKS = [with_chunks(body) for body in [
    b"0x5\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n",
    b"-5\r\nhello\r\n0\r\n\r\n", b" 5\r\nhello\r\n0\r\n\r\n",
    b"5 \r\nhello\r\n0\r\n\r\n", b"5\t\r\nhello\r\n0\r\n\r\n",
    b"5_\r\nhello\r\n0\r\n\r\n", b"g\r\nhello\r\n0\r\n\r\n",
    b"\r\nhello\r\n0\r\n\r\n", b";x\r\nhello\r\n0\r\n\r\n",
    b"5\0\r\nhello\r\n0\r\n\r\n", b"5,5\r\nhello\r\n0\r\n\r\n",
    b"5\nhello\r\n0\r\n\r\n", b"5\rXhello\r\n0\r\n\r\n",
    b"5\r\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n",
    b"5\r\nhello\r0\r\n\r\n", b"5\r\nhello0\r\n\r\n",
    b"5\r\nhelloXX0\r\n\r\n", b"5\r\nhello\n\r0\r\n\r\n",
    b"5\r\nhelloX\n0\r\n\r\n", b"5\r\nhello\n\n0\r\n\r\n",
    b"5\r\nhello!\r\n0\r\n\r\n", b"6\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n\r\n", b"5\r\nhello\r\n0\n\r\n", b"5\r\nhello\r\n0\r\n\n",
    b"5\r\nhello\r\n0\r\n\rX", b"5\r\nhello\r\n0x0\r\n\r\n",
    b"5;a\nb\r\nhello\r\n0\r\n\r\n", b"5;a\rb\r\nhello\r\n0\r\n\r\n",
    b"5;a\0\r\nhello\r\n0\r\n\r\n", b'5;a="\r\nhello\r\n0\r\n\r\n',
    b'5;a="\\\r\nhello\r\n0\r\n\r\n', b"5;" + b"a" * 300 + b"\r\nhello\r\n",
    b"ffffffffffffffff\r\nhello\r\n", b"8000000000000000\r\nhello\r\n",
    b"10000000000000005\r\nhello\r\n", b"00000000000000005\r\nhello\r\n",
    b"0\r\nX : y\r\n\r\n", b"0\r\n: y\r\n\r\n", b"0\r\nX: y\r\n z\r\n\r\n",
    b"0\r\nX: a\0b\r\n\r\n", b"0\r\nX: a\nb: c\r\n\r\n",
    b"0\r\nno colon\r\n\r\n",
    b"0\r\nX: y\n\r\n", b"0\r\nX: " + b"y" * 9000 + b"\r\n\r\n"]]

UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
UPGRADES = [
    GET + HOST + UPGRADE + CL + b"\r\nhello",
    GET + HOST + UPGRADE + TE + b"\r\n0\r\n\r\n"]

VERSIONS = [line + HOST + b"\r\n" for line in [
    b"GET / HTTP/2.0\r\n", b"GET / HTTP/3.0\r\n", b"GET / HTTP/2.1\r\n"]] + [
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]

KINDS = {
    "line": (REQUEST_LINES, 400), "field": (LINES, 400), "host": (HOSTS, 400),
    "length": (LENGTHS, 400), "both": (BOTH, 400), "coding": (CODINGS, 400),
    "unknown": (UNKNOWN_CODINGS, 501),
    "chunk": (CHUNKS, 400), "upgrade": (UPGRADES, 400),
    "version": (VERSIONS, 505)}
ATTACKS = [pytest.param(attack, status, id=f"{kind}-{number}")
           for kind, (attacks, status) in KINDS.items()
           for number, attack in enumerate(attacks)]


def refused(client: RawClient, status: int) -> None:
    """One answer, which says that it is the last, and the end."""
    response = client.read_response()
    assert response.status == status
    assert response.header("Connection") == "close"
    assert b"smuggled" not in response.body
    client.expect_end()


@pytest.mark.parametrize("attack, status", ATTACKS)
def test_r6_refused_whole(scripted, backend, attack, status):
    for scheme in "http", "https":
        before = backend.received()
        with scripted.open(scheme) as client:
            client.send(attack + SMUGGLED)
            refused(client, status)
        with scripted.open(scheme) as client:
            assert client.request("GET", "/good").status == 200
        received, = backend.received_since(before)
        assert received.startswith(b"GET /good HTTP/1.1\r\n")
        assert received.count(b"\r\n\r\n") == 1


def is_complete(message: bytes) -> bool:
    """Would a backend act on this?"""
    head, end, body = message.partition(b"\r\n\r\n")
    return bool(end) and (b"\r\nTransfer-Encoding:" not in head
                          or body.endswith(b"0\r\n\r\n"))


@pytest.mark.parametrize("kind", KINDS)
def test_sec1_refused_however_it_is_cut(scripted, backend, kind):
    """In two pieces, at every byte: the same verdict."""
    attacks, status = KINDS[kind]
    attack = min(attacks, key=len)
    before = backend.received()
    for cut in range(1, len(attack)):
        with scripted.http() as client:
            client.send(attack[:cut])
            client.send(attack[cut:] + SMUGGLED)
            refused(client, status)
    received = backend.received_since(before)
    assert b"smuggled" not in b"".join(received)
    assert not any(map(is_complete, received))


MANY_EXTENSIONS = with_chunks(
    (b"1;" + b"a" * 200 + b"\r\nx\r\n") * 90 + b"0\r\n\r\n")


@pytest.mark.parametrize("attack, status", [
    *ATTACKS[::5], pytest.param(MANY_EXTENSIONS, 400, id="extensions")])
def test_r6_refused_byte_by_byte(scripted, backend, attack, status):
    """The verdict is the same; a head may have gone on, no whole request."""
    before = backend.received()
    with scripted.http() as client:
        for byte in attack + SMUGGLED:
            client.send(bytes([byte]))
        refused(client, status)
    with scripted.http() as client:
        assert client.request("GET", "/good").status == 200
    received = backend.received_since(before)
    assert b"smuggled" not in b"".join(received)
    assert [is_complete(message) for message in received].count(True) == 1


@pytest.mark.parametrize("request_head", [
    GET + HOST + b"\r\n", POST + HOST + CL + b"\r\nhello",
    with_chunks(b"5\r\nhello\r\n0\r\n\r\n")])
def test_what_is_sound_passes(scripted, backend, request_head):
    """The checks above can tell: this, with a request behind, is two."""
    before = backend.received()
    with scripted.https() as client:
        client.send(request_head + SMUGGLED)
        assert [client.read_response().status for _ in range(2)] == [200, 200]
    received = b"".join(backend.received_since(before))
    assert received.count(b" HTTP/1.1\r\n") == 2
    assert b"GET /smuggled " in received


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_body_behind_a_local_answer_is_no_request(front, scheme):
    with front.open(scheme) as client:
        client.send_request("POST", "/", host="other.test", body=SMUGGLED)
        refused(client, {"http": 404, "https": 421}[scheme])


def test_the_answer_arrives_while_the_attacker_keeps_sending(scripted):
    with scripted.https() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n" + bytes(1 << 20))
        refused(client, 400)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


@pytest.mark.skipif(os.geteuid() != 0, reason="looks into a worker")
def test_a_client_that_never_closes_is_closed_and_costs_nothing(scripted):
    """Nothing but a time-out ends it: the worker sleeps until then."""
    worker, = scripted.pids()["proxy"]
    open_before = until_quiet(lambda: descriptors(worker))
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            client = stack.enter_context(scripted.http())
            client.send(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n")
            assert client.read_response().status == 400
        used = cpu_seconds(worker)
        deadline = time.monotonic() + 10
        while descriptors(worker) > open_before:
            assert time.monotonic() < deadline
            select.select([], [], [], 0.1)
        assert cpu_seconds(worker) - used < 0.5


@pytest.mark.skipif(os.geteuid() != 0, reason="looks into a worker")
def test_after_all_that_nothing_spins_and_nothing_is_left_open(scripted):
    worker, = scripted.pids()["proxy"]
    began, used = time.monotonic(), cpu_seconds(worker)
    assert until_quiet(lambda: descriptors(worker)) < 30
    assert cpu_seconds(worker) - used < (time.monotonic() - began) / 2
