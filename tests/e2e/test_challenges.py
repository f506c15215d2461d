"""The ways in which a name is proven to a CA, and which one is gone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from actors.acme_job import ChallengeServer, Job
from actors.client import tls_context
from actors.dns import FIRST, RESOLVER, SECOND, TXT, NameServer, Zone
from actors.front import NAME, Front
from actors.netns import Namespace
from actors.pebble import Pebble
from actors.ports import free_port
from actors.store import Store

SELECTED = "ALPN protocol: "
URN = "urn:ietf:params:acme:error:"


def automatic(pebble: Pebble, forward: str, *, names: str = f'"{NAME}"',
              acme: str = "", plain: bool = True, tls: str = "",
              top: str = "") -> Callable[[Front], str]:
    """HTTPS with an AutoCert, and plain HTTP or not."""
    host, _, port = forward.rpartition(":")

    def config(front: Front) -> str:
        http = f"""
ListenHTTP
    Address 127.0.0.1
    Port {front.http_port}
End""" if plain else ""
        return f"""
StateDir "{front.state_dir}"
Workers 2
{top}
ACME
    Directory "{pebble.directory}"
    CAFile "{pebble.ca_file}"
    {acme}
End{http}
ListenHTTPS
    Address 127.0.0.1
    Port {front.https_port}
    {tls}
    AutoCert {names}
End
Service
    BackEnd
        Address {host}
        Port {port}
    End
