"""What the listeners offer, asked from outside: Mozilla's intermediate
guidelines, and nothing beside them (security.md, TLS).
"""

from __future__ import annotations

import re
import ssl
import subprocess
from ssl import TLSVersion
from typing import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from actors.client import tls_context
from actors.front import Front, pound
from test_tls import Wire

SUITES_1_2 = {
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"}
SUITES_1_3 = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
              "TLS_CHACHA20_POLY1305_SHA256"}
GROUPS = ["X25519", "P-256", "P-384"]
OTHER_GROUPS = ["P-521", "X448", "ffdhe2048", "ffdhe4096"]


def openssl(*args: str) -> str:
    return subprocess.run(["openssl", *args], stdout=subprocess.PIPE,
                          check=True, text=True).stdout


def version_of_openssl() -> tuple[int, int]:
    major, minor = re.match(r"OpenSSL (\d+)\.(\d+)",
                            openssl("version")).groups()
    return int(major), int(minor)


def both_keys(backend, *tls: str) -> Callable[[Front], str]:
    """A listener with an ECDSA certificate and an RSA one."""
    def config(front: Front) -> str:
        chain, key = front.authority.issue(
            "rsa.test", key=rsa.generate_private_key(65537, 2048))
        both = chain.with_suffix(".all.pem")
        both.write_bytes(chain.read_bytes() + key.read_bytes())
        return pound(backend.address, names=("ec.test",), top="Alive 3600",
                     tls=f'Cert "{both}"\n' + "\n".join(tls))(front)
    return config


@pytest.fixture(scope="module")
def mozilla(backend) -> Iterator[Front]:
    with Front(both_keys(backend)) as made:
        yield made


