"""Dynamic DNS with the whole gateway, in a network of its own.

The machine has public addresses there, the providers and name servers are
fakes, and what was published is what the name servers show.
"""

from __future__ import annotations

import json
import re
import select
import time
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

import pytest
from cryptography import x509

from actors import PATIENCE
from actors.authority import Authority
from actors.ddns import BROKEN, HTML, LOGIN, PASSWORD, TOKEN, Reply
from actors.ddns_job import Street, street
from actors.dns import A
from actors.gateway import BUILD, NO_CA, Gateway
from actors.netns import Namespace
from actors.pebble import Pebble
from actors.store import Store

PORT = 8444     # of the providers: the gateway has 443
NAME, OTHER = "myhome.duckdns.org", "cam.duckdns.org"
OWN = "ha.mine.com"
OLD4, NEW4, OLD6, NEW6 = (
    "93.184.216.34", "93.184.216.35", "2a02:1234::7", "2a02:1234::8")
PROMPT = 2      # seconds from a new address to its publication


@pytest.fixture(scope="module")
def street_of_all(network: Namespace, tmp_path_factory
                  ) -> Iterator[Street]:
    with street(network, tmp_path_factory.mktemp("town"), port=PORT,
                zones=("duckdns.org", "mine.com"),
                hosts=(NAME, OTHER, OWN)) as made:
        yield made


@pytest.fixture
def town(street_of_all: Street) -> Iterator[Street]:
    """With one address of each family, and nothing published."""
    made = street_of_all
    made.reset(f"{OLD4}/32", f"{OLD6}/64")
    yield made
    assert made.providers.complaints == []


def until(condition: Callable[[], object], timeout: float = PATIENCE) -> None:
    """For what tells nobody when it happens."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        select.select([], [], [], 0.005)


def section(provider: str, secret: str, *lines: str, server: str = "") -> str:
    """A DDNS section; where the fakes are is the test's affair."""
    more = "".join(f"    {line}\n" for line in lines)
    where = f'    Server "{server}:{PORT}"\n' if server else ""
    return f'DDNS "{provider}"\n    {secret}\n{where}{more}End\n'


GATEWAY = """
Gateway "{name}"
    Forward "127.0.0.1:1"
    {ddns}
End"""


class House(Gateway):
    """Serves NAME on ports 80 and 443 of the street."""

    def __init__(self, where: Street, ddns: str | None = None, *,
                 top: str = "", acme: str = "", serves: str = "") -> None:
        super().__init__(namespace=where.namespace)
        self.street = where
        self.directory.chmod(0o755)
        self.token = self.directory / "token"
        self.token.write_text(f"{TOKEN}\n")
        self.token.chmod(0o600)
        if ddns is None:
            ddns = self.duckdns()
        self.text = lambda ddns: f"""
StateDir "{self.state_dir}"
LogLevel 4
Workers 1
ACME
    {acme or f'Directory "{NO_CA}"'}
End
{top}
{(serves or GATEWAY).format(name=NAME, ddns=ddns)}
"""
        self.say(ddns)

    def duckdns(self, *lines: str) -> str:
        return section("duckdns", f'TokenFile "{self.token}"', *lines,
                       server="www.duckdns.org")

    def say(self, ddns: str) -> None:
        self.configure(self.text(ddns))
        self.file.chmod(0o600)

    @property
    def sections(self) -> list[dict]:
        return self.status()["ddns"]

    @property
    def section(self) -> dict:
        return self.sections[0]

    def wait_state(self, *states: str, timeout: float = 10) -> dict:
        until(lambda: self.section["state"] in states, timeout)
        return self.section

    def settled(self, state: str = "published") -> dict:
        """Published, and it has looked whether that is visible."""
        self.wait_state("pending", "published")
        assert self.ddns("test").returncode == 0
        return self.wait_state(state)

    def looked(self, action: Callable[[], object]) -> None:
        """Something after which it looks; until it has."""
        asked = self.street.servers[0].asked
        before = len(asked)
        action()
        until(lambda: any(kind == A for _, _, kind in asked[before:]))
        self.ddns("test")

    def ddns(self, *args: str):
        return self.run("ddns", "-f", str(self.file), *args)


@pytest.fixture
def house(town: Street, make_gateway) -> Callable[..., House]:
    """Makes houses, serving."""
    return lambda *args, **options: make_gateway(
        House, town, *args, **options).start_ready()


