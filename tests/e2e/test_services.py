"""Which service a request goes to: every kind of condition, on the wire."""

from __future__ import annotations

import base64
from typing import Iterator

import pytest

from actors.front import (
    NAME, Front, backend as section, from_address, pound)

SERVICES = [
    ("disabled", "Disabled yes"),
    ("named", 'Eval "named"'),
    ("address", 'ACL\n"127.0.0.2/31"\nEnd'),
    ("pattern", 'Path -file "patterns"'),
    ("method", "Method -re \"^(PUT|PATCH)$\"\nNot Path -exact \"/put\""),
    ("parameter", 'QueryParam "lang" -exact "de"'),
    ("header", 'Header "Accept-Language" -icase -beg "DE"\nHeadDeny "^X-No:"'),
    ("decoded", 'Path -decode -exact "/a b+c"'),
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
            f'Service\n{lines}\n'
            f'Redirect "https://{name}.test/"\nEnd\n'
            for name, lines in [*SERVICES, (OTHER, "")])
        top = f'IncludeDir "{front.directory}"\n' \
            'Condition "named"\nPath -exact "/named"\nMethod GET\nEnd'
        return pound(top=top, tls=services)(front).rsplit("Service", 1)[0]
    with Front(config) as made:
        yield made


@pytest.mark.parametrize("line, field, chosen", [
    ("GET /one", "", "pattern"), ("GET /two/x", "", "pattern"),
    ("GET /one/", "", OTHER), ("PUT /", "", "method"), ("PUT /put", "", OTHER),
    ("GET /?lang=de", "", "parameter"), ("GET /?lang=den", "", OTHER),
    ("GET /?a=1&lang=de#", "", None),
    ("GET /", "Accept-Language: de-CH", "header"),
    ("GET /", "Accept-Language: de\r\nX-No: 1", OTHER),
    ("GET /named", "", "named"), ("PUT /named", "", "method"),
    ("GET /a%20b+c", "", "decoded"), ("GET /%61%20b%2Bc", "", "decoded"),
    ("GET /a+b+c", "", OTHER), ("GET /a%2520b+c", "", OTHER),
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


FALLING = """
Service
    AddHeader "X-First: passed"
    FallThrough
End
Service
    Path -beg "/old/"
    SetPath -encode "/new/%[query]"
    LogSuppress success
    FallThrough
End
Service
    Path -exact "/old/x"
    Error 410
End
Service
    Path -beg "/new/"
    {backend}
End
Service
    AddHeader "X-Second: passed"
    FallThrough
End
Service
    Path -exact "/both"
    {backend}
End
"""


def test_services_that_fall_through(backend, script):
    falling = FALLING.format(backend=section(backend.address))
    config = pound(top="LogLevel 1", tls=falling)
    with Front(lambda front: config(front).rsplit("Service", 1)[0]) as front, \
            front.https() as client:
        def ask(path: str, status: int = 200) -> bytes:
            before = script.received()
            assert client.request("GET", path).status == status
            return b"".join(script.received_since(before))

        head = ask("/old/x?a%20b")
        assert head.startswith(b"GET /new/a%2520b?a%20b HTTP/1.1\r\n")
        assert b"\r\nX-First: passed\r\n" in head
        assert b"X-Second" not in head
        head = ask("/both")
        assert b"\r\nX-First: passed\r\n" in head
        assert b"\r\nX-Second: passed\r\n" in head
        assert ask("/none", 404) == b""
        front.wait_for_line('"GET /none HTTP/1.1" 404')
        assert front.count("GET /both ") == 1
        assert front.count("GET /old/x") == 0    # LogSuppress falls along


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


USERS = """# who may
ann:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a
bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=
"""

GUARD = """
Service
    Path -beg "/in"
    Not BasicAuth "{users}"
    Error 401
End
"""


def basic(credentials: str) -> tuple[str, str]:
    code = base64.b64encode(credentials.encode()).decode()
    return "Authorization", f"Basic {code}"


def test_users_come_in_and_others_are_asked(backend, script):
    def config(front: Front) -> str:
        users = front.directory / "users"
        users.write_text(USERS)
        users.chmod(0o600)
        return pound(backend.address, top="LogLevel combined",
                     tls=GUARD.format(users=users))(front)

    with Front(config) as front, front.https() as client:
        def ask(*fields: tuple[str, str], path: str = "/in"):
            return client.request("GET", path, headers=list(fields))

        assert ask(path="/").status == 200
        for fields in ([], [basic("ann:wrong")], [basic("joe:secret")],
                       [basic("ann:secret"), basic("ann:secret")],
                       [("Authorization", "Bearer secret")]):
            response = ask(*fields)
            assert response.status == 401
            assert response.header("WWW-Authenticate").startswith("Basic ")
        before = script.received()
        assert ask(basic("ann:secret")).status == 200
        assert ask(basic("bob:secret")).status == 200
        heads = script.received_since(before)[0]
        assert heads.lower().count(b"\r\nauthorization: basic ") == 2
        front.wait_for_line(r'127\.0\.0\.1 - bob \[[^]]+\] "GET /in [^"]+" 200')
    assert front.count(r' - - \[[^]]+\] "GET /in [^"]+" 401') == 5
    assert front.count(r" - ann \[") == 1
    assert front.count(r"secret|\$2y\$|Basic") == 0


@pytest.mark.parametrize("level", ["3", "combined", "full"])
def test_only_users_that_came_in_are_logged(backend, script, level):
    def config(front: Front) -> str:
        users = front.directory / "users"
        users.write_text(USERS + "c d:secret\n")
        return pound(backend.address, top=f"LogLevel {level}",
                     tls=GUARD.format(users=users))(front)

    with Front(config) as front, front.https() as client:
        for path, credentials, status, user in (
                ("/in/1", "ann:secret", 200, "ann"),
                ("/in/2", "ann:secret", 200, "ann"),
                ("/in/3", "bob:wrong", 401, "-"),
                ("/in/4", "joe:secret", 401, "-"),
                ("/in/5", "c d:secret", 200, r"c\\x20d"),
                ("/out", "ann:secret", 200, "-")):   # nobody has looked
            assert client.request("GET", path, headers=[
                basic(credentials)]).status == status
            front.wait_for_line(
                rf'127\.0\.0\.1 - {user} \[[^]]*\] "GET {path} ')


def test_guesses_do_not_hold_up_others(backend, script):
    def config(front: Front) -> str:
        users = front.directory / "users"
        users.write_text(USERS)
        return pound(backend.address, tls=GUARD.format(users=users))(front)

    with Front(config) as front, front.https() as client:
        assert client.request("GET", "/in", headers=[
            basic("ann:secret")]).status == 200
        statuses = [client.request("GET", "/in", headers=[
            basic(f"ann:{guess}")]).status for guess in range(60)]
        assert statuses[0] == 401 and set(statuses) == {401, 503}
        assert client.request("GET", "/in", headers=[
            basic("ann:secret")]).status == 200
        assert client.request("GET", "/").status == 200


def test_a_bad_list_of_users_starts_nothing(backend):
    def config(front: Front) -> str:
        users = front.directory / "users"
        users.write_text("ann\n")
        return pound(backend.address, tls=GUARD.format(users=users))(front)

    with pytest.raises(Exception, match=r"users:1: a line is a name"):
        with Front(config):
            pass
