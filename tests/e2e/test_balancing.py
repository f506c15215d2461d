"""Several backends behind a service: shares, what is shared, what is off."""

from __future__ import annotations

from collections import Counter
from typing import Callable, Iterator

import pytest

from actors.backend import ScriptedBackend, answer
from actors.front import Front, backend, pound

NAMES = b"one", b"two"


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[ScriptedBackend, ScriptedBackend]]:
    """Backends that say which one they are."""
    first, second = (ScriptedBackend(answer(
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + name))
        for name in NAMES)
    with first, second:
        yield first, second


def services(*sections: str, top: str = "") -> Callable[[Front], str]:
    """These services at the top level, in place of the one of pound()."""
    def config(front: Front) -> str:
        text = pound("127.0.0.1:1", top=top)(front)
        return text[:text.index("\nService\n")] + "\n" + "".join(
            f"Service\n{section}\nEnd\n" for section in sections)
    return config


def with_lines(address: str, *lines: str) -> str:
    """A backend's section with these lines in it."""
    return backend(address).replace(
        "BackEnd\n", "\n".join(["BackEnd", *lines, ""]))


def shared(name: str, address: str, *lines: str) -> str:
    return with_lines(address, *lines).replace(
        "BackEnd", f'Backend "{name}"', 1)


def ask(front: Front, count: int, path: str = "/") -> Counter[bytes]:
    with front.https() as client:
        return Counter(client.request("GET", path).body
                       for _ in range(count))


def test_priorities_are_shares(pair):
    first, second = pair
    with Front(services(with_lines(first.address, "Priority 1")
                        + with_lines(second.address, "Priority 3"))) as front:
        for _ in range(3):
            assert ask(front, 8) == {b"one": 2, b"two": 6}


def test_random_balancer_asks_both(pair):
    first, second = pair
    with Front(services(
            "Balancer random\n" + backend(first.address)
            + backend(second.address))) as front:
        # All of them to one: 1 in 2^99.
        assert set(ask(front, 100)) == set(NAMES)


def test_disabled_backend_gets_nothing_and_is_not_looked_at(pair):
    first, second = pair
    before = len(first.connections)
    with Front(services(with_lines(first.address, "Disabled")
                        + backend(second.address))) as front:
        front.wait_for_line(f"port {second.port} is up")
        assert ask(front, 6) == {b"two": 6}
        off, on = front.status()["backends"]
        assert (off["state"], on["state"]) == ("disabled", "up")
    assert len(first.connections) == before


def test_all_disabled_is_a_503(pair):
    with Front(services(with_lines(pair[0].address, "Disabled yes"))) as front:
        with front.https() as client:
            assert client.request("GET", "/").status == 503


def test_shared_backend_has_one_pool_and_one_health(pair):
    first, _second = pair
    before = first.received()
    with Front(services(
            "Path ^/a\nUseBackend ha", 'Path ^/b\nBackEnd\nUse "ha"\nEnd',
            'Path ^/c\nBackEnd "ha"\nEnd', backend(first.address),
            top=shared("ha", first.address))) as front:
        with front.https() as client:
            for path in "/a", "/b", "/c", "/d":
                assert client.request("GET", path).body == b"one"
        found, = front.status()["backends"]
        assert found["port"] == first.port
        # One connection has carried all.
        assert len(first.received_since(before)) == 1


def test_use_has_its_own_priority(pair):
    first, second = pair
    with Front(services(
            "BackEnd\nUse one\nPriority 3\nEnd\nUseBackend two",
            top=shared("one", first.address, "Priority 9")
            + shared("two", second.address, "Priority 1"))) as front:
        assert ask(front, 8) == {b"one": 6, b"two": 2}


def test_emergency_only_when_the_others_are_gone(pair):
    first, second = pair
    with Front(services(
            "UseBackend one\nEmergency\nUse two\nEnd",
            top=shared("one", first.address)
            + shared("two", second.address))) as front:
        assert ask(front, 4) == {b"one": 4}
        first.stop()
        try:
            assert ask(front, 4) == {b"two": 4}
        finally:
            first.start()
