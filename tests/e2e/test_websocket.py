"""WebSockets, rows W1-W8: opaque once a backend has agreed, not before."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import Callable

import pytest

from actors.backend import Connection
from actors.client import RawClient, WebSocket
from actors.front import NAME
from actors.home_assistant import HomeAssistantSocket

ECHO = "/api/hassio_ingress/token/ws"
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
          b"Connection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n")
SCHEMES = pytest.mark.parametrize("scheme", ["http", "https"])


def handshake(*lines: str, path: str = "/") -> bytes:
    return "\r\n".join([
        f"GET {path} HTTP/1.1", f"Host: {NAME}", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *(lines or ["Connection: Upgrade", "Upgrade: websocket"]), "", ""]
    ).encode()


def switch(then: Callable[[Connection], None], with_it: bytes = b""
           ) -> Callable[[Connection], None]:
    """A backend that agrees to the upgrade, and goes on."""
    def behave(connection: Connection) -> None:
        connection.read_head()
        connection.send(SWITCH + with_it)
        then(connection)
    return behave


def upgraded(client: RawClient) -> RawClient:
    client.send(handshake())
    assert client.read_response().status == 101
    return client


@pytest.mark.parametrize("connection", [
    "Upgrade", "upgrade", "keep-alive, Upgrade", "Upgrade,close",
    "Sec-WebSocket-Version, UPGRADE"])
@pytest.mark.parametrize("protocol", ["websocket", "WebSocket",
                                      "h2c, websocket"])
def test_w1_backend_gets_the_plain_upgrade(scripted, script, connection,
                                           protocol):
    script.behaviour = switch(Connection.read_to_end)
    before = script.received()
    with scripted.https() as client:
        client.send(handshake(f"Connection: {connection}",
                              f"Upgrade: {protocol}"))
        response = client.read_response()
    assert response.status == 101
    assert response.header("Connection") == "Upgrade"
    assert response.header("Upgrade") == "websocket"
    assert response.header("Sec-WebSocket-Accept") == "x"
    received, = script.received_since(before)
    lines = received.split(b"\r\n")
    assert [line for line in lines if line.lower().startswith(b"connection")
            ] == [b"Connection: Upgrade"]
    assert [line for line in lines if line.lower().startswith(b"upgrade")
            ] == [b"Upgrade: websocket"]
    assert b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" in lines


@pytest.mark.parametrize("lines", [
    ["Connection: keep-alive", "Upgrade: websocket"],
    ["Connection: Upgrade", "Upgrade: h2c"], ["Connection: Upgrade"],
    ["Connection: Upgrade", "Upgrade: websockets"]])
def test_what_is_no_handshake_is_an_ordinary_request(scripted, script, lines):
    before = script.received()
    with scripted.https() as client:
        client.send(handshake(*lines))
        assert client.read_response().status == 200
    received, = script.received_since(before)
    assert b"pgrade" not in received


def test_w2_compression_is_between_the_ends(front):
    offer = "Sec-WebSocket-Extensions", "permessage-deflate"
    with WebSocket(front.https(), ECHO, headers=[offer]) as socket_:
        assert offer in socket_.response.headers


@SCHEMES
def test_w3_bytes_behind_the_101_belong_to_the_tunnel(scripted, script,
                                                      scheme):
    first = b"\x81\x05hello" + bytes(100_000)
    script.behaviour = switch(Connection.read_to_end, first)
    with scripted.open(scheme) as client:
        upgraded(client)
        assert client.read_exactly(len(first)) == first


def test_w3_101_may_say_what_it_likes(scripted, script):
    def behave(connection: Connection) -> None:
        connection.read_head()
        connection.send(SWITCH[:-2] + b"Content-Type: text/plain\r\n\r\n")
        connection.send(connection.receive())

    script.behaviour = behave
    with scripted.https() as client:
        client.send(handshake())
        response = client.read_response()
        assert response.header("Content-Type") == "text/plain"
        client.send(b"\0opaque\xff")
        assert client.read_exactly(8) == b"\0opaque\xff"


def test_w5_home_assistant_speaks_first_and_logs_in(front, home_assistant):
    with HomeAssistantSocket(front.https()) as api:
        home_assistant.wait_counters(websockets=1)
        assert api.call("ping")["type"] == "pong"
        assert api.call("subscribe_events")["success"]
        assert api.next_event()["data"] == {"count": 1}
        assert api.close() == 1000
    home_assistant.wait_counters(websockets=0, timeout=1)


def test_frames_of_every_size_pass_both_ways(front):
    with WebSocket(front.https(), ECHO) as socket_:
        for size in 0, 1, 125, 126, 65535, 65536, 1 << 20, 1 << 20:
            message = os.urandom(size)
            socket_.send(message)
            assert socket_.receive() == message
            socket_.ping(message[:125])


@pytest.mark.parametrize("path", [
    "/api/hassio_ingress/token/ws", "/ace", "/logs", "/live/mse/api/ws?src=a",
    "/api/ws?src=door", "/api/webrtc/ws", "//odd/../%2F", "/"])
def test_w6_headers_decide_and_not_the_path(scripted, script, path):
    script.behaviour = switch(lambda connection: connection.send(
        connection.receive()))
    before = script.received()
    with scripted.https() as client:
        client.send(handshake(path=path))
        assert client.read_response().status == 101
        client.send(b"\x81\0")
        assert client.read_exactly(2) == b"\x81\0"
    received, = script.received_since(before)
    assert received.startswith(f"GET {path} HTTP/1.1\r\n".encode())


def test_many_websockets_at_once(front, home_assistant):
    sockets = [WebSocket(front.https(), ECHO) for _ in range(50)]
    home_assistant.wait_counters(websockets=50)
    for number, socket_ in enumerate(sockets):
        socket_.send(f"hello {number}")
    for number, socket_ in enumerate(sockets):
        assert socket_.receive() == f"hello {number}"
        socket_.client.close()
    home_assistant.wait_counters(websockets=0, timeout=1)


# How it ends

@SCHEMES
def test_w4_backend_half_closes(scripted, script, scheme):
    def behave(connection: Connection) -> None:
        connection.send(b"bye")
        connection.finish_sending()
        connection.read_to_end()

    script.behaviour = switch(behave)
    with scripted.open(scheme) as client:
        upgraded(client)
        assert client.read_to_end() == b"bye"
        client.send(b"still heard")
        script.wait_until(lambda: any(
            received.endswith(b"still heard")
            for received in script.received()))


def test_w4_client_half_closes(scripted, script):
    def behave(connection: Connection) -> None:
        connection.read_to_end()
        connection.send(b"still heard")

    script.behaviour = switch(behave)
    with scripted.http() as client:
        upgraded(client).finish_sending()
        assert client.read_to_end() == b"still heard"


@SCHEMES
@pytest.mark.parametrize("end", [RawClient.close, RawClient.reset])
def test_w4_client_that_is_gone_takes_the_backend_with_it(
        scripted, script, scheme, end):
    script.behaviour = switch(Connection.read_to_end)
    with scripted.open(scheme) as client:
        end(upgraded(client))
        script.wait_until(lambda: all(
            connection.ended for connection in script.connections), timeout=1)


@SCHEMES
@pytest.mark.parametrize("end", [Connection.close, Connection.reset])
def test_w4_backend_that_is_gone_takes_the_client_with_it(
        scripted, script, scheme, end):
    script.behaviour = switch(end)
    with scripted.open(scheme) as client:
        upgraded(client)
        try:
            client.expect_end()
        except OSError:
            assert end is Connection.reset


@SCHEMES
def test_w4_reset_behind_the_last_words(scripted, script, scheme):
    """It may come in one event with them, and must not be lost."""
    go_on = threading.Semaphore(0)

    def behave(connection: Connection) -> None:
        assert go_on.acquire(timeout=10)
        connection.send(b"bye")
        connection.reset()

    script.behaviour = switch(behave)
    for _ in range(12):
        with scripted.open(scheme) as client:
            upgraded(client)
            go_on.release()
            with contextlib.suppress(OSError):
                client.read_to_end()


def test_stalled_client_slows_the_backend(scripted, script):
    sent = 0

    def behave(connection: Connection) -> None:
        nonlocal sent
        for _ in range(1024):
            connection.send(bytes(65536))
            sent += 65536

    script.behaviour = switch(behave)
    with scripted.https() as client:
        upgraded(client)
        client.read_exactly(1 << 20)
        assert sent < 64 << 20
        assert len(client.read_to_end()) == 63 << 20


# What is refused

@pytest.mark.parametrize("response", [
    b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno",
    b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nno\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"])
def test_w8_refusals_are_ordinary_responses(scripted, script, response):
    def behave(connection: Connection) -> None:
        while True:
            connection.read_head()
            connection.send(response)

    script.behaviour = behave
    before = script.received()
    with scripted.https() as client:
        for _ in range(2):
            client.send(handshake())
            got = client.read_response()
            assert got.status == int(response.split()[1])
            assert got.body == b"no"
            assert got.header("Upgrade") is None
    assert len(script.received_since(before)) == 1


def test_w8_home_assistants_own_refusal(front):
    with front.https() as client:
        client.send(handshake(
            "Connection: Upgrade", "Upgrade: websocket",
            path="/api/websocket").replace(b": 13", b": 12"))
        assert client.read_response().status == 400
        assert client.request("GET", "/manifest.json").status == 200


@pytest.mark.parametrize("response", [
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
    b"Upgrade: h2c\r\n\r\n"])
def test_101_to_something_else_is_a_502(scripted, script, response):
    script.behaviour = lambda connection: (
        connection.read_head(), connection.send(response),
        connection.read_to_end())
    with scripted.https() as client:
        client.send(handshake())
        assert client.read_response().status == 502


@SCHEMES
def test_early_data_is_refused(scripted, script, scheme):
    """Nobody has agreed yet to read what follows as a tunnel."""
    script.behaviour = switch(Connection.read_to_end)
    with scripted.open(scheme) as client:
        client.send(handshake() + b"GET /smuggled HTTP/1.1\r\n\r\n")
        assert client.read_response().status == 400
        client.expect_end()
    assert b"smuggled" not in b"".join(script.received())


@SCHEMES
def test_early_data_in_a_packet_of_its_own_is_refused(scripted, script,
                                                      scheme):
    """However it is cut: it was sent before the 101 was."""
    asked, go = threading.Event(), threading.Event()

    def agree_late(connection):
        connection.read_head()
        asked.set()
        assert go.wait(10)
        connection.send(SWITCH)
        connection.read_to_end()

    script.behaviour = agree_late
    with scripted.open(scheme) as client:
        client.send(handshake())
        assert asked.wait(10)
        client.send(b"GET /smuggled HTTP/1.1\r\n\r\n")
        go.set()
        assert client.read_response().status == 400
        client.expect_end()
    assert b"smuggled" not in b"".join(script.received())


def test_early_data_of_a_refused_handshake_is_a_request(scripted, backend):
    """In a packet of its own it waits; without a tunnel it is HTTP again."""
    before = backend.received()
    with scripted.https() as client:
        client.send(handshake())
        backend.wait_until(lambda: any(backend.received_since(before)))
        client.send(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n")
        assert [client.read_response().status for _ in range(2)] == [200, 400]
    assert b"".join(backend.received_since(before)).count(b"HTTP/1.1") == 1
