"""RewriteErrors: pages of ours in place of a backend's."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Iterator

import pytest

from actors.backend import Connection, ScriptedBackend, answer
from actors.front import NAME, Front, backend as section, pound

PAGE = b"<h1>ours</h1>"
THEIRS = b"theirs, and of no concern"
SCHEMES = pytest.mark.parametrize("scheme", ["http", "https"])


def response(status: str, *fields: str, body: bytes = b"") -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *fields))
    return head.encode() + b"\r\n" + body


def counted(status: str, *fields: str, body: bytes = THEIRS) -> bytes:
    return response(status, *fields, f"Content-Length: {len(body)}",
                    body=body)


@pytest.fixture(scope="module")
def shared() -> Iterator[ScriptedBackend]:
    with ScriptedBackend() as made:
        yield made


@pytest.fixture(scope="module")
def front(shared, tmp_path_factory) -> Iterator[Front]:
    page = Path(tmp_path_factory.mktemp("pages")) / "page"
    page.write_bytes(PAGE)
    lines = "".join(f'ErrorFile {status} "{page}"\n'
                    for status in (401, 404, 413, 500))
    lines += f"""RewriteErrors yes
Service
    Path -beg "/api/"
    RewriteErrors no
    {section(shared.address)}
End
"""
    with Front(pound(shared.address, plain=lines, tls=lines)) as made:
        yield made


@pytest.fixture
def says(shared, front):
    """Sets what the backend answers, to connections to come."""
    def say(data: bytes) -> None:
        for connection in shared.connections:
            connection.interrupt()
        shared.wait_until(lambda: all(connection.ended for connection
                                      in shared.connections), 10)
        shared.behaviour = answer(data)
    return say


def ask(front: Front, scheme: str = "http", method: str = "GET",
        path: str = "/", **options):
    with front.open(scheme) as client:
        return client.request(method, path, **options)


def check_page(got, status: int, method: str = "GET") -> None:
    assert got.status == status
    assert got.body == (b"" if method == "HEAD" else PAGE)
    assert got.all("Content-Length") == [str(len(PAGE))]
    assert got.all("Content-Type") == ["text/html; charset=utf-8"]
    assert got.header("Transfer-Encoding") is None


@SCHEMES
@pytest.mark.parametrize("framing", ["counted", "chunked", "none"])
def test_page_takes_the_place(front, says, scheme, framing):
    fields = ("Content-Type: text/plain", "Set-Cookie: a=b", 'ETag: "1"',
              "Content-Encoding: gzip", "Last-Modified: yesterday",
              "Accept-Ranges: bytes", "Content-Language: de",
              "Cache-Control: no-store")
    body = gzip.compress(THEIRS)
    says({
        "counted": counted("404 Gone Fishing", *fields, body=body),
        "chunked": response("404 Gone Fishing", *fields,
                            "Transfer-Encoding: chunked",
                            body=b"%x\r\n%b\r\n0\r\n\r\n"
                            % (len(body), body)),
        "none": response("404 Gone Fishing", *fields, "Content-Length: 0"),
    }[framing])
    for method in "GET", "HEAD":
        if method == "HEAD" and framing != "none":
            continue    # this backend would send the body
        got = ask(front, scheme, method)
        check_page(got, 404, method)
        assert got.header("Set-Cookie") == "a=b"
        assert got.header("Cache-Control") == "no-store"
        for name in ("ETag", "Content-Encoding", "Last-Modified",
                     "Accept-Ranges", "Content-Language"):
            assert got.header(name) is None


def test_head_of_a_length(front, says):
    says(response("404 Not Found", "Content-Length: 12345"))
    check_page(ask(front, method="HEAD"), 404, "HEAD")


def test_connections_go_on(front, shared, says):
    says(counted("500 Internal Server Error"))
    before = len(shared.connections)
    with front.http() as client:
        for _ in range(5):
            check_page(client.request("GET", "/"), 500)
    assert len(shared.connections) == before + 1


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden", "304 Not "
                                    "Modified", "502 Bad Gateway"])
def test_others_stay(front, says, status):
    """No page, or no error."""
    body = b"" if status.startswith("304") else THEIRS
    says(response(status, 'ETag: "1"', f"Content-Length: {len(THEIRS)}",
                  body=body))
    got = ask(front)
    assert got.status == int(status[:3])
    assert got.header("ETag") == '"1"'
    assert got.body == body


def test_service_that_says_no(front, says):
    says(counted("404 Not Found", "Content-Type: application/json"))
    got = ask(front, path="/api/states/x")
    assert (got.status, got.body) == (404, THEIRS)
    assert got.header("Content-Type") == "application/json"


def test_websocket_that_is_refused(front, says):
    says(counted("401 Unauthorized"))
    got = ask(front, headers=[
        ("Connection", "Upgrade"), ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "x")])
    assert (got.status, got.body) == (401, THEIRS)


def test_body_that_never_ends(front, shared):
    def drip(connection: Connection) -> None:
        connection.read_request()
        connection.send(response("404 Not Found",
                                 "Transfer-Encoding: chunked",
                                 body=b"5\r\nabc"))
        connection.read_to_end()

    for connection in shared.connections:
        connection.interrupt()
    shared.behaviour = drip
    before = len(shared.connections)
    with front.http() as client:
        for _ in range(3):
            check_page(client.request("GET", "/"), 404)
    # Nothing is read of what nobody wants.
    shared.wait_until(lambda: all(connection.ended for connection
                                  in shared.connections[before:]), 10)


def test_body_until_the_end(front, shared):
    def close(connection: Connection) -> None:
        connection.read_request()
        connection.send(response("404 Not Found", body=THEIRS))

    for connection in shared.connections:
        connection.interrupt()
    shared.behaviour = close
    with front.http() as client:
        for _ in range(3):
            check_page(client.request("GET", "/"), 404)


def test_upload_that_is_refused_early(front, shared):
    def refuse(connection: Connection) -> None:
        connection.read_head()
        connection.send(counted("413 Payload Too Large"))
        connection.read_to_end()

    for connection in shared.connections:
        connection.interrupt()
    shared.behaviour = refuse
    with front.http() as client:
        client.send(f"POST / HTTP/1.1\r\nHost: {NAME}\r\n"
                    "Content-Length: 1000000\r\n\r\n".encode() + b"x" * 1000)
        check_page(client.read_response(), 413)
        client.expect_end()
