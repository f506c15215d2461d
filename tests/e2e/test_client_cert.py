"""`gatehouse client-cert`: an authority for telephones, and its certificates.

What the gateway makes of certificates of clients is in test_client_certs.py.
"""

from __future__ import annotations

import datetime
import json
import os
import pty
import re
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat, pkcs12)

from actors.client import tls_context
from actors.front import Front, pound
from actors.gateway import REPOSITORY

ADDED = re.compile(r"^(?P<name>.+): certificate (?P<serial>[0-9a-f]{32}), "
                   r"good until (?P<until>[-0-9]{10}) [0-9:]{8}Z$", re.M)
PASSWORD = re.compile(r"^Password  ([a-km-np-z2-9]{20})$", re.M)
LINES = re.compile(r"^    ((?:ClientCert|VerifyList|CAlist|CRLlist) .*)$",
                   re.M)
LEAVES = ("ca.key", "ca.pem", "crl.pem", "index")
UTF8 = {"LC_ALL": "C.UTF-8", "TERM": "xterm"}


class Made(NamedTuple):
    """A certificate as it was handed out."""

    output: str
    serial: str
    password: str
    file: Path          # PKCS#12
    pem: Path           # certificate and key, for a client


class House:
    """A directory with a configuration, and the command that is under test."""

    def __init__(self, front: Front, where: Path) -> None:
        self.front = front
        self.where = where
        self.ca = front.file.parent / "client-ca"

    def run(self, *words: str | Path, prefix: tuple[str, ...] = (),
            **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*prefix, str(self.front._command), "client-cert",
             *map(str, words), "-f", str(self.front.file)],
            cwd=self.where, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, timeout=60, check=False,
            env={**os.environ, **environment})

    def add(self, name: str, *words: str | Path) -> Made:
        done = self.run("add", name, *words)
        assert (done.returncode, done.stderr) == (0, "")
        return self.made(done.stdout, self.where / f"{name}.p12")

    def made(self, output: str, file: Path) -> Made:
        password = PASSWORD.search(output)[1]
        key, cert, others = pkcs12.load_key_and_certificates(
            file.read_bytes(), password.encode())
        assert others == []
        serial = ADDED.search(output)["serial"]
        assert f"{cert.serial_number:032x}" == serial
        pem = file.with_suffix(".pem")
        pem.write_bytes(cert.public_bytes(Encoding.PEM) + key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return Made(output, serial, password, file, pem)

    def list(self) -> list[dict]:
        done = self.run("list", "--json")
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    def states(self) -> dict[str, str]:
        return {row["name"]: row["state"] for row in self.list()}

    def files(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in self.ca.iterdir()}


@pytest.fixture
def house(make_gateway, backend, tmp_path) -> House:
    """Its gateway is not started."""
    where = tmp_path / "here"
    where.mkdir()
    return House(make_gateway(Front, pound(backend.address)), where)


def put(front: Front, lines: list[str]) -> None:
    """Into the section ListenHTTPS."""
    front.file.write_text(front.file.read_text().replace(
        "    Cert ", "".join(f"    {line}\n" for line in lines) + "    Cert ",
        1))


def status(front: Front, made: Made | None) -> int:
    context = tls_context()
    if made:
        context.load_cert_chain(made.pem)
    with front.https(tls=context) as client:
        return client.request("GET", "/").status


def refused(front: Front, made: Made | None) -> str:
    with pytest.raises(ssl.SSLError) as caught:
        status(front, made)
    return caught.value.reason.lower()


def failed(done: subprocess.CompletedProcess[str], says: str,
           code: int = 1) -> None:
    assert (done.returncode, done.stdout) == (code, "")
    assert re.search(says, done.stderr), done.stderr


# --- the whole way ---------------------------------------------------------

def test_telephone_gets_in_until_it_is_revoked(house):
    front = house.front
    phone = house.add("phone")
    lines = LINES.findall(phone.output)
    assert [line.split()[0] for line in lines] == [
        "ClientCert", "VerifyList", "CAlist", "CRLlist"]
    put(front, lines)
    assert front.run("check", str(front.file)).returncode == 0
    front.start_ready()
    assert "certificate_required" in refused(front, None)
    assert status(front, phone) == 200

    # No reload is needed for another one, and nothing is left to be said.
    tablet = house.add("tablet")
    assert not LINES.findall(tablet.output)
    assert re.search(r"^  https 127\.0\.0\.1:\d+ asks for it\.$",
                     tablet.output, re.M)
    assert status(front, tablet) == 200

    since = front.mark()
    done = house.run("revoke", "Phone")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The running gateway has reloaded" in done.stdout
    front.wait_for_line("of generation [0-9]+ is gone", since=since)
    assert "revoked" in refused(front, phone)
    assert status(front, tablet) == 200
    assert "certificate_required" in refused(front, None)
    assert house.states() == {"phone": "revoked", "tablet": "valid"}

    # The name is free again; the old file stays out.
    phone.file.rename(phone.file.with_suffix(".old"))
    again = house.add("phone", "--out", house.where / "phone.p12")
    assert status(front, again) == 200


def test_connections_that_are_open_stay_open(house):
    """As the command says."""
    front = house.front
    phone = house.add("phone")
    put(front, LINES.findall(phone.output))
    front.start_ready()
    context = tls_context()
    context.load_cert_chain(phone.pem)
    with front.https(tls=context) as client:
        assert client.request("GET", "/").status == 200
        assert "stay so" in house.run("revoke", "phone").stdout
        assert client.request("GET", "/").status == 200


def test_openssl_agrees(house):
    phone, tablet = house.add("phone"), house.add("tablet")
    house.run("revoke", "tablet")

    def verify(made: Made) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["openssl", "verify", "-x509_strict", "-purpose", "sslclient",
             "-crl_check", "-CAfile", house.ca / "ca.pem", "-CRLfile",
             house.ca / "crl.pem", made.pem], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False)

    assert verify(phone).returncode == 0
    assert "certificate revoked" in verify(tablet).stdout
    done = subprocess.run(
        ["openssl", "pkcs12", "-in", phone.file, "-noout", "-info",
         "-passin", f"pass:{phone.password}"], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=True)
    assert "MAC: sha1" in done.stdout
    assert done.stdout.count("pbeWithSHA1And3-KeyTripleDES-CBC") == 2
    # As long as the authority: no house is locked out by a list of old.
    crl = x509.load_pem_x509_crl((house.ca / "crl.pem").read_bytes())
    ca = x509.load_pem_x509_certificate((house.ca / "ca.pem").read_bytes())
    assert crl.next_update == ca.not_valid_after
    assert crl.extensions.get_extension_for_class(
        x509.CRLNumber).value.crl_number == 3


