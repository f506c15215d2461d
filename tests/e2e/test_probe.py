"""How the monitor looks at backends, and what it says of them."""

from __future__ import annotations

import re
import time
from typing import Callable

import pytest

from actors.authority import Authority
from actors.backend import (
    Connection, ScriptedBackend, SecureBackend, answer)
from actors.front import Front, native, pound

MANIFEST = b"GET /manifest.json HTTP/1.1\r\n"
EMPTY = b"\r\nContent-Length: 0\r\n\r\n"


def gateway(forward: str, *lines: str) -> Callable[[Front], str]:
    """One Gateway section with these lines in it."""
    more = "".join(f"    {line}\n" for line in lines)
    return lambda front: native(forward)(front).replace(
        "    Port", more + "    Port", 1)


def state(front: Front) -> dict:
    backend, = front.status()["backends"]
    return backend


def assert_down(front: Front, why: str) -> None:
    front.wait_for_line(f"is down: .*{why}")
    found = state(front)
    assert found["state"] == "down"
    assert re.search(why, found["error"]), found


def wait_for_end(backend: ScriptedBackend) -> None:
    """The monitor has come, and gone again."""
    backend.wait_until(lambda: [
        connection.ended for connection in backend.connections] == [True])


def test_e2_manifest_without_a_word_of_a_client():
    with ScriptedBackend() as backend, Front(
            native(backend.address)) as front:
        front.wait_for_line("is up")
        assert state(front)["state"] == "up"
        wait_for_end(backend)
        head, = backend.received_since([])
    assert head.startswith(MANIFEST)
    assert f"\r\nHost: {backend.address}\r\n".encode() in head
    for word in b"forwarded", b"authorization", b"cookie", b"/api":
        assert word not in head.lower()


def test_e2_home_assistant_is_up(serving):
    serving.wait_for_line("is up")
    assert state(serving)["error"] == ""


def test_pounds_backend_is_asked_for_a_connection_only():
    with ScriptedBackend() as backend, Front(
            pound(backend.address)) as front:
        front.wait_for_line("is up")
        wait_for_end(backend)
        assert not any(backend.received())


@pytest.mark.parametrize("status, why", [
    (b"404 Not Found", "GET /manifest.json is answered with 404"),
    (b"401 Unauthorized", "401"),
    (b"400 Bad Request", "400 although nothing was forwarded")])
def test_ailing_backend_still_gets_what_no_other_takes(status, why):
    """It is reported, and a wrong path costs nobody his house."""
    def behave(connection: Connection) -> None:
        while True:
            head = connection.read_head()
            probed = head.startswith(MANIFEST)
            connection.send(
                b"HTTP/1.1 " + (status if probed else b"200 OK") + EMPTY)

    with ScriptedBackend(behave) as backend, Front(
            native(backend.address)) as front:
        assert_down(front, why)
        with front.https() as client:
            for _ in range(3):
                assert client.request("GET", "/").status == 200
                assert client.request("POST", "/", body=b"x").status == 200
        assert state(front)["state"] == "down"


def test_ailing_backend_is_no_match_for_a_healthy_one():
    ill = ScriptedBackend(answer(b"HTTP/1.1 500 Ill" + EMPTY))
    well = ScriptedBackend()

    def config(front: Front) -> str:
        return pound(ill.address, well.address)(front).replace(
            "Address 127.0.0.1\n Port", "Probe /alive\n"
            " Address 127.0.0.1\n Port")

    with ill, well, Front(config) as front:
        front.wait_for_line("is down: GET /alive is answered with 500")
        deadline = time.monotonic() + 2     # until the worker has heard it
        served = 0
        while served < 6:
            assert time.monotonic() < deadline
            with front.https() as client:
                status = client.request("GET", "/").status
            served = served + 1 if status == 200 else 0


def test_up_again_by_its_answer():
    with ScriptedBackend(answer(b"HTTP/1.1 503 Starting" + EMPTY)) as backend:
        with Front(native(backend.address)) as front:
            assert_down(front, "503")
            backend.behaviour = answer()
            front.wait_for_line("is up")
            assert state(front)["error"] == ""


def test_probe_tcp_in_a_gateway():
    with ScriptedBackend() as backend, Front(
            gateway(backend.address, "Probe tcp")) as front:
        front.wait_for_line("is up")
        wait_for_end(backend)
        assert not any(backend.received())


def test_over_tls(tmp_path):
    authority = Authority(tmp_path)
    with SecureBackend(*authority.issue("ha.test")) as backend:
        config = gateway(f"https://{backend.address}", "ServerName ha.test",
                         f'CAFile "{authority.ca_file}"')
        with Front(config) as front:
            front.wait_for_line("is up")
        head, = backend.received_since([])
    assert b"\r\nHost: ha.test\r\n" in head
    assert set(backend.names) == {"ha.test"}


@pytest.mark.parametrize("name, said", [
    ("other.test", "certificate is refused: .*ServerName"),
    ("ha.test", "certificate is refused: .*CAFile")])
def test_refused_certificate_is_down_with_the_reason(tmp_path, name, said):
    authority = Authority(tmp_path)
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    issuer = authority if name == "other.test" else other
    with SecureBackend(*issuer.issue(name)) as backend:
        config = gateway(f"https://{backend.address}", "ServerName ha.test",
                         f'CAFile "{authority.ca_file}"')
        with Front(config) as front:
            assert_down(front, said)
    assert not any(backend.received())


def test_http_port_that_is_called_https(tmp_path):
    authority = Authority(tmp_path)
    with ScriptedBackend(answer()) as backend:
        config = gateway(f"https://{backend.address}",
                         f'CAFile "{authority.ca_file}"')
        backend.behaviour = lambda connection: (
            connection.receive(), connection.send(
                b"HTTP/1.1 400 Bad Request" + EMPTY))
        with Front(config) as front:
            assert_down(front, "speaks plain HTTP")
