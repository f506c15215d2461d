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


def test_e3_its_400_is_its_own_answer_and_no_outage():
    """Home Assistant that does not trust us refuses what is forwarded."""
    def behave(connection: Connection) -> None:
        while True:
            forwarded = b"x-forwarded-for" in connection.read_head().lower()
            connection.send(
                b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n"
                % (b"400 Bad Request" if forwarded else b"200 OK"))

    with ScriptedBackend(behave) as backend:
        with Front(native(backend.address)) as front:
            front.wait_for_line("is up")
            for _ in range(3):
                assert ask(front).status == 400
            found, = front.status()["backends"]
            assert found["state"] == "up"


@pytest.mark.parametrize("end", [Connection.close, Connection.reset])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_sec17_what_one_backend_has_got_no_other_gets(method, end):
    """It may have been done before the connection was lost."""
    def lose(connection: Connection) -> None:
        connection.read_request()
        end(connection)

    first, second = ScriptedBackend(lose), ScriptedBackend(lose)
    with first, second, Front(pound(
            first.address, second.address, top="Alive 3600")) as front:
        response = ask(front, method, body=b"x")
        assert response.status == 502
    requests = b"".join(first.received() + second.received())
    assert requests.count(method.encode() + b" / ") == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sec17_refused_request_goes_to_the_next_backend(method):
    """Nobody has got it: it is sent for the first time."""
    with ScriptedBackend() as there, Front(pound(
            f"127.0.0.1:{free_port()}", there.address)) as front:
        for _ in range(4):
            assert ask(front, method, body=b"x" * (method == "POST")
                       ).status == 200
        received = b"".join(there.received())
    assert received.count(method.encode() + b" / ") == 4


@pytest.fixture
def black_hole(namespace: Namespace) -> str:
    """An address that swallows everything: it loops back, to nobody."""
    namespace.run("ip", "route", "add", "10.9.9.9/32", "dev", "lo")
    return "10.9.9.9:8123"


def test_sec17_connecting_takes_five_seconds_at_most(namespace, black_hole):
    with Front(pound(black_hole), namespace=namespace) as front:
        began = time.monotonic()
        with front.https(timeout=20) as client:
            assert client.request("GET", "/").status == 503
        assert 4.5 < time.monotonic() - began < 7
        # And it is not waited for again by whoever asks meanwhile.
        began = time.monotonic()
        front.wait_for_line("is down")
        assert ask(front).status == 503


def test_sec17_fail_over_from_a_black_hole(namespace, black_hole):
    listener = namespace.listen(("127.0.0.1", 8123))
    with ScriptedBackend(listener=listener) as there, Front(
            pound(black_hole, there.address, top="ConnTO 1"),
            namespace=namespace) as front:
        for method in "GET", "POST", "GET":
            assert ask(front, method, body=b"x" * (method == "POST")
                       ).status == 200
