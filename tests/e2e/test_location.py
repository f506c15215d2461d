"""Where a backend sends its clients: RewriteLocation on the wire."""

from __future__ import annotations

import pytest

from actors.backend import answer
from actors.front import NAME


@pytest.mark.parametrize("name", ["Location", "content-location"])
@pytest.mark.parametrize("sent, received", [
    ("http://{backend}/x?y", "https://{host}/x?y"),
    (f"http://{NAME}/x", "https://{host}/x"),
    ("https://{host}/x", "https://{host}/x"),
    ("https://accounts.test/o?u=http://{backend}/",
     "https://accounts.test/o?u=http://{backend}/"),
    ("/x", "/x"),
])
def test_location(scripted, script, name, sent, received):
    names = {"backend": script.address,
             "host": f"{NAME}:{scripted.https_port}"}
    script.behaviour = answer(
        f"HTTP/1.1 302 Found\r\n{name}: {sent.format(**names)}\r\n"
        "Content-Length: 0\r\n\r\n".encode())
    with scripted.https() as client:
        response = client.request("GET", "/", host=names["host"])
    assert response.header(name) == received.format(**names)


def test_https_never_becomes_http(scripted, script):
    """A backend behind plain HTTP may send its clients to HTTPS."""
    script.behaviour = answer(
        f"HTTP/1.1 302 Found\r\nLocation: https://{NAME}/x\r\n"
        "Content-Length: 0\r\n\r\n".encode())
    with scripted.http() as client:
        response = client.request("GET", "/", host=NAME)
    assert response.header("Location") == f"https://{NAME}/x"