def known(town: Street, ipv4: str = OLD4, ipv6: str = OLD6,
          name: str = NAME) -> None:
    """Published long ago, by somebody."""
    town.providers.records.set(name, "A", *[ipv4][:bool(ipv4)])
    town.providers.records.set(name, "AAAA", *[ipv6][:bool(ipv6)])


def addresses(town: Street, name: str = NAME) -> tuple[list[str], ...]:
    return tuple(town.providers.records.get(name, kind)
                 for kind in ("A", "AAAA"))


def requests(town: Street) -> int:
    return len(town.providers.requests)


# What is published, and when

def test_five_lines(town: Street, house):
    """Nothing is said but who and with what token."""
    made = house()
    town.providers.records.wait(NAME, "AAAA", OLD6)
    assert addresses(town) == ([OLD4], [OLD6])
    assert made.settled()["visible"] == 1
    assert requests(town) == 1
    row = made.section
    assert (row["names"], row["provider"]) == ([NAME], "duckdns")
    assert (row["published4"], row["published6"]) == (OLD4, OLD6)
    for word in NAME, "duckdns", OLD4, OLD6:
        assert word in made.run_checked("status", "-f", str(made.file))


@pytest.mark.parametrize("state", ["published", "failing"])
def test_authorities_of_the_section(town: Street, house, tmp_path: Path,
                                    state: str):
    """In place of the system's, which are the right ones here."""
    ca_file = (town.providers.ca_file if state == "published"
               else Authority(tmp_path).ca_file)
    made = house(section("duckdns", f'Token "{TOKEN}"',
                         f'CAFile "{ca_file}"', server="www.duckdns.org"))
    if state == "published":
        made.settled()
    else:
        assert "CAFile" in made.wait_state(state)["advice"]
    assert requests(town) == (state == "published")


def test_job_has_no_privilege(town: Street, make_gateway):
    """It runs as the workers do while it speaks with others."""
    seen: list[str] = []
    made = make_gateway(House, town, section(
        "duckdns", f'Token "{TOKEN}"', server="www.duckdns.org"),
        top="User nobody")
    town.providers.watch = lambda _request: seen.extend(
        Path(f"/proc/{pid}/status").read_text() for pid in made.pids()["ddns"])
    made.start_ready()
    town.providers.records.wait(NAME, "A", OLD4)
    for field in (r"Uid:(\s65534){4}", r"Gid:(\s65534){4}", r"CapEff:\s0{16}",
                  r"NoNewPrivs:\s1"):
        assert re.search(rf"^{field}$", seen[0], re.M), seen[0]


def test_new_address_at_once(town: Street, house):
    known(town)
    made = house()
    made.settled()
    assert requests(town) == 0
    start = time.monotonic()
    town.address("add", f"{NEW4}/32")
    town.address("del", f"{OLD4}/32")
    town.providers.records.wait(NAME, "A", NEW4, timeout=PROMPT)
    assert time.monotonic() - start < PROMPT
    made.settled()
    assert addresses(town) == ([NEW4], [OLD6])
    assert requests(town) == 1


def test_nothing_new_asks_nobody(town: Street, house):
    """Addresses that are no news: of the house, deprecated, of a moment."""
    known(town)
    made = house()
    made.settled()
    for address, options in (
            ("192.168.7.7/24", ()), ("100.64.0.9/32", ()),
            ("fd00::9/64", ()), (f"{NEW6}/64", ("preferred_lft", "0"))):
        made.looked(lambda: town.address("add", address, *options))
    for _ in range(3):
        assert made.ddns("test").returncode == 0
    assert requests(town) == 0
    assert addresses(town) == ([OLD4], [OLD6])


def test_temporary_address_is_nobodys(town: Street, house):
    town.namespace.run("sh", "-ec", """
        ip -6 address flush dev wan scope global
        echo 2 >/proc/sys/net/ipv6/conf/wan/use_tempaddr
        ip address add 2a02:1234::77/64 dev wan mngtmpaddr nodad
        echo 0 >/proc/sys/net/ipv6/conf/wan/use_tempaddr""")
    assert "temporary" in town.namespace.run(
        "ip", "-6", "address", "show", "dev", "wan")
    house()
    town.providers.records.wait(NAME, "AAAA", "2a02:1234::77")
    assert requests(town) == 1


