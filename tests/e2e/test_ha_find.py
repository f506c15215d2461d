"""Home Assistant is found: on this machine, in the house, where one says."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

from actors.authority import Authority
from actors.avahi import Avahi
from actors.backend import ScriptedBackend
from actors.front import Front, pound
from actors.gateway import BUILD
from actors.home_assistant import HomeAssistant
from actors.netns import Namespace
from actors.process import Process

NAME = "gw.test"
OURS, ITS = "192.168.7.1", "192.168.7.2"
FOUND = r"Home Assistant 2026\.9\.1 was found at {}\."


class House(NamedTuple):
    """Two machines and the cable between them."""

    ours: Namespace
    other: Namespace


@pytest.fixture
def house(namespace: Namespace) -> Iterator[House]:
    with Namespace() as other:
        namespace.run("ip", "link", "add", "lan", "type", "veth", "peer",
                      "name", "lan", "netns", str(other.pid))
        for side, address in (namespace, OURS), (other, ITS):
            side.run("ip", "address", "add", f"{address}/24", "dev", "lan")
            side.run("ip", "link", "set", "lan", "up")
        yield House(namespace, other)


def run(namespace: Namespace, directory: Path) -> Process:
    return Process("gatehouse run", [
        BUILD / "bin/gatehouse", "run", "--host", NAME, "--state-dir",
        directory / "state"], namespace=namespace)


def expect(namespace: Namespace, directory: Path, place: str) -> str:
    """It is found there, and served; what was said about it."""
    with run(namespace, directory) as process:
        process.wait_for_line(FOUND.format(place), 20)
        process.wait_for_line("ready: 2 listeners", 20)
        assert process.stop() == 0
        return process.tail().partition("gatehoused[")[0]


def test_on_this_machine(namespace, short):
    with HomeAssistant(port=8123, namespace=namespace):
        said = expect(namespace, short, "127.0.0.1:8123")
    assert "does not trust" not in said
    assert 'Forward "127.0.0.1:8123"' in (
        short / "state/gatehouse.conf").read_text()


def test_it_does_not_trust_us(namespace, short):
    with HomeAssistant("--no-forwarded", port=8123, namespace=namespace):
        said = expect(namespace, short, "127.0.0.1:8123")
    assert "which it sees as 127.0.0.1: `gatehouse doctor`" in said


def test_at_a_port_of_its_own_with_tls(namespace, short):
    chain, key = Authority(short).issue("ha.test")
    both = short / "both.pem"
    both.write_bytes(chain.read_bytes() + key.read_bytes())
    with Process("home assistant", [
            *HomeAssistant("--certificate", str(both), port=8123).argv],
            namespace=namespace) as backend:
        backend.wait_for_line("listening on")
        expect(namespace, short, r"https://127\.0\.0\.1:8123")
    assert "Insecure" in (short / "state/gatehouse.conf").read_text()


@pytest.mark.parametrize("port", [8123, 8765, 80])
def test_in_the_house(house, short, port):
    with HomeAssistant(host=ITS, port=port, namespace=house.other), \
            Avahi(house.other, port):
        said = expect(house.ours, short, f"{ITS}:{port}")
    assert f"which it sees as {OURS}: `gatehouse doctor`" in said


def test_who_says_that_he_is(house, short):
    """An answer is only believed when the place is what it says."""
    printer = ScriptedBackend(listener=house.other.listen((ITS, 8123)))
    with printer, Avahi(house.other, 8123), \
            run(house.ours, short) as process:
        assert process.wait(30) == 1
        said = process.tail()
    assert f"http://{ITS}:8123: answers with 200, and is not Home " in said


def test_nowhere(house, short):
    with Avahi(house.other, 631, kind="_ipp._tcp"), \
            run(house.ours, short) as process:
        assert process.wait(30) == 1
        said = process.tail()
    for port in "8123", "80":
        assert f"http://127.0.0.1:{port}: Connection refused" in said
    assert "https://127.0.0.1:443: Connection refused" in said
    assert "in the house, by mDNS: nobody answers" in said
    assert "--backend ADDRESS:PORT" in said
    assert not (short / "state").exists()


def test_the_gateway_is_not_home_assistant(namespace, short, make_gateway):
    """Nor does a second gateway find the first one."""
    with HomeAssistant(port=8765, namespace=namespace) as backend:
        make_gateway(Front, pound(backend.address), http_port=80,
                     https_port=443, namespace=namespace).start_ready()
        with run(namespace, short) as process:
            assert process.wait(30) == 1
            said = process.tail()
    for place in "http://127.0.0.1:80", "https://127.0.0.1:443":
        assert f"{place}: is this gateway itself" in said
