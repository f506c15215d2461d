"""Many clients, slow clients, hostile ones: rows 8, 9, 11-13 and 16 of
security. Whoever behaves is served meanwhile, and afterwards all is as before.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import select
import ssl
import statistics
import threading
import time
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

import pytest

from actors.backend import Connection, ScriptedBackend
from actors.client import RawClient
from actors.front import NAME, Front, pound, until_quiet
from actors.sockets import accepted, descriptors

pytestmark = pytest.mark.skipif(os.geteuid() != 0,
                                reason="looks into a worker")

CROWD, STALLED = 1000, 300
POOL = 60       # connections to the backend that may be kept for a while
GET = f"GET / HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()


@pytest.fixture(scope="module", autouse=True)
def many_descriptors() -> Iterator[None]:
    """For ourselves: a client takes one here, too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def front(backend: ScriptedBackend) -> Iterator[Front]:
    """One worker, so that a figure is that of one process."""
    with Front(pound(backend.address, top="Alive 3600\nLogLevel 0")) as made:
        yield made


@pytest.fixture
def worker(front: Front) -> int:
    pid, = front.pids()["proxy"]
    return pid


def good_request(front: Front) -> float:
    """A request on a new connection; how long it took."""
    began = time.monotonic()
    with front.https() as client:
        assert client.request("GET", "/").body == b"ok"
    return time.monotonic() - began