def test_no_ipv6_that_is_meant_to_stay(town: Street, house):
    town.namespace.run("ip", "-6", "address", "flush", "dev", "wan", "scope",
                       "global")
    town.address("add", f"{NEW6}/64", "preferred_lft", "0")
    house().settled()
    assert addresses(town) == ([OLD4], [])


def test_family_goes(town: Street, house):
    """The address is not there any more; that it is not found is no news."""
    known(town)
    made = house()
    made.settled()
    town.address("del", f"{OLD6}/64")
    until(lambda: addresses(town) == ([OLD4], []))
    made.settled()
    count = requests(town)
    town.address("del", f"{OLD4}/32")
    made.wait_state("failing")
    assert (addresses(town), requests(town)) == (([OLD4], []), count)


def test_shortest_time_between_two_requests(town: Street, house):
    made = house()
    made.settled()
    made.looked(lambda: town.address("add", f"{NEW4}/32"))
    made.looked(lambda: town.address("del", f"{OLD4}/32"))
    assert requests(town) == 1
    assert made.wait_state("waiting")["ipv4"] == NEW4
    done = made.ddns("update")
    assert done.returncode != 0 and "second" in done.stdout + done.stderr
    assert requests(town) == 1


def test_restarts_ask_nobody(town: Street, house):
    made = house()
    made.settled()
    for _ in range(3):
        made.stop()
        made.start_ready()
        made.settled()
    for _ in range(3):
        made.kill()
        made.start_ready()
        made.settled()
    assert requests(town) == 1


def test_kills_while_it_asks(town: Street, house, make_gateway):
    """Each may have been the last word: it counts, and it is not repeated."""
    town.providers.answer = Reply("OK", pause=5)
    made = make_gateway(House, town)
    for count in range(3):
        made.start_ready()
        if count == 0:
            town.providers.wait(1)
        else:
            until(lambda: made.section["state"] != "looking")
        made.kill()
    assert requests(town) == 1


def test_reload_asks_nobody(town: Street, house):
    made = house()
    made.settled()
    made.reload()
    made.settled()
    assert requests(town) == 1


# Several

def test_several_names_in_one_request(town: Street, house):
    made = house("", top=section(
        "duckdns", f'Token "{TOKEN}"', f'Hostname "{NAME}" "{OTHER}"',
        server="www.duckdns.org"))
    made.settled()
    assert addresses(town, NAME) == addresses(town, OTHER) == (
        [OLD4], [OLD6])
    assert requests(town) == 1


def test_two_providers_for_one_name(town: Street, house):
    """One refuses, which is nothing to the other.

    The name servers are behind: otherwise the second need not ask.
    """
    for kind in "A", "AAAA":
        town.providers.zone.frozen[NAME, kind] = []
    made = house("", top=section(
        "duckdns", 'Token "wrong"', f'Hostname "{NAME}"',
        server="www.duckdns.org") + section(
        "dyndns2", f'Login "{LOGIN}"', f'Password "{PASSWORD}"',
        f'Hostname "{NAME}"', server="dyn.check.test"))
    until(lambda: [row["state"] for row in made.sections] == [
        "stopped", "pending"])
    assert addresses(town) == ([OLD4], [OLD6])
    assert requests(town) == 2


# Refusals

def test_refusal_for_good(town: Street, house):
    """It stops over a restart, says what to do, and goes on with that."""
    made = house(section("duckdns", 'Token "wrong"',
                         server="www.duckdns.org"))
    row = made.wait_state("stopped")
    assert row["problem"] and row["advice"]
    assert row["advice"] in made.run_checked(
        "status", "-f", str(made.file)).replace("\n", " ")
    made.stop()
    made.start_ready()
    made.wait_state("stopped")
    made.looked(lambda: town.address("add", f"{NEW4}/32"))
    assert requests(town) == 1
    made.say(made.duckdns())
    made.reload()
    made.wait_state("published")
    assert requests(town) == 2


@pytest.mark.parametrize("answer", [
    Reply("911\n"), BROKEN, HTML, Reply("", 429, {"Retry-After": "7"})],
    ids=["911", "500", "HTML", "429"])
def test_refusal_for_now(town: Street, house, answer: Reply):
    """Whatever happens meanwhile, nobody is asked for the time being."""
    town.providers.answer = answer
    made = house("", top=section(
        "dyndns2", f'Login "{LOGIN}"', f'Password "{PASSWORD}"',
        f'Hostname "{NAME}"', server="dyn.check.test"))
    assert made.wait_state("failing")["failures"] == 1
    made.looked(lambda: town.address("add", f"{NEW4}/32"))
    made.stop()
    made.start_ready()
    made.wait_state("failing")
    assert requests(town) == 1