def test_files_and_their_modes(house):
    phone = house.add("phone")
    assert {name: (house.ca / name).stat().st_mode & 0o777
            for name in os.listdir(house.ca)} == {
        "ca.pem": 0o644, "ca.key": 0o600, "crl.pem": 0o644, "index": 0o600}
    assert phone.file.stat().st_mode & 0o777 == 0o600
    assert phone.password.encode() not in b"".join(house.files().values())
    assert house.add("tablet").password != phone.password


# --- what it says of the configuration -------------------------------------

def test_lines_that_are_missing_are_named(house):
    ca = house.ca
    house.add("phone")
    put(house.front, ["ClientCert 1", f'VerifyList "{ca}/ca.pem"'])
    output = house.add("tablet").output
    assert "does not ask for it yet" in output
    assert f'CRLlist "{ca}/crl.pem" is missing' in output
    assert "VerifyList" not in output
    # And revoking does not pretend.
    done = house.run("revoke", "phone")
    assert done.returncode == 1
    assert "it still gets in" in done.stderr
    assert f'CRLlist "{ca}/crl.pem"' in done.stderr


def test_condition_about_the_authority(house):
    """The listener says nothing of certificates, its services do."""
    ca = house.ca
    house.add("phone")
    put(house.front, ["Service", f'Not ClientCert "{ca}/ca.pem"', "Error 403",
                      "End"])
    assert "it still gets in" in house.run("revoke", "phone").stderr
    output = house.add("tablet").output
    assert f'CRLlist "{ca}/crl.pem" is missing' in output
    assert "VerifyList" not in output
    put(house.front, [f'CRLlist "{ca}/crl.pem"'])
    assert "asks for it." in house.add("watch").output
    assert house.run("revoke", "tablet").returncode == 0


def test_another_authority_is_named(house, tmp_path):
    other = tmp_path / "other.pem"
    other.write_bytes(house.front.authority.ca_file.read_bytes())
    phone = house.add("phone")
    put(house.front, LINES.findall(phone.output.replace(
        f'VerifyList "{house.ca}/ca.pem"', f'VerifyList "{other}"')))
    assert (f"VerifyList is {other}, which has to hold {house.ca}/ca.pem too"
            in house.add("tablet").output)


