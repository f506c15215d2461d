"""Sessions: what belongs together goes to one backend, whoever serves it."""

from __future__ import annotations

import base64
import re
from collections import Counter
from typing import Callable, Iterator

import pytest

from actors.backend import Connection, ScriptedBackend
from actors.front import Front, backend, from_address
from test_balancing import services

Pair = tuple[ScriptedBackend, ScriptedBackend]


def introduce(name: bytes) -> Callable[[Connection], None]:
    """Says who it is; begins a session where the path wants one."""
    def behave(connection: Connection) -> None:
        while True:
            head = connection.read_head()
            extra = b""
            if begin := re.match(rb"GET /begin/(\w+)", head):
                extra = (b"Set-Cookie: sid=%s; Path=/\r\nX-Sid: %s\r\n"
                         % (begin[1], begin[1]))
            connection.send(b"HTTP/1.1 200 OK\r\n" + extra
                            + b"Content-Length: 3\r\n\r\n" + name)
    return behave


@pytest.fixture
def pair() -> Iterator[Pair]:
    first, second = (ScriptedBackend(introduce(name))
                     for name in (b"one", b"two"))
    with first, second:
        yield first, second


def with_session(pair: Pair, kind: str, ident: str = "", ttl: str = "1h",
                 workers: int = 2) -> Callable[[Front], str]:
    ident = f"ID {ident}\n" if ident else ""
    section = (f"Session\nType {kind}\nTTL {ttl}\n{ident}End\n"
               + "".join(backend(one.address) for one in pair))
    config = services(section)
    return lambda front: config(front).replace(
        "Workers 1\n", f"Workers {workers}\n")


def basic(credentials: str) -> tuple[str, str]:
    code = base64.b64encode(credentials.encode()).decode()
    return "Authorization", f"Basic {code}"


def ask(front: Front, path: str = "/", headers: list[tuple[str, str]] = (),
        **options) -> bytes:
    with front.http(**options) as client:
        response = client.request("GET", path, headers=list(headers))
        assert response.status == 200
        return response.body


def answers(front: Front, *args, count: int = 12, **options
            ) -> Counter[bytes]:
    """Of so many connections, which come to both workers."""
    return Counter(ask(front, *args, **options) for _ in range(count))


@pytest.mark.parametrize("kind, ident, request_of", [
    ("URL", "sid", lambda n: (f"/?a=1&sid=s{n}", [])),
    ("PARM", "", lambda n: (f"/page;s{n}?x={n}", [])),
    ("BASIC", "", lambda n: ("/", [basic(f"user{n}:secret")])),
    ("COOKIE", "sid", lambda n: ("/", [("Cookie", f"a=b; sid=s{n}")])),
    ("HEADER", "X-Sid", lambda n: ("/", [("x-sid", f"s{n}")]))])
def test_session_has_one_backend(pair, kind, ident, request_of):
    with Front(with_session(pair, kind, ident)) as front:
        used = set()
        for number in range(8):
            found = answers(front, *request_of(number), count=6)
            assert len(found) == 1, found
            used |= set(found)
        assert used == {b"one", b"two"}


def test_user_is_the_session_whatever_the_password(pair):
    with Front(with_session(pair, "BASIC")) as front:
        used = set()
        for number in range(8):
            found = {ask(front, headers=[basic(f"user{number}:{password}")])
                     for password in ("", "one", "two", "three", "fo:ur")}
            assert len(found) == 1, found
            used |= found
        assert used == {b"one", b"two"}
        # What is no such field makes no session.
        for field in "Basic dXNlcg", "Basic !", "Bearer dXNlcjpw":
            assert len(answers(front, "/", [("Authorization", field)])) == 2


def test_client_address(pair):
    with Front(with_session(pair, "IP")) as front:
        used = set()
        for last in range(2, 10):
            found = answers(front, count=6,
                            connect=from_address(f"127.0.0.{last}"))
            assert len(found) == 1, found
            used |= set(found)
        assert used == {b"one", b"two"}


def test_request_without_a_session_goes_anywhere(pair):
    with Front(with_session(pair, "COOKIE", "sid")) as front:
        assert set(answers(front)) == {b"one", b"two"}
        assert set(answers(front, headers=[("Cookie", "asid=1; sid=")])) == {
            b"one", b"two"}


@pytest.mark.parametrize("kind, ident, field", [
    ("COOKIE", "sid", ("Cookie", "sid={}")),
    ("HEADER", "X-Sid", ("X-Sid", "{}"))])
def test_backend_begins_the_session(pair, kind, ident, field):
    """The one that gave the cookie gets it back."""
    with Front(with_session(pair, kind, ident)) as front:
        for number in range(6):
            giver = ask(front, f"/begin/s{number}")
            name, value = field
            assert answers(front, headers=[
                (name, value.format(f"s{number}"))], count=4) == {giver: 4}


def test_survives_a_reload(pair, make_gateway):
    front = make_gateway(Front, with_session(pair, "URL", "sid"))
    front.start_ready()
    paths = [f"/?sid=s{number}" for number in range(10)]
    before = [ask(front, path) for path in paths]
    assert set(before) == {b"one", b"two"}
    front.file.write_text(front.file.read_text() + "\nAlive 20\n")
    front.reload()
    assert [ask(front, path) for path in paths] == before


def test_moves_on_when_its_backend_is_gone_and_stays_there(pair):
    names = {b"one": pair[0], b"two": pair[1]}
    with Front(with_session(pair, "URL", "sid")) as front:
        gone = ask(front, "/?sid=s")
        other, = set(names) - {gone}
        names[gone].stop()
        assert answers(front, "/?sid=s", count=6) == {other: 6}
        port = names[gone].port
        front.wait_for_line(f"port {port} is down")
        mark = front.mark()
        names[gone].start()
        front.wait_for_line(f"port {port} is up", since=mark)
        assert answers(front, "/?sid=s", count=6) == {other: 6}


def test_session_of_another_service_is_another_one(pair):
    """Each list of backends has its own."""
    first, second = pair
    session = "Session\nType URL\nTTL 60\nID sid\nEnd\n"
    with Front(services(
            f"Path ^/a\n{session}{backend(first.address)}",
            f"Path ^/b\n{session}{backend(second.address)}")) as front:
        for _ in range(3):
            assert ask(front, "/a?sid=s") == b"one"
            assert ask(front, "/b?sid=s") == b"two"
