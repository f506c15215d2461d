"""gatehouse doctor: each failure made real, and what is said of it."""

from __future__ import annotations

import datetime
import json
import os
import socket
import subprocess
from typing import Callable, Iterator, NamedTuple

import pytest

from actors.ddns_job import Street, street
from actors.doctor import BAD, GOOD, WARNING, Finding, examine, wrong
from actors.front import Front, native, pound
from actors.gateway import NO_CA, gateway_config
from actors.home_assistant import HomeAssistant
from actors.netns import Namespace
from actors.process import NOBODY

@pytest.fixture
def house(make_gateway, monkeypatch) -> Callable[..., Front]:
    """Makes gateways with a certificate that this machine trusts."""
    def make(backend: HomeAssistant, **options) -> Front:
        front = make_gateway(Front, pound(backend.address, **options))
        monkeypatch.setenv("SSL_CERT_FILE", str(front.authority.ca_file))
        return front

    return make


@pytest.fixture
def distrusting(request) -> Iterator[HomeAssistant]:
    with HomeAssistant(*request.param) as backend:
        yield backend


def test_all_is_well(house, home_assistant):
    front = house(home_assistant).start_ready()
    before = home_assistant.counters()
    findings = examine(front, GOOD)
    assert wrong(findings) == set()
    assert set(findings) >= {
        "configuration", "gateway", f"port 127.0.0.1:{front.https_port}",
        "clock", "way of gw.test", "WebSocket of gw.test", "chain of gw.test",
        "certificate of gw.test"}
    assert "trusts us" in findings["way of gw.test"].evidence
    home_assistant.wait_counters(websockets=before["websockets"])


def test_text_for_people(house, home_assistant):
    front = house(home_assistant).start_ready()
    done = front.run("doctor", "-f", str(front.file))
    assert done.returncode == GOOD
    assert "ok    way of gw.test: leads to Home Assistant" in done.stdout
    assert "\nnot checked: whether the internet reaches us" in done.stdout
    assert "\033" not in done.stdout
    assert all(len(line) <= 80 or str(front.file) in line
               for line in done.stdout.splitlines())


def test_backend_is_down(house):
    with HomeAssistant() as backend:
        front = house(backend).start_ready()
        backend.stop()
        findings = examine(front, BAD)
    subject, = wrong(findings)
    assert subject == f"backend 127.0.0.1 port {backend.port}"
    assert findings[subject].evidence == "Connection refused"
    assert "Start Home Assistant" in findings[subject].cure
    way = findings["way of gw.test"]
    assert way.verdict == "skipped"
    assert way.evidence.startswith("because 127.0.0.1 port")


@pytest.mark.parametrize("distrusting", [
    ["--no-forwarded"], ["--trusted-proxy", "10.0.0.0/8"]],
    indirect=True, ids=["no-proxies", "other-proxies"])
def test_e3_home_assistant_does_not_trust_us(house, distrusting):
    front = house(distrusting).start_ready()
    findings = examine(front, BAD)
    assert wrong(findings) == {"way of gw.test"}
    way = findings["way of gw.test"]
    assert "answers 400" in way.evidence
    assert "sees the gateway as 127.0.0.1" in way.evidence
    assert ("  http:\n    use_x_forwarded_for: true\n"
            "    trusted_proxies:\n      - 127.0.0.1") in way.cure


def test_port_of_another_program(house, home_assistant):
    front = house(home_assistant)
    with socket.create_server(("127.0.0.1", front.https_port),
                              reuse_port=True):
        findings = examine(front, BAD)
    taken = findings[f"port 127.0.0.1:{front.https_port}"]
    assert taken.verdict == "fail"
    assert f"(process {os.getpid()}) listens there" in taken.evidence
    assert "another port" in taken.cure
    free = findings[f"port 127.0.0.1:{front.http_port}"]
    assert free.verdict == "skipped"


def test_port_that_is_shared(house, home_assistant):
    front = house(home_assistant).start_ready()
    with socket.create_server(("127.0.0.1", front.https_port),
                              reuse_port=True):
        findings = examine(front, BAD)
    subject = f"port 127.0.0.1:{front.https_port}"
    assert findings[subject].verdict == "fail"
    assert "has a part of the connections" in findings[subject].evidence


