"""kill -9 of every process, at moments that nobody has chosen.

SEED=N in the environment repeats a run: a failure shows its number.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Callable, Iterator, NamedTuple

import pytest

from actors.client import BadResponse, tls_context
from actors.front import NAME, Front, native
from actors.gateway import gateway_config
from actors.home_assistant import HomeAssistant, HomeAssistantSocket
from actors.load import Load
from actors.pebble import HeldValidation, Pebble
from actors.proc import all_end
from actors.store import Store

BACK = r"worker \d of generation 1 is back"
ASKING = "certificate for .*: asking"


@pytest.fixture
def rng() -> random.Random:
    seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
    print(f"SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def renewing() -> Iterator[Callable[[Front], Future]]:
    """Runs `gatehouse renew` beside the test."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda front: pool.submit(
            front.run, "renew", "-f", str(front.file))


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


# Workers

class Attempt(NamedTuple):
    """One new connection with one request."""

    began: float
    took: float
    failure: Exception | None


def probe(load: Load, front: Front, attempts: list[Attempt]) -> None:
    """Try new connections all the time."""
    def steps() -> Iterator[None]:
        while True:
            began, failure = time.monotonic(), None
            try:
                with front.https() as client:
                    assert client.request("GET", "/").status == 200
            except (OSError, BadResponse) as error:
                failure = error
            took = time.monotonic() - began
            attempts.append(Attempt(began, took, failure))
            load.count("failed" if failure else "served")
            yield
    load.add(steps, 3)


def test_killed_workers_are_replaced_within_a_second(serving, rng):
    attempts: list[Attempt] = []
    killed = []
    with Load(pause=0.005) as load:
        probe(load, serving, attempts)
        for _ in range(4):
            load.wait_more("served", count=rng.randint(1, 40))
            since = serving.mark()
            killed.append(time.monotonic())
            kill(rng.choice(serving.pids()["proxy"]))
            serving.wait_for_line(BACK, since=since)
        load.wait_more("served", count=40)
    for attempt in attempts:
        assert attempt.took < 1, attempt
        assert not attempt.failure or any(
            -attempt.took <= attempt.began - moment < 1
            for moment in killed), attempt
    assert load.done["failed"] < len(attempts) // 10


@pytest.mark.skipif(os.geteuid() != 0, reason="looks into a worker")
def test_the_other_worker_notices_nothing(serving):
    sockets: dict[int, HomeAssistantSocket] = {}
    while len(sockets) < 2:
        client = serving.https()
        pid = serving.worker_of(client)
        if pid in sockets:
            client.close()
        else:
            sockets[pid] = HomeAssistantSocket(client)
    (dead, lost), (alive, kept) = sockets.items()
    kill(dead)
    with lost, kept:
        with pytest.raises((OSError, BadResponse)):
            lost.call("ping")
        assert kept.call("ping")["type"] == "pong"
    serving.wait_for_line(BACK)
    assert alive in serving.pids()["proxy"]
    assert [row["state"] for row in serving.status()["workers"]] == [
        "serving"] * 2


def test_connections_that_wait_are_served_by_the_successor(serving):
    """They are in the socket, and that belongs to the supervisor."""
    first, second = serving.pids()["proxy"]
    for pid in first, second:
        os.kill(pid, signal.SIGSTOP)
    clients = [serving.http() for _ in range(8)]
    try:
        for client in clients:
            client.send_request("GET", "/x")
        kill(first)
        os.kill(second, signal.SIGCONT)
        for client in clients:
            assert client.read_response().status == 301
    finally:
        for client in clients:
            client.close()


# The monitor

def test_killed_monitor_is_replaced_and_missed_by_nobody(serving):
    with Load(pause=0.005) as load:
        load.keep_alive(serving.https, 4)
        load.new_connections(serving.https, 2)
        old = serving.status()
        pid, = serving.pids()["monitor"]
        kill(pid)
        new = serving.status()      # waits for the successor
        load.wait_more("requests", "handshakes", count=20)
    assert serving.pids()["monitor"] != [pid]
    for part in "version", "pid", "listeners", "workers":
        assert new[part] == old[part]


def test_renewal_goes_on_without_the_monitor_that_asked(issued, renewing):
    with Pebble() as pebble:
        front = issued(pebble).start_ready()
        front.wait_certificate()
        since = front.mark()
        asked = renewing(front)
        front.wait_for_line(ASKING, since=since)
        kill(front.pids()["monitor"][0])
        front.wait_certificate(since=since)
        assert asked.result(10).returncode == 1
        assert "ended without an answer" in asked.result().stderr
        assert pebble.new_orders == 2