def test_examples_of_the_guide(house):
    """With what is on this machine in place of what is in yours."""
    guide = (REPOSITORY / "docs" / "client-certificates.md").read_text()
    blocks = re.findall(r"^```\n(.*?)^```$", guide, re.M | re.S)
    assert len(blocks) == 2
    house.add("phone")
    for number, block in enumerate(blocks):
        house.front.file.write_text(
            f'StateDir "{house.front.state_dir}"\n'
            + block.replace("/etc/gatehouse/client-ca", str(house.ca)))
        done = house.front.run("check", str(house.front.file))
        assert (done.returncode, done.stderr) == (0, "")
        assert "asks for it." in house.add(f"phone {number}").output


def test_configuration_with_errors(house):
    with house.front.file.open("a") as file:
        file.write("Rubbish\n")
    done = house.run("add", "phone")
    assert done.returncode == 0
    assert "there are errors in" in done.stderr
    assert len(LINES.findall(done.stdout)) == 4


def test_no_configuration(house):
    house.front.file.unlink()
    failed(house.run("add", "phone"), "gatehouse.conf|No such file")
    assert not house.ca.exists()


def test_gateway_that_cannot_reload(house):
    front = house.front
    put(front, LINES.findall(house.add("phone").output))
    front.start_ready()
    with front.file.open("a") as file:
        file.write("Rubbish\n")
    done = house.run("revoke", "phone")
    assert done.returncode == 1
    assert "does not know it yet" in done.stderr
    assert "Rubbish" in done.stderr
    front.file.write_text(front.file.read_text().replace("Rubbish\n", ""))
    # Once more is no harm, and this time it is heard.
    done = house.run("revoke", "phone")
    assert done.returncode == 0
    assert "has been revoked since" in done.stdout
    assert "has reloaded" in done.stdout


def test_no_gateway_is_running(house):
    put(house.front, LINES.findall(house.add("phone").output))
    done = house.run("revoke", "phone")
    assert (done.returncode, done.stderr) == (0, "")
    assert "No gateway is running" in done.stdout


# --- list ------------------------------------------------------------------

def test_list(house):
    done = house.run("list")
    assert done.returncode == 0
    assert "no certificate has been made yet" in done.stdout
    assert house.list() == []
    assert not house.ca.exists()
    phone = house.add("phone", "--days", "10")
    house.add("tablet of Zoe")
    house.run("revoke", "tablet of Zoe")
    first, second = house.list()
    assert (first["name"], first["state"], first["revoked"]) == (
        "phone", "valid", 0)
    assert first["serial"] == phone.serial
    assert first["not_after"] - first["not_before"] == 10 * 86400
    assert second["revoked"] >= second["not_before"]
    lines = house.run().stdout.splitlines()
    assert [line.split()[-1] for line in lines] == ["valid", "revoked"]
    day = datetime.datetime.fromtimestamp(
        first["not_before"], datetime.timezone.utc)
    assert lines[0].split()[:3] == [
        "phone", phone.serial, day.strftime("%Y-%m-%d")]


def test_list_that_was_not_published(house):
    house.add("phone")
    old = (house.ca / "crl.pem").read_bytes()
    house.run("revoke", "phone")
    (house.ca / "crl.pem").write_bytes(old)
    done = house.run("list")
    assert done.returncode == 1
    assert "crl.pem is not the newest" in done.stderr
    house.run("revoke", "phone")
    assert house.run("list").returncode == 0


def test_certificate_does_not_outlive_the_authority(house):
    phone = house.add("phone", "--days", "3650")
    ca = x509.load_pem_x509_certificate((house.ca / "ca.pem").read_bytes())
    cert = x509.load_pem_x509_certificate(phone.pem.read_bytes())
    assert cert.not_valid_after <= ca.not_valid_after


# --- what makes no sense ---------------------------------------------------

@pytest.mark.parametrize("words, says", [
    (["add"], "Give a name"), (["revoke"], "Give a name"),
    (["list", "phone"], "takes no name"),
    (["remove", "phone"], "none of add, list and revoke"),
    (["add", "../phone"], "a name has"), (["add", "x" * 65], "a name has"),
    (["add", "Zoë"], "a name has"), (["add", "a\x1b[2Jb"], "a name has"),
    (["add", ""], "a name has"), (["revoke", "a/b"], "a name has"),
    (["add", "phone", "--days", "0"], "1 to 3650"),
    (["add", "phone", "--days", "3651"], "1 to 3650"),
    (["add", "phone", "--days", "-1"], "1 to 3650"),
    (["add", "phone", "--json"], "takes no --json"),
    (["list", "--days", "3"], "takes no --days"),
    (["revoke", "phone", "--out", "x"], "takes no --out"),
    (["add", "phone", "tablet"], "too much")])
