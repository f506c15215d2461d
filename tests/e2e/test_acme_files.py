"""ACME in ListenHTTP: answers that another program has put into a directory."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Iterator

import pytest

from actors.front import Front, pound

CHALLENGE = "/.well-known/acme-challenge/"
SECRET = b"secret\n"


@pytest.fixture(scope="module")
def webroot(tmp_path_factory) -> Path:
    """The directory, with a secret beside it and traps in it."""
    top = tmp_path_factory.mktemp("webroot")
    www = top / "www"
    (www / "sub").mkdir(parents=True)
    (top / "secret").write_bytes(SECRET)
    (www / "token-_9").write_text("token-_9.thumb")
    (www / "token.txt").write_bytes(SECRET)
    (www / "full").write_bytes(b"x" * 4096)
    (www / "large").write_bytes(b"x" * 4097)
    (www / ("a" * 128)).write_text("longest")
    (www / ("a" * 129)).write_bytes(SECRET)
    (www / "sub" / "file").write_bytes(SECRET)
    (www / "link").symlink_to("../secret")
    (www / "within").symlink_to("token-_9")
    (www / "out").symlink_to(top)
    os.mkfifo(www / "fifo")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(www / "socket"))
    return www


@pytest.fixture(scope="module")
def front(webroot, backend) -> Iterator[Front]:
    redirect = 'Service\nRedirect "https://elsewhere.test"\nEnd\n'
    with Front(pound(backend.address,
                     plain=f'ACME "{webroot}"\n{redirect}')) as made:
        yield made


@pytest.mark.parametrize("host", ["gw.test", "somebody.example", "192.0.2.1"])
def test_answers(front, host):
    with front.client(front.http_port, name=host) as client:
        for method in "GET", "HEAD", "GET":
            response = client.request(method, CHALLENGE + "token-_9")
            assert response.status == 200
            assert response.header("Content-Length") == "14"
            assert response.body == (b"" if method == "HEAD"
                                     else b"token-_9.thumb")


def test_largest_and_longest(front):
    with front.http() as client:
        assert client.request("GET", CHALLENGE + "full").body == b"x" * 4096
        longest = client.request("GET", CHALLENGE + "a" * 128)
        assert longest.body == b"longest"


def test_answers_that_come_later(front, webroot):
    with front.http() as client:
        assert client.request("GET", CHALLENGE + "new").status == 404
        (webroot / "new").write_text("new.thumb")
        assert client.request("GET", CHALLENGE + "new").body == b"new.thumb"
        (webroot / "new").unlink()
        assert client.request("GET", CHALLENGE + "new").status == 404


@pytest.mark.parametrize("name", [
    "", ".", "..", "../secret", "%2e%2e/secret", "..%2fsecret", "sub", "sub/",
    "sub/file", "sub%2ffile", "link", "within", "out", "out/secret", "fifo",
    "socket", "large", "token.txt", "token-_9/", "token-_9?", "./token-_9",
    "/token-_9", "%74oken-_9", "token-_9%00", "a" * 129])
def test_nothing_else(front, name):
    with front.http() as client:
        response = client.request("GET", CHALLENGE + name)
        if name == "token-_9?":     # a query names no other file
            assert response.status == 200
        else:
            assert response.status == 404
        assert SECRET not in response.body


def test_too_large_is_logged(front):
    with front.http() as client:
        client.request("GET", CHALLENGE + "large")
    front.wait_for_line("warning: ACME .*: large: more than 4096 bytes")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods(front, method):
    with front.http() as client:
        response = client.request(method, CHALLENGE + "token-_9")
        assert response.status == 405
        assert response.header("Allow") == "GET, HEAD"


def test_not_over_https(front):
    with front.https() as client:
        response = client.request("GET", CHALLENGE + "token-_9")
        assert response.body == b"ok"   # the backend's


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can jail")
def test_in_the_jail(backend, tmp_path):
    """The directory is outside of it; nobody's rights are what counts."""
    www, jail = tmp_path / "www", tmp_path / "jail"
    for directory in www, jail:
        directory.mkdir()
    (www / "token").write_text("here")
    (www / "private").write_bytes(SECRET)
    (www / "private").chmod(0o600)
    with Front(pound(backend.address, plain=f'ACME "{www}"',
                     top=f'User nobody\nRootJail "{jail}"')) as front:
        with front.http() as client:
            assert client.request("GET", CHALLENGE + "token").body == b"here"
            assert client.request("GET", CHALLENGE + "private").status == 404
        front.wait_for_line("warning: ACME .*: private: ")


def test_directory_that_is_missing(front, tmp_path):
    text = front.file.read_text()
    front.file.write_text(
        f'ListenHTTP\n Port 0\n ACME "{tmp_path / "none"}"\nEnd\n' + text)
    done = front.run("reload", "-f", str(front.file))
    assert done.returncode != 0
    assert f":3:7: {tmp_path / 'none'}: " in done.stderr
    done = front.run("check", str(front.file))
    assert f":3:7: ACME: {tmp_path / 'none'}: " in done.stderr
    front.file.write_text(text)
