"""Streams without an end, rows S1-S4 and S8, and what no time-out may cut."""

from __future__ import annotations

import contextlib
import itertools
import re
import select
import statistics
import threading
import time
from typing import Iterator

import pytest

from actors.backend import OK, Connection, ScriptedBackend
from actors.client import RawClient, WebSocket
from actors.front import Front, backend, pound
from actors.home_assistant import HomeAssistant

CAMERA = "/api/camera_proxy_stream/door"
EVENTS = "/api/stream"
LOG = "/api/hassio/core/logs/follow"
QUIET = [EVENTS, LOG]       # one piece at once, then nothing for long
PROMPT = 0.05               # seconds from backend to client
STATUS = b"HTTP/1.1 200 OK\r\n"


def follow(client: RawClient, path: str) -> Iterator[bytes]:
    """Open a stream; its pieces as they come."""
    client.send_request("GET", path)
    head = client.read_head()
    assert head.status == 200
    return client.pieces(head)


def frames(pieces: Iterator[bytes]) -> Iterator[tuple[int, float]]:
    """Number of each camera frame, and how old it was when it was here."""
    data = b""
    for piece in pieces:
        data += piece
        while match := re.match(
                rb"--frameboundary\r\nContent-Type: image/png\r\n"
                rb"Content-Length: ([0-9]+)\r\nX-Frame: ([0-9]+)\r\n"
                rb"X-Sent: ([0-9.]+)\r\n\r\n", data):
            end = match.end() + int(match[1]) + 2
            if len(data) < end:
                break
            assert data[end - 2:end] == b"\r\n"
            yield int(match[2]), time.monotonic() - float(match[3])
            data = data[end:]


def test_s1_camera_frames_arrive_as_they_are_sent(front):
    with front.https() as client:
        seen = list(itertools.islice(
            frames(follow(client, f"{CAMERA}?rate=100")), 50))
    assert [number for number, _ in seen] == list(range(50))
    # Some may be late on a busy machine; what is held back makes all late.
    assert statistics.median(age for _, age in seen) < PROMPT


@pytest.mark.parametrize("framing", [
    b"Transfer-Encoding: chunked\r\n", b"Content-Length: 1000000\r\n", b""])
def test_s1_nothing_is_held_back(scripted, script, framing):
    """Each piece is here before the backend goes on to the next one."""
    heard = threading.Semaphore(0)

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(STATUS + framing + b"\r\n")
        for number in range(20):
            assert heard.acquire(timeout=10)
            piece = b"piece %2d\n" % number
            if b"chunked" in framing:
                piece = b"%x\r\n%b\r\n" % (len(piece), piece)
            connection.send(piece)
        connection.read_to_end()

    script.behaviour = behave
    with scripted.https() as client:
        pieces = follow(client, "/")
        for number in range(20):
            heard.release()
            assert next(pieces) == b"piece %2d\n" % number


@pytest.mark.parametrize("path, first", [
    (EVENTS, b"data: ping\n\n"), (LOG, b"core: all is well\n")])
def test_s2_s3_first_line_comes_at_once(front, path, first):
    took = []
    for _ in range(5):
        with front.https() as client:
            began = time.monotonic()
            assert next(follow(client, path)) == first
            took.append(time.monotonic() - began)
    assert min(took) < PROMPT, took


def test_s4_held_playlists_do_not_hold_the_segments(scripted, script):
    """LL-HLS: many requests wait for what comes, and many more do not."""
    go_on = threading.Event()

    def behave(connection: Connection) -> None:
        while True:
            if b"/playlist" in connection.read_head():
                assert go_on.wait(20)
            connection.send(OK)

    script.behaviour = behave
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(scripted.https()) for _ in range(20)]
        for client in held:
            client.send_request("GET", "/playlist.m3u8")
        segments = [stack.enter_context(scripted.https()) for _ in range(5)]
        for number in range(20):
            for client in segments:
                client.send_request("GET", f"/segment{number}.m4s")
            for client in segments:
                assert client.read_response().body == b"ok"
        go_on.set()
        for client in held:
            assert client.read_response().body == b"ok"


def test_uploads_are_not_held_back_either(scripted, script):
    """The backend hears each piece before the client goes on."""
    script.behaviour = lambda connection: connection.read_to_end()
    before = script.received()
    with scripted.https() as client:
        client.send_request("POST", "/", headers=[
            ("Transfer-Encoding", "chunked")])
        for number in range(20):
            piece = b"piece %2d\n" % number
            client.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            script.wait_until(lambda: any(
                piece in received
                for received in script.received_since(before)))


# S8: the client has gone

def close_politely(client: RawClient) -> None:
    """close_notify, then FIN, as a browser does."""
    client.sock.setblocking(False)
    try:
        client.sock.unwrap()
    except OSError:
        pass    # it would wait for the gateway's own
    client.close()


ENDINGS = [("https", RawClient.close), ("https", RawClient.reset),
           ("https", close_politely), ("https", RawClient.finish_sending),
           ("http", RawClient.reset)]


@pytest.fixture(scope="module")
def open_front(home_assistant) -> Iterator[Front]:
    """Before the stand-in with plain HTTP, too."""
    with Front(pound(home_assistant.address, workers=2)) as made:
        yield made


