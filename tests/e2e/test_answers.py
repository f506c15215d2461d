"""Answers of the gateway's own, and the bounds that a listener sets."""

from __future__ import annotations

from typing import Iterator

import pytest

from actors.backend import OK, ScriptedBackend, answer
from actors.front import NAME, Front, backend as section, pound
from actors.ports import free_port

BOUNDS = """
    MaxRequest 1k
    MaxURI 100
    CheckURL -icase "^/[a-z?=]*$"
    Err404 "{page}"
    Err413 "{page}"
    Service
        Path -exact "/gone"
        Error 410
    End
    Service
        Path -exact "/none"
        Error 404
        Rewrite response
            SetHeader "X-Reason: none"
        End
    End
    Service
        Path -exact "/well"
        Success
    End
"""


@pytest.fixture(scope="module")
def bounded(backend: ScriptedBackend) -> Iterator[Front]:
    def config(front: Front) -> str:
        page = front.directory / "page.html"
        page.write_text("<p>A page of our own\n")
        return pound(backend.address, tls=BOUNDS.format(page=page))(front)
    with Front(config) as made:
        yield made


@pytest.mark.parametrize("target, status, kind, body", [
    ("/gone", 410, "text/plain", b"410 Gone\n"),
    ("/none", 404, "text/html", b"<p>A page of our own\n"),
    ("/well", 200, "text/plain", b"200 OK\n"),
    ("/", 200, None, b"ok"),
    ("/1", 501, "text/plain", b"501 Not Implemented\n"),
    ("/A", 200, None, b"ok"),
    ("/" + 99 * "a", 200, None, b"ok"),
    ("/" + 100 * "a", 414, "text/plain", b"414 URI Too Long\n"),
])
def test_answers(bounded, target, status, kind, body):
    with bounded.https() as client:
        for method in "GET", "HEAD":
            response = client.request(method, target)
            assert response.status == status
            assert response.body == (body if method == "GET" else b"")
            if kind:
                assert response.header("Content-Type").startswith(kind)
            assert response.header("X-Reason") == (
                "none" if target == "/none" else None)


def send(front: Front, head: str, body: bytes) -> int:
    with front.https() as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {NAME}\r\n{head}\r\n\r\n"
                    .encode() + body)
        response = client.read_response()
        if response.status == 413:
            assert response.body == b"<p>A page of our own\n"
            client.expect_end()
    return response.status


@pytest.mark.parametrize("size, status", [(1024, 200), (1025, 413)])
def test_bodies_are_bounded(bounded, script, size, status):
    body = size * b"x"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in
                      (body[:1000], body[1000:]))
    assert send(bounded, f"Content-Length: {size}", body) == status
    assert send(bounded, "Transfer-Encoding: chunked",
                chunks + b"0\r\n\r\n") == status


def test_large_body_is_refused_before_it_is_sent(bounded, script):
    before = script.received()
    assert send(bounded, "Content-Length: 2000\r\nExpect: 100-continue",
                b"") == 413
    assert not script.received_since(before)


def test_emergency_serves_while_the_others_are_down():
    port = free_port()
    with ScriptedBackend(answer(OK.replace(b"ok", b"no"))) as emergency:
        spare = section(emergency.address).replace("BackEnd", "Emergency")
        config = pound(f"127.0.0.1:{port}", top="Alive 3600")
        with Front(lambda front: config(front).rstrip().removesuffix("End")
                   + spare + "End\n") as front:
            with front.https() as client:
                for _ in range(3):
                    assert client.request("GET", "/").body == b"no"


def test_emergency_rests_while_another_is_up(backend, script):
    with ScriptedBackend(answer(OK.replace(b"ok", b"no"))) as emergency:
        spare = section(emergency.address).replace("BackEnd", "Emergency")
        config = pound(backend.address, top="Alive 3600")
        with Front(lambda front: config(front).rstrip().removesuffix("End")
                   + spare + "End\n") as front:
            with front.https() as client:
                for _ in range(3):
                    assert client.request("GET", "/").body == b"ok"
