"""Whom the gateway believes, and what it tells of a client.

TrustedIP, ForwardedHeader, ACL -forwarded, HeaderOption and Anonymise.
"""

from __future__ import annotations

import re
from typing import Iterator

import pytest

from actors.client import RawClient
from actors.front import NAME, Front, from_address, pound

PROXY, STRANGER = "127.0.0.7", "127.0.0.8"
TRUST = f'TrustedIP\n"{PROXY}" "10.0.0.0/8"\nEnd\n'
ADMINS = "198.51.100.0/24"


@pytest.fixture(scope="module")
def trusting(home_assistant) -> Iterator[Front]:
    """/admin is for those of ADMINS, as far as a trusted peer says so."""
    services = "".join(
        f'Service\nPath -exact "{path}"\nNot ACL {option}\n"{ADMINS}"\nEnd\n'
        f'Error 403\nEnd\n'
        for path, option in [("/admin", "-forwarded"), ("/peers", "")])
    with Front(pound(home_assistant.address, top=TRUST, tls=services,
                     plain='ForwardedHeader "X-Client"')) as made:
        yield made


def ask(front: Front, peer: str, headers: list[tuple[str, str]],
        target: str = "/api/echo", scheme: str = "https"):
    with front.open(scheme, connect=from_address(peer)) as client:
        return client.request("GET", target, headers=headers)


def told(response, name: str) -> list[str]:
    return [value for key, value in response.json()["headers"]
            if key.lower() == name.lower()]


@pytest.mark.parametrize("peer, value, client", [
    (PROXY, "198.51.100.1", "198.51.100.1"),
    (PROXY, "6.6.6.6, 198.51.100.1, 10.1.1.1", "198.51.100.1"),
    (PROXY, "2001:DB8::0:1", "2001:db8::1"),
    (PROXY, "::ffff:198.51.100.1", "198.51.100.1"),
    (PROXY, "198.51.100.1:80", PROXY), (PROXY, "unknown", PROXY),
    (PROXY, "198.51.100.1,", PROXY),
    (STRANGER, "198.51.100.1", STRANGER), (STRANGER, "unknown", STRANGER),
])
def test_home_assistant_gets_the_client(trusting, peer, value, client):
    since = trusting.mark()
    response = ask(trusting, peer, [("X-Forwarded-For", value)])
    assert response.json()["remote"] == client
    assert told(response, "X-Forwarded-For") == [client]
    trusting.wait_for_line(rf' {re.escape(client)} "GET /api/echo HTTP',
                           since=since)


def test_mapped_peer_is_trusted_and_its_field_removed(make_gateway,
                                                      home_assistant):
    """On a listener for IPv6 and IPv4; HeadRemove is about what remains."""
    front = make_gateway(Front, pound(
        home_assistant.address, top=TRUST, address="",
        tls='HeadRemove "^X-Forwarded-For:"'))
    front.start_ready()
    response = ask(front, PROXY, [("X-Forwarded-For", "198.51.100.1")])
    assert told(response, "X-Forwarded-For") == ["198.51.100.1"]


@pytest.mark.parametrize("peer, scheme, value, told_proto", [
    (PROXY, "http", "https", "https"), (PROXY, "https", "http", "http"),
    (PROXY, "http", "HTTPS", "http"), (PROXY, "http", "https,https", "http"),
    (STRANGER, "http", "https", "http"),
])
def test_scheme_of_a_trusted_proxy(trusting, peer, scheme, value, told_proto):
    response = ask(trusting, peer, [
        ("X-Client", "198.51.100.1"), ("X-Forwarded-For", "198.51.100.1"),
        ("X-Forwarded-Proto", value)], scheme=scheme)
    assert told(response, "X-Forwarded-Proto") == [told_proto]
    assert response.json()["scheme"] == told_proto


@pytest.mark.parametrize("peer, client", [
    (PROXY, "198.51.100.1"), (STRANGER, STRANGER)])
def test_another_field_names_the_client_and_ends_here(trusting, peer, client):
    response = ask(trusting, peer, [("X-Client", "198.51.100.1"),
                                    ("X-Forwarded-For", "6.6.6.6")],
                   scheme="http")
    assert told(response, "X-Forwarded-For") == [client]
    assert told(response, "X-Client") == []


@pytest.mark.parametrize("peer, value, target, status", [
    (PROXY, "198.51.100.1", "/admin", 404),
    (PROXY, "203.0.113.1", "/admin", 403),
    (PROXY, "198.51.100.1, 203.0.113.1", "/admin", 403),
    (STRANGER, "198.51.100.1", "/admin", 403),
    (PROXY, "198.51.100.1", "/peers", 403),
])
def test_conditions_see_the_client_where_they_say_so(trusting, peer, value,
                                                     target, status):
    response = ask(trusting, peer, [("X-Forwarded-For", value)], target)
    assert response.status == status


def test_connection_option_hides_no_client(trusting):
    response = ask(trusting, PROXY, [
        ("X-Forwarded-For", "198.51.100.1"),
        ("Connection", "X-Forwarded-For, X-Forwarded-Proto")])
    assert told(response, "X-Forwarded-For") == ["198.51.100.1"]
    assert response.header("Connection") is None


CLAIMS = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "ftp"),
          ("X-Forwarded-Host", "evil"), ("X-SSL-Cipher", "NULL"),
          ("X-SSL-Subject", "CN=root"), ("Forwarded", "for=6.6.6.6")]


@pytest.fixture(scope="module")
def discreet(home_assistant) -> Iterator[Front]:
    """HTTP tells nothing of clients; HTTPS nothing but the cipher; the log
    shows networks only."""
    with Front(pound(home_assistant.address,
                     top="HeaderOption none\nAnonymise", address="",
                     tls="HeaderOption ssl no-forwarded")) as made:
        yield made


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_header_options(discreet, scheme):
    response = ask(discreet, "127.0.0.9", CLAIMS, scheme=scheme)
    fields = {key.lower(): value for key, value in response.json()["headers"]
              if re.match("x-(forwarded|ssl)|forwarded", key, re.I)}
    assert response.json()["remote"] == "127.0.0.1"    # the gateway itself
    if scheme == "http":
        assert fields == {}
    else:
        assert list(fields) == ["x-ssl-cipher"]
        assert re.fullmatch(r"TLSv1\.[23]/TLS_AES_\w+|TLSv1\.2/[-\w]+",
                            fields["x-ssl-cipher"])


def test_edited_requests_tell_the_same(make_gateway, home_assistant):
    front = make_gateway(Front, pound(
        home_assistant.address, top="HeaderOption all",
        tls='AddHeader "X-Gateway: home"'))
    front.start_ready()
    response = ask(front, "127.0.0.9", CLAIMS)
    assert told(response, "X-Gateway") == ["home"]
    assert told(response, "X-Forwarded-For") == ["127.0.0.9"]
    assert told(response, "X-SSL-Subject") == []
    assert len(told(response, "X-SSL-Cipher")) == 1


@pytest.mark.parametrize("address, shown", [
    ("127.0.0.9", "127.0.0.0"), ("::1", "::")])
def test_log_without_the_end_of_addresses(discreet, address, shown):
    since = discreet.mark()
    try:
        with RawClient((address, discreet.http_port), name=NAME,
                       connect=from_address(address)) as client:
            assert client.request("GET", "/anonymous").status == 404
    except OSError:
        pytest.skip("no IPv6 here")
    line = discreet.wait_for_line(r': (\S+) "GET /anonymous', since=since)
    assert line[1] == shown