def test_words_that_make_no_sense(house, words, says):
    failed(house.run(*words), says, code=2)
    assert not house.ca.exists()
    assert not list(house.where.iterdir())


def test_name_that_is_taken(house):
    house.add("phone")
    before = house.files()
    done = house.run("add", "PHONE", "--out", "other.p12")
    failed(done, "phone has a certificate that is good until")
    assert not (house.where / "other.p12").exists()
    assert house.files() == before


def test_name_that_nobody_has(house):
    failed(house.run("revoke", "phone"), "no certificate has been made yet")
    assert not house.ca.exists()
    house.add("phone")
    before = house.files()
    failed(house.run("revoke", "tablet"), "no certificate was made for tablet")
    assert house.files() == before


@pytest.mark.parametrize("kind", ["file", "directory", "link"])
def test_no_file_is_overwritten(house, kind):
    there = house.where / "phone.p12"
    if kind == "file":
        there.write_text("mine")
    elif kind == "directory":
        there.mkdir()
    else:
        there.symlink_to("nowhere")
    failed(house.run("add", "phone"), "phone.p12 is there already")
    assert not house.ca.exists()
    if kind == "file":
        assert there.read_text() == "mine"


def test_out_where_nothing_is(house):
    failed(house.run("add", "phone", "--out", "no/where.p12"),
           "no.*No such file")
    assert not house.ca.exists()


# --- damage ----------------------------------------------------------------

@pytest.mark.parametrize("name", LEAVES[:2] + LEAVES[3:])
@pytest.mark.parametrize("how", ["gone", "empty", "cut", "rubbish"])
def test_damage_changes_nothing(house, name, how):
    house.add("phone")
    file = house.ca / name
    good = file.read_bytes()
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes({"empty": b"", "cut": good[:-20],
                          "rubbish": b"rubbish\n"}[how])
    before = house.files()
    failed(house.run("add", "tablet"), re.escape(f"{house.ca}/{name}")
           if name != "ca.key" or how == "gone" else "ca.key")
    failed(house.run("revoke", "phone"), "client-ca/")
    assert house.files() == before
    assert not (house.where / "tablet.p12").exists()
    file.write_bytes(good)
    assert house.add("tablet")


def test_key_of_another_authority(house):
    house.add("phone")
    shutil.move(house.ca, house.where / "old")
    house.add("tablet")
    shutil.copy(house.where / "old" / "ca.key", house.ca / "ca.key")
    before = house.files()
    failed(house.run("add", "watch"), "not that of the certificate")
    assert house.files() == before


def test_list_of_revocations_is_made_again(house):
    """It follows from the book."""
    house.add("phone")
    house.run("revoke", "phone")
    (house.ca / "crl.pem").unlink()
    house.add("tablet")
    crl = x509.load_pem_x509_crl((house.ca / "crl.pem").read_bytes())
    assert len(crl) == 1


# --- an end at any moment, and two at once ---------------------------------

CALLS = "openat,mkdir,write,fchmod,fsync,rename,renameat,renameat2,unlinkat"


def killed_at(house: House, count: int, *words: str) -> bool:
    """Whether the command came as far as its n-th of these system calls."""
    done = house.run(
        *words, prefix=("strace", "-f", "-o", "/dev/null", "-e",
                        f"inject={CALLS}:signal=KILL:when={count}"),
        ASAN_OPTIONS="detect_leaks=0")
    return done.returncode == -9 or done.returncode == 137


def first_call(house: House, *words: str) -> int:
    """The n-th of them is the first that is about its directory."""
    trace = house.where / "trace"
    done = house.run(*words, prefix=(
        "strace", "-f", "-o", str(trace), "-e", f"trace={CALLS}"),
        ASAN_OPTIONS="detect_leaks=0")
    assert done.returncode == 0
    calls = [line for line in trace.read_text().splitlines()
             if re.search(rf"\b(?:{CALLS.replace(',', '|')})\(", line)]
    return next(number for number, line in enumerate(calls, 1)
                if "client-ca" in line)


