"""The TLS of the listeners: versions, names, ALPN, tickets, oddities."""

from __future__ import annotations

import contextlib
import socket
import ssl
from ssl import TLSVersion
from typing import Iterator

import pytest

from actors.client import RawClient, tls_context
from actors.front import Front, pound

NAMES = ["first.test", "second.test", "*.wild.test"]
VERSIONS = [TLSVersion.TLSv1_2, TLSVersion.TLSv1_3]
BOTH = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(scope="module")
def many(backend) -> Iterator[Front]:
    """Three certificates, two workers."""
    with Front(pound(backend.address, names=tuple(NAMES), workers=2)) as made:
        yield made


def only(version: TLSVersion, **options) -> ssl.SSLContext:
    return tls_context(minimum=version, maximum=version, **options)


def served(client: RawClient) -> str:
    """The common name of the certificate."""
    name, = client.peer_certificate().subject
    return name.value


@pytest.mark.parametrize("version, spoken", zip(VERSIONS,
                                                ["TLSv1.2", "TLSv1.3"]))
def test_versions_that_are_spoken(many, version, spoken):
    with many.https(tls=only(version), name="first.test") as client:
        assert client.sock.version() == spoken
        assert client.request("GET", "/").body == b"ok"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [TLSVersion.TLSv1, TLSVersion.TLSv1_1])
def test_old_versions_are_refused(many, version):
    with pytest.raises(ssl.SSLError, match="(?i)alert.*protocol.version"):
        many.https(tls=tls_context(minimum=version, maximum=version))


@pytest.mark.parametrize("ciphers", ["AES128-SHA", "AES256-GCM-SHA384",
                                     "ECDHE-ECDSA-AES128-SHA"])
def test_weak_ciphers_are_refused(many, ciphers):
    with pytest.raises(ssl.SSLError, match="(?i)handshake.failure"):
        many.https(tls=only(TLSVersion.TLSv1_2, ciphers=ciphers))


@BOTH
@pytest.mark.parametrize("asked, name", [
    ("first.test", "first.test"), ("second.test", "second.test"),
    ("SECOND.Test", "second.test"), ("a.wild.test", "*.wild.test"),
    ("a.b.wild.test", "first.test"), ("wild.test", "first.test"),
    ("other.test", "first.test"), (None, "first.test")])
def test_name_chooses_the_certificate(many, version, asked, name):
    with many.https(tls=only(version), name=asked) as client:
        assert served(client) == name


@pytest.mark.parametrize("name", ["first.test", "second.test", "x.wild.test"])
def test_certificates_verify(many, name):
    with many.https(tls=tls_context(many.authority.ca_file),
                    name=name) as client:
        assert client.request("GET", "/").status == 200


@BOTH
@pytest.mark.parametrize("offer, chosen", [
    ([], None), (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"),
    (["x", "http/1.1", "y"], "http/1.1")])
def test_alpn(many, version, offer, chosen):
    with many.https(tls=only(version, alpn=offer)) as client:
        assert client.sock.selected_alpn_protocol() == chosen


@BOTH
@pytest.mark.parametrize("offer", [["h2"], ["x"], ["http/1.0", "h3"]])
def test_alpn_without_a_common_protocol_is_refused(many, version, offer):
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        many.https(tls=only(version, alpn=offer))


@BOTH
def test_tickets_are_good_for_every_worker(many, version):
    context = only(version)
    with many.https(tls=context, name="first.test") as client:
        assert not client.sock.session_reused
        client.request("GET", "/")      # the tickets of TLS 1.3 come with it
        session = client.sock.session
    for _ in range(16):
        with many.https(tls=context, name="first.test",
                        session=session) as client:
            assert client.sock.session_reused
            assert client.request("GET", "/").status == 200


@BOTH
@pytest.mark.parametrize("first, second", [
    ("first.test", "second.test"), ("a.wild.test", "b.wild.test")])
def test_tickets_are_good_for_one_name(many, version, first, second):
    context = only(version)
    with many.https(tls=context, name=first) as client:
        client.request("GET", "/")
        session = client.sock.session
    with many.https(tls=context, name=second, session=session) as client:
        assert not client.sock.session_reused
        assert client.request("GET", "/").status == 200


class Wire:
    """TLS whose bytes the test sends itself."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self.sock = sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out,
                                    server_hostname="second.test")

    def take(self) -> bytes:
        """What TLS has to say now."""
        return self._out.read()

    def until_done(self, step):
        """Repeat a step of TLS, receiving what it lacks."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.sock.sendall(self.take())
                data = self.sock.recv(65536)
                assert data, "the connection has ended"
                self._in.write(data)


@BOTH
@pytest.mark.parametrize("step", [1, 5, 100])
def test_client_hello_in_pieces(many, version, step):
    with many.client(many.https_port) as client:
        wire = Wire(client.sock, only(version))
        with pytest.raises(ssl.SSLWantReadError):
            wire.tls.do_handshake()
        hello = wire.take()
        for start in range(0, len(hello), step):
            client.send(hello[start:start + step])
        wire.until_done(wire.tls.do_handshake)
        wire.tls.write(b"GET / HTTP/1.1\r\nHost: second.test\r\n\r\n")
        request = wire.take()
        for start in range(0, len(request), step):
            client.send(request[start:start + step])
        assert wire.until_done(lambda: wire.tls.read(100)
                               ).startswith(b"HTTP/1.1 200 OK\r\n")


def test_large_client_hello(many):
    offer = [f"protocol-{number:0>200}" for number in range(60)]
    with many.https(tls=tls_context(alpn=[*offer, "http/1.1"])) as client:
        assert client.request("GET", "/").status == 200


@BOTH
def test_end_is_announced(many, version):
    """Without close_notify RawClient raises an error at the end."""
    with many.https(tls=only(version), name="first.test") as client:
        client.send_request("GET", "/", headers=[("Connection", "close")])
        assert client.read_response().header("Connection") == "close"
        client.expect_end()


@pytest.mark.parametrize("step", [1000, 1])
@pytest.mark.parametrize("request_head", [
    b"GET / HTTP/1.1\r\nHost: first.test\r\n\r\n",
    b"POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\nsomething",
    b"OPTIONS * HTTP/1.0\r\n\r\n"])
def test_plain_http_gets_a_readable_answer(many, request_head, step):
    with many.client(many.https_port) as client:
        for start in range(0, len(request_head), step):
            client.send(request_head[start:start + step])
        response = client.read_response()
        assert response.status == 400
        assert b"https://" in response.body
        client.expect_end()


@pytest.mark.parametrize("rubbish", [
    b"\0" * 100, b"\x16\x03\x01\xff\xff" + b"x" * 100, b"SSH-2.0-x\r\n",
    b"\x16\x03\x01\0\5\1\0\0\1x" * 20, b"\x80\x2e\1\0\2" + b"x" * 50])
def test_rubbish_ends_the_connection(many, rubbish):
    answer = b""
    with many.client(many.https_port) as client:
        client.send(rubbish)
        with contextlib.suppress(ConnectionResetError):  # if some is unread
            answer = client.read_to_end()
    assert not answer or answer.startswith((b"\x15\x03", b"HTTP/1.1 400 "))
    with many.https() as client:
        assert client.request("GET", "/").status == 200


def test_a_handshake_that_is_abandoned_harms_nobody(many):
    for _ in range(20):
        with many.client(many.https_port) as client:
            wire = Wire(client.sock, tls_context())
            with pytest.raises(ssl.SSLWantReadError):
                wire.tls.do_handshake()
            client.send(wire.take())
            client.reset()
    with many.https() as client:
        assert client.request("GET", "/").status == 200
