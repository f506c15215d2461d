"""Certificates of clients: who is asked, who gets in, what the backend hears.

The clients of Home Assistant can show one (home-assistant.md), so a house may
be closed to everybody else, but for paths that stay open.
"""

from __future__ import annotations

import datetime
import os
import re
import ssl
import subprocess
from pathlib import Path
from ssl import TLSVersion
from typing import Callable, Iterator, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from actors.authority import Authority
from actors.client import tls_context
from actors.front import Front, backend as section, native, pound
from actors.ports import free_port

BOTH = pytest.mark.parametrize(
    "version", [TLSVersion.TLSv1_2, TLSVersion.TLSv1_3])
PAST = datetime.timedelta(minutes=-1)
FIELD = re.compile(r"^(X-SSL-[\w-]+): (.*)\r$", re.M)


class House(NamedTuple):
    """Who may come in, and who may not."""

    family: Authority
    strangers: Authority
    son: Path
    lost: Path      # on the list of `revoked`
    stranger: Path
    revoked: Path


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> House:
    family = Authority(tmp_path_factory.mktemp("family"), "Family")
    strangers = Authority(tmp_path_factory.mktemp("strangers"), "Strangers")
    lost = family.issue_client("Lost telephone")
    return House(family, strangers, family.issue_client("Son"), lost,
                 strangers.issue_client("Burglar"), family.revoke(lost))


def with_certificate(file: Path | None, version: TLSVersion | None = None
                     ) -> ssl.SSLContext:
    context = tls_context(**(
        {"minimum": version, "maximum": version} if version else {}))
    if file:
        context.load_cert_chain(file)
    return context


def asking(backend, *lines: str, **options) -> Callable[[Front], str]:
    """HTTPS with these lines about clients."""
    return pound(backend.address, tls="\n".join(lines),
                 top="Alive 3600\nHeaderOption forwarded ssl",
                 **options)


def status(front: Front, file: Path | None, path: str = "/",
           version: TLSVersion | None = None) -> int:
    with front.https(tls=with_certificate(file, version)) as client:
        return client.request("GET", path).status


def refused(front: Front, file: Path | None,
            version: TLSVersion | None = None) -> str:
    """The alert that a client gets; with TLS 1.3 only when it reads."""
    with pytest.raises(ssl.SSLError) as caught:
        status(front, file, version=version)
    return caught.value.reason.lower()


def ssl_fields(backend, before: list[bytes]) -> dict[str, str]:
    head, = (new for new in backend.received_since(before)
             if b"/manifest.json " not in new)      # the monitor's
    found = FIELD.findall(head.decode("ascii"))
    assert len(found) == len(dict(found))
    return {name: value for name, value in found if name != "X-SSL-Cipher"}


@pytest.fixture(scope="module")
def closed(backend, house) -> Iterator[Front]:
    """Nobody without a certificate of the family."""
    with Front(asking(backend, "ClientCert 2",
                      f'VerifyList "{house.family.ca_file}"',
                      f'CAlist "{house.family.ca_file}"',
                      f'CRLlist "{house.revoked}"')) as made:
        yield made


@pytest.fixture(scope="module")
def ajar(backend, house) -> Iterator[Front]:
    """Asks, and believes the family."""
    with Front(asking(backend, f'CRLlist "{house.revoked}"',
                      f'VerifyList "{house.family.ca_file}"',
                      "ClientCert 1")) as made:
        yield made


@BOTH
def test_required_and_shown(closed, backend, house, version):
    before = backend.received()
    assert status(closed, house.son, version=version) == 200
    cert = x509.load_pem_x509_certificate(house.son.read_bytes())
    dates = subprocess.run(
        ["openssl", "x509", "-noout", "-dates", "-in", house.son],
        stdout=subprocess.PIPE, check=True, text=True).stdout.split("\n")
    assert ssl_fields(backend, before) == {
        "X-SSL-Subject": "CN = Son", "X-SSL-Issuer": "CN = Family",
        "X-SSL-notBefore": dates[0].removeprefix("notBefore="),
        "X-SSL-notAfter": dates[1].removeprefix("notAfter="),
        "X-SSL-serial": str(cert.serial_number),
        "X-SSL-certificate": cert.public_bytes(
            Encoding.PEM).decode().strip().replace("\n", " ")}