def test_killed_while_the_authority_is_made(house):
    first = first_call(house, "add", "phone")
    keys: set[bytes] = set()
    for count in range(first, first + 200):
        shutil.rmtree(house.ca)
        for file in house.where.glob("*.p12"):
            file.unlink()
        if not killed_at(house, count, "add", "phone"):
            break
        key = house.ca / "ca.key"
        had_key = key.read_bytes() if key.exists() else None
        made = {row["name"] for row in house.list()} \
            if (house.ca / "crl.pem").exists() else set()
        # The next one goes on with what is there.
        house.add("tablet")
        assert had_key in (None, key.read_bytes())
        assert {row["name"] for row in house.list()} >= {"tablet", *made}
        assert set(os.listdir(house.ca)) == set(LEAVES)
        keys.add(key.read_bytes())
    else:
        raise AssertionError("it did not come to its end")
    assert count > first + 10 and len(keys) == count - first


def test_killed_while_it_revokes(house):
    house.add("kept")
    house.add("phone")
    backup = house.where / "backup"
    shutil.copytree(house.ca, backup)
    first = first_call(house, "revoke", "phone")
    ends = set()
    for count in range(first, first + 100):
        shutil.rmtree(house.ca)
        shutil.copytree(backup, house.ca)
        if not killed_at(house, count, "revoke", "phone"):
            break
        assert (house.ca / "ca.key").read_bytes() == (
            backup / "ca.key").read_bytes()
        rows = json.loads(house.run("list", "--json").stdout)
        ends.add(tuple(row["state"] for row in rows))
        x509.load_pem_x509_crl((house.ca / "crl.pem").read_bytes())
        assert house.run("revoke", "phone").returncode == 0
        crl = x509.load_pem_x509_crl((house.ca / "crl.pem").read_bytes())
        assert len(crl) == 1
        assert house.states() == {"kept": "valid", "phone": "revoked"}
    else:
        raise AssertionError("it did not come to its end")
    assert ends == {("valid", "valid"), ("valid", "revoked")}


def test_many_at_once(house):
    running = [subprocess.Popen(
        [str(house.front._command), "client-cert", "add", f"phone {n}", "-f",
         str(house.front.file)], cwd=house.where, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True) for n in range(8)]
    outputs = [process.communicate(timeout=60)[0] for process in running]
    assert [process.returncode for process in running] == [0] * 8
    made = [house.made(output, house.where / f"phone {n}.p12")
            for n, output in enumerate(outputs)]
    assert {row["serial"] for row in house.list()} == {
        one.serial for one in made}
    assert sum("an authority for clients was made" in output
               for output in outputs) == 1


def test_same_name_at_once(house):
    house.add("first")
    running = [subprocess.Popen(
        [str(house.front._command), "client-cert", "add", "phone", "-f",
         str(house.front.file), "--out", f"{n}.p12"], cwd=house.where,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for n in range(4)]
    for process in running:
        process.communicate(timeout=60)
    assert sorted(process.returncode for process in running) == [0, 1, 1, 1]
    assert len(list(house.where.glob("?.p12"))) == 1
    assert len(house.list()) == 2


# --- on a terminal ---------------------------------------------------------

def on_a_terminal(house: House, name: str, **environment: str) -> str:
    leader, follower = pty.openpty()
    with subprocess.Popen(
            [str(house.front._command), "client-cert", "add", name, "-f",
             str(house.front.file)], cwd=house.where, stdout=follower,
            env={"PATH": os.environ["PATH"], **environment}) as process:
        os.close(follower)
        output = b""
        try:
            while data := os.read(leader, 65536):
                output += data
        except OSError:     # the end of a terminal
            pass
        assert process.wait(timeout=60) == 0
    os.close(leader)
    return output.decode().replace("\r\n", "\n")


def test_code_on_a_terminal(house):
    output = on_a_terminal(house, "phone", **UTF8)
    assert PASSWORD.search(output)
    rows = re.findall(r"^  \x1b\[30;107m([ ▀▄█]+)\x1b\[0m$", output, re.M)
    assert len(rows) == 17 and {len(row) for row in rows} == {33}


@pytest.mark.parametrize("environment", [
    {**UTF8, "NO_COLOR": "1"}, {**UTF8, "TERM": "dumb"},
    {"TERM": "xterm", "LANG": "C"}, {"LC_ALL": "C", "LANG": "C.UTF-8",
                                     "TERM": "xterm"}, {}])
def test_no_code_where_it_cannot_be_seen(house, environment):
    output = on_a_terminal(house, "phone", **environment)
    assert PASSWORD.search(output)
    assert "\x1b" not in output and output.isascii()


def test_no_code_in_a_pipe(house):
    done = house.run("add", "phone", **UTF8)
    assert "\x1b" not in done.stdout and done.stdout.isascii()
