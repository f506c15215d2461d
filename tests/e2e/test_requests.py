"""What a backend gets to see of a request: rows F1-F12 and R1-R14."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from typing import Callable, Iterator

import pytest

from actors.backend import Connection, ScriptedBackend
from actors.client import RawClient, tls_context
from actors.front import NAME, Front, from_address, pound
from fake_ha import MAX_LINE, pattern_pieces

CLIENT = "127.0.0.2"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
FORWARDED = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"]


def lines(*text: str) -> bytes:
    """Lines of a head, and the empty one."""
    return "\r\n".join([*text, "", ""]).encode("latin-1")


def values(headers: list[list[str]], name: str) -> list[str]:
    return [value for key, value in headers if key.lower() == name.lower()]


def fields(head: bytes) -> list[tuple[str, str]]:
    """Names and values of a head that a backend received."""
    return [tuple(line.split(": ", 1))
            for line in head.decode("latin-1").split("\r\n")[1:-2]]


def split(message: bytes) -> tuple[bytes, bytes]:
    """Head and body of a request that a backend received."""
    head, end, body = message.partition(b"\r\n\r\n")
    return head + end, body


def forward(front: Front, script: ScriptedBackend, request: bytes,
            scheme: str = "https") -> bytes:
    """Send a request; what the backend received of it."""
    before = script.received()
    with front.open(scheme) as client:
        client.send(request)
        assert client.read_response(request.split(b" ")[0].decode()
                                    ).status == 200
    received, = script.received_since(before)
    return received


# F: who the client is

@pytest.mark.parametrize("forged", [
    [],
    ["X-Forwarded-For: 6.6.6.6"],
    ["X-Forwarded-For: 6.6.6.6", "x-forwarded-for: 7.7.7.7, 8.8.8.8"],
    ["X-FORWARDED-FOR: unknown"], ["X-Forwarded-For:"],
    ["X-Forwarded-For: 6.6.6.6:4711,"],
    ["X_Forwarded_For: 6.6.6.6", "X-Forwarded_Proto: http"],
    ["X-Forwarded-Proto: http", "X-Forwarded-Proto: ftp,"],
    ["X-Forwarded-Host: evil.test", "X-Forwarded-Host:"],
    ["X-Forwarded-Port: 1", "X-Forwarded-Server: evil", "X-Forwarded-X: y",
     "X-Forwarded-Prefix: /evil"],
    ["Connection: X-Forwarded-For, x-forwarded-proto, X-Forwarded-Host, Host"],
    ["Connection: close, X-Forwarded-For", "X-Forwarded-For: 6.6.6.6"],
    ["Forwarded: for=6.6.6.6;proto=http", "X-Real-IP: 6.6.6.6"],
    ["X_Real_IP: 6.6.6.6", "x-real-ip: 7.7.7.7"],
], ids=repr)
def test_f1_to_f11_client_is_who_it_is(front, forged):
    with front.https(connect=from_address(CLIENT)) as client:
        client.send(lines("GET /api/echo HTTP/1.1", f"Host: {NAME}:8443",
                          *forged))
        response = client.read_response()
    assert response.status == 200
    seen = response.json()
    assert (seen["remote"], seen["scheme"], seen["host"]) == (
        CLIENT, "https", f"{NAME}:8443")
    headers = seen["headers"]
    assert [values(headers, name) for name in ["Host", *FORWARDED]] == [
        [f"{NAME}:8443"], [CLIENT], ["https"], [f"{NAME}:8443"]]
    names = [name.lower().replace("_", "-") for name, _ in headers]
    assert sum(name.startswith("x-forwarded") for name in names) == 3
    assert not {"forwarded", "x-real-ip"} & set(names)


def test_forwarded_scheme_of_plain_http(scripted, script):
    head = forward(scripted, script, lines("GET / HTTP/1.1", "Host: h.test",
                                           "X-Forwarded-Proto: https"), "http")
    assert [values(fields(head), name) for name in FORWARDED] == [
        ["127.0.0.1"], ["http"], ["h.test"]]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_f5_f6_wildcard_listener_tells_plain_addresses(home_assistant,
                                                       address):
    try:
        socket.create_server((address, 0), family=(
            socket.AF_INET6 if ":" in address else socket.AF_INET)).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with Front(pound(home_assistant.address, address="")) as front:
        with RawClient((address, front.https_port), tls=tls_context(),
                       name=NAME) as client:
            seen = client.request("GET", "/api/echo").json()
    assert values(seen["headers"], "X-Forwarded-For") == [address]
    assert seen["remote"] == address


# R1, R2, R11: Host, HTTP/1.0

@pytest.mark.parametrize("host", [NAME, f"{NAME}:8443", "GW.Test:443",
                                  f"{NAME}."])
def test_r2_host_is_kept_as_sent(front, host):
    with front.https() as client:
        seen = client.request("GET", "/api/echo", host=host).json()
    for name in "Host", "X-Forwarded-Host":
        assert values(seen["headers"], name) == [host]


def test_r1_http10_without_host_gets_the_tls_name(front):
    with front.https() as client:
        client.send(lines("GET /api/echo HTTP/1.0"))
        response = client.read_response()
        client.expect_end()
    seen = response.json()
    assert values(seen["headers"], "Host") == [NAME]
    assert seen["version"] == "1.1"


def test_r1_http10_without_any_name_is_refused(scripted, script):
    before = script.received()
    for client in scripted.http(), scripted.https(name=None):
        with client:
            client.send(lines("GET / HTTP/1.0"))
            assert client.read_response().status == 400
    assert not script.received_since(before)


@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
def test_r11_http10_client_gets_no_chunks(front, framing):
    size = 300_000
    with front.https() as client:
        client.send(lines(f"GET /api/download?framing={framing}&size={size}"
                          f" HTTP/1.0", f"Host: {NAME}"))
        response = client.read_response()
        assert response.body == b"".join(pattern_pieces(0, size))
        assert response.header("Transfer-Encoding") is None
        client.expect_end()


def test_http10_keep_alive(front):
    with front.https() as client:
        for _ in range(2):
            client.send(lines("GET /manifest.json HTTP/1.0", f"Host: {NAME}",
                              "Connection: Keep-Alive"))
            response = client.read_response()
            assert response.header("Connection") == "keep-alive"


@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_r11_head(front, framing):
    target = f"/api/download?framing={framing}&size=10"
    with front.https() as client:
        for _ in range(2):
            response = client.request("HEAD", target)
            assert (response.status, response.body) == (200, b"")
            assert response.header("Content-Length") == (
                "10" if framing == "length" else None)


# R3, R4: what passes unchanged

FIELDS = [
    "Origin: https://gw.test:8443", "Authorization: Basic YTpiOmM=",
    'Cookie: a="b; c"; d=e,f  g', "cookie: second=1",
    "Accept-Encoding: gzip;q=1.0, identity; q=0.5, br",
    "Range: bytes=0-9,20-", "If-Range: W/\"x\"", 'If-None-Match: "a", "b"',
    "If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT",
    "Sec-Fetch-Site: same-origin", "Sec-WebSocket-Protocol: a, b",
    "sEC-cH-uA: \"x\";v=\"1\"", "X-Odd: !#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "X-Latin: caf\xe9\xff\x80", "X-Empty: ", "X-Inner: a \t  b",
    "!#$%&'*+.^`|~: token", "User-Agent: x", "Referer: https://gw.test/",
    "Content-Type: text/plain", "DNT: 1", "X-Twice: 1", "x-twice: 2"]


def test_r3_fields_pass_byte_for_byte_in_order(scripted, script):
    head = forward(scripted, script, lines(
        "GET / HTTP/1.1", f"Host: {NAME}", *FIELDS))
    ours = ["Host", *FORWARDED]
    assert [f"{name}: {value}" for name, value in fields(head)
            if name not in ours] == FIELDS


def test_spaces_around_values_are_not_part_of_them(scripted, script):
    head = forward(scripted, script, lines(
        "GET / HTTP/1.1", f"Host:\t {NAME} \t", "X-Pad: \t a b\t ", "X-No:c"))
    assert values(fields(head), "X-Pad") == ["a b"]
    assert values(fields(head), "X-No") == ["c"]


@pytest.mark.parametrize("target", [
    "/", "//", "//a//b/", "/a/../b", "/a/./b/..", "/..%2F..%2f", "/%2e%2e/",
    "/?", "/?b=2&a=1&b=3", "/a?x=/../%2F??&=", "/;p=1;q", "/%", "/%zz%",
    "/~!$&'()*+,;=:@-._", "/{x}|^`\"<>\\[]", "/" + "a" * 4096,
    "/local//x?authSig=eyJ.e30.-_&width=1%20"])
def test_r4_target_is_byte_exact(scripted, script, target):
    head = forward(scripted, script, lines(
        f"GET {target} HTTP/1.1", f"Host: {NAME}"))
    assert head.startswith(f"GET {target} HTTP/1.1\r\nHost: ".encode())


# R5: sizes

def test_r5_what_home_assistant_takes_passes(front):
    long = "a" * (MAX_LINE - 200)
    with front.https() as client:
        for options in (
                {"target": f"/api/echo?{long}"},
                {"target": "/api/echo", "headers": [("X-Long", long)]},
                {"target": "/api/echo", "headers": [("Cookie", "c" * 12288)]},
                {"target": "/api/echo", "headers": [
                    (f"X-{number}", "v") for number in range(90)]}):
            seen = client.request("GET", **options).json()
            assert seen["path"] == options["target"]
            for header in options.get("headers", ()):
                assert list(header) in seen["headers"]


def head_of_size(size: int) -> bytes:
    """A request head of so many bytes, in lines of less than 24570."""
    head = lines("GET / HTTP/1.1", f"Host: {NAME}")[:-2]
    left = size - len(head) - len("\r\n")
    while left > 0:
        line = left if left < 24000 else 12000
        head += b"X-Long: " + b"v" * (line - len("X-Long: \r\n")) + b"\r\n"
        left -= line
    return head + b"\r\n"


def with_target(length: int) -> bytes:
    """A request line of so many bytes."""
    target = "/" + "t" * (length - len("GET / HTTP/1.1"))
    return lines(f"GET {target} HTTP/1.1", f"Host: {NAME}")


def with_fields(count: int) -> bytes:
    return lines("GET / HTTP/1.1", f"Host: {NAME}",
                 *[f"X-{number}: y" for number in range(count - 1)])


@pytest.mark.parametrize("request_head", [
    with_target(24570), with_target(32768), with_fields(128),
    lines("GET / HTTP/1.1", f"Host: {NAME}", "X: " + "x" * 24567),
    lines("GET / HTTP/1.1", f"Host: {NAME}", "x" * 24560 + ": y"),
    head_of_size(65536)], ids=len)
def test_r5_largest_heads_pass_whole(scripted, script, request_head):
    received = forward(scripted, script, request_head)
    for line in request_head.split(b"\r\n"):
        assert line in received


@pytest.mark.parametrize("status, request_head", [
    (414, with_target(32769)), (414, with_target(200_000)),
    (414, b"GET /" + b"x" * 40_000),
    (431, with_fields(129)), (431, with_fields(2000)),
    (431, head_of_size(65537)), (431, head_of_size(200_000)),
    (431, lines("GET / HTTP/1.1", "X: " + "x" * 70_000)[:-4])],
    ids=lambda value: value if isinstance(value, int) else len(value))
def test_r5_larger_heads_are_refused(scripted, script, status, request_head):
    before = script.received()
    with scripted.https() as client:
        client.send(request_head)
        assert client.read_response().status == status
        client.expect_end()
    assert not script.received_since(before)


# R7: Expect

@pytest.mark.parametrize("chunked", [False, True])
def test_r7_client_waits_for_100_continue(front, chunked):
    body = b"x" * 100_000
    framing = (("Transfer-Encoding", "chunked") if chunked
               else ("Content-Length", str(len(body))))
    with front.https() as client:
        client.send_request("POST", "/api/backup/upload", headers=[
            framing, ("Expect", "100-Continue")])
        assert client.read_head().status == 100
        client.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked
                    else body)
        assert client.read_response().json()["length"] == len(body)
        assert client.request("GET", "/manifest.json").status == 200


def test_r7_backend_may_refuse_instead(scripted, script):
    def refuse(connection: Connection) -> None:
        head = connection.read_head()
        assert b"\r\nExpect: 100-continue\r\n" in head
        connection.send(b"HTTP/1.1 401 Unauthorized\r\n"
                        b"Content-Length: 2\r\n\r\nno")
        connection.read_to_end()

    script.behaviour = refuse
    with scripted.https() as client:
        client.send_request("POST", "/", headers=[
            ("Content-Length", "1000"), ("Expect", "100-continue")])
        response = client.read_response()
        assert (response.status, response.body) == (401, b"no")
        client.expect_end()


@pytest.mark.parametrize("value", [
    "y 100-continue", "100-continue, x", "200-ok", "\"100-continue\""])
def test_r7_other_expectations_fail(scripted, script, value):
    before = script.received()
    with scripted.https() as client:
        client.send_request("POST", "/", body=b"abc",
                            headers=[("Expect", value)])
        assert client.read_response().status == 417
        client.expect_end()
    assert not script.received_since(before)


# R8-R10: bodies

def chunks(*parts: bytes, extension: bytes = b"", trailers: bytes = b""
           ) -> bytes:
    return b"".join(b"%x%b\r\n%b\r\n" % (len(part), extension, part)
                    for part in parts
                    ) + b"0" + extension + b"\r\n" + trailers + b"\r\n"


def joined(body: bytes) -> bytes:
    """The payload of chunks as the gateway sends them: bare sizes."""
    payload = b""
    while match := re.match(rb"([1-9a-f][0-9a-f]*)\r\n", body):
        end = match.end() + int(match[1], 16)
        payload += body[match.end():end]
        assert body[end:end + 2] == b"\r\n"
        body = body[end + 2:]
    assert body == b"0\r\n\r\n"
    return payload


@pytest.mark.parametrize("wire, payload", [
    (chunks(), b""), (chunks(b"a"), b"a"),
    (chunks(b"ab", b"c" * 70_000, b"d"), b"ab" + b"c" * 70_000 + b"d"),
    (chunks(b"ab", extension=b';a=1;b="c;\\"d"'), b"ab"),
    (chunks(b"ab", trailers=b"X-Forwarded-For: 6.6.6.6\r\nA: b\r\n"), b"ab"),
    (b"0003\r\nabc\r\nA\r\n" + b"d" * 10 + b"\r\n000\r\n\r\n",
     b"abc" + b"d" * 10)], ids=lambda value: str(value[:20]))
def test_r8_r10_chunked_stays_chunked_without_trailers(
        scripted, script, wire, payload):
    received = forward(scripted, script, lines(
        "POST / HTTP/1.1", f"Host: {NAME}", "Trailer: X-Forwarded-For",
        "Transfer-Encoding: Chunked") + wire)
    head, body = split(received)
    assert values(fields(head), "Transfer-Encoding") == ["chunked"]
    assert not values(fields(head), "Content-Length")
    assert not values(fields(head), "Trailer")
    assert joined(body) == payload


def extended(line: int, total: int) -> bytes:
    """Chunks whose lines have extensions: of this length, so many bytes."""
    wire = b""
    while total > 0:
        length = min(line, total)
        wire += b"1;" + b"e" * (length - 1) + b"\r\nx\r\n"
        total -= length
    return wire + b"0\r\n\r\n"


def trailing(size: int) -> bytes:
    """One chunk, and trailers of so many bytes with their empty line."""
    return b"1\r\nx\r\n0\r\nT: " + b"t" * (size - 7) + b"\r\n\r\n"


@pytest.mark.parametrize("body, status", [
    (extended(255, 255), 200), (extended(256, 256), 400),
    (extended(128, 16 << 10), 200), (extended(128, (16 << 10) + 1), 400),
    (trailing(8 << 10), 200), (trailing((8 << 10) + 1), 400)],
    ids=["line", "line+", "extensions", "extensions+", "trailer", "trailer+"])
def test_sec10_what_surrounds_chunks_is_bounded(scripted, script, body,
                                                status):
    with scripted.https() as client:
        client.send(lines("POST / HTTP/1.1", f"Host: {NAME}",
                          "Transfer-Encoding: chunked") + body)
        assert client.read_response().status == status


@pytest.mark.parametrize("length", ["0", "1", "100000", "0005"])
def test_r8_length_stays_length(scripted, script, length):
    body = b"b" * int(length)
    received = forward(scripted, script, lines(
        "PUT / HTTP/1.1", f"Host: {NAME}", f"content-LENGTH: {length}") + body)
    head, forwarded = split(received)
    assert values(fields(head), "Content-Length") == [str(len(body))]
    assert not values(fields(head), "Transfer-Encoding")
    assert forwarded == body


def test_empty_body_keeps_both_connections(scripted, script):
    before = script.received()
    with scripted.https() as client:
        for _ in range(3):
            client.send_request("POST", "/", headers=[("Content-Length", "0")])
            response = client.read_response()
            assert response.header("Connection") is None
    assert len(script.received_since(before)) == 1


def test_bodies_arrive_however_they_are_cut(front):
    body = bytes(range(256)) * 3
    head = lines("POST /api/echo HTTP/1.1", f"Host: {NAME}",
                 "Transfer-Encoding: chunked")
    wire = head + chunks(body[:100], body[100:], trailers=b"A: b\r\n")
    with front.https() as client:
        for step in 1, 7, 97:
            for start in range(0, len(wire), step):
                client.send(wire[start:start + step])
            seen = client.read_response().json()
            assert seen["body_sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("chunked", [False, True])
def test_r9_early_answer_is_heard_while_still_sending(
        scripted, script, chunked):
    piece = b"x" * 65536

    def too_large(connection: Connection) -> None:
        connection.read_head()
        connection.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n"
                        b"Connection: close\r\n\r\nno!")
        connection.read_to_end()

    script.behaviour = too_large
    with scripted.https() as client:
        client.send_request("POST", "/", headers=[
            ("Transfer-Encoding", "chunked") if chunked
            else ("Content-Length", "1000000000")])
        for _ in range(64):
            client.send(b"10000\r\n" + piece + b"\r\n" if chunked else piece)
        response = client.read_response()
        assert (response.status, response.body) == (413, b"no!")
        client.expect_end()


def test_r9_early_answer_of_the_stand_in(front):
    with front.https() as client:
        client.send_request("POST", "/api/early413",
                            headers=[("Content-Length", "1000000000")])
        client.send(bytes(1 << 20))
        assert client.read_response().status == 413


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("headers", [[("Connection", "close")], []])
def test_r9_response_outlives_what_came_behind_the_request(
        scripted, script, scheme, headers):
    """A reset in answer to those bytes would wipe it out on its way."""
    asked, more = threading.Event(), threading.Event()

    def behave(connection: Connection) -> None:
        connection.read_head()
        asked.set()
        assert more.wait(10)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
                        + bytes(1000000))

    script.behaviour = behave
    with scripted.open(scheme) as client:
        client.send_request("GET", "/", headers=headers)
        assert asked.wait(10)
        client.send(b"?" * 70000)
        more.set()
        assert len(client.read_response().body) == 1000000
        if not headers:
            assert client.read_response().status in (400, 414)
        client.expect_end()


# Methods and forms of targets

@pytest.mark.parametrize("method", [
    "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods_pass(front, method):
    body = b"" if method == "GET" else b"body"
    with front.https() as client:
        seen = client.request(method, "/api/echo", body=body).json()
    assert (seen["method"], seen["body_length"]) == (method, len(body))


@pytest.mark.parametrize("method, target, status", [
    ("TRACE", "/", 405), ("CONNECT", "/", 405),
    ("CONNECT", "gw.test:443", 405), ("CONNECT", "10.0.0.1:22", 405),
    ("CONNECT", "[::1]:443", 405), ("CONNECT", "gw.test", 400),
    ("CONNECT", "gw.test:0", 400), ("CONNECT", "a@gw.test:443", 400),
    ("BREW", "/", 501), ("get", "/", 501),
    ("M" * 32, "/", 501), ("M" * 33, "/", 400)])
def test_other_methods_are_refused(front, method, target, status):
    with front.https() as client:
        response = client.request(method, target)
    assert response.status == status
    assert (response.header("Allow") is not None) == (status == 405)


ALLOW = [
    {"GET", "HEAD", "POST"}, {"PUT", "PATCH", "DELETE"},
    {"OPTIONS", "LOCK", "UNLOCK", "PROPFIND", "PROPPATCH", "SEARCH", "MKCOL",
     "MOVE", "COPY", "MKACTIVITY", "CHECKOUT", "MERGE", "REPORT"},
    {"SUBSCRIBE", "UNSUBSCRIBE", "NOTIFY", "BPROPFIND", "BPROPPATCH", "POLL",
     "BMOVE", "BCOPY", "BDELETE"}]


@pytest.mark.parametrize("level", range(4))
def test_405_tells_what_is_allowed(make_gateway, backend, level):
    error = 'Service\nPath -exact "/error"\nError 405\nEnd'
    front = make_gateway(Front, lambda made: pound(
        backend.address, plain=error)(made).replace(
            "xHTTP 2", f"xHTTP {level}"))
    front.start_ready()
    with front.http() as client:
        for method, target in [("TRACE", "/"), ("GET", "/error")]:
            response = client.request(method, target)
            assert response.status == 405
            assert sorted(response.header("Allow").split(", ")) == sorted(
                set().union(*ALLOW[:level + 1]))


def test_connection_ends_after_a_connect(front):
    """Nothing of what was meant for a tunnel is taken for a request."""
    with front.https() as client:
        client.send(lines("CONNECT gw.test:443 HTTP/1.1", f"Host: {NAME}")
                    + lines("GET /api/echo HTTP/1.1", f"Host: {NAME}"))
        response = client.read_response()
        assert (response.status, response.header("Connection")) == (
            405, "close")
        assert client.read_to_end() == b""


def test_options_asterisk(scripted, script):
    for target in "*", f"http://{NAME}":
        head = forward(scripted, script, lines(
            f"OPTIONS {target} HTTP/1.1", f"Host: {NAME}"))
        assert head.startswith(b"OPTIONS * HTTP/1.1\r\nHost: gw.test\r\n")


@pytest.mark.parametrize("target, path, host", [
    (f"http://{NAME}/api/echo?x", "/api/echo?x", NAME),
    (f"HTTPS://{NAME}:8443//a/../b", "//a/../b", f"{NAME}:8443"),
    (f"https://{NAME}", "/", NAME), (f"http://{NAME}?q", "/?q", NAME)])
def test_r12_absolute_form_becomes_origin_form(
        scripted, script, target, path, host):
    head = forward(scripted, script, lines(
        f"GET {target} HTTP/1.1", "Host: other.test"))
    assert head.startswith(f"GET {path} HTTP/1.1\r\n".encode())
    for name in "Host", "X-Forwarded-Host":
        assert values(fields(head), name) == [host]


# R13: this hop only

def test_r13_hop_by_hop_fields_end_here(scripted, script):
    head = forward(scripted, script, lines(
        "GET / HTTP/1.1", f"Host: {NAME}", "Connection: X-One, keep-alive",
        "connection: x-TWO,,TE", "X-One: 1", "X-Two: 2", "X-Three: 3",
        "Keep-Alive: timeout=5", "TE: trailers", "Trailer: X", "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAAP__", "Proxy-Connection: keep-alive",
        "Proxy-Authorization: Basic x", "Proxy-Authenticate: x",
        "Under_Score: 4", "_: 5", "Content_Length: 6"))
    assert [name for name, _ in fields(head)] == [
        "Host", "X-Three", *FORWARDED]


def test_r13_h2c_is_not_taken_up(front):
    with front.https() as client:
        client.send(lines(
            "GET /api/echo HTTP/1.1", f"Host: {NAME}", "Upgrade: h2c",
            "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk"))
        response = client.read_response()
    assert response.status == 200
    names = {name.lower() for name, _ in response.json()["headers"]}
    assert not names & {"upgrade", "connection", "http2-settings"}


def test_r13_framing_survives_a_connection_option(scripted, script):
    received = forward(scripted, script, lines(
        "POST / HTTP/1.1", f"Host: {NAME}",
        "Connection: Content-Length, Host", "Content-Length: 5") + b"GET /")
    head, body = split(received)
    assert values(fields(head), "Content-Length") == ["5"]
    assert values(fields(head), "Host") == [NAME]
    assert body == b"GET /"


# Pipelining

@pytest.mark.parametrize("step", [1_000_000, 3])
def test_pipelined_requests_are_answered_in_order(front, step):
    bodies = {7: b"GET /hidden HTTP/1.1\r\n\r\n"}
    wire = b"".join(
        lines(f"{'POST' if number in bodies else 'GET'} /api/echo/{number}"
              f" HTTP/1.1", f"Host: {NAME}",
              f"Content-Length: {len(bodies.get(number, b''))}")
        + bodies.get(number, b"") for number in range(20))
    with front.https() as client:
        for start in range(0, len(wire), step):
            client.send(wire[start:start + step])
        for number in range(20):
            seen = client.read_response().json()
            assert seen["path"] == f"/api/echo/{number}"
            assert seen["body_length"] == len(bodies.get(number, b""))


def test_empty_line_between_requests_is_overlooked(front):
    with front.https() as client:
        for _ in range(2):
            client.send(lines("\r\nGET /manifest.json HTTP/1.1",
                              f"Host: {NAME}"))
            assert client.read_response().status == 200


# R14: connections to the backend that were kept

def lossy(end: Callable[[Connection], None]) -> Callable[[Connection], None]:
    """Answers one request; ends the connection on the next one."""
    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(NO_CONTENT)
        connection.read_request()
        end(connection)
    return behave


@pytest.fixture(params=["FIN", "RST"])
def losing(request, script: ScriptedBackend) -> Iterator[ScriptedBackend]:
    script.behaviour = lossy(Connection.reset if request.param == "RST"
                             else Connection.close)
    return script


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_r14_lost_idle_connection_costs_nothing(scripted, losing, method):
    before = losing.received()
    with scripted.https() as client:
        for target in "/1", "/2", "/3":
            client.send_request(method, target)
            assert client.read_response(method).status == 204
    received = losing.received_since(before)
    assert [message.count(b"HTTP/1.1\r\n") for message in received] == [
        2, 2, 1]
    assert received[0].count(f"{method} /2 ".encode()) == 1
    assert received[1].startswith(f"{method} /2 ".encode())


@pytest.mark.parametrize("method, body", [
    ("POST", b"abc"), ("POST", b""), ("PUT", b"abc"), ("PATCH", b"abc"),
    ("DELETE", b""), ("GET", b"abc")])
def test_r14_what_may_have_been_done_is_not_repeated(
        scripted, losing, method, body):
    before = losing.received()
    with scripted.https() as client:
        assert client.request("GET", "/1").status == 204
        assert client.request(method, "/2", body=body).status == 502
        assert client.request("GET", "/3").status == 204
    received = b"".join(losing.received_since(before))
    assert received.count(f"{method} /2 ".encode()) == 1


def test_r14_backend_that_closes_when_idle(scripted, script):
    def once(connection: Connection) -> None:
        connection.read_request()
        connection.send(NO_CONTENT)
        connection.finish_sending()
        connection.read_to_end()

    script.behaviour = once
    before = script.received()
    with scripted.https() as client:
        for method in ["GET", "POST"] * 5:
            assert client.request(method, "/").status == 204
            script.wait_until(lambda: all(
                connection.ended for connection in script.connections))
    assert len(script.received_since(before)) == 10


def test_requests_share_one_connection_to_the_backend(scripted, script):
    before = script.received()
    for _ in range(3):
        with scripted.https() as client:
            for method in "GET", "POST", "DELETE":
                assert client.request(method, "/").status == 200
    assert len(script.received_since(before)) == 1
