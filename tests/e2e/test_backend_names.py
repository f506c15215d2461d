"""Backends that have a name, and the name several addresses."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Callable, Iterator

import pytest

from actors.backend import ScriptedBackend, answer
from actors.front import Front
from actors.netns import Namespace
from test_balancing import services

PORT = 8123


def introduce(name: bytes) -> Callable:
    """Each request needs a connection of its own."""
    return answer(b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
                  b"Content-Length: %d\r\n\r\n%s" % (len(name), name))


@pytest.fixture
def known_as(namespace: Namespace, tmp_path: Path) -> Callable[..., None]:
    """Gives ha.test these addresses."""
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    namespace.run("mount", "--bind", hosts, "/etc/hosts")

    def name(*addresses: str) -> None:
        hosts.write_text("127.0.0.1 localhost\n" + "".join(
            f"{address} ha.test\n" for address in addresses))
    return name


@pytest.fixture
def two(namespace: Namespace) -> Iterator[list[ScriptedBackend]]:
    backends = [ScriptedBackend(
        introduce(address.encode()),
        listener=namespace.listen((address, PORT)))
        for address in ("127.0.0.2", "127.0.0.3")]
    with backends[0], backends[1]:
        yield backends


def at(*lines: str) -> Callable[[Front], str]:
    more = "\n".join(lines)
    return services(f"BackEnd\nAddress ha.test\nPort {PORT}\n{more}\nEnd",
                    top="Alive 3600")


def ask(front: Front, count: int, method: str = "GET") -> Counter[bytes]:
    with front.https() as client:
        return Counter(client.request(method, "/").body
                       for _ in range(count))


def wait_until_known(front: Front) -> None:
    """The worker hears of it after the log."""
    front.wait_for_line("backend ha.test port 8123 is up")
    deadline = time.monotonic() + 5
    with front.https() as client:
        while client.request("GET", "/").status == 503:
            assert time.monotonic() < deadline


def test_first_address_is_used(namespace, known_as, two):
    known_as("127.0.0.2", "127.0.0.3")
    with Front(at(), namespace=namespace) as front:
        wait_until_known(front)
        assert len(ask(front, 6)) == 1


def test_all_addresses_take_turns(namespace, known_as, two):
    known_as("127.0.0.2", "127.0.0.3")
    with Front(at("Resolve all"), namespace=namespace) as front:
        wait_until_known(front)
        assert ask(front, 10) == {b"127.0.0.2": 5, b"127.0.0.3": 5}


@pytest.mark.parametrize("which", ["first", "all"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_address_where_nobody_is_costs_nothing(namespace, known_as, two,
                                               which, method):
    known_as("127.0.0.4", "127.0.0.3", "127.0.0.5")
    with Front(at(f"Resolve {which}"), namespace=namespace) as front:
        wait_until_known(front)
        assert ask(front, 6, method) == {b"127.0.0.3": 6}


def test_address_that_goes_is_replaced_at_once(namespace, known_as, two):
    known_as("127.0.0.2", "127.0.0.3")
    with Front(at(), namespace=namespace) as front:
        wait_until_known(front)
        used, = ask(front, 2)
        gone = two[used == b"127.0.0.3"]
        gone.stop()
        assert set(ask(front, 4)) == {b"127.0.0.2", b"127.0.0.3"} - {used}


@pytest.mark.parametrize("family, address", [
    ("inet", r"127\.0\.0\.2:8123$"), ("inet6", r"\[fd00::9\]:8123$")])
def test_family(namespace, known_as, two, family, address):
    known_as("127.0.0.2", "fd00::9")
    with Front(at(f"Family {family}"), namespace=namespace) as front:
        front.wait_for_line("backend ha.test is at " + address)


def test_new_address_is_found(namespace, known_as, two):
    known_as("127.0.0.2")
    with Front(at("OverrideTTL 1"), namespace=namespace) as front:
        wait_until_known(front)
        mark = front.mark()
        known_as("127.0.0.3")
        front.wait_for_line(r"is at 127\.0\.0\.3:8123", since=mark)


def test_name_that_appears_is_found(namespace, known_as, two):
    with Front(at("RetryInterval 1"), namespace=namespace) as front:
        front.wait_for_line("its name cannot be resolved")
        known_as("127.0.0.2")
        wait_until_known(front)
        assert ask(front, 1) == {b"127.0.0.2": 1}