@pytest.mark.parametrize("version, alert", [
    (TLSVersion.TLSv1_2, "handshake_failure"),
    (TLSVersion.TLSv1_3, "certificate_required")])
def test_required_and_missing(closed, backend, version, alert):
    since, before = closed.mark(), backend.received()
    assert alert in refused(closed, None, version)
    closed.wait_for_line(r"info: 127\.0\.0\.1: TLS: a certificate of the "
                         "client is required: it has shown none", since=since)
    assert not backend.received_since(before)


@BOTH
@pytest.mark.parametrize("who, alert, said", [
    ("stranger", "unknown_ca", "nobody in VerifyList vouches for it"),
    ("lost", "revoked", "it has been revoked"),
    ("expired", "expired", "it has expired"),
    ("server", "certificate", "purpose")])
def test_required_and_bad(closed, backend, house, version, who, alert, said):
    file = {
        "stranger": lambda: house.stranger, "lost": lambda: house.lost,
        "expired": lambda: house.family.issue_client("Old", lifetime=PAST),
        "server": lambda: house.family.issue_client(
            "Server", usage=ExtendedKeyUsageOID.SERVER_AUTH)}[who]()
    since, before = closed.mark(), backend.received()
    assert alert in refused(closed, file, version)
    closed.wait_for_line(f"is required: .*{said}", since=since)
    assert not backend.received_since(before)


def test_names_of_authorities_are_sent(closed, house):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{closed.https_port}"],
        input=b"", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=20, check=False)
    names = done.stdout.partition(b"Acceptable client certificate CA names")
    assert names[2].split(b"\n")[1] == b"CN = Family"


@BOTH
@pytest.mark.parametrize("who", [None, "stranger", "lost"])
def test_asked_only(ajar, backend, house, version, who):
    """No handshake fails, and nobody unverified is told to the backend."""
    before = backend.received()
    assert status(ajar, who and getattr(house, who), version=version) == 200
    assert ssl_fields(backend, before) == {}


@BOTH
def test_asked_and_believed(ajar, backend, house, version):
    before = backend.received()
    assert status(ajar, house.son, version=version) == 200
    assert ssl_fields(backend, before)["X-SSL-Subject"] == "CN = Son"


@BOTH
def test_asked_and_not_verified(backend, house, version):
    with Front(asking(backend, "ClientCert 3")) as front:
        before = backend.received()
        assert status(front, house.stranger, version=version) == 200
        assert ssl_fields(backend, before)["X-SSL-Subject"] == "CN = Burglar"
        before = backend.received()
        assert status(front, None, version=version) == 200
        assert ssl_fields(backend, before) == {}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("edits", ["", 'SetHeader "X-More: 1"'])
def test_fields_of_the_client_are_dropped(backend, house, scheme, edits):
    with Front(asking(backend, "ClientCert 1", edits,
                      f'VerifyList "{house.family.ca_file}"',
                      plain=edits)) as front:
        before = backend.received()
        with front.open(scheme) as client:
            assert client.request("GET", "/", headers=[
                ("X-SSL-Subject", "CN = Son"), ("x-ssl-serial", "1"),
                ("X-SSL-Anything", "1"), ("X_SSL_Subject", "CN = Son"),
            ]).status == 200
        assert ssl_fields(backend, before) == {}
        assert b"x_ssl" not in backend.received_since(before)[0].lower()
        if scheme == "https":
            before = backend.received()
            with front.https(tls=with_certificate(house.son)) as client:
                client.request("GET", "/",
                               headers=[("X-SSL-Subject", "CN = Mother")])
            assert ssl_fields(backend, before)["X-SSL-Subject"] == "CN = Son"


def test_subject_is_printable(backend, house):
    file = house.family.issue_client("Zoë\r\nX-Evil: 1\0, CN = Son")
    with Front(asking(backend, "ClientCert 3")) as front:
        before = backend.received()
        assert status(front, file) == 200
        assert ssl_fields(backend, before)["X-SSL-Subject"] == (
            r'CN = "Zo\C3\AB\0D\0AX-Evil: 1\00, CN = Son"')


def by_path(backend, house: House) -> str:
    """The example of the manual."""
    return f"""
VerifyList "{house.family.ca_file}"
CRLlist "{house.revoked}"
ClientCert 1
Service
    Path "^/api/webhook/[0-9A-Za-z_-]+$"
    {section(backend.address)}
End
Service
    ClientCert "{house.family.ca_file}"
    {section(backend.address)}
End
Service
    Error 403
End
"""


