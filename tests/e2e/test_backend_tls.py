"""Backends over TLS: who is trusted, what is said of those who are not."""

from __future__ import annotations

import contextlib
import os
import ssl
import threading
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

from actors.authority import Authority
from actors.backend import Connection, ScriptedBackend, SecureBackend
from actors.client import RawClient
from actors.front import NAME, Front, native, pound

REFUSED = r"the backend's certificate is refused: "


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def make_backend(authority) -> Iterator[Callable[..., SecureBackend]]:
    made: list[SecureBackend] = []

    def make(*names: str) -> SecureBackend:
        made.append(SecureBackend(*authority.issue(*names)))
        return made[-1].start()

    yield make
    for backend in made:
        backend.stop()


def secure(backend: SecureBackend, *more: str, host: str = "127.0.0.1"
           ) -> Callable[[Front], str]:
    """Pound's way, with lines about TLS in the BackEnd."""
    lines = "\n".join([f"{host}:{backend.port}", "HTTPS", *more])
    head, _, port = lines.partition(":")
    port, _, rest = port.partition("\n")
    config = pound(f"{head}:{port}", top="Alive 3600")
    return lambda front: config(front).replace(
        f"Port {backend.port}\n", f"Port {backend.port}\n{rest}\n")


def ca(authority: Authority) -> str:
    return f'CAFile "{authority.ca_file}"'


def test_address_of_the_certificate(authority, make_backend):
    backend = make_backend("127.0.0.1")
    with Front(secure(backend, ca(authority))) as front:
        with front.https() as client:
            for _ in range(3):
                assert client.request("GET", "/").body == b"ok"
        # One connection, kept: no second handshake.
        assert len(backend.received_since([])) == 1
    assert backend.names == [None]
    assert backend.protocols == ["http/1.1"]


def test_server_name_is_sni_and_host(authority, make_backend):
    backend = make_backend("ha.test")
    with Front(secure(backend, ca(authority), "ServerName ha.test")) as front:
        with front.https() as client:
            assert client.request("GET", "/").status == 200
    assert backend.names == ["ha.test"]
    head, = backend.received_since([])
    assert b"\r\nHost: ha.test\r\n" in head
    assert f"\r\nX-Forwarded-Host: {NAME}\r\n".encode() in head


def test_name_of_the_address(authority, make_backend):
    backend = make_backend("localhost")
    with Front(secure(backend, ca(authority), host="localhost")) as front:
        front.wait_for_line("backend localhost is at")
        deadline = time.monotonic() + 5     # until the worker has heard it
        status = 503
        while status == 503:
            assert time.monotonic() < deadline
            with front.https() as client:
                status = client.request("GET", "/").status
        assert status == 200
    assert backend.names == ["localhost"]
    assert f"\r\nHost: {NAME}\r\n".encode() in (
        backend.received_since([])[0])


@pytest.mark.parametrize("names, lines, said", [
    (["ha.test"], ["{ca}"], "ServerName"),
    (["127.0.0.2"], ["{ca}"], "ServerName"),
    (["127.0.0.1"], ["{ca}", "ServerName ha.test"], "ServerName"),
    (["127.0.0.1"], [], "CAFile")], ids=repr)
def test_certificate_that_is_refused(authority, make_backend, monkeypatch,
                                     tmp_path, names, lines, said):
    # The system's list, so that the test needs none: another authority.
    other = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(other.ca_file))
    backend = make_backend(*names)
    lines = [line.replace("{ca}", ca(authority)) for line in lines]
    with Front(secure(backend, *lines)) as front:
        with front.https() as client:
            for _ in range(3):
                assert client.request("GET", "/").status == 502
        front.wait_for_line(REFUSED + f".*{said}")
        assert front.count(REFUSED) == 1
    assert not any(backend.received())