def test_outage_touches_nothing_else(town: Street, house):
    town.providers.answer = Reply("x", pause=30)
    made = house()
    town.providers.wait(1)
    with made.client(80, name=NAME) as client:
        assert client.request("GET", "/").status in (301, 308)
    made.reload()
    assert made.run("check", "-f", str(made.file)).returncode == 0


# The command

def test_commands(town: Street, house):
    known(town, NEW4, NEW6)
    town.providers.zone.frozen[NAME, "A"] = [OLD4]
    town.providers.zone.frozen[NAME, "AAAA"] = [OLD6]
    made = house()
    made.settled()
    said = made.ddns("status")
    assert said.returncode == 0
    for word in NAME, "duckdns", OLD4, OLD6:
        assert word in said.stdout
    assert made.ddns("test", NAME).returncode == 0
    assert requests(town) == 0
    assert made.ddns("update", NAME).returncode == 0
    assert requests(town) == 1
    assert addresses(town) == ([OLD4], [OLD6])
    assert made.ddns("update", "nobody.test").returncode != 0


# Services

HOSTS = "one.check.test", "two.check.test", "three.check.test"
URLS = [f"https://{host}:{PORT}/ip" for host in HOSTS]


def test_services_of_the_configuration(town: Street, house):
    """Of a house whose router has the address; asked once for each look."""
    town.address("del", f"{OLD4}/32")
    town.address("add", "192.168.1.2/32")
    town.providers.addresses.update({host: NEW4 for host in HOSTS})
    urls = " ".join(f'"{url}"' for url in URLS)
    made = house(section(
        "duckdns", f'Token "{TOKEN}"', f"AddressService {urls}",
        "IPv4 service", "IPv6 no", server="www.duckdns.org"))
    town.providers.records.wait(NAME, "A", NEW4)
    assert made.settled()["source4"] == "service"
    assert addresses(town) == ([NEW4], [])
    assert 4 <= len(town.providers.asked) <= 6      # two looks


# Certificates

class Town(NamedTuple):
    street: Street
    pebble: Pebble


@pytest.fixture
def with_ca(town: Street) -> Iterator[Town]:
    with Pebble(namespace=town.namespace, http_port=80, tls_port=443,
                dns="127.0.0.53:53") as pebble:
        for path in pebble.ca_file, pebble.ca_file.parent:
            path.chmod(0o755)
        yield Town(town, pebble)


def acme(pebble: Pebble, *lines: str) -> str:
    return "\n    ".join([f'Directory "{pebble.directory}"',
                          f'CAFile "{pebble.ca_file}"', *lines])


def certificate_names(house: House, file: str) -> set[str]:
    san = Store(house.state_dir).pair(f"{file}.pem").extensions
    return {str(name.value) for name in san.get_extension_for_class(
        x509.SubjectAlternativeName).value}


PROOFS = {
    "duckdns": (NAME, f'Token "{TOKEN}"', "www.duckdns.org"),
    "cloudflare": (OWN, f'Token "{TOKEN}"', "api.cloudflare.com"),
}
AUTOMATIC = """
ListenHTTPS
    Address 127.0.0.1
    Port 443
    AutoCert "{name}" "*.{name}"
End
Service
    BackEnd
        Address 127.0.0.1
        Port 1
    End
End"""


@pytest.mark.parametrize("provider", PROOFS)
def test_certificate_and_wildcard(with_ca: Town, house, provider: str):
    """By TXT records, one after the other where there is room for one."""
    name, secret, server = PROOFS[provider]
    known(with_ca.street, name=name)
    made = house("", acme=acme(with_ca.pebble, "Challenge dns-01"),
                 serves=AUTOMATIC.replace("{name}", name), top=section(
                     provider, secret, f'Hostname "{name}"', server=server))
    until(lambda: f"{name}.pem" in Store(made.state_dir).names(), 20)
    assert certificate_names(made, name) == {name, f"*.{name}"}
    records = with_ca.street.providers.records
    until(lambda: records.get(f"_acme-challenge.{name}", "TXT") == [])
    values = [values for host, kind, values in records.history
              if kind == "TXT" and host == f"_acme-challenge.{name}"]
    assert len({value for group in values for value in group}) == 2
    if provider == "duckdns":
        assert max(map(len, values)) == 1


