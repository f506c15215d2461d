"""Debian's inadyn and ddclient, and ours, at the same providers.

The fakes are right if clients that the real providers serve are content with
them; ours is right if it sends what those send.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Callable, Iterator

import pytest

from actors.ddns import LOGIN, PASSWORD, TOKEN, Reply, Request
from actors.ddns_job import Job, Street, street
from actors.netns import Namespace

ADDRESS = "93.184.216.35"
HOST, DUCK = "ha.mine.com", "myhome.duckdns.org"
# Of a password in their files, everybody understands another part.
SIMPLE = "p4ssword"

pytestmark = pytest.mark.skipif(
    not (shutil.which("inadyn") and shutil.which("ddclient")),
    reason="no inadyn and ddclient here")


@pytest.fixture(scope="module")
def town(network: Namespace, tmp_path_factory
         ) -> Iterator[Street]:
    with street(network, tmp_path_factory.mktemp("town"),
                zones=("duckdns.org", "mine.com"), hosts=(HOST, DUCK)) as made:
        made.address("add", f"{ADDRESS}/24")
        yield made


@pytest.fixture(autouse=True)
def reset(town: Street) -> None:
    town.providers.reset()


def inadyn(town: Street, directory: Path, provider: str, **settings: str
           ) -> Request:
    """What it sends first."""
    lines = "".join(f"    {name.replace('_', '-')} = {value}\n"
                    for name, value in settings.items())
    (directory / "inadyn.conf").write_text(
        f"ca-trust-file = {town.providers.ca_file}\nsecure-ssl = true\n"
        f"iface = wan\nallow-ipv6 = false\n"
        f"provider {provider} {{\n{lines}}}\n")
    said = town.namespace.run(
        "inadyn", "-1", "--force", "-n", "-l", "debug", "--no-pidfile",
        f"--cache-dir={directory}", "-f", directory / "inadyn.conf")
    assert town.providers.requests, said
    return town.providers.requests[0]


def ddclient(town: Street, directory: Path, **settings: str) -> Request:
    host = settings.pop("host")
    lines = ", \\\n".join(f"{name}={value}"
                       for name, value in settings.items())
    file = directory / "ddclient.conf"
    file.write_text(f"daemon=0\nssl=yes\nuse=if\nif=wan\n"
                    f"ssl_ca_file={town.providers.ca_file}\n{lines} {host}\n")
    file.chmod(0o600)
    said = town.namespace.run(
        "ddclient", "-file", file, "-cache", directory / "ddclient.cache",
        "-pid", directory / "ddclient.pid", "-force", "-verbose",
        "-daemon=0")
    assert town.providers.requests, said
    return town.providers.requests[0]


def ours(town: Street, _directory: Path, **fields: str) -> Request:
    said = Job(town, ipv4="INTERFACE", **fields).run("FORCE")
    assert town.providers.requests, said
    return town.providers.requests[0]


def head(request: Request) -> tuple:
    return (request.method, request.host, request.path, request.basic,
            request.query.get("hostname"), request.query.get("myip"))


BASIC = {"login": LOGIN, "password": SIMPLE}


@pytest.fixture
def password(monkeypatch) -> None:
    """The fakes want one that fits into everybody's file."""
    monkeypatch.setattr("actors.ddns_providers.PASSWORD", SIMPLE)


CLIENTS: dict[str, Callable[[Street, Path], Request]] = {
    "inadyn": lambda town, path: inadyn(
        town, path, "default@dyndns.org", username=LOGIN, password=SIMPLE,
        hostname=HOST),
    "ddclient": lambda town, path: ddclient(
        town, path, protocol="dyndns2", server="members.dyndns.org",
        host=HOST, login=LOGIN, password=SIMPLE),
    "ours": lambda town, path: ours(
        town, path, provider="dyn", hosts=HOST, **BASIC),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_dyndns2(town: Street, tmp_path: Path, password, client: str):
    """All send the same, but for the `system` that only some still want."""
    request = CLIENTS[client](town, tmp_path)
    assert head(request) == ("GET", "members.dyndns.org", "/nic/update",
                             (LOGIN, SIMPLE), HOST, ADDRESS)
    assert set(request.query) - {"system"} == {"hostname", "myip"}


DUCKS: dict[str, Callable[[Street, Path], Request]] = {
    "inadyn": lambda town, path: inadyn(
        town, path, "default@duckdns.org", username=TOKEN,
        password="noPasswordForDuckdns", hostname=DUCK),
    "ddclient": lambda town, path: ddclient(
        town, path, protocol="duckdns", host="myhome", password=TOKEN),
    "ours": lambda town, path: ours(
        town, path, provider="duckdns", hosts=DUCK, token=TOKEN),
}


@pytest.mark.parametrize("client", DUCKS)
def test_duckdns(town: Street, tmp_path: Path, client: str):
    request = DUCKS[client](town, tmp_path)
    query = {name: value for name, value in request.query.items()
             if name != "verbose"}
    assert (request.method, request.path, query) == ("GET", "/update", {
        "domains": "myhome", "token": TOKEN, "ip": ADDRESS})
    assert town.providers.records.get(DUCK, "A") == [ADDRESS]


def called_he() -> str:
    """It has had the name of all the others since 2.11."""
    version = subprocess.run(["inadyn", "--version"], text=True, check=True,
                             stdout=subprocess.PIPE).stdout
    old = [int(part) for part in version.split(".")[:2]] < [2, 11]
    return "dyndns@he.net" if old else "default@he.net"


# What inadyn calls them, and what it wants to be told
SERVED = {
    "default@no-ip.com": {"username": LOGIN, "password": SIMPLE},
    "default@strato.com": {"username": LOGIN, "password": SIMPLE},
    "default@ovh.com": {"username": LOGIN, "password": SIMPLE},
    "default@dynu.com": {"username": LOGIN, "password": SIMPLE},
    "he.net": {"username": HOST, "password": SIMPLE},
    "default@cloudflare.com": {"username": "mine.com", "password": TOKEN,
                               "ttl": "1", "proxied": "false"},
}


@pytest.mark.parametrize("provider", SERVED)
def test_fakes_serve_inadyn(town: Street, tmp_path: Path, password,
                            provider: str):
    name = called_he() if provider == "he.net" else provider
    inadyn(town, tmp_path, name, hostname=HOST, **SERVED[provider])
    assert town.providers.records.get(HOST, "A") == [ADDRESS]
    assert town.providers.complaints == []


@pytest.mark.parametrize("client", CLIENTS)
def test_refusal(town: Street, tmp_path: Path, password, client: str):
    """Nobody takes a web page for a success."""
    town.providers.answer = Reply("<html>Good morning</html>")
    try:
        CLIENTS[client](town, tmp_path)
    except AssertionError:
        pass    # it says so with its status
    assert town.providers.records.get(HOST, "A") == []
