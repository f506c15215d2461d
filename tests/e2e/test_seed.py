"""Home Assistant's own Pound configuration, byte for byte, run as root.

It names 192.168.1.2, /var/jail and /var/lib, so it runs where these are the
test's own: in a network and mount namespace.
"""

from __future__ import annotations

import functools
import hashlib
import re
import ssl
from pathlib import Path
from typing import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from actors.authority import Authority
from actors.client import RawClient, tls_context
from actors.gateway import REPOSITORY, Gateway
from actors.home_assistant import HomeAssistant
from actors.netns import Namespace, or_skip
from actors.sockets import descriptors, established

SEED = REPOSITORY / "etc/pound-home-assistant.cfg"
SHA256 = "cb53a3ef15c244bddfe08853e5dc862346d5fc845af0997fe1f4956c2abe4f10"

NAME = "myhomeassistant.mydomain.com"
JAIL = "/var/jail/pound"
CERTIFICATE = f"{JAIL}/{NAME}.all.pem"
HTTP, HTTPS = 7080, 7443
BACKEND = "192.168.1.2"
CLIENT = "127.0.0.5"    # 127.0.0.1 would also be what a gateway says of itself
NOBODY = 65534

NO_GROUP = (f'{SEED}:3:8: warning: there is no group "nobody" on this '
            'machine; taking "nogroup"')
NO_FACILITY = (f"{SEED}:7:13: warning: 'deamon' is not a log facility; "
               "daemon is used (did you mean 'daemon'?)")
NO_SECRECY = (f"{SEED}:34:10: warning: these Ciphers leave TLS 1.2 without "
              "forward secrecy; TLS 1.3 is not affected")


class Machine(Namespace):
    """What the file expects to find: an address, a jail, a certificate."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self.ca_file = authority.ca_file
        self.add_address(f"{BACKEND}/32")
        for directory in "/var/jail", "/var/lib":
            self.private_directory(directory)
        self.run("mkdir", JAIL)
        chain, key = authority.issue(
            NAME, key=rsa.generate_private_key(65537, 2048))
        self.run("sh", "-c", 'cat "$1" "$2" >"$3"; chmod 600 "$3"', "sh",
                 chain, key, CERTIFICATE)


@pytest.fixture(scope="module")
def machine(tmp_path_factory) -> Iterator[Machine]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with or_skip(Machine, authority) as made:
        yield made


class Seed(Gateway):
    """gatehoused with that file, and clients at CLIENT."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(file=SEED, namespace=machine)
        self.pid_file = self.directory / "pound.pid"
        self.argv += ["-p", str(self.pid_file)]
        self._ca_file = machine.ca_file
        self._connect = functools.partial(
            machine.connect, source_address=(CLIENT, 0))

    def http(self) -> RawClient:
        return self.client(HTTP, name=NAME, connect=self._connect)

    def https(self, **options) -> RawClient:
        """Its certificate is checked."""
        return self.client(
            HTTPS, name=NAME, connect=self._connect,
            tls=tls_context(self._ca_file, **options))

    def open(self, scheme: str) -> RawClient:
        return {"http": self.http, "https": self.https}[scheme]()


@pytest.fixture(scope="module")
def seed(machine: Machine) -> Iterator[Seed]:
    with HomeAssistant("--trusted-proxy", f"{BACKEND}/32", host=BACKEND,
                       port=8123, namespace=machine):
        made = Seed(machine)
        try:
            yield made.start_ready()
            made.stop()
            assert not made.pid_file.exists()
        finally:
            made.close()


def status_field(pid: int, name: str) -> str:
    text = Path(f"/proc/{pid}/status").read_text()
    return re.search(rf"^{name}:[ \t]*(.*?)[ \t]*$", text, re.M)[1]


# The file

def test_seed_is_what_home_assistant_published():
    assert hashlib.sha256(SEED.read_bytes()).hexdigest() == SHA256


def test_check_prints_exactly_these_warnings(seed):
    done = seed.run("check", "-f", str(SEED))
    assert done.stderr.splitlines() == [NO_GROUP, NO_FACILITY, NO_SECRECY]
    assert done.stdout == f"{SEED}: ok, with 3 warnings\n"
    assert done.returncode == 0


