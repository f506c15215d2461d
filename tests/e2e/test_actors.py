"""The actors themselves: a harness that cannot fail proves nothing."""

from __future__ import annotations

import hashlib
import os
import select
import socket
import ssl
from pathlib import Path
from typing import Iterator

import pytest

from actors import ports
from actors.backend import ScriptedBackend, answer
from actors.client import (BadResponse, RawClient, WebSocket, WebSocketClosed,
                           tls_context)
from actors.home_assistant import TOKEN, HomeAssistant, HomeAssistantSocket
from actors.node import HomeAssistantClient
from actors.process import ActorError, Process
from fake_ha import CLIENT_MAX_SIZE, MAX_LINE, pattern_pieces


# Process

def shell(script: str) -> Process:
    return Process("shell", ["sh", "-c", script])


def ends(pidfd: int) -> bool:
    """Whether a process has ended, or does soon."""
    try:
        return bool(select.select([pidfd], [], [], 5)[0])
    finally:
        os.close(pidfd)


def test_process_waits_for_lines():
    with shell("echo one; read word; echo got $word; read end") as child:
        child.wait_for_line("^one$")
        since = child.mark()
        child.send_line("two")
        assert child.wait_for_line("got (.*)", since=since)[1] == "two"
        with pytest.raises(ActorError, match="no line.*\n.*\none\ngot two"):
            child.wait_for_line("three", timeout=0.05)


def test_process_that_ends_is_noticed_at_once():
    with shell("echo last words; exit 3") as child:
        with pytest.raises(ActorError, match="last words"):
            child.wait_for_line("never", timeout=30)
        assert child.wait() == 3


def test_process_stops_and_starts_again():
    child = shell("trap 'echo bye; exit 4' TERM; echo up; while :; do"
                  " read word; done")
    for _ in range(2):
        since = child.mark()
        with child:
            child.wait_for_line("up", since=since)
            assert child.stop() == 4
    assert child.count("bye") == 2


def test_process_that_leaves_children_behind_has_ended():
    with shell("sleep 1000 & echo last words") as child:
        with pytest.raises(ActorError, match="ended.*\n.*\nlast words"):
            child.wait_for_line("never", timeout=30)
        assert not child.running
        assert child.wait() == 0
        assert len(child.stragglers) == 1


@pytest.mark.parametrize("prefix", ["", "setsid"])
def test_process_takes_its_children_with_it(prefix):
    with shell(f"{prefix} sleep 1000 & echo pid $!; wait") as child:
        straggler = os.pidfd_open(int(child.wait_for_line("pid (.*)")[1]))
        child.kill()
    assert ends(straggler)


def test_process_has_read_all_that_was_written_before():
    with shell("seq 5000") as child:
        assert ends(os.pidfd_open(child.pid))
        assert child.mark() == child.count("[0-9]") == 5000


def test_ports_are_kept_for_servers():
    first, second = ports.free_ports(2)
    assert first != second
    with socket.socket() as stranger, pytest.raises(OSError):
        stranger.bind(("127.0.0.1", first))
    for _ in range(2):
        with socket.create_server(("127.0.0.1", first)):
            assert f"(pid {os.getpid()})" in ports.holder_of(first)
            assert not ports.is_free(first)
    assert ports.holder_of(first) is None
    assert ports.is_free(first)


# Pebble

def test_pebble_is_trusted_by_its_file_alone(pebble):
    address = "127.0.0.1", int(pebble.directory.split(":")[2].split("/")[0])
    with RawClient(address, name="localhost",
                   tls=tls_context(pebble.ca_file)) as client:
        answered = client.request("GET", "/dir",
                                  headers=[("User-Agent", "test")])
        assert "newOrder" in answered.json()
        assert client.peer_serial() > 0
    assert pebble.requests == 1
    with pytest.raises(ssl.SSLCertVerificationError):
        RawClient(address, name="localhost",
                  tls=tls_context(pebble.root_file()))


def test_pebble_restarts_as_another_ca(pebble):
    roots = pebble.roots()
    assert pebble.restart().roots() != roots


# The stand-in Home Assistant: who the client is

