"""Edits of requests and responses, as backend and client see them."""

from __future__ import annotations

from typing import Iterator

import pytest

from actors.backend import ScriptedBackend, answer
from actors.front import NAME, Front, pound

EDITS = """
SetHeader "X-Gateway: home"
DeleteHeader "^X-Forwarded-Proto:"
Rewrite
    Path -beg "/old/"
    SetPath "/new"
    SetQueryParam "from" "old"
End
Rewrite response
    Header "Server" -re "."
    DeleteHeader "^Server:"
    SetHeader "X-Kind: named"
Else
    SetHeader "X-Kind: nameless"
End
"""


@pytest.fixture(scope="module")
def editing(backend: ScriptedBackend) -> Iterator[Front]:
    with Front(pound(backend.address, tls=EDITS)) as made:
        yield made


def ask(front: Front, target: str, *fields: tuple[str, str]):
    with front.https() as client:
        return client.request("GET", target, headers=list(fields))


def test_backend_gets_the_edited_request(editing, script):
    before = script.received()
    ask(editing, "/old/x?a=1", ("x-gateway", "forged"))
    ask(editing, "/other?a=1")
    one, two = script.received_since(before)[0].split(b"\r\n\r\n")[:2]
    assert one.startswith(b"GET /new?a=1&from=old HTTP/1.1\r\n")
    assert two.startswith(b"GET /other?a=1 HTTP/1.1\r\n")
    for head in one, two:
        assert head.count(b"X-Gateway: home") == 1 and b"forged" not in head
        assert b"X-Forwarded-Proto" not in head
        assert b"X-Forwarded-For: 127.0.0.1" in head
        assert f"\r\nHost: {NAME}".encode() in head


@pytest.mark.parametrize("server, kind", [(b"", "nameless"),
                                          (b"Server: x\r\n", "named")])
def test_client_gets_the_edited_response(editing, script, server, kind):
    script.behaviour = answer(
        b"HTTP/1.1 200 OK\r\n" + server + b"Content-Length: 2\r\n\r\nok")
    response = ask(editing, "/")
    assert (response.header("X-Kind"), response.body) == (kind, b"ok")
    assert response.header("Server") is None


def test_own_answers_are_edited_too(editing):
    with editing.https() as client:
        response = client.request("BREW", "/")
    assert (response.status, response.header("X-Kind")) == (501, "nameless")