End
"""
    return config


@pytest.fixture(scope="module")
def pebble() -> Iterator[Pebble]:
    with Pebble() as ca:
        yield ca


@pytest.fixture
def make(make_gateway, pebble: Pebble, home_assistant
         ) -> Callable[..., Front]:
    """Makes a gateway, serving, to whose ports the CA comes."""
    def start(ca: Pebble = pebble, **options) -> Front:
        return make_gateway(
            Front, automatic(ca, home_assistant.address, **options),
            http_port=ca.http_port, https_port=ca.tls_port).start_ready()

    return start


def names_of(front: Front, file: str) -> set[str]:
    san = Store(front.state_dir).pair(f"{file}.pem").extensions
    return {str(name.value) for name in san.get_extension_for_class(
        x509.SubjectAlternativeName).value}


def test_tls_alpn(make, pebble: Pebble):
    """Without plain HTTP there is only this one."""
    front = make(plain=False)
    front.wait_certificate()
    assert names_of(front, NAME) == {NAME}
    context = tls_context(pebble.root_file())
    with front.https(tls=context) as client:
        assert client.request("GET", "/manifest.json").status == 200


def test_tls_alpn_on_a_strict_listener(make):
    """It knows no name yet and asks for certificates that no CA shows."""
    front = make(acme="Challenge tls-alpn-01", tls="RequireSNI yes")
    front.wait_certificate()


def s_client(front: Front, *options: str) -> str:
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{front.https_port}",
         *options], input="", stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=10, check=False).stdout


def test_nobody_else_gets_a_proof(make):
    """acme-tls/1 is refused, as an offer beside others it does not count."""
    front = make()
    front.wait_certificate()
    name = ("-servername", NAME)
    assert "no application protocol" in s_client(
        front, *name, "-alpn", "acme-tls/1")
    assert f"{SELECTED}http/1.1" in s_client(
        front, *name, "-alpn", "acme-tls/1,http/1.1")


@pytest.mark.parametrize("way", ["http-01", "tls-alpn-01"])
def test_address(make, way: str):
    """RFC 8738."""
    front = make(names='"127.0.0.1"', acme=f"Challenge {way}")
    front.wait_certificate()
    assert names_of(front, "127.0.0.1") == {"127.0.0.1"}


def test_next_way_at_the_next_attempt(make_gateway, home_assistant):
    """Nobody answers on port 80: an order fails once, and not in two ways."""
    with Pebble() as ca:
        front = make_gateway(
            Front, automatic(ca, home_assistant.address),
            https_port=ca.tls_port).start_ready()
        front.wait_for_line(
            rf"certificate for {NAME}: urn:ietf:params:acme:error:connection")
        assert ca.new_orders == 1
        front.run_checked("renew", "-f", str(front.file))
        front.wait_certificate()
        assert ca.new_orders == 2
        record = (front.state_dir / "certs" / f"{NAME}.state").read_text()
        assert "failed-way: http-01\n" in record
        front.run_checked("renew", "-f", str(front.file))
        assert ca.new_orders == 3


def leaf(front: Front, *options: str) -> x509.Certificate:
    """What a client with these abilities is served."""
    pem = re.search(r"-----BEGIN.*?-----END CERTIFICATE-----\n", s_client(
        front, "-servername", NAME, *options), re.S)
    return x509.load_pem_x509_certificate(pem[0].encode())


def test_two_keys(make, pebble: Pebble):
    """TLS 1.2 with the ciphers of the guide for Pound needs RSA."""
    front = make(acme="KeyType P-256 RSA-2048",
                 tls='Ciphers "ALL:!RC4:!ECDH:!DH"')
    first = front.wait_certificate()
    front.wait_certificate(since=front.lines.index(next(
        line for line in front.lines if line.text == first.string)) + 1)
    assert names_of(front, NAME) == names_of(front, f"{NAME}_rsa") == {NAME}
    for options, kind in (
            (("-tls1_2", "-cipher", "AES128-SHA"), rsa.RSAPublicKey),
            (("-sigalgs", "rsa_pss_rsae_sha256"), rsa.RSAPublicKey),
            (("-sigalgs", "ECDSA+SHA256"), ec.EllipticCurvePublicKey)):
        served = leaf(front, *options)
        assert isinstance(served.public_key(), kind)
        assert "Pebble" in served.issuer.rfc4514_string()


def test_two_names_by_tls_alpn(make):
    front = make(names=f'"{NAME}" "b.test"', acme="Challenge tls-alpn-01")
    front.wait_certificate()
    assert names_of(front, NAME) == {NAME, "b.test"}


# The look at our own port, before the CA is asked for anything

@pytest.fixture
def job(pebble: Pebble) -> Iterator[Job]:
    with ChallengeServer(pebble.http_port) as server:
        yield Job(server.answers, directory=pebble.directory,
                  ca_file=str(pebble.ca_file),
                  http_address=f"127.0.0.1:{pebble.http_port}")


def test_self_check(job: Job):
    done = job.run()
    assert done.issued
    probe, token = done.fields("CHALLENGE_SET")
    assert probe["answer"] != token["answer"]
    kinds = [kind for kind, _ in done.messages]
    assert kinds[:2] == ["CHALLENGE_SET", "CHALLENGE_CLEAR"]
    assert "ORDER_SAVE" in kinds[2:]


@pytest.mark.parametrize("address, why", [
    ("127.0.0.1:{closed}", "no answer: Connection refused"),
    ("127.0.0.1:{deaf}", "another answer"), ("nonsense", "no address")])
def test_self_check_that_fails_asks_no_ca(
        pebble: Pebble, job: Job, address: str, why: str):
    orders = pebble.new_orders
    with ChallengeServer(free_port()) as stranger:
        failure = job.run(http_address=address.format(
            closed=free_port(), deaf=stranger.port)).failure
    assert (failure["problem"], failure["kind"]) == ("selfcheck", 0)
    assert why in failure["detail"]
    assert failure["advice"].startswith("Something else answers")
    assert pebble.new_orders == orders


def test_self_check_that_fails_leaves_the_next_way(pebble: Pebble, job: Job):
    done = job.run(http_address=f"127.0.0.1:{free_port()}",
                   challenges="http-01 tls-alpn-01")
    assert [values["kind"] for values in done.fields("CHALLENGE_SET")] == [
        0, 1]
    assert "not by http-01 but by tls-alpn-01" in done.log
    assert done.failure["problem"] == f"{URN}unauthorized"


def test_no_way_at_all(job: Job):
    failure = job.run(names="*.gw.test").failure
    assert (failure["problem"], failure["kind"]) == ("challenge", 2)
    assert "DNSHook" in failure["advice"]


# dns-01, with name servers and a hook

HOOK = """#!/bin/sh
file={directory}/$2
case $1 in
present)    # there is room for one value only
    [ ! -e "$file" ] || exit 3
    echo "$3" >"$file";;
cleanup)
    [ "$(cat "$file")" = "$3" ] && rm "$file";;