# Jobs and the supervisor

def wait_requests(pebble: Pebble, since: int, count: int,
                  asked: Future) -> None:
    """Until the CA was asked so often, or the renewal has ended."""
    while count > 0 and not asked.done():
        for line in pebble.read_lines(since, 0.05):
            since += 1
            count -= "-> calling handler()" in line.text


def test_killed_jobs_resume_their_order(issued, renewing, rng):
    with Pebble() as pebble:
        front = issued(pebble).start_ready()
        outcomes = []
        for _ in range(8):
            since = pebble.mark()
            asked = renewing(front)
            wait_requests(pebble, since, rng.randint(1, 14), asked)
            for pid in front.pids().get("acme", []):
                with contextlib.suppress(ProcessLookupError):
                    kill(pid)
            outcomes.append(asked.result(10))
            Store(front.state_dir).check()
        for done in outcomes:
            assert done.returncode == 0 or re.match(
                f"{NAME}: lost: gatehouse-acme was killed by signal 9; "
                "next attempt ", done.stderr), done
        front.run_checked("renew", "-f", str(front.file))
        with front.https(tls=tls_context(pebble.root_file())) as client:
            assert client.request("GET", "/").status == 200
        issues = 1 + sum(done.returncode == 0 for done in outcomes)
        assert issues <= pebble.new_orders <= issues + len(outcomes)
        assert pebble.new_accounts == 1


def held_up(make_gateway, home_assistant: HomeAssistant,
            held: HeldValidation, pebble: Pebble) -> Front:
    """A gateway whose job waits for the CA, which waits for held.release."""
    front = make_gateway(Front, native(
        home_assistant.address, directory=pebble.directory,
        ca_file=pebble.ca_file)).start_ready()
    held.wait_for_connections(1)
    return front


def test_job_killed_while_the_ca_looks(make_gateway, home_assistant):
    """Its successor needs no other order and asks for no other look."""
    with HeldValidation() as held, Pebble(http_port=held.port) as pebble:
        front = held_up(make_gateway, home_assistant, held, pebble)
        kill(front.pids()["acme"][0])
        front.wait_for_line("killed by signal 9; next attempt")
        front.wait_for_line("the unfinished order .* is pending")
        held.release(front.http_port)
        front.wait_certificate()
        assert (pebble.new_accounts, pebble.new_orders) == (1, 1)


def test_workers_killed_while_the_ca_looks(make_gateway, home_assistant):
    """Their successors know the answer."""
    with HeldValidation() as held, Pebble(http_port=held.port) as pebble:
        front = held_up(make_gateway, home_assistant, held, pebble)
        for pid in front.pids()["proxy"]:
            since = front.mark()
            kill(pid)
            front.wait_for_line(BACK, since=since)
        held.release(front.http_port)
        front.wait_certificate()
        assert (pebble.new_accounts, pebble.new_orders) == (1, 1)


def succeed(make_gateway, front: Front) -> Front:
    """Another gateway in the place of one that was killed."""
    made = make_gateway(Front, lambda _made: front.file.read_text(),
                        http_port=front.http_port)
    made.https_port, made.state_dir = front.https_port, front.state_dir
    return made


def kill_all(make_gateway, front: Front) -> Front:
    """Kill the supervisor, start another at once; what it finds is whole."""
    children = []
    for pid in set(sum(front.pids().values(), [])) - {front.pid}:
        with contextlib.suppress(ProcessLookupError):
            children.append(os.pidfd_open(pid))
    front.signal(signal.SIGKILL)
    made = succeed(make_gateway, front).start_ready()
    assert all_end(children, 1)
    assert front.wait() == -signal.SIGKILL
    Store(made.state_dir).check()
    return made


def test_supervisor_killed_while_it_serves(make_gateway, issued):
    with Pebble() as pebble:
        trusted = tls_context(pebble.root_file())
        front = issued(pebble).start_ready()
        front.wait_certificate()
        with front.https(tls=trusted) as client:
            serial = client.peer_serial()
            successor = kill_all(make_gateway, front)
            with pytest.raises((OSError, BadResponse)):
                client.request("GET", "/")
        with successor.https(tls=trusted) as client:
            assert client.peer_serial() == serial
            assert client.request("GET", "/").status == 200
        assert successor.status()["certificates"][0]["source"] == "acme"
        assert successor.count(ASKING) == 0
        assert (pebble.new_accounts, pebble.new_orders) == (1, 1)