def test_no_gateway_runs(house, home_assistant):
    front = house(home_assistant)
    findings = examine(front, BAD)
    assert wrong(findings) == {"gateway"}
    assert "none is running" in findings["gateway"].evidence
    assert "systemctl start gatehouse" in findings["gateway"].cure
    assert findings["ways"] == Finding(
        "skipped", "because no gateway says how it is", "")


def test_typo_in_the_configuration(house, home_assistant):
    front = house(home_assistant).start_ready()
    front.configure(front.file.read_text().replace("ListenHTTPS", "LisenHTTPS"))
    findings = examine(front, BAD)
    assert findings["configuration"].verdict == "fail"
    assert f"{front.file}:11:1: " in findings["configuration"].evidence
    assert "ListenHTTPS" in findings["configuration"].evidence
    assert findings["gateway"].verdict == "ok"
    assert findings["backends"].verdict == "skipped"


def test_no_configuration(house, home_assistant):
    front = house(home_assistant)
    front.file.unlink()
    findings = examine(front, BAD)
    assert "No such file" in findings["configuration"].evidence


def test_expired_certificate(house, home_assistant):
    front = house(home_assistant)
    chain, key = front.authority.issue(
        "gw.test", lifetime=-datetime.timedelta(minutes=1))
    chain.with_suffix(".all.pem").write_bytes(
        chain.read_bytes() + key.read_bytes())
    front.start_ready()
    findings = examine(front, BAD)
    found = findings["certificate of gw.test"]
    assert found.verdict == "fail"
    assert found.evidence.startswith("it has expired 1 minute ago")
    assert "reload" in found.cure
    chain = findings["chain of gw.test"]
    assert chain.verdict == "warn"
    assert chain.evidence == \
        "browsers do not accept the certificate: it has expired"


def test_no_certificate_yet(make_gateway, namespace):
    front = make_gateway(Front, native("127.0.0.1:1"),
                         namespace=namespace).start_ready()
    front.wait_for_line("next attempt")
    findings = examine(front, BAD)
    found = findings["certificate of gw.test"]
    assert found.verdict == "fail"
    assert "none from an authority yet" in found.evidence


def test_what_is_no_home_assistant(scripted):
    findings = examine(scripted, WARNING)
    assert "is not Home Assistant" in findings[
        f"backend {scripted.status()['backends'][0]['host']} port "
        f"{scripted.status()['backends'][0]['port']}"].evidence
    assert "WebSocket of gw.test" not in findings


def test_somebody_without_rights(house, home_assistant, programs):
    front = house(home_assistant).start_ready()
    for directory in front.directory, programs:
        directory.chmod(0o755)
    front.file.chmod(0o644)
    done = subprocess.run(
        [*NOBODY, programs / "bin/gatehouse", "doctor", "--json",
         "-f", front.file], stdout=subprocess.PIPE, timeout=30, check=False)
    found = {row["subject"]: row for row in json.loads(done.stdout)["checks"]}
    assert done.returncode == WARNING, found
    assert found["gateway"]["verdict"] == "warn"
    assert "as root" in found["gateway"]["cure"]
    port = found[f"port 127.0.0.1:{front.https_port}"]
    assert port["verdict"] == "ok"
    assert "only root can see" in port["evidence"]


# The names

NAME = "myhome.duckdns.org"
OURS4, OTHER4 = "93.184.216.34", "93.184.216.35"
OURS6, OTHER6 = "2a02:1234::7", "2a02:1234::8"
LETSENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"


@pytest.fixture(scope="module")
def street_of_all(network: Namespace, tmp_path_factory) -> Iterator[Street]:
    with street(network, tmp_path_factory.mktemp("town"), port=8444,
                zones=("duckdns.org",), hosts=(NAME,)) as made:
        made.address("add", f"{OURS4}/32")
        made.address("add", f"{OURS6}/64")
        yield made


