"""Where a public address comes from, and whom the job believes about it."""

from __future__ import annotations

from typing import Iterator, NamedTuple

import pytest

from actors.ddns import BROKEN, HTML, TOKEN, Reply
from actors.ddns_job import BOTH, Job, Street, street
from actors.netns import Namespace

NAME = "myhome.duckdns.org"
OLD4, NEW4, OLD6, NEW6 = (
    "93.184.216.34", "93.184.216.35", "2a02:1234::7", "2a02:1234::8")


@pytest.fixture(scope="module")
def street_of_all(network: Namespace, tmp_path_factory
                  ) -> Iterator[Street]:
    with street(network, tmp_path_factory.mktemp("town"),
                zones=("duckdns.org",), hosts=(NAME,)) as made:
        yield made


@pytest.fixture
def town(street_of_all: Street) -> Iterator[Street]:
    """With one address of each family. No provider is asked."""
    made = street_of_all
    made.reset(f"{OLD4}/32", f"{OLD6}/64")
    yield made
    assert made.providers.requests == []


class Says(NamedTuple):
    """Three services, and what is made of them."""

    answers: tuple[str | Reply, str | Reply, str | Reply]
    found: str


TRACE = f"fl=1\nip={NEW4}\nts=1\n"
SERVICES = {
    "all": Says((NEW4, NEW4, NEW4), NEW4),
    "newlines": Says((f"{NEW4}\n", f" {NEW4}\r\n", TRACE), NEW4),
    "one lies": Says((NEW4, "93.184.216.99", NEW4), NEW4),
    "one is down": Says((NEW4, BROKEN, NEW4), NEW4),
    "two are down": Says((NEW4, BROKEN, BROKEN), ""),
    "all differ": Says((NEW4, OLD4, "93.184.216.99"), ""),
    "two say HTML": Says((NEW4, HTML, HTML), ""),
    "private": Says(("192.168.1.7", "192.168.1.7", "192.168.1.7"), ""),
    "shared": Says(("100.64.3.4", "100.64.3.4", "100.64.3.4"), ""),
    "loopback": Says(("127.0.0.1", "127.0.0.1", NEW4), ""),
    "other family": Says((NEW6, NEW6, NEW4), ""),
    "words": Says(("1.2.3", "0x5db8d822", "93.184.216.035"), ""),
    "empty": Says(("", "", NEW4), ""),
    "huge": Says((NEW4 + "0" * 5000, NEW4, "9" * 100000), ""),
}
HOSTS = "one.check.test", "two.check.test", "three.check.test"
URLS = [f"https://{host}/ip" for host in HOSTS]


def job(town: Street, **fields) -> Job:
    return Job(town, provider="duckdns", hosts=NAME, token=TOKEN,
               listens=BOTH, **fields)


@pytest.mark.parametrize("says", SERVICES.values(), ids=list(SERVICES))
def test_two_of_three_services(town: Street, says: Says):
    town.providers.addresses.update(zip(HOSTS, says.answers))
    done = job(town, services=URLS, ipv4="SERVICE").run("LOOK")
    if says.found:
        assert done.found["ipv4"] == says.found
        assert done.found["source4"] == "service"
        assert done.done["updated"] == 0
    else:
        assert done.kind == "NOWHERE"
    assert {who for _, who in town.providers.asked} == {"127.0.0.1"}


def test_services_are_asked_by_ipv6(town: Street):
    """What we do not have ourselves is not ours, whoever says so."""
    for answer, found in (OLD6, OLD6), (NEW4, ""):
        town.providers.asked.clear()
        town.providers.addresses.update({host: answer for host in HOSTS})
        done = job(town, services=URLS, ipv6="SERVICE").run("LOOK")
        if found:
            assert done.found["ipv6"] == found
        else:
            assert done.kind == "NOWHERE"
        assert {who for _, who in town.providers.asked} == {"::1"}


@pytest.mark.parametrize("source, router, mine, found", [
    ("ROUTER", NEW4, OLD4, (NEW4, "router")),
    ("ROUTER", "100.64.3.4", OLD4, None),
    ("ROUTER", "192.168.178.1", OLD4, None),
    ("ROUTER", "nonsense", OLD4, None),
    ("AUTO", NEW4, OLD4, (OLD4, "interface")),
    ("AUTO", NEW4, "192.168.1.2", (NEW4, "router")),
    ("AUTO", "100.64.3.4", "192.168.1.2", ("93.184.216.36", "service")),
    ("INTERFACE", NEW4, "192.168.1.2", None),
    ("INTERFACE", NEW4, "100.64.3.4", None),
    ("INTERFACE", NEW4, "169.254.3.4", None),
])
def test_who_is_believed(town: Street, source: str, router: str, mine: str,
                         found: tuple[str, str] | None):
    town.address("del", f"{OLD4}/32")
    town.address("add", f"{mine}/32")
    town.providers.addresses.update(
        {host: "93.184.216.36" for host in HOSTS})
    done = job(town, ipv4=source, router=router, services=URLS).run("LOOK")
    if found:
        assert (done.found["ipv4"], done.found["source4"]) == found
    else:
        assert done.kind == "NOWHERE"
    asked = len(town.providers.asked)
    assert asked >= 2 if found and found[1] == "service" else asked == 0
