"""E6: HSTS on the gateway's own name, short, and never over plain HTTP."""

from __future__ import annotations

from typing import Iterator

import pytest

from actors.backend import answer
from actors.front import NAME, Front, pound

HSTS = "Strict-Transport-Security"
SERVICES = "".join(
    f"Service\nPath -exact /{name}\nHSTS {value}\n{rest}\nEnd\n"
    for name, value, rest in [
        ("long", "180d", "Success"), ("zero", "0", "Success"),
        ("off", "off", "Success"), ("error", "300", "Error 403"),
        ("edited", "300", f'Rewrite response\nDeleteHeader "^{HSTS}:"\nEnd\n'
                          "Success")])


@pytest.fixture(scope="module")
def promising(backend) -> Iterator[Front]:
    with Front(lambda front: pound(
            backend.address, plain=SERVICES, tls=SERVICES)(front).replace(
                "\nService\n    BackEnd", "\nService\n    HSTS 60\n BackEnd"
            )) as made:
        yield made


@pytest.mark.parametrize("target", ["/manifest.json", "/no/such/page"])
def test_e6_gateway_promises_a_day_for_its_name(front, target):
    with front.https() as client:
        response = client.request("GET", target)
    assert response.header(HSTS) == "max-age=86400"


@pytest.mark.parametrize("scheme, host", [
    ("http", NAME), ("http", "other.test"), ("https", "other.test")])
def test_e6_nothing_is_promised_elsewhere(front, scheme, host):
    with front.open(scheme) as client:
        assert client.request("GET", "/", host=host).header(HSTS) is None


@pytest.mark.parametrize("target, expected", [
    ("/long", "max-age=15552000"), ("/zero", "max-age=0"), ("/off", None),
    ("/error", "max-age=300"), ("/edited", None), ("/other", "max-age=60")])
def test_services_promise_what_they_say(promising, target, expected):
    for scheme, value in [("https", expected), ("http", None)]:
        with promising.open(scheme) as client:
            assert client.request("GET", target).header(HSTS) == value


def test_a_backend_speaks_for_itself(promising, script):
    script.stop()
    script.behaviour = answer(
        b"HTTP/1.1 200 OK\r\nstrict-transport-security: max-age=7\r\n"
        b"Content-Length: 2\r\n\r\nok")
    script.start()
    with promising.https() as client:
        assert client.request("GET", "/").all(HSTS) == ["max-age=7"]


def test_promise_holds_while_the_backend_is_down(promising, script):
    script.stop()
    with promising.https() as client:
        response = client.request("GET", "/")
    assert (response.status, response.header(HSTS)) == (503, "max-age=60")