FORWARDED = [
    # (row, header lines, status, expected remote, scheme, host)
    ("F1", ["X-Forwarded-Proto: https", "X-Forwarded-Host: a.test"],
     ("127.0.0.1", "http", "ha.test")),
    ("F4", ["X-Forwarded-For: 203.0.113.9:4711"], None),
    ("F4", ["X-Forwarded-For: [2001:db8::1]"], None),
    ("F4", ["X-Forwarded-For: unknown"], None),
    ("F4", ["X-Forwarded-For:"], None),
    ("F4", ["X-Forwarded-For: 203.0.113.9,"], None),
    ("F4", ["X-Forwarded-For: 203.0.113.09"], None),
    ("F5", ["X-Forwarded-For: 2001:db8::1"],
     ("2001:db8::1", "http", "ha.test")),
    ("F5", ["X-Forwarded-For: fe80::1%eth0"],
     ("fe80::1%eth0", "http", "ha.test")),
    ("F7", ["X-Forwarded-For: 192.0.2.1, 203.0.113.9, 127.0.0.1"],
     ("203.0.113.9", "http", "ha.test")),
    ("F7", ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 203.0.113.9"],
     ("203.0.113.9", "http", "ha.test")),
    ("F7", ["X-Forwarded-For: ::1, 127.0.0.1"], ("::1", "http", "ha.test")),
    ("F8", ["X-Forwarded-For: 192.0.2.1, 203.0.113.9, 127.0.0.1",
            "X-Forwarded-Proto: https, http"], None),
    ("F8", ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto:"], None),
    ("F8", ["X-Forwarded-For: 203.0.113.9, 127.0.0.1",
            "X-Forwarded-Proto: https,"], None),
    ("F9", ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: HTTPS"],
     ("203.0.113.9", "HTTPS", "ha.test")),
    ("F9", ["X-Forwarded-For: 192.0.2.1, 203.0.113.9, 127.0.0.1",
            "X-Forwarded-Proto: ftp, https, http"],
     ("203.0.113.9", "https", "ha.test")),
    ("F10", ["X-Forwarded-For: 203.0.113.9",
             "X-Forwarded-Host: a.test, b.test:8443"],
     ("203.0.113.9", "http", "b.test:8443")),
    ("F10", ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Host: a.test,"],
     None),
    ("F11", ["Forwarded: for=203.0.113.9;proto=https"],
     ("127.0.0.1", "http", "ha.test")),
]


def echo(backend: HomeAssistant, *lines: str):
    with backend.client() as client:
        headers = [line.split(":", 1) for line in lines]
        return client.request("GET", "/api/echo", host="ha.test",
                              headers=headers)


@pytest.mark.parametrize("row, lines, expected", FORWARDED)
def test_forwarded_headers(home_assistant, row, lines, expected):
    response = echo(home_assistant, *lines)
    if expected is None:
        assert response.status == 400
    else:
        seen = response.json()
        assert (seen["remote"], seen["scheme"], seen["host"]) == expected


def test_forwarded_mapped_address_stays_ipv6(home_assistant):
    seen = echo(home_assistant, "X-Forwarded-For: ::ffff:203.0.113.9").json()
    assert seen["remote"].startswith("::ffff:")     # F6


@pytest.mark.parametrize("option", [
    ["--no-forwarded"], ["--trusted-proxy", "192.0.2.0/24"]])
def test_forwarded_is_refused_from_strangers(option):   # F2, F3
    with HomeAssistant(*option) as backend:
        assert echo(backend, "X-Forwarded-For: 203.0.113.9").status == 400
        assert echo(backend).status == 200
        assert backend.count("^400: .*127.0.0.1") == 1


def test_trusted_proxy_must_be_a_network():     # F12
    with pytest.raises(ActorError, match="192.168.1.50/24"):
        with HomeAssistant("--trusted-proxy", "192.168.1.50/24"):
            pass


# The stand-in Home Assistant: requests and responses

def test_echo_tells_what_arrived(home_assistant):
    with home_assistant.client() as client:
        seen = client.request(
            "PUT", "/api/echo//a%2Fb/../c?x=1&y", body=b"abc",
            headers=[("x-Twice", "1"), ("X-TWICE", "2")]).json()
    assert seen["method"] == "PUT"
    assert seen["path"] == "/api/echo//a%2Fb/../c?x=1&y"
    assert seen["headers"] == [
        ["Host", home_assistant.address], ["x-Twice", "1"], ["X-TWICE", "2"],
        ["Content-Length", "3"]]
    assert seen["body_sha256"] == hashlib.sha256(b"abc").hexdigest()


def test_size_limits_are_those_of_home_assistant(home_assistant):
    for length, status in (MAX_LINE - 200, 200), (MAX_LINE + 200, 400):
        value = "a" * length
        assert echo(home_assistant, f"X-Long: {value}").status == status
        with home_assistant.client() as client:
            assert client.request(
                "GET", f"/api/echo?{value}").status == status
    body = bytes(CLIENT_MAX_SIZE + 1)
    with home_assistant.client() as client:
        assert client.request("POST", "/api/echo", body=body).status == 413
    with home_assistant.client() as client:
        answered = client.request("POST", "/api/backup/upload", body=body)
    assert answered.json() == {"length": len(body),
                               "sha256": hashlib.sha256(body).hexdigest()}


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_download_in_every_framing(home_assistant, framing):
    size = 3 * 1024 * 1024 + 1
    with home_assistant.client() as client:
        response = client.request(
            "GET", f"/api/download?size={size}&framing={framing}")
        if framing == "close":
            client.expect_end()
    has = [response.header(name) is not None
           for name in ("Content-Length", "Transfer-Encoding")]
    assert has == [framing == "length", framing == "chunked"]
    assert response.body == b"".join(pattern_pieces(0, size))


def test_download_of_a_range(home_assistant):
    with home_assistant.client() as client:
        part = client.request("GET", "/api/download?size=2000000",
                              headers=[("Range", "bytes=1500000-1500009")])
        assert part.status == 206
        assert part.header("Content-Range") == "bytes 1500000-1500009/2000000"
        assert part.body == b"".join(pattern_pieces(1500000, 10))
        beyond = client.request("GET", "/api/download?size=10",
                                headers=[("Range", "bytes=10-")])
        assert beyond.status == 416
        head = client.request("HEAD", "/api/download?size=10")
        assert (head.header("Content-Length"), head.body) == ("10", b"")


def test_answers_of_every_kind(home_assistant):
    with home_assistant.client() as client:
        assert client.request("GET", "/manifest.json").status == 200
        assert b"came directly" in client.request("GET", "/").body
        assert client.request("DELETE", "/api/status/503").status == 503
        assert client.request("GET", "/api/status/204").body == b""
        assert client.request("GET", "/api/slow?seconds=0").status == 200
    with home_assistant.client() as client:
        client.send_request("POST", "/api/early413",
                            headers=[("Content-Length", "1000000000")])
        assert client.read_response().status == 413


@pytest.mark.parametrize("path, first", [
    ("/api/camera_proxy_stream/x?rate=1000", b"--frameboundary\r\nContent-"),
    ("/api/stream?ping=0.001", b"data: ping\n\n"),
    ("/api/hassio/core/logs/follow?pause=0.001", b"core: all is well\n")])
def test_streams_are_endless_and_end_with_the_client(
        home_assistant, path, first):
    with home_assistant.client() as client:
        client.send_request("GET", path)
        pieces = client.pieces(client.read_head())
        data = b""
        while data.count(first) < 3:
            data += next(pieces)
        assert data.startswith(first)
        assert home_assistant.counters()["streams"] == 1
    home_assistant.wait_counters(streams=0, active=0)


def test_quiet_streams_notice_a_lost_client(home_assistant):
    with home_assistant.client() as client:
        client.send_request("GET", "/api/stream")
        next(client.pieces(client.read_head()))
        home_assistant.wait_counters(streams=1)
    home_assistant.wait_counters(streams=0)


def test_login_tokens(home_assistant):
    def ask(form: bytes):
        return client.request("POST", "/auth/token", body=form, headers=[
            ("Content-Type", "application/x-www-form-urlencoded")])

    with home_assistant.client() as client:
        first = ask(b"grant_type=authorization_code&code=code").json()
        second = ask(b"grant_type=refresh_token&refresh_token="
                     + first["refresh_token"].encode()).json()
        assert ask(b"grant_type=authorization_code&code=x").status == 400
    with HomeAssistantSocket(home_assistant.client(),
                             token=second["access_token"]) as api:
        assert api.call("ping")["type"] == "pong"


def test_counters_say_what_is_not_so(home_assistant):
    with pytest.raises(ActorError, match="'websockets': 7"):
        home_assistant.wait_counters(websockets=7, timeout=0.05)


# WebSockets

def test_websocket_login_events_and_close(home_assistant):
    with HomeAssistantSocket(home_assistant.client()) as api:
        home_assistant.wait_counters(websockets=1)
        assert api.call("subscribe_events")["success"]
        assert api.next_event()["data"] == {"count": 1}
        assert not api.call("no/such/command")["success"]
        assert api.close() == 1000
    home_assistant.wait_counters(websockets=0)


def test_websocket_may_be_compressed(home_assistant):
    offer = "Sec-WebSocket-Extensions", "permessage-deflate"
    with WebSocket(home_assistant.client(), headers=[offer]) as socket_:
        assert offer in socket_.response.headers


def test_websocket_needs_a_login():
    with HomeAssistant("--auth-timeout", "0.05") as backend:
        with WebSocket(backend.client()) as silent:
            assert silent.receive_json()["type"] == "auth_required"
            with pytest.raises(WebSocketClosed):
                silent.receive()
        with WebSocket(backend.client()) as stranger:
            stranger.receive()
            stranger.send_json({"type": "auth", "access_token": "x"})
            assert stranger.receive_json()["type"] == "auth_invalid"
            with pytest.raises(WebSocketClosed):
                stranger.receive()


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536, 5_000_000])
def test_websocket_echo_of_every_frame_size(home_assistant, size):
    with WebSocket(home_assistant.client(),
                   "/api/hassio_ingress/x") as socket_:
        for message in os.urandom(size), "ü" * (size // 2):
            socket_.send(message)
            assert socket_.receive() == message
        socket_.send_frame(1, b"in ", final=False)
        socket_.send_frame(0, b"parts")
        assert socket_.receive() == "in parts"
        socket_.ping(b"still there?")


def test_home_assistants_own_client(home_assistant):
    with HomeAssistantClient(home_assistant.url, TOKEN) as client:
        assert client.wait_event("ready")["version"]
        client.command("ping", "pong")
        client.command("subscribe", "subscribed")
        assert client.wait_event("event") == {"event": "event", "count": 1}
        since = client.mark()
        home_assistant.stop()
        client.wait_event("disconnected", since=since)
        home_assistant.start()
        client.wait_event("ready", since=since)
        client.command("close", "closed")
        assert (client.wait(), client.disconnects) == (0, 1)


def test_home_assistants_own_client_with_a_bad_token(home_assistant):
    with HomeAssistantClient(home_assistant.url, "x") as client:
        assert client.wait_event("failed")["error"] == 2    # invalid auth
        assert client.wait() == 1


# RawClient reads to the letter, ScriptedBackend records

OK = b"HTTP/1.1 200 OK\r\n"
GOOD = [
    (OK + b"Content-Length: 2\r\n\r\nok", b"ok"),
    (OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
     b"ok"),
    (OK + b"\r\nok", b"ok"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length:0\r\n\r\n",
     b""),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b""),
    (b"HTTP/1.0 200 \xfc\r\nX: \xe9 \r\n\r\n", b""),
    (b"HTTP/1.0 200 \r\n\r\n", b""),
]
BAD = [
    b"", OK[:10], OK, OK + b"X: y\r\n",
    b"HTTP/2 200 OK\r\n\r\n", b"HTTP/1.1 99 OK\r\n\r\n",
    b"HTTP/1.1 200\r\n\r\n", b"HTTP/1.1 200 OK\n\r\n",
    OK + b"X : y\r\n\r\n", OK + b"X: y\n\r\n", OK + b" X: y\r\n\r\n",
    OK + b"X: y\r\n z\r\n\r\n", OK + b"X: a\rb\r\n\r\n", OK + b"X\r\n\r\n",
    OK + b"X: a\0b\r\n\r\n",
    OK + b"Content-Length: 3\r\n\r\nok",
    OK + b"Content-Length: +2\r\n\r\nok",
    OK + b"Content-Length: 2, 2\r\n\r\nok",
    OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
    b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
]


