"""How much one client may take: rows 11, 12 and 16 of the requirements."""

from __future__ import annotations

import contextlib
import resource
import time
from typing import Callable, Iterator

import pytest

from actors.client import BadResponse, RawClient
from actors.front import Front, from_address, pound

GREEDY, MODEST, PROXY = "127.0.0.5", "127.0.0.6", "127.0.0.7"
REFUSED = (BadResponse, OSError)
TRUST = f'TrustedIP\n"{PROXY}"\nEnd\n'


@pytest.fixture
def make_front(make_gateway, backend) -> Callable[..., Front]:
    def make(top: str = "", **options) -> Front:
        return make_gateway(Front, pound(
            backend.address, top=top, **options)).start_ready()
    return make


@pytest.fixture
def held() -> Iterator[contextlib.ExitStack]:
    """Clients that stay until the test ends."""
    with contextlib.ExitStack() as stack:
        yield stack


def serve(client: RawClient) -> RawClient:
    assert client.request("GET", "/").body == b"ok"
    return client


def open_served(front: Front, held: contextlib.ExitStack, address: str,
                scheme: str = "http") -> RawClient:
    return held.enter_context(serve(
        front.open(scheme, connect=from_address(address))))


def refused(front: Front, address: str, scheme: str = "http") -> bool:
    try:
        with front.open(scheme, connect=from_address(address)) as client:
            serve(client)
    except REFUSED:
        return True
    return False


def until_served(front: Front, address: str) -> None:
    """A place is free as soon as the worker has seen that one has gone."""
    deadline = time.monotonic() + 10
    while refused(front, address):
        assert time.monotonic() < deadline


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_one_address_has_its_share(make_front, held, scheme):
    front = make_front("MaxPerAddress 3")
    greedy = [open_served(front, held, GREEDY, scheme) for _ in range(3)]
    assert refused(front, GREEDY, "http")
    assert refused(front, GREEDY, "https")
    open_served(front, held, MODEST, scheme)
    for client in greedy:
        serve(client)
    greedy[0].close()
    until_served(front, GREEDY)


def test_connections_without_a_request_have_a_share(make_front, held):
    front = make_front("MaxPending 2")
    silent = held.enter_context(front.http(connect=from_address(GREEDY)))
    handshaken = held.enter_context(front.https(connect=from_address(GREEDY)))
    assert refused(front, GREEDY)
    open_served(front, held, MODEST)
    silent.send(b"GET / HTTP/1.1\r\nHost: ")    # not yet a request
    assert refused(front, GREEDY)
    serve(handshaken)
    until_served(front, GREEDY)
    for _ in range(3):      # who has asked is not of these
        open_served(front, held, GREEDY)


def test_trusted_proxy_is_not_one_client(make_front, held):
    front = make_front(f"{TRUST}MaxPerAddress 1\nMaxPending 1")
    for _ in range(3):
        open_served(front, held, PROXY)
        held.enter_context(front.http(connect=from_address(PROXY)))
    open_served(front, held, GREEDY)
    assert refused(front, GREEDY)


def test_workers_have_a_share_each(make_front, held):
    """Two of them, 10 connections: 5 for each, and a quarter more (rounded up)."""
    front = make_front("MaxPerAddress 10", workers=2)
    served = 0
    for _ in range(60):
        with contextlib.suppress(*REFUSED):
            open_served(front, held, GREEDY)
            served += 1
    assert served == 14
    open_served(front, held, MODEST)


def test_zero_is_no_limit(make_front, held):
    front = make_front("MaxPerAddress 0\nMaxPending 0")
    for _ in range(20):
        open_served(front, held, GREEDY)
        held.enter_context(front.http(connect=from_address(GREEDY)))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_household_does_not_meet_the_defaults(make_front, held, scheme):
    front = make_front(workers=2)
    for _ in range(300):
        open_served(front, held, GREEDY, scheme)


def test_refusals_are_counted_and_told_once(make_front, held):
    front = make_front("MaxPerAddress 1")
    open_served(front, held, GREEDY)
    assert all([refused(front, GREEDY) for _ in range(40)])
    front.wait_for_line(f"warning: connection from {GREEDY} refused")
    assert front.count("refused") == 1
    front.stop()
    assert front.wait_for_line(r"(\d+) more connections were refused")[1] == (
        "39")


def test_listener_that_is_full_lets_others_wait(make_front, held):
    front = make_front(plain="MaxConnections 2")
    first = open_served(front, held, GREEDY)
    open_served(front, held, MODEST)
    waiting = held.enter_context(front.http(connect=from_address(GREEDY)))
    waiting.send_request("GET", "/")
    with front.https() as client:       # the other listener has its own
        serve(client)
    front.wait_for_line("as many clients as may be, 2: new ones wait")
    waiting.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        waiting.read_response()
    first.close()
    waiting.sock.settimeout(10)
    assert waiting.read_response().body == b"ok"


@pytest.fixture
def descriptors() -> Iterator[None]:
    """As many for this process as it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4096:
        pytest.skip("too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_stalled_and_idle_clients_keep_nobody_out(make_front, held,
                                                  descriptors):
    """300 that stall and 1000 that idle, all of one address, by default."""
    front = make_front(workers=2)
    for start in [b"", b"\x16\x03\x01", b"\x16"]:
        for _ in range(50):
            held.enter_context(front.client(front.https_port)).send(start)
    for _ in range(150):
        held.enter_context(front.http()).send(b"GET / HTTP/1.1\r\nHost: x")
    for _ in range(1000):
        held.enter_context(serve(front.http()))
    for scheme in "http", "https":
        began = time.monotonic()
        with front.open(scheme) as client:
            serve(client)
        assert time.monotonic() - began < 3
    assert front.count("refused") == 0


def test_descriptors_run_out_and_come_back(make_gateway, backend):
    """Nothing exits; the next ones wait, and are served when others go."""
    front = make_gateway(Front, pound(backend.address))
    front.start_ready()
    worker, = front.pids()["proxy"]
    resource.prlimit(worker, resource.RLIMIT_NOFILE, (64, 64))
    clients = [front.http() for _ in range(120)]
    for client in clients:
        client.send_request("GET", "/")
    front.wait_for_line("out of file descriptors")
    began = time.monotonic()
    for client in clients[:60]:
        client.close()
    for client in clients[60:]:
        assert client.read_response().status in (200, 503)
        client.close()
    # It may hear of the new one before it hears that the others have gone.
    answers = {503}
    while 200 not in answers:
        with front.http() as client:
            answers.add(client.request("GET", "/").status)
        assert time.monotonic() - began < 5
    assert answers == {200, 503}
    assert front.pids()["proxy"] == [worker]
