"""gatehouse setup, from nothing to a page that the internet loads.

Only what somebody at home has: a machine, a router, a name with a token, and
Home Assistant. See actors/scene.py for what is around them.
"""

from __future__ import annotations

import contextlib
import json
import re
import ssl
from typing import Iterator, NamedTuple

import pytest

from actors.ddns import TOKEN
from actors.fake_ca import problem
from actors.home_assistant import TOKEN as HA_TOKEN, HomeAssistantSocket
from actors.netns import NamespacesRefused
from actors.router import CLIENT, WAN
from actors.scene import FILE, NAME, NEW_ORDER, Scene
from actors.watched import wait_for

GOOD, HA, DNS, PORT, ACME, HA_CONFIG = 0, 2, 3, 4, 5, 6
TOKEN_FILE, HA_TOKEN_FILE = "token", "ha-token"
COMMAND = ("gatehouse", "setup", "--host", NAME, "--ddns", "duckdns",
           "--ddns-token-file", TOKEN_FILE, "--email", "me@example.org",
           "--agree-tos", "--yes")
WITH_TOKEN = "--ha-token-file", HA_TOKEN_FILE


class Step(NamedTuple):
    """A line of what setup says."""

    label: str
    verdict: str
    text: str
    next: str


class Outcome(NamedTuple):
    status: int
    url: str
    steps: list[Step]

    def step(self, label: str) -> Step:
        """The last one of this label."""
        return [step for step in self.steps if step.label == label][-1]

    @property
    def failed(self) -> Step:
        """The one that ended it; after it comes what may be why."""
        last = [step for step in self.steps if step.label][-1]
        assert last.verdict == "fail", self.told
        return last

    @property
    def told(self) -> str:
        return "\n".join([f"exit status {self.status}",
                          *map(str, self.steps)])


@contextlib.contextmanager
def built(*, token: str = TOKEN, **options) -> Iterator[Scene]:
    try:
        made = Scene(**options)
    except NamespacesRefused as refused:
        pytest.skip(f"no namespaces here: {refused}")
    with made:
        made.write_own(TOKEN_FILE, token + "\n")
        made.write_own(HA_TOKEN_FILE, HA_TOKEN + "\n")
        yield made


@pytest.fixture
def scene() -> Iterator[Scene]:
    with built() as made:
        yield made


def set_up(scene: Scene, *options: str) -> Outcome:
    done = scene.type(*COMMAND, *options, "--json", timeout=100)
    assert done.stdout, done.stderr
    said = json.loads(done.stdout)
    assert said["exit"] == done.returncode and said["file"] == FILE
    for secret in TOKEN, HA_TOKEN:
        assert secret not in done.stdout + done.stderr
    return Outcome(done.returncode, said["url"], [
        Step(row["step"], row["verdict"], row["text"], row["next"])
        for row in said["steps"]])


def succeed(scene: Scene, *options: str) -> Outcome:
    outcome = set_up(scene, *options)
    assert outcome.status == GOOD, outcome.told
    assert outcome.url == f"https://{NAME}"
    return outcome


def fail(scene: Scene, status: int, *options: str) -> Step:
    outcome = set_up(scene, *options)
    assert outcome.status == status, outcome.told
    return outcome.failed


def files(scene: Scene) -> dict[str, tuple[str, int, int]]:
    """What is in the directory: content, mode, and when it was written."""
    return {path.name: (path.read_text(), path.stat().st_mode & 0o777,
                        path.stat().st_mtime_ns)
            for path in scene.path("/etc/gatehouse").iterdir()}


def asked(scene: Scene) -> dict[str, int]:
    """Who was asked for something, and how often."""
    return {"production": scene.production.count(NEW_ORDER),
            "provider": scene.asked("www.duckdns.org")}


ONCE = {"production": 1, "provider": 1}


def is_running(scene: Scene) -> bool:
    return scene.type("gatehouse", "status").returncode == 0


