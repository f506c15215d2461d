"""gatehouse doctor: each failure made real, and what is said of it."""

from __future__ import annotations

import datetime
import json
import os
import socket
from typing import Callable, Iterator, NamedTuple

import pytest

from actors.front import Front, native, pound
from actors.home_assistant import HomeAssistant

GOOD, WARNING, BAD = 0, 1, 2


class Finding(NamedTuple):
    """One of what the doctor says."""

    verdict: str
    evidence: str
    cure: str


def examine(front: Front, status: int) -> dict[str, Finding]:
    """What it finds by subject, and that it exits so."""
    done = front.run("doctor", "--json", "-f", str(front.file))
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert done.returncode == status, done.stdout
    assert found["verdict"] == ["ok", "warn", "fail"][status]
    return {row["subject"]: Finding(
        row["verdict"], row["evidence"], row["cure"])
        for row in found["checks"]}


def wrong(findings: dict[str, Finding]) -> set[str]:
    """The subjects of what is wrong."""
    return {subject for subject, finding in findings.items()
            if finding.verdict in ("warn", "fail")}


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
    assert "expired" in chain.evidence


def test_no_certificate_yet(make_gateway, home_assistant):
    front = make_gateway(Front, native(home_assistant.address)).start_ready()
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