@pytest.mark.parametrize("who, path, expected", [
    (None, "/api/webhook/abc-1", 200), (None, "/", 403),
    (None, "/api/webhook/", 403), (None, "/api/webhook/../states", 403),
    (None, "/api/webhook/%2e%2e/states", 403), (None, "/api/states", 403),
    ("stranger", "/api/webhook/abc-1", 200), ("stranger", "/", 403),
    ("lost", "/api/webhook/abc-1", 200), ("lost", "/", 403),
    ("son", "/api/webhook/abc-1", 200), ("son", "/", 200)])
def test_optional_by_path(backend, house, who, path, expected):
    with Front(asking(backend, by_path(backend, house))) as front:
        for version in TLSVersion.TLSv1_2, TLSVersion.TLSv1_3:
            assert status(front, who and getattr(house, who), path,
                          version) == expected


def test_condition_alone_asks(backend, house):
    """As in Pound: the listener says nothing of certificates."""
    rule = f"""
Service
    Not ClientCert "{house.son}"
    Error 403
End
"""
    with Front(asking(backend, rule)) as front:
        before = backend.received()
        assert status(front, house.son) == 200
        assert ssl_fields(backend, before)["X-SSL-Subject"] == "CN = Son"
        assert status(front, house.lost) == 403
        assert status(front, None) == 403
        with front.http() as client:    # its services are the global ones
            assert client.request("GET", "/").status == 200


def test_depth(backend, house, tmp_path):
    second = Authority(tmp_path, "Second", parent=house.family)
    third = Authority(tmp_path, "Third", parent=second)
    near, far = tmp_path / "near.pem", tmp_path / "far.pem"
    near.write_bytes(second.issue_client("Near").read_bytes()
                     + second.ca_file.read_bytes())
    far.write_bytes(third.issue_client("Far").read_bytes()
                    + third.ca_file.read_bytes()
                    + second.ca_file.read_bytes())
    trust = f'VerifyList "{house.family.ca_file}"'
    with Front(asking(backend, "ClientCert 2 1", trust)) as front:
        assert status(front, near) == 200
        assert "unknown_ca" in refused(front, far)
    with Front(asking(backend, "ClientCert 2", trust)) as front:
        assert status(front, far) == 200


@BOTH
def test_no_session_skips_the_check(backend, house, version):
    """Not one of another listener with the same names and certificate."""
    port = free_port()

    def config(front: Front) -> str:
        text = asking(backend, by_path(backend, house))(front)
        cert = re.search(r'^ *Cert .*$', text, re.M)[0]
        return text + f"""
ListenHTTPS
    Address 127.0.0.1
    Port {port}
    {cert}
End
"""

    with Front(config) as front:
        context = with_certificate(None, version)
        with front.client(port, tls=context, name="gw.test") as client:
            assert client.request("GET", "/").status == 200
            session = client.sock.session
        with front.client(port, tls=context, name="gw.test",
                          session=session) as client:
            assert client.sock.session_reused
        with front.https(tls=context, session=session) as client:
            assert not client.sock.session_reused
            assert client.request("GET", "/").status == 403
        # And where clients are asked, there are none to be had.
        context = with_certificate(house.son, version)
        with front.https(tls=context) as client:
            assert client.request("GET", "/").status == 200
            session = client.sock.session
        with front.https(tls=context, session=session) as client:
            assert not client.sock.session_reused
            assert client.request("GET", "/").status == 200


@BOTH
def test_what_a_reload_changes(backend, house, tmp_path, version):
    """A session of before is no way around the lists of after."""
    trust, revoked = tmp_path / "trust.pem", tmp_path / "revoked.pem"
    trust.write_bytes(house.family.ca_file.read_bytes())
    revoked.write_bytes(house.revoked.read_bytes())
    context = with_certificate(house.son, version)
    with Front(asking(backend, "ClientCert 2", f'VerifyList "{trust}"',
                      f'CRLlist "{revoked}"')) as front:
        with front.https(tls=context) as client:
            assert client.request("GET", "/").status == 200
            session = client.sock.session

        def again() -> str | int:
            since = front.mark()
            front.reload()
            front.wait_for_line("of generation [0-9]+ is gone", since=since)
            front._workers = front.pids()["proxy"]
            try:
                with front.https(tls=context, session=session) as client:
                    return client.request("GET", "/").status
            except ssl.SSLError as error:
                return error.reason.lower()

        revoked.write_bytes(
            house.family.revoke(house.son, house.lost).read_bytes())
        assert "revoked" in again()
        revoked.write_bytes(
            house.family.revoke(house.lost).read_bytes())
        assert again() == 200
        trust.write_bytes(house.strangers.ca_file.read_bytes())
        assert "unknown_ca" in again()