esac
echo "$1 $2 as $(id -u), knowing $(env | cut -d= -f1 | sort | tr '\\n' ' ')"
"""


class Domain(NamedTuple):
    """Where gw.test is: its servers, its hook, and the CA."""

    namespace: Namespace
    zone: Zone
    servers: tuple[NameServer, NameServer]
    hook: Path
    pebble: Pebble


@pytest.fixture
def domain(namespace: Namespace, short: Path) -> Iterator[Domain]:
    records = short / "records"
    records.mkdir()
    records.chmod(0o777)
    short.chmod(0o755)
    hook = short / "dns-hook"
    hook.write_text(HOOK.format(directory=records))
    hook.chmod(0o755)
    (short / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
    namespace.run("mount", "--bind", short / "resolv.conf", "/etc/resolv.conf")
    zone = Zone(records)
    with NameServer(namespace, RESOLVER, zone, resolves=True), \
            NameServer(namespace, FIRST, zone) as first, \
            NameServer(namespace, SECOND, zone) as second, \
            Pebble(namespace=namespace, dns=f"{RESOLVER}:53") as pebble:
        for path in pebble.ca_file, pebble.ca_file.parent:
            path.chmod(0o755)   # for the user that `User` names
        yield Domain(namespace, zone, (first, second), hook, pebble)


@pytest.fixture
def house(domain: Domain, make_gateway) -> Callable[..., Front]:
    """Makes a gateway, serving, that proves its names by this hook."""
    def start(*, acme: str = "", **options) -> Front:
        return make_gateway(Front, automatic(
            domain.pebble, "127.0.0.1:1", plain=False,
            acme=f'DNSHook "{domain.hook}"\n{acme}', **options),
            namespace=domain.namespace).start_ready()

    return start


def hook_runs(front: Front, cleanups: int) -> list[str]:
    """What the hook was told to do, in order, until so many cleanups."""
    since = 0
    for _ in range(cleanups):
        line = front.wait_for_line("dns-hook: cleanup", since=since).string
        since += 1 + [old.text for old in front.lines[since:]].index(line)
    return re.findall(r"dns-hook: (\w+ \S+) as", "\n".join(
        line.text for line in front.lines))


def test_wildcard(domain: Domain, house):
    """Two values of one name, and another: each after the one before."""
    front = house(names='"*.gw.test" "gw.test" "b.test"')
    front.wait_certificate()
    assert names_of(front, "_wildcard.gw.test") == {
        "*.gw.test", "gw.test", "b.test"}
    runs = hook_runs(front, 3)
    assert sorted(runs[::2]) == [
        "present _acme-challenge.b.test", *2 * [
            "present _acme-challenge.gw.test"]]
    assert [run.replace("present", "cleanup") for run in runs[::2]] == (
        runs[1::2])
    assert not list(domain.zone.directory.iterdir())
    assert front.count("all 2 name servers show the record") == 3


def test_hook_has_no_privilege(house):
    front = house(acme="Challenge dns-01", top="User nobody")
    front.wait_for_line(r"dns-hook: present _acme-challenge.gw.test as 65534, "
                        r"knowing PATH PWD (OLDPWD |SHLVL |_ )*$")
    front.wait_certificate()


def test_servers_are_asked_until_all_show_it(domain: Domain, house):
    """One is late, and one has no room in UDP."""
    first, second = domain.servers
    first.late, second.truncates = 1, True
    house(acme="Challenge dns-01").wait_certificate(20)
    record = "_acme-challenge.gw.test"
    assert first.asked.count(("udp", record, TXT)) == 2
    assert second.asked == [("udp", record, TXT), ("tcp", record, TXT)]


def test_alias(domain: Domain, house):
    """The record is in a zone of its own, whose servers are asked."""
    alias = "proofs.elsewhere.test"
    domain.zone.aliases["_acme-challenge.gw.test"] = alias
    (domain.zone.directory / alias).symlink_to("_acme-challenge.gw.test")
    house(acme="Challenge dns-01").wait_certificate()
    assert domain.servers[0].asked == [("udp", alias, TXT)]


def test_hook_that_fails(domain: Domain, house):
    domain.hook.write_text("#!/bin/sh\necho 'no such token' >&2\nexit 4\n")
    front = house(acme="Challenge dns-01")
    front.wait_for_line(r"dns-hook: no such token")
    front.wait_for_line(r"certificate for gw.test: hook: DNSHook: dns-hook "
                        r"exited with status 4. What the DNSHook said is in "
                        r"the log")
    assert domain.servers[0].asked == []


def test_hook_that_cannot_be_run(domain: Domain, house):
    domain.hook.chmod(0o600)
    house(acme="Challenge dns-01", top="User nobody").wait_for_line(
        r"certificate for gw.test: hook: DNSHook: dns-hook cannot be run by "
        r"the workers' user")


def test_resolver_that_does_not_answer(domain: Domain, house):
    (domain.hook.parent / "resolv.conf").write_text("nameserver 127.0.0.99\n")
    front = house(acme="Challenge dns-01")
    front.wait_for_line(
        rf"certificate for gw.test: {URN}dns: .*it cannot be seen whether the "
        r"record is there: this machine's resolver does not say")
    front.wait_for_line(r"dns-hook: cleanup _acme-challenge.gw.test")


@pytest.mark.soak
@pytest.mark.timeout(200)
def test_record_that_never_comes(domain: Domain, house):
    domain.servers[0].late = 1000
    domain.servers[1].refuses = True
    house(acme="Challenge dns-01").wait_for_line(
        r"not to be seen everywhere after 120 seconds: ns1.servers.test shows "
        r"nothing; ns2.servers.test gives REFUSED", 150)
