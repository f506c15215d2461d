"""The name in the TLS handshake, and the one in the request."""

from __future__ import annotations

import ssl
from ssl import TLSVersion
from typing import Iterator

import pytest

from actors.client import tls_context
from actors.front import NAME, Front, native, pound
from actors.home_assistant import HomeAssistant

UNKNOWN = [None, "other.test", f"x.{NAME}", "test", "127.0.0.1.test"]
SECOND = "second.test"


@pytest.fixture(scope="module")
def open_gateway(home_assistant: HomeAssistant) -> Iterator[Front]:
    """A Gateway that says RequireSNI no."""
    with Front(lambda front: native(home_assistant.address)(front).replace(
            "Forward", "RequireSNI no\nForward", 1)) as made:
        yield made


@pytest.fixture(scope="module")
def two_names(backend) -> Iterator[Front]:
    """Certificates for both names, and a service for each of them."""
    def config(front: Front) -> str:
        services, _, rest = pound(
            backend.address, names=(NAME, SECOND))(front).rpartition("Service")
        return services + "".join(f'Service\nHost "{name}"\n{rest}'
                                  for name in (NAME, SECOND))
    with Front(config) as made:
        yield made


@pytest.mark.parametrize("version", [TLSVersion.TLSv1_2, TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", UNKNOWN)
def test_gateway_shows_strangers_no_certificate(front, version, name):
    context = tls_context(minimum=version, maximum=version)
    with pytest.raises(ssl.SSLError, match="(?i)unrecognized.name"):
        front.https(tls=context, name=name)
    with front.https(tls=context, name=NAME.upper()) as client:
        assert client.request("GET", "/manifest.json").status == 200


@pytest.mark.parametrize("name", UNKNOWN)
def test_gateway_shows_its_certificate_where_told_to(open_gateway, name):
    with open_gateway.https(name=name) as client:
        assert client.request("GET", "/manifest.json", host=NAME).status == 200


@pytest.mark.parametrize("name", UNKNOWN)
def test_pound_listener_shows_its_first_certificate(scripted, name):
    with scripted.https(name=name) as client:
        subject, = client.peer_certificate().subject
    assert subject.value == NAME


@pytest.mark.parametrize("sni, host, status", [
    (NAME, NAME, 200), (NAME, f"{NAME}:8443", 200), (NAME, SECOND, 200),
    (SECOND, NAME, 200), (NAME, "other.test", 421), (SECOND, "192.0.2.1", 421),
    ("other.test", "other.test", 404), ("other.test", "more.test", 404),
    ("other.test", NAME, 200), (None, "other.test", 404), (None, NAME, 200)])
def test_host_decides_and_421_says_wrong_server(two_names, sni, host, status):
    with two_names.https(name=sni) as client:
        for _ in range(2):      # the connection is good for others
            assert client.request("GET", "/", host=host).status == status


def test_plain_http_knows_no_misdirection(two_names):
    with two_names.http() as client:
        assert client.request("GET", "/", host="other.test").status == 404
