"""Plain HTTP: the redirect, ACME's path, and which host is meant."""

from __future__ import annotations

import pytest

from actors.client import RawClient, Response
from actors.front import NAME, Front, pound

CHALLENGE = "/.well-known/acme-challenge/"
BAD_HOSTS = ["", "a b", "user@gw.test", "gw.test/x", "gw.test?x", "gw.test#x",
             "gw.test\\x", "gw.test, gw.test", "gw.test:port", "gw.test:99999",
             "gw.test:-80", "[::1", "[gw.test]", "gw%2etest", "<gw.test>"]


def ask(client: RawClient, *lines: str, method: str = "GET") -> Response:
    """A request of exactly these lines."""
    client.send("\r\n".join([*lines, "", ""]).encode("latin-1"))
    return client.read_response(method)


@pytest.mark.parametrize("method, status", [
    ("GET", 301), ("HEAD", 301), ("POST", 308), ("PUT", 308),
    ("DELETE", 308), ("OPTIONS", 308), ("PATCH", 308)])
def test_redirect_keeps_method_path_and_query(front, method, status):
    target = "/lovelace//0/%2F/..?b=2&a=1"
    with front.http() as client:
        response = client.request(method, target)
    assert response.status == status
    assert response.header("Location") == (
        f"https://{NAME}:{front.https_port}{target}")
    assert (response.body == b"") == (method == "HEAD")
    assert int(response.header("Content-Length")) > 0


def test_redirect_escapes_and_does_not_repeat_in_the_body(front):
    with front.http() as client:
        response = client.request("GET", '/<script>"\\^`{|}?<echo>')
    assert response.header("Location").endswith(
        "/%3Cscript%3E%22%5C%5E%60%7B%7C%7D?%3Cecho%3E")
    assert b"script" not in response.body and b"echo" not in response.body


def test_redirect_with_a_body_does_not_take_it_for_a_request(front):
    with front.http() as client:
        client.send_request("POST", "/", body=b"GET / HTTP/1.1\r\n\r\n")
        assert client.read_response().status == 308
        client.expect_end()


def test_redirect_goes_to_the_configured_name(front):
    with front.http() as client:
        response = client.request("GET", "/x", host="GW.TEST.:1234")
        assert response.header("Location") == (
            f"https://{NAME}:{front.https_port}/x")
        response = client.request("GET", f"http://{NAME}:80/y", host="x")
        assert response.header("Location") == (
            f"https://{NAME}:{front.https_port}/y")


def test_redirects_keep_the_connection(front):
    with front.http() as client:
        for number in range(3):
            assert client.request("GET", f"/{number}").status == 301


def test_pipelined_redirects_are_all_answered(front):
    count = 20
    with front.http() as client:
        client.send(b"".join(
            f"GET /{number} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
            for number in range(count)))
        for number in range(count):
            location = client.read_response().header("Location")
            assert location.endswith(f"/{number}")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["other.test", f"{NAME}.evil.test",
                                  f"x{NAME}", "gwxtest", "127.0.0.1", "[::1]"])
def test_another_host_is_not_found(front, scheme, host):
    with front.open(scheme) as client:
        response = client.request("GET", "/api/echo", host=host)
        assert response.status == {"http": 404, "https": 421}[scheme]
        assert host.encode() not in response.body
        assert response.header("Location") is None


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("lines", [
    *[[f"Host: {host}"] for host in BAD_HOSTS],
    [], [f"Host: {NAME}", f"Host: {NAME}"], [f"Host: {NAME}", "Host: x"]],
    ids=repr)
def test_anything_but_one_valid_host_is_refused(front, scheme, lines):
    with front.open(scheme) as client:
        assert ask(client, "GET / HTTP/1.1", *lines).status == 400
        client.expect_end()


@pytest.mark.parametrize("host", [NAME, "other.test", "127.0.0.1:80"])
@pytest.mark.parametrize("method, status", [
    ("GET", 404), ("HEAD", 404), ("POST", 405), ("PUT", 405)])
def test_challenge_path_comes_before_every_rule(front, host, method, status):
    with front.http() as client:
        response = client.request(method, CHALLENGE + "token", host=host)
    assert response.status == status
    assert response.header("Location") is None
    assert b"token" not in response.body
    assert response.header("Allow") == ("GET, HEAD" if status == 405
                                        else None)


@pytest.mark.parametrize("token", ["", "a/b", "..", "%41", "a" * 129, "a?b"])
def test_challenge_tokens_that_cannot_be(front, token):
    with front.http() as client:
        assert client.request("GET", CHALLENGE + token).status == 404


def test_challenge_path_is_the_backends_over_https(front):
    with front.https() as client:
        client.send_request("POST", CHALLENGE + "x")
        response = client.read_response()
        assert response.status == 404 and response.header("Server")


@pytest.mark.parametrize("redirect, location, status", [
    (f'"https://{NAME}"', f"https://{NAME}/a/b?c=d", 302),
    ('307 "https://x.test/"', "https://x.test/a/b?c=d", 307),
    ('"https://x.test/y"', "https://x.test/y", 302)])
def test_redirect_as_pound_has_it(redirect, location, status):
    service = (f'Service\n HeadRequire "Host: {NAME}"\n'
               f' Redirect {redirect}\nEnd')
    with Front(pound("127.0.0.1:1", plain=service)) as front:
        for method in "GET", "POST":
            with front.http() as client:
                response = client.request(method, "/a/b?c=d")
                assert response.status == status
                assert response.header("Location") == location