def test_gatehoused_checks_as_pound_does(machine):
    """Like pound -c, without a look at users and files of this machine."""
    check = Gateway(file=SEED, options=["-c"], namespace=machine)
    try:
        assert check.start().wait() == 0
        assert check.tail() == NO_FACILITY
    finally:
        check.close()


def test_start_says_what_it_replaces(seed):
    for warning in NO_GROUP, NO_FACILITY:
        assert seed.count(re.escape(warning)) == 1


@pytest.mark.parametrize("group, status, said", [
    ("nogroup", 0, []),
    ("daemon", 0, []),
    ("nosuch", 1, ['3:8: there is no group "nosuch" on this machine'])])
def test_other_groups(machine, group, status, said):
    gateway = Gateway(namespace=machine)
    try:
        gateway.configure(SEED.read_text().replace(
            'Group\t\t"nobody"', f'Group\t\t"{group}"'))
        done = gateway.run("check", "-f", str(gateway.file))
        assert done.returncode == status
        where = f"{gateway.file}:"
        assert [line.removeprefix(where) for line in done.stderr.splitlines()
                if line.startswith(where + "3:")] == said
        if status:
            assert gateway.start().wait() == status
            assert gateway.count(re.escape(where + said[0])) == 1
    finally:
        gateway.close()


def test_pid_file_and_status(seed, machine):
    assert int(seed.pid_file.read_text()) == seed.pid
    status = seed.status()
    assert status["pid"] == seed.pid
    assert [(row["protocol"], row["address"])
            for row in status["listeners"]] == [
        ("http", f"127.0.0.1:{HTTP}"), ("https", f"127.0.0.1:{HTTPS}")]
    assert [(row["address"], row["state"])
            for row in status["backends"]] == [(f"{BACKEND}:8123", "up")]
    assert [(row["names"], row["source"])
            for row in status["certificates"]] == [([NAME], "file")]
    with seed.https() as client:
        assert int(status["certificates"][0]["serial"], 16) == (
            client.peer_serial())
    assert [row["state"] for row in status["workers"]] == ["serving"] * 2
    assert seed.run_checked("status", "-f", str(SEED)).startswith(
        "All is well.\n")


def test_expansion_is_a_configuration_too(seed):
    """With the warnings that are about this machine."""
    done = seed.run("check", "--expand", "-f", str(SEED))
    assert done.returncode == 0
    file = seed.directory / "expanded.cfg"
    file.write_text(done.stdout)
    again = seed.run("check", "--expand", str(file))
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert len(again.stderr.splitlines()) == 2


# HTTP

@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("target", ["/", "/lovelace/0?kiosk&a=%20b"])
def test_http_is_redirected_with_path_and_query(seed, method, target):
    with seed.http() as client:
        response = client.request(method, target)
        assert response.status == 302
        assert response.header("Location") == f"https://{NAME}{target}"


@pytest.mark.parametrize("host", [NAME.upper(), f"{NAME}:80", f"{NAME}."])
def test_http_host_in_other_spellings(seed, host):
    with seed.http() as client:
        response = client.request("GET", "/x", host=host)
        assert response.header("Location") == f"https://{NAME}/x"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", [
    "127.0.0.1", "mydomain.com", f"x.{NAME}", f"{NAME}.evil.org",
    NAME.replace(".", "x")])
def test_another_host_is_refused(seed, scheme, host):
    with seed.open(scheme) as client:
        response = client.request(
            "GET", "/api/echo", host=host, headers=[("X-Host", NAME)])
        assert response.status == {"http": 404, "https": 421}[scheme]
        assert response.header("Location") is None


# HTTPS

@pytest.mark.parametrize("lines", [[f"Host:{NAME}"], [f"Host:  {NAME}"],
                                   [f"HOST:\t{NAME}:7443"]], ids=repr)
def test_host_in_any_spacing_is_served(seed, lines):
    with seed.https() as client:
        client.send("\r\n".join(
            ["GET /manifest.json HTTP/1.1", *lines, "", ""]).encode())
        assert client.read_response().json()["name"] == "Home Assistant"