def test_systems_authorities(authority, make_backend, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    backend = make_backend("127.0.0.1")
    with Front(secure(backend)) as front:
        with front.https() as client:
            assert client.request("GET", "/").status == 200


def test_own_certificate_as_cafile(authority, make_backend):
    backend = make_backend("127.0.0.1")
    own = authority.directory / "127.0.0.1.pem"
    with Front(secure(backend, f'CAFile "{own}"')) as front:
        with front.https() as client:
            assert client.request("GET", "/").status == 200


def test_insecure_takes_any_and_warns(make_backend):
    backend = make_backend("other.test")
    with Front(secure(backend, "Insecure")) as front:
        front.wait_for_line("warning: .*'Insecure': whoever gets between")
        with front.https() as client:
            assert client.request("GET", "/").status == 200


def test_backend_that_speaks_plain_http(authority):
    def refuse(connection: Connection) -> None:
        connection.receive()
        connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with ScriptedBackend(refuse) as backend:
        with Front(secure(backend, ca(authority))) as front:
            with front.https() as client:
                assert client.request("GET", "/").status == 502
            front.wait_for_line("the backend speaks plain HTTP")


def test_handshake_ends_with_the_connect_time_out(authority):
    with ScriptedBackend(Connection.read_to_end) as backend:
        with Front(secure(backend, ca(authority), "ConnTO 1")) as front:
            with front.https() as client:
                assert client.request("GET", "/").status == 502
            front.wait_for_line("no TLS handshake within 1 s")


@pytest.mark.parametrize("newest, lines, status", [
    (ssl.TLSVersion.TLSv1_2, [], 200),
    (ssl.TLSVersion.TLSv1_2, ["Disable TLSv1_1"], 200),
    (ssl.TLSVersion.TLSv1_2, ["Disable TLSv1_2"], 502),
    (ssl.TLSVersion.TLSv1_3, ["Disable TLSv1_2"], 200),
    (ssl.TLSVersion.TLSv1_2, ['Ciphers "ECDHE-ECDSA-AES256-SHA384"'], 502),
    (ssl.TLSVersion.TLSv1_2, ['Ciphers "ECDHE+AESGCM"'], 200)], ids=repr)
def test_versions_and_ciphers(authority, make_backend, newest, lines,
                              status):
    backend = make_backend("127.0.0.1")
    backend.context.maximum_version = newest
    backend.context.set_ciphers("ECDHE+AESGCM")
    with Front(secure(backend, ca(authority), *lines)) as front:
        with front.https() as client:
            assert client.request("GET", "/").status == status


def test_next_backend_serves(authority, make_backend):
    bad, good = make_backend("ha.test"), make_backend("127.0.0.1")

    def config(front: Front) -> str:
        text = pound(bad.address, good.address, top="Alive 3600")(front)
        for backend in bad, good:
            text = text.replace(f"Port {backend.port}\n",
                                f"Port {backend.port}\nHTTPS\n"
                                f"{ca(authority)}\n")
        return text

    with Front(config) as front:
        for _ in range(4):
            with front.https() as client:
                assert client.request("GET", "/").status == 200


def test_bulk_both_ways(authority, make_backend):
    size = 8 << 20
    body = bytes(range(256)) * (size // 256)

    def mirror(connection: Connection) -> None:
        _head, got = connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
                        % len(got) + got)
        connection.read_to_end()

    backend = make_backend("127.0.0.1")
    backend.behaviour = mirror
    with Front(secure(backend, ca(authority))) as front:
        with front.https() as client:
            response = client.request("POST", "/", body=body)
            assert response.body == body


@pytest.mark.parametrize("polite", [False, True])
def test_end_of_a_response_without_length(authority, make_backend, polite):
    def close(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\nall")
        if polite:
            with contextlib.suppress(ssl.SSLEOFError):  # a FIN answers it
                connection._sock.unwrap()

    backend = make_backend("127.0.0.1")
    backend.behaviour = close
    with Front(secure(backend, ca(authority))) as front:
        with front.https() as client:
            client.send_request("GET", "/")
            if polite:
                assert client.read_response().body == b"all"
            else:
                with pytest.raises(Exception):
                    client.read_response()


def test_gateway_section(authority, make_backend):
    backend = make_backend("ha.test")

    def config(front: Front) -> str:
        text = native(f"https://{backend.address}")(front)
        return text.replace("    Port", f"    {ca(authority)}\n"
                            "    ServerName ha.test\n    Port", 1)

    with Front(config) as front:
        with front.https() as client:
            assert client.request("GET", "/").status == 200
    assert set(backend.names) == {"ha.test"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can jail")
def test_cafile_is_read_before_the_jail(authority, make_backend, tmp_path):
    backend = make_backend("127.0.0.1")
    own = tmp_path / "private.pem"
    own.write_bytes(authority.ca_file.read_bytes())
    own.chmod(0o600)
    jail = tmp_path / "jail"
    jail.mkdir()
    config = secure(backend, f'CAFile "{own}"')
    with Front(lambda front: f'User nobody\nRootJail "{jail}"\n'
               + config(front)) as front:
        worker, = front.pids()["proxy"]
        assert os.readlink(f"/proc/{worker}/root") == str(jail)
        with front.https() as client:
            assert client.request("GET", "/").status == 200


def test_cafile_that_cannot_be_read(authority, make_backend, tmp_path):
    backend = make_backend("127.0.0.1")
    with Front(secure(backend, ca(authority))) as front:
        front.file.write_text(front.file.read_text().replace(
            str(authority.ca_file), str(tmp_path / "none.pem")))
        done = front.run("reload", "-f", str(front.file))
        assert done.returncode != 0
        assert "none.pem" in done.stderr
        done = front.run("check", str(front.file))
        assert "CAFile" in done.stderr and "none.pem" in done.stderr
        with front.https() as client:
            assert client.request("GET", "/").status == 200


# Certificates of ours

def asking(authority: Authority, backend: SecureBackend) -> SecureBackend:
    backend.context.verify_mode = ssl.CERT_REQUIRED
    backend.context.load_verify_locations(authority.ca_file)
    return backend


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2,
                                    ssl.TLSVersion.TLSv1_3])
def test_certificate_that_the_backend_is_shown(authority, make_backend,
                                               tmp_path, newest):
    backend = asking(authority, make_backend("127.0.0.1"))
    backend.context.maximum_version = newest
    ours = authority.issue_client("gateway.test")
    stranger = Authority(tmp_path).issue_client("gateway.test")
    for cert, status in ((ours, 200), (None, 502), (stranger, 502)):
        lines = [ca(authority)] + ([f'Cert "{cert}"'] if cert else [])
        with Front(secure(backend, *lines)) as front:
            with front.https() as client:
                for _ in range(2):
                    assert client.request("GET", "/").status == status
            # A connection of the monitor's is all that it probes with.
            front.wait_for_line("backend 127.0.0.1 port .* is up")


def test_certificate_for_a_backend_that_asks_for_none(authority,
                                                      make_backend):
    backend = make_backend("127.0.0.1")
    ours = authority.issue_client("gateway.test")
    with Front(secure(backend, ca(authority), f'Cert "{ours}"')) as front:
        with front.https() as client:
            assert client.request("GET", "/").status == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can jail")
def test_own_certificate_is_read_before_the_jail(authority, make_backend,
                                                 tmp_path):
    backend = asking(authority, make_backend("127.0.0.1"))
    ours = authority.issue_client("gateway.test")
    ours.chmod(0o600)
    jail = tmp_path / "jail"
    jail.mkdir()
    config = secure(backend, ca(authority), f'Cert "{ours}"')
    with Front(lambda front: f'User nobody\nRootJail "{jail}"\n'
               + config(front)) as front:
        with front.https() as client:
            assert client.request("GET", "/").status == 200


def test_own_certificates_that_cannot_be_used(authority, make_backend,
                                              tmp_path):
    backend = asking(authority, make_backend("127.0.0.1"))
    ours = authority.issue_client("gateway.test")
    text = authority.issue_client("other.test").read_text()
    key = ours.read_text()
    key = key[key.index("-----BEGIN PRIVATE"):]
    mixed, bare = tmp_path / "mixed.pem", tmp_path / "bare.pem"
    bare.write_text(text[:text.index("-----BEGIN PRIVATE")])
    mixed.write_text(bare.read_text() + key)
    with Front(secure(backend, ca(authority), f'Cert "{ours}"')) as front:
        good = front.file.read_text()
        before, _, _ = good.partition(f'Cert "{ours}"')
        line = before.count("\n") + 1
        for bad in tmp_path / "none.pem", bare, mixed:
            front.file.write_text(good.replace(str(ours), str(bad)))
            for command in ["reload", "-f"], ["check"]:
                done = front.run(*command, str(front.file))
                assert done.returncode != 0
                assert f"{front.file}:{line}:6: " in done.stderr
                assert str(bad) in done.stderr
        front.file.write_text(good)
        with front.https() as client:
            assert client.request("GET", "/").status == 200


# WebSockets

def switch(then: Callable[[Connection], None]
           ) -> Callable[[Connection], None]:
    def behave(connection: Connection) -> None:
        connection.read_head()
        connection.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n")
        then(connection)
    return behave


@contextlib.contextmanager
def tunnel(authority: Authority, backend: SecureBackend,
           then: Callable[[Connection], None]) -> Iterator[RawClient]:
    backend.behaviour = switch(then)
    with Front(secure(backend, ca(authority))) as front:
        with front.https() as client:
            client.send_request("GET", "/api/websocket", headers=[
                ("Connection", "Upgrade"), ("Upgrade", "websocket"),
                ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "x")])
            assert client.read_response().status == 101
            yield client


