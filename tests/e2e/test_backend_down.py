"""Backends that are away, come back, share the work, or stop half-way."""

from __future__ import annotations

import select
import socket
import threading
import time
from typing import Iterator

import pytest

from actors.backend import Connection, ScriptedBackend, answer
from actors.client import BadResponse, Response
from actors.front import Front, from_address, native, pound
from actors.home_assistant import HomeAssistant
from actors.ports import free_port

PACE = 0.1      # seconds between the requests of a client that waits
WHO = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"


def ask(front: Front, method: str = "GET", **options) -> Response:
    with front.https() as client:
        return client.request(method, "/", **options)


def ask_until(front: Front, status: int, timeout: float = 1, **options
              ) -> None:
    """Ask again and again, as a page would that waits."""
    deadline = time.monotonic() + timeout
    while (response := ask(front, **options)).status != status:
        assert time.monotonic() < deadline, response
        select.select([], [], [], PACE)


@pytest.fixture(scope="module")
def away() -> Iterator[Front]:
    """Nobody is at its backend."""
    with Front(native(f"127.0.0.1:{free_port()}")) as front:
        yield front


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_e1_nobody_there_is_a_503_at_once(away, method):
    for _ in range(3):
        began = time.monotonic()
        response = ask(away, method, body=b"x" * (method == "POST"))
        assert time.monotonic() - began < 1
        assert response.status == 503
        assert response.header("Retry-After") == "5"
        assert response.header("Cache-Control") == "no-store"


@pytest.mark.parametrize("method, accept, kind, holds", [
    ("GET", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html",
     b"/manifest.json"),
    ("POST", "text/html, */*", "text/plain", b"503"),
    ("GET", "application/json, text/plain", "application/json", b"message"),
    ("GET", "image/png", "text/plain", b"503")])
def test_e1_503_in_the_form_that_was_asked_for(away, method, accept, kind,
                                               holds):
    response = ask(away, method, headers=[("Accept", accept)])
    assert response.status == 503
    assert response.header("Content-Type").split(";")[0] == kind
    assert holds in response.body


def test_e1_websocket_gets_a_plain_503(away):
    response = ask(away, headers=[
        ("Connection", "Upgrade"), ("Upgrade", "websocket"),
        ("Accept", "text/html"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "x")])
    assert response.status == 503
    assert response.header("Content-Type").startswith("text/plain")


def test_503_keeps_the_connection_of_the_client(away):
    with away.https() as client:
        for _ in range(3):
            assert client.request("GET", "/").status == 503


def test_503_to_an_upload_that_is_still_being_sent(away):
    with away.https() as client:
        client.send_request("POST", "/", headers=[
            ("Content-Length", "1000000000")])
        for _ in range(32):
            client.send(bytes(65536))
        assert client.read_response().status == 503
        client.expect_end()


def test_back_within_a_second_while_clients_ask():
    backend = ScriptedBackend()
    with Front(native(backend.address)) as front:
        ask_until(front, 503)
        for method in "GET", "POST", "GET":
            backend.start()
            ask_until(front, 200, method=method)
            backend.stop()
            ask_until(front, 503, method=method)


def test_fail_over_and_back():
    first, second = (ScriptedBackend(answer(WHO + who))
                     for who in (b"one", b"two"))
    with first, second, Front(pound(first.address, second.address)) as front:
        answers = {ask(front).body for _ in range(10)}
        assert answers == {b"one", b"two"}
        first.stop()
        for method in ["GET", "POST"] * 5:
            response = ask(front, method, body=b"x" * (method == "POST"))
            assert (response.status, response.body) == (200, b"two")
        first.start()
        deadline = time.monotonic() + 1
        while ask(front).body != b"one":
            assert time.monotonic() < deadline
            select.select([], [], [], PACE)
        second.stop()
        assert {ask(front).body for _ in range(10)} == {b"one"}


def test_connect_that_hangs_is_a_503():
    """A full backlog drops SYNs, like a machine that is switched off."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        with socket.create_connection(address), Front(
                pound("%s:%d" % address, top="ConnTO 1")) as front:
            began = time.monotonic()
            assert ask(front).status == 503
            assert time.monotonic() - began < 4     # without the word: 5


@pytest.mark.parametrize("framing", [
    b"Content-Length: 100000\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_stop_in_the_middle_of_a_response_is_visible(scripted, script,
                                                     framing):
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n5\r\nhello")
        connection.read_to_end()

    script.behaviour = behave
    with scripted.https() as client:
        client.send_request("GET", "/")
        pieces = client.pieces(client.read_head())
        next(pieces)
        script.stop()
        with pytest.raises(BadResponse):
            for _ in pieces:
                pass
        assert ask(scripted).status == 503
        script.behaviour = answer()
        script.start()
        ask_until(scripted, 200)


def test_restart_costs_no_repeatable_request(scripted, script):
    """Connections that were kept die with the backend; nobody notices."""
    with scripted.https() as client:
        for _ in range(5):
            assert client.request("GET", "/").status == 200
            script.stop()
            script.start()


def test_stop_while_many_wait(scripted, script):
    """Each of them gets an answer."""
    script.behaviour = lambda connection: connection.read_to_end()
    results: list[int] = []

    def wait_for_answer() -> None:
        results.append(ask(scripted).status)

    threads = [threading.Thread(target=wait_for_answer) for _ in range(20)]
    for thread in threads:
        thread.start()
    script.wait_until(lambda: sum(
        bool(connection.received) for connection in script.connections) == 20)
    script.stop()
    for thread in threads:
        thread.join(10)
    assert results == [502] * 20
    script.start()


# What Home Assistant thinks of the gateway

def test_e2_probes_log_nobody_in_and_count_no_failure(backend, script):
    """An unauthenticated /api/… would be a failed login of the gateway's."""
    with Front(pound(backend.address, top="Alive 1")) as front:
        script.wait_for_connections(3)
        assert all(message == b"" or message.startswith(b"GET /manifest.json ")
                   for message in script.received())
        assert front.status()["backends"][0]["state"] == "up"


def test_e3_home_assistant_that_does_not_trust_us_is_heard():
    """Its 400 arrives, and the file that tells the two cases apart."""
    with HomeAssistant("--no-forwarded") as home_assistant:
        with home_assistant.client() as direct:
            assert direct.request("GET", "/manifest.json").status == 200
        with Front(native(home_assistant.address)) as front:
            response = ask(front)
            assert response.status == 400
            assert response.header("Server").startswith("Python/")
        home_assistant.wait_for_line("400: A request from a reverse proxy")


@pytest.mark.parametrize("status", [b"403 Forbidden", b"401 Unauthorized",
                                    b"500 Internal Server Error",
                                    b"503 Service Unavailable"])
def test_e4_home_assistants_own_errors_are_its_own(scripted, script, status):
    """A ban is told in its words, to whoever was banned."""
    script.behaviour = answer(b"HTTP/1.1 " + status + b"\r\nX-Own: 1\r\n"
                              b"Content-Length: 6\r\n\r\nbanned")
    before = script.received()
    with scripted.https(connect=from_address("127.0.0.9")) as client:
        response = client.request("GET", "/", headers=[
            ("Accept", "text/html")])
    assert (response.status, response.body) == (int(status[:3]), b"banned")
    assert response.header("X-Own") == "1"
    received, = script.received_since(before)
    assert b"\r\nX-Forwarded-For: 127.0.0.9\r\n" in received