def cpu_seconds(pid: int) -> float:
    """To the nanosecond, which /proc/PID/stat is not."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def assert_idle(pid: int) -> None:
    """It sleeps: less than 5 % of a processor."""
    began, used = time.monotonic(), cpu_seconds(pid)
    pause(0.3)
    assert cpu_seconds(pid) - used < (time.monotonic() - began) * 0.05


def count(pid: int) -> int:
    """Open descriptors."""
    return len(descriptors(pid))


def readable(client: RawClient, timeout: float) -> bool:
    """select() would not take as many descriptors as there are here."""
    waiting = select.poll()
    waiting.register(client.sock, select.POLLIN)
    return bool(waiting.poll(timeout * 1000))


def pause(seconds: float) -> None:
    select.select([], [], [], seconds)


def wait_left(front: Front, pid: int, open_before: int) -> None:
    """Wait until no client is left, and as few descriptors as before."""
    wait_until(lambda: not accepted(pid, front.http_port, front.https_port),
               10)
    assert count(pid) <= open_before + POOL


def wait_until(so: Callable[[], bool], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not so():
        assert time.monotonic() < deadline, f"not so within {timeout} s"
        pause(0.05)


# Rows 8 and 9: after an attack

def rubbish(front: Front) -> None:
    """TLS records of no use, and bytes that are none."""
    for data in (b"\x16\x03\x01\xff\xff" + b"A" * 9000, b"\x15\x03\x03\0\2\2F",
                 b"\x16\x03\x01\0\x05\x01\0\0\x01\0", b"\x80\x2e\x01\0\2",
                 os.urandom(4096), b"\0" * 4096, b"\n" * 100):
        with front.https(tls=None) as client, contextlib.suppress(OSError):
            client.send(data)
            client.finish_sending()
            client.read_to_end()


def hang_ups(front: Front) -> None:
    """Connections that end in the middle of everything."""
    for length in range(0, len(GET), 5):
        for scheme in "http", "https":
            with front.open(scheme) as client:
                client.send(GET[:length])
                client.reset()


def handshakes_only(front: Front) -> None:
    """The reset may come in one event with the end of the handshake."""
    for _ in range(20):
        with front.https() as client:
            client.reset()


def bad_heads(front: Front) -> None:
    for head in (b"\0" * 100, b"GET\n\n", GET[:-2] + b" x\r\n\r\n",
                 b"GET / HTTP/1.1\r\n\r\n", b"A" * 70_000,
                 b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200):
        for scheme in "http", "https":
            with front.open(scheme) as client, contextlib.suppress(OSError):
                client.send(head)
                assert client.read_response().status >= 400


def endless_chunks(front: Front) -> None:
    """A chunked body whose end never comes; it lies in wait, then leaves."""
    head = GET.replace(b"GET", b"POST")[:-2] + (
        b"Transfer-Encoding: chunked\r\n\r\n")
    with contextlib.ExitStack() as clients:
        for end in b"5", b"5\r\nhel", b"5\r\nhello", b"0\r\n", b"0\r\nX: y":
            for scheme in "http", "https":
                client = clients.enter_context(front.open(scheme))
                client.send(head + end)
        good_request(front)


def deaf_readers(front: Front) -> None:
    """Many requests in one go, and nobody who reads what comes back."""
    for scheme in ("http", "https") * 5:
        with front.open(scheme) as client:
            client.send(GET * 100)
            client.reset()


ATTACKS = [rubbish, hang_ups, handshakes_only, bad_heads, endless_chunks,
           deaf_readers]


@pytest.mark.parametrize("attack", ATTACKS)
def test_sec8_sec9_an_attack_leaves_nothing_behind(front, worker, attack):
    """Served within 3 s, no descriptor more, and it sleeps: under 5 %."""
    good_request(front)
    before = until_quiet(lambda: count(worker))
    attack(front)
    assert good_request(front) < 3
    wait_left(front, worker, before)
    began, used = time.monotonic(), cpu_seconds(worker)
    pause(0.3)
    assert cpu_seconds(worker) - used < (time.monotonic() - began) * 0.05


def test_sec9_a_time_out_in_a_chunked_body_ends_the_work(backend, script):
    """CVE-2026-110354 of another proxy: a thread was busy ever after."""
    with Front(pound(backend.address, top="TimeOut 1\nAlive 3600")) as front:
        worker, = front.pids()["proxy"]
        script.behaviour = lambda connection: connection.read_to_end()
        with front.https() as client:
            client.send_request("POST", "/", headers=[
                ("Transfer-Encoding", "chunked")])
            client.send(b"5\r\nhello\r\n0\r\n\r\n")
            assert client.read_response().status == 504
            assert_idle(worker)


@pytest.mark.release
def test_sec9_twenty_thousand_requests_leave_no_memory_behind(front, worker):
    def requests(number: int) -> None:
        with front.https() as client:
            for _ in range(number // 100):
                client.send(GET * 100)
                for _ in range(100):
                    assert client.read_response().body == b"ok"

    requests(2000)
    before = front.rss()[worker]
    requests(20_000)
    assert front.rss()[worker] - before < 16 << 20


@pytest.mark.release
def test_sec9_handshakes_leave_no_memory_behind(front, worker):
    """As little for each of 2000 as 16 MiB are for 5000."""
    def handshakes(number: int) -> None:
        for _ in range(number):
            front.https().close()

    handshakes(500)
    before = front.rss()[worker]
    handshakes(2000)
    assert good_request(front) < 3
    assert front.rss()[worker] - before < (16 << 20) * 2000 // 5000


# Rows 11-13: clients that stay

def hello(length: int) -> bytes:
    """The first bytes of a real ClientHello."""
    out = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(
            ssl.MemoryBIO(), out, server_hostname=NAME).do_handshake()
    return out.read()[:length]


class Stalling(NamedTuple):
    """A way to begin something, and to drip or say no more."""

    scheme: str
    first: bytes
    drips: bool
    until: tuple[float, float]      # seconds after which it is given up

    def open(self, front: Front) -> RawClient:
        tls = {"tls": None} if self.scheme == "tcp" else {}
        client = front.open("http" if self.scheme == "http" else "https",
                            **tls)
        client.send(self.first)
        return client


POST = GET[:-2].replace(b"GET", b"POST")
SOON = 9.5, 15
STALLING = {
    "no hello": Stalling("tcp", b"", False, SOON),
    "half a hello": Stalling("tcp", hello(100), False, SOON),
    "dripping hello": Stalling("tcp", hello(60), True, SOON),
    "half a line": Stalling("http", b"GET /", False, SOON),
    "dripping line": Stalling("http", b"GET /", True, SOON),
    "half a head": Stalling("https", GET[:-4], False, SOON),
    "dripping head": Stalling("https", GET[:-2] + b"X: ", True, SOON)}
SLOW = {
    "dripping body": Stalling(
        "https", POST + b"Content-Length: 1000\r\n\r\n", True, (19.5, 45)),
    "dripping chunk": Stalling(
        "http", POST + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n", True,
        (19.5, 45))}


def has_ended(client: RawClient) -> bool:
    """After a 408, perhaps; what TLS says of tickets is no end."""
    client.sock.setblocking(False)
    try:
        client.read_to_end()
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        pass
    return True


def until_given_up(front: Front, kinds: dict[str, Stalling]) -> None:
    """Begin each of these, and wait until the gateway has ended all."""
    with contextlib.ExitStack() as stack:
        began = time.monotonic()
        left = {kind: stack.enter_context(stalling.open(front))
                for kind, stalling in kinds.items()}
        while left:
            pause(0.5)
            for kind, client in list(left.items()):
                took = time.monotonic() - began
                least, most = kinds[kind].until
                if has_ended(client):
                    assert least <= took, kind
                    del left[kind]
                    continue
                assert took <= most, kind
                if kinds[kind].drips:
                    with contextlib.suppress(OSError):
                        client.send(b"a")


def test_sec11_whoever_stalls_is_given_up(front, worker):
    """However many bytes drip: a deadline is not stretched."""
    before = until_quiet(lambda: count(worker))
    until_given_up(front, STALLING)
    wait_left(front, worker, before)


@pytest.mark.release
@pytest.mark.slow
@pytest.mark.timeout(90)
def test_sec11_slow_bodies_and_deaf_readers_are_given_up():
    over = threading.Event()

    def flood(connection: Connection) -> None:
        if connection.read_head().startswith(b"POST"):
            connection.read_to_end()
            return
        try:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
                            % (64 << 20) + bytes(64 << 20))
        finally:
            over.set()

    with ScriptedBackend(flood) as backend, \
            Front(pound(backend.address, top="Alive 3600")) as front:
        worker, = front.pids()["proxy"]
        with front.https() as client:
            began = time.monotonic()
            client.send(GET)
            until_given_up(front, SLOW)
            assert over.wait(40)
            assert time.monotonic() - began > 29.5
        assert_idle(worker)


@pytest.fixture
def crowd(front: Front) -> Iterator[list[RawClient]]:
    """Clients over TLS that have been served, and stay."""
    with contextlib.ExitStack() as stack:
        clients = []
        for _ in range(CROWD):
            clients.append(stack.enter_context(front.https(timeout=30)))
            assert clients[-1].request("GET", "/").body == b"ok"
        yield clients


@pytest.mark.release
def test_sec13_a_thousand_tls_clients_in_64_mib(front, crowd):
    for client in crowd:
        client.send(GET)
    for client in crowd:
        assert client.read_response().body == b"ok"
    assert sum(front.pss().values()) <= 64 << 20


@pytest.mark.release
def test_sec12_stalled_clients_are_nobodys_trouble(front, worker, crowd):
    """With 300 of them and the crowd, a request takes 100 ms at most."""
    before = until_quiet(lambda: count(worker))
    with contextlib.ExitStack() as stack:
        for stalling in itertools.islice(
                itertools.cycle(STALLING.values()), STALLED):
            stack.enter_context(stalling.open(front))
        assert statistics.median(
            good_request(front) for _ in range(21)) < 0.1
    wait_until(lambda: count(worker) <= before + POOL, 5)


# Row 16: descriptors

@pytest.mark.parametrize("scheme", ["http", "https"])
def test_sec16_more_clients_than_descriptors_wait(backend, make_gateway,
                                                  scheme):
    """Those that are in are served; the others are, once there is room."""
    front = make_gateway(Front, pound(backend.address))
    front.argv = ["prlimit", "--nofile=256:256", *front.argv]
    front.start_ready()
    worker, = front.pids()["proxy"]
    options = {"tls": None} if scheme == "https" else {}
    with contextlib.ExitStack() as inside, front.http() as guest:
        assert guest.request("GET", "/").body == b"ok"
        idle = [inside.enter_context(front.open(scheme, **options))
                for _ in range(150)]
        held = until_quiet(lambda: count(worker))
        assert held < 200
        assert guest.request("GET", "/").body == b"ok"
        with front.http() as waiting:
            waiting.send(GET)
            assert not readable(waiting, 0.3)
            for client in idle:
                client.close()
            began = time.monotonic()
            assert waiting.read_response().body == b"ok"
            assert time.monotonic() - began < 1
    assert front.pids()["proxy"] == [worker]


def test_sec16_no_descriptor_left_at_all(backend, make_gateway):
    """Accepting pauses; nothing exits, nothing spins."""
    front = make_gateway(Front, pound(backend.address)).start_ready()
    worker, = front.pids()["proxy"]
    with front.http() as guest, contextlib.ExitStack() as others:
        assert guest.request("GET", "/").body == b"ok"
        limits = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        highest = max(map(int, os.listdir(f"/proc/{worker}/fd")))
        resource.prlimit(worker, resource.RLIMIT_NOFILE,
                         (highest + 10, limits[1]))
        for _ in range(30):
            others.enter_context(front.http())
        front.wait_for_line("out of file descriptors")
        assert guest.request("GET", "/").body == b"ok"
        assert_idle(worker)
        others.close()
        began = time.monotonic()
        good_request(front)
        assert time.monotonic() - began < 1
        assert len(front.lines) < 50, "one warning, not one for each try"
    assert front.pids()["proxy"] == [worker]