def test_list_that_has_expired(backend, house, tmp_path):
    family = Authority(tmp_path, "Careless")
    son = family.issue_client("Son")
    with Front(asking(backend, "ClientCert 2",
                      f'VerifyList "{family.ca_file}"',
                      f'CRLlist "{family.revoke(lifetime=PAST)}"')) as front:
        refused(front, son)
        front.wait_for_line("CRLlist has expired; fetch the new one")


def test_list_of_another_authority(backend, house):
    with Front(asking(backend, "ClientCert 2",
                      f'VerifyList "{house.strangers.ca_file}"',
                      f'CRLlist "{house.revoked}"')) as front:
        refused(front, house.stranger)
        front.wait_for_line("CRLlist has no list of its authority")


def test_chain_that_is_too_long(closed, house, tmp_path):
    file = tmp_path / "long.pem"
    file.write_bytes(house.son.read_bytes()
                     + house.family.ca_file.read_bytes() * 100)
    with pytest.raises(OSError):    # the alert, or its loss to what is unread
        status(closed, file)
    assert status(closed, house.son) == 200


def test_gateway_section(backend, house):
    def config(front: Front) -> str:
        return "HeaderOption ssl\n" + native(backend.address)(front).replace(
            "    Port", "    ClientCert 2\n"
            f'    VerifyList "{house.family.ca_file}"\n    Port', 1)

    with Front(config) as front:
        before = backend.received()
        assert status(front, house.son) == 200
        assert ssl_fields(backend, before)["X-SSL-Subject"] == "CN = Son"
        assert "certificate_required" in refused(front, None)


@pytest.mark.parametrize("word, level", [
    ("VerifyList", "ClientCert 2"), ("CAlist", "ClientCert 1"),
    ("CRLlist", "ClientCert 1"), ("Service\n ClientCert", "")])
@pytest.mark.parametrize("text", [None, "rubbish\n"])
def test_file_that_cannot_be_read(backend, house, tmp_path, word, level,
                                  text):
    bad = tmp_path / "bad.pem"
    if text:
        bad.write_text(text)
    with Front(asking(backend)) as front:
        lines = f'    {level}\n    {word} "{bad}"\n'
        if "Service" in word:
            lines += "    Error 403\n    End\n"
        front.file.write_text(front.file.read_text().replace(
            "    Cert", lines + "    Cert", 1))
        number = next(index for index, line
                      in enumerate(front.file.read_text().split("\n"), 1)
                      if str(bad) in line)
        done = front.run("reload", "-f", str(front.file))
        assert done.returncode != 0
        assert re.search(rf"\.conf:{number}:\d+: .*bad\.pem", done.stderr)
        done = front.run("check", str(front.file))
        assert done.returncode != 0
        assert re.search(rf":{number}:\d+: {word.split()[-1]}: "
                         r".*bad\.pem", done.stderr)
        assert status(front, None) == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can jail")
def test_files_are_read_before_the_jail(backend, house, tmp_path):
    files = {}
    for name, source in (("VerifyList", house.family.ca_file),
                         ("CAlist", house.family.ca_file),
                         ("CRLlist", house.revoked)):
        files[name] = tmp_path / name
        files[name].write_bytes(source.read_bytes())
        files[name].chmod(0o600)
    jail = tmp_path / "jail"
    jail.mkdir()
    config = asking(backend, "ClientCert 2", *(
        f'{name} "{file}"' for name, file in files.items()))
    with Front(lambda front: f'User nobody\nRootJail "{jail}"\n'
               + config(front)) as front:
        worker, = front.pids()["proxy"]
        assert os.readlink(f"/proc/{worker}/root") == str(jail)
        assert status(front, house.son) == 200
        assert "revoked" in refused(front, house.lost)