@pytest.mark.parametrize("forged", [
    [], [("X-Forwarded-For", "6.6.6.6")], [("x-forwarded-FOR", "6.6.6.6")],
    [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "7.7.7.7")],
    [("X-Forwarded-For", "6.6.6.6, 127.0.0.1")], [("X-Forwarded-For", "")],
    [("X-Forwarded-For", "no address")], [("X-Forwarded-For", "::1")],
    [("X-Forwarded-For", "6.6.6.6"), ("Connection", "X-Forwarded-For")],
    [("Connection", "close, X-Forwarded-For, X-Forwarded-Proto")],
    [("Forwarded", "for=6.6.6.6"), ("X-Real-IP", "6.6.6.6"),
     ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "evil.org")]],
    ids=repr)
def test_backend_sees_one_client_address_and_it_is_true(seed, forged):
    with seed.https() as client:
        response = client.request("GET", "/api/echo", headers=forged)
    assert response.status == 200
    seen = response.json()
    assert [value for name, value in seen["headers"]
            if name.lower() == "x-forwarded-for"] == [CLIENT]
    assert (seen["remote"], seen["scheme"], seen["host"]) == (
        CLIENT, "https", NAME)
    assert "6.6.6.6" not in str(seen["headers"])
    assert seen["peer"][0] == BACKEND   # the only one it believes


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH"])
def test_methods_of_home_assistant_pass(seed, method):
    with seed.https() as client:
        response = client.request(method, "/api/echo", body=b"{}")
        assert response.json()["method"] == method
        assert response.json()["body_length"] == 2


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_tls_1_1_is_refused(seed):
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        seed.https(minimum=ssl.TLSVersion.TLSv1_1,
                   maximum=ssl.TLSVersion.TLSv1_1)


def test_tls_1_2_has_the_ciphers_of_the_file(seed):
    only = {"maximum": ssl.TLSVersion.TLSv1_2}
    with seed.https(**only, ciphers="ALL") as client:
        cipher, version, _bits = client.sock.cipher()
        assert (cipher, client.sock.version()) == (
            "AES256-GCM-SHA384", "TLSv1.2")
        assert client.request("GET", "/").status == 200
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        seed.https(**only, ciphers="ECDHE+AESGCM")


def test_tls_1_3_has_forward_secrecy_whatever_the_file_says(seed):
    with seed.https() as client:
        assert client.sock.version() == "TLSv1.3"
        assert client.request("GET", "/").status == 200


# Privilege

def test_workers_are_nobody_in_the_jail(seed, machine):
    pids = seed.pids()
    assert len(pids["proxy"]) == 2 and len(pids["monitor"]) == 1
    for pid in pids["proxy"] + pids["monitor"]:
        assert status_field(pid, "Uid").split() == [str(NOBODY)] * 4
        assert status_field(pid, "Gid").split() == [str(NOBODY)] * 4
        assert status_field(pid, "Groups") == ""
        for kind in "Inh", "Prm", "Eff", "Amb":
            assert int(status_field(pid, f"Cap{kind}"), 16) == 0
        assert status_field(pid, "NoNewPrivs") == "1"
    for pid in pids["proxy"]:
        assert machine.run("readlink", f"/proc/{pid}/root") == f"{JAIL}\n"
        assert machine.run("readlink", f"/proc/{pid}/cwd") == f"{JAIL}\n"


def test_workers_hold_no_file(seed):
    for pid in seed.pids()["proxy"]:
        kinds = {name.partition(":")[0] for name in descriptors(pid)}
        assert kinds <= {"socket", "anon_inode", "pipe", "/dev/null"}, kinds


def test_only_workers_hold_the_connections_of_clients(seed):
    with seed.http() as plain, seed.https() as secure:
        assert plain.request("GET", "/").status == 302
        assert secure.request("GET", "/").status == 200
        pids = seed.pids()
        served = {*established(seed.pid, HTTP).values(),
                  *established(seed.pid, HTTPS).values()}
        assert len(served) == 2
        assert served <= set().union(*map(descriptors, pids["proxy"]))
        for pid in seed.pid, *pids["monitor"]:
            assert not served & descriptors(pid)