def test_one_command():
    with built(home_assistant=("--no-forwarded",)) as scene:
        outcome = succeed(scene, *WITH_TOKEN)
        assert scene.visit().status == 200
        assert scene.visit("/api/echo").json()["remote"] == CLIENT
        with HomeAssistantSocket(scene.client()) as socket:
            assert socket.call("ping")["type"] == "pong"
        assert asked(scene) == ONCE
        assert scene.staging.count(NEW_ORDER) >= 2
        assert scene.records.get(NAME, "A") == [WAN]
        assert not scene.providers.complaints
        assert f"external_url is now https://{NAME}" in (
            outcome.step("Home Assistant").text)
        made = files(scene)
        assert {name: mode for name, (_, mode, _) in made.items()} == {
            "gatehouse.conf": 0o640, "duckdns.token": 0o600}
        assert TOKEN not in made["gatehouse.conf"][0]
        assert "staging" not in made["gatehouse.conf"][0]
        again = scene.type(*COMMAND)
        assert again.returncode == GOOD, again
        assert "Nothing had to be changed. Open https://" in again.stdout
        assert files(scene) == made and asked(scene) == ONCE


def test_what_it_prints(scene):
    done = scene.type(*COMMAND)
    assert done.returncode == GOOD and done.stderr == "", done
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert "\033" not in done.stdout and "\r" not in done.stdout
    for words in (
            "found 2026.9.1 at 127.0.0.1:8123",
            f"{NAME} leads to {WAN}: duckdns has it",
            "the router forwards 80:80 443:443 to us",
            f"issued for {NAME}", f"Open https://{NAME}"):
        assert words in " ".join(done.stdout.split())


def test_dry_run(scene):
    outcome = set_up(scene, "--dry-run")
    assert outcome.status == GOOD, outcome.told
    assert not files(scene) and not is_running(scene)
    assert asked(scene) == {"production": 0, "provider": 0}


def test_staging(scene):
    succeed(scene, "--staging")
    assert asked(scene) == {"production": 0, "provider": 1}
    with pytest.raises(ssl.SSLCertVerificationError):
        scene.visit()
    succeed(scene)
    assert asked(scene) == ONCE
    assert scene.visit().status == 200


def interrupt(scene: Scene, label: str) -> None:
    """Kill it once it has said this."""
    with scene.begin(*COMMAND) as process:
        for line in process.stdout:
            if line.startswith(label):
                break
        else:
            raise AssertionError(f"it ended before {label}")
        process.kill()


def test_interrupted_at_every_step(scene):
    for label in ("Configuration", "Service", "DNS", "Router", "Rehearsal",
                  "Port 443", "Certificate"):
        interrupt(scene, label)
    succeed(scene)
    assert asked(scene) == ONCE
    assert scene.visit().status == 200


def test_nothing_is_overwritten(scene):
    mine = "# mine\n"
    scene.write(FILE, mine, 0o640)
    step = fail(scene, 1)
    assert f"{FILE} is not from these answers" in step.text
    assert scene.path(FILE).read_text() == mine
    assert NAME in scene.path(FILE + ".gatehouse-new").read_text()
    assert asked(scene) == {"production": 0, "provider": 0}


def test_home_assistant_is_not_there():
    with built(home_assistant=None) as scene:
        step = fail(scene, HA)
        assert "127.0.0.1:8123" in step.text and "--backend" in (
            step.text + step.next)
        assert not files(scene)


def test_wrong_token():
    with built(token="of-somebody-else") as scene:
        step = fail(scene, DNS)
        assert "KO" in step.text and "Check Token" in step.next
        assert not files(scene) and not is_running(scene)
        scene.write_own(TOKEN_FILE, TOKEN + "\n")
        succeed(scene)
        assert scene.visit().status == 200


def test_dns_that_is_slow(scene):
    """Nobody is asked for a certificate before the zone says the address."""
    def shown() -> str:
        said = scene.type("gatehouse", "status", "--json").stdout
        return json.loads(said)["ddns"][0]["dns4"]

    scene.providers.zone.frozen[NAME, "A"] = ["198.51.100.4"]
    interrupt(scene, "Service")
    wait_for(shown, "198.51.100.4".__eq__)
    assert scene.production.requests == scene.staging.requests == []
    scene.providers.zone.frozen.clear()
    succeed(scene)
    assert asked(scene) == ONCE