def test_supervisor_killed_while_it_renews(make_gateway, issued, renewing,
                                           rng):
    with Pebble() as pebble:
        trusted = tls_context(pebble.root_file())
        front = issued(pebble).start_ready()
        for _ in range(6):
            since = pebble.mark()
            asked = renewing(front)
            wait_requests(pebble, since, rng.randint(1, 14), asked)
            kept = Store(front.state_dir).serials(NAME)
            front = kill_all(make_gateway, front)
            asked.result(10)
            if kept:    # from the first moment on
                front.https(tls=trusted).close()
        front.run_checked("renew", "-f", str(front.file))
        with front.https(tls=trusted) as client:
            assert client.peer_serial() == (
                Store(front.state_dir).serials(NAME)[0])
        assert pebble.new_orders <= 8
        assert pebble.new_accounts == 1


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN PRIVATE KEY-----\n"])
def test_certificate_that_a_disk_has_lost(issued, damage):
    """The one before it serves; without that, a new one is asked for."""
    with Pebble() as pebble:
        trusted = tls_context(pebble.root_file())
        front = issued(pebble).start_ready()
        front.wait_certificate()
        front.run_checked("renew", "-f", str(front.file))
        store = Store(front.state_dir)
        front.stop()
        (store.certs / f"{NAME}.pem").write_bytes(damage)
        since = front.mark()
        front.start_ready()
        front.wait_for_line("gw.test.pem is damaged|gw.test.pem: ",
                            since=since)
        with front.https(tls=trusted) as client:
            assert client.peer_serial() == (
                store.pair(f"{NAME}.prev.pem").serial_number)
        assert front.status()["certificates"][0]["source"] == "previous"
        assert pebble.new_orders == 2

        front.stop()
        (store.certs / f"{NAME}.prev.pem").write_bytes(damage)
        since = front.mark()
        front.start_ready()
        front.wait_certificate(since=since)
        with front.https(tls=trusted) as client:
            assert client.peer_serial() == (
                store.pair(f"{NAME}.pem").serial_number)
        assert (pebble.new_accounts, pebble.new_orders) == (1, 3)


# Certificates that cannot be issued

def restart(front: Front) -> int:
    """Stop it and start it; where its new log begins."""
    front.stop()
    since = front.mark()
    front.start_ready()
    return since


@pytest.mark.parametrize("name, kind, least, most", [
    (NAME, "connection", 48, 72),
    ("blocked.test", "rejectedIdentifier", 86400 * 0.8, 86400 * 1.2)])
def test_failure_is_kept_across_a_restart(make_gateway, home_assistant, name,
                                          kind, least, most):
    """The CA looks where nobody is, or refuses the name."""
    with Pebble() as pebble:
        front = make_gateway(Front, lambda made: gateway_config(
            made.state_dir, forward=home_assistant.address, host=name,
            http_port=made.http_port, https_port=made.https_port,
            directory=pebble.directory, ca_file=pebble.ca_file,
            challenge="http-01"))
        front.start_ready()
        failed = time.time()
        front.wait_for_line(f"certificate for {name}: .*; next attempt")
        row, = front.status()["certificates"]
        assert row["problem"].startswith(
            f"urn:ietf:params:acme:error:{kind}: ")
        assert (row["failures"], row["source"]) == (1, "self-signed")
        assert least - 2 <= row["next_attempt"] - failed <= most + 5
        orders = pebble.new_orders

        since = restart(front)
        again, = front.status()["certificates"]
        for part in "problem", "failures", "next_attempt":
            assert again[part] == row[part]
        assert front.count(ASKING, since=since) == 0
        assert pebble.new_orders == orders

        done = front.run("renew", "-f", str(front.file))
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(
            f"{name}: urn:ietf:params:acme:error:{kind}: ")
        assert front.count(ASKING, since=since) == 1
        assert pebble.new_orders == orders * 2
        row, = front.status()["certificates"]
        assert row["failures"] == 1     # the ladder began anew
        Store(front.state_dir).check()
        assert pebble.new_accounts == 1


def test_ca_that_is_away_is_tried_again_and_then_less_often(serving):
    """A second later, once; then the ladder. Nothing was counted there."""
    serving.wait_for_line("next attempt")
    since = serving.mark()
    serving.wait_for_line(ASKING, since=since)
    serving.wait_for_line("next attempt", since=since)
    row, = serving.status()["certificates"]
    assert row["failures"] == 1
    assert 46 <= row["next_attempt"] - time.time() <= 72
    with serving.https() as client:
        assert client.request("GET", "/").status == 200