def test_no_order_before_the_address_is_visible(with_ca: Town, house):
    town, pebble = with_ca
    town.providers.zone.frozen[NAME, "A"] = []
    made = house(acme=acme(pebble, "Challenge http-01"))
    town.providers.records.wait(NAME, "A", OLD4)
    made.wait_state("pending")
    made.looked(lambda: town.address("add", "10.9.8.7/32"))
    assert pebble.new_orders == 0
    del town.providers.zone.frozen[NAME, "A"]
    made.looked(lambda: town.address("add", "10.9.8.8/32"))
    made.wait_certificate(20)
    assert pebble.new_orders == 1
    assert requests(town) == 1


def test_no_order_after_a_change_either(with_ca: Town, house):
    town, pebble = with_ca
    known(town)
    made = house(acme=acme(pebble, "Challenge http-01"))
    made.wait_certificate(20)
    since = made.mark()
    town.providers.zone.frozen[NAME, "A"] = [OLD4]
    town.address("add", f"{NEW4}/32")
    town.address("del", f"{OLD4}/32")
    town.providers.records.wait(NAME, "A", NEW4)
    made.wait_state("pending")
    with town.namespace.popen(
            BUILD / "bin/gatehouse", "renew", "-f", made.file) as renew:
        made.looked(lambda: town.address("add", "10.9.8.7/32"))
        assert pebble.new_orders == 1
        assert renew.poll() is None
        town.providers.zone.frozen.clear()
        made.looked(lambda: town.address("add", "10.9.8.8/32"))
        made.wait_certificate(20, since=since)
        assert renew.wait(10) == 0
    assert pebble.new_orders == 2


def test_renewal_in_an_outage(with_ca: Town, house):
    town, pebble = with_ca
    known(town)
    town.providers.answer = BROKEN
    made = house(acme=acme(pebble, "Challenge http-01"))
    made.wait_certificate(20)
    since = made.mark()
    town.address("add", f"{NEW4}/32")
    town.address("del", f"{OLD4}/32")
    town.providers.wait(1)
    made.wait_state("failing")
    known(town, NEW4)   # as a person may put it right by hand
    made.looked(lambda: town.address("add", "10.9.8.7/32"))
    made.run_checked("renew", "-f", str(made.file))
    made.wait_certificate(20, since=since)


# Secrets

@pytest.mark.parametrize("place", ["file", "inline"])
def test_token_is_nobodys_business(town: Street, house, place: str):
    secret = {"inline": section("duckdns", f'Token "{TOKEN}"',
                                server="www.duckdns.org")}.get(place)
    made = house(secret, top="Status\n    Port 9100\nEnd")
    made.settled()
    with made.client(9100, name="localhost") as client:
        for path in "/metrics", "/status.json":
            body = client.request("GET", path).body
            assert b"ddns" in body and TOKEN.encode() not in body
    made.assert_supervisor_alone_knows(TOKEN)
    raw = TOKEN.encode()
    for path in made.state_dir.rglob("*"):
        assert not path.is_file() or raw not in path.read_bytes(), path
    assert TOKEN not in json.dumps(made.status())
    assert TOKEN not in made.run_checked("status", "-f", str(made.file))
    assert TOKEN not in made.ddns("status").stdout
    assert made.count(TOKEN) == 0
    assert TOKEN not in made.run("check", "-f", str(made.file)).stdout


def test_token_that_systemd_hands_over(town: Street, make_gateway):
    """In the directory that LoadCredential makes; the name alone is said."""
    made = make_gateway(House, town, section(
        "duckdns", 'TokenFile "duck"', server="www.duckdns.org"))
    given = made.directory / "credentials"
    given.mkdir(0o700)
    (given / "duck").write_text(TOKEN)
    (given / "duck").chmod(0o400)
    made.env["CREDENTIALS_DIRECTORY"] = str(given)
    made.start_ready()
    town.providers.records.wait(NAME, "A", OLD4)


def test_open_file_with_a_token_is_warned_of(town: Street, house,
                                             make_gateway):
    made = make_gateway(House, town, section(
        "duckdns", f'Token "{TOKEN}"', server="www.duckdns.org"))
    made.file.chmod(0o644)
    done = made.run("check", "-f", str(made.file))
    assert "chmod 600" in done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr
