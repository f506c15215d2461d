"""Edits of requests and responses, as backend and client see them."""

from __future__ import annotations

from typing import Iterator

import pytest

from actors.backend import ScriptedBackend, answer
from actors.front import NAME, Front, backend as section, pound

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


FILLED = """
Constant "who" "the listener"
Service
    Path -tag place "^/go/([^/]*)(/.*)?$"
    QueryParam "to" -decode "^(.*)$"
    Redirect 301 "https://%[host]/$1(place)?to=$1"
    Rewrite response
        SetHeader "X-To: $1"
    End
End
Service
    Host -re "^(.*)$"
    Path "^/host(.*)"
    Redirect "https://www.example.test$1"
End
Service
    Path "^/in/(.*)"
    SetPath "/out/$1"
    SetHeader "X-Was: %[path] by %[remoteip]"
    Constant "who" "the service"
    SetHeader "X-Who: %[const who]"
    {backend}
End
"""


@pytest.fixture(scope="module")
def filling(backend: ScriptedBackend) -> Iterator[Front]:
    lines = FILLED.format(backend=section(backend.address))
    with Front(pound(backend.address, tls=lines)) as made:
        yield made


def test_redirects_are_filled_in(filling):
    response = ask(filling, "/go/kitchen/x?to=a%0d%0aSet-Cookie:%20b")
    assert response.status == 301
    assert response.header("Location") == (
        f"https://{NAME}/kitchen?to=a%0D%0ASet-Cookie:%20b")
    assert response.header("X-To") == "a%0D%0ASet-Cookie: b"
    assert response.header("Set-Cookie") is None


@pytest.mark.parametrize("target, location", [
    ("/host/x", "https://www.example.test/x"),
    ("/host", "https://www.example.test"),
    ("/host.evil.test/", None), ("/hosts", None), ("/host@evil.test", None),
    ("/host:80@evil.test", None)])
def test_requests_make_no_hosts(filling, target, location):
    response = ask(filling, target)
    assert response.header("Location") == location
    assert response.status == (302 if location else 400)


def test_paths_and_fields_are_filled_in(filling, script):
    before = script.received()
    ask(filling, "/in/a%2fb?c")
    head = script.received_since(before)[0]
    assert head.startswith(b"GET /out/a%2fb?c HTTP/1.1\r\n")
    assert b"\r\nX-Was: /out/a%2fb by 127.0.0.1\r\n" in head
    assert b"\r\nX-Who: the service\r\n" in head