@pytest.fixture(scope="module")
def script() -> Iterator[ScriptedBackend]:
    with ScriptedBackend() as backend:
        yield backend


def client_of(backend: ScriptedBackend) -> RawClient:
    return RawClient(("127.0.0.1", backend.port))


def once(response: bytes):
    def behave(connection) -> None:
        connection.read_request()
        connection.send(response)
    return behave


@pytest.mark.parametrize("response, body", GOOD)
def test_client_reads_good_responses(script, response, body):
    script.behaviour = once(response)
    with client_of(script) as client:
        assert client.request("GET", "/").body == body
        client.expect_end()


@pytest.mark.parametrize("response", BAD)
def test_client_refuses_bad_responses(script, response):
    script.behaviour = once(response)
    with client_of(script) as client, pytest.raises(BadResponse):
        client.request("GET", "/")


def test_client_keeps_what_follows(script):
    script.behaviour = once(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                            + OK + b"Content-Length: 2\r\n\r\nokmore")
    with client_of(script) as client:
        response = client.request("GET", "/")
        assert [head.status for head in response.interim] == [103]
        with pytest.raises(BadResponse, match="more"):
            client.expect_end()


def test_client_does_not_read_a_body_after_head(script):
    script.behaviour = answer(OK + b"Content-Length: 2\r\n\r\n")
    with client_of(script) as client:
        for _ in range(2):
            assert client.request("HEAD", "/").header("content-length") == "2"