@pytest.mark.parametrize("path", [*QUIET, f"{CAMERA}?rate=100"])
@pytest.mark.parametrize("scheme, end", ENDINGS)
def test_s8_backend_is_left_within_a_second(
        open_front, home_assistant, path, scheme, end):
    with open_front.open(scheme) as client:
        next(follow(client, path))
        home_assistant.wait_counters(streams=1)
        end(client)
        home_assistant.wait_counters(streams=0, timeout=1)


def test_s8_plain_close_of_a_stream_that_flows(open_front, home_assistant):
    with open_front.http() as client:
        next(follow(client, f"{CAMERA}?rate=100"))
    home_assistant.wait_counters(streams=0, timeout=1)


def test_plain_half_close_still_gets_its_answer(open_front):
    with open_front.http() as client:
        client.send_request("GET", "/api/slow?seconds=0.05")
        client.finish_sending()
        assert client.read_response().body == b"at last\n"
        client.expect_end()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("end", [RawClient.close, RawClient.reset])
def test_s8_backend_is_left_when_an_upload_ends_early(scripted, script,
                                                      scheme, end):
    script.behaviour = lambda connection: connection.read_to_end()
    before = script.received()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(scripted.open(scheme))
                   for _ in range(20)]
        for client in clients:
            client.send_request("POST", "/", headers=[
                ("Content-Length", "1000")])
        script.wait_until(
            lambda: len(script.received_since(before)) == len(clients))
        for client in clients:
            client.send(b"half")
            end(client)
        script.wait_until(lambda: all(
            connection.ended for connection in script.connections), 1)


def test_s8_backend_is_left_while_it_is_still_thinking(scripted, script):
    script.behaviour = lambda connection: connection.read_to_end()
    with scripted.https() as client:
        client.send_request("GET", "/")
        script.wait_until(lambda: any(script.received()))
    script.wait_until(lambda: all(
        connection.ended for connection in script.connections), timeout=1)


# Time-outs

@pytest.fixture(scope="module")
def hasty() -> Iterator[tuple[Front, HomeAssistant, ScriptedBackend]]:
    """Every time-out that a file can set is a second; the port of `silent`
    takes connections and never answers."""
    silent = ScriptedBackend(lambda connection: connection.read_to_end())
    times = "TimeOut 1\nConnTO 1\nClient 1\nAlive 1"
    with HomeAssistant() as home_assistant, silent:
        service = (f'Service\n URL "^/silent"\n{backend(silent.address)}End')
        with Front(pound(home_assistant.address, top=times,
                         tls=service)) as front:
            yield front, home_assistant, silent


def until_clients_are_given_up(front: Front) -> None:
    """Wait as long as a client's idle connection is kept."""
    with front.https() as client:
        client.expect_end()


def test_w4_s3_quiet_streams_outlive_every_timeout(hasty):
    front, home_assistant, _ = hasty
    with WebSocket(front.https(), "/api/hassio_ingress/x") as socket_:
        streams = []
        for path in QUIET:
            client = front.https()
            streams.append((client, follow(client, path)))
            next(streams[-1][1])
        for _ in range(2):
            until_clients_are_given_up(front)
        assert home_assistant.counters()["streams"] == len(QUIET)
        socket_.send("still there")
        assert socket_.receive() == "still there"
        assert not select.select([client.sock for client, _ in streams],
                                 [], [], 0)[0]
        for client, _ in streams:
            client.close()
    home_assistant.wait_counters(streams=0, websockets=0, timeout=1)


def test_slow_first_byte_is_a_504(hasty):
    front, _, silent = hasty
    began = time.monotonic()
    with front.https() as client:
        client.send_request("POST", "/silent", body=b"x")
        response = client.read_response()
        assert response.status == 504
        assert 1 <= time.monotonic() - began < 5      # not 60, nor 300
        silent.wait_until(lambda: all(
            connection.ended for connection in silent.connections))
        assert client.request("GET", "/manifest.json").status == 200


def test_pauses_within_a_body_are_no_timeout(hasty):
    """Neither in a response nor in a request."""
    front, *_ = hasty
    with front.https() as client:
        client.send_request("POST", "/api/echo", headers=[
            ("Content-Length", "2")])
        client.send(b"a")
        with front.https() as other:
            pieces = follow(other, f"{EVENTS}?ping=1.5")
            for _ in range(2):
                assert next(pieces) == b"data: ping\n\n"
        client.send(b"b")
        assert client.read_response().json()["body_length"] == 2


def test_idle_client_is_closed_without_a_word(hasty):
    front, *_ = hasty
    with front.https() as client:
        assert client.request("GET", "/manifest.json").status == 200
        began = time.monotonic()
        client.expect_end()
        assert 1 <= time.monotonic() - began < 5      # not 60, nor 300


def test_answers_of_our_own_are_use_of_a_connection(hasty):
    """It is idle since the last one, not since the first."""
    front, *_ = hasty
    with front.https() as client:
        began = time.monotonic()
        while time.monotonic() - began < 2.5:
            assert client.request("TRACE", "/").status == 405
            select.select([], [], [], 0.2)
        client.expect_end()