class Town(NamedTuple):
    """A zone to write, and a gateway that is not started."""

    street: Street
    front: Front

    def say(self, kind: str, *values: str) -> None:
        self.street.providers.records.set(NAME, kind, *values)

    def configure(self, directory: str, challenge: str | None = None
                  ) -> None:
        self.front.configure(gateway_config(
            self.front.state_dir, forward="127.0.0.1:1", http_port=80,
            https_port=443, host=NAME, directory=directory,
            challenge=challenge).replace('    Address "127.0.0.1"\n', ""))


@pytest.fixture
def town(street_of_all, make_gateway) -> Town:
    """What the zone says is right."""
    street_of_all.providers.reset()
    for server in street_of_all.servers:
        server.refuses = False
    made = Town(street_of_all, make_gateway(
        Front, lambda front: "", namespace=street_of_all.namespace))
    made.configure(NO_CA)
    made.say("A", OURS4)
    made.say("AAAA", OURS6)
    return made


def test_names_are_right(town):
    town.front.start_ready()
    findings = examine(town.front, BAD)     # there is no authority, nor home
    assert not {subject for subject in wrong(findings) if NAME in subject
                } - {f"certificate of {NAME}"}
    assert findings[f"A of {NAME}"].evidence == f"{OURS4}, which is ours"
    assert findings[f"AAAA of {NAME}"].evidence == f"{OURS6}, which answers"
    assert findings[f"{NAME} from inside"].verdict == "ok"
    assert findings[f"CAA of {NAME}"].verdict == "ok"


def test_address_of_another_house(town):
    town.say("A", OTHER4)
    found = examine(town.front, BAD)[f"A of {NAME}"]
    assert found == Finding(
        "fail", f"{OTHER4}, but this house has {OURS4}",
        f"Set the A record to {OURS4} in the zone, or have a DDNS section "
        "keep it right.")


@pytest.mark.parametrize("address", ["192.168.1.2", "100.64.0.9"])
def test_private_address(town, address):
    town.say("A", address)
    found = examine(town.front, BAD)[f"A of {NAME}"]
    assert found.verdict == "fail"
    assert found.evidence == f"{address}, which nobody outside reaches"
    town.configure(NO_CA, 'dns-01\n    DNSHook "/bin/true"')
    assert examine(town.front, BAD)[f"A of {NAME}"].verdict == "warn"


def test_dead_ipv6_address(town):
    town.say("AAAA", OTHER6)
    found = examine(town.front, BAD)[f"AAAA of {NAME}"]
    assert found.verdict == "fail"
    assert found.evidence.startswith(f"{OTHER6} does not answer (")
    assert f"Set the AAAA record to {OURS6}" in found.cure


def test_no_hairpin(town):
    findings = examine(town.front, BAD)     # nobody listens there
    found = findings[f"{NAME} from inside"]
    assert found.verdict == "warn"
    assert f"{OURS4} does not answer: Connection refused" in found.evidence
    assert "NAT loopback" in found.cure


def test_no_address(town):
    town.say("A")
    town.say("AAAA")
    found = examine(town.front, BAD)[f"address of {NAME}"]
    assert found.verdict == "fail"
    assert found.evidence == "the zone has neither A nor AAAA"


def test_zone_is_silent(town):
    for server in town.street.servers:
        server.refuses = True
    found = examine(town.front, BAD)[f"A of {NAME}"]
    assert found.verdict == "fail"
    assert "no server of its zone answers" in found.evidence


@pytest.mark.parametrize("records, verdict", [
    ([], "ok"),
    (["issue letsencrypt.org"], "ok"),
    (["issue other.test", "issue letsencrypt.org; a=b"], "ok"),
    (["issue other.test"], "fail"),
    (["issue ;"], "fail"),
    (["iodef mailto:me@mine.test"], "ok")])
def test_caa(town, records, verdict):
    town.configure(LETSENCRYPT)
    town.say("CAA", *records)
    found = examine(town.front, BAD)[f"CAA of {NAME}"]
    assert found.verdict == verdict
    if verdict == "fail":
        assert f'it says "{records[0]}"' in found.evidence
        assert '0 issue "letsencrypt.org"' in found.cure


def test_caa_of_an_authority_that_is_not_known(town):
    town.say("CAA", "issue other.test")
    found = examine(town.front, BAD)[f"CAA of {NAME}"]
    assert found.verdict == "skipped"
    assert 'it says "issue other.test"' in found.evidence
