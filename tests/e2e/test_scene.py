"""The scene proves itself, with a gateway that was set up by hand.

What fails here fails as it does in a house: setup's own tests rely on it.
"""

from __future__ import annotations

import contextlib
import ssl
from typing import Iterator

import pytest

from actors.ddns import TOKEN
from actors.fake_ca import problem
from actors.gateway import Gateway
from actors.netns import NamespacesRefused
from actors.router import WAN
from actors.scene import FILE, NAME, NEW_ORDER, Scene
from actors.watched import wait_for

TOKEN_FILE = "/etc/gatehouse/duckdns.token"
CONFIG = f"""
User "nobody"
PortMap auto
ACME
    Directory %s
    Challenge %s
End
Gateway "{NAME}"
    Forward "127.0.0.1:8123"
    Email "me@example.org"
    DDNS "duckdns"
        TokenFile "{TOKEN_FILE}"
    End
End
"""
FAILED = f"warning: certificate for {NAME}: "


@contextlib.contextmanager
def built(**options) -> Iterator[Scene]:
    try:
        made = Scene(**options)
    except NamespacesRefused as refused:
        pytest.skip(f"no namespaces here: {refused}")
    with made:
        yield made


@pytest.fixture
def scene() -> Iterator[Scene]:
    with built() as made:
        yield made


@contextlib.contextmanager
def served(scene: Scene, *, token: str = TOKEN,
           authority: str = "letsencrypt", challenge: str = "http-01"
           ) -> Iterator[Gateway]:
    """With what somebody has written by hand."""
    scene.write(TOKEN_FILE, token + "\n", 0o600)
    scene.write(FILE, CONFIG % (authority, challenge), 0o640)
    with contextlib.closing(scene.gateway()) as gateway:
        gateway.start_ready()
        yield gateway
        gateway.stop()


def doctor(scene: Scene) -> str:
    """What it says, in one line."""
    return " ".join(scene.type("gatehouse", "doctor").stdout.split())


def doctor_says(scene: Scene, *words: str) -> str:
    """All it says, once all of these are in it."""
    return wait_for(lambda: doctor(scene),
                    lambda said: all(word in said for word in words))


def test_from_nothing_to_a_page(scene):
    with served(scene) as gateway:
        gateway.wait_certificate()
        assert scene.records.get(NAME, "A") == [WAN]
        assert scene.staging.requests == []     # that is for the doctor
        page = scene.visit()
        assert page.status == 200 and "Home Assistant" in page.body.decode()
        doctor_says(scene, " 0 wrong", f"A of {NAME}: {WAN}, which is ours",
                    "from inside: 8.8.4.4 does not answer")
        with pytest.raises(OSError):
            scene.visit(space=scene.house)
        scene.allow_hairpin()
        assert scene.visit(space=scene.house).status == 200
        assert "does not answer" not in doctor(scene)
    assert scene.production.count(NEW_ORDER) == 1
    assert scene.asked("www.duckdns.org") == 1
    with served(scene) as again:
        again.wait_for_line(f"the address is {WAN}")
        assert scene.visit().status == 200
    assert scene.production.count(NEW_ORDER) == 1
    assert scene.asked("www.duckdns.org") == 1
    assert scene.providers.complaints == []


def test_staging_is_another_authority(scene):
    with served(scene, authority="letsencrypt-staging") as gateway:
        gateway.wait_certificate()
        with pytest.raises(ssl.SSLCertVerificationError):
            scene.visit()
        orders = scene.staging.count(NEW_ORDER)     # the doctor has its own
        cure = ('-> Say Directory "letsencrypt" in the ACME section, then '
                "`gatehouse reload`;")
        said = doctor_says(
            scene, f"warn certificate of {NAME}: browsers do not accept it",
            f"warn chain of {NAME}: browsers do not accept the certificate: "
            f"nobody who is trusted vouches for it {cure}")
        assert said.count(cure) == 2 and "CAFile" not in said
    assert scene.production.requests == []
    assert orders == 1


def test_tls_alpn_where_port_80_is_blocked(scene):
    scene.block(80)
    with served(scene, challenge="tls-alpn-01") as gateway:
        gateway.wait_certificate()
        assert scene.visit().status == 200


def test_blocked_port_80(scene):
    scene.block(80)
    with served(scene) as gateway:
        gateway.wait_for_line(f"{FAILED}.*connection refused at port 80")
    assert scene.production.count(NEW_ORDER) == 1


def test_router_that_maps_nothing():
    with built(upnp=False) as scene, served(scene) as gateway:
        gateway.wait_for_line(f"{FAILED}.*connection refused at port 80")
        assert scene.records.get(NAME, "A") == [WAN]
        with pytest.raises(OSError):
            scene.visit()
        gateway.wait_for_line("port mapping: no router answers")


def test_one_address_for_many_houses():
    with built(cgnat=True) as scene, served(scene) as gateway:
        gateway.wait_for_line(f"{FAILED}.*connection refused at port 80")
        assert scene.records.get(NAME, "A") == [WAN]
        gateway.wait_for_line(r"port mapping: no resources.*\(CGNAT\)")


def test_wrong_token(scene):
    with served(scene, token="of-somebody-else") as gateway:
        gateway.wait_for_line("DuckDNS refuses it without saying why")
        doctor_says(scene, "KO: DuckDNS refuses it")
    assert scene.asked("www.duckdns.org") == 1
    assert scene.production.requests == []
    assert scene.records.history == []


def test_aaaa_that_leads_elsewhere(scene):
    scene.records.set(NAME, "AAAA", "2001:db8::1")
    with served(scene) as gateway:
        gateway.wait_for_line(
            f"{FAILED}.*no route to the IPv6 address 2001:db8::1, port 80")
        wait_for(lambda: gateway.status()["certificates"][0]["advice"],
                 lambda said: "correct the AAAA record, or remove it" in said)
        doctor_says(scene, f"FAIL AAAA of {NAME}: 2001:db8::1")


def test_rate_limit(scene):
    scene.production.replies[NEW_ORDER] = problem(
        "rateLimited", 429, "too many certificates already issued",
        {"Retry-After": "86400"})
    with served(scene) as gateway:
        gateway.wait_for_line(f"{FAILED}.*rateLimited: too many")
        doctor_says(scene, "the next attempt waits as it asks")
    assert scene.production.count(NEW_ORDER) == 1
    assert scene.production.pebble.new_orders == 0


@pytest.mark.parametrize("home_assistant,said", [
    (("--no-forwarded",), "Home Assistant does not trust the gateway"),
    (None, "FAIL backend 127.0.0.1 port 8123: Connection refused")],
    ids=["distrusts", "absent"])
def test_home_assistant(home_assistant, said):
    with built(home_assistant=home_assistant) as scene, \
            served(scene) as gateway:
        gateway.wait_certificate()
        doctor_says(scene, said)
        assert scene.visit().status == (400 if home_assistant else 503)


def test_port_80_of_another_program(scene):
    with scene.house.listen(("0.0.0.0", 80)):
        scene.write(FILE, CONFIG % ("letsencrypt", "http-01"), 0o640)
        scene.write(TOKEN_FILE, TOKEN + "\n", 0o600)
        with contextlib.closing(scene.gateway()) as gateway:
            gateway.start()
            assert gateway.wait() != 0
            gateway.wait_for_line("port 80")