def s_client(front: Front, *args: str, text: bytes = b"",
             name: str = "ec.test") -> str:
    """What openssl says of its connection."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{front.https_port}",
         "-servername", name, *args], input=text, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=20, check=False)
    return done.stdout.decode("latin-1")


def spoken(front: Front, *args: str, name: str = "ec.test") -> str | None:
    """The cipher that a handshake ends with, if it does."""
    match = re.search(r"^New, TLSv[\d.]+, Cipher is (\S+)$",
                      s_client(front, *args, name=name), re.M)
    return match[1] if match and match[1] != "(NONE)" else None


def suites_of_1_2(front: Front) -> set[str]:
    """All that are taken of all that this client knows."""
    everything = openssl("ciphers", "-s", "-tls1_2",
                         "ALL:COMPLEMENTOFALL:@SECLEVEL=0").strip().split(":")
    assert SUITES_1_2 < set(everything) and len(everything) > 30
    taken = set()
    for cipher in everything:
        for name in "ec.test", "rsa.test":
            try:
                context = tls_context(
                    maximum=TLSVersion.TLSv1_2,
                    ciphers=f"{cipher}:@SECLEVEL=0")
                with front.https(tls=context, name=name) as client:
                    taken.add(client.sock.cipher()[0])
            except ssl.SSLError:
                continue
    return taken


def test_suites_of_tls_1_2(mozilla):
    assert suites_of_1_2(mozilla) == SUITES_1_2


def suites_of_1_3(front: Front) -> set[str]:
    return {spoken(front, "-tls1_3", "-ciphersuites", suite)
            for suite in (*SUITES_1_3, "TLS_AES_128_CCM_SHA256",
                          "TLS_AES_128_CCM_8_SHA256")} - {None}


def test_suites_of_tls_1_3(mozilla):
    assert suites_of_1_3(mozilla) == SUITES_1_3


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_groups(mozilla, version):
    # In TLS 1.2 an ECDSA certificate needs its own group as well.
    for group in GROUPS:
        assert spoken(mozilla, version, "-groups", group,
                      name="rsa.test"), group
    for group in OTHER_GROUPS:
        assert not spoken(mozilla, version, "-groups", group,
                          name="rsa.test"), group


def test_hybrid_group(mozilla):
    if version_of_openssl() < (3, 5):
        pytest.skip("X25519MLKEM768 came with OpenSSL 3.5")
    said = s_client(mozilla, "-tls1_3", "-groups",
                    "X25519MLKEM768:X25519:P-256")
    assert "X25519MLKEM768" in said


@pytest.mark.parametrize("kind, name", [("ECDSA", "ec.test"),
                                        ("RSA", "rsa.test")])
def test_no_signature_over_sha1(mozilla, kind, name):
    for hash_name, good in ("SHA1", False), ("SHA256", True):
        assert bool(spoken(
            mozilla, "-tls1_2", "-cipher", "ALL:@SECLEVEL=0", "-sigalgs",
            f"{kind}+{hash_name}", name=name)) == good


def test_no_renegotiation(mozilla):
    said = s_client(mozilla, "-tls1_2", text=b"R\n")
    assert "Secure Renegotiation IS supported" in said
    assert re.search(r"RENEGOTIATING\n(.*\n)*.*:no renegotiation:", said)


def test_no_compression(mozilla):
    """Even if it is offered, before the method that does nothing."""
    with mozilla.client(mozilla.https_port) as client:
        wire = Wire(client.sock, tls_context(maximum=TLSVersion.TLSv1_2))
        with pytest.raises(ssl.SSLWantReadError):
            wire.tls.do_handshake()
        hello = wire.take()
        at = 5 + 4 + 2 + 32
        at += 1 + hello[at]                                     # session id
        at += 2 + int.from_bytes(hello[at:at + 2], "big")       # ciphers
        assert hello[at:at + 2] == b"\1\0"
        client.send(
            hello[:3] + (int.from_bytes(hello[3:5], "big") + 1).to_bytes(
                2, "big") + hello[5:6]
            + (int.from_bytes(hello[6:9], "big") + 1).to_bytes(3, "big")
            + hello[9:at] + b"\2\1\0" + hello[at + 2:])
        answer = client.read_exactly(5 + 4 + 2 + 32 + 1)
        assert answer[0] == 22 and answer[5] == 2               # ServerHello
        chosen = client.read_exactly(answer[-1] + 3)
        assert chosen[-1] == 0


def test_no_early_data(mozilla):
    said = s_client(
        mozilla, "-tls1_3", "-ign_eof",
        text=b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    tickets = re.findall(r"Max Early Data: (\d+)", said)
    assert tickets and set(tickets) == {"0"}
    lifetimes = re.findall(r"lifetime hint: (\d+)", said)
    assert lifetimes and all(int(each) <= 86400 for each in lifetimes)


@pytest.mark.parametrize("version", [TLSVersion.TLSv1_2, TLSVersion.TLSv1_3])
@pytest.mark.parametrize("cuts", [[700], [1], [1, 5, 6, 1400], "bytes"])
def test_hello_as_large_as_with_ml_kem(mozilla, version, cuts):
    context = tls_context(minimum=version, maximum=version,
                          alpn=[*(f"pad-{n:0>100}" for n in range(15)),
                                "http/1.1"])
    with mozilla.client(mozilla.https_port) as client:
        wire = Wire(client.sock, context)
        with pytest.raises(ssl.SSLWantReadError):
            wire.tls.do_handshake()
        hello = wire.take()
        assert 1700 < len(hello) < 2200
        ends = range(1, len(hello)) if cuts == "bytes" else cuts
        for start, end in zip([0, *ends], [*ends, len(hello)]):
            client.send(hello[start:end])
        wire.until_done(wire.tls.do_handshake)
        wire.tls.write(b"GET / HTTP/1.1\r\nHost: second.test\r\n\r\n")
        assert wire.until_done(lambda: wire.tls.read(100)
                               ).startswith(b"HTTP/1.1 200 OK\r\n")


# What the file asks for

def test_ciphers_of_the_file(backend):
    with Front(both_keys(
            backend, 'Ciphers "ECDHE+AES128+AESGCM"',
            "Ciphers -ciphersuites TLS_CHACHA20_POLY1305_SHA256")) as front:
        assert suites_of_1_2(front) == {
            "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"}
        assert suites_of_1_3(front) == {"TLS_CHACHA20_POLY1305_SHA256"}


@pytest.mark.parametrize("honor, chosen", [
    ("1", "ECDHE-ECDSA-AES256-GCM-SHA384"),
    ("0", "ECDHE-ECDSA-AES128-GCM-SHA256")])
def test_order_of_the_file(backend, honor, chosen):
    with Front(both_keys(
            backend, "Ciphers ECDHE+AES256+AESGCM:ECDHE+AES128+AESGCM",
            f"SSLHonorCipherOrder {honor}")) as front:
        assert spoken(front, "-tls1_2", "-cipher",
                      "ECDHE-ECDSA-AES128-GCM-SHA256:"
                      "ECDHE-ECDSA-AES256-GCM-SHA384") == chosen


@pytest.mark.parametrize("version, spoken_then", [
    ("SSLv3", {"-tls1_2", "-tls1_3"}), ("TLSv1", {"-tls1_2", "-tls1_3"}),
    ("TLSv1_1", {"-tls1_2", "-tls1_3"}), ("TLSv1_2", {"-tls1_3"})])
def test_versions_of_the_file(backend, version, spoken_then):
    with Front(both_keys(backend, f"Disable {version}")) as front:
        for each in "-tls1", "-tls1_1", "-tls1_2", "-tls1_3":
            assert bool(spoken(front, each, "-cipher", "ALL:@SECLEVEL=0")
                        ) == (each in spoken_then)


def test_suites_that_are_none(mozilla):
    text = mozilla.file.read_text()
    line = text[:text.index("ListenHTTPS")].count("\n") + 2
    mozilla.file.write_text(text.replace(
        "ListenHTTPS\n", "ListenHTTPS\nCiphers -ciphersuites HIGH\n", 1))
    done = mozilla.run("check", str(mozilla.file))
    assert done.returncode != 0
    assert f":{line}:23: Ciphers -ciphersuites" in done.stderr
    assert mozilla.run("reload", "-f", str(mozilla.file)).returncode != 0
    mozilla.file.write_text(text)
    assert spoken(mozilla, "-tls1_3")


def test_words_without_effect(backend):
    """Pound's word would let clients renegotiate."""
    with Front(both_keys(backend, "SSLAllowClientRenegotiation 2",
                         "NoHTTPS11 2", "ECDHCurve prime256v1")) as front:
        front.wait_for_line("warning: .*'SSLAllowClientRenegotiation' has no "
                            "effect: no client may renegotiate")
        said = s_client(front, "-tls1_2", text=b"R\n")
        assert re.search(r"RENEGOTIATING\n(.*\n)*.*:no renegotiation:", said)
        assert spoken(front, "-tls1_3", "-groups", "X25519")