def test_port_443_is_blocked(scene):
    scene.block(443)
    step = fail(scene, PORT)
    assert step.label == "Port 443"
    assert "no connection to port 443" in step.text
    assert scene.production.requests == []


@pytest.mark.parametrize("how,said", [
    ("reject with tcp reset", "refused at port 80"),
    pytest.param("drop", "timeout at port 80", marks=[
        pytest.mark.slow, pytest.mark.timeout(150)])], ids=["loud", "silent"])
def test_port_80_is_blocked(scene, how, said):
    """The rehearsal finds another way; production is not made to."""
    scene.block(80, how)
    outcome = succeed(scene)
    assert scene.visit().status == 200
    assert asked(scene) == ONCE
    port = outcome.step("Port 80")
    assert port.verdict == "warn" and said in port.text


def test_port_80_is_blocked_and_not_asked_for(scene):
    scene.block(80)
    succeed(scene, "--http01=no")
    assert scene.visit().status == 200
    assert asked(scene) == ONCE


def test_port_80_is_taken(scene):
    with scene.house.listen(("0.0.0.0", 80)):
        step = fail(scene, PORT)
        assert "port 80 is held by" in step.text
        assert "--http01=no" in step.next
        assert not files(scene)
        succeed(scene, "--http01=no")
        assert scene.visit().status == 200


def test_router_that_maps_nothing():
    with built(upnp=False) as scene:
        outcome = set_up(scene)
        assert outcome.status == PORT, outcome.told
        router = outcome.step("Router")
        assert router.verdict == "warn"
        assert "TCP port 80 to 192.168.77.2:80, 443 to" in router.next
        assert "443" in outcome.failed.text
        assert scene.production.requests == []


def test_one_address_for_many_houses():
    with built(cgnat=True) as scene:
        outcome = set_up(scene)
        assert outcome.status == PORT, outcome.told
        assert re.search(r"[Aa]sk (it|the provider) for a public",
                         outcome.step("Router").next), outcome.told
        assert "443" in outcome.failed.text
        assert scene.production.requests == []


def test_aaaa_that_leads_elsewhere(scene):
    scene.records.set(NAME, "AAAA", "2001:db8::1")
    outcome = set_up(scene)
    assert outcome.status == PORT, outcome.told
    cause = outcome.step("")
    assert f"AAAA of {NAME}: 2001:db8::1" in cause.text
    assert "Remove the AAAA record" in cause.next
    assert scene.production.requests == []


def test_firewall_of_the_house(scene):
    scene.shut(443)
    outcome = set_up(scene)
    assert outcome.status == PORT, outcome.told
    assert outcome.failed.label == "Port 443"
    cause = outcome.step("")
    assert "firewall for port 443: " in cause.text
    assert "tcp dport 443 accept" in cause.next
    assert scene.production.requests == []


def test_rate_limit(scene):
    scene.production.replies[NEW_ORDER] = problem(
        "rateLimited", 429, "too many certificates already issued",
        {"Retry-After": "86400"})
    step = fail(scene, ACME)
    assert "too many certificates already issued" in step.text
    assert "tried again at" in step.text
    assert asked(scene) == ONCE
    scene.production.replies.clear()


@pytest.mark.parametrize("options,flags,said", [
    ((), (), "add 127.0.0.1/32 and ::1/128 to the trusted proxies"),
    (("--version", "2026.7.3"), WITH_TOKEN, "    - 127.0.0.1\n"),
    (("--trial", "unusable"), WITH_TOKEN, "could not start with the new"),
], ids=["no-token", "old", "reverts"])
def test_home_assistant_distrusts(options, flags, said):
    with built(home_assistant=("--no-forwarded", *options)) as scene:
        step = fail(scene, HA_CONFIG, *flags)
        assert step.label == "Home Assistant"
        assert said in step.text + step.next
        assert asked(scene) == ONCE
