"""Which service a request goes to: every kind of condition, on the wire."""

from __future__ import annotations

from typing import Iterator

import pytest

from actors.front import NAME, Front, from_address, pound

SERVICES = [
    ("address", 'ACL\n"127.0.0.2/31"\nEnd'),
    ("pattern", 'Path -file "{file}"'),
    ("method", "Method -re \"^(PUT|PATCH)$\"\nNot Path -exact \"/put\""),
    ("parameter", 'QueryParam "lang" -exact "de"'),
    ("header", 'Header "Accept-Language" -icase -beg "DE"\nHeadDeny "^X-No:"'),
    ("text", 'StringMatch "%[host]%[path]" -exact "c.test/c"'),
    ("host", "Match OR\nHost a.test\nHost -end .b.test\nEnd"),
]
OTHER = "other"


@pytest.fixture(scope="module")
def chooser() -> Iterator[Front]:
    """Each service redirects to a URL that tells its name."""
    def config(front: Front) -> str:
        patterns = front.directory / "patterns"
        patterns.write_text("# paths\n^/one$\n\n/tw[o]\n")
        services = "".join(
            f'Service\n{lines.format(file=patterns)}\n'
            f'Redirect "https://{name}.test/"\nEnd\n'
            for name, lines in [*SERVICES, (OTHER, "")])
        return pound(tls=services)(front).rsplit("Service", 1)[0]
    with Front(config) as made:
        yield made


@pytest.mark.parametrize("line, field, chosen", [
    ("GET /one", "", "pattern"), ("GET /two/x", "", "pattern"),
    ("GET /one/", "", OTHER), ("PUT /", "", "method"), ("PUT /put", "", OTHER),
    ("GET /?lang=de", "", "parameter"), ("GET /?lang=den", "", OTHER),
    ("GET /?a=1&lang=de#", "", None),
    ("GET /", "Accept-Language: de-CH", "header"),
    ("GET /", "Accept-Language: de\r\nX-No: 1", OTHER),
    ("GET http://a.test/", "", "host"), ("GET http://A.TEST:1/", "", "host"),
    ("GET http://c.test/c", "", "text"), ("GET http://c.test/d", "", OTHER),
    ("GET http://x.b.test?q", "", "host"), ("GET http://b.test/", "", OTHER),
])
def test_conditions_choose(chooser, line, field, chosen):
    fields = [f"Host: {NAME}", *([field] if field else []), "", ""]
    with chooser.https() as client:
        client.send("\r\n".join([f"{line} HTTP/1.1", *fields]).encode())
        response = client.read_response()
    if chosen is None:
        assert response.status == 400
    else:
        assert response.header("Location").startswith(
            f"https://{chosen}.test/")


@pytest.mark.parametrize("address, chosen", [
    ("127.0.0.1", OTHER), ("127.0.0.2", "address"), ("127.0.0.3", "address"),
    ("127.0.0.4", OTHER)])
def test_addresses_choose(chooser, address, chosen):
    with chooser.https(connect=from_address(address)) as client:
        response = client.request("GET", "/")
    assert response.header("Location").startswith(f"https://{chosen}.test/")


LIMIT = """
Service
    Path "^/limited/([^/]*)"
    Not TBF "%[remoteip] $1" 1/1000s 3
    Error 429
End
Service
    Success
End
"""


def test_a_rate_limits_each_key():
    with Front(lambda front: pound(tls=LIMIT)(front)
               .rsplit("Service", 1)[0]) as front:
        with front.https() as client, \
                front.https(connect=from_address("127.0.0.2")) as other:
            def ask(who, path: str) -> int:
                return who.request("GET", path).status
            assert [ask(client, "/limited/a") for _ in range(5)] == [
                200, 200, 200, 429, 429]
            assert ask(client, "/limited/b/a") == 200
            assert ask(client, "/") == 200
            assert ask(other, "/limited/a") == 200
            assert ask(client, "/limited/a") == 429