def test_backend_records_every_byte(script):
    script.behaviour = answer()
    before = len(script.connections)
    requests = [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
                b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"3\r\nabc\r\n0\r\nX: y\r\n\r\n"]
    with client_of(script) as client:
        client.send(b"".join(requests))     # pipelined
        for _ in requests:
            assert client.read_response().body == b"ok"
    script.wait_for_connections(before + 1)
    script.wait_until(lambda: script.connections[before].ended)
    assert script.received()[before] == b"".join(requests)


def test_backend_ends_connections_in_every_way(script):
    def finish(connection) -> None:
        connection.read_head()
        connection.finish_sending()
        connection.read_to_end()

    script.behaviour = finish
    with client_of(script) as client:
        client.send_request("GET", "/")
        client.expect_end()
        client.send(b"still heard")
        client.finish_sending()
        connection = script.connections[-1]
        script.wait_until(lambda: connection.ended)
        assert connection.received.endswith(b"still heard")

    def reset(connection) -> None:
        connection.read_head()
        connection.reset()

    script.behaviour = reset
    with client_of(script) as client:
        client.send_request("GET", "/")
        with pytest.raises(ConnectionResetError):
            client.expect_end()


def test_backend_reports_a_failed_behaviour_and_starts_again():
    backend = ScriptedBackend(lambda connection: 1 / 0).start()
    with client_of(backend) as client:
        client.expect_end()
    with pytest.raises(ZeroDivisionError):
        backend.stop()
    with pytest.raises(ConnectionRefusedError):
        client_of(backend)
    backend.behaviour = answer()
    with backend, client_of(backend) as client:
        assert client.request("GET", "/").status == 200


# Namespaces

def test_namespace_has_its_own_network_and_mounts(namespace, tmp_path):
    namespace.add_address("192.168.1.2/32")
    address = "192.168.1.2", 8123
    with ScriptedBackend(listener=namespace.listen(address)):
        with RawClient(address, connect=namespace.connect) as client:
            assert client.request("GET", "/").body == b"ok"
    private = Path("/var/jail/gatehouse-test")
    namespace.private_directory(private.parent)
    namespace.private_directory(tmp_path)
    namespace.run("mkdir", private, tmp_path / "x")
    assert namespace.run("ls", private.parent) == "gatehouse-test\n"
    assert namespace.run("ls", "/var/lib/dpkg")
    assert not private.exists() and not (tmp_path / "x").exists()


def test_namespace_carries_actors(namespace):
    with HomeAssistant(namespace=namespace) as backend:
        with pytest.raises(ConnectionRefusedError):
            backend.client(connect=socket.create_connection)
        with backend.client(connect=namespace.connect) as client:
            assert client.request("GET", "/manifest.json").status == 200