def test_websocket_both_ways(authority, make_backend):
    def echo(connection: Connection) -> None:
        connection.send(b"hello")
        while data := connection.receive():
            connection.send(data)

    with tunnel(authority, make_backend("127.0.0.1"), echo) as client:
        assert client.read_exactly(5) == b"hello"
        for size in 1, 125, 70000, 1 << 20:
            sent = os.urandom(size)
            client.send(sent)
            assert client.read_exactly(size) == sent


@pytest.mark.parametrize("polite", [False, True])
def test_end_of_a_websocket(authority, make_backend, polite):
    """With close_notify or without: its last words arrive, then the end."""
    def leave(connection: Connection) -> None:
        connection.send(b"bye")
        if polite:
            with contextlib.suppress(OSError):  # a FIN answers it
                connection._sock.unwrap()

    with tunnel(authority, make_backend("127.0.0.1"), leave) as client:
        assert client.read_to_end() == b"bye"


def test_websocket_of_a_client_that_leaves(authority, make_backend):
    backend = make_backend("127.0.0.1")
    with tunnel(authority, backend, Connection.read_to_end) as client:
        client.close()
        backend.wait_until(lambda: any(
            connection.received and connection.ended
            for connection in backend.connections), 2)


def test_websocket_that_is_reset(authority, make_backend):
    go_on = threading.Event()

    def leave(connection: Connection) -> None:
        assert go_on.wait(10)
        connection.reset()

    with tunnel(authority, make_backend("127.0.0.1"), leave) as client:
        go_on.set()
        with contextlib.suppress(OSError):
            client.read_to_end()


def test_reset_behind_a_session_ticket(authority, make_backend):
    """Both may come in one event, and the ticket is all there is to read."""
    def refuse(connection: Connection) -> None:
        connection.read_head()
        connection.reset()

    backend = make_backend("127.0.0.1")
    backend.behaviour = refuse
    with Front(secure(backend, ca(authority))) as front:
        with front.https() as client:
            for _ in range(12):
                assert client.request("POST", "/").status == 502
