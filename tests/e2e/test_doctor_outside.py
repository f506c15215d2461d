"""gatehouse doctor: who comes from outside, and what keeps them out."""

from __future__ import annotations

import json
import re
from typing import Iterator

import pytest

from actors.doctor import BAD, Finding, examine
from actors.front import Front, pound
from actors.gateway import NO_CA, gateway_config
from actors.netns import Namespace
from actors.pebble import Pebble

PORT80, PORT443 = (f"port {port} of gw.test from outside" for port in (80, 443))
FIREWALL = "firewall for port 443"
LOOK = "a look from "    # in the log of the gateway


@pytest.fixture(scope="module")
def pebble(network: Namespace) -> Iterator[Pebble]:
    """It comes to the ports of the real world."""
    with Pebble(namespace=network, http_port=80, tls_port=443) as ca:
        yield ca


@pytest.fixture
def front(make_gateway, pebble: Pebble) -> Front:
    """A gateway with a certificate; nobody is at home behind it."""
    return make_gateway(Front, lambda front: gateway_config(
        front.state_dir, forward="127.0.0.1:1", http_port=80, https_port=443,
        directory=pebble.directory, ca_file=pebble.ca_file).replace(
            '    Address "127.0.0.1"\n', ""), namespace=pebble.namespace)


@pytest.fixture
def firewall(pebble: Pebble) -> Iterator[Namespace]:
    """Nothing is filtered yet."""
    yield pebble.namespace
    pebble.namespace.run("nft", "flush", "ruleset")


def refuse(namespace: Namespace) -> None:
    """From now on port 443 is refused, as by a policy."""
    namespace.run("nft", """
        table inet filter {
            chain input {
                type filter hook input priority 0; policy accept;
                ct state established,related accept
                tcp dport != 443 accept
                reject with tcp reset
            }
        }""")


def test_authority_comes_to_both_ports(front: Front, pebble: Pebble):
    front.start_ready()
    front.wait_certificate()
    accounts = pebble.new_accounts
    findings = examine(front, BAD)      # nobody is at home
    assert findings[PORT443] == Finding(
        "ok", "gw.test is reached at port 443", "")
    assert findings[PORT80] == Finding(
        "ok", "gw.test is reached at port 80", "")
    assert findings[FIREWALL].verdict == "ok"
    assert pebble.new_accounts == accounts
    assert front.count(LOOK) == 2
    done = front.run("doctor", "-f", str(front.file), timeout=90)
    assert "not checked" not in done.stdout


def test_nobody_is_asked(front: Front, pebble: Pebble):
    front.start_ready()
    front.wait_certificate()
    orders = pebble.new_orders
    done = front.run("doctor", "--inside", "--json", "-f", str(front.file))
    found = json.loads(done.stdout)
    assert found["not_checked"].startswith("whether the internet reaches us")
    row, = (row for row in found["checks"] if row["check"] == "reachability")
    assert (row["verdict"], row["evidence"]) == (
        "skipped", "because of --inside")
    assert pebble.new_orders == orders


def test_firewall_is_the_reason(front: Front, firewall: Namespace):
    """And the cure is one."""
    front.start_ready()
    front.wait_certificate()
    refuse(firewall)
    findings = examine(front, BAD)
    assert findings[FIREWALL].verdict == "warn"
    assert findings[FIREWALL].evidence == (
        "inet filter input of nftables drops by default, and no rule found "
        "lets in TCP 443")
    assert findings["firewall for port 80"].verdict == "ok"
    assert findings[PORT443].verdict == "fail"
    assert "no connection to port 443" in findings[PORT443].evidence
    assert findings[PORT443].cure == (
        f'First, for "{FIREWALL}" above: {findings[FIREWALL].cure}')
    assert findings[PORT80].verdict == "ok"
    command = re.search("`nft (.*)`", findings[FIREWALL].cure)[1]
    firewall.run("nft", *command.split())
    findings = examine(front, BAD)
    assert findings[FIREWALL].verdict == "ok"
    assert findings[PORT443].verdict == "ok"


def test_gateway_does_not_run(front: Front):
    assert examine(front, BAD)["reachability"] == Finding(
        "skipped", "because no gateway says how it is", "")


def listing(front: Front, *names: str) -> Front:
    """More certificates, one for each of these lines of names."""
    lines = "\n".join(f"    AutoCert {name}" for name in names)
    return front.configure(
        f"{front.file.read_text()}\nListenHTTPS\n    Port 0\n{lines}\nEnd\n")


def test_four_names_are_enough(front: Front):
    listing(front, '"b.test"', '"c.test" "GW.test"', '"d.test" "e.test"')
    front.start_ready()
    for name in "gw.test", "b.test", "c.test", "d.test":
        front.wait_for_line(f"certificate for {name} is in service")
    findings = examine(front, BAD)
    for name in "gw.test", "b.test", "c.test", "d.test":
        assert findings[f"port 443 of {name} from outside"].verdict == "ok"
    assert findings["e.test from outside"] == Finding(
        "skipped", "because four names are enough", "")
    assert "port 443 of GW.test from outside" not in findings
    assert front.count(LOOK) == 8


def test_silent_authority_is_asked_once(front: Front):
    front.configure(re.sub(
        'Directory .*', f'Directory "{NO_CA}"', front.file.read_text()))
    listing(front, '"b.test"', '"192.0.2.1"').start_ready()
    front.wait_for_line("next attempt")
    findings = examine(front, BAD)
    assert findings[PORT443].verdict == "skipped"
    assert "unreachable" in findings[PORT443].evidence
    assert PORT80 not in findings
    assert findings["b.test from outside"] == Finding(
        "skipped", "because the authority gave no verdict before", "")
    assert findings["192.0.2.1 from outside"] == Finding(
        "skipped", "because it is an address and not a name", "")


def test_authority_without_a_stage(front: Front):
    """What fails there would count: it is not asked."""
    front.configure(re.sub(
        'Directory .*', 'Directory zerossl\n    EAB kid c2VjcmV0',
        front.file.read_text())).start_ready()
    found = examine(front, BAD)[PORT443]
    assert found.verdict == "skipped"
    assert "has no directory to rehearse with" in found.evidence
    assert front.count("from https://acme.zerossl.com") == 0


@pytest.mark.parametrize("mtu, verdict", [(1200, "warn"), (1420, "ok")])
def test_mtu(make_gateway, home_assistant, namespace: Namespace, monkeypatch,
             mtu: int, verdict: str):
    front = make_gateway(Front, pound("127.0.0.1:1"), namespace=namespace)
    assert examine(front, BAD)["MTU"] == Finding(
        "skipped", "because there is no default route", "")
    for command in ("link add out type veth peer name in",
                    f"link set out mtu {mtu} up", "link set in up",
                    "address add 192.0.2.1/24 dev out",
                    "route add default via 192.0.2.2"):
        namespace.run("ip", *command.split())
    found = examine(front, BAD)["MTU of IPv4"]
    assert found.verdict == verdict
    assert found.evidence == f"{mtu}, by out"
    assert ("ip link set dev out mtu 1500" if verdict == "warn"
            else "clamp the MSS") in found.cure
